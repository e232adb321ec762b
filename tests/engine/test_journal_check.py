"""Whatever is done to the journal behind our back is found, and told with its place."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from engine import chores as chore
from engine import clock, journal, journal_check, journal_export, journal_search
from engine.commands import chores, partners
from engine.journal import JournalEntry, JournalHead
from engine.journal_check import Fault
from engine.journal_search import After, Wanted
from engine.models import db
from engine.transaction import transaction
from tests.conftest import ROOT
from tests.office import Office, open_office
from tests.plans import plan_of, sent, whole


@pytest.fixture
def office(either_app: Flask) -> Office:
    made = open_office()
    for number in range(6):
        partners.set_rate("oseo", number + 1, actor=made.operator, motive=f"n° {number}")
        partners.pause("mail", actor=made.operator, motive="essai")
    db.session.rollback()
    return made


def faults(at_once: int = 1) -> list[Fault]:
    """Read in slices as small as they may be: where they are cut changes nothing."""
    place, found = journal_check.START, []
    while place is not None:
        db.session.rollback()
        some, place, _ = journal_check.check(place, at_once)
        found += some
    return found


def entry(seq: int, chain: str = "partner:oseo"):
    return (JournalEntry.chain == chain, JournalEntry.seq == seq)


TAMPERED = {
    "an act": (lambda: update(JournalEntry).where(*entry(3)).values(action="x"), "altered", 3),
    "a detail": (lambda: update(JournalEntry).where(*entry(3)).values(detail={}), "altered", 3),
    "a moment": (
        lambda: update(JournalEntry).where(*entry(2)).values(at=clock.now()), "altered", 2),
    "a detail erased with its salt": (
        lambda: update(JournalEntry).where(*entry(4)).values(detail={}, salt=""), "erased", 4),
    "one removed": (lambda: delete(JournalEntry).where(*entry(3)), "missing", 3),
    "the last removed": (lambda: delete(JournalEntry).where(*entry(6)), "removed", 5),
    "all removed": (
        lambda: delete(JournalEntry).where(JournalEntry.chain == "partner:oseo"),
        "removed", 0),
    "its head": (
        lambda: update(JournalHead).where(JournalHead.chain == "partner:oseo").values(seq=4),
        "removed", 4),
    "nothing known of it": (
        lambda: delete(JournalHead).where(JournalHead.chain == "partner:oseo"),
        "unknown", 6),
}  # fmt: skip


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_tampered_with_is_told(office: Office, what: str) -> None:
    assert faults(at_once=3) == []
    statement, kind, seq = TAMPERED[what]
    with db.engine.begin() as connection:  # by hand, behind the office's back
        connection.execute(statement())
    found = faults(at_once=2)
    assert Fault("partner:oseo", seq, kind) in found
    assert {fault.chain for fault in found} == {"partner:oseo"}
    chores.ask(chore.JOURNAL, actor=office.operator, motive="Vérification")
    chores.finish()
    done = chore.latest(chore.JOURNAL)
    assert (done.status, done.result["faults"]) == (chore.DONE, len(found))
    assert ["partner:oseo", seq, kind] in done.result["told"]
    assert done.done == done.total or "removed" in what


def test_a_rewritten_chain_does_not_match_its_head(office: Office) -> None:
    """Someone who knows how digests are made, and rewrites the last entry as a whole."""
    last = dict(
        db.session.execute(select(*JournalEntry.__table__.columns).where(*entry(6)))
        .mappings()
        .one()
    )
    db.session.rollback()
    last |= {"action": "partner_resumed"}
    last["digest"] = journal.digest_of(last)
    with db.engine.begin() as connection:
        connection.execute(update(JournalEntry).where(*entry(6)).values(**last))
    assert faults() == [Fault("partner:oseo", 6, "removed")]


def test_a_chore_goes_on_where_it_stood_and_can_be_stopped(office: Office) -> None:
    asked = chores.ask(chore.JOURNAL, actor=office.operator, motive="Contrôle")
    assert chores.ask(chore.JOURNAL, actor=office.operator, motive="Encore") == asked
    chores.stop(asked, actor=office.operator, motive="Plus besoin")
    assert chores.advance() == 0
    assert db.session.get(chore.Chore, asked).status == chore.STOPPED
    acts = [one.action for one in journal.latest(f"chore:{asked}")]
    assert acts == ["chore_stopped", "chore_asked"]
    assert chores.plan(chore.JOURNAL, every=timedelta(hours=1)) is None, "one is recent"
    assert chores.plan(chore.JOURNAL, every=timedelta()) is not None
    chores.finish()
    assert chore.latest(chore.JOURNAL).status == chore.DONE


def exported(tmp_path: Path, wanted: Wanted) -> Path:
    file = tmp_path / "journal.jsonl"
    entries = journal_search.everything(wanted, 1000, at_once=2)
    file.write_bytes(b"".join(journal_export.lines(entries, {}, clock.now())))
    return file


def verified(file: Path) -> tuple[int, str]:
    """As somebody does who has Python and the script alone."""
    script = ROOT / "docs/verify_journal.py"
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_an_export_is_verified_by_us_and_by_anybody(
    either_app: Flask, office: Office, tmp_path: Path
) -> None:
    file = exported(tmp_path, Wanted())
    assert journal_export.verify(file) == []
    assert verified(file)[0] == 0
    part = exported(tmp_path, Wanted(action="partner_rate_set"))
    assert journal_export.verify(part) == []
    whole = part.read_text()
    runner = either_app.test_cli_runner()
    asked = ["journal-verify", "--file", str(part)]
    for wrong, told in (
        (whole.replace("n° 2", "n° 9"), "altered"),
        ("\n".join(whole.splitlines()[:-2]) + "\n", "last line"),
        (whole.replace('"seq":3', '"seq":"x"'), "entry"),
        ("pas du JSON\n" + whole, "not JSON"),
        ("", "last line"),
        (whole.replace("e-bourgogne-journal-1", "autre"), "no export"),
    ):
        part.write_text(wrong)
        assert any(told in fault for fault in journal_export.verify(part)), told
        status, said = verified(part)
        assert status == 1, said
        result = runner.invoke(args=asked)
        assert result.exit_code == 1
    part.write_text(whole)
    assert runner.invoke(args=asked).exit_code == 0


DETAILS = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    ),
    max_size=4,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(details=st.lists(DETAILS, min_size=1, max_size=4))
def test_whatever_is_said_verifies_here_and_elsewhere(
    app: Flask, tmp_path: Path, details: list[dict]
) -> None:
    """No NUL and no lone surrogate is ever written: no database takes them."""
    clean = [json.loads(json.dumps(d).replace("\\u0000", "")) for d in details]
    with transaction():
        for detail in clean:
            journal.write("tests:said", "said", by=None, detail=detail)
    assert journal_check.verify() == []
    file = exported(tmp_path, Wanted(chain="tests:said"))
    assert journal_export.verify(file) == []
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import verify_journal

        assert list(verify_journal.faults(file)) == []
    finally:
        sys.path.pop(0)


WANTED = {
    "everything": Wanted(),
    "acts of operation": Wanted(operated=True),
    "an act": Wanted(action="partner_paused"),
    "a chain": Wanted(chain="partner:oseo"),
}


@pytest.mark.parametrize("name", WANTED)
def test_pages_follow_one_another_without_losing_an_act(office: Office, name: str) -> None:
    wanted = WANTED[name]
    whole = [(e.chain, e.seq) for e in journal_search.find(wanted, None, 1000)]
    after, paged = None, []
    while page := journal_search.find(wanted, after, 2):
        paged += [(e.chain, e.seq) for e in page]
        after = After.of(page[-1])
    assert paged == whole
    assert len(set(paged)) == len(paged)
    assert len(paged) >= 6


@pytest.mark.parametrize("name", ["everything", "an act", "a chain", "a person", "days"])
def test_the_journal_is_read_through_an_index(office: Office, name: str) -> None:
    wanted = {
        **WANTED,
        "a person": Wanted(person=office.operator.person_id),
        "days": Wanted(first=clock.today(), last=clock.today()),
    }[name]
    last = journal_search.find(wanted, None, 1)[0]
    if db.engine.dialect.name == "postgresql":
        for way in ("seqscan", "bitmapscan", "sort"):
            db.session.execute(text(f"SET enable_{way} = off"))
    for after in (None, After.of(last)):
        ((statement, values),) = sent(
            lambda after=after: journal_search.find(wanted, after, 50)
        )
        plan = plan_of(statement, values)
        assert not whole(plan, ["journal_entry"]), plan
        assert "B-TREE FOR ORDER BY" not in plan, plan
        assert "Sort" not in plan.replace("Incremental Sort", ""), plan
