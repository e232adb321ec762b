"""Our answers against feelin's (vectors.json, written for this project).

Where we differ it is on purpose: `OURS` says what we answer, and why.
"""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine import feel

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text())
REFUSED = "refused"

OURS: dict[str, tuple[Any, str]] = {
    "0.1 + 0.2": (0.3, "we count in Decimal, euros in floats are wrong"),
    '5 > "3"': (None, "a number and a text have no order; feelin is lenient"),
    'duration("P2M") = duration("P60D")': (None, "two kinds, as for any other two"),
    "is defined(inconnu)": (
        REFUSED,
        "not FEEL: a misspelt function is said at publication",
    ),
    "is defined(a)": (REFUSED, "not FEEL: a misspelt function is said at publication"),
}
OUR_TESTS: dict[tuple[str, Any], tuple[bool | None, str]] = {
    ("> 3", None): (None, "null compared is null; a table takes it as no match"),
    ('> date("2026-01-01")', "2026-03-01"): (None, "a text is not a date: write date(x)"),
}


def answer(expression: str) -> Any:
    try:
        return feel.plain(feel.compile(expression).evaluate(VECTORS["context"]))
    except feel.FeelSyntaxError:
        return REFUSED


@pytest.mark.parametrize("vector", VECTORS["expressions"], ids=lambda vector: vector["e"])
def test_expression(vector):
    expected = vector["value"]
    if isinstance(expected, dict) and "$type" in expected:
        expected = expected["value"]
    if vector["e"] in OURS:
        ours, reason = OURS[vector["e"]]
        assert ours != expected and reason
        expected = ours
    got = answer(vector["e"])
    assert got == expected
    assert isinstance(got, bool) == isinstance(expected, bool)


@pytest.mark.parametrize("vector", VECTORS["unary"], ids=lambda vector: vector["e"])
def test_unary(vector):
    expected = vector["value"]
    if (vector["e"], vector["input"]) in OUR_TESTS:
        expected, reason = OUR_TESTS[vector["e"], vector["input"]]
        assert reason
    assert feel.compile_unary(vector["e"]).matches(vector["input"], {}) is expected


def test_every_difference_is_still_one():
    assert OURS.keys() <= {vector["e"] for vector in VECTORS["expressions"]}


def test_lists_that_look_like_ranges():
    # grants.md §3: (1,5) after `in` is two tests, not an interval
    assert feel.compile("3 in (1,5)").evaluate({}) is False
    assert feel.compile("3 in (1..5)").evaluate({}) is True


def test_values_keep_their_kind():
    context = VECTORS["context"]
    assert feel.compile("sum(depenses.montant_ht)").evaluate(context) == Decimal("120.5")
    assert feel.compile('date("2026-03-31") + duration("P1M")').evaluate({}) == date(
        2026, 4, 30
    )
