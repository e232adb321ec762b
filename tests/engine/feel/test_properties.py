"""Whatever is written or computed: FeelError or a value, in bounded time, exact."""

import time
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import feel
from engine.feel.values import DECIMAL128

PIECES = st.sampled_from(
    [
        "a",
        "b",
        "n",
        "s",
        "liste",
        "rows",
        "item",
        "?",
        "partial",
        "1",
        "2.5",
        "-3",
        '"x"',
        '""',
        '@"2026-01-01"',
        '@"P1D"',
        "true",
        "false",
        "null\n",
        "",
        "",
        "",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "..",
        "+",
        "-",
        "*",
        "/",
        "**",
        "=",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "and",
        "or",
        "not",
        "in",
        "between",
        "if",
        "then",
        "else",
        "for\n",
        "",
        "",
        "",
        "return",
        "some",
        "every",
        "satisfies",
        "instance",
        "of",
        "number",
        "list<",
        ">",
        "function(x)",
        "sum",
        "count",
        "sort\n",
        "",
        "",
        "",
        "matches",
        "replace",
        "split",
        "string",
        "date",
        "concatenate",
        "append",
        "flatten",
        "[1..3]",
        "(1..a]",
        "for_i\n",
        "",
        "",
        "",
        "years",
        "and",
        "months",
        "duration(",
        "string",
        "length(",
        "get",
        "entries(",
        "range(",
        "decimal(",
        "mode(\n",
        "",
        "",
        "",
        "/*",
        "*/",
        "//",
        "é",
        "🐎",
        "\xa0",
    ]
).map(str.strip)
EXPRESSIONS = st.one_of(
    st.text(max_size=60),
    st.lists(PIECES, max_size=25).map(" ".join),
    st.lists(PIECES, max_size=25).map("".join),
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(-1e15, 1e15)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5)
    ),
    max_leaves=20,
)
MONEY = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=2)


@settings(max_examples=600, deadline=None)
@given(EXPRESSIONS, PLAIN)
def test_any_text_gives_a_value_or_a_feel_error(source, data):
    context = {
        "a": data,
        "b": [data],
        "n": 3,
        "s": "texte",
        "liste": [1, 2],
        "rows": [{"n": 1}],
    }
    started = time.process_time()
    for read in (
        lambda: feel.compile(source).evaluate(context),
        lambda: feel.compile(source).diagnose(context).value,
        lambda: feel.compile_unary(source).matches(data, context),
    ):
        try:
            feel.plain(read())
        except feel.FeelError as error:
            assert error.message and str(error)
    assert time.process_time() - started < 30


@settings(deadline=None)
@given(PLAIN)
def test_process_data_come_back_as_they_were(data):
    back = feel.plain(feel.compile("a").evaluate({"a": data}))
    assert back == data


@settings(deadline=None)
@given(MONEY, MONEY)
def test_arithmetic_is_that_of_decimal(a, b):
    context = {"a": a, "b": b}

    def value(source):
        return feel.compile(source).evaluate(context)

    assert value("a + b") == a + b
    assert value("a - b") == a - b
    assert value("a * b") == DECIMAL128.multiply(a, b)
    assert value("a / b") == (DECIMAL128.divide(a, b) if b else None)
    assert value("a < b") is (a < b)
    assert value("(a + b) - b = a") is True


@settings(deadline=None)
@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_json_numbers_are_read_as_they_are_written(a, b):
    got = feel.compile("a + b").evaluate({"a": a, "b": b})
    assert got == DECIMAL128.add(Decimal(repr(a)), Decimal(repr(b)))


@settings(deadline=None)
@given(
    st.dates(),
    st.datetimes(timezones=st.none()),
    st.timedeltas(timedelta(days=-9999), timedelta(days=9999)),
    st.integers(-9999, 9999),
)
def test_dates_are_written_as_they_are_read(day, moment, length, months):
    for value in (day, moment, length, feel.YearsMonths(months), moment.time()):
        text = feel.plain(value)
        assert feel.compile(f'@"{text}"').evaluate({}) == value


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-1200, 1200))
def test_months_go_and_come_back(day, months):
    source = 'years and months duration(a, a + duration("P1M") * n)'
    got = feel.compile(source).evaluate({"a": day, "n": months})
    if day.day <= 28:
        assert got == feel.YearsMonths(months)


@pytest.mark.parametrize("number", [Decimal(1) / 3, Decimal("0.1234567890123456789")])
def test_a_number_json_would_alter_is_refused(number):
    with pytest.raises(feel.FeelRuntimeError, match="decimal"):
        feel.plain(number)


def test_plain_writes_moments_in_utc_and_refuses_functions():
    moment = feel.compile('@"2026-11-21T12:00:00+02:00"').evaluate({})
    assert isinstance(moment, datetime)
    assert feel.plain(moment) == "2026-11-21T10:00:00Z"
    assert feel.plain([Decimal("1.0"), Decimal("1E+3"), Decimal("-0")]) == [1, 1000, 0]
    assert all(isinstance(one, int) for one in feel.plain([Decimal("1.0"), Decimal("-0")]))
    for source in ("abs", "[1..2]"):
        with pytest.raises(feel.FeelRuntimeError, match="enregistré"):
            feel.plain(feel.compile(source).evaluate({}))
