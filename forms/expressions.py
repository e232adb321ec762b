"""FEEL in forms: compiled once, and never the cause of a page that fails.

A condition or a computed value that cannot be worked out is null, as in form-js: the
field stays visible, the total stays empty.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from engine import feel

MAX_LENGTH = 2000
PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
"""A `{{ FEEL }}` place in a text."""


@lru_cache(maxsize=4096)
def compiled(source: str) -> feel.Expression:
    """The compiled expression. Raises feel.FeelError, whose message is in French."""
    return feel.compile(source)


def problem(source: str) -> str | None:
    """What is wrong with an expression, in French, or None."""
    if len(source) > MAX_LENGTH:
        return f"l’expression dépasse {MAX_LENGTH} caractères"
    try:
        compiled(source)
    except feel.FeelError as error:
        return str(error)
    return None


def names(source: str) -> frozenset[str]:
    """The free names of a correct expression."""
    return compiled(source).names


def evaluate(source: str, scope: Mapping[str, Any]) -> Any:
    """The plain value of an expression in a scope; None when it cannot be worked out."""
    expression = compiled(source)
    needed = {name: scope[name] for name in expression.names if name in scope}
    try:
        return feel.plain(expression.evaluate(needed))
    except feel.FeelError:
        return None


def places(text: str) -> list[str]:
    """The FEEL texts inside a text: the whole of it after `=`, or its `{{ }}` places."""
    if text.startswith("="):
        return [text]
    return [found.strip() for found in PLACE.findall(text)]
