"""What the prefecture writes about an act, and what it is answered."""

import pytest

from connectors import Ambiguous, Refused
from connectors.transmission import sandbox
from connectors.transmission.practice.desk_pages import answer_act

from .conftest import REGION

UNIQUE = "021-200053726-20261120-{}-DE"


def _letter(service, number):
    act = service.act(number)
    service.answered(act)
    service.clock.forward(seconds=10)
    (listed,) = service.client.letters(account=REGION)
    return act, listed


@pytest.mark.parametrize(
    ("number", "kind", "detail"),
    [
        ("CS_1", "letter", None),
        ("PC_1", "documents_request", "requested_documents"),
        ("LO_1", "observations", "reasons"),
        ("TA_1", "referral", "illegality"),
    ],
    ids=["letter", "documents", "observations", "referral"],
)
def test_each_letter_is_listed_read_and_taken_in_charge(service, number, kind, detail):
    act, listed = _letter(service, number)
    assert listed["kind"] == kind
    assert listed["act_unique_id"] == UNIQUE.format(number)
    assert listed["related_id"] == act
    letter = service.client.letter(account=REGION, id=listed["id"], key="l")
    assert letter.value["kind"] == kind
    assert letter.value["act_unique_id"] == UNIQUE.format(number)
    assert letter.value["dated"] == letter.value["received_on"] == "2026-11-23"
    assert not detail or letter.value["detail"][detail] == letter.value["text"]
    assert service.read(letter, "prefecture_letter").startswith(b"%PDF-")
    service.client.letter_read(account=REGION, id=listed["id"], key="m")
    assert service.client.letters(account=REGION) == []
    assert service.client.letters(account={"siren": "212105401"}) == []


def test_a_request_on_the_fifty_ninth_day(service):
    service.answered(service.act("PC59_1"))
    service.clock.forward(days=58)
    assert service.client.letters(account=REGION) == []
    service.clock.forward(days=2)
    (listed,) = service.client.letters(account=REGION)
    letter = service.client.letter(account=REGION, id=listed["id"], key="l").value
    assert letter["dated"] == "2027-01-21"


@pytest.mark.parametrize("accepts", [True, False], ids=["sends", "refuses"])
@pytest.mark.parametrize("number", ["PC_1", "LO_1"], ids=["documents", "observations"])
def test_an_answer_is_sent_once_and_received(service, number, accepts):
    _, listed = _letter(service, number)
    documents = [service.file(b"%PDF-1.4 r", "reponse.pdf")]
    if number == "PC_1" and accepts:
        documents.append(service.file(b"%PDF-1.4 p", "plan.pdf"))
    asked = {"account": REGION, "id": listed["id"], "accepts": accepts}
    service.faults.set(ambiguous=1.0)
    with pytest.raises(Ambiguous):
        service.client.answer_letter(**asked, documents=documents, key="r")
    service.faults.clear()
    sent = service.client.answer_letter(**asked, documents=documents, key="r").value["id"]
    assert service.client.lookup("r").value["id"] == sent
    received = service.answered(sent).value
    assert received["status"] == "answered"
    assert received["unique_id"] == UNIQUE.format(number)
    assert len(sandbox.received(service.data)) == 2


def test_an_answer_needs_a_document_of_a_known_type(service):
    _, listed = _letter(service, "PC_1")
    asked = {"account": REGION, "id": listed["id"], "accepts": True, "key": "r"}
    with pytest.raises(Refused, match="au moins un document"):
        service.client.answer_letter(**asked, documents=[])
    bare = service.file(b"%PDF-1.4", "reponse.pdf", kind="")
    with pytest.raises(Refused, match="type"):
        service.client.answer_letter(**asked, documents=[bare])
    stranger = asked | {"account": {"siren": "212105401"}}
    with pytest.raises(Refused):
        service.client.answer_letter(
            **stranger, documents=[service.file(b"%PDF-1.4", "r.pdf")]
        )


def test_a_person_plays_the_prefecture(service):
    act = service.act("LENT_1")
    held = sandbox.held(service.data, {}, service.clock)
    assert not answer_act(held, act, "3")  # not before it is acknowledged
    assert answer_act(held, act, "acknowledge")
    assert service.status(act).value["status"] == "acknowledged"
    assert answer_act(held, act, "4", "Motif de l’observation")
    (listed,) = service.client.letters(account=REGION)
    letter = service.client.letter(account=REGION, id=listed["id"], key="l").value
    assert letter["text"] == "Motif de l’observation"
    assert not answer_act(held, act, "refuse") or service.status(act).value["status"] == (
        "acknowledged"
    )


def test_the_page_of_the_service_shows_and_answers(service):
    act = service.act("LENT_1", subject="<script>alert(1)</script>")
    http = service.client.http
    page = http.get("/").text
    assert "LENT_1" in page
    assert "<script>alert" not in page
    assert http.post("/repondre", data={"act": act, "answer": "acknowledge"}).is_redirect
    assert service.status(act).value["status"] == "acknowledged"
    assert http.post("/repondre", data={"act": act, "answer": "9"}).status_code == 422
