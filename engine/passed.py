"""How many running cases have already gone through an element of their procedure."""

from collections.abc import Collection

from sqlalchemy import exists, func, select

from engine.models import History, ProcessDefinition, ProcessInstance, db

MOST = 10_000
"""Cases that are looked at, the oldest versions' first: beyond, « or more »."""


def count(key: str, element_ids: Collection[str]) -> int:
    """How many open cases of a procedure have finished one of these elements, up to MOST."""
    versions = select(ProcessDefinition.id).where(ProcessDefinition.key == key)
    looked_at = (
        select(ProcessInstance.id)
        .where(
            ProcessInstance.definition_id.in_(versions),
            ProcessInstance.status.in_(["active", "suspended"]),
        )
        .limit(MOST)
        .subquery()
    )
    done = exists().where(
        History.instance_id == looked_at.c.id, History.element_id.in_(list(element_ids))
    )
    return db.session.scalar(select(func.count()).select_from(looked_at).where(done)) or 0
