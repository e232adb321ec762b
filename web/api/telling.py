"""Cases and tasks as the API tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from engine.access import Actor, allowed
from engine.models import ProcessInstance, UserTask
from web.api.definitions import Question
from web.api.shapes import Shape
from web.cases import reading
from web.cases.naming import names

Status = Literal["active", "suspended", "completed", "cancelled"]
StepState = Literal["done", "current", "to_come"]


class Step(Shape):
    """One stage of the procedure."""

    label: str
    state: StepState


class Awaited(Shape):
    """Something that a case waits for. `mine`: the key may do it, as this task."""

    what: str
    who: str
    due_at: datetime | None
    late: bool
    mine: bool
    task_id: UUID | None


class Decision(Shape):
    """How a case ended: `outcome` is for programs, `label` for people."""

    outcome: str
    label: str
    at: datetime


class Case(Shape):
    """A case, or the request by which a company began it."""

    id: UUID
    number: str = Field(examples=["26-K7M3-9QX2"])
    title: str
    procedure: str
    status: Status
    milestone: str | None
    filed_at: datetime
    ended_at: datetime | None
    decision: Decision | None


class CaseInFull(Case):
    """A case, with its stages and what is awaited of whom."""

    organisation: str
    applicant: str | None
    steps: list[Step]
    awaited: list[Awaited]


class OfCase(Shape):
    """The case of a task."""

    id: UUID
    number: str
    title: str


class Holder(Shape):
    """Who has a task in hand."""

    id: UUID
    name: str


class Task(Shape):
    """Something to do on a case."""

    id: UUID
    step: str
    name: str
    procedure: str
    role: str
    case: OfCase
    status: Literal["open", "completed", "withdrawn"]
    holder: Holder | None
    signature: bool = Field(description="A person must do it: a key never signs.")
    opened_at: datetime
    due_at: datetime | None
    completed_at: datetime | None


class TaskInFull(Task):
    """A task with its form, as a JSON Schema and in words."""

    may_claim: bool
    may_complete: bool
    values: dict[str, Any] = Field(description="What was typed so far, or is proposed.")
    form: dict[str, Any] | None
    questions: list[Question]


def case(found: ProcessInstance) -> dict[str, Any]:
    """What is told of a case in a list."""
    label = reading.outcome_name(found)
    decision = None
    if label is not None and found.outcome and found.ended_at:
        decision = Decision(outcome=found.outcome, label=label, at=found.ended_at)
    return {
        "id": found.id,
        "number": found.number,
        "title": found.title,
        "procedure": found.key,
        "status": found.status,
        "milestone": found.milestone,
        "filed_at": found.started_at,
        "ended_at": found.ended_at,
        "decision": decision,
    }


def case_in_full(found: ProcessInstance, actor: Actor) -> CaseInFull:
    """What is told of one case."""
    page = reading.page(found, actor)
    return CaseInFull(
        **case(found),
        organisation=page.organisation.name,
        applicant=page.applicant.name if page.applicant else None,
        steps=[Step(label=one.label, state=one.state) for one in page.milestones],  # type: ignore[arg-type]
        awaited=[
            Awaited(
                what=one.what,
                who=one.who,
                due_at=one.due_at,
                late=one.late,
                mine=one.mine,
                task_id=one.task.id
                if one.task and allowed(actor, "see", one.task)
                else None,
            )
            for one in page.awaited
        ],
    )


def tasks(found: Sequence[UserTask]) -> list[dict[str, Any]]:
    """What is told of tasks, whose cases were read with them."""
    people = names({task.assignee_id for task in found})
    return [
        {
            "id": task.id,
            "step": task.element_id,
            "name": task.name,
            "procedure": task.key,
            "role": task.role,
            "case": OfCase(
                id=task.instance.id, number=task.instance.number, title=task.instance.title
            ),
            "status": task.status,
            "holder": Holder(id=task.assignee_id, name=people.get(task.assignee_id, ""))
            if task.assignee_id
            else None,
            "signature": task.signature,
            "opened_at": task.opened_at,
            "due_at": task.due_at,
            "completed_at": task.completed_at,
        }
        for task in found
    ]
