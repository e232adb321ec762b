"""Days of the law, on dates written here and on any others."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import working_days
from workflows.legality.clock import enforceable, months_after, term

DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))
REFERRAL = {"months": 2, "clear": True, "postponed": True}
"""CGCT, art. L2131-6, as the decision table says it."""


@pytest.mark.parametrize(
    ("received", "last"),
    [
        (date(2027, 1, 1), date(2027, 3, 2)),  # day 60: 1 March, and one for a clear time
        (date(2026, 12, 31), date(2027, 3, 1)),  # no 31 February: its last day, and one
        (date(2026, 5, 13), date(2026, 7, 15)),  # 14 July is a public holiday
        (date(2026, 3, 13), date(2026, 5, 15)),  # 14 May 2026 is Ascension Day
    ],
)
def test_the_prefect_has_two_clear_months(received: date, last: date) -> None:
    assert term(received, **REFERRAL) == last


def test_day_59_is_within_the_time_and_day_61_is_not() -> None:
    last = term(date(2027, 1, 1), **REFERRAL)
    assert date(2027, 1, 1) + timedelta(days=59) <= last
    assert date(2027, 1, 1) + timedelta(days=61) > last


@given(DAYS, st.integers(1, 24))
def test_a_time_ends_on_a_working_day_never_before_its_months(
    day: date, months: int
) -> None:
    last = term(day, months, clear=True, postponed=True)
    assert working_days.works(last)
    assert last > months_after(day, months)
    between = (last - months_after(day, months)).days
    assert between <= 6, "a bridge of holidays at most"


@given(DAYS, DAYS, st.booleans())
def test_an_act_is_enforceable_when_the_last_of_both_is_done(
    published: date, received: date, transmitted: bool
) -> None:
    found = enforceable(published, received, transmitted=transmitted)
    assert found == (max(published, received) if transmitted else published)
    assert enforceable(None, received, transmitted=transmitted) is None
    assert enforceable(published, None, transmitted=True) is None
