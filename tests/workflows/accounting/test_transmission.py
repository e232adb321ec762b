"""A signed PES goes to the accountant and comes back judged batch by batch."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from engine import clock
from engine.commands import tasks
from engine.documents import unreferenced
from engine.models import db
from engine.notices import Notice
from tests.connectors.helios.orders import order
from tests.workflows.accounting.accounts import described, open_accounts
from workflows.accounting import files
from workflows.accounting.models import Pes, PesBatch, PesDocument


@pytest.fixture
def accounts(app):
    return open_accounts(app)


def _pass(accounts, hours=2, until=3):
    """Time goes by until the accountant has answered."""
    for _ in range(until):
        clock.advance(timedelta(hours=hours))
        accounts.settle()


def _batches(row):
    found = select(PesBatch).where(PesBatch.pes_id == row.id).order_by(PesBatch.position)
    return [(one.domain, one.number, one.state) for one in db.session.scalars(found)]


def test_the_accountant_takes_everything(accounts):
    file = accounts.signed("PES-BON-1")
    case = accounts.transmit(file)
    row = accounts.latest(case)
    assert (row.state, row.name, row.code) == ("sent", "PES-BON-1", "400")
    assert (row.expenses, row.revenues) == (Decimal("48000.50"), Decimal("48000.50"))
    _pass(accounts)
    row = accounts.latest(case)
    assert row.state == "acknowledged"
    assert _batches(row) == [("expense", "12", "accepted"), ("revenue", "3", "accepted")]
    assert accounts.case(case).outcome == "acknowledged"
    kept = {row.sha256, row.acknowledgement_sha256}
    assert not unreferenced(kept)


def test_partial_acceptance_is_corrected_and_sent_again(accounts):
    case = accounts.transmit(accounts.signed("PART-1"), title="Novembre", number="2026-7")
    assert accounts.case(case).title == "Novembre"
    _pass(accounts)
    row = accounts.latest(case)
    assert row.state == "partial"
    states = {domain: state for domain, _number, state in _batches(row)}
    assert sorted(states.values()) == ["accepted", "refused"]
    assert row.reasons
    document = db.session.scalars(
        select(PesDocument).where(PesDocument.pes_id == row.id)
    ).one()
    assert document.state in {"accepted", "refused"}
    same = accounts.signed("PART-1")
    _resend(accounts, case, same)
    assert "a déjà été transmis" in " ".join(accounts.latest(case).reasons)
    corrected = accounts.signed("BON-2", order(21, documents=[]))
    _resend(accounts, case, corrected)
    _pass(accounts)
    last = accounts.latest(case)
    assert (last.state, last.name) == ("acknowledged", "BON-2")
    assert last.replaces_id is not None
    assert accounts.case(case).outcome == "acknowledged"


def _resend(accounts, case, file):
    values = {"decision": "resend", "files": [described(file)], "note": None}
    tasks.complete(accounts.task(case), values, actor=accounts.actor)
    accounts.settle()


def test_what_is_wrong_never_leaves(accounts):
    for content, said in (
        (accounts.pes("NON-SIGNE"), "n’est pas signé"),
        (b"<a/>", "pas un PES_Aller"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DTD"),
    ):
        case = accounts.transmit(accounts.stored(content))
        row = accounts.latest(case)
        assert row.state == "error"
        assert said in " ".join(row.reasons)
        assert row.sent_as is None
        values = {"decision": "close", "note": "Abandonné", "files": []}
        tasks.complete(accounts.task(case), values, actor=accounts.actor)
        accounts.settle()
        assert accounts.case(case).outcome == "closed"
        assert accounts.latest(case).state == "closed"


def test_a_case_without_any_pes_asks_for_one(accounts):
    case = accounts.transmit(accounts.stored(b"%PDF-1.7", "acte.pdf"))
    _resend(accounts, case, accounts.signed("BON-3"))
    assert accounts.latest(case).state == "sent"


def test_a_late_acknowledgement_is_told_once_and_awaited_still(accounts):
    case = accounts.transmit(accounts.signed("LENT-1"))
    _pass(accounts, hours=24, until=2)
    assert accounts.latest(case).state == "sent"
    _pass(accounts, hours=24, until=6)
    told = db.session.scalars(select(Notice).where(Notice.instance_id == case)).all()
    late = [one for one in told if "retard" in str(one.detail)]
    assert [one.person_id for one in late] in ([], [accounts.person])
    assert accounts.latest(case).state == "acknowledged"


def test_the_pes_that_waited_for_its_signature_is_the_one_sent(accounts):
    made = accounts.stored(accounts.pes("BON-4"))
    examined = accounts.app.extensions["partners"]["helios"].examine(
        content=accounts.pes("BON-4")
    )
    row = files.keep(made, examined, organisation_id=accounts.body, actor=accounts.actor)
    other = accounts.transmit(accounts.signed("BON-5", order(31, documents=[])))
    files.put_in_book(row, other, actor=accounts.actor)
    case = accounts.transmit(accounts.signed("BON-4"), id=str(other), title="x", number="1")
    found = accounts.latest(case)
    assert (found.id, found.state) == (row, "sent")
    with pytest.raises(files.PesUnavailable):
        files.put_in_book(row, other, actor=accounts.actor)
    assert db.session.query(Pes).count() == 2
