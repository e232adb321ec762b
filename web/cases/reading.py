"""What a case page shows, whoever looks: steps, what is awaited of whom, what happened.

A handful of indexed queries a page, whatever the length of the case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, conversation, definitions, documents
from engine.access import Actor, allowed, readable
from engine.conversation import CaseMessage
from engine.directory import APPLICANT, Organisation, Person
from engine.documents import Document
from engine.exchanges import RemoteCall
from engine.models import (
    History,
    Incident,
    MessageSubscription,
    ProcessInstance,
    UserTask,
    db,
)
from engine.spiff.records import PROCEDURE
from web.cases import related, sheets
from web.cases.sheets import Sheet
from workflows import facts
from workflows.facts import Fact, Panel

PAST_STEPS = 100
"""Steps of the history shown on one page."""

PARTNER_NAMES = {
    "oseo": "Bpifrance (OSEO)",
    "archiving": "le service d'archivage",
    "mail": "la messagerie",
    "rendering": "l'édition des courriers",
}

HUMAN_STEPS = ("userTask", "manualTask", "startEvent", "endEvent", "receiveTask")
"""What people did or received; the rest of a history is machinery."""


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
    request: Sheet | None
    answers: list[Sheet]
    panels: list[Panel]
    past: list[History]
    every_step: list[History]
    people: dict[UUID | None, str]
    caller: ProcessInstance | None
    called: list[ProcessInstance]
    incidents: int
    outcome: str | None
    may_write: bool
    may_withdraw: bool


def page(case: ProcessInstance, actor: Actor) -> CasePage:
    """The page of a case for one person."""
    handles = allowed(actor, "handle", case)
    applies = case.applicant_id is not None and actor.holds(case.applicant_id, APPLICANT)
    every_step = _past(case.id)
    data = sheets.data_of(case)
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
        documents=readable(actor, case, documents.of_case(case.id)),
        messages=conversation.of_case(case.id) if handles or applies else [],
        request=sheets.request_of(case, data, reserved=handles or applies),
        answers=sheets.answers_of(case, data) if handles else [],
        panels=facts.panels(case, data) if handles else [],
        past=[step for step in every_step if step.kind in HUMAN_STEPS],
        every_step=every_step if handles else [],
        people=names({who for step in every_step for who in (step.by, step.on_behalf_of)}),
        caller=related.caller(case, actor),
        called=related.called(case) if handles else [],
        incidents=_open_incidents(case.id) if handles else 0,
        outcome=outcome_name(case),
        may_write=case.status == "active" and allowed(actor, "write", case),
        may_withdraw=applies and case.is_open and _withdrawable(case),
    )


def milestones(case: ProcessInstance) -> list[Milestone]:
    """The procedure's stages in the diagram's order, with where this case stands.

    A closed case shows those it went through.
    """
    model = definitions.model(case.definition_id)
    labels = list(model.milestones)
    if not case.is_open:
        through = {
            element.properties.get("ebg:milestone")
            for done in elements_done(case.id)
            if (element := model.elements.get(done))
        }
        return [Milestone(label, "done") for label in labels if label in through]
    reached = labels.index(case.milestone) if case.milestone in labels else 0
    return [
        Milestone(
            label, "done" if i < reached else "current" if i == reached else "to_come"
        )
        for i, label in enumerate(labels)
    ]


def role_name(task: UserTask) -> str:
    """The role a task asks for, as its diagram names it in French."""
    return definitions.model(task.definition_id).roles.get(task.role, task.role)


def elements_stopped(case_id: UUID) -> set[str]:
    """The ids of those that an open incident stops."""
    stopped = select(Incident.element_id).where(
        Incident.instance_id == case_id, Incident.resolved_at.is_(None)
    )
    return set(db.session.scalars(stopped))


def names(ids: set[UUID | None]) -> dict[UUID | None, str]:
    """The names of these people; None names nobody."""
    known = ids - {None}
    if not known:
        return {}
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(known)))
    return {person_id: name for person_id, name in rows}


def elements_done(case_id: UUID) -> set[str]:
    """The ids of the diagram's elements that the case went through."""
    done = select(History.element_id).where(
        History.instance_id == case_id, History.state == "completed"
    )
    return set(db.session.scalars(done.distinct()))


def _awaited(case: ProcessInstance, actor: Actor) -> list[Awaited]:
    tasks = db.session.scalars(
        select(UserTask)
        .where(UserTask.instance_id == case.id, UserTask.status == "open")
        .order_by(UserTask.due_at, UserTask.opened_at)
    ).all()
    bodies = _organisations({t.organisation_id for t in tasks})
    people = names({t.assignee_id for t in tasks})
    found = [
        Awaited(
            what=task.name,
            who=_who(task, people, bodies),
            due_at=task.due_at,
            late=task.due_at is not None and task.due_at < clock.now(),
            mine=allowed(actor, "complete", task),
            task=task,
        )
        for task in tasks
    ]
    return found + _awaited_of_partners(case)


def _who(
    task: UserTask, people: Mapping[UUID | None, str], bodies: Mapping[UUID, Organisation]
) -> str:
    """Somebody, for whom and as what; a company is only named."""
    body = bodies[task.organisation_id].name
    if task.role == APPLICANT:
        return body
    person = people.get(task.assignee_id)
    return ", ".join(part for part in (person, role_name(task), body) if part)


def _asked_of(call: RemoteCall) -> str:
    """The partner, or the procedure that another case follows meanwhile."""
    if call.partner == PROCEDURE:
        return definitions.model(UUID(call.arguments["definition"])).name
    return PARTNER_NAMES.get(call.partner, call.partner)


def _awaited_of_partners(case: ProcessInstance) -> list[Awaited]:
    elements = definitions.model(case.definition_id).elements
    calls = db.session.scalars(
        select(RemoteCall).where(
            RemoteCall.instance_id == case.id, RemoteCall.finished_at.is_(None)
        )
    )
    found = [
        Awaited(
            what=_label(elements, call.element_id),
            who=_asked_of(call),
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


def _past(instance_id: UUID) -> list[History]:
    return list(
        db.session.scalars(
            select(History)
            .where(History.instance_id == instance_id, History.name != "")
            .order_by(History.seq.desc())
            .limit(PAST_STEPS)
        )
    )


def _open_incidents(instance_id: UUID) -> int:
    return len(
        db.session.scalars(
            select(Incident.id).where(
                Incident.instance_id == instance_id, Incident.resolved_at.is_(None)
            )
        ).all()
    )


def outcome_name(case: ProcessInstance) -> str | None:
    """How a closed case ended, in the diagram's words; None while it goes on."""
    if case.outcome is None or case.is_open:
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
