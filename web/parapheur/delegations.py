"""Delegations of a desk: somebody present has another act « par délégation », in writing.

An absence is declared elsewhere; both are read here, since both have somebody act at a desk.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import absences, teams
from engine.absences import DELEGATION, Absence
from engine.access import Actor, directed
from engine.commands import absences as commands
from engine.directory import Organisation, Person
from engine.errors import AbsenceRefused
from engine.models import db
from web.auth import current_actor, guard
from web.parapheur import reading, words
from web.parapheur.search import bodies_of, body_of
from web.people import moments
from web.typed import clean, text
from workflows.parapheur import seats
from workflows.parapheur.models import DESK_PREFIX, Desk, FolderSubtype, FolderType

bp = Blueprint("parapheur_delegations", __name__, url_prefix="/parapheur/delegations")
bp.context_processor(lambda: {"words": words})

MOST = 200


@bp.get("/")
@guard("use the book")
def index() -> ResponseReturnValue:
    """Those one has given and received, those of the body for who answers for its agents."""
    return _page()


@bp.post("/")
@guard("use the book")
def give() -> ResponseReturnValue:
    """Give one; nothing typed is lost when something is to be put right."""
    actor = current_actor()
    body = body_of(bodies_of(actor))
    body_id = body.id
    values, errors = _read(actor, body)
    if not errors:
        try:
            commands.declare(**values, actor=actor)
        except AbsenceRefused as refused:
            errors = {_INPUTS.get(refused.field, ""): _problem(refused)}
    if errors:
        db.session.rollback()
        return _page(errors), 422
    flash(_("La délégation est donnée : elle vaut entre ces dates."), "success")
    return redirect(url_for(".index", organisme=body_id))


@bp.post("/<uuid:absence_id>/fin")
@guard("end", Absence, "absence_id")
def revoke(absence_id: UUID) -> ResponseReturnValue:
    """Revoke one, or give up one to come."""
    commands.end(absence_id, actor=current_actor())
    flash(_("La délégation est révoquée : plus personne n’agit par elle."), "success")
    return redirect(url_for(".index"))


_INPUTS = {
    "person": "personne", "deputy": "delegataire", "starts": "du", "ends": "au",
    "roles": "bureau", "keys": "sous-types", "delegation": "reference",
}  # fmt: skip


def _page(errors: Mapping[str, str] | None = None) -> str:
    actor = current_actor()
    bodies = bodies_of(actor)
    body = body_of(bodies)
    answers = body.id in directed(actor)
    found = [one for one in absences.of_person(actor.person_id) if _of_book(one)]
    mine = {one.id for one in found}
    whole = [one for one in _ahead(body.id) if one.id not in mine] if answers else []
    subtypes = _subtypes(body.id)
    return render_template(
        "parapheur/delegations.html",
        body=body,
        bodies=bodies,
        answers=answers,
        givers=_givers(actor, body, everybody=answers),
        colleagues=list(db.session.scalars(teams.agents(body.id))),
        desks=reading.open_desks(body.id),
        subtypes=subtypes,
        given=[one for one in found if one.person_id == actor.person_id],
        received=[one for one in found if one.deputy_id == actor.person_id],
        others=whole,
        typed=clean(request.form),
        chosen=request.form.getlist("sous-types"),
        errors=errors or {},
    )


def _of_book(one: Absence) -> bool:
    """Whether it has somebody act at a desk: by delegation, or in an absence."""
    desks = not one.roles or any(role.startswith(DESK_PREFIX) for role in one.roles)
    return one.kind == DELEGATION or desks


def _ahead(body: UUID) -> list[Absence]:
    """Those of a body that are not over, the first to end first."""
    ids = list(db.session.scalars(absences.ahead(body).limit(MOST)))
    rows = select(Absence).where(Absence.id.in_(ids)).order_by(*absences.AHEAD)
    return [one for one in db.session.scalars(rows) if _of_book(one)]


def _givers(
    actor: Actor, body: Organisation, *, everybody: bool
) -> list[tuple[Person, Desk]]:
    """Who may have another act at which desk."""
    desks = select(Desk).where(Desk.organisation_id == body.id, Desk.closed_at.is_(None))
    found = []
    for desk in db.session.scalars(desks.order_by(Desk.name)):
        own = actor.holds(body.id, desk.role)
        if everybody or own:
            sitting = seats.at(desk)
            found += [(p, desk) for p in sitting if everybody or p.id == actor.person_id]
    return found


def _subtypes(body: UUID) -> dict[str, str]:
    """The subtypes of a body's open types, by the scope under which they are lent."""
    rows = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(FolderType.organisation_id == body, FolderSubtype.closed_at.is_(None))
        .order_by(FolderType.name, FolderSubtype.name)
    )
    return {one.scope: f"{one.type.name} › {one.name}" for one in db.session.scalars(rows)}


def _read(actor: Actor, body: Organisation) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the form, and what is wrong with it by input."""
    form, errors = request.form, dict[str, str]()
    givers = _givers(actor, body, everybody=body.id in directed(actor))
    wanted = text(form, "bureau")
    giver = next((one for one in givers if f"{one[0].id}/{one[1].role}" == wanted), None)
    if giver is None:
        errors["bureau"] = _("Qui délègue : choisissez une personne et son bureau.")
    deputy = next(
        (p for p in db.session.scalars(teams.agents(body.id))
         if str(p.id) == text(form, "delegataire")), None,
    )  # fmt: skip
    if deputy is None:
        errors["delegataire"] = _("À qui : choisissez une personne dans la liste.")
    if not text(form, "reference"):
        errors["reference"] = _(
            "Référence : indiquez l’arrêté de délégation, avec sa date."
        )
    dates = dict[str, Any]()
    for field, name, read, told in (
        (
            "starts",
            "du",
            moments.start,
            _("Du : indiquez un jour, par exemple 31/12/2026."),
        ),
        ("ends", "au", moments.end, _("Au : indiquez un jour, par exemple 31/12/2026.")),
    ):
        try:
            dates[f"{field}_at"] = read(text(form, name), "")
        except moments.Unreadable:
            errors[name] = told
    known = _subtypes(body.id)
    return {
        **dates,
        "person_id": giver[0].id if giver else None,
        "deputy_id": deputy.id if deputy else None,
        "organisation_id": body.id,
        "kind": DELEGATION,
        "roles": [giver[1].role] if giver else [],
        "keys": [one for one in form.getlist("sous-types") if one in known],
        "signs": True,
        "delegation": text(form, "reference"),
    }, errors


def _problem(refused: AbsenceRefused) -> str:
    sentences = {
        ("deputy", "oneself"): _("À qui : choisissez quelqu’un d’autre."),
        ("ends", "before its start"): _("Au : la fin doit venir après le début."),
        ("ends", "past"): _("Au : cette date est déjà passée."),
        ("ends", "too long"): _("Au : deux ans au plus."),
        ("delegation", "too long"): _("Référence : 500 caractères au plus."),
        ("keys", "too many"): _("Sous-types : cent au plus ; aucun pour tous."),
    }
    other = _(
        "À qui : cette personne agit déjà à ce bureau à ces dates. Mettez-y fin d’abord, ou "
        "partagez les sous-types."
    )
    return str(sentences.get((refused.field, refused.why)) or other)
