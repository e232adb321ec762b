"""What each person sees, as conditions of a query: what `engine.access` says of one row.

select(ProcessInstance).where(seen(actor))
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    false,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from engine.actors import Actor, Role
from engine.asks import WITHDRAWN, CaseRequest
from engine.directory import APPLICANT, HEAD_OF_SERVICE
from engine.models import IN_THE_INBOX, DefinitionRole, ProcessInstance, UserTask


def _distinct(roles: Iterable[Role]) -> list[Role]:
    """In one order, without the roles lent to somebody who holds them already."""
    own = {(r.organisation_id, r.name) for r in roles if r.for_person is None}
    kept = (r for r in roles if not r.for_person or (r.organisation_id, r.name) not in own)
    return sorted(kept, key=str)


def tasks_of(role: Role) -> ColumnElement[bool]:
    """The tasks that a role gives to do, as a range of an index of theirs."""
    named = and_(
        UserTask.organisation_id == role.organisation_id, UserTask.role == role.name
    )
    return and_(named, UserTask.key.in_(sorted(role.keys))) if role.keys else named


def task_is_mine(actor: Actor) -> ColumnElement[bool]:
    """Whether a task asks for a role that this person has."""
    return or_(false(), *map(tasks_of, _distinct(actor.roles)))


def visible_tasks(actor: Actor) -> Select[tuple[UserTask]]:
    """The tasks whose role this person has: open ones, done ones and withdrawn ones."""
    return select(UserTask).where(task_is_mine(actor))


def handled(actor: Actor, case: Any = ProcessInstance) -> ColumnElement[bool]:
    """The cases that this person may `handle`: of a body where a role of the procedure is theirs."""
    handling = _distinct(actor.handling)
    return or_(false(), *(_cases_of(role, case) for role in handling))


def _cases_of(role: Role, case: Any) -> ColumnElement[bool]:
    naming = select(DefinitionRole.definition_id).where(DefinitionRole.role == role.name)
    shown = [
        case.organisation_id == role.organisation_id,
        case.definition_id.in_(naming),
        case.eliminated_at.is_(None),
    ]
    return and_(*shown, case.key.in_(sorted(role.keys))) if role.keys else and_(*shown)


def handled_cases(actor: Actor) -> Select[tuple[ProcessInstance]]:
    """The cases that this person may `handle`."""
    return select(ProcessInstance).where(handled(actor))


def applied(actor: Actor) -> ColumnElement[bool]:
    """The cases of the companies this person acts for."""
    mine: ColumnElement[bool] = ProcessInstance.applicant_id.in_(
        sorted(actor.organisations(APPLICANT))
    )
    return mine


def own_cases(actor: Actor) -> Select[tuple[ProcessInstance]]:
    """The cases of the companies this person acts for."""
    return select(ProcessInstance).where(applied(actor))


def consulted(actor: Actor) -> ColumnElement[bool]:
    """The cases of which a task is or was theirs, or of which somebody asked them something."""
    headed = [r for r in _distinct(actor.roles) if r.name == HEAD_OF_SERVICE]
    concerned = or_(task_is_mine(actor), *map(_tasks_of_body, headed))
    return or_(
        exists().where(UserTask.instance_id == ProcessInstance.id, concerned),
        exists().where(
            CaseRequest.instance_id == ProcessInstance.id,
            CaseRequest.status != WITHDRAWN,
            asked(actor),
        ),
    )


def _tasks_of_body(head: Role) -> ColumnElement[bool]:
    """All but those that have a room of their own: they are no service's."""
    directed = and_(UserTask.organisation_id == head.organisation_id, IN_THE_INBOX)
    return and_(directed, UserTask.key.in_(sorted(head.keys))) if head.keys else directed


def asked(actor: Actor) -> ColumnElement[bool]:
    """Whether somebody is asked this: by their name while they act for the body, or by role."""
    bodies = sorted({r.organisation_id for r in actor.roles})
    return or_(
        and_(
            CaseRequest.person_id == actor.person_id,
            CaseRequest.organisation_id.in_(bodies),
        ),
        *map(_asked_of, _distinct(actor.roles)),
    )


def _asked_of(role: Role) -> ColumnElement[bool]:
    named = and_(
        CaseRequest.person_id.is_(None),
        CaseRequest.organisation_id == role.organisation_id,
        CaseRequest.role == role.name,
    )
    return and_(named, ProcessInstance.key.in_(sorted(role.keys))) if role.keys else named


def seen(actor: Actor) -> ColumnElement[bool]:
    """The cases that this person may `see`."""
    caller = aliased(ProcessInstance)
    return or_(
        handled(actor),
        applied(actor),
        consulted(actor),
        exists().where(caller.id == ProcessInstance.parent_id, handled(actor, caller)),
    )
