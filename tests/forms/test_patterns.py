"""Patterns agree with a reference engine, and never run away."""

import re
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.patterns import MAX_TEXT, PatternRefused, compile_pattern

ALIKE = [
    r"^\d{14}$",
    r"a?a?b",
    r"[A-Z]{2}-\d{1,3}",
    r"^(?:ab|c)*d$",
    r"^$",
    r"x*",
    r"[^abc]+$",
    r"a|b|",
    r"^[\w.-]+@[a-z]+\.[a-z]{2,}$",
    r"(a|b){2,3}c",
    r"a{2,}$",
    r"^(a|b|ab)*c?$",
    r"\.\s\S",
    r"[a\-z]",
    r"[]-a]?x".replace("[]", r"[\]"),
    r"a+?b*?",
    r"\ta",
]


@given(st.sampled_from(ALIKE), st.text("abcdxzA1-.@ \n]", max_size=8))
def test_it_matches_as_the_reference_does(pattern, text):
    theirs = re.compile(pattern.replace("$", r"\Z"), re.ASCII)
    assert compile_pattern(pattern)(text) == bool(theirs.search(text))


@pytest.mark.parametrize(
    "pattern",
    ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(a*)*b", "^(a?){90}a{90}$", "(.*a){12}"],
)
def test_a_pattern_that_blows_others_up_answers_at_once(pattern):
    matches = compile_pattern(pattern)
    begun = perf_counter()
    assert not matches("a" * (MAX_TEXT - 1) + "!") or pattern == "(.*a){12}"
    assert perf_counter() - begun < 60, "in a naive engine, centuries"


def test_a_text_longer_than_what_is_judged_does_not_match():
    assert compile_pattern("a")("a" * MAX_TEXT)
    assert not compile_pattern("a")("a" * (MAX_TEXT + 1))


@pytest.mark.parametrize(
    "pattern",
    [
        "(a", "a)", "[a", "(?=a)", "(?<n>a)", r"\1", r"\b", r"\k", "a**", "a{2}{3}", "*", "{2}",
        "a{900}", "a{3,2}", "a{x}", "a{2", "[z-a]", r"[\D]", "\\", "((a{50}){50}){50}", "(" * 30,
        "a{999999999}", "((((){800}){800}){800}){800}" + "(a{99}){99}",
    ],
)  # fmt: skip
def test_what_is_outside_the_syntax_is_refused(pattern):
    with pytest.raises(PatternRefused):
        compile_pattern(pattern)


@given(st.text("ab()[]{}*+?|^$\\.-,0129d", max_size=30))
def test_any_pattern_is_compiled_or_refused(pattern):
    try:
        matches = compile_pattern(pattern)
    except PatternRefused:
        return
    matches("ab01")
