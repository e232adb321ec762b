"""What addresses and plain fields say, made safe to search and to keep."""

from collections.abc import Mapping

from flask import request

from forms.characters import unprintable

LAST_PAGE = 1_000_000
"""Beyond it, databases cannot count the rows to pass."""


def page_number() -> int:
    """The page that the address asks for, from 1; the first when it makes no sense."""
    return min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)


def text(values: Mapping[str, str], name: str) -> str:
    """What was typed under a name, trimmed, without what no keyboard types (NUL, halves)."""
    typed = values.get(name, "").replace("\r\n", "\n")
    return "".join(char for char in typed if not unprintable(char)).strip()


def clean(values: Mapping[str, str]) -> dict[str, str]:
    """All that was typed, fit to be shown again."""
    return {name: text(values, name) for name in values}


def count(said: str, most: int = LAST_PAGE) -> int | None:
    """The whole number that was typed, up to `most`; None for anything else."""
    plain = said.isascii() and said.isdigit() and len(said) <= len(str(most))
    return int(said) if plain and int(said) <= most else None
