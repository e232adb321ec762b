"""What is asked beside the diagram: who may be asked, what each asks, and who knows of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from engine import asks, definitions, directory
from engine.access import NOT_HANDLING, Actor, is_asked, readable
from engine.asks import CORRECTION, DOCUMENT, OPINION, QUESTION, CaseRequest
from engine.clock import PARIS
from engine.commands.asks import Asked
from engine.directory import MEMBER, PARTNER, STATE, Holding, Organisation, Person
from engine.documents import Document
from engine.models import ProcessInstance, UserTask, db
from workflows import landmarks

MOST_ROLES = 300

KINDS = {
    DOCUMENT: _("Une pièce"),
    CORRECTION: _("Une correction de la demande"),
    QUESTION: _("Une précision"),
    OPINION: _("Un avis"),
}
TITLES = {
    DOCUMENT: _("Pièce demandée"),
    CORRECTION: _("Correction demandée"),
    QUESTION: _("Question posée"),
    OPINION: _("Avis demandé"),
}
OF_APPLICANT = (DOCUMENT, CORRECTION, QUESTION)
OF_OTHERS = (OPINION, QUESTION, DOCUMENT)


@dataclass(frozen=True)
class Choice:
    """Somebody who may be asked: the value of an option, and its words."""

    value: str
    label: str


@dataclass(frozen=True)
class Way:
    """The step of the diagram that asks with the force of the law; its task when it is open."""

    name: str
    task_id: UUID | None


def shown(case: ProcessInstance, actor: Actor, *, handles: bool) -> list[CaseRequest]:
    """Every ask for those who handle a case; for others those made to them, and opinions
    that were given openly, which a company never sees.
    """
    found = asks.of_case(case.id)
    if handles:
        return found
    applies = actor.holds(case.applicant_id, directory.APPLICANT)
    return [one for one in found if is_asked(actor, one) or _open_opinion(one, applies)]


def _open_opinion(ask: CaseRequest, applies: bool) -> bool:
    given = ask.kind == OPINION and ask.status == asks.ANSWERED
    return given and not ask.confidential and not applies


def colleagues(case: ProcessInstance, actor: Actor) -> list[Choice]:
    """Those of the case's own body, but oneself."""
    roles = db.session.scalars(
        select(Holding.role)
        .where(Holding.organisation_id == case.organisation_id)
        .where(Holding.role.not_in(NOT_HANDLING))
        .distinct()
    ).all()
    people: Sequence[Person] = directory.holders(case.organisation_id, roles)
    return [
        Choice(f"person:{case.organisation_id}:{person.id}", person.name)
        for person in people[:MOST_ROLES]
        if person.id != actor.person_id
    ]


def roles(case: ProcessInstance) -> list[Choice]:
    """The roles of every body, that somebody holds today: the case's own first."""
    held: Any = (
        select(Organisation.id, Organisation.name, Holding.role)
        .join(Holding, Holding.organisation_id == Organisation.id)
        .where(Organisation.kind.in_([MEMBER, STATE, PARTNER]))
        .where(Holding.role.not_in(NOT_HANDLING))
        .distinct()
        .order_by(Organisation.name, Holding.role)
        .limit(MOST_ROLES)
    )
    rows = db.session.execute(directory.current(held))
    named = definitions.role_names()
    found = [
        (body != case.organisation_id, Choice(f"role:{body}:{role}", f"{name} : {called}"))
        for body, name, role in rows
        for called in [named.get(role, role)]
    ]
    return [choice for _elsewhere, choice in sorted(found, key=lambda one: one[0])]


def asked(value: str, offered: Sequence[Choice]) -> Asked | None:
    """Who an option names; None unless it was offered."""
    if value not in {choice.value for choice in offered}:
        return None
    what, body, who = value.split(":", 2)
    if what == "role":
        return Asked(UUID(body), role=who)
    return Asked(UUID(body), person_id=UUID(who))


def way(case: ProcessInstance, kind: str) -> Way | None:
    """The step of the diagram that asks this, where the law gives that a meaning."""
    element_id = landmarks.asks_of(case).get(kind)
    if element_id is None:
        return None
    element = definitions.model(case.definition_id).elements.get(element_id)
    task = db.session.scalar(
        select(UserTask.id).where(
            UserTask.instance_id == case.id,
            UserTask.status == "open",
            UserTask.element_id == element_id,
        )
    )
    return Way(element.name if element else element_id, task)


def of_whom(ask: CaseRequest) -> str:
    """The person asked and their body, or the role."""
    if ask.person is not None:
        return f"{ask.person.name}, {ask.organisation.name}"
    if ask.role == directory.APPLICANT:
        return str(ask.organisation.name)
    called = definitions.role_names().get(ask.role or "", ask.role or "")
    return f"{called}, {ask.organisation.name}"


def end_of(day: date) -> datetime:
    """The moment at which an answer is late: the end of the day, in Paris."""
    return datetime.combine(day, time(23, 59, 59), PARIS)


def addresses(ask: CaseRequest) -> list[str]:
    """Where to write to those who are asked."""
    if ask.person is not None:
        return [ask.person.email]
    held = directory.holders(ask.organisation_id, [ask.role or ""])
    return [person.email for person in held[:20]]


def files_of(ask: CaseRequest, actor: Actor) -> list[Document]:
    """The documents that came with an answer, that this person may read."""
    ids = [UUID(one) for one in ask.documents]
    if not ids:
        return []
    found = db.session.scalars(select(Document).where(Document.id.in_(ids)))
    return readable(actor, ask.instance, found)
