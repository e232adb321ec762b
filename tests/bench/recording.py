"""Which statements are sent to the database: each is a round trip.

BEGIN and COMMIT are round trips as well, two a transaction; they are not recorded, save the
BEGIN that we word ourselves on SQLite.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

Statement = tuple[str, Any, bool]
"""Its text, its parameters as the driver gets them, and whether they are several rows."""


@contextmanager
def recorded() -> Iterator[list[Statement]]:
    """Every statement sent meanwhile, by any session."""
    sent: list[Statement] = []

    def keep(_c: Any, _u: Any, text: str, given: Any, _x: Any, many: bool) -> None:
        sent.append((text, given, many))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", keep)


def verbs(sent: list[Statement]) -> list[str]:
    """What each statement does to which table, BEGIN left out: "INSERT history"."""
    words = [text.replace('"', "").split() for text, _, _ in sent]
    return [
        f"{w[0]} {w[w.index(_PLACE[w[0]]) + 1] if _PLACE[w[0]] else w[1]}"
        for w in words
        if w[0] in _PLACE
    ]


_PLACE = {"SELECT": "FROM", "INSERT": "INTO", "UPDATE": "", "DELETE": "FROM"}
