"""For whom one acts, told on every page of a deputy."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from engine.access import Actor
from engine.models import ProcessDefinition, db
from web import called


@dataclass(frozen=True)
class Replaced:
    """Somebody one replaces: until when, as what, in which procedures (none: all)."""

    person_id: UUID | None
    name: str
    until: datetime | None
    roles: list[str]
    procedures: list[str]
    signs: bool


def replaced(actor: Actor) -> list[Replaced]:
    """Those whom somebody replaces at this moment; nothing is read when there is nobody."""
    together: dict[tuple[UUID | None, str, datetime | None, frozenset[str], bool], set[str]]
    together = {}
    for role in actor.lent:
        key = (role.for_person, role.for_name, role.until, role.keys, role.signs)
        together.setdefault(key, set()).add(role.name)
    if not together:
        return []
    roles = called.roles({role.organisation_id for role in actor.lent})
    names = procedure_names({key for (_, _, _, keys, _) in together for key in keys})
    return [
        Replaced(
            person,
            name,
            until,
            sorted(roles.get(one, one) for one in held),
            sorted(names.get(one, one) for one in keys),
            signs,
        )
        for (person, name, until, keys, signs), held in together.items()
    ]


def procedure_names(keys: set[str]) -> dict[str, str]:
    """What these procedures are called, by their latest version."""
    if not keys:
        return {}
    versions = (
        select(ProcessDefinition.key, ProcessDefinition.name)
        .where(ProcessDefinition.key.in_(keys))
        .order_by(ProcessDefinition.version)
    )
    named = {key: name for key, name in db.session.execute(versions)}
    return {**named, **called.lent(keys)}
