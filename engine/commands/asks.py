"""Ask something beside the diagram, remind, answer, withdraw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from connectors import StoredFile
from engine import asks, clock, documents, journal
from engine.access import Actor, require
from engine.asks import CaseRequest
from engine.clock import PARIS
from engine.commands import telling, waking
from engine.directory import APPLICANT, Organisation
from engine.documents import OFFICE, PARTIES
from engine.errors import EngineError, NotWaiting
from engine.models import ProcessInstance, db
from engine.transaction import lock, transaction


class AskRefused(EngineError):
    """The question, the answer or the motive is empty or too long, or nobody can be asked."""


class AlreadyReminded(EngineError):
    """Whoever was asked has been reminded today."""


@dataclass(frozen=True)
class Asked:
    """Of whom: a role of a body, or one person who acts for it."""

    organisation_id: UUID
    role: str | None = None
    person_id: UUID | None = None


def ask(
    instance_id: UUID,
    kind: str,
    text: str,
    *,
    of: Asked,
    actor: Actor,
    due_at: datetime | None = None,
    confidential: bool = False,
) -> UUID:
    """Ask something about a case one handles; returns the ask's id.

    Raises Forbidden, AskRefused, NotWaiting when the case is closed.
    """
    _checked(text)
    if kind not in asks.KINDS or (of.role is None) == (of.person_id is None):
        raise AskRefused
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        require(actor, "handle", instance)
        if not instance.is_open:
            raise NotWaiting
        db.session.get_one(Organisation, of.organisation_id)
        found = CaseRequest(
            id=uuid4(),
            instance_id=instance_id,
            kind=kind,
            asked_by=actor.person_id,
            organisation_id=of.organisation_id,
            role=of.role,
            person_id=of.person_id,
            text=text,
            due_at=due_at,
            confidential=confidential and kind == asks.OPINION,
        )
        db.session.add(found)
        telling.asked(found, instance, actor.person_id)
        _journal(instance, "request_sent", found, actor)
        return found.id


def remind(ask_id: UUID, *, actor: Actor) -> None:
    """Remind whoever was asked, once a day. Raises Forbidden, NotWaiting, AlreadyReminded."""
    with transaction():
        found, instance = _opened(ask_id, actor, "manage")
        last = found.reminded_at or found.asked_at
        if last.astimezone(PARIS).date() >= clock.today():
            raise AlreadyReminded
        found.reminded_at = clock.now()
        telling.asked(found, instance, actor.person_id)
        _journal(instance, "request_reminded", found, actor)


def withdraw(ask_id: UUID, motive: str, *, actor: Actor) -> None:
    """Ask no more, and say why. Raises Forbidden, NotWaiting, AskRefused."""
    _checked(motive)
    with transaction():
        found, instance = _opened(ask_id, actor, "manage")
        found.status, found.motive = asks.WITHDRAWN, motive
        found.closed_by, found.closed_at = actor.person_id, clock.now()
        _journal(instance, "request_withdrawn", found, actor, motive=motive)


def answer(
    ask_id: UUID, text: str, *, actor: Actor, files: Sequence[StoredFile] = ()
) -> None:
    """Answer; files stored already join the case's documents.

    A company's are read by the two parties, the others by the office alone. Raises
    Forbidden, NotWaiting (answered or withdrawn meanwhile), AskRefused.
    """
    if files and not text.strip():
        text = ""
    else:
        _checked(text)
    with transaction():
        found, instance = _opened(ask_id, actor, "answer")
        applies = found.organisation_id == instance.applicant_id
        made = [
            documents.add(
                file,
                kind=found.kind,
                title=file.name[:300],
                origin="applicant" if applies else "officer",
                instance_id=instance.id,
                audience=PARTIES if applies else OFFICE,
                by=actor.person_id,
            )
            for file in files
        ]
        found.status, found.answer = asks.ANSWERED, text
        found.documents = [str(document.id) for document in made]
        found.closed_by, found.closed_at = actor.person_id, clock.now()
        telling.answered(found, instance, actor.person_id)
        for event in [waking.ANSWER, *([waking.DOCUMENT] if made else [])]:
            waking.wake(instance.id, event)
        _journal(instance, "request_answered", found, actor)


def of_applicant(instance: ProcessInstance) -> Asked:
    """The company that filed a request. Raises AskRefused when nobody did."""
    if instance.applicant_id is None:
        raise AskRefused
    return Asked(instance.applicant_id, APPLICANT)


def _checked(text: str) -> None:
    if not text.strip() or len(text) > asks.LONGEST:
        raise AskRefused


def _opened(ask_id: UUID, actor: Actor, act: str) -> tuple[CaseRequest, ProcessInstance]:
    known = db.session.get_one(CaseRequest, ask_id)
    instance = lock(ProcessInstance, known.instance_id)
    found = lock(CaseRequest, ask_id)
    require(actor, act, found)
    if not found.is_open:
        raise NotWaiting
    return found, instance


def _journal(
    instance: ProcessInstance, act: str, found: CaseRequest, actor: Actor, **more: Any
) -> None:
    """Texts stay in their row: the journal names the ask, as it names people."""
    detail = {"request": str(found.id), "kind": found.kind, **more}
    journal.write_for_case(instance, act, by=actor.person_id, detail=detail)
