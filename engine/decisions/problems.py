"""What is wrong in a DMN file, collected as sentences that say where."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from engine.feel import FeelSyntaxError

T = TypeVar("T")


class DecisionRefused(Exception):
    """The DMN file cannot be used; `problems` are French sentences, one a fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class Reading:
    """One reading of one file: the known names, and the problems met so far."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        self.problems: list[str] = []

    def refuse(self, where: str, what: str) -> None:
        """Add a problem; the reading goes on, so that all are said at once."""
        self.problems.append(f"{where} : {what}")

    def attempt(self, where: str, source: str, read: Callable[..., T], other: Any) -> T:
        """`read(source, names)`, or `other` after noting why the text cannot be read."""
        try:
            return read(source, self.names)
        except FeelSyntaxError as error:
            shown = source if len(source) <= 60 else source[:57] + "…"  # noqa: PLR2004
            self.refuse(where, f"« {shown} » ne se lit pas. {error}")
            return other  # type: ignore[no-any-return]
