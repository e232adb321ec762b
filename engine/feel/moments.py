"""Dates, times and durations: reading, writing, and the calendar's arithmetic.

Years go to a billion on both sides (see `far`), fractions of a second to the
microsecond. What cannot be read raises Undefined.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.feel import far
from engine.feel.errors import Undefined
from engine.feel.far import CYCLE, Day, FarDate, FarMoment

_DATE = r"(?P<date>-?(?:\d{4}|[1-9]\d{4,8})-\d\d-\d\d)"
_TIME = (
    r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.(?P<fraction>\d+))?"
    r"(?P<zone>Z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z0-9_+\-/]+)?"
)
_ONLY_DATE = re.compile(_DATE, re.ASCII)
_ONLY_TIME = re.compile(f"T?{_TIME}", re.ASCII)
_MOMENT = re.compile(f"{_DATE}T{_TIME}", re.ASCII)
_DAYS = re.compile(
    r"(-)?P(?:(\d{1,12})D)?(?:T(?=\d)(?:(\d{1,12})H)?(?:(\d{1,12})M)?(?:(\d{1,12}(?:\.\d*)?)S)?)?",
    re.ASCII,
)
_MONTHS = re.compile(r"(-)?P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?", re.ASCII)
_WIDEST_OFFSET = 14

Moment = datetime | FarMoment


@dataclass(frozen=True, slots=True, order=True)
class YearsMonths:
    """A duration in whole months (12 a year); negative allowed."""

    months: int


def read_date(text: str) -> date | FarDate:
    """The date written `2026-11-21`."""
    if _ONLY_DATE.fullmatch(text) is None:
        raise Undefined(f"« {text} » n'est pas une date de la forme AAAA-MM-JJ")
    year, month, day = text.rsplit("-", 2)
    try:
        return far.make(int(year), int(month), int(day))
    except ValueError:
        raise Undefined(f"« {text} » n'est pas une date du calendrier") from None


def read_time(text: str) -> time:
    """The time of day written `10:30:00`, with an offset or a zone if any."""
    found = _ONLY_TIME.fullmatch(text)
    if found is None:
        raise Undefined(f"« {text} » n'est pas une heure de la forme HH:MM:SS")
    return _clock(found)


def read_moment(text: str) -> Moment:
    """The moment written `2026-11-21T10:30:00Z`; a date alone is its midnight."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return at(read_date(text), time())
    if "T24:00:00" in text:  # ISO's other name for the next midnight
        next_day = plus(read_moment(text.replace("T24", "T00")), timedelta(days=1))
        assert isinstance(next_day, datetime | FarMoment)
        return next_day
    return at(read_date(found["date"]), _clock(found))


def at(day: date | FarDate, clock: time) -> Moment:
    """The moment when it is so late on that day."""
    if isinstance(day, FarDate):
        return FarMoment(datetime.combine(day.near, clock), day.cycles)
    return datetime.combine(day, clock)


def day_of(value: Day) -> date | FarDate:
    """The date of a moment; a date is its own."""
    if isinstance(value, FarMoment):
        return FarDate(value.near.date(), value.cycles)
    return value.date() if isinstance(value, datetime) else value


def read_duration(text: str) -> timedelta | YearsMonths:
    """The duration written `P15D`, `PT2H30M` or `P1Y6M`."""
    found = _MONTHS.fullmatch(text)
    if found and (found[2] or found[3]):
        months = 12 * int(found[2] or 0) + int(found[3] or 0)
        return YearsMonths(-months if found[1] else months)
    found = _DAYS.fullmatch(text)
    if found is None or not any(found.groups()[1:]):
        raise Undefined(f"« {text} » n'est pas une durée (exemples : P15D, P2M, PT12H)")
    days, hours, minutes = (int(part or 0) for part in found.groups()[1:4])
    seconds, _, fraction = (found[5] or "0").partition(".")
    try:
        length = timedelta(
            days=days,
            hours=hours,
            minutes=minutes,
            seconds=int(seconds),
            microseconds=int(fraction[:6].ljust(6, "0")),
        )
    except OverflowError:
        raise Undefined(f"« {text} » est une durée trop longue") from None
    return -length if found[1] else length


def read_any(text: str) -> Day | time | timedelta | YearsMonths:
    """What `@"…"` means: the first of moment, date, time and duration that fits."""
    for pattern, read in ((_MOMENT, read_moment), (_ONLY_DATE, read_date)):
        if pattern.fullmatch(text):
            return read(text)
    if _ONLY_TIME.fullmatch(text):
        return read_time(text)
    return read_duration(text)


def _clock(found: re.Match[str]) -> time:
    fraction = (found["fraction"] or "")[:6].ljust(6, "0")
    hour, minute, second = (int(found[part]) for part in ("hour", "minute", "second"))
    try:
        return time(hour, minute, second, int(fraction), tzinfo=_zone(found["zone"]))
    except ValueError:
        raise Undefined(f"« {found.group()} » n'est pas une heure") from None


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    if text.startswith("@"):
        return _named_zone(text[1:])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    return offset(
        timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
        * (-1 if text[0] == "-" else 1)
    )


