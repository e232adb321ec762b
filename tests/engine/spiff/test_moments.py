"""Dates, durations and repetitions, in Paris for people and in UTC for the machine."""

from datetime import UTC, date, datetime, timedelta

import pytest

from engine.spiff import moments

WINTER = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT1M30S", WINTER + timedelta(seconds=90)),
        ("P15D", WINTER + timedelta(days=15)),
        ("P1W", WINTER + timedelta(days=7)),
        ("PT0.5S", WINTER + timedelta(seconds=0.5)),
        ("P1Y2M", datetime(2028, 1, 21, 9, 0, tzinfo=UTC)),
        ("P6M", datetime(2027, 5, 21, 8, 0, tzinfo=UTC)),  # same hour in Paris, in summer
        ("P1DT2H", WINTER + timedelta(days=1, hours=2)),
    ],
)
def test_durations_are_counted_on_the_paris_calendar(text, expected):
    assert moments.resolve(text, WINTER) == expected


def test_a_short_month_ends_on_its_last_day():
    start = datetime(2027, 1, 31, 12, 0, tzinfo=UTC)
    assert moments.resolve("P1M", start) == datetime(2027, 2, 28, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["-P1D", "P", "PT", "15D", "P1.5D", "P1S", "0 0 9 * * MON", ""]
)
def test_what_is_no_duration_is_said(text):
    with pytest.raises(ValueError, match="durée"):
        moments.duration(text)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2027-07-01T08:00:00", datetime(2027, 7, 1, 6, 0, tzinfo=UTC)),
        ("2027-01-01T08:00:00", datetime(2027, 1, 1, 7, 0, tzinfo=UTC)),
        ("2027-07-01T08:00:00Z", datetime(2027, 7, 1, 8, 0, tzinfo=UTC)),
        ("2027-07-01T08:00:00+02:00", datetime(2027, 7, 1, 6, 0, tzinfo=UTC)),
        ("2027-07-01", datetime(2027, 6, 30, 22, 0, tzinfo=UTC)),
        (date(2027, 7, 1), datetime(2027, 6, 30, 22, 0, tzinfo=UTC)),
        (datetime(2027, 7, 1, 8), datetime(2027, 7, 1, 6, 0, tzinfo=UTC)),
    ],
)
def test_dates_without_an_offset_are_paris_time(given, expected):
    assert moments.at(given) == expected


def test_repetitions():
    assert moments.repetition("R3/PT10H", WINTER).first == WINTER + timedelta(hours=10)
    assert moments.repetition("R/P7D", WINTER).times is None
    begun = moments.repetition("R2/2027-01-01T00:00:00Z/P1D", WINTER)
    assert begun.first == datetime(2027, 1, 1, tzinfo=UTC)
    ended = moments.repetition("R3/P1D/2027-01-10T12:00:00Z", WINTER)
    assert ended.first == datetime(2027, 1, 8, 12, tzinfo=UTC)
    assert moments.repetition(timedelta(days=7), WINTER).times is None


@pytest.mark.parametrize(
    "text", ["R/PT0S", "R0/P1D", "R3", "P7DX", "R3/x", "R-1/P1D", "R3/P1D/x/y"]
)
def test_what_is_no_repetition_is_said(text):
    with pytest.raises(ValueError, match=r"répétition|durée|date"):
        moments.repetition(text, WINTER)


def test_a_repetition_is_counted_from_its_first_moment():
    monthly = moments.repetition("R/2027-01-31T10:00/P1M", WINTER)
    days = [monthly.occurrence(turn) for turn in range(4)]
    assert [(found.month, found.day) for found in days if found] == [
        (1, 31), (2, 28), (3, 31), (4, 30),
    ]  # fmt: skip
    nightly = moments.repetition("R/2027-03-27T02:30/P1D", WINTER)  # 28 March has no 2:30
    local = [nightly.occurrence(turn).astimezone(moments.PARIS) for turn in range(3)]
    assert [f"{found:%d %H:%M}" for found in local] == ["27 02:30", "28 03:30", "29 02:30"]


@pytest.mark.parametrize(
    "text", ["R/P7D", "R4/P7D", "R/P1Y", "R/PT1M", "R2/2020-02-29/P1Y"]
)
def test_what_is_past_is_counted_without_being_walked_through(text):
    found = moments.repetition(text, WINTER)
    for number in (0, 1, 3, 40):
        moment = found.every.times(number).after(found.first)
        most = number + 1 if found.times is None else min(number + 1, found.times)
        assert found.passed(moment) == most
        assert found.passed(moment - timedelta(seconds=1)) == min(number, most)
    assert moments.repetition("R3/PT1H", WINTER).occurrence(3) is None


def test_years_of_minutes_are_counted_at_once():
    since = moments.repetition("R/1970-01-01T00:00:00Z/PT1M", WINTER)
    assert since.passed(WINTER) == int(WINTER.timestamp()) // 60 + 1
    centuries = moments.repetition("R/0001-01-02T00:00:00Z/P900Y", WINTER)
    assert centuries.passed(WINTER) == 3
    assert centuries.occurrence(12) is None, "beyond the calendar"


@pytest.mark.parametrize(
    "text", ["P999999999Y", "P999999999D", "PT999999999H", "P12000M", "0001-01-01"]
)
def test_what_is_beyond_the_calendar_is_said(text):
    now = datetime(9999, 12, 31, 12, tzinfo=UTC)
    with pytest.raises(ValueError, match="calendrier"):
        moments.resolve(text, now)
    with pytest.raises(ValueError, match="durée"):
        moments.duration("P" + "9" * 5000 + "D")
