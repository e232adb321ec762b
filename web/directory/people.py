"""The people of a body: finding them, entering one, and what each is and holds."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import agents
from engine.access import allowed
from engine.commands import agents as commands
from engine.directory import Holding, Organisation, Person
from engine.errors import DirectoryRefused
from engine.journal import JournalEntry
from engine.models import db
from engine.people_file import day
from web.accounts import end_sessions, with_account
from web.auth import current_actor, guard
from web.directory import frame, inviting, words
from web.mailing import letter
from web.paging import bounded
from web.typed import page_number, text

bp = Blueprint("body_people", __name__, url_prefix="/annuaire")

PER_PAGE = 25
_LATEST = 30
_NAME = 200


@bp.get("/<uuid:organisation_id>/personnes")
@guard("administer", Organisation, "organisation_id")
def index(organisation_id: UUID) -> ResponseReturnValue:
    """People by name, searched, with what they hold."""
    body = frame.body(organisation_id)
    typed = {
        name: text(request.args, name)[:100] for name in ("q", "role", "service", "etat")
    }
    services = agents.services(body.id)
    service = next((s.id for s in services if str(s.id) == typed["service"]), None)
    found = agents.found(
        body.id,
        said=typed["q"],
        role=typed["role"],
        service_id=service,
        state=typed["etat"],
    )
    page = bounded(
        [found],
        select(Person).order_by(Person.name, Person.id),
        id=Person.id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    ids = [person.id for person in page.items]
    return frame.page(
        "people.html",
        body,
        page=page,
        typed=typed,
        services=services,
        roles=agents.role_list(body.kind),
        held=agents.held(body.id, ids),
        over=agents.is_over,
        accounts=with_account(ids),
        uninvited=inviting.count(body.id),
        at_once=inviting.AT_ONCE,
    )


@bp.get("/<uuid:organisation_id>/personnes/nouvelle")
@guard("administer", Organisation, "organisation_id")
def new(organisation_id: UUID) -> ResponseReturnValue:
    """Ask who they are and what they will hold."""
    return _new(organisation_id, {"invite": "1"}, {})


def _new(
    organisation_id: UUID, typed: Mapping[str, str], problems: Mapping[str, str]
) -> str:
    body = frame.body(organisation_id)
    return frame.page(
        "person_new.html",
        body,
        typed=typed,
        problems=problems,
        services=agents.services(body.id),
        roles=agents.role_list(body.kind),
    )


@bp.post("/<uuid:organisation_id>/personnes/nouvelle")
@guard("administer", Organisation, "organisation_id")
def enter(organisation_id: UUID) -> ResponseReturnValue:
    """Enter somebody, or give a role to somebody known; invite them if asked."""
    typed = {name: text(request.form, name) for name in request.form}
    problems = _who(typed)
    asked, wrong = _role(typed)
    problems |= wrong
    if not problems:
        try:
            person = commands.enter(
                organisation_id,
                typed["email"],
                typed["name"],
                actor=current_actor(),
                **asked,
            )
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            if typed.get("invite") and not with_account([person]):
                inviting.invite(organisation_id, person)
            flash(_("%(who)s est dans l’annuaire.", who=typed["name"]), "success")
            return _to(organisation_id, person)
    return _new(organisation_id, typed, problems), 422


def _who(typed: dict[str, str]) -> dict[str, str]:
    """Put the address in order; say what is wrong with the name and it."""
    problems = {}
    if not 1 < len(typed.get("name", "")) <= _NAME:
        problems["name"] = _("Nom : prénom et nom, en 200 caractères au plus.")
    try:
        found = validate_email(typed.get("email", ""), check_deliverability=False)
        typed["email"] = found.normalized
    except EmailNotValidError:
        problems["email"] = _("Courriel : écrivez-le ainsi, prenom.nom@exemple.fr.")
    return problems


def _role(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The role asked for with its service and days, and what is wrong by field."""
    asked: dict[str, Any] = {"role": typed.get("role", "")}
    problems = {}
    for field, sentence in (
        ("since", _("Premier jour : écrivez-le ainsi, 31/12/2026.")),
        ("until", _("Dernier jour : écrivez-le ainsi, 31/12/2026.")),
    ):
        try:
            asked[field] = day(typed.get(field, ""))
        except ValueError:
            problems[field] = sentence
    try:
        asked["service_id"] = UUID(typed["service"]) if typed.get("service") else None
    except ValueError:
        problems["service"] = _("Service : choisissez-en un dans la liste.")
    return asked, problems


