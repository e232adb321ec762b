"""Requests of companies as their people read them: where each stands, who has it, until when.

A page of requests costs the same handful of queries whatever their number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.orm import joinedload

from engine import criteria, definitions, merging
from engine.access import Actor
from engine.criteria import Search
from engine.directory import APPLICANT, Organisation
from engine.models import (
    IS_OPEN,
    ProcessDefinition,
    ProcessInstance,
    UserTask,
    db,
)
from engine.subscriptions import ProcedureParameters
from engine.words import words
from engine.worklist import ORDERS, URGENCY
from web.paging import Bounded, bounded
from web.typed import page_number, text
from workflows import facts
from workflows.facts import Deadline

PER_PAGE = 20
STATES = ("en-cours", "closes")


@dataclass(frozen=True)
class Asked:
    """What the list is asked for, as typed; what makes no sense is not asked."""

    words: str = ""
    state: str = ""
    procedure: str = ""
    year: str = ""

    @property
    def anything(self) -> bool:
        """Whether the list is narrowed at all."""
        return any((self.words, self.state, self.procedure, self.year))

    def address(self) -> dict[str, str]:
        """The parameters of its address."""
        named = {"q": self.words, "etat": self.state, "demarche": self.procedure}
        return {k: v for k, v in {**named, "annee": self.year}.items() if v}


@dataclass(frozen=True)
class Line:
    """One request: `next_stage` is what comes after its stage; `task` what its company owes."""

    case: ProcessInstance
    company: str
    office: str
    email: str
    phone: str
    next_stage: str
    deadline: Deadline | None
    task: UserTask | None


def asked() -> Asked:
    """What the address asks."""
    state, year = (text(request.args, name) for name in ("etat", "annee"))
    return Asked(
        text(request.args, "q")[:100],
        state if state in STATES else "",
        text(request.args, "demarche")[:200],
        year if year.isascii() and year.isdigit() and 2000 <= int(year) < 2200 else "",  # noqa: PLR2004
    )


def page(companies: Sequence[UUID], wanted: Asked, per_page: int = PER_PAGE) -> Bounded:
    """The requests of these companies that suit, the latest first."""
    order = ProcessInstance.started_at.desc(), ProcessInstance.id.desc()
    branches = [_branch(company, wanted).order_by(*order) for company in companies]
    return bounded(
        branches,
        select(ProcessInstance).order_by(*order),
        id=ProcessInstance.id,
        page=page_number(),
        per_page=per_page,
    )


def _branch(company: UUID, wanted: Asked) -> Any:
    year = int(wanted.year) if wanted.year else None
    search = Search(
        key=wanted.procedure,
        started_from=date(year, 1, 1) if year else None,
        started_to=date(year, 12, 31) if year else None,
        title=wanted.words,
    )
    found = select(ProcessInstance.id).where(
        ProcessInstance.applicant_id == company,
        ProcessInstance.parent_id.is_(None),
        *(one.condition for one in criteria.criteria(search)),
    )
    if wanted.words and not words(wanted.words):
        found = found.where(ProcessInstance.number == wanted.words)
    if wanted.state:
        closed = ProcessInstance.status.in_(["completed", "cancelled"])
        found = found.where(closed if wanted.state == "closes" else ~closed)
    return found


def lines(cases: Sequence[ProcessInstance], actor: Actor) -> list[Line]:
    """What is told of each of these requests."""
    bodies = _named({c.organisation_id for c in cases} | {c.applicant_id for c in cases})
    contacts = _contacts(cases)
    deadlines = facts.deadlines(cases)
    owed = _owed([case.id for case in cases])
    found = []
    for case in cases:
        contact = contacts.get((case.key, case.organisation_id), {})
        body = bodies[case.organisation_id]
        office = ", ".join(filter(None, [str(contact.get("service") or ""), body.name]))
        found.append(
            Line(
                case,
                bodies[case.applicant_id].name if case.applicant_id else "",
                office,
                str(contact.get("email") or body.email),
                str(contact.get("phone") or body.phone)[:40],
                _following(case) if case.is_open else "",
                deadlines.get(case.id) if case.is_open else None,
                owed.get(case.id) if case.applicant_id in actor.represented else None,
            )
        )
    return found


def _named(ids: set[Any]) -> dict[UUID, Organisation]:
    rows = db.session.scalars(select(Organisation).where(Organisation.id.in_(ids - {None})))
    return {row.id: row for row in rows}


def _contacts(
    cases: Iterable[ProcessInstance],
) -> dict[tuple[str, UUID], Mapping[str, Any]]:
    """Who to turn to, as each body says for each procedure."""
    pairs = {(case.key, case.organisation_id) for case in cases}
    if not pairs:
        return {}
    row = ProcedureParameters
    asked = select(row).where(tuple_(row.key, row.organisation_id).in_(pairs))
    return {
        (one.key, one.organisation_id): contact
        for one in db.session.scalars(asked)
        if isinstance(contact := one.values.get("contact"), Mapping)
    }


def contact_of(case: ProcessInstance) -> Mapping[str, Any]:
    """Who to turn to about one request: service, address, email, phone where known."""
    body = db.session.get_one(Organisation, case.organisation_id)
    known = {"address": body.address, "email": body.email, "phone": body.phone}
    told = _contacts([case]).get((case.key, case.organisation_id), {})
    return {"name": body.name, **known, **{k: v for k, v in told.items() if v}}


def _following(case: ProcessInstance) -> str:
    labels = list(definitions.model(case.definition_id).milestones)
    reached = labels.index(case.milestone) if case.milestone in labels else 0
    return labels[reached + 1] if reached + 1 < len(labels) else ""


def _owed(ids: list[UUID]) -> dict[UUID, UserTask]:
    """The most urgent task that each request waits for its company to do."""
    rows = (
        select(UserTask)
        .where(
            UserTask.instance_id.in_(ids),
            UserTask.status == "open",
            UserTask.role == APPLICANT,
        )
        .order_by(*ORDERS[URGENCY])
    )
    found: dict[UUID, UserTask] = {}
    for task in db.session.scalars(rows) if ids else ():
        found.setdefault(task.instance_id, task)
    return found


def expected(companies: Iterable[UUID], limit: int = 50) -> list[UserTask]:
    """The tasks that these companies are waited for, read on the index of each kind."""
    taken = UserTask.assignee_id.is_not(None)
    branches = [
        select(UserTask.id)
        .where(UserTask.organisation_id == company, UserTask.role == APPLICANT)
        .where(IS_OPEN, kind)
        .order_by(*ORDERS[URGENCY])
        for company in companies
        for kind in (taken, ~taken)
    ]
    if not branches:
        return []
    rows = (
        select(UserTask).options(joinedload(UserTask.instance)).order_by(*ORDERS[URGENCY])
    )
    found = UserTask.id.in_(merging.first_ids(branches, limit))
    return list(db.session.scalars(rows.where(found).limit(limit)))


def procedures(companies: Sequence[UUID]) -> list[tuple[str, str]]:
    """The procedures by which these companies have asked for something: key → name."""
    asked = (
        select(ProcessInstance.key, func.max(ProcessDefinition.name))
        .join(ProcessDefinition, ProcessDefinition.id == ProcessInstance.definition_id)
        .where(or_(*(ProcessInstance.applicant_id == one for one in companies)))
        .where(ProcessInstance.parent_id.is_(None))
        .group_by(ProcessInstance.key)
    )
    if not companies:
        return []
    found = [(key, name) for key, name in db.session.execute(asked)]
    return sorted(found, key=lambda pair: pair[1])


def years(companies: Sequence[UUID]) -> list[int]:
    """The years from the first request to the last, the latest first."""
    moments: list[datetime] = []
    for company in companies:
        of = ProcessInstance.applicant_id == company
        for pick in (func.min, func.max):
            found = db.session.scalar(select(pick(ProcessInstance.started_at)).where(of))
            moments += [found] if found else []
    if not moments:
        return []
    return list(range(max(moments).year, min(moments).year - 1, -1))
