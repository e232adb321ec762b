"""What an operator may ask of a case besides settling its incidents, one at a time.

    perform(case, Operation("move", target=task, to="review"), actor=…, motive="…")

    skip      go on as if the step were done, with `values` in its place
    drop      withdraw a branch; the others go on
    move      put the token before another step of the same part of the diagram
    cancel    withdraw everything: the case is closed
    suspend, resume
    retry     try again what stopped at `target`, with `values` corrected; `target` may be
              the cause of incidents too
    answer    give `values` in the place of a partner, or of a step that failed
    migrate   go on under version `to`, elements renamed by `mapping`

`target` is a task's id, or an element's: then every token that stands there. Each act needs
a motive, is written to the case's journal with the digests of its state before and after,
and can be tried first: see `engine.commands.preview`. `engine.commands.jobs` does the same
to many cases.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import or_, update

from engine import clock, journal, wake
from engine.access import Actor, require
from engine.commands import asking, incidents, migration, suspension
from engine.commands.step import keep, locked, restore, standing
from engine.errors import OperationRefused
from engine.models import CANCELLED, Incident, ProcessInstance, UserTask, db
from engine.spiff import surgery
from engine.spiff.errors import ProcessError
from engine.spiff.process import Process
from engine.transaction import AfterCommit, transaction

LONGEST_MOTIVE = 2000


@dataclass(frozen=True)
class Operation:
    """What is asked, as plain values that a job can keep."""

    act: str
    target: str = ""
    to: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Its values; `Operation(**values)` reads them."""
        return asdict(self)


def perform(
    instance_id: UUID, operation: Operation, *, actor: Actor, motive: str
) -> list[str]:
    """Do it, in one transaction; returns what should be known about it, in French.

    Raises Forbidden, OperationRefused with a French sentence: nothing was changed then.
    """
    require(actor, "operate")
    motive = checked(motive)
    with transaction() as after_commit:
        instance = locked(instance_id)
        return act(
            instance, operation, actor=actor, motive=motive, after_commit=after_commit
        )


def act(
    instance: ProcessInstance,
    operation: Operation,
    *,
    actor: Actor,
    motive: str,
    after_commit: AfterCommit,
    job_id: UUID | None = None,
) -> list[str]:
    """Do it in the open transaction, to an instance locked already."""
    if not instance.is_open:
        raise OperationRefused("Ce dossier est clos.")
    if operation.act not in _ACTS:
        raise OperationRefused("Cette opération n'existe pas.")
    digest = standing(instance)
    was = {"definition": str(instance.definition_id)}
    process = restore(instance)
    before = process.waiting()
    action, do = _ACTS[operation.act]
    try:
        process, notes = do(instance, process, operation, actor)
        if operation.act == "cancel":
            instance.status = CANCELLED
        keep(instance, process, after_commit, by=actor.person_id, before=before)
    except ProcessError as error:
        raise OperationRefused(_sentence(error)) from error
    after_commit.append(wake.for_sweep)
    asked = {key: value for key, value in operation.to_json().items() if value}
    detail = {**asked, **was, "motive": motive, "job": str(job_id) if job_id else None}
    journal.write_for_case(
        instance, action, by=actor.person_id, detail=detail, before=digest,
        after=instance.digest,
    )  # fmt: skip
    return notes


def checked(motive: str) -> str:
    """A motive fit for the journal. Raises OperationRefused."""
    motive = motive.strip()
    if not motive:
        raise OperationRefused("Dites pourquoi : le motif est gardé au journal du dossier.")
    if len(motive) > LONGEST_MOTIVE:
        raise OperationRefused(f"Motif : {LONGEST_MOTIVE} caractères au plus.")
    return motive


Done = tuple[Process, list[str]]


