"""Types and subtypes of folders: to whom they go, how they are signed, what must be said."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import require
from engine.directory import Organisation
from engine.models import db
from web.auth import current_actor, guard
from web.parapheur import fields, reading, ready, words
from web.parapheur.typology import kept_body
from web.typed import clean, text
from workflows.parapheur import publishing, typology
from workflows.parapheur.models import FolderSubtype, FolderType
from workflows.parapheur.typology import TypologyRefused

bp = Blueprint("parapheur_kinds", __name__, url_prefix="/parapheur/typologie")
bp.context_processor(lambda: {"words": words})

POSITION = ("page", "x", "y", "width", "height")
LARGEST_MM = 2000


@bp.get("/types/nouveau")
@guard("use the book")
def new_type() -> ResponseReturnValue:
    """The form of a new type."""
    return _type_page(kept_body(), None)


@bp.post("/types/nouveau")
@guard("use the book")
def add_type() -> ResponseReturnValue:
    """Add a type to a body's book."""
    body_id = kept_body().id
    facts, errors = _type_facts()
    if not errors:
        try:
            name = facts.pop("name")
            slug = text(request.form, "identifiant")
            made = typology.add_type(body_id, slug, name, actor=current_actor(), **facts)
        except TypologyRefused as refused:
            errors = _named(refused)
        else:
            flash(_("Le type est ajouté."), "success")
            return redirect(url_for(".show_type", type_id=made))
    return _type_page(db.session.get_one(Organisation, body_id), None, errors), 422


@bp.get("/types/<uuid:type_id>")
@guard("keep", FolderType, "type_id")
def show_type(type_id: UUID) -> ResponseReturnValue:
    """A type, to change."""
    kind = db.session.get_one(FolderType, type_id)
    return _type_page(db.session.get_one(Organisation, kind.organisation_id), kind)


@bp.post("/types/<uuid:type_id>")
@guard("keep", FolderType, "type_id")
def change_type(type_id: UUID) -> ResponseReturnValue:
    """Change a type, or close it."""
    if "_fermer" in request.form:
        typology.close_type(type_id, actor=current_actor())
        flash(_("Le type est fermé : rien n’y sera plus déposé."), "success")
        return redirect(url_for(".show_type", type_id=type_id))
    facts, errors = _type_facts()
    if not errors:
        try:
            typology.change_type(type_id, actor=current_actor(), **facts)
        except TypologyRefused as refused:
            errors = _named(refused)
        else:
            flash(_("Le type est modifié."), "success")
            return redirect(url_for(".show_type", type_id=type_id))
    kind = db.session.get_one(FolderType, type_id)
    body = db.session.get_one(Organisation, kind.organisation_id)
    return _type_page(body, kind, errors), 422


@bp.get("/types/<uuid:type_id>/nouveau")
@guard("keep", FolderType, "type_id")
def new_subtype(type_id: UUID) -> ResponseReturnValue:
    """The form of a new subtype."""
    return _subtype_page(db.session.get_one(FolderType, type_id), None)


@bp.post("/types/<uuid:type_id>/nouveau")
@guard("keep", FolderType, "type_id")
def add_subtype(type_id: UUID) -> ResponseReturnValue:
    """Add a subtype, or change what its form shows."""
    if fields.turns(request.form):
        return _subtype_page(db.session.get_one(FolderType, type_id), None)
    facts, errors = fields.facts(request.form)
    if not errors:
        try:
            slug, name = text(request.form, "identifiant"), facts.pop("name")
            made = typology.add_subtype(type_id, slug, name, actor=current_actor(), **facts)
        except TypologyRefused as refused:
            errors = _named(refused)
        else:
            flash(_("Le sous-type est ajouté."), "success")
            return redirect(url_for(".show_subtype", subtype_id=made))
    return _subtype_page(db.session.get_one(FolderType, type_id), None, errors), 422


@bp.get("/sous-types/<uuid:subtype_id>")
@guard("keep", FolderSubtype, "subtype_id")
def show_subtype(subtype_id: UUID) -> ResponseReturnValue:
    """A subtype, to change."""
    kind = db.session.get_one(FolderSubtype, subtype_id)
    return _subtype_page(kind.type, kind)