@bp.get("/<uuid:organisation_id>/personnes/<uuid:person_id>")
@guard("administer", Organisation, "organisation_id")
def show(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """One of the body's people: identity, roles, account, what was done to them."""
    return _show(organisation_id, person_id, {}, {})


def _show(
    organisation_id: UUID,
    person_id: UUID,
    typed: Mapping[str, str],
    problems: Mapping[str, str],
) -> str:
    person, held = _person(organisation_id, person_id)
    body = frame.body(organisation_id)
    here = [h for h in held if not agents.is_over(h)]
    return frame.page(
        "person.html",
        body,
        person=person,
        held=held,
        over=agents.is_over,
        service=here[0].service_id if here else None,
        elsewhere=[o for o in agents.bodies_of(person_id) if o.id != body.id],
        identifies=allowed(current_actor(), "identify", person),
        account=bool(with_account([person_id])),
        invited=inviting.open_one(organisation_id, person.email),
        services=agents.services(body.id),
        roles=[r for r in agents.role_list(body.kind) if r not in {h.role for h in here}],
        acts=frame.acts(_acts(organisation_id, person_id)),
        typed=typed,
        problems=problems,
    )


def _person(organisation_id: UUID, person_id: UUID) -> tuple[Person, list[Holding]]:
    """Somebody who holds or held a role of the body; nobody else is told of."""
    held = agents.held(organisation_id, [person_id]).get(person_id, [])
    person = db.session.get(Person, person_id) if held else None
    return (person or abort(404)), held


def _acts(organisation_id: UUID, person_id: UUID) -> list[JournalEntry]:
    """What this body did to a person, the latest first: other bodies' acts are theirs."""
    rows = (
        select(JournalEntry)
        .where(JournalEntry.chain == f"person:{person_id}")
        .order_by(JournalEntry.seq.desc())
        .limit(_LATEST * 4)
    )
    ours = {str(organisation_id), None}
    found = [e for e in db.session.scalars(rows) if e.detail.get("organisation") in ours]
    return found[:_LATEST]


@bp.post("/<uuid:organisation_id>/personnes/<uuid:person_id>/identite")
@guard("administer", Organisation, "organisation_id")
def identify(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Change a name or an address; the old address is told of it."""
    _person(organisation_id, person_id)
    typed = {name: text(request.form, name) for name in ("name", "email")}
    problems = _who(typed)
    if not problems:
        try:
            before = commands.identify(
                organisation_id, person_id, typed["name"], typed["email"],
                actor=current_actor(),
            )  # fmt: skip
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            if before != typed["email"].lower():
                end_sessions(person_id)
                letter(
                    before,
                    _("Votre adresse a été changée"),
                    "directory/mail/changed.txt",
                    email=typed["email"].lower(),
                )
            flash(_("Le nom et l’adresse sont enregistrés."), "success")
            return _to(organisation_id, person_id)
    return _show(organisation_id, person_id, typed, problems), 422


@bp.post("/<uuid:organisation_id>/personnes/<uuid:person_id>/roles")
@guard("administer", Organisation, "organisation_id")
def give(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Give another role."""
    _person(organisation_id, person_id)
    typed = {name: text(request.form, name) for name in request.form}
    asked, problems = _role(typed)
    if not problems:
        try:
            commands.hold(organisation_id, person_id, actor=current_actor(), **asked)
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            flash(_("Le rôle est donné."), "success")
            return _to(organisation_id, person_id)
    return _show(organisation_id, person_id, typed, problems), 422


@bp.post("/<uuid:organisation_id>/personnes/<uuid:person_id>/service")
@guard("administer", Organisation, "organisation_id")
def move(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Put somebody in another service."""
    _person(organisation_id, person_id)
    asked, problems = _role({"service": text(request.form, "service")})
    if not problems:
        try:
            commands.move(
                organisation_id, person_id, asked["service_id"], actor=current_actor()
            )
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            flash(_("Le service est changé."), "success")
            return _to(organisation_id, person_id)
    return _show(organisation_id, person_id, {}, {"to": problems["service"]}), 422


def _to(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    return redirect(
        url_for("body_people.show", organisation_id=organisation_id, person_id=person_id)
    )