@lru_cache(maxsize=256)
def _named_zone(name: str) -> tzinfo:
    if name in {"Z", "UTC"}:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Undefined(f"Le fuseau horaire « {name} » n'existe pas") from None


def offset(length: timedelta) -> tzinfo:
    """The fixed offset from UTC; at most 14 hours."""
    if abs(length) > timedelta(hours=_WIDEST_OFFSET):
        raise Undefined("Un décalage horaire ne dépasse pas 14 heures")
    return timezone(length) if length else UTC


def instant(moment: Moment) -> Moment:
    """The moment in UTC; unchanged when it has no offset."""
    if isinstance(moment, datetime):
        try:
            return moment if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError:
            pass  # in UTC, it leaves the years Python counts
    near, cycles = far.lift(moment)
    assert isinstance(near, datetime)
    return _moment(near if near.tzinfo is None else near.astimezone(UTC), cycles)


def _moment(near: datetime, cycles: int) -> Moment:
    settled = far.settle(near, cycles)
    assert isinstance(settled, datetime | FarMoment)
    return settled


def plus(value: Day, length: timedelta) -> Day:
    """Real time later, even across a change of clocks; for a date, in whole days."""
    try:
        if not isinstance(value, FarDate | FarMoment):
            return _plus(value, length)
    except OverflowError:
        pass
    near, cycles = far.lift(value)
    more, rest = divmod(length, CYCLE)
    return far.settle(_plus(near, rest), cycles + more)


def _plus(value: date, length: timedelta) -> date:
    if not isinstance(value, datetime):
        return (datetime.combine(value, time()) + length).date()
    if isinstance(value.tzinfo, ZoneInfo):
        return (value.astimezone(UTC) + length).astimezone(value.tzinfo)
    return value + length


def plus_months(value: Day, months: int) -> Day:
    """The same day `months` later, or the last of its month."""
    near, cycles = far.lift(value)
    more, rest = divmod(months, 12 * far.CYCLE_YEARS)
    years, month = divmod(near.month - 1 + rest, 12)
    year = near.year + years
    day = min(near.day, monthrange(year, month + 1)[1])
    return far.settle(near.replace(year=year, month=month + 1, day=day), cycles + more)


def between(start: Day, end: Day) -> timedelta:
    """The time from `start` to `end`; a date against a moment is its midnight in UTC.

    Raises TypeError when only one has an offset, OverflowError.
    """
    if far.is_moment(start) != far.is_moment(end):
        start, end = _midnight(start), _midnight(end)
    if isinstance(start, datetime | FarMoment) and isinstance(end, datetime | FarMoment):
        start, end = instant(start), instant(end)
    if isinstance(start, FarDate | FarMoment) or isinstance(end, FarDate | FarMoment):
        (one, cycles), (other, others) = far.lift(start), far.lift(end)
        return (other - one) + (others - cycles) * CYCLE
    return end - start


def _midnight(value: Day) -> Moment:
    if isinstance(value, datetime | FarMoment):
        return value
    return at(value, time(tzinfo=UTC))


def months_between(start: date | FarDate, end: date | FarDate) -> YearsMonths:
    """Whole months from `start` to `end`, negative backwards."""
    if far.order(start, end) == 1:
        return YearsMonths(-months_between(end, start).months)
    (one, _), (other, _) = far.lift(start), far.lift(end)
    months = 12 * (far.year_of(end) - far.year_of(start)) + other.month - one.month
    return YearsMonths(months - (other.day < one.day))


def write(value: Day | time | timedelta | YearsMonths) -> str:
    """The ISO form, that `read_any` reads back."""
    if isinstance(value, FarDate | FarMoment):
        year = far.year_of(value)
        return f"{'-' * (year < 0)}{abs(year):04d}{write(value.near)[4:]}"
    if isinstance(value, timedelta):
        return _write_days(value)
    if isinstance(value, YearsMonths):
        return _write_months(value)
    if not isinstance(value, datetime | time):
        return value.isoformat()
    text = value.replace(tzinfo=None).isoformat()
    if "." in text:
        text = text.rstrip("0")
    if value.tzinfo is None:
        return text
    if isinstance(value.tzinfo, ZoneInfo):
        return f"{text}@{value.tzinfo.key}"
    gap = value.tzinfo.utcoffset(None)
    if not gap:
        return f"{text}Z"
    return text + value.replace(microsecond=0).isoformat()[len(text.partition(".")[0]) :]


def _write_days(length: timedelta) -> str:
    sign, length = ("-", -length) if length < timedelta() else ("", length)
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{length.microseconds:06d}".rstrip("0") if length.microseconds else ""
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or fraction:
        clock += f"{seconds}{fraction}S"
    days = f"{length.days}D" if length.days else ""
    if not days and not clock:
        return "PT0S"
    return f"{sign}P{days}" + (f"T{clock}" if clock else "")


def _write_months(length: YearsMonths) -> str:
    if not length.months:
        return "P0M"
    years, months = divmod(abs(length.months), 12)
    sign = "-" if length.months < 0 else ""
    return f"{sign}P" + (f"{years}Y" if years else "") + (f"{months}M" if months else "")
