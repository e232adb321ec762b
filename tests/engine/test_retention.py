"""What is kept goes when its time is over, not before; what is held stays; the journal tells."""

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from engine import access, clock, journal, journal_check, retention, visible
from engine import chores as chore
from engine.access import Forbidden
from engine.commands import chores, eliminating, eliminating_cases, keeping_back
from engine.commands.keeping_back import Decision
from engine.documents import Document, Draft
from engine.errors import OperationRefused
from engine.exchanges import Exchange, RemoteCall, Response
from engine.journal import JournalEntry
from engine.models import History, ProcessInstance, UserTask, db
from engine.tracking import TrackingSecret
from engine.transaction import transaction
from tests.web.two_offices import TwoOffices, nothing_closed, open_two_offices
from web import tidying

UNITS = {"Y": 365, "M": 28, "D": 1}


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)),
    st.integers(1, 200),
    st.sampled_from(sorted(UNITS)),
)
def test_a_duration_goes_back_and_never_less_than_it_says(
    moment: datetime, number: int, unit: str
) -> None:
    now = moment.replace(tzinfo=UTC)
    before = retention.before(now, f"P{number}{unit}")
    days = (now.astimezone(clock.PARIS).date() - before.date()).days
    assert days >= UNITS[unit] * number
    assert before <= retention.before(now, f"P{max(number - 1, 0)}{unit}")


@pytest.mark.parametrize(
    "wrong",
    ["", "10", "P", "PY", "P10", "P-1D", "P1Y2M", "P1.5D", "p1d", "P99999999Y", "P²D"],
)
def test_a_duration_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        retention.before(datetime(2026, 1, 1, tzinfo=UTC), wrong)


def test_every_rule_of_the_file_can_be_applied_and_says_its_grounds() -> None:
    rules = retention.of_the_platform()
    assert {rule.kind for rule in rules} == set(retention.KINDS)
    for rule in rules:
        assert rule.article
        assert rule.status in retention.STATUSES
        assert rule.before(datetime(2026, 6, 1, tzinfo=UTC)) < datetime(
            2026, 6, 1, tzinfo=UTC
        )
    assert {rule.kind for rule in rules if not rule.automatic} == {"cases", "accounts"}


@pytest.fixture
def office(app: Flask) -> TwoOffices:
    return open_two_offices(app)


@pytest.fixture
def closed(office: TwoOffices) -> ProcessInstance:
    """A case with everything a case may have, closed by hand eleven years ago; no other is."""
    case = office.ids["case"]
    with transaction():
        nothing_closed()
        instance = db.session.get_one(ProcessInstance, case)
        instance.status, instance.ended_at = "completed", clock.now()
        call = db.session.scalars(
            select(RemoteCall).where(RemoteCall.instance_id == case)
        ).first()
        db.session.add(
            Exchange(
                call_id=call.id, attempt=1, partner="oseo", outcome="answered",
                request_sha512="", milliseconds=3, at=clock.now(),
                response=Response(content=b"{}", at=clock.now()),
            )
        )  # fmt: skip
        db.session.add(TrackingSecret(instance_id=case, digest="0" * 64))
    clock.advance(timedelta(days=365 * 11))
    return db.session.get_one(ProcessInstance, case)


def run(office: TwoOffices, subject: str) -> chore.Chore:
    made = chores.ask(
        chore.RETENTION, subject, actor=office.actor("operator"), motive="Fin de la durée"
    )
    chores.finish()
    db.session.rollback()
    return db.session.get_one(chore.Chore, made)


