"""Who is away and who replaces them: one's own absences, and those of one's team."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_datetime
from flask_babel import gettext as _
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from engine import absences, subscriptions, teams
from engine.absences import ABSENCE, DELEGATION, Absence
from engine.access import Actor, directed
from engine.commands import absences as commands
from engine.directory import Organisation, Person
from engine.errors import AbsenceRefused
from engine.models import ProcessDefinition, db
from web import called
from web.auth import acting_for, current_actor, guard
from web.paging import bounded
from web.people import moments, replacing
from web.typed import page_number, text

bp = Blueprint("absences", __name__, url_prefix="/absences")


PER_PAGE = 50

_IDS = {
    "person": "personne", "deputy": "remplacant", "starts": "du", "ends": "au",
    "roles": "roles", "keys": "procedures", "delegation": "delegation", "motive": "motif",
}  # fmt: skip
"""Where each field is on the page."""


@dataclass(frozen=True)
class Choices:
    """What a form about an absence offers, in one body."""

    body: Organisation
    bodies: list[Organisation]
    people: list[Person]
    colleagues: list[Person]
    roles: dict[str, str]
    procedures: dict[str, str]


@bp.get("/")
@guard("be replaced")
def index() -> ResponseReturnValue:
    """Who replaces me, whom I replace, and the absences of those I direct."""
    return _page()


@bp.post("/")
@guard("be replaced")
def declare() -> ResponseReturnValue:
    """Declare an absence; nothing typed is lost when something is to be put right."""
    actor, form = current_actor(), request.form
    choices = _choices(actor)
    problems, values = _read(actor, choices)
    if not problems:
        try:
            commands.declare(**values, actor=actor)
        except AbsenceRefused as refused:
            problems = {refused.field: _problem(refused)}
    if problems:
        db.session.rollback()
        typed = {name: text(form, name) for name in form}
        return _page(typed=typed, errors=problems), 422
    deputy = db.session.get_one(Person, values["deputy_id"])
    flash(_("C’est noté : %(who)s agira entre ces dates.", who=deputy.name), "success")
    _warn(deputy, values)
    return redirect(url_for(".index", collectivite=choices.body.id))


@bp.post("/<uuid:absence_id>/fin")
@guard("end", Absence, "absence_id")
def end(absence_id: UUID) -> ResponseReturnValue:
    """End an absence now, or give up one to come."""
    commands.end(absence_id, actor=current_actor())
    flash(_("L’absence est terminée : plus personne n’agit à votre place."), "success")
    return redirect(url_for(".index"))


def _page(
    typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> str:
    actor = current_actor()
    choices = _choices(actor)
    found = absences.of_person(actor.person_id)
    directs = choices.body.id in directed(actor)
    team = _team(choices.body.id) if directs else None
    keys = {key for one in (*found, *(team.items if team else [])) for key in one.keys}
    return render_template(
        "people/absences.html",
        choices=choices,
        mine=[one for one in found if one.person_id == actor.person_id],
        replaced=[one for one in found if one.deputy_id == actor.person_id],
        team=team,
        directs=directs,
        role_names=called.roles([choices.body.id]),
        procedure_names=replacing.procedure_names(keys),
        typed=typed or {},
        chosen_roles=request.form.getlist("roles"),
        chosen_keys=request.form.getlist("procedures"),
        errors=errors or {},
        summary={_IDS[field]: told for field, told in (errors or {}).items()},
    )


def _team(body: UUID) -> Pagination:
    """The absences of a body that are not over, the first to end first."""
    rows = select(Absence).options(joinedload(Absence.person), joinedload(Absence.deputy))
    return bounded(
        [absences.ahead(body)],
        rows.order_by(*absences.AHEAD),
        id=Absence.id,
        page=page_number(),
        per_page=PER_PAGE,
    )


def _choices(actor: Actor) -> Choices:
    """Those of the body that the address or the form names, else of the one acted for."""
    ids = {r.organisation_id for r in actor.handling if not r.for_person}
    ids |= set(directed(actor))
    rows = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    bodies = list(db.session.scalars(rows))
    wanted = request.values.get("collectivite", "")
    usual = acting_for()
    named = next((b for b in bodies if str(b.id) == wanted), None)
    if wanted and named is None:
        abort(403)
    body = named or next((b for b in bodies if b == usual), None) or bodies[0]
    agents = list(db.session.scalars(teams.agents(body.id)))
    directs = body.id in directed(actor)
    mine = teams.roles(body.id, [one for one in [actor.person_id] if one])
    own = {role for held in mine.values() for role in held}
    shown = teams.role_list(body.id) if directs else sorted(own)
    names = called.roles([body.id])
    return Choices(
        body=body,
        bodies=bodies,
        people=[p for p in agents if directs or p.id == actor.person_id],
        colleagues=[p for p in agents if directs or p.id != actor.person_id],
        roles={role: names.get(role, role) for role in shown},
        procedures=_procedures(body.id),
    )


def _procedures(body: UUID) -> dict[str, str]:
    """The procedures of a body, by key, as their latest version calls them."""
    offered = subscriptions.versions()
    theirs = select(offered.c.definition_id).where(offered.c.body_id == body)
    versions = (
        select(ProcessDefinition.key, ProcessDefinition.name)
        .where(ProcessDefinition.id.in_(theirs))
        .order_by(ProcessDefinition.key, ProcessDefinition.version)
    )
    named = {key: name for key, name in db.session.execute(versions)}
    return {**named, **called.kinds_of_folders(body)}


def _read(actor: Actor, choices: Choices) -> tuple[dict[str, str], dict[str, Any]]:
    """What is wrong with the form by field, and its values."""
    form, problems = request.form, dict[str, str]()
    person = _one_of(choices.people, text(form, "personne") or str(actor.person_id))
    deputy = _one_of(choices.colleagues, text(form, "remplacant"))
    if person is None:
        problems["person"] = _("Absence de : choisissez une personne dans la liste.")
    if deputy is None:
        problems["deputy"] = _("Remplacement par : choisissez une personne dans la liste.")
    dates: dict[str, Any] = {}
    for field, name, read, problem in (
        ("starts", "du", moments.start, _("Du : indiquez un jour, et une heure valable.")),
        ("ends", "au", moments.end, _("Au : indiquez un jour, et une heure valable.")),
    ):
        try:
            dates[f"{field}_at"] = read(text(form, name), text(form, f"{name}_heure"))
        except moments.Unreadable:
            problems[field] = problem
    return problems, {
        **dates,
        "person_id": person.id if person else None,
        "deputy_id": deputy.id if deputy else None,
        "organisation_id": choices.body.id,
        "roles": [one for one in form.getlist("roles") if one in choices.roles],
        "keys": [one for one in form.getlist("procedures") if one in choices.procedures],
        "kind": DELEGATION if "present" in form else ABSENCE,
        "signs": "signe" in form,
        "delegation": text(form, "delegation"),
        "motive": text(form, "motif"),
    }


def _one_of(people: list[Person], wanted: str) -> Person | None:
    return next((p for p in people if str(p.id) == wanted), None)


def _warn(deputy: Person, values: Mapping[str, Any]) -> None:
    """A deputy's own deputy gets nothing: say when nobody would act."""
    for other in absences.overlapping(deputy.id, values["starts_at"], values["ends_at"]):
        sentence = _(
            "Attention : %(who)s est aussi en absence, du %(first)s au %(last)s. Ces jours-là, "
            "personne n’agit à la place de la personne absente : un remplacement ne se "
            "transmet pas.",
            who=deputy.name,
            first=format_datetime(other.starts_at, "short"),
            last=format_datetime(other.ends_at, "short"),
        )
        flash(sentence, "warning")


