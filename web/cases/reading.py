"""What a case page shows, whoever looks: steps, what is awaited of whom, what happened.

A handful of indexed queries a page, whatever the length of the case.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import conversation, definitions, presence
from engine.access import Actor, allowed
from engine.asks import CaseRequest
from engine.conversation import CaseMessage
from engine.directory import APPLICANT, Organisation
from engine.documents import Document
from engine.models import History, Incident, MessageSubscription, ProcessInstance, db
from web import due
from web.cases import asking, papers, related, sheets
from web.cases.awaited import Awaited, awaited
from web.cases.naming import label, names, role_name
from web.cases.sheets import Sheet
from web.due import Due
from workflows import facts, landmarks
from workflows.facts import Fact, Panel

__all__ = ["CasePage", "names", "page", "role_name"]

PAST_STEPS = 20
"""Steps of the history shown on one page."""

HUMAN_STEPS = ("userTask", "manualTask", "startEvent", "endEvent", "receiveTask")
"""What people did or received; the rest of a history is machinery."""


@dataclass(frozen=True)
class Milestone:
    """One stage of the procedure, as everyone sees it: done, current or to come."""

    label: str
    state: str


class CasePage:
    """A case as one person sees it; each part is read when a template asks for it, once."""

    def __init__(self, case: ProcessInstance, actor: Actor) -> None:
        self.case, self.actor = case, actor
        self.handles = allowed(actor, "handle", case)
        self.applies = case.applicant_id is not None and actor.holds(
            case.applicant_id, APPLICANT
        )

    @cached_property
    def organisation(self) -> Organisation:
        """The body that owns the case."""
        return db.session.get_one(Organisation, self.case.organisation_id)

    @cached_property
    def applicant(self) -> Organisation | None:
        """The company that filed it."""
        found = self.case.applicant_id
        return db.session.get(Organisation, found) if found else None

    @cached_property
    def milestones(self) -> list[Milestone]:
        """Where it stands in its procedure."""
        return milestones(self.case)

    @cached_property
    def awaited(self) -> list[Awaited]:
        """What it waits for, and of whom."""
        return awaited(self.case, self.actor)

    @cached_property
    def facts(self) -> list[Fact]:
        """What its domain says first."""
        return [f for f in facts.of(self.case) if self.handles or not f.internal]

    @cached_property
    def silence(self) -> Due | None:
        """When silence decides, in words."""
        found = landmarks.clock_of(self.case)
        return due.silence(found) if found else None

    @cached_property
    def documents(self) -> list[Document]:
        """The latest that this person may read."""
        return papers.latest(self.case, self.actor)

    @cached_property
    def received(self) -> list[Document]:
        """Those of them that the office did not issue."""
        return [one for one in self.documents if one.origin != "office"]

    @cached_property
    def more_documents(self) -> bool:
        """Whether there are others than the latest."""
        return len(self.documents) == papers.SHOWN

    @cached_property
    def messages(self) -> list[CaseMessage]:
        """The conversation between the two parties, for them."""
        theirs = self.handles or self.applies
        return conversation.of_case(self.case.id) if theirs else []

    @cached_property
    def asks(self) -> list[CaseRequest]:
        """What was asked beside the diagram, as far as this person may know."""
        return asking.shown(self.case, self.actor, handles=self.handles)

    @cached_property
    def data(self) -> dict[str, Any]:
        """The process data."""
        return sheets.data_of(self.case)

    @cached_property
    def request(self) -> Sheet | None:
        """The request as it was filed."""
        reserved = self.handles or self.applies
        return sheets.request_of(self.case, self.data, reserved=reserved)

    @cached_property
    def answers(self) -> list[Sheet]:
        """What people answered in its tasks, for those who handle it."""
        return sheets.answers_of(self.case, self.data) if self.handles else []

    @cached_property
    def decisions(self) -> list[Sheet]:
        """Those answers by which something was decided, as its domain says."""
        steps = landmarks.decisions_of(self.case)
        return [sheet for sheet in self.answers if sheet.element_id in steps]

    @cached_property
    def letters(self) -> list[Document]:
        """The letters issued, which say what was decided."""
        issued = papers.latest(self.case, self.actor, origin="office")
        return [one for one in issued if one.media_type == "application/pdf"]

    @cached_property
    def panels(self) -> list[Panel]:
        """What its domain lays out for those who decide."""
        return facts.panels(self.case, self.data) if self.handles else []

    @cached_property
    def past(self) -> list[History]:
        """The latest steps made by people."""
        return _past(self.case.id)

    @cached_property
    def people(self) -> dict[UUID | None, str]:
        """Who made those steps."""
        return names({step.by for step in self.past})

    @cached_property
    def caller(self) -> ProcessInstance | None:
        """The case that called this one."""
        return related.caller(self.case, self.actor)

    @cached_property
    def called(self) -> list[ProcessInstance]:
        """Those that this one called."""
        return related.called(self.case) if self.handles else []

    @cached_property
    def siblings(self) -> list[ProcessInstance]:
        """The company's other cases, as far as this person handles them."""
        return related.of_company(self.case, self.actor) if self.handles else []

    @cached_property
    def present(self) -> list[str]:
        """Who else looks at it now; for those who handle it."""
        if not self.handles:
            return []
        return presence.others(self.case.id, self.actor.person_id)

    @cached_property
    def incidents(self) -> int:
        """How many of its steps are stopped."""
        return _open_incidents(self.case.id) if self.handles else 0

    @cached_property
    def outcome(self) -> str | None:
        """How it ended."""
        return outcome_name(self.case)

    @property
    def may_write(self) -> bool:
        """Whether one may add to the conversation."""
        return self.case.status == "active" and (self.handles or self.applies)

    @cached_property
    def may_withdraw(self) -> bool:
        """Whether the company may still give its request up."""
        return self.applies and self.case.is_open and _withdrawable(self.case)


def page(case: ProcessInstance, actor: Actor) -> CasePage:
    """The page of a case for one person."""
    return CasePage(case, actor)


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


def elements_stopped(case_id: UUID) -> set[str]:
    """The ids of those that an open incident stops."""
    stopped = select(Incident.element_id).where(
        Incident.instance_id == case_id, Incident.resolved_at.is_(None)
    )
    return set(db.session.scalars(stopped))


def elements_done(case_id: UUID) -> set[str]:
    """The ids of the diagram's elements that the case went through."""
    done = select(History.element_id).where(
        History.instance_id == case_id, History.state == "completed"
    )
    return set(db.session.scalars(done.distinct()))


def _past(instance_id: UUID) -> list[History]:
    return list(
        db.session.scalars(
            select(History)
            .where(History.instance_id == instance_id, History.name != "")
            .where(History.kind.in_(HUMAN_STEPS))
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
    return label(definitions.model(case.definition_id).elements, case.outcome)


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
