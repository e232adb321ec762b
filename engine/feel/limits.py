"""How large an expression, its work and its values may grow; a step is about 0.3 µs."""

from typing import Any

from engine.feel.errors import FeelLimitExceeded

MAX_SOURCE = 20_000
MAX_NESTING = 60
MAX_DEPTH = 160
MAX_STEPS = 1_000_000
MAX_ITEMS = 50_000
MAX_TEXT = 200_000
ZONE_COST = 100  # steps to look for a time zone by its name
_SHORT = 100
_CHARACTERS = 50  # what a step handles of a text,
_ITEMS = 8  # or of a list


def checked_text(text: str) -> str:
    """The text itself. Raises FeelLimitExceeded when it is too long to keep."""
    if len(text) > MAX_TEXT:
        raise FeelLimitExceeded(
            f"Un texte calculé dépasse {MAX_TEXT} caractères : l'évaluation est arrêtée."
        )
    return text


def checked_list(items: list[Any]) -> list[Any]:
    """The list itself. Raises FeelLimitExceeded when it has too many items."""
    if len(items) > MAX_ITEMS:
        raise FeelLimitExceeded(
            f"Une liste calculée dépasse {MAX_ITEMS} éléments : l'évaluation est arrêtée."
        )
    return items


class Run:
    """One evaluation: what it may still spend, and the remarks it leaves for the designer."""

    __slots__ = ("matched", "notes", "patterns", "steps")

    def __init__(
        self, notes: list[tuple[str, int]] | None = None, matched: list[Any] | None = None
    ) -> None:
        self.steps = MAX_STEPS
        self.notes = notes
        self.patterns: dict[Any, Any] = {}  # the programs of those met so far
        self.matched = matched  # the rules that decision tables applied, when asked for

    def spend(self, steps: int) -> None:
        """Count work done. Raises FeelLimitExceeded when the evaluation has had its share."""
        self.steps -= steps
        if self.steps < 0:
            raise FeelLimitExceeded(
                "L'expression demande trop de calculs : l'évaluation est arrêtée."
            )

    def weigh(self, value: Any) -> None:
        """Count as work the handling of a text, a list or a context, by their length.

        A long text costs the time to read it, and the memory to keep it.
        """
        kind = type(value)
        if kind is str:
            if len(value) > _SHORT:
                self.spend(len(value) // _CHARACTERS)
        elif (kind is list or kind is dict) and len(value) > _SHORT:
            self.spend(len(value) // _ITEMS)

    def note(self, message: str, position: int) -> None:
        """Remember why a result is null, when somebody asked to know."""
        if self.notes is not None and len(self.notes) < 50:  # noqa: PLR2004  enough to read
            self.notes.append((message, position))
