"""Asking the same of many cases: choose them, start the job, let the workers do it.

    job = create(select_cases(Selection(cause="refused")), Operation("retry", "refused"), …)
    advance(100)                    # what each worker does, sweep after sweep

One item is one transaction, in which its result is written: killed at any moment, a job
goes on where it stood and does nothing twice. A refusal leaves its case as it was.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, exists, insert, select, update

from engine import clock, journal, wake
from engine.access import Actor, Forbidden, actor_for, require
from engine.commands import operations, preview, task_jobs
from engine.commands.operations import Operation
from engine.commands.step import locked
from engine.errors import Busy, OperationRefused
from engine.jobs import DONE, RUNNING, STOPPED, TASKS, TO_DO, Job, JobItem
from engine.models import Incident, ProcessDefinition, ProcessInstance, UserTask, db
from engine.transaction import AfterCommit, lock, transaction

log = structlog.get_logger()

MOST = 100_000
"""Cases of one job."""


@dataclass(frozen=True)
class Selection:
    """Which open cases. What is empty does not choose; `numbers` are public case numbers.

    `cause` and `step_name` are those of their open incidents; `element_id` is where a
    task of theirs is open.
    """

    cause: str = ""
    step_name: str = ""
    definition_id: str = ""
    element_id: str = ""
    status: str = ""
    numbers: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Its values; `Selection(**values)` reads them."""
        return asdict(self)


def select_cases(selection: Selection) -> Select[UUID]:
    """The ids of the cases chosen, the oldest first. Raises OperationRefused."""
    if not any(selection.to_json().values()):
        raise OperationRefused(
            "Choisissez des dossiers : une cause, une version ou des numéros."
        )
    case = ProcessInstance
    statement = select(case.id).where(case.status.in_(["active", "suspended"]))
    if selection.status:
        statement = statement.where(case.status == selection.status)
    if selection.definition_id:
        statement = statement.where(case.definition_id == UUID(selection.definition_id))
    if selection.numbers:
        statement = statement.where(case.number.in_(selection.numbers))
    if selection.cause or selection.step_name:
        stopped = exists().where(
            Incident.instance_id == case.id,
            Incident.resolved_at.is_(None),
            *([Incident.cause == selection.cause] if selection.cause else []),
            *(
                [Incident.element_name == selection.step_name]
                if selection.step_name
                else []
            ),
        )
        statement = statement.where(stopped)
    if selection.element_id:
        statement = statement.where(
            exists().where(
                UserTask.instance_id == case.id,
                UserTask.status == "open",
                UserTask.element_id == selection.element_id,
            )
        )
    return statement.order_by(case.started_at, case.id).limit(MOST)


def create(
    job_id: UUID,
    selection: Selection,
    operation: Operation,
    *,
    actor: Actor,
    motive: str,
    rehearsal: bool = False,
) -> UUID:
    """Write the job and its items; the workers take it from there.

    `job_id` is drawn by the page that asks: asking twice makes one job. Raises Forbidden,
    OperationRefused when no case is chosen or no motive given.
    """
    motive = operations.checked(motive)
    with transaction() as after_commit:
        body = _may(actor, selection, operation)
        if db.session.get(Job, job_id) is not None:
            return job_id
        chosen = list(db.session.scalars(select_cases(selection)))
        if not chosen:
            raise OperationRefused("Aucun dossier ouvert ne correspond à ce choix.")
        db.session.add(
            Job(
                id=job_id,
                organisation_id=body,
                operation=operation.to_json(),
                selection=selection.to_json(),
                motive=motive,
                rehearsal=rehearsal,
                total=len(chosen),
                created_by=actor.person_id,
            )
        )
        db.session.flush()
        db.session.execute(insert(JobItem), _items(job_id, chosen))
        detail = {"act": operation.act, "cases": len(chosen), "rehearsal": rehearsal}
        journal.write(
            f"job:{job_id}", "job_created", by=actor.person_id,
            detail={**detail, "motive": motive},
        )  # fmt: skip
        after_commit.append(wake.for_sweep)
    return job_id


def _may(actor: Actor, selection: Selection, operation: Operation) -> UUID | None:
    """None for an operator; for a designer who migrates their body's cases, that body."""
    if actor.operates:
        return None
    if operation.act != "migrate" or not selection.definition_id:
        raise Forbidden
    source = db.session.get_one(ProcessDefinition, UUID(selection.definition_id))
    require(actor, "design", source)
    return source.owner_id


def _items(job_id: UUID, chosen: Sequence[UUID]) -> list[dict[str, Any]]:
    return [
        {"job_id": job_id, "position": position, "instance_id": instance_id}
        for position, instance_id in enumerate(chosen, 1)
    ]


def stop(job_id: UUID, *, actor: Actor) -> None:
    """Leave the cases not reached yet as they are. Raises Forbidden, OperationRefused."""
    _turn(job_id, RUNNING, STOPPED, actor)


