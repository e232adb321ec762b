"""Published versions of procedures, read back: models ready to run, forms, tables, files.

Versions never change once published, so what is compiled from them is kept in memory.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import decisions, subscriptions
from engine.directory import PLATFORM, Organisation
from engine.models import DefinitionFile, ProcessDefinition, db
from engine.spiff.diagram import is_computed
from engine.spiff.model import Model, Start

COMPILED_FORM = ".form.compiled.json"


class UnknownProcedure(LookupError):
    """No published procedure has this name."""


def latest(key: str) -> ProcessDefinition:
    """The version that new cases take. Raises UnknownProcedure."""
    found = db.session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.key == key, ProcessDefinition.withdrawn_at.is_(None))
        .order_by(ProcessDefinition.version.desc())
        .limit(1)
    ).first()
    if found is None:
        raise UnknownProcedure(key)
    return found


def callable_by(
    organisation_id: UUID, key: str, caller_id: UUID | None = None
) -> ProcessDefinition | None:
    """The current version of a procedure that this body's cases may call; None if none.

    It is one that the body offers, the platform's, which is there for all, or one of the
    body that drew the calling version (`caller_id`); it begins by itself.
    """
    try:
        found = latest(key)
    except UnknownProcedure:
        return None
    owner = db.session.get_one(Organisation, found.owner_id)
    theirs = (
        owner.id == organisation_id
        or owner.kind == PLATFORM
        or subscriptions.uses(organisation_id, key)
        or (caller_id is not None and owner.id == _owner_of(caller_id))
    )
    return found if theirs and model(found.id).starts_plainly else None


def _owner_of(definition_id: UUID) -> UUID:
    return db.session.get_one(ProcessDefinition, definition_id).owner_id


def callable_keys(organisation_id: UUID) -> list[str]:
    """The procedures that this body's diagrams may call."""
    keys = (definition.key for definition in latest_of_each())
    return [key for key in keys if callable_by(organisation_id, key)]


def called_versions(definition_id: UUID, organisation_id: UUID) -> dict[str, str]:
    """The version of each other procedure that a diagram names: those that a case keeps.

    One that cannot be called yet is looked for again when the step opens.
    """
    names = model(definition_id).called_procedures
    found = {name: callable_by(organisation_id, name, definition_id) for name in names}
    return {name: str(version.id) for name, version in found.items() if version}


def latest_of_each() -> list[ProcessDefinition]:
    """Every procedure's current version, by name."""
    current = dict[str, ProcessDefinition]()
    for definition in db.session.scalars(
        select(ProcessDefinition)
        .where(ProcessDefinition.withdrawn_at.is_(None))
        .order_by(ProcessDefinition.version)
    ):
        current[definition.key] = definition
    return sorted(current.values(), key=lambda d: d.name)


def role_names() -> dict[str, str]:
    """How the current procedures name the roles that their lanes ask for, in French."""
    names: dict[str, str] = {}
    for definition in latest_of_each():
        names |= model(definition.id).roles
    return names


def own_roles(definition_id: UUID) -> set[str]:
    """The roles in which a body works on its cases: those of steps that name no other body."""
    return {
        element.role
        for element in model(definition_id).elements.values()
        if element.kind == "userTask"
        and element.role
        and not is_computed(element.role)
        and "ebg:organisation" not in element.properties
    }


def start_messages(but: str = "") -> dict[str, tuple[UUID, Start]]:
    """For each message that starts a case: the version it starts, and how.

    `but`: a procedure to leave out.
    """
    return {
        start.event.name: (definition.id, start)
        for definition in latest_of_each()
        if definition.key != but
        for start in model(definition.id).start_events
        if start.event.kind == "message" and start.event.name
    }


def start_signals(organisation_id: UUID, name: str) -> list[tuple[UUID, Start]]:
    """The versions of the procedures that a body offers which a signal starts, and how."""
    offered = subscriptions.keys_offered(organisation_id)
    return [
        (definition.id, start)
        for definition in latest_of_each()
        if definition.key in offered
        for start in model(definition.id).start_events
        if (start.event.kind, start.event.name) == ("signal", name)
    ]


def file(definition_id: UUID, name: str) -> bytes | None:
    """One file of a version, or None."""
    return db.session.scalar(
        select(DefinitionFile.content).where(
            DefinitionFile.definition_id == definition_id, DefinitionFile.name == name
        )
    )


def file_names(definition_id: UUID) -> list[str]:
    """The names of a version's files."""
    return list(
        db.session.scalars(
            select(DefinitionFile.name)
            .where(DefinitionFile.definition_id == definition_id)
            .order_by(DefinitionFile.name)
        )
    )


@lru_cache(maxsize=256)
def model(definition_id: UUID) -> Model:
    """A version's diagram, ready to run."""
    stored = db.session.scalar(
        select(ProcessDefinition.model).where(ProcessDefinition.id == definition_id)
    )
    if stored is None:
        raise UnknownProcedure(str(definition_id))
    return Model.from_bytes(stored)


@lru_cache(maxsize=1024)
def compiled_form(definition_id: UUID, name: str) -> bytes | None:
    """A form as it was compiled at publication; None when there is none of that name."""
    return file(definition_id, name + COMPILED_FORM)


@lru_cache(maxsize=256)
def _tables(definition_id: UUID) -> dict[str, Any]:
    names = [name for name in file_names(definition_id) if name.endswith(".dmn")]
    sources = [file(definition_id, name) or b"" for name in names]
    found = dict[str, Any]()
    for source in sources:
        found.update(decisions.compile(source, [one for one in sources if one != source]))
    return found


def decide(definition_id: UUID, decision: str, context: dict[str, Any]) -> Any:
    """Evaluate one of a version's decision tables on plain values."""
    return decisions.evaluate(_tables(definition_id), decision, context)
