"""The exchange contract with OSEO, from the request to the signed opinion."""

import base64
import hashlib
import hmac
import json

import httpx
import pytest
from flask import Flask, request

from connectors import ConnectorError, Misconfigured, Refused, oseo, sandboxes
from connectors.oseo import callback, sandbox
from connectors.oseo.callback import BadSignature

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
OPINION = {
    "request_reference": "OSEO-2026-00001",
    "case_number": "2026-00042",
    "opinion": "reserved",
    "amount": 42000.5,
    "remarks": "Plan de trésorerie à compléter.",
    "issued_at": "2026-11-23T09:30:00Z",
}


@pytest.fixture
def ask(tmp_path, clock, filed):
    document, content = filed
    settings = {"OSEO_CALLBACK_URL": "http://nous.example/avis"}
    client = oseo.connect(
        settings, clock=clock, documents=lambda sha256: content, data=tmp_path
    )

    def asked(**changes):
        given = {
            "case_number": "2026-00042",
            "applicant": {"name": "SCIERIE FICTIVE DU MORVAN"},
            "project": {"title": "Séchoir", "requested_amount": 48000},
            "question": "Le projet est-il viable ?",
            "documents": [document],
            "deadline": "2026-12-23",
            "key": "cle-1",
        }
        return client.request_opinion(**given | changes)

    return asked


class Ours:
    """Our call-back: reads and keeps what OSEO posts, unless told to answer otherwise."""

    def __init__(self, tmp_path, clock):
        self.opinions, self.status = [], 204
        app = Flask(__name__)

        @app.post("/avis")
        def receive():
            if self.status == 204:
                self.opinions.append(
                    callback.read(
                        request.headers,
                        request.get_data(),
                        secrets=oseo.secrets({}, tmp_path),
                        clock=clock,
                    )
                )
            return "", self.status

        self.transport = httpx.WSGITransport(app=app)


@pytest.fixture
def ours(tmp_path, clock):
    return Ours(tmp_path, clock)


@pytest.fixture
def desk(tmp_path, clock, ours):
    return sandbox.desk(tmp_path, {}, clock, transport=ours.transport)


def test_the_opinion_comes_back(ask, desk, ours):
    reference = ask()["reference"]
    document = ("Avis.pdf", "application/pdf", b"%PDF-")
    assert desk.answer(
        reference, "reserved", amount=30000, remarks="Été", document=document
    )
    [opinion] = ours.opinions
    assert opinion.values() == {
        "request_reference": reference,
        "case_number": "2026-00042",
        "opinion": "reserved",
        "amount": 30000,
        "remarks": "Été",
        "issued_at": "2026-11-23T09:30:00Z",
    }
    assert opinion.document == callback.Document(*document)
    assert not desk.answer(reference, "favourable")
    assert len(ours.opinions) == 1


def test_an_opinion_that_did_not_arrive_is_sent_again_under_the_same_id(
    ask, desk, ours, clock
):
    ours.status = 503
    desk.answer(ask()["reference"], "favourable")
    [held] = desk.requests()
    assert (held["attempts"], held["delivered_at"]) == (1, None)
    assert held["detail"] == "HTTP 503"
    clock.forward(hours=3)
    ours.status = 204
    desk.tick()
    desk.tick()
    [opinion] = ours.opinions
    assert opinion.issued_at == "2026-11-23T09:30:00Z"
    assert desk.requests()[0]["delivered_at"] == "2026-11-23T12:30:00Z"


def test_answers_by_itself_after_a_while(ask, tmp_path, clock, ours):
    settings = {"OSEO_AUTO_ANSWER_SECONDS": "4"}
    desk = sandbox.desk(tmp_path, settings, clock, transport=ours.transport)
    ask()
    desk.tick()
    assert ours.opinions == []
    clock.forward(seconds=4)
    desk.tick()
    desk.tick()
    [opinion] = ours.opinions
    assert (opinion.opinion, opinion.amount) == ("favourable", 48000)


def test_never_answers_by_itself_unless_told(ask, desk, ours, clock):
    ask()
    clock.forward(days=90)
    desk.tick()
    assert ours.opinions == []


