"""What a case page shows, whoever looks: steps, what is awaited of whom, what happened.

A handful of indexed queries a page, whatever the length of the case.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, conversation, definitions, documents
from engine.access import Actor, allowed
from engine.conversation import CaseMessage
from engine.directory import APPLICANT, Organisation, Person
from engine.documents import Document
from engine.models import (
    History,
    Incident,
    MessageSubscription,
    ProcessInstance,
    RemoteCall,
    UserTask,
    db,
)
from workflows import facts
from workflows.facts import Fact

PAST_STEPS = 100
"""Steps of the history shown on one page."""

PARTNER_NAMES = {
    "oseo": "Bpifrance (OSEO)",
    "archiving": "le service d'archivage",
    "mail": "la messagerie",
    "rendering": "l'édition des courriers",
}

OUTCOME_TONES = {"granted": "success", "refused": "danger"}


@dataclass(frozen=True)
class Milestone:
    """One stage of the procedure, as everyone sees it: done, current or to come."""

    label: str
    state: str


@dataclass(frozen=True)
class Awaited:
    """Something that the case waits for: of whom, and until when."""

    what: str
    who: str
    due_at: datetime | None
    late: bool
    mine: bool
    task: UserTask | None = None


@dataclass(frozen=True)
class CasePage:
    """Everything a case page needs, already filtered for the person who looks."""

    case: ProcessInstance
    organisation: Organisation
    applicant: Organisation | None
    handles: bool
    applies: bool
    milestones: list[Milestone]
    awaited: list[Awaited]
    facts: list[Fact]
    documents: list[Document]
    messages: list[CaseMessage]
    past: list[History]
    people: dict[UUID, str]
    incidents: int
    outcome: str | None
    may_write: bool
    may_withdraw: bool


def page(case: ProcessInstance, actor: Actor) -> CasePage:
    """The page of a case for one person."""
    handles = allowed(actor, "handle", case)
    applies = case.applicant_id is not None and actor.holds(case.applicant_id, APPLICANT)
    past = _past(case.id, everything=handles)
    return CasePage(
        case=case,
        organisation=db.session.get_one(Organisation, case.organisation_id),
        applicant=db.session.get(Organisation, case.applicant_id)
        if case.applicant_id
        else None,
        handles=handles,
        applies=applies,
        milestones=milestones(case),
        awaited=_awaited(case, actor),
        facts=[f for f in facts.of(case) if handles or not f.internal],
        documents=[d for d in documents.of_case(case.id) if handles or not d.internal],
        messages=conversation.of_case(case.id) if handles or applies else [],
        past=past,
        people=_names({h.by for h in past if h.by}),
        incidents=_open_incidents(case.id) if handles else 0,
        outcome=_outcome(case),
        may_write=case.status == "active" and allowed(actor, "write", case),
        may_withdraw=applies and case.status == "active" and _withdrawable(case),
    )


def milestones(case: ProcessInstance) -> list[Milestone]:
    """The procedure's stages in the diagram's order, with where this case stands."""
    elements = definitions.model(case.definition_id).elements.values()
    labels = list(
        dict.fromkeys(m for e in elements if (m := e.properties.get("ebg:milestone")))
    )
    if case.status != "active":
        reached = len(labels)
    else:
        reached = labels.index(case.milestone) if case.milestone in labels else 0
    return [
        Milestone(
            label, "done" if i < reached else "current" if i == reached else "to_come"
        )
        for i, label in enumerate(labels)
    ]


def _awaited(case: ProcessInstance, actor: Actor) -> list[Awaited]:
    tasks = db.session.scalars(
        select(UserTask)
        .where(UserTask.instance_id == case.id, UserTask.status == "open")
        .order_by(UserTask.due_at, UserTask.opened_at)
    ).all()
    bodies = _organisations({t.organisation_id for t in tasks})
    people = _names({t.assignee_id for t in tasks if t.assignee_id})
    found = [
        Awaited(
            what=task.name,
            who=people.get(task.assignee_id or UUID(int=0))
            or bodies[task.organisation_id].name,
            due_at=task.due_at,
            late=task.due_at is not None and task.due_at < clock.now(),
            mine=allowed(actor, "complete", task),
            task=task,
        )
        for task in tasks
    ]
    return found + _awaited_of_partners(case)


def _awaited_of_partners(case: ProcessInstance) -> list[Awaited]:
    elements = definitions.model(case.definition_id).elements
    calls = db.session.scalars(
        select(RemoteCall).where(
            RemoteCall.instance_id == case.id, RemoteCall.status.in_(["ready", "incident"])
        )
    )
    found = [
        Awaited(
            what=_label(elements, call.element_id),
            who=PARTNER_NAMES.get(call.partner, call.partner),
            due_at=None,
            late=False,
            mine=False,
        )
        for call in calls
    ]
    waiting = db.session.scalars(
        select(MessageSubscription).where(
            MessageSubscription.instance_id == case.id,
            MessageSubscription.name.not_like("%.withdrawal"),
        )
    )
    found += [
        Awaited(
            what=_label(elements, s.element_id),
            who=PARTNER_NAMES.get(s.name.split(".")[0], ""),
            due_at=None,
            late=False,
            mine=False,
        )
        for s in waiting
    ]
    return found


def _label(elements: Any, element_id: str) -> str:
    element = elements.get(element_id)
    return (element.name if element else "") or element_id


def _past(instance_id: UUID, *, everything: bool) -> list[History]:
    statement = select(History).where(
        History.instance_id == instance_id, History.name != ""
    )
    if not everything:
        kinds = ("userTask", "manualTask", "startEvent", "endEvent")
        statement = statement.where(History.kind.in_(kinds))
    return list(
        db.session.scalars(statement.order_by(History.seq.desc()).limit(PAST_STEPS))
    )


def _open_incidents(instance_id: UUID) -> int:
    return len(
        db.session.scalars(
            select(Incident.id).where(
                Incident.instance_id == instance_id, Incident.resolved_at.is_(None)
            )
        ).all()
    )


def _outcome(case: ProcessInstance) -> str | None:
    if case.outcome is None or case.status == "active":
        return None
    return _label(definitions.model(case.definition_id).elements, case.outcome)


def _withdrawable(case: ProcessInstance) -> bool:
    name = f"{case.key.split('.')[0]}.withdrawal"
    return (
        db.session.scalars(
            select(MessageSubscription.task_id)
            .where(
                MessageSubscription.name == name,
                MessageSubscription.correlation == case.number,
            )
            .limit(1)
        ).first()
        is not None
    )


def _organisations(ids: set[UUID]) -> dict[UUID, Organisation]:
    found = db.session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
    return {o.id: o for o in found}


def _names(ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {person_id: name for person_id, name in rows}
