"""Invoices of contracts: received, suspended, certified, settled, ordered once and no more."""

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from connectors import Refused
from engine import clock
from engine.access import Forbidden, allowed
from engine.commands import tasks
from engine.documents import unreferenced
from engine.models import ProcessInstance, db
from tests.engine.test_races import at_once
from tests.workflows.accounting.accounts import open_accounts
from tests.workflows.accounting.contracts_kept import (
    CONTRACT,
    HOLDER,
    ago,
    buyer,
    certify,
    day,
    do,
    invoice_of,
    keep_contracts,
    receive,
    settled,
    waiting,
)
from workflows.accounting import contracts, facts, operations, orders, settling
from workflows.accounting.contract_models import Contract
from workflows.accounting.contracts import ContractRefused
from workflows.accounting.models import PaymentOrder


@pytest.fixture
def accounts(app):
    made = open_accounts(app)
    keep_contracts(made)
    return made


def _orders():
    db.session.rollback()
    return list(db.session.scalars(select(PaymentOrder).order_by(PaymentOrder.reference)))


def _data(case):
    from engine.commands.step import restore

    db.session.rollback()
    return restore(db.session.get_one(ProcessInstance, case)).data


def test_an_invoice_is_certified_settled_and_ordered_with_what_is_kept_back(accounts):
    advance = receive(accounts, "AV-1", 12_000, kind="advance")
    certify(accounts, advance)
    do(advance, "settle", accounts.actor, **settled())
    case = receive(accounts, "F-1", 90_000)
    row = invoice_of(case)
    assert row.due_on == clock.today() + timedelta(days=30)
    assert facts.deadlines([case])[case].day == row.due_on
    assert not unreferenced({_data(case)["invoice"]["files"][0]["sha256"]})
    assert waiting(case).due_at.astimezone(clock.PARIS).date() == row.due_on - timedelta(10)
    certify(accounts, case)
    offered = _data(case)["due"]
    # 5 % kept; 75 % of the work done: two thirds of the advance come back (65 % to 80 %).
    assert (offered["retention"], offered["recovery"]) == (4500, 8000)
    assert (offered["interest"], offered["indemnity"]) == (0, 0)
    do(case, "settle", accounts.actor, **settled(retention=4500, recovery=8000))
    assert invoice_of(case).state == "ordered"
    order = next(one for one in _orders() if one.instance_id == case)
    assert (order.amount + order.vat, order.contract) == (Decimal(77_500), "2026-012")
    assert order.third_party["siret"] == "99999101100019"
    assert order.documents[0]["name"] == "F-1.pdf"
    plain = orders.plain(order)
    assert (plain["type"], plain["nature"], plain["invoice"]) == ("09", "02", "F-1")
    assert plain["invoice_amount"] == "75000.00"
    assert plain["delay"]["until"] == invoice_of(case).due_on.isoformat()
    told = {fact.label: fact.value for fact in facts.of(case)}
    assert (told["État"], told["Retenue de garantie"]) == ("mandatée", Decimal(4500))
    given_back = receive(accounts, "RG-1", 4500, kind="release")
    certify(accounts, given_back)
    do(given_back, "settle", accounts.actor, **settled())
    assert invoice_of(given_back).state == "ordered"


def test_a_late_payment_owes_interest_on_an_account_of_its_own(accounts):
    case = receive(accounts, "F-2", 36_500, received_on=ago(40))
    assert "Retard" in {fact.label for fact in facts.of(case)}
    certify(accounts, case)
    due = _data(case)["due"]
    rate = Decimal(str(due["rate"]))
    assert (due["late_days"], due["indemnity"]) == (10, 40)
    assert Decimal(str(due["interest"])) == settling.cents(
        Decimal(36_500 - 1825) * rate / 100 * 10 / 365
    )
    said = settled(retention=1825, interest=due["interest"], indemnity=40)
    do(case, "settle", accounts.actor, **said)
    assert waiting(case).element_id == "settle", "no account of the interest"
    assert "Compte" in str(_data(case)["error"]["reasons"])
    assert _orders() == []
    do(case, "settle", accounts.actor, **{**said, "interest_account": "6711"})
    principal, interest = _orders()
    assert interest.amount == Decimal(str(due["interest"])) + 40
    assert principal.documents[0]["unique_id"] != interest.documents[0]["unique_id"]


def test_the_delay_stops_once_and_a_new_one_opens(accounts):
    case = receive(accounts, "F-3", 1200, received_on=ago(5))
    officer = buyer(accounts)
    do(case, "certify", officer, outcome="suspend", reason="Le bon de livraison manque")
    row = invoice_of(case)
    assert (row.state, row.suspensions, row.suspended_on) == ("suspended", 1, clock.today())
    assert facts.deadlines([case]) == {}
    assert "Le bon de livraison" in str(facts.of(case))
    do(case, "complete", accounts.actor, received_on=ago(0), files=[])
    row = invoice_of(case)
    assert (row.due_on, row.delay_from) == (clock.today() + timedelta(30), clock.today())
    assert _data(case)["entry"]["suspensions"] == 1
    do(case, "certify", officer, outcome="reject", reason="Livraison non conforme")
    assert invoice_of(case).state == "rejected"
    assert db.session.get_one(ProcessInstance, case).outcome == "rejected"
    again = receive(accounts, "F-3", 1200)
    assert invoice_of(again).state == "received", "a number rejected is free"