def test_a_closed_case_is_eliminated_and_its_chain_still_verifies(
    office: TwoOffices, closed: ProcessInstance
) -> None:
    case, officer, number = closed.id, office.actor("officer"), closed.number
    documents = set(
        db.session.scalars(select(Document.sha256).where(Document.instance_id == case))
    )
    others = db.session.scalar(
        select(func.count()).select_from(History).where(History.instance_id != case)
    )
    acts = len(journal.of_case(case))
    assert access.allowed(officer, "see", closed)
    done = run(office, "cases")
    assert (done.status, done.result["removed"], done.total) == (chore.DONE, 1, 1)
    left = db.session.get_one(ProcessInstance, case)
    assert (left.number, left.title, left.applicant_id) == (number, "", None)
    assert left.state == b""
    with db.engine.connect() as connection:
        for table in eliminating_cases.case_tables():
            asked = (
                select(func.count())
                .select_from(table)
                .where(eliminating_cases._of_case(table, eliminating_cases.case_tables()))
            )
            assert connection.scalar(asked, {"case": case}) == 0, table.name
    assert others == db.session.scalar(select(func.count()).select_from(History))
    entries = journal.of_case(case)
    assert len(entries) == acts + 1
    assert all(entry.detail == {} and entry.salt == "" for entry in entries[:-1])
    assert entries[-1].action == "case_eliminated"
    assert set(entries[-1].detail["documents"]) == documents
    assert entries[-1].detail["rows"]["user_task"] > 0
    assert journal_check.verify() == []
    told = journal.latest("retention:cases")[0]
    assert (told.detail["number"], told.detail["motive"]) == (1, "Fin de la durée")
    assert len(told.detail["sha256"]) == 64
    for role in office.cast:
        assert not access.allowed(office.actor(role), "see", left), role
    found = db.session.scalars(visible.handled_cases(officer)).all()
    assert left not in found
    assert run(office, "cases").result["removed"] == 0, "once"


def test_details_erased_without_an_elimination_are_a_fault(
    office: TwoOffices, closed: ProcessInstance
) -> None:
    run(office, "cases")
    entry = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.chain == f"case:{office.ids['begun']}")
        .order_by(JournalEntry.seq)
    ).first()
    with transaction():
        entry.detail, entry.salt = {}, ""
    [fault] = journal_check.verify()
    assert fault.startswith(f"case:{office.ids['begun']}: what entry {entry.seq} said")


def test_what_is_held_stays_whatever_the_rule(
    office: TwoOffices, closed: ProcessInstance
) -> None:
    head, officer = office.actor("head"), office.actor("officer")
    with pytest.raises(Forbidden):
        keeping_back.hold(closed.id, actor=officer, motive="Contentieux")
    with pytest.raises(Forbidden):
        keeping_back.hold(closed.id, actor=office.actor("other_head"), motive="x")
    with pytest.raises(OperationRefused):
        keeping_back.hold(closed.id, actor=head, motive=" ")
    keeping_back.hold(closed.id, actor=head, motive="Recours devant le tribunal")
    with pytest.raises(OperationRefused):
        keeping_back.hold(closed.id, actor=office.actor("operator"), motive="x")
    for subject in ("cases", "tracking", "exchanges", "notices"):
        run(office, subject)
    assert db.session.get_one(ProcessInstance, closed.id).eliminated_at is None
    assert db.session.get(TrackingSecret, closed.id) is not None
    assert db.session.scalar(select(func.count()).select_from(Response)) == 1
    keeping_back.lift(closed.id, actor=head, motive="Jugement définitif")
    assert run(office, "tracking").result["removed"] == 1
    assert run(office, "exchanges").result["removed"] == 1
    assert run(office, "cases").result["removed"] == 1
    with pytest.raises(OperationRefused):
        keeping_back.hold(closed.id, actor=head, motive="Trop tard")
    acts = [entry.action for entry in journal.of_case(closed.id)]
    assert acts[-3:] == ["case_held", "case_hold_lifted", "case_eliminated"]
    assert journal_check.verify() == []


