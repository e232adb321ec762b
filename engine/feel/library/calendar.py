"""Functions that make and read dates, times and durations."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from engine import clock
from engine.feel import far, moments
from engine.feel.errors import Undefined
from engine.feel.far import Day, FarDate, FarMoment
from engine.feel.functions import function
from engine.feel.limits import ZONE_COST, Run
from engine.feel.moments import YearsMonths

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@function("date", "from: any")
def date_from(run: Run, value: Any) -> date | FarDate:
    if isinstance(value, str):
        return moments.read_date(value)
    return _day(value)


@function("date", "year: number", "month: number", "day: number")
def date_of(run: Run, year: Decimal, month: Decimal, day: Decimal) -> date | FarDate:
    try:
        return far.make(_whole(year), _whole(month), _whole(day))
    except ValueError:
        raise Undefined("cette date n'existe pas") from None


@function("date and time", "from: any")
def moment_from(run: Run, value: Any) -> moments.Moment:
    if isinstance(value, str):
        run.spend(ZONE_COST * ("@" in value))
        return moments.read_moment(value)
    if isinstance(value, datetime | FarMoment):
        return value
    return moments.at(_day(value), time())


@function("date and time", "date: day", "time: time")
def moment_of(run: Run, day: Day, at: time) -> moments.Moment:
    return moments.at(_day(day), at)


@function("time", "from: any")
def time_from(run: Run, value: Any) -> time:
    if isinstance(value, str):
        run.spend(ZONE_COST * ("@" in value))
        return moments.read_time(value)
    if isinstance(value, time):
        return value
    if isinstance(value, datetime | FarMoment):
        near, _ = far.lift(value)
        assert isinstance(near, datetime)
        return near.timetz()
    _day(value)
    return time(tzinfo=UTC)


@function("time", "hour: number", "minute: number", "second: number", "offset: any?")
def time_of(
    run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: Any = None
) -> time:
    if offset is not None and not isinstance(offset, timedelta):
        raise Undefined("le décalage est une durée")
    zone = None if offset is None else moments.offset(offset)
    whole = int(second) if abs(second) < 100 else 100  # noqa: PLR2004  refused below
    micros = int((second - whole) * 1_000_000)
    try:
        return time(_whole(hour), _whole(minute), whole, micros, tzinfo=zone)
    except ValueError:
        raise Undefined("cette heure n'existe pas") from None


@function("duration", "from: any")
def duration(run: Run, value: Any) -> timedelta | YearsMonths:
    if isinstance(value, timedelta | YearsMonths):
        return value
    if not isinstance(value, str):
        raise Undefined("une durée se lit dans un texte")
    return moments.read_duration(value)


@function("years and months duration", "from: day", "to: day")
def years_and_months(run: Run, start: Day, end: Day) -> YearsMonths:
    return moments.months_between(_day(start), _day(end))


@function("day of year", "date: day")
def day_of_year(run: Run, day: Day) -> Decimal:
    return Decimal(_near(day).timetuple().tm_yday)


@function("day of week", "date: day")
def day_of_week(run: Run, day: Day) -> str:
    return _DAYS[_near(day).weekday()]


@function("month of year", "date: day")
def month_of_year(run: Run, day: Day) -> str:
    return _MONTHS[_near(day).month - 1]


@function("week of year", "date: day")
def week_of_year(run: Run, day: Day) -> Decimal:
    return Decimal(_near(day).isocalendar().week)


@function("today")
def today(run: Run) -> date:
    return clock.today()


@function("now")
def now(run: Run) -> datetime:
    return clock.now().astimezone(clock.PARIS)


def _day(value: Any) -> date | FarDate:
    if isinstance(value, date | FarDate | FarMoment):
        return moments.day_of(value)
    raise Undefined("ceci n'est pas une date")


def _near(value: Day) -> date:
    """The same day of a year that has the same calendar."""
    return far.lift(value)[0]


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value() or abs(number) > 10**9:
        raise Undefined("on attend des nombres entiers")
    return int(number)
