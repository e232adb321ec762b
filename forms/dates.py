"""Days, hours and moments as the French write them: JJ/MM/AAAA in, ISO 8601 out.

A moment is typed in the time of Paris and kept in UTC, ending in Z.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.clock import PARIS
from forms.numbers import Wrong

EARLIEST, LATEST = 1800, 2200

_FRENCH = re.compile(r"([0-9]{1,2})([/. -])([0-9]{1,2})\2([0-9]{4})")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{1,2})\s*[:hH]\s*([0-9]{2})?(?::[0-9]{2})?")
_SPLIT = re.compile(r"\s+à\s+|\s+|T", re.IGNORECASE)


def read_date(text: str) -> str:
    """The day typed, in ISO: « 21/11/2026 » or « 2026-11-21 ». Raises Wrong."""
    return _day(text).isoformat()


def read_time(text: str) -> str:
    """The hour typed, in ISO: « 14:30 », « 14h30 » or « 14h ». Raises Wrong."""
    return _hour(text).isoformat("minutes")


def read_moment(text: str) -> str:
    """The moment typed, in ISO UTC: « 21/11/2026 14:30 » in Paris. Raises Wrong."""
    cure = "écrivez le jour puis l’heure, par exemple 21/11/2026 14:30"
    if text.endswith("Z"):
        return _iso_moment(text, cure)
    pieces = _SPLIT.split(text.strip(), maxsplit=1)
    if len(pieces) != 2:  # noqa: PLR2004  a day and an hour
        raise Wrong(cure)
    try:
        typed = datetime.combine(_day(pieces[0]), _hour(pieces[1]), PARIS)
    except Wrong as wrong:
        raise Wrong(cure) from wrong
    moment = typed.astimezone(UTC)
    if moment.astimezone(PARIS).replace(tzinfo=None) != typed.replace(tzinfo=None):
        raise Wrong("cette heure n’existe pas ce jour-là (passage à l’heure d’été)")
    return moment.isoformat(timespec="minutes").replace("+00:00", ":00Z")


def show_date(value: Any) -> str:
    """« 21/11/2026 » for an ISO day; the value itself when it is not one."""
    day = iso_day(value)
    return day.strftime("%d/%m/%Y") if day else _as_is(value)


def show_time(value: Any) -> str:
    """« 14:30 » for an ISO hour."""
    return _as_is(value)


def show_moment(value: Any) -> str:
    """« 21/11/2026 14:30 », in the time of Paris, for an ISO moment."""
    moment = iso_moment(value)
    if moment is None:
        return _as_is(value)
    return moment.astimezone(PARIS).strftime("%d/%m/%Y %H:%M")


def iso_day(value: Any) -> date | None:
    """The day an ISO text stands for, or None."""
    if not isinstance(value, str) or not _ISO.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def iso_moment(value: Any) -> datetime | None:
    """The moment an ISO text with its offset stands for, or None."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        near = date.min.year < moment.year < date.max.year
    except ValueError:
        return None
    return moment if moment.tzinfo and near else None


def _as_is(value: Any) -> str:
    return "" if value is None else str(value)


def _iso_moment(text: str, cure: str) -> str:
    moment = iso_moment(text)
    if moment is None or not EARLIEST <= moment.year <= LATEST:
        raise Wrong(cure)
    kept = moment.astimezone(UTC) - timedelta(
        seconds=moment.second, microseconds=moment.microsecond
    )
    return kept.isoformat(timespec="minutes").replace("+00:00", ":00Z")


def _day(text: str) -> date:
    cure = "écrivez la date sous la forme JJ/MM/AAAA, par exemple 21/11/2026"
    bare = text.strip()
    if found := _FRENCH.fullmatch(bare):
        numbers = (int(found[4]), int(found[3]), int(found[1]))
    elif found := _ISO.fullmatch(bare):
        numbers = (int(found[1]), int(found[2]), int(found[3]))
    else:
        raise Wrong(cure)
    try:
        day = date(*numbers)
    except ValueError as error:
        raise Wrong(f"la date {bare} n’existe pas dans le calendrier") from error
    if not EARLIEST <= day.year <= LATEST:
        raise Wrong(f"vérifiez l’année : elle est comprise entre {EARLIEST} et {LATEST}")
    return day


def _hour(text: str) -> time:
    cure = "écrivez l’heure sous la forme HH:MM, par exemple 14:30"
    found = _TIME.fullmatch(text.strip())
    if not found or not (found[2] or "h" in text.lower()):
        raise Wrong(cure)
    try:
        return time(int(found[1]), int(found[2] or 0))
    except ValueError as error:
        raise Wrong(cure) from error
