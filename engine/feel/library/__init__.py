"""The built-in functions, by subject: importing this room declares them all."""

from engine.feel.library import (
    calendar,
    contexts,
    french,
    lists,
    logic,
    numbers,
    ranges,
    statistics,
    texts,
)

__all__ = [
    "calendar",
    "contexts",
    "french",
    "lists",
    "logic",
    "numbers",
    "ranges",
    "statistics",
    "texts",
]