def _skip(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    for task_id in _targets(process, operation.target, repeated=True):
        _settle(task_id, "skipped", actor)
        _close(instance, task_id)
        process.skip(task_id, operation.values)
    return process, []


def _drop(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    for task_id in _targets(process, operation.target):
        _settle(task_id, "cancelled", actor)
        surgery.drop(process, task_id)
    return process, []


def _move(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    for task_id in _targets(process, operation.target):
        _settle(task_id, "moved", actor)
        surgery.move(process, task_id, operation.to, operation.values)
    return process, []


def _cancel(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    process.cancel()
    return process, []


def _suspend(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    suspension.suspend(instance)
    return process, []


def _resume(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    suspension.resume(instance, process)
    return process, []


def _retry(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    target, stopped = operation.target, {f.task_id for f in process.failures()}
    standing = surgery.standing(process, repeated=True)
    tasks = [t for t, element_id in standing.items() if target in {element_id, str(t)}]
    tasks += [task_id for task_id in stopped if str(task_id) == target]
    which = or_(Incident.cause == target, Incident.task_id.in_(tasks))
    found = incidents.retry_all(instance, process, which, operation.values, actor=actor)
    if not found:
        raise OperationRefused("Ce dossier n'a plus d'incident de cette sorte.")
    how = ", avec ces données" if operation.values else ""
    asked = [
        f"« {incident.element_name} » : l'appel au partenaire est refait{how}."
        for incident in found
        if incident.call_id is not None
    ]
    again = [f.message for f in process.failures() if f.task_id in stopped]
    return process, asked + [f"L'étape n'est pas passée : {m}" for m in again]


def _answer(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    asked = {call.task_id for call in process.calls()}
    for task_id in _targets(process, operation.target, repeated=True):
        _settle(task_id, "answered", actor)
        _close(instance, task_id)
        if task_id in asked:
            process.answer(task_id, dict(operation.values))
        else:
            process.skip(task_id, operation.values)
    return process, []


def _migrate(
    instance: ProcessInstance, process: Process, operation: Operation, actor: Actor
) -> Done:
    return migration.migrate(instance, process, UUID(operation.to), operation.mapping)


_Act = Callable[[ProcessInstance, Process, Operation, Actor], Done]

_ACTS: dict[str, tuple[str, _Act]] = {
    "skip": ("task_skipped", _skip),
    "drop": ("branch_cancelled", _drop),
    "move": ("token_moved", _move),
    "cancel": ("case_cancelled", _cancel),
    "suspend": ("case_suspended", _suspend),
    "resume": ("case_resumed", _resume),
    "retry": ("incidents_retried", _retry),
    "answer": ("step_answered", _answer),
    "migrate": ("case_migrated", _migrate),
}
"""How each act is called in the journal, and what does it."""


def _targets(process: Process, target: str, *, repeated: bool = False) -> list[UUID]:
    standing = surgery.standing(process, repeated=repeated)
    if repeated:
        standing |= {f.task_id: f.element_id for f in process.failures()}
    found = [
        task_id
        for task_id, element_id in standing.items()
        if target in {element_id, str(task_id)}
    ]
    if not found:
        raise OperationRefused("Ce dossier n'est pas, ou n'est plus, à cette étape.")
    return found


def _settle(task_id: UUID, resolution: str, actor: Actor) -> None:
    """What stopped this step no longer matters."""
    db.session.execute(
        update(Incident)
        .where(Incident.task_id == task_id, Incident.resolved_at.is_(None))
        .values(resolved_at=clock.now(), resolution=resolution, resolved_by=actor.person_id)
    )


def _close(instance: ProcessInstance, task_id: UUID) -> None:
    """Nobody is asked any more to do a step that is skipped."""
    db.session.execute(
        update(UserTask)
        .where(UserTask.id == task_id, UserTask.status == "open")
        .values(status="withdrawn", completed_at=clock.now())
    )
    asking.no_longer_asked(instance, {task_id})


def _sentence(error: ProcessError) -> str:
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "!", "?")) else ".")
