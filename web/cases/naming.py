"""How elements, roles and people of a case are called, for people."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import definitions
from engine.directory import Person
from engine.models import UserTask, db


def role_name(task: UserTask) -> str:
    """The role a task asks for, as its diagram names it in French."""
    return definitions.model(task.definition_id).roles.get(task.role, task.role)


def names(ids: set[UUID | None]) -> dict[UUID | None, str]:
    """The names of these people; None names nobody."""
    known = ids - {None}
    if not known:
        return {}
    rows = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(known)))
    return {person_id: name for person_id, name in rows}


def label(elements: Mapping[str, Any], element_id: str) -> str:
    """The name of an element of the diagram; its id when it bears none."""
    element = elements.get(element_id)
    return (element.name if element else "") or element_id
