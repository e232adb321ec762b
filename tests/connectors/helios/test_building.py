"""A PES made from payment orders is one that the official schema and our own checks accept."""

from decimal import Decimal

import pytest
from lxml import etree

from connectors import Refused
from connectors.helios import pes, reader
from connectors.helios.build import build
from connectors.helios.checks import Asked
from tests.conftest import reference
from tests.connectors.helios.orders import HEADER, INVOICE, order
from tests.connectors.signature.xml_signing import signed_pes, xmlsec1

ORDERS = [
    order(1),
    order(
        2,
        amount="10.00",
        vat="2.00",
        contract="2026-M-07",
        documents=[],
        type="09",
        nature="02",
        invoice="F-2026-0042",
        invoice_amount="12.50",
        delay={"from": "2026-11-01", "until": "2026-12-01", "days": 30, "rate": "10.15"},
    ),
    order(7, kind="revenue", account="7478", subject="Participation de l’État"),
]


def _built(orders=ORDERS, header=HEADER):
    return build(orders, header, {order()["documents"][0]["sha256"]: INVOICE}.__getitem__)


def test_what_is_built_is_read_back_with_its_amounts():
    found = reader.examine(_built(), Asked())
    assert not found["refused"], found["problems"]
    assert found["schema"] == "not_run"
    expense, revenue = found["batches"]
    assert (expense["number"], expense["amount"], expense["vat"]) == (
        "12",
        "48010.50",
        "2.00",
    )
    assert expense["annual_total"] == "150000.00"
    assert revenue["domain"] == pes.REVENUE
    piece = expense["pieces"][0]
    assert Decimal(piece["amount"]) == Decimal("48000.50")
    assert piece["third_parties"][0]["iban"] == "FR7630004010000102083911100"
    assert piece["subject"].startswith(
        "Aide à l'investissement - séchoir à bois, 2e acompte"
    )
    on_contract = expense["pieces"][1]
    said = ("type", "nature", "contract", "invoice", "due_on")
    assert [on_contract[name] for name in said] == [
        "09", "02", "2026-M-07", "F-2026-0042", "2026-12-01",
    ]  # fmt: skip
    content = _built()
    assert reader.document(content, 0, Asked().limits)["content"] == INVOICE
    assert content == _built()  # the same orders make the same bytes


def test_the_official_schema_accepts_it_signed_or_not(tmp_path):
    schemas = reference("parapheur/pes/xsd/schemas_pes_v5.17")
    found = reader.examine(_built(), Asked(references=schemas))
    assert (found["schema"], found["problems"]) == ("passed", [])
    signed = signed_pes(_built())
    found = reader.examine(signed, Asked(references=schemas, signed=True))
    assert (found["schema"], found["problems"]) == ("passed", [])
    assert all(one["signed"] for one in found["batches"])
    accepted, said = xmlsec1(signed, tmp_path, "D2026-12_SIG_1")
    assert accepted, said


def test_long_and_foreign_texts_fit():
    schemas = reference("parapheur/pes/xsd/schemas_pes_v5.17")
    long = "Œuvre “€” Łódź 漢字 \n" * 30
    party = order()["third_party"]
    party = party | {
        "name": long,
        "category": "01",
        "legal_nature": "01",
        "first_name": long,
    }
    wild = order(9, subject=long, third_party=party)
    wild["documents"][0]["name"] = long + ".facture"
    found = reader.examine(_built([wild]), Asked(references=schemas))
    assert found["problems"] == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "gift"}, "dépense ou d’une recette"),
        ({"number": "12a"}, "1 à 8 chiffres"),
        ({"number": "١٢"}, "1 à 8 chiffres"),
        ({"account": "<a>"}, "compte"),
        ({"amount": "-1"}, "positif"),
        ({"amount": "NaN"}, "positif"),
        ({"amount": "1e30"}, "positif"),
        ({"amount": None}, "positif"),
        ({"subject": "  "}, "objet"),
        ({"third_party": {"name": "X", "address": {}}}, "rue"),
    ],
)
def test_refuses_an_order_that_says_too_little(change, said):
    with pytest.raises(Refused, match=said):
        _built([order(**change)])


def test_refuses_no_order_and_a_header_that_says_too_little():
    with pytest.raises(Refused, match="au moins un"):
        _built([])
    with pytest.raises(Refused, match="codique"):
        _built(header=HEADER | {"post": ""})


def test_hostile_texts_stay_texts():
    hostile = order(subject='"><Bordereau Id="x"/><!--', account="204")
    root = etree.fromstring(_built([hostile]))
    assert len(list(root.iter("Bordereau"))) == 1