@bp.post("/sous-types/<uuid:subtype_id>")
@guard("keep", FolderSubtype, "subtype_id")
def change_subtype(subtype_id: UUID) -> ResponseReturnValue:
    """Change a subtype, close it, or change what its form shows."""
    kind = db.session.get_one(FolderSubtype, subtype_id)
    if "_fermer" in request.form:
        typology.close_subtype(subtype_id, actor=current_actor())
        flash(_("Le sous-type est fermé : rien n’y sera plus déposé."), "success")
        return redirect(url_for(".show_subtype", subtype_id=subtype_id))
    if fields.turns(request.form):
        return _subtype_page(kind.type, kind)
    facts, errors = fields.facts(request.form)
    if not errors:
        try:
            typology.change_subtype(subtype_id, actor=current_actor(), **facts)
        except TypologyRefused as refused:
            errors = _named(refused)
        else:
            flash(_("Le sous-type est modifié : les dossiers en cours gardent leur circuit."), "success")  # fmt: skip
            return redirect(url_for(".show_subtype", subtype_id=subtype_id))
    kind = db.session.get_one(FolderSubtype, subtype_id)
    return _subtype_page(kind.type, kind, errors), 422


def _type_facts() -> tuple[dict[str, Any], dict[str, str]]:
    form, errors = request.form, dict[str, str]()
    protocol, how = form.get("protocole", ""), form.get("format", "")
    if protocol not in words.PROTOCOLS:
        errors["protocole"] = _("Transmission : choisissez dans la liste.")
    if how not in words.FORMATS:
        errors["format"] = _("Format : choisissez dans la liste.")
    position = dict[str, float]()
    for name in POSITION:
        said = text(form, f"timbre-{name}").replace(",", ".")
        if not said:
            continue
        try:
            position[name] = int(said) if name == "page" else float(said)
        except ValueError:
            position[name] = LARGEST_MM + 1
        low = -1 if name == "page" else 0
        if not low <= position[name] <= LARGEST_MM or (
            name == "page" and not position[name]
        ):
            errors[f"timbre-{name}"] = _("Place du timbre : des millimètres depuis le haut à gauche ; page 1, 2… ou −1 pour la dernière.")  # fmt: skip
    return {
        "name": text(form, "nom"),
        "protocol": protocol,
        "format": how,
        "visible": "visible" in form,
        "place": text(form, "lieu")[:100],
        "position": position,
    }, errors


def _named(refused: TypologyRefused) -> dict[str, str]:
    """What the book says is wrong, by the input that it is about."""
    named = {
        "name": "nom", "slug": "identifiant", "circuit": "circuit",
        "creation_circuit": "circuit_creation", "chained_to": "enchaine",
        "selection": "regles",
    }  # fmt: skip
    db.session.rollback()
    return {named.get(name, ""): told for name, told in refused.errors.items()}


def _type_page(
    body: Organisation, kind: FolderType | None, errors: Mapping[str, str] | None = None
) -> str:
    require(current_actor(), "keep the book", body)
    return render_template(
        "parapheur/typology_type.html",
        body=body,
        kind=kind,
        typed=clean(request.form),
        sent=request.method == "POST",
        errors=errors or {},
    )


def _subtype_page(
    kind: FolderType, subtype: FolderSubtype | None, errors: Mapping[str, str] | None = None
) -> str:
    body = db.session.get_one(Organisation, kind.organisation_id)
    others = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(FolderType.organisation_id == body.id, FolderSubtype.closed_at.is_(None))
        .order_by(FolderType.name, FolderSubtype.name)
    )
    shown = (
        fields.shown(request.form, subtype)
        if request.method == "POST"
        else fields.of(subtype)
    )
    return render_template(
        "parapheur/typology_subtype.html",
        body=body,
        kind=kind,
        subtype=subtype,
        shown=shown,
        report=ready.of_body(body.id).report(subtype)
        if subtype and not subtype.closed_at
        else None,
        seals=ready.seals(),
        circuits={one.key: one.name for one in publishing.circuits_of(body.id)},
        desks=reading.open_desks(body.id),
        others={
            str(o.id): f"{o.type.name} › {o.name}"
            for o in db.session.scalars(others)
            if o != subtype
        },
        errors=errors or {},
    )
