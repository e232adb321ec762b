"""The exchanges with partners: found by partner, case, key, outcome and days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload

from engine.criteria import between
from engine.exchanges import Exchange, RemoteCall
from engine.models import ProcessInstance, db
from web.paging import bounded

PER_PAGE = 50


@dataclass(frozen=True)
class Wanted:
    """What is known of the exchanges looked for; what is empty is not asked."""

    partner: str = ""
    outcome: str = ""
    case: UUID | None = None
    call: UUID | None = None
    first: date | None = None
    last: date | None = None


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.partner:
        yield Exchange.partner == wanted.partner
    if wanted.outcome:
        yield Exchange.outcome == wanted.outcome
    if wanted.call is not None:
        yield Exchange.call_id == wanted.call
    if wanted.case is not None:
        calls = select(RemoteCall.id).where(RemoteCall.instance_id == wanted.case)
        yield Exchange.call_id.in_(calls)
    yield from between(Exchange.at, wanted.first, wanted.last)


_ORDER = (Exchange.at.desc(), Exchange.id.desc())


def branch(wanted: Wanted) -> Select[Any]:
    """The ids of the exchanges wanted, the latest first."""
    return select(Exchange.id).where(*_conditions(wanted)).order_by(*_ORDER)


def page(wanted: Wanted, number: int) -> Pagination:
    """One page of them."""
    rows = select(Exchange).options(joinedload(Exchange.call)).order_by(*_ORDER)
    return bounded([branch(wanted)], rows, id=Exchange.id, page=number, per_page=PER_PAGE)


def latest(partner: str, number: int) -> Sequence[Exchange]:
    """The last exchanges with a partner."""
    asked = select(Exchange).options(joinedload(Exchange.call)).order_by(*_ORDER)
    found = asked.where(Exchange.partner == partner).limit(number)
    return db.session.scalars(found).all()


def numbers(exchanges: Sequence[Exchange]) -> dict[UUID, str]:
    """The numbers of their cases."""
    ids = {one.call.instance_id for one in exchanges}
    case = ProcessInstance
    found = db.session.execute(select(case.id, case.number).where(case.id.in_(ids)))
    return {case_id: number for case_id, number in found}