def test_the_client_in_memory_lets_the_sandbox_act(tmp_path, clock):
    settings = {"OSEO_AUTO_ANSWER_SECONDS": "0"}
    client = oseo.connect(settings, clock=clock, documents=None, data=tmp_path)
    client.request_opinion(
        case_number="1",
        applicant={"name": "x"},
        project={"title": "y"},
        question="?",
        documents=[],
        deadline="2026-12-23",
        key="k",
    )
    client.tick()
    assert sandbox.desk(tmp_path, {}, clock).requests()[0]["opinion"] == "favourable"


def test_a_key_serves_for_one_content(ask):
    ask()
    with pytest.raises(Refused, match="autre demande"):
        ask(question="Une autre question")


def test_says_everything_that_is_missing(ask):
    with pytest.raises(Refused) as refusal:
        ask(question="", applicant={}, deadline="demain")
    assert len(refusal.value.reasons) == 3


def test_a_document_that_changed_is_not_sent(ask, filed, tmp_path, clock):
    altered = filed[0] | {"sha256": "0" * 64}
    with pytest.raises(ConnectorError, match="empreinte"):
        ask(documents=[altered])
    assert sandbox.desk(tmp_path, {}, clock).requests() == []


def test_the_partner_checks_every_piece(tmp_path, clock):
    wire = sandbox.application(tmp_path, {}, clock)
    content = b'{"case_number": "1"}'
    manifest = json.dumps(
        {
            "request": hashlib.sha256(b"autre").hexdigest(),
            "documents": [{"sha256": hashlib.sha256(b"piece").hexdigest()}],
        }
    ).encode()
    with httpx.Client(
        transport=sandboxes.InMemory(wire),
        base_url="http://oseo",
        headers={"Authorization": "Bearer sandbox", "Idempotency-Key": "k"},
        trust_env=False,
    ) as http:
        files = [
            ("request", content),
            ("manifest", manifest),
            ("document", ("x", b"falsifiee")),
        ]
        answer = http.post("/v1/opinion-requests", files=files)
        assert answer.status_code == 422
        messages = " ".join(error["message"] for error in answer.json()["errors"])
        assert "La demande ne correspond pas" in messages
        assert "Les pièces reçues" in messages
        assert http.post("/v1/opinion-requests", files=[("request", b"{")]).is_error


def test_a_person_answers_from_the_page(ask, tmp_path, clock):
    reference = ask()["reference"]
    sandboxes.faults(tmp_path, "oseo").set(down=True)  # the page is spared
    wire = sandbox.application(tmp_path, {}, clock)
    with httpx.Client(
        transport=sandboxes.InMemory(wire), base_url="http://oseo", trust_env=False
    ) as http:
        assert "Le projet est-il viable" in http.get("/").text
        form = {"reference": reference, "opinion": "unfavourable", "amount": "1 250,50"}
        assert http.post("/answers", data=form | {"opinion": "?"}).status_code == 422
        assert http.post("/answers", data=form | {"amount": "peu"}).status_code == 422
        assert http.post("/answers", data=form).status_code == 303
        assert "Défavorable" in http.get("/").text
    [held] = sandbox.desk(tmp_path, {}, clock).requests()
    assert held["opinion"] == "unfavourable"


# ── the signature ─────────────────────────────────────────────────────────────────────


def _signed(clock, body, *secrets, webhook_id="msg_1", at=None):
    """Signs after the specification, with no code of either side."""
    timestamp = str(int(at or clock.now.timestamp()))
    content = f"{webhook_id}.{timestamp}.".encode() + body
    signatures = [
        "v1,"
        + base64.b64encode(
            hmac.new(base64.b64decode(one[6:]), content, hashlib.sha256).digest()
        ).decode()
        for one in secrets
    ]
    return {
        "Webhook-Id": webhook_id,
        "Webhook-Timestamp": timestamp,
        "Webhook-Signature": " ".join(signatures),
    }


def _read(clock, headers, body, secrets=(NEW,)):
    return callback.read(headers, body, secrets=secrets, clock=clock)


BODY = json.dumps(OPINION, ensure_ascii=False).encode()


