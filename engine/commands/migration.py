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
from engine.commands.keeping import signs
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
    _rename(instance.id, process, moved)
    awaited = {row.task_id: row for row in process.subscriptions()}
    for row in moved.user_tasks():
        _follow(
            UserTask,
            UserTask.id == row.task_id,
            into=row.properties.get("ebg:into"),
            signature=signs(row),
        )
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


def _rename(instance_id: UUID, before: Process, after: Process) -> None:
    """What is open stands at the new elements; a handler's event has another id too."""
    was, now = _places(before), _places(after)
    for task_id, element_id in now.items():
        if was.get(task_id, element_id) == element_id:
            continue
        for table, key in (
            (UserTask, UserTask.id),
            (Timer, Timer.task_id),
            (MessageSubscription, MessageSubscription.task_id),
            (RemoteCall, RemoteCall.task_id),
            (Incident, Incident.task_id),
        ):
            of_case = (key == task_id) & (table.instance_id == instance_id)
            _follow(table, of_case, element_id=element_id)


def _places(process: Process) -> dict[UUID, str]:
    """The element at which each thing that is written down waits."""
    rows: tuple[Any, ...] = (
        *process.user_tasks(),
        *process.timers(),
        *process.subscriptions(),
        *process.calls(),
        *process.failures(),
    )
    return {row.task_id: row.element_id for row in rows}


def _follow(table: Any, condition: Any, **values: Any) -> None:
    db.session.execute(update(table).where(condition).values(**values))
