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
