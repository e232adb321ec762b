"""An expression tried by whoever writes it: its value, its kind, and why it is null."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import feel
from engine.feel.trying import VALUE, attempt

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("source", "value", "kind"),
    [
        ("1 + 1", 2, "un nombre"),
        ('date("2026-11-21")', "2026-11-21", "une date"),
        ("[1..3]", "[1..3]", "un intervalle"),
        ("function(x) x", "function(x)", "une fonction"),
        ("a.b", 3, "un nombre"),
        ("Montant HT", 4, "un nombre"),
    ],
)
def test_a_value_comes_with_its_kind(source: str, value: object, kind: str) -> None:
    found = attempt(source, {"a": {"b": 3}, "Montant HT": 4})
    assert (found.value, found.type) == (value, kind)


def test_a_null_is_explained() -> None:
    found = attempt("inconnu + 1", {})
    assert found.value is None
    assert "inconnu" in found.notes[0]


def test_a_cell_looks_at_its_value() -> None:
    assert attempt("< plafond", {VALUE: 4, "plafond": 5}, unary=True).value is True
    assert attempt("[1..3]", {VALUE: 4}, unary=True).value is False
    assert attempt("< 5", {VALUE: "texte"}, unary=True).value is None


@given(st.text(max_size=40), st.dictionaries(st.text(max_size=6), JSON, max_size=4))
def test_nothing_typed_breaks_it(source: str, data: dict[str, object]) -> None:
    for unary in (False, True):
        try:
            attempt(source, data, unary=unary)
        except feel.FeelError as error:
            assert str(error)
