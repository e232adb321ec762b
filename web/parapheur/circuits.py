"""The circuits of a body, written as lists of steps; each is a published procedure."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import definitions
from engine.access import require
from engine.definitions import UnknownProcedure
from engine.directory import Organisation
from engine.models import ProcessDefinition, db
from web.auth import current_actor, guard
from web.parapheur import reading, ready, steps, words
from web.parapheur.typology import kept_body
from web.typed import clean, text
from workflows.parapheur import publishing
from workflows.parapheur.circuits import NotAList, Step, read, write
from workflows.parapheur.models import FolderSubtype, FolderType
from workflows.parapheur.readiness import Problem
from workflows.parapheur.typology import TypologyRefused
from workflows.publication import FolderRefused

bp = Blueprint("parapheur_circuits", __name__, url_prefix="/parapheur/circuits")
bp.context_processor(lambda: {"words": words, "variables": steps.variables})

LONGEST_LIST = 20_000


@bp.get("/nouveau")
@guard("use the book")
def new() -> ResponseReturnValue:
    """The form of a new circuit."""
    return _page(kept_body(), None, [])


@bp.post("/nouveau")
@guard("use the book")
def create() -> ResponseReturnValue:
    """Publish a new circuit, or change what its form shows."""
    return _received(kept_body().id, None)


@bp.get("/<key>")
@guard("use the book")
def show(key: str) -> ResponseReturnValue:
    """A circuit as the list of its steps; why it is none, when the designer drew more."""
    circuit = _kept(key)
    body = db.session.get_one(Organisation, circuit.owner_id)
    try:
        return _page(body, circuit, read(_content(circuit)))
    except NotAList as why:
        return _page(body, circuit, [], not_a_list=str(why))


@bp.post("/<key>")
@guard("use the book")
def change(key: str) -> ResponseReturnValue:
    """Publish the next version of a circuit, or change what its form shows."""
    circuit = _kept(key)
    assert circuit.owner_id is not None
    return _received(circuit.owner_id, circuit)


@bp.get("/<key>/schema.bpmn")
@guard("use the book")
def diagram(key: str) -> ResponseReturnValue:
    """The published circuit, as it is drawn."""
    return Response(_content(_kept(key)), mimetype="application/xml")


@bp.get("/brouillon.bpmn")
@guard("use the book")
def drawing(key: str = "parapheur.brouillon") -> ResponseReturnValue:
    """The steps of an address, drawn: nothing is kept of them."""
    kept_body()
    said = request.args.get("etapes", "")
    try:
        found = steps.unpacked(said) if len(said) <= LONGEST_LIST else abort(404)
    except ValueError:
        abort(404)
    return Response(write(key, _("Circuit"), found), mimetype="application/xml")


def _received(
    organisation_id: UUID, circuit: ProcessDefinition | None
) -> ResponseReturnValue:
    """Publish what the form says when it is asked and right; else show it again."""
    found = steps.read(request.form)
    body = db.session.get_one(Organisation, organisation_id)
    if "_publier" not in request.form:
        return _page(body, circuit, found)
    errors = steps.faults(found, reading.open_desks(organisation_id))
    name = text(request.form, "nom")
    if not name:
        errors["nom"] = _("Nom du circuit : donnez-lui un nom.")
    if not errors:
        try:
            key = publishing.publish_circuit(
                organisation_id,
                name,
                found,
                actor=current_actor(),
                key=circuit.key if circuit else None,
            )
        except TypologyRefused as refused:
            errors = {"nom": str(refused)}
        except FolderRefused as refused:
            errors = {"": " ".join(one.message for one in refused.problems)}
        else:
            flash(
                _("Le circuit est publié : les prochains dossiers le suivront."), "success"
            )
            return redirect(url_for(".show", key=key))
        db.session.rollback()
        body = db.session.get_one(Organisation, organisation_id)
        circuit = _kept(circuit.key) if circuit else None
    return _page(body, circuit, found, errors), 422


def _page(
    body: Organisation,
    circuit: ProcessDefinition | None,
    found: Sequence[Step],
    errors: Mapping[str, str] | None = None,
    not_a_list: str = "",
) -> str:
    drawn = ""
    if not_a_list and circuit:
        drawn = url_for(".diagram", key=circuit.key)
    elif found:
        drawn = url_for(".drawing", etapes=steps.packed(found), organisme=body.id)
    return render_template(
        "parapheur/circuit.html",
        body=body,
        circuit=circuit,
        steps=found,
        desks=reading.open_desks(body.id),
        data=_data(body.id),
        lacking=_lacking(circuit) if circuit else {},
        typed=clean(request.form),
        errors=errors or {},
        not_a_list=not_a_list,
        drawn=drawn,
        here_again=url_for(".change", key=circuit.key)
        if circuit
        else url_for(".create", organisme=body.id),
    )


def _lacking(circuit: ProcessDefinition) -> dict[FolderSubtype, list[Problem]]:
    """What the subtypes that follow a circuit lack for it."""
    assert circuit.owner_id is not None
    state = ready.of_body(circuit.owner_id)
    subtypes = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(FolderType.organisation_id == circuit.owner_id)
        .where(FolderType.closed_at.is_(None), FolderSubtype.closed_at.is_(None))
        .order_by(FolderSubtype.name)
    )
    found = {
        subtype: [p for p in state.report(subtype).problems if p.circuit == circuit.key]
        for subtype in db.session.scalars(subtypes)
    }
    return {subtype: problems for subtype, problems in found.items() if problems}


def _data(organisation_id: UUID) -> dict[str, str]:
    """The metadata that the body's subtypes know, by key: those a step may ask for."""
    fields = (
        select(FolderSubtype.metadata_fields)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(FolderType.organisation_id == organisation_id)
        .where(FolderSubtype.closed_at.is_(None))
        .order_by(FolderSubtype.name)
    )
    known = [one for several in db.session.scalars(fields) for one in several]
    return {one["key"]: one.get("label") or one["key"] for one in reversed(known)}


def _kept(key: str) -> ProcessDefinition:
    """The last version of a circuit of a body whose book one keeps; 404 for any other one."""
    try:
        circuit = definitions.latest(key)
    except UnknownProcedure:
        abort(404)
    if circuit.owner_id is None or not key.startswith("parapheur."):
        abort(404)
    if circuit.key not in {one.key for one in publishing.circuits_of(circuit.owner_id)}:
        abort(404)
    body = db.session.get_one(Organisation, circuit.owner_id)
    require(current_actor(), "keep the book", body)
    return circuit


def _content(circuit: ProcessDefinition) -> bytes:
    return definitions.file(circuit.id, "process.bpmn") or b""
