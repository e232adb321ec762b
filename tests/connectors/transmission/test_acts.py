"""An act at S²LOW, from its sending to its stamped copy, and everything that may befall it."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from pypdf import PdfReader

from connectors import Ambiguous, Misconfigured, NotYet, Refused
from connectors.transmission import sandbox
from connectors.transmission.practice.paper import sheet

from .conftest import REGION


def test_an_act_is_acknowledged_then_stamped(service):
    number = service.act()
    answer = service.answered(number)
    assert answer.value == {
        "status": "acknowledged",
        "unique_id": "021-200053726-20261120-2026_001-DE",
        "received_on": "2026-11-23",
        "message": "",
    }
    assert b"ARActe" in service.read(answer, "legality_acknowledgement")
    stamped = service.client.stamped_act(
        account=REGION, id=number, published_on="2026-11-24", key="t"
    )
    text = PdfReader(BytesIO(service.read(stamped, "stamped_act"))).pages[0].extract_text()
    assert "Reçu en préfecture le 2026-11-23" in text
    receipt = service.client.act_receipt(account=REGION, id=number, key="b")
    assert service.read(receipt, "act_receipt").startswith(b"%PDF-")
    assert "Publié le 2026-11-24" in text


def test_words_that_latin_1_lacks_arrive_as_their_nearest(service):
    number = service.act(subject="L’œuvre – « 12 € » … šumava", annexes=[])
    with sandbox.held(service.data, {}, service.clock).opened() as db:
        row = db.execute("SELECT subject FROM message WHERE id = ?", [number]).fetchone()
    assert row["subject"] == "L'oeuvre - « 12 EUR » ... sumava"


def test_annexes_and_detached_signatures_arrive_at_their_rank(service):
    signature = service.file(
        b"\x30\x82signature", "acte.p7s", "application/pkcs7-signature"
    )
    annexes = [
        service.file(b"%PDF-1.4 un", "un.pdf", kind="99_AU"),
        service.file(b"%PDF-1.4 deux", "plan « été ».PDF", kind="99_AU")
        | {"signature_sha256": signature["sha256"]},
    ]
    number = service.act(nature=6, act=service.file(b"%PDF-1.4 a", "a.pdf", kind="99_AU"),
                         annexes=annexes)  # fmt: skip
    with sandbox.held(service.data, {}, service.clock).opened() as db:
        rows = db.execute(
            "SELECT name, posted, content, signature FROM file WHERE message = ?"
            " ORDER BY id",
            [number],
        ).fetchall()
    stem = "021-200053726-20261120-2026_001-AU-1-1"
    assert [row["name"] for row in rows] == [
        f"{stem}_0.xml",
        f"99_AU-{stem}_1.pdf",
        f"99_AU-{stem}_2.pdf",
        f"99_AU-{stem}_3.pdf",
    ]
    assert [row["signature"] for row in rows] == [None, None, None, b"\x30\x82signature"]
    assert rows[3]["posted"] == "plan_ete.PDF"


def test_a_refused_act_says_why(service):
    refused = service.answered(service.act("KO_1")).value
    assert refused["status"] == "error"
    assert "date de classification" in refused["message"]
    unknown = service.answered(service.act("KOSIREN_1")).value
    assert "SIREN" in unknown["message"]


def test_a_late_acknowledgement_comes_in_its_time(service):
    number = service.act("LENT_1")
    service.clock.forward(days=2)
    with pytest.raises(NotYet) as waited:
        service.status(number)
    assert waited.value.after.total_seconds() > 0
    service.clock.forward(days=2)
    assert service.status(number).value["received_on"] == "2026-11-26"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": "été 12"}, "numéro"),
        ({"decided_on": "2026-11-24"}, "futur"),
        ({"matter": [99, 1]}, "classification"),
        ({"nature": 9}, "nature"),
        ({"subject": " "}, "objet"),
    ],
    ids=["number", "future", "matter", "nature", "subject"],
)
def test_the_service_refuses_in_its_own_words(service, changes, words):
    with pytest.raises(Refused, match=words):
        service.act(**{"number": "2026_1"} | changes)
    assert sandbox.received(service.data) == []


def test_a_document_without_its_type_is_refused_before_it_leaves(service):
    bare = service.file(b"%PDF-1.4", "acte.pdf", kind="")
    with pytest.raises(Refused, match=r"acte\.pdf"):
        service.act(act=bare)
    wrong = service.file(b"%PDF-1.4", "acte.pdf", kind="99_BU")
    with pytest.raises(Refused, match="99_BU"):
        service.act(act=wrong)
    not_a_pdf = service.file(b"bonjour", "acte.pdf")
    with pytest.raises(Refused, match="contenu"):
        service.act(act=not_a_pdf)


def test_a_number_already_used_is_refused_but_the_same_key_is_not(service):
    number = service.act()
    assert service.act() == number
    with pytest.raises(Refused, match="même numéro"):
        service.act(key="autre")
    assert service.act(account={"siren": "212105401"}, key="voisine") != number


def test_a_lost_answer_is_looked_for_by_number_day_and_subject(service):
    assert service.client.lookup("cle-1") is None
    service.faults.set(ambiguous=1.0)
    with pytest.raises(Ambiguous):
        service.act(key="cle-1")
    service.faults.clear()
    service.clock.forward(minutes=1)
    found = service.client.lookup("cle-1").value["id"]
    assert service.act(key="cle-1") == found
    assert len(sandbox.received(service.data)) == 1


def test_the_act_of_another_is_not_taken_for_a_lost_one(service):
    service.act(key="d'un autre", subject="Autre objet")
    folder = service.data / "transmission"
    before = set(folder.iterdir())
    service.faults.set(ambiguous=1.0)
    with pytest.raises(Ambiguous):
        service.act(key="cle-1")  # refused as a duplicate, and the refusal lost
    service.faults.clear()
    assert len(set(folder.iterdir()) - before) == 1
    assert service.client.lookup("cle-1") is None
    with pytest.raises(Refused, match="même numéro"):
        service.act(key="cle-1")


def test_a_crash_before_the_answer_is_noted_sends_nothing_twice(service):
    number = service.act(key="cle-1")
    (note,) = (service.data / "transmission").iterdir()
    facts = json.loads(note.read_text())
    note.write_text(json.dumps({k: v for k, v in facts.items() if k != "given"}))
    assert service.act(key="cle-1") == number
    assert len(sandbox.received(service.data)) == 1


def test_two_workers_with_the_same_key_send_one_act(service):
    act = service.file(sheet("Délibération", ["1"]), "acte.pdf")
    gate = threading.Barrier(4)

    def send(_):
        gate.wait(60)
        return service.act(act=act, key="cle-1")

    with ThreadPoolExecutor(4) as workers:
        numbers = set(workers.map(send, range(4)))
    assert len(numbers) == 1
    assert len(sandbox.received(service.data)) == 1


def test_a_cancelled_act_is_cancelled_once(service):
    number = service.act()
    with pytest.raises(Refused, match="Acquittement"):
        service.client.cancel_act(account=REGION, id=number, key="c")
    service.answered(number)
    service.faults.set(ambiguous=1.0)
    with pytest.raises(Ambiguous):
        service.client.cancel_act(account=REGION, id=number, key="c")
    service.faults.clear()
    cancellation = service.client.cancel_act(account=REGION, id=number, key="c").value["id"]
    with pytest.raises(Refused, match="déjà en cours"):
        service.client.cancel_act(account=REGION, id=number, key="d")
    received = service.answered(cancellation)
    assert received.value["unique_id"] == "021-200053726-20261120-2026_001-DE"
    assert service.status(number).value["status"] == "cancelled"


def test_one_body_sees_nothing_of_another(service):
    number = service.act()
    service.answered(number)
    neighbour = {"siren": "212105401"}
    asked = {"account": neighbour, "id": number}
    with pytest.raises(Refused):
        service.client.act_status(**asked, key="s")
    with pytest.raises(Refused):
        service.client.stamped_act(**asked, key="t")
    with pytest.raises(Refused):
        service.client.cancel_act(**asked, key="c")


def test_the_classification_in_force(service):
    value = service.client.classification(account=REGION, key="c").value
    assert value["version_date"] == "2018-11-28"
    assert value["changed"]
    assert {"code": 1, "label": "Délibérations"} in value["natures"]
    assert {"nature": 1, "code": "99_DE", "label": "Délibération"} in value[
        "document_types"
    ]
    assert len(value["document_types"]) == 115
    assert len(value["matters"]) == 291
    assert next(it for it in value["matters"] if it["code"] == [7, 5])["label"]
    again = service.client.classification(account=REGION, since="2018-11-28", key="d")
    assert not again.value["changed"]


def test_accounts_by_body_and_by_nonce(connect, tmp_path):
    accounts = tmp_path / "comptes.json"
    known = {"200053726": {"login": "200053726", "password": "sandbox"}}
    accounts.write_text(
        json.dumps(known | {"212105401": {"login": "x", "password": "faux"}})
    )
    service = connect(S2LOW_ACCOUNTS=str(accounts), S2LOW_AUTH="nonce")
    assert service.act()
    with pytest.raises(Misconfigured):
        service.act(account={"siren": "212105401"}, key="b")
    (problem,) = service.client.check()
    assert "212105401" in problem


def test_settings_that_cannot_be_used_are_said(connect, tmp_path):
    with pytest.raises(Misconfigured, match="S2LOW_AUTH"):
        connect(S2LOW_AUTH="magie")
    (tmp_path / "comptes.json").write_text("[1]")
    with pytest.raises(Misconfigured, match="S2LOW_ACCOUNTS"):
        connect(S2LOW_ACCOUNTS=str(tmp_path / "comptes.json"))
    service = connect(
        S2LOW_URL="https://s2low.invalid", S2LOW_CERTIFICATE=str(tmp_path / "rien.pem")
    )
    assert "rien.pem" in service.client.check()[0]
    with pytest.raises(Misconfigured, match=r"rien\.pem"):
        service.act()
