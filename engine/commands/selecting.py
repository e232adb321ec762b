"""Which cases a job is about: chosen by what stopped them, where they stand, or by number."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select

from engine.criteria import midnight
from engine.errors import OperationRefused
from engine.exchanges import RemoteCall
from engine.jobs import JobItem
from engine.models import Incident, ProcessInstance, UserTask

MOST = 100_000
"""Cases of one job."""


@dataclass(frozen=True)
class Selection:
    """Which open cases. What is empty does not choose; `numbers` are public case numbers.

    `cause`, `step_name`, `partner` and `since` (a day) are those of their open incidents;
    `element_id` is where a task of theirs is open; `failed_in` is a job that did not succeed
    on them.
    """

    cause: str = ""
    step_name: str = ""
    partner: str = ""
    since: str = ""
    key: str = ""
    failed_in: str = ""
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
    if selection.key:
        statement = statement.where(case.key == selection.key)
    if selection.cause or selection.step_name or selection.partner or selection.since:
        stopped = exists().where(Incident.instance_id == case.id, *_stopped(selection))
        statement = statement.where(stopped)
    if selection.failed_in:
        statement = statement.where(
            exists().where(
                JobItem.job_id == UUID(selection.failed_in),
                JobItem.result.in_(["refused", "failed"]),
                JobItem.instance_id == case.id,
            )
        )
    if selection.element_id:
        statement = statement.where(
            exists().where(
                UserTask.instance_id == case.id,
                UserTask.status == "open",
                UserTask.element_id == selection.element_id,
            )
        )
    return statement.order_by(case.started_at, case.id).limit(MOST)


def _stopped(selection: Selection) -> Iterator[ColumnElement[bool]]:
    """The open incidents chosen."""
    yield Incident.resolved_at.is_(None)
    if selection.cause:
        yield Incident.cause == selection.cause
    if selection.step_name:
        yield Incident.element_name == selection.step_name
    if selection.since:
        yield Incident.raised_at >= midnight(date.fromisoformat(selection.since))
    if selection.partner:
        yield exists().where(
            RemoteCall.id == Incident.call_id, RemoteCall.partner == selection.partner
        )
