"""A circuit is a list of steps and a diagram: the same thing, written and read back."""

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import operations
from workflows import publication
from workflows.parapheur.circuits import (
    ACCOUNTING,
    ALL,
    APPROVE,
    ARCHIVE,
    KINDS,
    LEGALITY,
    MAIL,
    ONE,
    SEAL,
    SIGN,
    TRANSMISSION,
    NotAList,
    Step,
    read,
    write,
)

WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
DESKS = st.one_of(
    st.from_regex(r"desk:[a-z][a-z0-9_]{0,20}", fullmatch=True),
    st.from_regex(r"=route\.desks\.[a-z_]{1,10}", fullmatch=True),
    st.just('=if folder.metadata.a = "b, c" then "desk:a" else ["desk:b", "desk:c"][1]'),
)
KEYS = st.lists(st.from_regex(r"[a-zé_][a-z0-9_]{0,9}", fullmatch=True), max_size=3).map(
    tuple
)
DAYS = st.none() | st.integers(1, 400)
STEPS = st.builds(
    Step,
    kind=st.sampled_from(KINDS),
    name=WORDS,
    desks=st.lists(DESKS, min_size=1, max_size=4).map(tuple),
    parallel=st.sampled_from(["", ALL, ONE]),
    by_hand=st.booleans(),
    working_days=DAYS,
    reminder_days=DAYS,
    to=st.lists(WORDS, max_size=3).map(tuple),
    target=st.sampled_from(["", LEGALITY, ACCOUNTING]),
    to_approve=KEYS,
    to_refuse=KEYS,
)
EVERYTHING = (
    Step(
        APPROVE,
        "Viser",
        ("desk:a", "=route.desks.service"),
        ONE,
        working_days=2,
        to_approve=("montant", "seance"),
    ),
    Step(SIGN, "Signer", ("desk:b", "desk:c"), ALL, reminder_days=3),
    Step(SEAL, "Cachet"),
    Step(SEAL, "Cachet à la main", ("desk:a",), by_hand=True, to_refuse=("cause",)),
    Step(MAIL, to=("a@b.fr",)),
    Step(TRANSMISSION, target=LEGALITY),
    Step(ARCHIVE),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=8))
def test_what_is_written_is_read_back(steps: list[Step]) -> None:
    assert read(write("parapheur.essai", "Essai", steps)) == steps


def test_every_kind_of_step_can_be_published(app: Flask) -> None:
    publication.load_operations()
    files = {"process.bpmn": write("parapheur.essai", "Essai", EVERYTHING)}
    assert operations.is_remote("signature.seal")
    problems = publication.check("parapheur.essai", files)
    assert [f"{p.element_id}: {p.message}" for p in problems] == []


def test_the_page_may_be_rearranged_and_it_is_still_a_list() -> None:
    content = write("parapheur.essai", "Essai", EVERYTHING)
    assert read(content.replace(b'x="150"', b'x="951"')) == list(EVERYTHING)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('answer = "refuse"', 'answer = "maybe"', "autrement"),
        ('id="accepted"', 'id="over"', "n’est pas une étape"),
        ('name="ebg:page"', 'name="ebg:other"', "autrement"),
        ("<bpmn:endEvent", '<bpmn:task id="more" name="Relire"/><bpmn:endEvent', "Relire"),
    ],
)  # fmt: skip
def test_what_is_drawn_otherwise_is_told(old: str, new: str, told: str) -> None:
    content = write("parapheur.essai", "Essai", EVERYTHING[:1]).decode()
    changed = (
        content.replace(old, new, 1)
        if "answer" not in old
        else content.replace(old.replace('"', "&quot;"), new).replace(old, new)
    )
    assert changed != content
    with pytest.raises(NotAList, match=told):
        read(changed.encode())


def test_a_stranger_is_no_list() -> None:
    for content in (b"", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
        with pytest.raises(NotAList):
            read(content)
