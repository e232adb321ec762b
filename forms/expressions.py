"""FEEL in forms: never the cause of a page that fails.

A condition or a computed value that cannot be worked out is null, as in form-js: the
field stays visible, the total stays empty.
"""

import re
from collections.abc import Mapping
from typing import Any

from engine import feel

MAX_LENGTH = 2000
PLACE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
"""A `{{ FEEL }}` place in a text."""


def problem(source: str) -> str | None:
    """What is wrong with an expression, in French, or None."""
    if len(source) > MAX_LENGTH:
        return f"l’expression dépasse {MAX_LENGTH} caractères"
    try:
        feel.compile(source)
    except feel.FeelError as error:
        return str(error).rstrip(".")
    return None


def names(source: str) -> frozenset[str]:
    """The names a correct expression reads; those inside filters are not among them."""
    return feel.compile(source).names


def all_names(source: str) -> frozenset[str]:
    """The names a correct expression may read, inside filters too."""
    return names(source) | feel.compile(source).possible_names


def evaluate(source: str, scope: Mapping[str, Any]) -> Any:
    """The plain value of an expression in a scope; None when it cannot be worked out."""
    try:
        return feel.plain(feel.compile(source).evaluate(scope))
    except feel.FeelError:
        return None


def places(text: str) -> list[str]:
    """The FEEL texts inside a text: the whole of it after `=`, or its `{{ }}` places."""
    if text.startswith("="):
        return [text]
    return [found.strip() for found in PLACE.findall(text)]
