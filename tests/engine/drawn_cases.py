"""Cases for the tests of operations: two versions of one procedure, parallel, waiting."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.commands import cases
from engine.models import ProcessInstance, db
from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    element,
    end,
    message,
    parallel,
    process,
    start,
    timer,
    user,
)
from tests.office import Office, publish

KEY = "tests.operated"
NEWS = '<bpmn:message id="m" name="tests.news"/>'


def lanes(*tasks: str) -> str:
    refs = "".join(f"<bpmn:flowNodeRef>{task}</bpmn:flowNodeRef>" for task in tasks)
    return (
        '<bpmn:laneSet id="lanes"><bpmn:lane id="case_officer" name="Instructeur">'
        f"{refs}</bpmn:lane></bpmn:laneSet>"
    )


def steps(*ids: str, late: str = "", name: str = "Essai") -> str:
    """One task after the other; a deadline of ten days on one of them, if asked."""
    extra = (
        boundary("deadline", late, timer("duration", "P10D"), interrupting=False)
        + user("remind")
        + end("reminded")
        + chain("deadline", "remind", "reminded")
        if late
        else ""
    )
    return element(
        "process", KEY, lanes(*ids), start(), *map(user, ids), end(), extra,
        chain("started", *ids, "ended"), isExecutable="true", name=name,
    )  # fmt: skip


def forked() -> str:
    """Left and right side by side, then last."""
    return process(
        lanes("left", "right", "last"), start(), parallel("fork"), user("left"),
        user("right"), parallel("meet"), user("last"), end(),
        chain("started", "fork", "left", "meet", "last", "ended"),
        chain("fork", "right", "meet"), key=KEY,
    )  # fmt: skip


def waiting() -> str:
    """Waits for a message, then for ten days, then for a person."""
    return NEWS + process(
        lanes("after"), start(), catch("news", message("m")),
        catch("pause", timer("duration", "P10D")), user("after"), end(),
        chain("started", "news", "pause", "after", "ended"), key=KEY,
    )  # fmt: skip


def version(office: Office, body: str, **files: bytes) -> UUID:
    return publish(KEY, body, owner=office.region, **files)


def begin(office: Office, definition: UUID, values: dict[str, Any] | None = None) -> UUID:
    actor, company = office.applicant, office.company
    return cases.start(definition, values or {}, actor=actor, applicant_id=company).id


def case(instance_id: UUID) -> ProcessInstance:
    db.session.rollback()
    return db.session.scalars(
        select(ProcessInstance).where(ProcessInstance.id == instance_id)
    ).one()
