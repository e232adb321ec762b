"""Where a page of a list ends, as an opaque and signed word: it can only be given back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer

from web.api.problems import Fault, Problem


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
        fault = Fault(where="query", pointer="cursor", message=sentence)
        raise Problem(422, "bad-cursor", sentence, errors=[fault]) from None


def _made(kind: Any, told: str) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(told)
    return UUID(told) if kind is UUID else kind(told)


def _signer() -> URLSafeSerializer:
    """Of this list alone: a cursor of another leads nowhere."""
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"{request.endpoint}")
