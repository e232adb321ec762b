"""What a case waits for: of whom, and until when; people, partners, messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine import clock, definitions
from engine.access import Actor, allowed
from engine.directory import APPLICANT, Organisation
from engine.exchanges import RemoteCall
from engine.models import MessageSubscription, ProcessInstance, UserTask, db
from engine.spiff.records import PROCEDURE
from web.cases.naming import label, names, role_name

PARTNER_NAMES = {
    "oseo": "Bpifrance (OSEO)",
    "actes": "la préfecture",
    "archiving": "le service d'archivage",
    "helios": "le contrôle des PES",
    "mail": "la messagerie",
    "transmission": "la préfecture ou le comptable, par S²LOW",
    "rendering": "l'édition des courriers",
    "signature": "le service de signature",
}


@dataclass(frozen=True)
class Awaited:
    """Something that the case waits for: of whom, and until when."""

    what: str
    who: str
    due_at: datetime | None
    late: bool
    mine: bool
    task: UserTask | None = None


def awaited(case: ProcessInstance, actor: Actor) -> list[Awaited]:
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
            what=label(elements, call.element_id),
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
            what=label(elements, s.element_id),
            who=PARTNER_NAMES.get(s.name.split(".")[0], ""),
            due_at=None,
            late=False,
            mine=False,
        )
        for s in waiting
    ]
    return found


def _organisations(ids: set[UUID]) -> dict[UUID, Organisation]:
    found = db.session.scalars(select(Organisation).where(Organisation.id.in_(ids)))
    return {o.id: o for o in found}
