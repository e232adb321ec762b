"""Who sees which cases, as conditions of a query: what `engine.access` says of one case.

select(ProcessInstance).where(seen(actor))
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, or_
from sqlalchemy.orm import aliased

from engine.access import NOT_HANDLING, Actor
from engine.directory import APPLICANT
from engine.models import DefinitionRole, ProcessInstance, UserTask


def handled(actor: Actor, case: Any = ProcessInstance) -> ColumnElement[bool]:
    """The cases that this person may `handle`."""
    return or_(
        false(),
        *(
            and_(
                case.organisation_id == role.organisation_id,
                exists().where(
                    DefinitionRole.definition_id == case.definition_id,
                    DefinitionRole.role == role.name,
                ),
            )
            for role in sorted(actor.roles, key=str)
            if role.name not in NOT_HANDLING
        ),
    )


def applied(actor: Actor) -> ColumnElement[bool]:
    """The cases of the companies this person acts for."""
    mine: ColumnElement[bool] = ProcessInstance.applicant_id.in_(
        sorted(actor.organisations(APPLICANT))
    )
    return mine


def seen(actor: Actor) -> ColumnElement[bool]:
    """The cases that this person may `see`."""
    caller = aliased(ProcessInstance)
    return or_(
        handled(actor),
        applied(actor),
        _consulted(actor),
        exists().where(caller.id == ProcessInstance.parent_id, handled(actor, caller)),
    )


def _consulted(actor: Actor) -> ColumnElement[bool]:
    return exists().where(
        UserTask.instance_id == ProcessInstance.id,
        or_(
            false(),
            *(
                and_(UserTask.organisation_id == r.organisation_id, UserTask.role == r.name)
                for r in sorted(actor.roles, key=str)
            ),
        ),
    )
