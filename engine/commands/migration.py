"""Taking a running case to another version of its procedure.

Open tasks keep their id, their draft, who took them, their due date and the form that was
frozen when they opened: nobody's work changes under their hands. What the new version
changes (form, role) applies the next time the step opens. See `engine.spiff.transplant`
for what is compatible, and for timers.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from engine import definitions, variables
from engine.commands.step import Office
from engine.errors import OperationRefused
from engine.exchanges import RemoteCall
from engine.models import (
    Incident,
    MessageSubscription,
    ProcessDefinition,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)
from engine.spiff.process import Process
from engine.spiff.transplant import gone, suggest, transplant


def migrate(
    instance: ProcessInstance,
    process: Process,
    definition_id: UUID,
    mapping: Mapping[str, str],
) -> tuple[Process, list[str]]:
    """The process on the new version, in the open transaction, with what to know of it.

    Raises OperationRefused, CannotMigrate with every reason.
    """
    target = db.session.get(ProcessDefinition, definition_id)
    if target is None or target.key != instance.key:
        raise OperationRefused("Cette version n'est pas de la même procédure.")
    if target.id == instance.definition_id:
        raise OperationRefused("Ce dossier suit déjà cette version.")
    awaited = {row.task_id: row for row in process.subscriptions()}
    moved, notes = transplant(
        instance.state,
        definitions.model(instance.definition_id),
        definitions.model(target.id),
        {old: new for old, new in mapping.items() if new},
        host=replace(Office.of(instance), definition_id=target.id),
        case={"definition": str(target.id), "procedure": target.name},
    )
    named = variables.searchable(instance.definition_id)
    instance.definition_id = target.id
    if variables.searchable(target.id) != named:
        variables.rebuild(instance)
    _rename(instance.id, mapping)
    for row in moved.user_tasks():
        _follow(UserTask, UserTask.id == row.task_id, into=row.properties.get("ebg:into"))
    for now in moved.subscriptions():
        if now.task_id in awaited and now != awaited[now.task_id]:
            _follow(
                MessageSubscription,
                MessageSubscription.task_id == now.task_id,
                name=now.name,
                correlation=now.correlation,
            )
    return moved, notes


def suggestions(source_id: UUID, target_id: UUID) -> dict[str, str]:
    """For each step of the source that the target lacks, the one that bears its name."""
    return suggest(definitions.model(source_id), definitions.model(target_id))


def replaceable(source_id: UUID, target_id: UUID) -> list[Any]:
    """The elements of the source, where a case may wait, that the target lacks."""
    return gone(definitions.model(source_id), definitions.model(target_id))


def versions(key: str) -> list[ProcessDefinition]:
    """The versions of a procedure, the latest first."""
    return list(
        db.session.scalars(
            select(ProcessDefinition)
            .where(ProcessDefinition.key == key)
            .order_by(ProcessDefinition.version.desc())
        )
    )


def _rename(instance_id: UUID, mapping: Mapping[str, str]) -> None:
    """What is open stands at the new elements."""
    still_open: dict[Any, Any] = {
        UserTask: UserTask.status == "open",
        Timer: Timer.due_at.is_not(None),
        MessageSubscription: MessageSubscription.task_id.is_not(None),
        RemoteCall: RemoteCall.finished_at.is_(None),
        Incident: Incident.resolved_at.is_(None),
    }
    for old, new in mapping.items():
        for table, condition in still_open.items() if new else ():
            of_case = (table.instance_id == instance_id) & (table.element_id == old)
            _follow(table, of_case & condition, element_id=new)


def _follow(table: Any, condition: Any, **values: Any) -> None:
    db.session.execute(update(table).where(condition).values(**values))
