"""Due dates in words: working days, public holidays, and the clock of the law."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import clock, working_days
from engine.clock import PARIS
from web import due
from workflows.landmarks import LegalClock

DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))


def at(day: date, hour: int = 12) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=PARIS).astimezone(UTC)


def told(app: Flask, day: date, today: date, *, hour: int = 23) -> due.Due:
    with app.test_request_context():
        return due.words(at(day, hour), now=at(today))


FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("day", "text", "kind"),
    [
        (date(2026, 12, 1), "Dans 2 jours ouvrés (mardi 1er décembre)", "warn"),
        (date(2026, 11, 30), "Dans un jour ouvré (lundi 30 novembre)", "warn"),
        (date(2026, 12, 10), "Dans 9 jours ouvrés (jeudi 10 décembre)", ""),
        # Christmas is not counted
        (date(2026, 12, 28), "Dans 20 jours ouvrés (lundi 28 décembre)", ""),
        (date(2026, 11, 28), "Avant le prochain jour ouvré (samedi 28 novembre)", "warn"),
        (FRIDAY, "Aujourd’hui (vendredi 27 novembre)", "late"),
        (date(2026, 11, 26), "En retard d’un jour ouvré (jeudi 26 novembre)", "late"),
        (date(2026, 11, 10), "En retard de 12 jours ouvrés (mardi 10 novembre)", "late"),
    ],
)
def test_a_due_date_is_told_in_working_days(
    app: Flask, day: date, text: str, kind: str
) -> None:
    found = told(app, day, FRIDAY)
    assert (found.text, found.kind) == (text, kind)


def test_a_weekend_is_no_working_day_late(app: Flask) -> None:
    found = told(app, FRIDAY, date(2026, 11, 29))
    assert found.text == "En retard depuis vendredi 27 novembre"
    assert found.kind == "late"


def test_a_far_day_is_told_by_its_date_alone(app: Flask) -> None:
    assert told(app, date(2999, 1, 1), FRIDAY).text == "mardi 1er janvier 2999"
    assert told(app, date(1850, 1, 1), FRIDAY).text.startswith("En retard depuis")


def test_an_hour_past_is_late_on_the_same_day(app: Flask) -> None:
    assert told(app, FRIDAY, FRIDAY, hour=9).text.startswith("En retard depuis")


@settings(deadline=None)
@given(DAYS, st.integers(0, 400))
def test_counting_working_days_undoes_adding_them(day: date, count: int) -> None:
    assert working_days.between(day, working_days.after(day, count)) == count


@settings(deadline=None)
@given(DAYS, DAYS, DAYS)
def test_working_days_add_up(one: date, two: date, three: date) -> None:
    first, middle, last = sorted((one, two, three))
    parts = working_days.between(first, middle) + working_days.between(middle, last)
    assert parts == working_days.between(first, last)
    assert working_days.between(last, first) == -parts


@settings(deadline=None)
@given(DAYS, st.integers(0, 400))
def test_holidays_passed_over_and_working_days_make_the_weekdays(
    day: date, length: int
) -> None:
    last = day + timedelta(days=length)
    weekdays = sum((day + timedelta(n)).weekday() < 5 for n in range(1, length + 1))
    passed = len(working_days.holidays_between(day, last))
    assert passed + working_days.between(day, last) == weekdays


def legal(app: Flask, days: int, effect: str = "rejection", **more: object) -> due.Due:
    today = clock.today()
    with app.test_request_context():
        return due.silence(
            LegalClock(effect, today + timedelta(days=days), "CRPA", today, **more)
        )


def test_the_legal_clock_counts_every_day(app: Flask) -> None:
    assert "Silence vaut rejet dans 6 jours (le " in legal(app, 6).text
    assert legal(app, 6).kind == "warn"
    assert legal(app, 60).kind == ""
    assert legal(app, 0).text == "Silence vaut rejet à la fin de la journée"
    assert "Silence vaut acceptation dans 20 jours" in legal(app, 20, "acceptance").text


def test_a_suspended_clock_says_since_when_and_what_it_waits_for(app: Flask) -> None:
    today = clock.today()
    found = legal(
        app,
        6,
        suspended_on=today,
        suspended_until=today + timedelta(days=15),
        awaited="pièce attendue",
    )
    assert found.text.startswith("Délai légal suspendu depuis le ")
    assert "pièce attendue ; reprise le " in found.text
    assert found.kind == "info"
