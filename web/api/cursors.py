"""Where a page of a list ends, as an opaque and signed word: it can only be given back."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import Select, tuple_

from engine.models import db
from web.api.problems import wrong
from web.api.shapes import Listing

One = TypeVar("One")


def latest(
    asked: Select[*tuple[Any, ...]], query: Listing, moment: Any, key: Any
) -> tuple[Sequence[Any], str | None]:
    """A page of rows by these two columns, which end each row, the latest first; its `next`.

    Raises Problem for a word that this list did not give.
    """
    after = read(query.cursor, datetime, UUID)
    if after is not None:
        asked = asked.where(tuple_(moment, key) < tuple_(*after))
    ordered = asked.add_columns(moment, key).order_by(moment.desc(), key.desc())
    found = db.session.execute(ordered.limit(query.limit + 1)).all()
    return cut(found, query, lambda row: row[-2:])


def cut(
    found: Sequence[One], query: Listing, place: Callable[[One], Sequence[Any]]
) -> tuple[Sequence[One], str | None]:
    """What a page shows, of its rows and one more; its `next` if that one is there."""
    shown = found[: query.limit]
    return shown, written(*place(shown[-1])) if len(found) > len(shown) else None


def begun(word: str | None) -> str:
    """The place that `ended` told; nothing at the beginning. Raises Problem as `read` does."""
    told = read(word, str)
    return str(told[0]) if told else ""


def ended(place: Any) -> str | None:
    """The word for a place that is one text; None at the end."""
    return written(str(place)) if place else None


def written(*place: Any) -> str:
    """The word for a place of the list that this operation gives."""
    told = [
        one.isoformat() if isinstance(one, datetime) else None if one is None else str(one)
        for one in place
    ]
    word: str = _signer().dumps(told)
    return word


def read(word: str | None, *kinds: Any) -> list[Any] | None:
    """The place that `written` told, made of these kinds; None at the beginning.

    Raises Problem for a word that this list did not give.
    """
    if word is None:
        return None
    try:
        told = _signer().loads(word)
        return [
            None if one is None else _made(kind, one)
            for kind, one in zip(kinds, told, strict=True)
        ]
    except (BadData, ValueError, TypeError):
        sentence = _(
            "Ce curseur ne vient pas de cette liste : donnez tel quel le « next » de sa page "
            "précédente, ou rien pour le début."
        )
        raise wrong("bad-cursor", "cursor", sentence, where="query") from None


def _made(kind: Any, told: str) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(told)
    return UUID(told) if kind is UUID else kind(told)


def _signer() -> URLSafeSerializer:
    """Of this list alone: a cursor of another leads nowhere."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"{request.endpoint}")
