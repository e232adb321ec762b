"""Who is told what a command has just done; each in its transaction, under its lock.

A body of forty thousand agents is not told of a task to take: that is what baskets are for.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from engine import documents, notices, rows, told, wake, webhooks
from engine.absences import Absence
from engine.asks import CaseRequest
from engine.clock import PARIS
from engine.directory import APPLICANT
from engine.documents import EVERYONE, OFFICE, PARTIES
from engine.models import ProcessInstance, UserTask
from engine.told import company, followers, holders, person, tell, unfollowed
from engine.vault import VaultDocument


def opened(
    instance: ProcessInstance, tasks: Sequence[Mapping[str, Any]], by: UUID | None
) -> None:
    """Tasks have opened: whoever is named has one; a company is told what is awaited of it."""
    for task in tasks:
        rows.signal(wake.basket(task["organisation_id"], task["role"]))
        webhooks.publish(
            webhooks.OPENED, instance, instance.organisation_id, task["organisation_id"],
            task=(task["id"], task["element_id"], task["role"]),
        )  # fmt: skip
        said: dict[str, Any] = {"case_id": instance.id, "task_id": task["id"], "by": by}
        detail = {"task": task["name"]}
        if task["assignee_id"]:
            tell(notices.ASSIGNED, person(task["assignee_id"]), detail=detail, **said)
        elif task["role"] == APPLICANT and task["organisation_id"] == instance.applicant_id:
            if task["due_at"]:
                detail["due"] = task["due_at"].isoformat()
            to = company(instance.applicant_id)
            tell(notices.AWAITED, to, audience=PARTIES, detail=detail, **said)


def done(task: UserTask, values: Mapping[str, Any], by: UUID | None) -> None:
    """A task is done: those who follow the case wait for an opinion, an answer, a document."""
    instance = task.instance
    told.no_longer_to_do(instance.id, [task.id])
    detail: dict[str, Any] = {"task": task.name}
    said: dict[str, Any] = {"case_id": instance.id, "task_id": task.id, "by": by}
    rows.signal(wake.basket(task.organisation_id, task.role))
    what = (task.id, task.element_id, task.role)
    bodies = (instance.organisation_id, task.organisation_id)
    webhooks.publish(webhooks.COMPLETED, instance, *bodies, task=what)
    if webhooks.decides(task):
        webhooks.publish(webhooks.DECIDED, instance, instance.organisation_id, task=what)
    if task.role == APPLICANT:
        tell(notices.ANSWER, followers(), audience=OFFICE, detail=detail, **said)
    elif task.organisation_id != instance.organisation_id:
        tell(notices.OPINION, followers(), audience=OFFICE, detail=detail, **said)
    elif number := len(set(documents.digests_in(dict(values)))):
        detail["number"] = number
        to = (followers(), company(instance.applicant_id))
        tell(notices.DOCUMENT, *to, detail=detail, **said)


def document(
    case_id: UUID,
    title: str,
    *,
    audience: str = EVERYONE,
    applicant_id: UUID | None = None,
    by: UUID | None,
) -> None:
    """A document has joined a case: a partner's, or a letter of the office."""
    to = [followers()]
    if audience != OFFICE and applicant_id is not None:
        to.append(company(applicant_id))
    detail = {"title": title}
    tell(notices.DOCUMENT, *to, by=by, case_id=case_id, audience=audience, detail=detail)


def message(instance: ProcessInstance, side: str, by: UUID | None) -> None:
    """Somebody has written; when nobody follows the case yet, the present step is told."""
    said: dict[str, Any] = {"case_id": instance.id, "audience": PARTIES, "by": by}
    webhooks.publish(webhooks.SENT, instance, *_parties(instance))
    if side == APPLICANT:
        tell(notices.MESSAGE, followers(), unfollowed(), **said)
    else:
        tell(notices.REPLY, company(instance.applicant_id), followers(), **said)


def _parties(instance: ProcessInstance) -> tuple[UUID, UUID | None]:
    """The body that has a case and its applicant, who knows nothing of those it calls."""
    applicant = instance.applicant_id if instance.parent_id is None else None
    return instance.organisation_id, applicant


def filed(instance: ProcessInstance) -> None:
    """A case has begun."""
    webhooks.publish(webhooks.FILED, instance, *_parties(instance))


def issued(instance: ProcessInstance) -> None:
    """A document of the office has joined a case."""
    webhooks.publish(webhooks.DOCUMENT, instance, *_parties(instance))


def moved(instance: ProcessInstance) -> None:
    """A case has another status, or has reached another stage."""
    webhooks.publish(webhooks.STATUS_CHANGED, instance, *_parties(instance))


def closed(instance: ProcessInstance, by: UUID | None) -> None:
    """A case is over; a company hears of its own, not of those that it called."""
    moved(instance)
    if instance.outcome is not None:
        webhooks.publish(webhooks.DECIDED, instance, *_parties(instance))
    to = [followers()]
    if instance.parent_id is None and instance.applicant_id is not None:
        to.append(company(instance.applicant_id))
    tell(notices.CLOSED, *to, by=by, case_id=instance.id)


def assigned(task: UserTask, to: UUID, by: UUID | None) -> None:
    """A colleague gave somebody a task."""
    detail = {"task": task.name}
    tell(
        notices.ASSIGNED, person(to), by=by, case_id=task.instance_id, task_id=task.id,
        detail=detail,
    )  # fmt: skip


def replaced(absence: Absence, absent: str, by: UUID | None) -> None:
    """Somebody will stand in for another."""
    last = absence.ends_at - timedelta(microseconds=1)
    days = {"from": absence.starts_at, "to": last}
    detail = {name: at.astimezone(PARIS).date().isoformat() for name, at in days.items()}
    tell(
        notices.DEPUTY,
        person(absence.deputy_id),
        by=by,
        detail={**detail, "absent": absent},
    )


def asked(ask: CaseRequest, instance: ProcessInstance, by: UUID | None) -> None:
    """Something is asked beside the diagram, or asked again."""
    said: dict[str, Any] = {"by": by, "case_id": instance.id}
    detail: dict[str, Any] = {"ask": str(ask.id), "what": ask.kind}
    if ask.due_at:
        detail["due"] = ask.due_at.isoformat()
    if ask.organisation_id == instance.applicant_id:
        to = company(ask.organisation_id)
        tell(notices.AWAITED, to, audience=PARTIES, detail=detail, **said)
    elif ask.person_id is not None:
        tell(notices.ASKED, person(ask.person_id), detail=detail, **said)
    else:
        to = holders(ask.organisation_id, ask.role or "")
        tell(notices.ASKED, to, detail=detail, **said)


def answered(ask: CaseRequest, instance: ProcessInstance, by: UUID | None) -> None:
    """What was asked beside the diagram is answered: to whoever asked, and who follows."""
    of_company = ask.organisation_id == instance.applicant_id
    kind = notices.ANSWER if of_company else notices.OPINION
    to = (person(ask.asked_by), followers())
    detail = {"ask": str(ask.id), "what": ask.kind}
    tell(kind, *to, by=by, case_id=instance.id, audience=OFFICE, detail=detail)


def expiring(document: VaultDocument) -> None:
    """A document of a company's vault comes to its last day."""
    assert document.expires_on is not None
    detail = {
        "document": str(document.id),
        "title": document.title,
        "day": document.expires_on.isoformat(),
    }
    tell(notices.EXPIRING, company(document.organisation_id), by=None, detail=detail)