def _problem(refused: AbsenceRefused) -> str:
    sentences = {
        ("person", "not of the body"): _(
            "Absence de : cette personne n’a pas de rôle dans cette collectivité."
        ),
        ("deputy", "oneself"): _("Remplacement par : choisissez quelqu’un d’autre."),
        ("deputy", "not of the body"): _(
            "Remplacement par : choisissez quelqu’un de la même collectivité."
        ),
        ("roles", "not held"): _(
            "Rôles : ne cochez que ceux de la personne absente, ou aucun pour tous."
        ),
        ("ends", "before its start"): _("Au : la fin doit venir après le début."),
        ("ends", "past"): _("Au : cette date est déjà passée."),
        ("ends", "too long"): _("Au : deux ans au plus."),
        ("delegation", "missing"): _(
            "Référence : indiquez l’arrêté ou la décision qui délègue la signature."
        ),
        ("delegation", "too long"): _("Référence : 500 caractères au plus."),
        ("motive", "too long"): _("Motif : 500 caractères au plus."),
        ("keys", "too many"): _("Démarches : cent au plus ; aucune pour toutes."),
    }
    known = sentences.get((refused.field, refused.why))
    return str(
        known
        or _(
            "Remplacement par : %(who)s remplace déjà cette personne à ces dates. Mettez fin à "
            "cette absence, ou partagez les rôles ou les démarches.",
            who=refused.why,
        )
    )
