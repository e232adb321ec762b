"""Freeze a checked version of a procedure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import func, select

from engine import clock, definitions, journal, procedure_drafts
from engine.commands import beginnings
from engine.directory import APPLICANT, Organisation
from engine.errors import EngineError
from engine.models import (
    DefinitionFile,
    DefinitionRole,
    ProcessDefinition,
    db,
)
from engine.spiff.diagram import is_computed
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.model import Model
from engine.subscriptions import ProcedureParameters
from engine.transaction import transaction


class PublishedByDesigner(EngineError):
    """The current version was published from the designer; say so to replace it."""


class PublishedByAnother(EngineError):
    """This procedure belongs to another organisation, whose name this says."""


def publish(
    key: str,
    files: Mapping[str, bytes],
    model: Model,
    *,
    sha256: str,
    owner_id: UUID,
    origin: str = "folder",
    by: UUID | None = None,
    over_designer: bool = False,
) -> int | None:
    """Keep these files as version n+1; None when they are those of the current version.

    The timers of its starts are armed, those of the version it replaces are not any more.
    Raises PublishedByDesigner when a folder would replace a designer's version unasked,
    PublishedByAnother when another organisation published the procedure, DiagramRefused
    for a start that another procedure already answers, or that will never come.
    """
    with transaction():
        journal.turn(f"procedure:{key}")
        current = procedure_drafts.newest(key)
        if current is not None and current.owner_id != owner_id:
            owner = db.session.get_one(Organisation, current.owner_id)
            raise PublishedByAnother(owner.name)
        if current is not None and current.sha256 == sha256:
            return None
        replaced = current.origin if current else origin
        if (replaced, origin) == ("designer", "folder") and not over_designer:
            raise PublishedByDesigner
        said = Said(owner_id, sha256, origin, by)
        return frozen(key, files, model, said).version


@dataclass(frozen=True)
class Said:
    """Who publishes what: `by`, with the approval of a second person when designers ask."""

    owner_id: UUID
    sha256: str
    origin: str
    by: UUID | None
    approved_by: UUID | None = None
    comment: str = ""


def frozen(
    key: str, files: Mapping[str, bytes], model: Model, said: Said
) -> ProcessDefinition:
    """Version n+1, in the open transaction, which has the procedure's turn in the journal.

    Raises DiagramRefused.
    """
    current = procedure_drafts.newest(key)
    definition = ProcessDefinition(
        id=uuid4(),
        key=key,
        version=current.version + 1 if current else 1,
        name=model.name or key,
        documentation=model.documentation or "",
        owner_id=said.owner_id,
        start_form=model.start_form,
        start_role=_start_role(model),
        sha256=said.sha256,
        origin=said.origin,
        published_at=clock.now(),
        published_by=said.by,
        approved_by=said.approved_by,
        comment=said.comment,
        model=model.to_bytes(),
    )
    db.session.add(definition)
    db.session.flush()
    _check_messages(key, model)
    beginnings.arm(definition, model)
    _keep_files(definition.id, files, _roles(model))
    journal.write(
        f"procedure:{key}", "procedure_published", by=said.approved_by or said.by,
        detail={
            "version": definition.version, "sha256": said.sha256, "origin": said.origin,
            **({"asked_by": str(said.by)} if said.approved_by else {}),
        },
    )  # fmt: skip
    return definition


def _start_role(model: Model) -> str:
    """Who may start a case by hand; nobody when every start waits for an event."""
    if not model.by_hand:
        return ""
    return (model.start.role if model.start else None) or APPLICANT


def _check_messages(key: str, model: Model) -> None:
    """A message starts one case: whoever publishes second must not take it from the first."""
    begin = [start for start in model.start_events if start.event.kind == "message"]
    others = definitions.start_messages(but=key) if begin else {}
    for start in begin:
        if start.event.name in others:
            node = model.starts[start.element_id]
            message = (
                f"le message « {start.event.name} » démarre déjà une autre procédure : "
                "donnez-lui un autre nom"
            )
            file = model.diagram.scopes[node.scope].file
            raise DiagramRefused([Problem(file, node.id, node.name, message)])


def _roles(model: Model) -> Collection[str]:
    """Those that are named; one worked out as a task opens lets nobody see every case."""
    return {e.role for e in model.elements.values() if e.role and not is_computed(e.role)}


def _keep_files(
    definition_id: UUID, files: Mapping[str, bytes], roles: Collection[str]
) -> None:
    db.session.add_all(
        DefinitionFile(definition_id=definition_id, name=name, content=content)
        for name, content in files.items()
    )
    db.session.add_all(DefinitionRole(definition_id=definition_id, role=r) for r in roles)


def set_parameters(
    key: str, organisation_id: UUID, values: Mapping[str, object], *, by: UUID | None
) -> None:
    """Set what one organisation decides for a procedure it uses."""
    with transaction():
        row = db.session.get(ProcedureParameters, (key, organisation_id))
        if row is None:
            row = ProcedureParameters(key=key, organisation_id=organisation_id)
            db.session.add(row)
        row.values = dict(values)
        journal.write(f"procedure:{key}", "parameters_set", by=by, detail=dict(values))


def count(key: str) -> int:
    """How many versions of a procedure were published."""
    return (
        db.session.scalar(
            select(func.count())
            .select_from(ProcessDefinition)
            .where(ProcessDefinition.key == key)
        )
        or 0
    )
