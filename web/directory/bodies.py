"""The directory of bodies: finding one, entering one, what is known of it, closing it."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import false, or_, select

from engine import agents, brands, definitions, subscriptions
from engine.access import Actor
from engine.commands import bodies
from engine.directory import COMPANY, PLATFORM, Organisation
from engine.errors import DirectoryRefused
from engine.models import db
from engine.words import words as split
from web.auth import current_actor, guard
from web.directory import facts, frame, words
from web.navigation import Item, offer
from web.paging import bounded
from web.typed import page_number, text

bp = Blueprint("bodies", __name__, url_prefix="/annuaire")

PER_PAGE = 25
_SIREN, _INSEE = re.compile("[0-9]{9}"), re.compile("(COM|DEP|REG|EPCI)-[0-9AB]{1,9}")


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Operators look after all bodies, an administrator after theirs."""
    if actor.operates or actor.administered_bodies:
        yield Item(
            _("Annuaire"),
            "bodies.index",
            icon="building",
            about=_("Les collectivités, leurs personnes, leurs rôles et leurs démarches."),
        )


@bp.get("/")
@guard("administer bodies")
def index() -> ResponseReturnValue:
    """Bodies by name, searched; somebody who administers one alone is taken to it."""
    actor = current_actor()
    mine = actor.administered_bodies
    if not actor.operates and len(mine) == 1:
        return redirect(url_for(".show", organisation_id=mine[0]))
    typed = {name: text(request.args, name)[:100] for name in ("q", "type", "etat")}
    rows = _found(typed)
    if not actor.operates:
        rows = rows.where(Organisation.id.in_(mine))
    page = bounded(
        [rows],
        select(Organisation).order_by(Organisation.name, Organisation.id),
        id=Organisation.id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    return render_template(
        "directory/index.html",
        page=page,
        typed=typed,
        words=words,
        operates=actor.operates,
        staff=agents.sizes(body.id for body in page.items),
    )


def _found(typed: Mapping[str, str]) -> Any:
    """The ids of the bodies that are asked for, by name; what makes no sense finds nothing."""
    kinds = [typed["type"]] if typed["type"] in words.KINDS else list(words.KINDS)
    rows: Any = select(Organisation.id).where(Organisation.kind.in_(kinds))
    closed = Organisation.closed_at
    rows = rows.where(
        closed.is_not(None) if typed["etat"] == "fermees" else closed.is_(None)
    )
    said = typed["q"]
    number = "".join(said.split())
    if _SIREN.fullmatch(number[:9]) and number.isdigit():
        rows = rows.where(
            (Organisation.siren == number[:9]) | (Organisation.siret == number)
        )
    elif _INSEE.fullmatch(said.upper()):
        rows = rows.where(Organisation.insee == said.upper())
    elif re.fullmatch("[0-9][0-9AB][0-9]{3}", said.upper()):
        rows = rows.where(Organisation.insee == f"COM-{said.upper()}")
    elif said:
        folded = Organisation.folded
        rows = rows.where(
            or_(
                Organisation.slug == said.lower(),
                _all_words(folded, split(said)) if split(said) else false(),
            )
        )
    return rows.order_by(Organisation.name, Organisation.id)


def _all_words(column: Any, said: list[str]) -> Any:
    conditions = [column.contains(word, autoescape=True) for word in said[:5]]
    found = conditions[0]
    for condition in conditions[1:]:
        found = found & condition
    return found


@bp.get("/nouvelle")
@guard("operate")
def new() -> ResponseReturnValue:
    """Ask what is known of a new body."""
    return _form(None, {"kind": "member"}, {})


@bp.post("/nouvelle")
@guard("operate")
def create() -> ResponseReturnValue:
    """Enter it."""
    typed, problems = facts.read(request.form, identity=True)
    kind = text(request.form, "kind")
    if kind not in words.KINDS or kind == PLATFORM:
        problems["kind"] = _("Type : choisissez-en un dans la liste.")
    if not problems:
        try:
            made = bodies.create(kind, facts.values(typed), actor=current_actor())
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            flash(_("« %(name)s » est dans l’annuaire.", name=typed["name"]), "success")
            return redirect(url_for(".show", organisation_id=made))
    return _form(None, {**typed, "kind": kind}, problems), 422


@bp.get("/<uuid:organisation_id>")
@guard("administer", Organisation, "organisation_id")
def show(organisation_id: UUID) -> ResponseReturnValue:
    """A body: what is known of it, what is missing for its procedures to be handled."""
    body = frame.body(organisation_id)
    latest = {d.key: d.name for d in definitions.latest_of_each()}
    return frame.page(
        "show.html",
        body,
        parent=db.session.get(Organisation, body.parent_id) if body.parent_id else None,
        place=facts.place(body.insee),
        people=agents.count(agents.found(body.id)),
        services=agents.services(body.id),
        procedures=[
            latest[key] for key in subscriptions.keys_offered(body.id) if key in latest
        ],
        vacant={latest[k]: roles for k, roles in agents.vacant(body.id).items()},
        hosts=brands.hosts_of(body.id),
    )


@bp.get("/<uuid:organisation_id>/modifier")
@guard("administer", Organisation, "organisation_id")
def edit(organisation_id: UUID) -> ResponseReturnValue:
    """What can be changed of a body."""
    body = frame.body(organisation_id)
    return _form(body, facts.of(body), {})


@bp.post("/<uuid:organisation_id>/modifier")
@guard("administer", Organisation, "organisation_id")
def save(organisation_id: UUID) -> ResponseReturnValue:
    """Change it."""
    typed, problems = facts.read(request.form, identity=current_actor().operates)
    if not problems:
        try:
            bodies.edit(organisation_id, facts.values(typed), actor=current_actor())
        except DirectoryRefused as refused:
            problems = words.refusal(refused)
        else:
            flash(_("La fiche est enregistrée."), "success")
            return redirect(url_for(".show", organisation_id=organisation_id))
    body = frame.body(organisation_id)
    return _form(body, {**facts.of(body), **typed}, problems), 422


def _form(
    body: Organisation | None, typed: Mapping[str, str], problems: Mapping[str, str]
) -> str:
    if body is None:
        return render_template(
            "directory/new.html", typed=typed, problems=problems, words=words, operates=True
        )
    return frame.page("edit.html", body, typed=typed, problems=problems)


@bp.get("/<uuid:organisation_id>/fermeture")
@guard("operate")
def closing(organisation_id: UUID) -> ResponseReturnValue:
    """What closing a body would leave, before one does."""
    body = _not_a_company(organisation_id)
    return frame.page(
        "closing.html", body, work=agents.open_work(body.id), most=agents.MOST
    )


@bp.post("/<uuid:organisation_id>/<any(fermeture, reouverture):act>")
@guard("operate")
def turn(organisation_id: UUID, act: str) -> ResponseReturnValue:
    """Close a body, or open it again."""
    _not_a_company(organisation_id)
    change = bodies.close if act == "fermeture" else bodies.reopen
    try:
        change(organisation_id, actor=current_actor())
    except DirectoryRefused as refused:
        flash(words.sentence(refused), "danger")
    else:
        flash(
            _("La collectivité est fermée : rien n’est perdu.")
            if act == "fermeture"
            else _("La collectivité est rouverte, avec tout ce qu’elle avait."),
            "success",
        )
    return redirect(url_for(".show", organisation_id=organisation_id))


def _not_a_company(organisation_id: UUID) -> Organisation:
    body = frame.body(organisation_id)
    return abort(404) if body.kind == COMPANY else body
