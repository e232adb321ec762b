"""Payment orders are registered once, numbered in sequence, freed when their batch is refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import StoredFile
from engine.access import Forbidden
from engine.models import ProcessInstance, db
from tests.connectors.helios.orders import order
from tests.connectors.signature.xml_signing import signed_pes
from tests.workflows.accounting.accounts import ORDER, described, open_accounts
from tests.workflows.accounting.test_transmission import _pass, resend
from workflows.accounting import facts, files, operations, orders, panels, reading
from workflows.accounting.models import PaymentOrder
from workflows.accounting.orders import OrderRefused


@pytest.fixture
def accounts(app):
    return open_accounts(app)


def _add(accounts, reference, **changes):
    return orders.add(
        {**ORDER, **changes}, organisation_id=accounts.body, reference=reference,
        actor=accounts.actor,
    )  # fmt: skip


def _made(accounts, *ids, name="", sign=False):
    """A PES built of these orders, as the page does it."""
    chosen = orders.choose(ids, budget_id=accounts.budget, name=name, actor=accounts.actor)
    helios = accounts.app.extensions["partners"]["helios"]
    made = helios.build(orders=chosen.orders, header=chosen.header, key="k")
    file = StoredFile(**made.value["file"])
    content = accounts.app.extensions["partners"]["storage"].read(file.sha256)
    row = files.keep(
        file, helios.examine(content=content), organisation_id=accounts.body,
        actor=accounts.actor, made_of=chosen.ids,
    )  # fmt: skip
    return row, chosen, accounts.stored(signed_pes(content), f"{name or 'x'}.xml")


def _order(order_id):
    db.session.rollback()
    return db.session.get_one(PaymentOrder, order_id)


def test_numbers_follow_each_other_and_totals_add_up(accounts):
    first, second = _add(accounts, "A"), _add(accounts, "B", amount="10")
    claim = _add(accounts, "C", kind="revenue", amount="5,5")
    _row, chosen, _file = _made(accounts, first, claim)
    assert [one["number"] for one in chosen.orders] == [1, 1]
    batches = chosen.header["batches"]
    assert batches["expense"] == {"year": batches["expense"]["year"], "number": 1,
                                  "annual_total": "48000.50"}  # fmt: skip
    _row, chosen, _file = _made(accounts, second)
    assert chosen.orders[0]["number"] == 2
    assert chosen.header["batches"]["expense"]["annual_total"] == "48010.50"
    assert chosen.header["name"].endswith("-002")
    with pytest.raises(OrderRefused, match="déjà dans un PES"):
        orders.choose([first], budget_id=accounts.budget, actor=accounts.actor)


def test_an_order_refused_with_its_batch_may_go_again_and_the_other_is_over(accounts):
    paid = _add(accounts, "A")
    claimed = _add(accounts, "B", kind="revenue")
    made, _chosen, signed = _made(accounts, paid, claimed, name="PART-7")
    case = accounts.transmit(signed)
    assert _order(paid).pes_id == accounts.latest(case).id != made
    _pass(accounts)
    states = {_order(paid).state, _order(claimed).state}
    assert states == {"taken", "rejected"}
    again = paid if _order(paid).state == "rejected" else claimed
    assert "Bordereau" in _order(again).reason
    number = _order(again).number
    _row, chosen, _file = _made(accounts, again, name="BON-8")
    assert chosen.orders[0]["number"] == number
    told = {fact.label: fact.value for fact in facts.of(case)}
    assert (told["PES"], told["État"]) == ("PART-7", "accepté en partie")
    [panel] = panels.of({"transmission": {"batches": [
        {"domain": "expense", "year": "2026", "number": "1", "amount": "48000.50",
         "state": "refused", "reasons": ["Bordereau 1 : compte"]}
    ]}})  # fmt: skip
    assert panel.rows[0][2] == Decimal("48000.50")


def test_orders_go_again_with_the_corrected_file(accounts):
    paid = _add(accounts, "A")
    _made_id, _chosen, signed = _made(accounts, paid, name="KO-1")
    case = accounts.transmit(signed)
    _pass(accounts)
    assert _order(paid).state == "rejected"
    resend(accounts, case, accounts.signed("BON-1", order(1, documents=[])))
    assert _order(paid).state == "in_pes"
    _pass(accounts)
    assert _order(paid).state == "taken"


def test_a_procedure_registers_an_order_once(accounts):
    case = accounts.transmit(accounts.stored(b"<a/>"))
    number = db.session.get_one(ProcessInstance, case).number
    told = {"id": str(case), "number": number}
    values = {name: ORDER[name] for name in ("kind", "subject", "account", "third_party")}
    document = described(accounts.stored(b"%PDF", "decision.pdf"))
    with orders.transaction():
        made = operations.register_payment_order(
            case=told, **values, amount=48000.5, documents=[document]
        )
        same = operations.register_payment_order(case=told, **values, amount=1)
    assert made == same
    assert made["amount"] == "48000.50"
    kept = db.session.query(PaymentOrder).one()
    assert kept.documents[0]["unique_id"].isalnum()
    assert kept.instance_id == case
    with orders.transaction():
        party = {**ORDER["third_party"], "siret": "", "kind": "association"}
        operations.register_payment_order(
            case=told, **{**values, "third_party": party}, amount=2, reference="2",
            documents=[document],
        )  # fmt: skip
    _first, second = db.session.query(PaymentOrder).order_by(PaymentOrder.reference).all()
    assert second.documents[0]["unique_id"] != kept.documents[0]["unique_id"]
    assert (second.third_party["category"], second.third_party["legal_nature"]) == (
        "50",
        "06",
    )
    person = {**ORDER["third_party"], "siret": "", "kind": "person"}
    with pytest.raises(ValueError, match="Prénom"), orders.transaction():
        operations.register_payment_order(
            case=told, **{**values, "third_party": person}, amount=2, reference="3"
        )
    with pytest.raises(ValueError, match="IBAN"), orders.transaction():
        wrong = values | {"third_party": {**values["third_party"], "iban": "FR00"}}
        operations.register_payment_order(case=told, **wrong, amount=1, reference="4")


def test_strangers_keep_no_accounts(accounts):
    stranger = accounts.office.officer
    with pytest.raises(Forbidden):
        orders.add(ORDER, organisation_id=accounts.body, reference="x", actor=stranger)
    with pytest.raises(Forbidden):
        orders.add(
            ORDER, organisation_id=accounts.office.department, reference="x",
            actor=accounts.actor,
        )  # fmt: skip
    made = _add(accounts, "A")
    with pytest.raises(Forbidden):
        orders.drop(made, actor=stranger)
    orders.drop(made, actor=accounts.actor)
    assert _order(made).state == "dropped"


@given(st.decimals(min_value="0.01", max_value="999999999.99", places=2))
def test_any_amount_written_as_in_france_is_read_to_the_cent(amount):
    written = f"{amount:,.2f}".replace(",", "\u202f").replace(".", ",") + " €"
    values, errors = reading.read({**ORDER, "amount": written})
    assert (values["amount"], errors) == (amount, {})
