"""What each person sees, as queries: the rules of `engine.access` for whole lists."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from engine.actors import Actor, Role
from engine.directory import APPLICANT
from engine.models import DefinitionRole, ProcessInstance, UserTask


def _distinct(roles: Iterable[Role]) -> list[Role]:
    """Without the roles lent to somebody who holds them already."""
    own = {(r.organisation_id, r.name) for r in roles if r.for_person is None}
    return [r for r in roles if not r.for_person or (r.organisation_id, r.name) not in own]


def tasks_of(role: Role) -> ColumnElement[bool]:
    """The tasks that a role gives to do, as a range of an index of theirs."""
    named = and_(
        UserTask.organisation_id == role.organisation_id, UserTask.role == role.name
    )
    return and_(named, UserTask.key.in_(role.keys)) if role.keys else named


def task_is_mine(actor: Actor) -> ColumnElement[bool]:
    """Whether a task asks for a role that this person has."""
    return or_(false(), *(tasks_of(r) for r in _distinct(actor.roles)))


def visible_tasks(actor: Actor) -> Select[tuple[UserTask]]:
    """The tasks whose role this person has: open ones, done ones and withdrawn ones."""
    return select(UserTask).where(task_is_mine(actor))


def handled_cases(actor: Actor) -> Select[tuple[ProcessInstance]]:
    """The cases of the bodies in which this person has a role of the procedure."""
    handling = _distinct(actor.handling)
    return select(ProcessInstance).where(or_(false(), *map(_cases_of, handling)))


def _cases_of(role: Role) -> ColumnElement[bool]:
    case = ProcessInstance
    naming = select(DefinitionRole.definition_id).where(DefinitionRole.role == role.name)
    shown = [
        case.organisation_id == role.organisation_id,
        case.definition_id.in_(naming),
    ]
    return and_(*shown, case.key.in_(role.keys)) if role.keys else and_(*shown)


def own_cases(actor: Actor) -> Select[tuple[ProcessInstance]]:
    """The cases of the companies this person acts for."""
    return select(ProcessInstance).where(
        ProcessInstance.applicant_id.in_(actor.organisations(APPLICANT))
    )
