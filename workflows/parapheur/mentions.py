"""« Par délégation de … » and « en l’absence de … »: in whose place somebody acts."""

from uuid import UUID

from sqlalchemy import select

from engine.absences import DELEGATION
from engine.actors import Actor, Role
from engine.models import UserTask, db
from workflows.parapheur.models import Desk

LONGEST = 300


def mention(actor: Actor, task: UserTask) -> str:
    """What a stamp says of whoever acts on a task in another's place; else nothing."""
    role = actor.role_for(task)
    return mention_of(role, task.organisation_id) if role else ""


def mention_of(role: Role, organisation_id: UUID) -> str:
    """The same, by the role that one acts with."""
    if role.for_person is None:
        return ""
    desk = select(Desk.title).where(
        Desk.organisation_id == organisation_id, Desk.role == role.name
    )
    title = db.session.scalar(desk)
    whom = f"{role.for_name}, {title}" if title else role.for_name
    if role.lent_by == DELEGATION:
        said = f"par délégation de {whom}"
    else:
        said = f"en l’absence de {whom}"
    return f"{said}, {role.delegation}"[:LONGEST] if role.delegation else said[:LONGEST]