def test_the_specification_s_own_example(clock):
    """The vector published with Standard Webhooks' libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    clock.now = clock.now.fromtimestamp(1614265330, clock.now.tzinfo)
    with pytest.raises(Refused):  # signed, but no opinion
        _read(clock, headers, b'{"test": 2432232314}', (secret,))
    with pytest.raises(BadSignature):
        _read(clock, headers, b'{"test": 2432232315}', (secret,))


def test_secrets_rotate(clock):
    assert _read(clock, _signed(clock, BODY, OLD, NEW), BODY).opinion == "reserved"
    assert _read(clock, _signed(clock, BODY, OLD), BODY, (NEW, OLD)).amount == 42000.5


@pytest.mark.parametrize("seconds", [-301, 301])
def test_five_minutes_apart_is_too_much(clock, seconds):
    at = clock.now.timestamp() + seconds
    with pytest.raises(BadSignature, match="ancien"):
        _read(clock, _signed(clock, BODY, NEW, at=at), BODY)
    near = clock.now.timestamp() + seconds * 0.99
    assert _read(clock, _signed(clock, BODY, NEW, at=near), BODY)


@pytest.mark.parametrize(
    "changes",
    [
        {"Webhook-Signature": ""},
        {"Webhook-Signature": "v1,"},
        {"Webhook-Signature": "v1,é"},
        {"Webhook-Signature": "v2,AAAA"},
        {"Webhook-Id": "msg_2"},
        {"Webhook-Id": ""},
        {"Webhook-Timestamp": ""},
        {"Webhook-Timestamp": "hier"},
        {"Webhook-Timestamp": "٣"},
        {"Webhook-Timestamp": "9" * 400},
    ],
)
def test_what_is_not_signed_is_not_read(clock, changes):
    with pytest.raises(BadSignature):
        _read(clock, _signed(clock, BODY, NEW) | changes, BODY)


def test_another_secret_another_body_or_no_secret(clock):
    with pytest.raises(BadSignature):
        _read(clock, _signed(clock, BODY, OLD), BODY)
    with pytest.raises(BadSignature):
        _read(clock, _signed(clock, BODY, NEW), BODY + b" ")
    with pytest.raises(BadSignature):
        _read(clock, _signed(clock, BODY, NEW), BODY, ())
    with pytest.raises(BadSignature):
        _read(clock, {}, BODY)


@pytest.mark.parametrize(
    "changes",
    [
        {"opinion": "mitigé"},
        {"opinion": ["favourable"]},
        {"case_number": 42},
        {"request_reference": ""},
        {"issued_at": None},
        {"amount": -1},
        {"amount": True},
        {"amount": "12"},
        {"amount": float("nan")},
        {"remarks": None},
        {"opinion_document": {}},
        {"opinion_document": "x"},
        {
            "opinion_document": {
                "name": "a",
                "media_type": "b",
                "sha256": "0",
                "content": "AA==",
            }
        },
    ],
)
def test_a_malformed_opinion_is_refused(clock, changes):
    body = json.dumps(OPINION | changes).encode()
    with pytest.raises(Refused):
        _read(clock, _signed(clock, body, NEW), body)


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b"null"])
def test_what_is_not_an_object_is_refused(clock, body):
    with pytest.raises(Refused):
        _read(clock, _signed(clock, body, NEW), body)


def test_a_malformed_secret_is_a_matter_of_settings(clock):
    with pytest.raises(Misconfigured):
        _read(clock, _signed(clock, BODY, NEW), BODY, ("whsec_é",))


def test_the_secrets_configured_are_those_used(tmp_path):
    assert oseo.secrets({"OSEO_WEBHOOK_SECRETS": f"{NEW} {OLD}"}, tmp_path) == [NEW, OLD]
    drawn = oseo.secrets({}, tmp_path)
    assert drawn == oseo.secrets({}, tmp_path)
    path = tmp_path / "sandboxes" / "oseo.secret"
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(Misconfigured):  # a live partner never signs with the sandbox's
        oseo.secrets({"OSEO_URL": "https://oseo.example"}, tmp_path)