def go_on(job_id: UUID, *, actor: Actor) -> None:
    """Let a stopped job reach the others. Raises Forbidden, OperationRefused."""
    _turn(job_id, STOPPED, RUNNING, actor)


def _turn(job_id: UUID, before: str, after: str, actor: Actor) -> None:
    with transaction() as after_commit:
        job = lock(Job, job_id)
        require(actor, "see", job)
        if job.status != before:
            raise OperationRefused("Ce travail n'est plus dans cet état.")
        job.status = after
        action = "job_stopped" if after == STOPPED else "job_resumed"
        journal.write(f"job:{job_id}", action, by=actor.person_id)
        after_commit.append(wake.for_sweep)


def advance(limit: int) -> int:
    """Do at most so many items of the running jobs; returns how many there were.

    Any number of workers may: each takes items that no other one holds.
    """
    if db.session.scalar(select(Job.id).where(Job.status == RUNNING).limit(1)) is None:
        return 0
    actors: dict[UUID, Actor] = {}
    for number in range(limit):
        if not _one(actors):
            return number
    wake.for_sweep()  # there may be more
    return limit


def _one(actors: dict[UUID, Actor]) -> bool:
    """Do the next item that nobody holds; False when there is none, or its case is busy.

    `actors`: those who asked, as they stood when this round of items began.
    """
    taken: list[tuple[UUID, int]] = []
    try:
        with transaction() as after_commit:
            item = _next()
            if item is None:
                return _finish()
            taken.append((item.job_id, item.position))
            job = db.session.get_one(Job, item.job_id)
            actor = actors.get(job.created_by) or actor_for(job.created_by)
            actors[job.created_by] = actor
            if job.kind == TASKS:
                notes = task_jobs.act(item, job, actor=actor, after_commit=after_commit)
            else:
                notes = _operate(item, job, actor, after_commit)
            _settle(item, "done", notes)
    except _Rehearsed as rehearsed:
        _settle_apart(taken[0], "done", rehearsed.notes)
    except Busy:  # the case is in someone's hands: its item waits for the next round
        return False
    except OperationRefused as refused:
        _settle_apart(taken[0], "refused", [str(refused)])
    except Forbidden:
        _settle_apart(
            taken[0], "refused", ["La personne qui l'a demandé n'en a plus le droit."]
        )
    except Exception as error:  # one case must not stop the others
        if not taken:
            raise
        log.exception("job_item_failed", job=str(taken[0][0]), position=taken[0][1])
        _settle_apart(taken[0], "failed", [f"{type(error).__name__} : {error}"])
    return True


def _operate(item: JobItem, job: Job, actor: Actor, after_commit: AfterCommit) -> list[str]:
    """Do an operation on a case. Raises _Rehearsed when it was only tried."""
    instance, asked = locked(item.instance_id), Operation(**job.operation)
    if asked.act == "migrate" and not actor.operates:
        require(actor, "migrate", instance)
    else:
        require(actor, "operate")
    if job.rehearsal:
        tried = preview.attempt(instance, asked, actor=actor, after_commit=after_commit)
        raise _Rehearsed(tried.sentences())
    return operations.act(
        instance,
        asked,
        actor=actor,
        motive=job.motive,
        after_commit=after_commit,
        job_id=job.id,
    )


class _Rehearsed(Exception):
    """Takes back what was tried; carries what it would have said."""

    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.notes = notes


def _next() -> JobItem | None:
    """Agents wait before their screen: their jobs pass before the operators' long ones."""
    return db.session.scalars(
        select(JobItem)
        .join(Job, Job.id == JobItem.job_id)
        .where(Job.status == RUNNING, JobItem.result == TO_DO)
        .order_by(Job.kind.desc(), Job.created_at, JobItem.position)
        .limit(1)
        .with_for_update(of=JobItem, skip_locked=True)
        .execution_options(populate_existing=True)
    ).first()


def _settle_apart(key: tuple[UUID, int], result: str, notes: Sequence[str]) -> None:
    """Write the result of an act that was taken back, unless another worker did."""
    with transaction():
        item = lock(JobItem, key)
        if item.result == TO_DO:
            _settle(item, result, notes)


def _settle(item: JobItem, result: str, notes: Sequence[str]) -> None:
    item.result = result
    item.note = " ".join(notes)[:2000]
    item.at = clock.now()


def _finish() -> bool:
    """Close the running jobs of which nothing is left to do; another may hold a last item."""
    left = exists().where(JobItem.job_id == Job.id, JobItem.result == TO_DO)
    db.session.execute(
        update(Job)
        .where(Job.status == RUNNING, ~left)
        .values(status=DONE, finished_at=clock.now())
        .execution_options(synchronize_session=False)
    )
    return False
