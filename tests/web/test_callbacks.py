"""OSEO calls back: signed, fresh, once; anything else is refused and changes nothing."""

import base64
import hmac
import json
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import oseo
from connectors.antivirus.sandbox import EICAR
from engine import clock, documents
from engine.commands import cases
from engine.models import Message, ProcessInstance, db
from tests.office import Office, open_office, publish
from tests.web.browser import Browser

ADDRESS = "/partenaires/oseo/avis"

WAITING = """
<bpmn:message id="m" name="oseo.opinion"/>
<bpmn:process id="tests.waiting" name="Essai" isExecutable="true">
  <bpmn:startEvent id="started"/>
  <bpmn:receiveTask id="opinion" name="Attendre l'avis" messageRef="m"/>
  <bpmn:endEvent id="done"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="opinion"/>
  <bpmn:sequenceFlow id="b" sourceRef="opinion" targetRef="done"/>
</bpmn:process>"""


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


@pytest.fixture
def case(office: Office) -> ProcessInstance:
    definition = publish("tests.waiting", WAITING, owner=office.region)
    return cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)


def opinion(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "request_reference": "AV-1", "case_number": number, "opinion": "favourable",
        "amount": 15000, "remarks": "Solide.", "issued_at": "2026-11-21T09:00:00Z",
        **changes,
    }  # fmt: skip


def call_back(
    app: Flask,
    content: Any,
    *,
    webhook_id: str | None = None,
    late: timedelta = timedelta(),
    secret: str | None = None,
    **headers: str,
) -> Any:
    """What we answer to a call-back signed as OSEO signs it."""
    settings = app.extensions["settings"]
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    secret = secret or oseo.secrets(settings.partners, settings.data)[0]
    webhook_id = webhook_id or f"msg_{uuid4().hex}"
    timestamp = str(int((clock.now() - late).timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    signature = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    given = {
        "webhook-id": webhook_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    answer = Browser(app).client.post(ADDRESS, data=body, headers=given)
    db.session.rollback()
    return answer


def kept() -> int:
    return db.session.scalar(select(func.count()).select_from(Message)) or 0


def status(case: ProcessInstance) -> str:
    return db.session.get_one(ProcessInstance, case.id, populate_existing=True).status


def test_a_signed_opinion_moves_its_case_once(
    either_app: Flask, case: ProcessInstance
) -> None:
    first = call_back(either_app, opinion(case.number), webhook_id="msg_1")
    assert (first.status_code, first.json) == (200, {"received": True, "new": True})
    assert status(case) == "completed"
    again = call_back(either_app, opinion(case.number), webhook_id="msg_1")
    assert (again.status_code, again.json) == (200, {"received": True, "new": False})
    assert kept() == 1


def enclosed(content: bytes, name: str = "avis.pdf") -> dict[str, str]:
    return {
        "name": name,
        "media_type": "application/pdf",
        "content": base64.b64encode(content).decode(),
        "sha256": sha256(content).hexdigest(),
    }


def test_the_document_of_an_opinion_is_kept_once_for_the_office(
    either_app: Flask, case: ProcessInstance
) -> None:
    content = opinion(case.number, opinion_document=enclosed(b"%PDF-1.7\n%%EOF"))
    for _ in range(2):
        assert call_back(either_app, content, webhook_id="msg_1").status_code == 200
    (document,) = documents.of_case(case.id)
    assert (document.name, document.origin) == ("avis.pdf", "partner")
    assert document.audience == documents.OFFICE


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"%PDF-1.7\n" + EICAR, "avis.pdf", "virus"),
        (b"MZ\x90", "avis.exe", "type accepté"),
        (b"", "avis.pdf", "vide"),
    ],
    ids=["infected", "a program", "empty"],
)
def test_an_opinion_with_a_bad_document_is_refused_whole(
    either_app: Flask, case: ProcessInstance, content: bytes, name: str, sentence: str
) -> None:
    sent = opinion(case.number, opinion_document=enclosed(content, name))
    answer = call_back(either_app, sent)
    assert answer.status_code == 422
    assert sentence in answer.json["error"]
    assert (status(case), kept()) == ("active", 0)


def test_a_document_about_a_case_nobody_asked_it_about_is_refused(
    either_app: Flask, case: ProcessInstance
) -> None:
    call_back(either_app, opinion(case.number))
    sent = opinion(case.number, opinion_document=enclosed(b"%PDF-1.7\n%%EOF"))
    answer = call_back(either_app, sent)
    assert answer.status_code == 422
    assert "Aucun avis n'est demandé" in answer.json["error"]
    assert documents.of_case(case.id) == []


