"""The book of a body: its desks and who sits there, its kinds of folders, its circuits."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import teams
from engine.access import Actor, require
from engine.directory import Organisation
from engine.models import db
from web.auth import acting_for, current_actor, guard
from web.parapheur import ready, words
from web.typed import clean, text
from workflows.parapheur import publishing, seats, typology
from workflows.parapheur.models import Desk, FolderSubtype, FolderType
from workflows.parapheur.rules import KEEPER
from workflows.parapheur.typology import TypologyRefused

bp = Blueprint("parapheur_typology", __name__, url_prefix="/parapheur/typologie")
bp.context_processor(lambda: {"words": words})


@bp.get("/")
@guard("use the book")
def index() -> ResponseReturnValue:
    """Everything that is set up for a body's book."""
    body = kept_body()
    desks = _desks(body.id)
    kinds = defaultdict[UUID, list[FolderSubtype]](list)
    subtypes = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(FolderType.organisation_id == body.id)
        .order_by(FolderSubtype.name)
    )
    for one in db.session.scalars(subtypes):
        kinds[one.type_id].append(one)
    types = select(FolderType).where(FolderType.organisation_id == body.id)
    circuits = publishing.circuits_of(body.id)
    state = ready.of_body(body.id)
    return render_template(
        "parapheur/typology.html",
        body=body,
        bodies=kept_bodies(current_actor()),
        tree=_tree(desks),
        sitting=seats.of_body(body.id),
        types=list(db.session.scalars(types.order_by(FolderType.name))),
        kinds=kinds,
        reports={
            one.id: state.report(one)
            for several in kinds.values()
            for one in several
            if one.closed_at is None and one.type.closed_at is None
        },
        circuits=circuits,
        called={one.key: one.name for one in circuits},
    )


@bp.get("/bureaux/nouveau")
@guard("use the book")
def new_desk() -> ResponseReturnValue:
    """The form of a new desk."""
    return _desk_page(kept_body(), None)


@bp.post("/bureaux/nouveau")
@guard("use the book")
def open_desk() -> ResponseReturnValue:
    """Open a desk, and have people sit at it."""
    body = kept_body()
    body_id = body.id
    try:
        desk_id = typology.add_desk(
            body_id,
            text(request.form, "identifiant"),
            text(request.form, "nom"),
            actor=current_actor(),
            title=text(request.form, "qualite"),
            parent_id=_uuid("superieur"),
        )
    except TypologyRefused as refused:
        return _desk_page(_body(body_id), None, _desk_errors(refused)), 422
    if person_id := _uuid("titulaire"):
        typology.seat(desk_id, _colleague(body_id, person_id), actor=current_actor())
    flash(_("Le bureau est ouvert."), "success")
    return redirect(url_for(".show_desk", desk_id=desk_id))


@bp.get("/bureaux/<uuid:desk_id>")
@guard("keep", Desk, "desk_id")
def show_desk(desk_id: UUID) -> ResponseReturnValue:
    """A desk, and who sits at it."""
    desk = db.session.get_one(Desk, desk_id)
    return _desk_page(desk.organisation, desk)


@bp.post("/bureaux/<uuid:desk_id>")
@guard("keep", Desk, "desk_id")
def change_desk(desk_id: UUID) -> ResponseReturnValue:
    """Rename a desk, or put it under another."""
    try:
        typology.change_desk(
            desk_id,
            actor=current_actor(),
            name=text(request.form, "nom"),
            title=text(request.form, "qualite"),
            parent_id=_uuid("superieur"),
        )
    except TypologyRefused as refused:
        desk = db.session.get_one(Desk, desk_id)
        return _desk_page(desk.organisation, desk, _desk_errors(refused)), 422
    flash(_("Le bureau est modifié."), "success")
    return redirect(url_for(".show_desk", desk_id=desk_id))


@bp.post("/bureaux/<uuid:desk_id>/<any(titulaires, depart, fermeture):act>")
@guard("keep", Desk, "desk_id")
def turn_desk(desk_id: UUID, act: str) -> ResponseReturnValue:
    """Have somebody sit at a desk or leave it; close the desk."""
    actor, person_id = current_actor(), _uuid("personne")
    desk = db.session.get_one(Desk, desk_id)
    if act == "fermeture":
        typology.close_desk(desk_id, actor=actor)
        flash(_("Le bureau est fermé : ce qui y attend reste à faire."), "success")
    elif person_id is None:
        flash(_("Titulaire : choisissez une personne dans la liste."), "warning")
    elif act == "titulaires":
        typology.seat(desk_id, _colleague(desk.organisation_id, person_id), actor=actor)
        flash(_("Cette personne siège maintenant au bureau."), "success")
    else:
        seats.unseat(desk_id, person_id, actor=actor)
        flash(_("Cette personne ne siège plus au bureau."), "success")
    return redirect(url_for(".show_desk", desk_id=desk_id))


def kept_bodies(actor: Actor) -> list[Organisation]:
    """The bodies whose book somebody keeps."""
    ids = actor.organisations(KEEPER)
    rows = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    return list(db.session.scalars(rows))


def kept_body() -> Organisation:
    """The body that the address names, else the one acted for; 403 when one keeps none."""
    bodies, usual = kept_bodies(current_actor()), acting_for()
    wanted = request.values.get("organisme", "")
    named = next((one for one in bodies if str(one.id) == wanted), None)
    if not bodies or (wanted and named is None):
        abort(403)
    return named or next((one for one in bodies if one == usual), bodies[0])


def _body(organisation_id: UUID) -> Organisation:
    return db.session.get_one(Organisation, organisation_id)


def _desks(organisation_id: UUID) -> list[Desk]:
    rows = select(Desk).where(Desk.organisation_id == organisation_id).order_by(Desk.name)
    return list(db.session.scalars(rows))


def _tree(desks: list[Desk], parent: UUID | None = None) -> list[tuple[Desk, Any]]:
    """The desks under one, each with those under it."""
    return [(one, _tree(desks, one.id)) for one in desks if one.parent_id == parent]


def _desk_page(
    body: Organisation, desk: Desk | None, errors: Mapping[str, str] | None = None
) -> str:
    require(current_actor(), "keep the book", body)
    sitting = seats.at(desk) if desk else []
    there = {person.id for person in sitting}
    return render_template(
        "parapheur/typology_desk.html",
        body=body,
        desk=desk,
        desks=[one for one in _desks(body.id) if one != desk and one.closed_at is None],
        sitting=sitting,
        people=[p for p in db.session.scalars(teams.agents(body.id)) if p.id not in there],
        typed=clean(request.form),
        errors=errors or {},
    )


def _desk_errors(refused: TypologyRefused) -> dict[str, str]:
    named = {"name": "nom", "slug": "identifiant", "parent": "superieur"}
    db.session.rollback()
    return {named.get(name, ""): told for name, told in refused.errors.items()}


def _colleague(organisation_id: UUID, person_id: UUID) -> UUID:
    """Somebody who works in the body; 404 for anybody else."""
    known = {person.id for person in db.session.scalars(teams.agents(organisation_id))}
    return person_id if person_id in known else abort(404)


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(request.form.get(name, ""))
    except ValueError:
        return None
