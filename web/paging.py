"""Pages of lists: of a short one, counted whole; of a long one, no further than anyone reads.

A list of a hundred thousand rows is not for reading page after page: past the first
thousand, people filter or search.
"""

from typing import Any

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import Select, false

from engine import merging
from engine.models import db
from web.typed import page_number

MOST = 1000
"""Rows that can be reached page by page."""


class Bounded(Pagination):
    """The first rows of `branches` (ids in order, one query each), `MOST` at most.

    `rows` selects what a page shows, in the same order, `id` being the column that the
    branches give.
    """

    def _query_items(self) -> list[Any]:
        asked = self._query_args
        last = min(self._query_offset + self.per_page, MOST)
        found = false()
        if asked["branches"]:
            found = asked["id"].in_(merging.first_ids(asked["branches"], last))
        rows = asked["rows"].where(found).limit(last - self._query_offset)
        return list(db.session.scalars(rows.offset(self._query_offset)).unique())

    def _query_count(self) -> int:
        return merging.count(self._query_args["branches"], MOST)


class Once(Pagination):
    """The first rows of one query of ids in order, `MOST` at most, which is sent once.

    For what costs as much to count as to find. `rows` selects what a page shows, in the same
    order, `id` being the column that the query gives.
    """

    def _query_items(self) -> list[Any]:
        asked = self._query_args
        self._found = list(db.session.scalars(asked["ids"].limit(MOST)))
        shown = self._found[self._query_offset : self._query_offset + self.per_page]
        rows = asked["rows"].where(asked["id"].in_(shown))
        return list(db.session.scalars(rows).unique()) if shown else []

    def _query_count(self) -> int:
        return len(self._found)


def whole(rows: Select[Any], per_page: int, *, page: int | None = None) -> Pagination:
    """One page of all that a query finds, the one that the address asks for unless told."""
    number = page_number() if page is None else page
    return db.paginate(rows, page=number, per_page=per_page, error_out=False)


def bounded(branches: Any, rows: Any, *, id: Any, page: int, per_page: int) -> Bounded:  # noqa: A002  the column's own name
    """One page; the first when `page` is out of reach below, empty when it is above."""
    return Bounded(
        branches=branches,
        rows=rows,
        id=id,
        page=min(max(page, 1), MOST // per_page + 1),
        per_page=per_page,
        error_out=False,
    )


def once(ids: Any, rows: Any, *, id: Any, page: int, per_page: int) -> Once:  # noqa: A002  the column's own name
    """One page of a query sent once; the first when `page` is out of reach below."""
    return Once(
        ids=ids,
        rows=rows,
        id=id,
        page=min(max(page, 1), MOST // per_page + 1),
        per_page=per_page,
        error_out=False,
    )