def test_a_document_about_no_case_is_refused(either_app: Flask, office: Office) -> None:
    sent = opinion("26-AAAA-BBBB", opinion_document=enclosed(b"%PDF-1.7\n%%EOF"))
    answer = call_back(either_app, sent)
    assert (answer.status_code, kept()) == (422, 0)
    assert "26-AAAA-BBBB" in answer.json["error"]


def test_a_wrong_signature_is_refused(either_app: Flask, case: ProcessInstance) -> None:
    other = "whsec_" + base64.b64encode(b"0" * 24).decode()
    for answer in (
        call_back(either_app, opinion(case.number), secret=other),
        call_back(either_app, opinion(case.number), webhook_signature="v1,AAAA"),
        call_back(either_app, opinion(case.number), webhook_signature="n'importe quoi"),
        call_back(either_app, opinion(case.number), webhook_signature=""),
        Browser(either_app).client.post(ADDRESS, json=opinion(case.number)),
    ):
        assert answer.status_code == 401
        assert answer.mimetype == "application/json"
    assert (status(case), kept()) == ("active", 0)


@pytest.mark.parametrize("late", [timedelta(minutes=6), timedelta(minutes=-6)])
def test_a_stale_call_back_is_refused(
    either_app: Flask, case: ProcessInstance, late: timedelta
) -> None:
    answer = call_back(either_app, opinion(case.number), late=late)
    assert answer.status_code == 401
    assert "horloges" in answer.json["error"]
    assert (status(case), kept()) == ("active", 0)


def test_an_opinion_on_an_unknown_case_is_kept(either_app: Flask, office: Office) -> None:
    """The case may wait for it in a moment: thirty days."""
    answer = call_back(either_app, opinion("26-AAAA-BBBB"))
    assert answer.status_code == 200
    message = db.session.scalars(select(Message)).one()
    assert (message.correlation, message.delivered_at) == ("26-AAAA-BBBB", None)


MALFORMED = {
    "not JSON": b"{",
    "not UTF-8": b"\xff\xfe",
    "no object": [],
    "an empty object": {},
    "an unknown opinion": opinion("26-AAAA-BBBB", opinion="maybe"),
    "a negative amount": opinion("26-AAAA-BBBB", amount=-1),
    "an amount that is no number": opinion("26-AAAA-BBBB", amount="15000"),
    "an infinite amount": opinion("26-AAAA-BBBB", amount=float("inf")),
    "an amount of 400 digits": opinion("26-AAAA-BBBB", amount=10**400),
    "a case number that is no text": opinion(7),
    "NUL in the case number": opinion("26-AAAA\x00"),
    "half a character": opinion("26-AAAA-\ud800"),
    "half a character in the remarks": opinion("26-AAAA-BBBB", remarks="\ud800"),
    "a case number without end": opinion("26-" * 200),
    "remarks without end": opinion("26-AAAA-BBBB", remarks="x" * 200_000),
    "a document that is not what it says": opinion(
        "26-AAAA-BBBB",
        opinion_document={
            "name": "a.pdf",
            "media_type": "application/pdf",
            "content": "AAAA",
            "sha256": "0" * 64,
        },
    ),
    "lists without end": b"[" * 100_000,
}


def test_a_malformed_opinion_is_refused_with_a_reason(
    either_app: Flask, office: Office
) -> None:
    wrong = {}
    for name, content in MALFORMED.items():
        answer = call_back(either_app, content)
        if answer.status_code != 422 or not (answer.json or {}).get("error"):
            wrong[name] = answer.status_code
    assert not wrong
    assert kept() == 0


def test_an_identifier_without_end_is_refused(either_app: Flask, office: Office) -> None:
    answer = call_back(either_app, opinion("26-AAAA-BBBB"), webhook_id="m" * 300)
    assert answer.status_code == 422
    assert kept() == 0


def test_an_opinion_that_cannot_be_kept_is_refused_and_the_case_waits(
    either_app: Flask, case: ProcessInstance
) -> None:
    """Kept, it would be tried again for ever: no case could take it."""
    answer = call_back(either_app, opinion(case.number, remarks="Oui\x00."))
    assert answer.status_code == 422
    assert (status(case), kept()) == ("active", 0)


def test_anything_too_large_is_refused_before_it_is_read(
    either_app: Flask, office: Office
) -> None:
    answer = call_back(either_app, b"0" * (26 << 20))
    assert answer.status_code == 413
