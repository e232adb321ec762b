"""Start a case, withdraw it, write in its conversation."""

import secrets
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from engine import clock, conversation, definitions, directory, documents, feel, journal
from engine.access import Actor, require
from engine.commands import messages, telling, waking
from engine.commands.step import Office, keep
from engine.directory import APPLICANT, Organisation
from engine.documents import Draft
from engine.errors import EngineError
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.spiff.process import Process
from engine.subscriptions import Offer, ProcedureParameters
from engine.transaction import AfterCommit, lock, transaction
from engine.words import SPOKEN

WITHDRAWAL = "withdrawal"


class MessageTooLong(EngineError):
    """This message is longer than 10,000 characters."""


class CaseClosed(EngineError):
    """This case is closed: nobody would read it any more."""


def start(
    definition_id: UUID,
    values: Mapping[str, Any],
    *,
    actor: Actor,
    applicant_id: UUID | None = None,
    draft_id: UUID | None = None,
    body_id: UUID | None = None,
) -> ProcessInstance:
    """Start a case with clean form values and run it to its first wait states.

    It belongs to the body it is filed with, the procedure's owner unless `body_id` names
    another that offers it. The draft it was typed in, if any, disappears with it and leaves it its id, so that a
    second click on the same draft files nothing and finds the case. Raises Forbidden,
    NoResultFound for a draft filed already.
    """
    with transaction() as after_commit:
        definition = db.session.get_one(ProcessDefinition, definition_id)
        # Both held to the end, so that they are read once for all who ask.
        body = db.session.get_one(Organisation, body_id or definition.owner_id)
        require(actor, "start", Offer(definition, body))
        applicant = db.session.get_one(Organisation, applicant_id) if applicant_id else None
        if definition.start_role == APPLICANT and applicant is not None:
            require(actor, "apply", applicant)
        draft = lock(Draft, draft_id) if draft_id is not None else None
        instance = new(
            definition, body.id, applicant_id, actor.person_id, draft_id or uuid4()
        )
        db.session.add(instance)
        db.session.flush()
        if draft is not None:
            require(actor, "file", draft)
            documents.file_draft(draft, dict(values), instance.id, origin="applicant")
        process = Process.start(
            definitions.model(definition_id),
            {"case": facts(instance, definition, actor.name)},
            host=Office.of(instance),
            values=values,
        )
        instance.title = title(definition, process.data)
        keep(instance, process, after_commit, by=actor.person_id)
        telling.filed(instance)
        detail = {"definition": str(definition_id), "version": definition.version}
        journal.write_for_case(instance, "case_started", by=actor.person_id, detail=detail)
    return instance


def begun(
    instance: ProcessInstance,
    definition: ProcessDefinition,
    data: Mapping[str, Any],
    *,
    actor: Actor,
    after_commit: AfterCommit,
) -> None:
    """Run a new case to its first waits, in the open transaction, for a domain that starts it.

    `data` is what its diagram begins with, besides `case`.
    """
    process = Process.start(
        definitions.model(definition.id),
        {"case": facts(instance, definition, actor.name), **data},
        host=Office.of(instance),
    )
    instance.title = title(definition, process.data)
    keep(instance, process, after_commit, by=actor.person_id)
    telling.filed(instance)
    detail = {"definition": str(definition.id), "version": definition.version}
    journal.write_for_case(instance, "case_started", by=actor.person_id, detail=detail)


def new(
    definition: ProcessDefinition,
    organisation_id: UUID,
    applicant_id: UUID | None,
    by: UUID | None,
    instance_id: UUID,
) -> ProcessInstance:
    """A case of a body that has not moved yet."""
    return ProcessInstance(
        id=instance_id,
        number=_number(),
        key=definition.key,
        definition_id=definition.id,
        organisation_id=organisation_id,
        applicant_id=applicant_id,
        status="active",
        title=definition.name,
        started_at=clock.now(),
        started_by=by,
        simulated=bool(clock.shift()),
        rev=0,
        history_seq=0,
        journal_seq=0,
        journal_head="",
        state=b"",
    )


def _number() -> str:
    """A number no one can guess from another: 26-K7M3-9QX2 (30^8 a year)."""
    drawn = "".join(secrets.choice(SPOKEN) for _ in range(8))
    return f"{clock.today():%y}-{drawn[:4]}-{drawn[4:]}"


def facts(
    instance: ProcessInstance, definition: ProcessDefinition, name: str | None
) -> dict[str, Any]:
    """The reserved variable `case`; `name` is whoever started it, if anyone did."""
    owner = db.session.get_one(Organisation, instance.organisation_id)
    applicant = (
        db.session.get(Organisation, instance.applicant_id)
        if instance.applicant_id
        else None
    )
    parameters = db.session.get(ProcedureParameters, (definition.key, owner.id))
    return {
        "id": str(instance.id),
        "number": instance.number,
        "definition": str(definition.id),
        "procedure": definition.name,
        "called": definitions.called_versions(definition.id, owner.id),
        "organisation": directory.describe(owner),
        "applicant": directory.describe(applicant) if applicant else None,
        "parameters": parameters.values if parameters else {},
        "started_at": instance.started_at.isoformat(),
        "started_by": {"id": str(instance.started_by), "name": name} if name else None,
    }


def title(
    definition: ProcessDefinition,
    data: Mapping[str, Any],
    *,
    start_id: str | None = None,
    otherwise: str = "",
) -> str:
    """What the case is called, by the `ebg:title` of the process that `start_id` starts."""
    model = definitions.model(definition.id)
    process = model.starts[start_id].scope if start_id else model.key
    scope = model.diagram.scopes[process]
    expression = scope.properties.get("ebg:title")
    found = feel.compile(expression).evaluate(data) if expression else None
    return str(found or otherwise or scope.name or definition.name)[:300]


def withdraw(instance_id: UUID, *, actor: Actor, reason: str) -> bool:
    """Give up a request: the diagram's withdrawal message. False if it is too late."""
    instance = db.session.get_one(ProcessInstance, instance_id)
    require(actor, "withdraw", instance)
    name = f"{instance.key.split('.')[0]}.{WITHDRAWAL}"
    if not messages.awaited(name, instance.number):
        return False
    messages.receive(
        name, instance.number, {"reason": reason[:2000]}, by=actor.person_id, keep_for=None
    )
    return True


def write_message(instance_id: UUID, text: str, *, actor: Actor) -> None:
    """Add a message to a case's conversation.

    Raises Forbidden, MessageTooLong, CaseClosed.
    """
    if len(text) > conversation.LONGEST:
        raise MessageTooLong
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        require(actor, "write", instance)
        if instance.status != "active":
            raise CaseClosed
        side = "applicant" if actor.holds(instance.applicant_id, "applicant") else "officer"
        db.session.add(
            conversation.CaseMessage(
                instance_id=instance_id, author_id=actor.person_id, side=side, text=text
            )
        )
        if side == "applicant":
            waking.wake(instance.id, waking.MESSAGE)
        telling.message(instance, side, actor.person_id)
        journal.write_for_case(instance, "message_written", by=actor.person_id)
