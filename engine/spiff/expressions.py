"""FEEL in a running process: conditions, values, moments, and what a user task shows.

A compiled expression is kept by its text; evaluation sees the token's own data and nothing
else. Results are plain JSON again before they become data.
"""

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import orjson

from engine import feel
from engine.spiff import moments
from engine.spiff.diagram import is_computed
from engine.spiff.errors import DataRefused, TaskFailed
from engine.spiff.tree import LiveTask


@lru_cache(maxsize=20_000)
def compiled(text: str) -> Any:
    """The compiled expression. Raises feel.FeelError."""
    return feel.compile(text)


def evaluate(task: LiveTask, text: str) -> Any:
    """The FEEL value of an expression for a token. Raises TaskFailed."""
    try:
        return compiled(text).evaluate(task.data)
    except feel.FeelError as error:
        raise _failed(task, text, str(error)) from error


def value(task: LiveTask, text: str) -> Any:
    """The same as plain JSON-able data."""
    found = evaluate(task, text)
    try:
        return feel.plain(found)
    except feel.FeelError as error:
        raise _failed(task, text, str(error)) from error


def holds(task: LiveTask, text: str) -> bool:
    """A condition: null counts as false, anything but a boolean is an error."""
    found = evaluate(task, text)
    if found is not None and not isinstance(found, bool):
        raise _failed(task, text, "elle ne donne ni vrai ni faux")
    return found is True


def text_of(task: LiveTask, text: str) -> str | None:
    """A value that is a word: an identifier, a correlation key."""
    found = value(task, text)
    return None if found is None else str(found)


def moment(task: LiveTask, text: str, *, end_of_day: bool = False) -> datetime | None:
    """A due moment in UTC from FEEL or an ISO literal: a date, a moment or a duration."""
    literal = moments.is_literal(text)
    found = text if literal else evaluate(task, text)
    if found is None:
        return None
    try:
        return moments.resolve(found, task.top.host.now(), end_of_day=end_of_day)
    except ValueError as error:
        raise _failed(task, text, str(error)) from error


def opening(task: LiveTask) -> dict[str, Any]:
    """What the inbox shows of a user task: role, assignee, organisation, dates, priority."""
    properties = task.task_spec.properties
    shown: dict[str, Any] = {}
    role = task.task_spec.node.role
    if is_computed(role):
        shown["role"] = text_of(task, role) or _nobody(task, role)
    for name in ("assignee", "organisation", "subject"):
        if text := properties.get(f"ebg:{name}"):
            shown[name] = text_of(task, text)
    if text := properties.get("ebg:due"):
        shown["due"] = _iso(moment(task, text, end_of_day=True))
    if text := properties.get("ebg:follow_up"):
        shown["follow_up"] = _iso(moment(task, text))
    if text := properties.get("ebg:priority"):
        found = value(task, text)
        if found is not None and not isinstance(found, int):
            raise _failed(task, text, "la priorité doit être un nombre entier")
        shown["priority"] = found
    return shown


def _nobody(task: LiveTask, role: str) -> str:
    message = (
        f"le rôle de {task.task_spec.label()}, « {role[:200]} », ne donne rien : personne "
        "ne pourrait faire cette tâche"
    )
    raise TaskFailed(message, code="unknown_role")


def checked(given: Any) -> Any:
    """A deep copy of plain JSON data. Raises DataRefused for anything else."""
    try:
        return orjson.loads(orjson.dumps(given))
    except orjson.JSONEncodeError as error:
        raise DataRefused(
            f"ces valeurs ne sont pas des données simples : {error}"
        ) from error


def _iso(found: date | None) -> str | None:
    return None if found is None else found.isoformat()


def _failed(task: LiveTask, text: str, reason: str) -> TaskFailed:
    shown = re.sub(r"\s+", " ", text)[:200]
    message = f"l'expression « {shown} » de {task.task_spec.label()} : {reason}"
    return TaskFailed(message, code="expression")
