"""The first rows of several queries at once, each read on its own index.

A person often has roles in several bodies. One query with ORs cannot be read in order from
an index; one short query a body can, and the few rows they give are then put in order.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, union_all

from engine.models import db


def first_ids(branches: Sequence[Select[UUID]], limit: int) -> Any:
    """The first `limit` ids of each ordered branch, as a subquery for `in_`."""
    cut = [select(branch.limit(limit).subquery()) for branch in branches]
    return cut[0] if len(cut) == 1 else union_all(*cut)


def count(branches: Sequence[Select[UUID]], most: int) -> int:
    """How many ids the branches give together, counted up to `most`."""
    if not branches:
        return 0
    few = [select(branch.order_by(None).limit(most).subquery()) for branch in branches]
    found = (few[0] if len(few) == 1 else union_all(*few)).limit(most).subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0
