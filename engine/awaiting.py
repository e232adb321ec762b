"""The cases that somebody follows, and what those wait for where they have nothing to do.

    db.session.scalars(followed(actor, awaiting=True, of="partenaire"))

A case is awaited of its company, of another body, or of a partner. A person's own cases are
read in the order in which they began to follow them, on one index.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select

from engine import definitions
from engine.access import Actor
from engine.directory import APPLICANT, Organisation
from engine.exchanges import RemoteCall
from engine.following import CaseFollower
from engine.models import IS_OPEN, MessageSubscription, ProcessInstance, UserTask, db
from engine.visible import seen
from engine.worklist import hands

COMPANY, BODY, PARTNER = "entreprise", "organisme", "partenaire"
OF = (COMPANY, BODY, PARTNER)

MOST_LOOKED_AT = 1000
"""Cases, the latest that a person follows, among which those that wait are looked for."""


@dataclass(frozen=True)
class Awaited:
    """Something that a case waits for. `who` is None for a partner that has no name here."""

    of: str
    what: str
    who: str | None
    due_at: datetime | None = None
    partner: str = ""


def followed(
    actor: Actor,
    *,
    key: str = "",
    cases: Sequence[UUID] | None = None,
    awaiting: bool = False,
    of: str = "",
) -> Select[UUID]:
    """The ids of the open cases that a person follows and may see, the latest first.

    `awaiting`: those where their bodies have nothing to do, and something is awaited (`of`
    one of `OF`, or of anyone).
    """
    case, follower = ProcessInstance, CaseFollower
    latest = (follower.since.desc(), follower.instance_id.desc())
    mine = (follower.person_id == actor.person_id, follower.closed_at.is_(None))
    if awaiting:
        some = select(follower.instance_id, follower.since).where(*mine)
        few = some.order_by(*latest).limit(MOST_LOOKED_AT).subquery()
        found = select(few.c.instance_id).join(case, case.id == few.c.instance_id)
        found = found.order_by(few.c.since.desc(), few.c.instance_id.desc())
    else:
        found = select(follower.instance_id).where(*mine).order_by(*latest)
        found = found.join(case, case.id == follower.instance_id)
    found = found.where(seen(actor))
    if key:
        found = found.where(case.key == key)
    if cases is not None:
        found = found.where(case.id.in_(cases))
    if awaiting:
        asked = (of,) if of else OF
        waits = _waits(actor)
        idle = ~_open_task(_ours(actor))
        found = found.where(idle, or_(*(waits[one] for one in asked)))
    return found


def _ours(actor: Actor) -> ColumnElement[bool]:
    bodies = {hand.organisation_id for hand in hands(actor)}
    return UserTask.organisation_id.in_(bodies) & (UserTask.role != APPLICANT)


def _waits(actor: Actor) -> dict[str, ColumnElement[bool]]:
    bodies = {hand.organisation_id for hand in hands(actor)}
    elsewhere = UserTask.organisation_id.not_in(bodies) & (UserTask.role != APPLICANT)
    case = ProcessInstance.id
    calls = exists().where(RemoteCall.instance_id == case, RemoteCall.finished_at.is_(None))
    answers = exists().where(MessageSubscription.instance_id == case, *_ANSWERS)
    return {
        COMPANY: _open_task(UserTask.role == APPLICANT),
        BODY: _open_task(elsewhere),
        PARTNER: or_(calls, answers),
    }


def _open_task(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(UserTask.instance_id == ProcessInstance.id, IS_OPEN, condition)


# A request can be withdrawn at any moment: nobody waits for that.
_ANSWERS = (
    MessageSubscription.kind == "message",
    MessageSubscription.name.not_like("%.withdrawal"),
)


def awaited(instances: Iterable[ProcessInstance]) -> dict[UUID, list[Awaited]]:
    """What each of these cases waits for, the most urgent first: a few queries for all."""
    cases = {instance.id: instance for instance in instances}
    found = dict[UUID, list[Awaited]]()
    if not cases:
        return found
    for task, body in db.session.execute(_tasks(list(cases))):
        of = COMPANY if task.role == APPLICANT else BODY
        waited = Awaited(of, task.name, body, task.due_at)
        found.setdefault(task.instance_id, []).append(waited)
    for statement in _of_partners(list(cases)):
        for case_id, element, partner in db.session.execute(statement):
            elements = definitions.model(cases[case_id].definition_id).elements
            known = elements.get(element)
            what = (known.name if known else "") or element
            waited = Awaited(PARTNER, what, None, partner=partner.partition(".")[0])
            found.setdefault(case_id, []).append(waited)
    return found


def _tasks(cases: list[UUID]) -> Select[UserTask, str]:
    return (
        select(UserTask, Organisation.name)
        .join(Organisation, Organisation.id == UserTask.organisation_id)
        .where(UserTask.instance_id.in_(cases), IS_OPEN)
        .order_by(UserTask.due_at.asc().nulls_last(), UserTask.opened_at, UserTask.id)
    )


def _of_partners(cases: list[UUID]) -> list[Select[UUID, str, str]]:
    call, answer = RemoteCall, MessageSubscription
    calls = (
        select(call.instance_id, call.element_id, call.partner)
        .where(call.instance_id.in_(cases), call.finished_at.is_(None))
        .order_by(call.created_at, call.id)
    )
    answers = (
        select(answer.instance_id, answer.element_id, answer.name)
        .where(answer.instance_id.in_(cases), *_ANSWERS)
        .order_by(answer.element_id, answer.task_id)
    )
    return [calls, answers]
