"""Pages as i-Parapheur tells them: Spring's shape, numbered from 0."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from flask import Response, request
from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased

from engine.actors import Role
from engine.models import db
from web.api import keyed
from web.api.problems import Fault, Problem
from workflows.parapheur import lists
from workflows.parapheur.models import (
    DRAFT,
    FINISHED,
    IN_PROGRESS,
    Desk,
    Folder,
    FolderAct,
    FolderSubtype,
)
from workflows.parapheur.records import QUIET
from workflows.parapheur.standings import DONE, NOW

MOST = 100
DEEPEST = 10_000
COUNTED = 1000
"""A page says how many there are, no further than this: beyond, it is what is known."""


def paged(asked: Select[Any], tell: Callable[[Any], Any]) -> Response:
    """A page of rows, as asked by `page` and `size`."""
    number, size = _asked()
    rows = db.session.scalars(asked.limit(size + 1).offset(number * size)).all()
    return _page([tell(one) for one in rows[:size]], number, size, _total(asked))


def page(content: Sequence[Any]) -> Response:
    """Everything there is, on one page."""
    return _page(content, 0, max(len(content), 1), len(content))


def states(desk: Desk, state: str, type_id: str | None, subtype_id: str | None) -> Response:
    """A page of a desk's folders in one of i-Parapheur's states."""
    role = next(
        (one for one in keyed.actor().roles
         if (one.organisation_id, one.name) == (desk.organisation_id, desk.role)), None
    )  # fmt: skip
    if role is None or state == "DELEGATED":
        return page([])  # a key is nobody's deputy
    asked = _folders(role, state)
    if (subtype := _id(subtype_id, "subtypeId")) is not None:
        asked = asked.where(Folder.subtype_id == subtype)
    if (kind := _id(type_id, "typeId")) is not None:
        of_type = select(FolderSubtype.id).where(FolderSubtype.type_id == kind)
        asked = asked.where(Folder.subtype_id.in_(of_type))
    number, size = _asked()
    ids = db.session.scalars(asked.limit(size + 1).offset(number * size)).all()
    content = [told(one) for one in lists.read(ids[:size])]
    return _page(content, number, size, _total(asked))


def told(folder: Folder) -> dict[str, Any]:
    """A folder as i-Parapheur represents it."""
    return {
        "id": folder.instance_id,
        "name": folder.title,
        "dueDate": folder.due_at,
        "metadata": {
            key: value if isinstance(value, str) else str(value)
            for key, value in (folder.details.get("metadata") or {}).items()
        },
    }


def _folders(role: Role, state: str) -> Select[Any]:
    """Their folders are those that wait at the desk, or that it has deposited."""
    match state:
        case "DRAFT":
            return lists.folders(role, lists.DEPOSITED).where(Folder.state == DRAFT)
        case "PENDING":
            return lists.folders(role, NOW).where(Folder.state == IN_PROGRESS)
        case "DOWNSTREAM":
            return lists.folders(role, DONE)
        case "RETRIEVABLE":
            return _to_take_back(role)
        case "LATE":
            return lists.folders(role, lists.LATE)
        case "REJECTED":
            return lists.folders(role, lists.BACK)
        case _:
            ended = lists.folders(role, lists.DEPOSITED).where(Folder.state == FINISHED)
            return ended.where(Folder.put_away_at.is_(None))


def _to_take_back(role: Role) -> Select[Any]:
    """Those that this key has deposited and on which nobody has acted since."""
    since = aliased(FolderAct)
    moved = select(since.id).where(
        since.instance_id == FolderAct.instance_id,
        since.seq > FolderAct.seq,
        since.kind.not_in(QUIET),
    )
    mine = select(FolderAct.id).where(
        FolderAct.instance_id == Folder.instance_id,
        FolderAct.kind == "deposited",
        FolderAct.person_id == keyed.actor().person_id,
        ~moved.exists(),
    )
    asked = lists.folders(role, lists.DEPOSITED)
    return asked.where(Folder.state == IN_PROGRESS, mine.exists())


def _total(asked: Select[Any]) -> int:
    some = asked.order_by(None).limit(COUNTED).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _page(content: Sequence[Any], number: int, size: int, total: int) -> Response:
    last = (number + 1) * size >= total
    value = {
        "content": list(content),
        "number": number,
        "size": size,
        "numberOfElements": len(content),
        "totalElements": total,
        "totalPages": -(-total // size),
        "first": number == 0,
        "last": last,
        "empty": not content,
        "pageable": {"pageNumber": number, "pageSize": size, "offset": number * size},
    }
    return Response(orjson.dumps(value, default=_plain), mimetype="application/json")


def _asked() -> tuple[int, int]:
    number, size = _whole("page", 0), _whole("size", 10)
    if not 1 <= size <= MOST or number * size > DEEPEST:
        raise _wrong("size")
    return number, size


def _whole(name: str, otherwise: int) -> int:
    given = request.args.get(name, str(otherwise))
    if not (given.isascii() and given.isdigit() and len(given) < 6):  # noqa: PLR2004
        raise _wrong(name)
    return int(given)


def _id(given: str | None, name: str) -> UUID | None:
    if not given:
        return None
    try:
        return UUID(given)
    except ValueError:
        raise _wrong(name) from None


def _wrong(name: str) -> Problem:
    fault = Fault(where="query", pointer=name, message=f"{name} : valeur incorrecte.")
    return Problem(422, "bad-query", errors=[fault])


def _plain(value: Any) -> Any:
    if isinstance(value, (UUID, datetime)):
        return str(value)
    raise TypeError
