"""The same port through Pastell: what it does, and what it says that it cannot do."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Ambiguous, ConnectorError, Misconfigured, Refused, Retryable
from connectors.transmission import sandbox
from connectors.transmission.pastell import Pastell
from connectors.transmission.practice.desk_pages import answer_pes

from .conftest import REGION
from .test_hostile import CALLS, PIECES, _service


@pytest.fixture
def service(connect):
    return connect(TRANSMISSION_SANDBOX="pastell")


def test_an_act_goes_through_pastell_and_comes_back(service):
    assert service.client.check() == []
    annexes = [service.file(b"%PDF-1.4 un", "un.pdf", kind="99_AU")]
    number = service.act(nature=6, act=service.file(b"%PDF-1.4", "a.pdf", kind="99_AU"),
                         subject="L’œuvre", annexes=annexes)  # fmt: skip
    answer = service.answered(number)
    assert answer.value["unique_id"] == "021-200053726-20261120-2026_001-AU"
    assert answer.value["received_on"] == "2026-11-23"
    stamped = service.client.stamped_act(
        account=REGION, id=number, published_on="2026-11-24", key="t"
    )
    assert service.read(stamped, "stamped_act").startswith(b"%PDF-")
    receipt = service.client.act_receipt(account=REGION, id=number, key="b")
    assert service.read(receipt, "act_receipt").startswith(b"%PDF-")
    cancellation = service.client.cancel_act(account=REGION, id=number, key="c").value["id"]
    assert service.answered(cancellation).value["status"] == "acknowledged"
    assert service.status(number).value["status"] == "cancelled"


def test_an_anomaly_and_a_refusal_are_told(service):
    refused = service.answered(service.act("KOSIREN_1")).value
    assert refused["status"] == "error"
    assert "SIREN" in refused["message"]
    service.act("DOUBLE")
    with pytest.raises(Refused, match="même numéro"):
        service.act("DOUBLE", key="autre")
    with sandbox.held(service.data, {}, service.clock).opened() as db:
        left = db.execute("SELECT count(*) FROM pastell").fetchone()[0]
    assert left == 2  # the refused draft was deleted


def test_a_lost_sending_is_looked_for_and_sent_once(service):
    assert service.client.lookup("cle-1") is None
    service.faults.set(ambiguous=0.15, error=0.1)
    number = None
    for _ in range(60):
        try:
            number = service.act("N1", key="cle-1")
            break
        except (Ambiguous, Retryable):
            service.clock.forward(seconds=1)
    service.faults.clear()
    assert number is not None
    assert service.act("N1", key="cle-1") == number
    assert service.client.lookup("cle-1").value["id"] == number
    assert len(sandbox.received(service.data)) == 1


def test_letters_are_read_answered_and_taken_in_charge(service):
    service.answered(service.act("PC_1"))
    service.clock.forward(seconds=10)
    (listed,) = service.client.letters(account=REGION)
    assert listed["kind"] == "documents_request"
    assert listed["act_unique_id"] == "021-200053726-20261120-PC_1-DE"
    letter = service.client.letter(account=REGION, id=listed["id"], key="l")
    assert letter.value["received_on"] == letter.value["dated"] == "2026-11-23"
    assert service.read(letter, "prefecture_letter").startswith(b"%PDF-")
    documents = [service.file(b"%PDF-1.4 a", "a.pdf"), service.file(b"%PDF-1.4 b", "b.pdf")]
    asked = {"account": REGION, "id": listed["id"], "documents": documents, "key": "r"}
    with pytest.raises(Refused, match="un document"):
        service.client.answer_letter(**asked, accepts=False)
    service.client.answer_letter(**asked, accepts=True)
    service.client.answer_letter(**asked, accepts=True)
    assert [it["type"] for it in sandbox.received(service.data)] == [1, 3]
    service.client.letter_read(account=REGION, id=listed["id"], key="m")
    assert service.client.letters(account=REGION) == []


def test_a_pes_goes_through_pastell(service):
    number = service.pes("PART_1")
    answer = service.answered(number, "pes_status")
    assert answer.value["status"] == "information_available"
    assert b"PES_ACQUIT" in service.read(answer, "pes_acknowledgement")


def test_what_pastell_cannot_do_is_said(service):
    signature = service.file(b"\x30", "a.p7s", "application/pkcs7-signature")
    signed = service.file(b"%PDF-1.4", "a.pdf") | {"signature_sha256": signature["sha256"]}
    with pytest.raises(Refused, match="signatures détachées"):
        service.act(act=signed)
    assert sandbox.received(service.data) == []


def test_the_classification_comes_from_the_entity_s_connector(service):
    value = service.client.classification(account=REGION, since="2018-11-28", key="c").value
    assert not value["changed"]
    assert len(value["matters"]) == 291


def test_one_entity_sees_nothing_of_another(service):
    number = service.act()
    with pytest.raises(Refused, match="appartient"):
        service.client.act_status(account={"siren": "212105401"}, id=number, key="s")
    hostile = "../../entite/200053726/document/" + number
    with pytest.raises(ConnectorError):
        service.client.act_status(account={"siren": "212105401"}, id=hostile, key="s")


def test_entities_are_a_matter_of_settings(connect, tmp_path):
    names = tmp_path / "entites.json"
    names.write_text(json.dumps({"200053726": 12}))
    service = connect(
        PASTELL_URL="http://127.0.0.1:9", PASTELL_ENTITIES=str(names), PASTELL_USER="x"
    )
    assert service.client.mode == "live"
    assert service.client.entity(REGION) == "12"
    assert service.client.check()
    with pytest.raises(Misconfigured, match="212105401"):
        service.act(account={"siren": "212105401"})
    with pytest.raises(Retryable):
        service.act()
    names.write_text("[]")
    with pytest.raises(Misconfigured, match="PASTELL_ENTITIES"):
        connect(PASTELL_URL="http://p", PASTELL_ENTITIES=str(names))


def test_returns_are_noted_as_read(service):
    held = sandbox.held(service.data, {}, service.clock)
    service.pes("UN")
    assert answer_pes(held, "1", "return")
    (listed,) = service.client.pes_returns(account=REGION)
    returned = service.client.pes_return(account=REGION, id=listed["id"], key="r")
    assert b"PES_Retour" in service.read(returned, "pes_return")
    assert service.client.pes_returns(account=REGION) == []


SAID = [
    b'{"version": "4"}', b'{"id_d": "x"}', b'{"data": {}, "last_action": {"action": "',
    b"acquiter-tdt", b'"}}', b'[{"id_ce": "7", "type": "TdT"}]', b'{"error-message": 3}',
    b'{"data": {"type_reponse": "3"}, "last_action": {"action": "creation"}}',
]  # fmt: skip


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    pieces=st.lists(st.sampled_from(SAID + PIECES), max_size=4),
    status=st.sampled_from([200, 200, 201, 302, 400, 401, 403, 404, 500, 504]),
)
def test_only_the_errors_of_connectors_come_out(tmp_path, pieces, status):
    def respond(_):
        return httpx.Response(status, content=b"".join(pieces))

    template = _service(tmp_path, respond)
    for name, ask in CALLS.items():
        client = Pastell(
            http=template.http,
            mode="live",
            entities={"": "1"},
            folder=tmp_path / name,
            clock=template.clock,
            documents=template.documents,
            store=template.store,
        )
        try:
            ask(client)
        except ConnectorError as error:
            assert str(error)