def test_the_same_number_of_the_same_holder_is_refused_and_the_first_named(accounts):
    keep = {**CONTRACT, "number": "2026-013"}
    contracts.add(keep, organisation_id=accounts.body, actor=accounts.actor)
    first = receive(accounts, "F-4", 1200)
    number = db.session.get_one(ProcessInstance, first).number
    second = receive(accounts, "f-4", 600, contract="2026-013")
    assert waiting(second).element_id == "correct"
    reasons = str(_data(second)["error"]["reasons"])
    assert number in reasons
    assert "marché 2026-012" in reasons
    values = {**_data(second)["invoice"], "outcome": "drop"}
    do(second, "correct", accounts.actor, **values)
    assert db.session.get_one(ProcessInstance, second).outcome == "dropped"


def test_nothing_is_paid_beyond_the_contract_and_two_agents_order_once(either_app):
    accounts = open_accounts(either_app)
    keep_contracts(accounts, retention="0")
    pair = [receive(accounts, f"F-{n}", 70_000) for n in (5, 6)]
    for case in pair:
        certify(accounts, case)
    clicks = [
        partial(tasks.complete, waiting(case).id, settled(), actor=accounts.actor)
        for case in (*pair, pair[0])
    ]
    db.session.rollback()
    at_once(either_app, *clicks)
    for case in pair:  # whoever met a lock that was held does it again
        db.session.rollback()
        if invoice_of(case).state != "ordered" and "error" not in _data(case):
            do(case, "settle", accounts.actor, **settled())
    assert sorted(invoice_of(case).state for case in pair) == ["certified", "ordered"]
    assert len(_orders()) == 1
    left = next(case for case in pair if invoice_of(case).state == "certified")
    assert "il reste 50\u202f000,00" in _data(left)["error"]["reasons"][0]
    [order] = _orders()
    orders.drop(order.id, actor=accounts.actor)
    do(left, "settle", accounts.actor, **settled())
    assert invoice_of(left).state == "ordered", "an order dropped gives its amount back"


def test_one_number_is_one_contract_and_nothing_is_kept_back_below_zero(either_app):
    accounts = open_accounts(either_app)
    keep_contracts(accounts)
    typed = {**CONTRACT, "number": "2026-020"}
    add = partial(contracts.add, typed, organisation_id=accounts.body, actor=accounts.actor)
    db.session.rollback()
    told = at_once(either_app, add, add)
    assert sum(one is None for one in told) == 1, told
    for name in ("retention", "recovery", "interest", "indemnity"):
        case = receive(accounts, f"F-{name}", 1200)
        certify(accounts, case)
        known, less = _data(case), settled(**{name: -5})
        with pytest.raises(Refused, match="aucun montant"), orders.transaction():
            operations.order_invoice(
                case=known["case"], entry=known["entry"], settlement=less,
                rules=known["rules"],
            )  # fmt: skip
    assert _orders() == []


def test_a_procedure_registers_a_contract_once(accounts):
    case = receive(accounts, "F-7", 1200)
    told = {"id": str(case)}
    values = {
        **CONTRACT, "number": "2027-1", "amount": 10, "total": 12, "advance": 0, "retention": 3,
    }  # fmt: skip
    with orders.transaction():
        made = operations.register_contract(case=told, **values)
        assert operations.register_contract(case=told, **values) == made
    assert db.session.get_one(Contract, _uuid(made["id"])).retention == 3
    with pytest.raises(Refused, match="déjà au registre"), orders.transaction():
        operations.register_contract(case=told, **{**values, "number": "2026-012"})


def _uuid(text):
    from uuid import UUID

    return UUID(text)


def test_what_is_said_wrong_of_a_contract_is_named(accounts):
    wrong = {
        **CONTRACT, "number": "2026-012", "retention": "6", "total": "90 000",
        "ends_on": "2025-01-01", "holder": {**HOLDER, "siret": "12345678901234", "iban": ""},
    }  # fmt: skip
    with pytest.raises(ContractRefused) as refused:
        contracts.add(wrong, organisation_id=accounts.body, actor=accounts.actor)
    assert set(refused.value.errors) == {
        "number", "retention", "total", "ends_on", "siret", "iban",
    }  # fmt: skip
    assert "R2191-33" in refused.value.errors["retention"]


def test_strangers_see_no_contract_and_pay_nothing(accounts):
    with pytest.raises(Forbidden):
        contracts.add(
            CONTRACT, organisation_id=accounts.body, actor=accounts.office.officer
        )
    case = receive(accounts, "F-8", 1200)
    contract = invoice_of(case).contract
    assert allowed(accounts.actor, "see", contract)
    for one in (
        accounts.office.officer,
        accounts.office.applicant,
        accounts.office.stranger,
    ):
        assert not allowed(one, "see", contract)
    with pytest.raises(Forbidden):
        do(case, "certify", accounts.office.stranger, outcome="certify", done_on=ago(0))
    with pytest.raises(Forbidden):
        do(case, "certify", accounts.office.applicant, outcome="certify", done_on=ago(0))


_CENTS = st.decimals(min_value="0.01", max_value="99999999", places=2)


@given(_CENTS, _CENTS, _CENTS, st.decimals(min_value=0, max_value=5, places=2))
def test_what_is_kept_back_never_passes_the_invoice(total, worth, advanced, rate):
    stands = settling.Standing(worth, Decimal(0), Decimal(0), advanced, Decimal(0))
    kept = settling.kept(total, rate, stands, since=Decimal(65), until=Decimal(80))
    assert 0 <= kept.retention + kept.recovery <= total
    assert kept.recovery <= advanced
    net, taxes = settling.split(total - kept.retention, total, total)
    assert (net, taxes) == (total - kept.retention, 0)


def test_a_new_delay_is_never_shorter_than_what_remained():
    assert settling.new_due(day("2026-03-01"), 45, 30) == day("2026-04-15")
    assert settling.new_due(day("2026-03-01"), 4, 30) == day("2026-03-31")
    owed = settling.interest(
        Decimal(36_500), Decimal(10), day("2026-03-01"), day("2026-03-11")
    )
    assert owed == 100
