"""Two people's answers put together: what only one changed is kept, nothing is lost."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from forms.merging import Answers, compare, merge

LEAF = st.one_of(st.none(), st.integers(0, 3), st.text("ab", max_size=2), st.lists(st.integers(0, 2), max_size=2))  # fmt: skip
FORM = st.fixed_dictionaries(
    {"a": LEAF, "b": LEAF, "group": st.fixed_dictionaries({"c": LEAF, "d": LEAF})}
)


def answers(values: Any, **raw: list[str]) -> Answers:
    return Answers(values, raw)


@given(FORM, FORM, FORM)
def test_what_one_alone_changed_is_in_the_merger(seen: Any, mine: Any, theirs: Any) -> None:
    found = compare(answers(seen), answers(mine), answers(theirs))
    merged = merge(
        answers(mine), answers(theirs), [one.name for one in found if one.by_me]
    ).leaves()
    for one in found:
        expected = one.mine if one.by_me else one.theirs
        assert merged[one.name] == expected
    same = set(merged) - {one.name for one in found}
    there = answers(theirs).leaves()
    assert all(merged[name] == there[name] for name in same)


@given(FORM, FORM, FORM)
def test_taking_everything_of_mine_gives_mine(seen: Any, mine: Any, theirs: Any) -> None:
    found = compare(answers(seen), answers(mine), answers(theirs))
    names = [one.name for one in found]
    merged = merge(answers(mine), answers(theirs), names)
    assert not compare(answers(seen), answers(mine), merged)


@given(FORM, FORM)
def test_who_changed_nothing_has_no_conflict(seen: Any, theirs: Any) -> None:
    found = compare(answers(seen), answers(seen), answers(theirs))
    assert not [one for one in found if one.conflict or one.by_me]


def test_zero_is_an_answer_and_an_empty_text_is_none() -> None:
    (one,) = compare(answers({"n": None}), answers({"n": 0}), answers({"n": ""}))
    assert one.by_me


def test_a_text_that_could_not_be_read_is_kept_with_its_answer() -> None:
    mine = answers({"n": None, "rows": [{"x": None}]}, **{"n": ["dix"], "rows.0.x": ["?"]})
    theirs = answers({"n": None, "rows": []})
    found = compare(answers({}), mine, theirs)
    assert {one.name for one in found if one.by_me} == {"n", "rows"}
    merged = merge(mine, theirs, ["n", "rows"])
    assert merged.raw == {"n": ["dix"], "rows.0.x": ["?"]}
    assert merge(mine, theirs, ["n"]).raw == {"n": ["dix"]}
