"""Days and hours as people type them, in Paris, made moments."""

from datetime import date, datetime, time, timedelta

from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from engine.clock import PARIS


class Unreadable(Exception):
    """This is not a day, or not an hour."""


def day(typed: str) -> date:
    """A day, as `<input type="date">` sends it. Raises Unreadable."""
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise Unreadable from None


def start(typed_day: str, typed_hour: str = "") -> datetime:
    """The moment at which something begins: midnight, unless an hour is said."""
    return _moment(day(typed_day), _hour(typed_hour) if typed_hour else time())


def end(typed_day: str, typed_hour: str = "") -> datetime:
    """The moment at which something is over: the end of the day, unless an hour is said."""
    if typed_hour:
        return _moment(day(typed_day), _hour(typed_hour))
    try:
        return _moment(day(typed_day) + timedelta(days=1), time())
    except OverflowError:
        raise Unreadable from None


def _hour(typed: str) -> time:
    try:
        return time.fromisoformat(typed).replace(tzinfo=None)
    except ValueError:
        raise Unreadable from None


def _moment(on: date, at: time) -> datetime:
    if not 2000 <= on.year <= 2200:  # noqa: PLR2004  nobody means another one
        raise Unreadable
    return datetime.combine(on, at, PARIS)


def last(moment: datetime) -> str:
    """Until when, in words: a day included when it ends at midnight, a moment otherwise."""
    local = moment.astimezone(PARIS)
    if local.time() != time():
        return str(format_datetime(moment, "short"))
    day_before = format_date(local.date() - timedelta(days=1), "medium")
    return str(_("%(day)s inclus", day=day_before))