def test_a_decision_replaces_a_rule_from_its_day_on(
    office: TwoOffices, closed: ProcessInstance
) -> None:
    operator = office.actor("operator")
    soon = clock.today() + timedelta(days=3)
    own = Decision("cases", "P20Y", "Délibération 26-12", soon, key=closed.key, status="lu")
    with pytest.raises(Forbidden):
        keeping_back.decide(own, actor=office.actor("head"), motive="x")
    keeping_back.decide(own, actor=operator, motive="Demandé par les archives")
    rule = retention.named("cases")
    assert eliminating.kind_of(rule).count(rule) == 1
    clock.advance(timedelta(days=3))
    assert eliminating.kind_of(rule).count(rule) == 0, "it has a rule of its own"
    mine = retention.named(f"cases:{closed.key}")
    assert (mine.duration, mine.decided) == ("P20Y", True)
    assert eliminating.kind_of(mine).count(mine) == 0
    archive = Decision(
        "cases", "P1Y", "Essai", clock.today(), key=closed.key, disposition="archive"
    )
    keeping_back.decide(archive, actor=operator, motive="À verser")
    mine = retention.named(f"cases:{closed.key}")
    assert eliminating.kind_of(mine).count(mine) == 0, "not in the archives yet"
    with transaction():
        call = db.session.scalars(
            select(RemoteCall).where(RemoteCall.instance_id == closed.id)
        ).first()
        call.partner, call.status = "archiving", "done"
    assert eliminating.kind_of(mine).count(mine) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "nawak"},
        {"duration": "10 ans"},
        {"duration": "P0D"},
        {"article": "  "},
        {"article": "x" * 501},
        {"key": "tests.unknown"},
        {"kind": "notices", "key": "grants.investment_aid"},
        {"kind": "drafts", "disposition": "archive"},
        {"status": "sûr"},
        {"valid_from": date(2020, 1, 1)},
    ],
    ids=str,
)
def test_a_rule_that_makes_no_sense_is_refused(app: Flask, wrong: dict) -> None:
    from tests.office import open_office

    given = {"kind": "cases", "duration": "P5Y", "article": "Essai",
             "valid_from": clock.today()}  # fmt: skip
    with pytest.raises(OperationRefused):
        keeping_back.decide(
            Decision(**{**given, **wrong}), actor=open_office().operator, motive="essai"
        )
    assert retention.in_force() == sorted(
        retention.of_the_platform(), key=lambda one: retention.KINDS.index(one.kind)
    )


def test_the_platform_applies_what_is_automatic_by_itself(office: TwoOffices) -> None:
    drafts = select(func.count()).select_from(Draft)
    of_tasks = db.session.scalar(drafts.where(Draft.task_id.is_not(None)))
    assert db.session.scalar(drafts.where(Draft.task_id.is_(None))) == 2
    clock.advance(timedelta(days=100))
    tidying.plan()
    chores.finish()
    assert db.session.scalar(drafts.where(Draft.task_id.is_(None))) == 2
    clock.advance(timedelta(days=100))
    tidying.plan()
    chores.finish()
    assert db.session.scalar(drafts) == of_tasks, "a task's draft is the case's"
    assert journal.latest("retention:drafts")[0].actor_id is None
    assert journal.latest("retention:cases") == []
    failed = select(chore.Chore).where(chore.Chore.status != chore.DONE)
    assert db.session.scalars(failed).all() == []
    assert journal_check.verify() == []


def test_every_table_of_a_case_is_known(app: Flask) -> None:
    """A new table that names a case goes with it, unless somebody says why it stays."""
    assert {table.name for table in eliminating_cases.case_tables()} == {
        "accounting_batch", "accounting_document", "accounting_invoice",
        "accounting_payment_order",
        "accounting_pes", "case_follower", "case_message", "case_note", "case_request", "case_variable",
        "document", "draft", "draft_change", "exchange", "exchange_response",
        "grant_application", "grant_decision", "grant_opinion", "history", "incident",
        "legality_document", "legality_letter", "legality_message",
        "message_subscription", "notice",
        "parapheur_act", "parapheur_annotation", "parapheur_file", "parapheur_folder",
        "parapheur_folder_desk", "parapheur_mail", "parapheur_opinion", "parapheur_reading",
        "parapheur_signature", "parapheur_version",
        "presence", "remote_call", "signal",
        "signal_delivery", "signing_item", "timer", "tracking_secret",
        "transmission", "transmission_event", "transmission_file", "user_task",
    }  # fmt: skip
    assert UserTask.__table__ in eliminating_cases.case_tables()
