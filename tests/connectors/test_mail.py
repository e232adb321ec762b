"""What leaves for a mail server, and what its answers mean."""

import socket
import ssl
from email import message_from_bytes, policy

import httpx
import pytest
from aiosmtpd.controller import Controller

from connectors import Misconfigured, Refused, Retryable, mail, sandboxes
from connectors.mail import sandbox
from connectors.memory import memory

FRENCH = "Chère Madame,\n\nVotre dossier n° 42 est reçu : 1 250,50 €.\n.\nÀ bientôt"


@pytest.fixture
def connect(tmp_path, clock):
    def connected(**settings):
        return mail.connect(settings, clock=clock, documents=None, data=tmp_path)

    return connected


@pytest.fixture
def send(connect):
    client = connect()

    def sent(**changes):
        given = {"to": ["a@example.org"], "subject": "Objet", "text": "Texte", "key": "k"}
        return client.send(**given | changes)

    return sent


def test_a_french_text_arrives_as_written(send, tmp_path):
    subject = "Accusé de réception — dossier « Séchoir » " + "très long " * 20
    answer = send(subject=subject, text=FRENCH, reply_to="agent@example.org")
    [message] = sandbox.messages(tmp_path)
    assert message["subject"] == subject
    assert message["text"] == FRENCH + "\n"
    assert message["to"] == answer["accepted"] == ["a@example.org"]
    assert message["reply_to"] == "agent@example.org"
    assert message["received_at"] == "2026-11-23T09:30:00Z"
    assert message["message_id"] == answer["message_id"] == "<k@e-bourgogne.example>"


def test_says_that_a_machine_wrote_it(send, tmp_path):
    send()
    with memory(tmp_path, "mail").opened() as db:
        raw = db.execute("SELECT raw FROM message").fetchone()["raw"]
    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) < 999
    message = message_from_bytes(raw, policy=policy.default)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.isoformat() == "2026-11-23T09:30:00+00:00"
    assert message.get_content_type() == "text/plain"


def test_counts_what_came_twice(send, tmp_path):
    send()
    send()
    send(key="autre")
    assert [one["deliveries"] for one in sandbox.messages(tmp_path)] == [1, 2]


def test_any_key_gives_a_valid_message_id(send):
    odd = send(key="tâche 12/<a@b>\r\n")["message_id"]
    assert odd == send(key="tâche 12/<a@b>\r\n")["message_id"]
    assert odd.isascii()
    assert odd.count("@") == odd.count("<") == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"to": []},
        {"to": ["a@example.org\r\nBcc: b@example.org"]},
        {"to": ["a@example.org,b@example.org"]},
        {"to": ["Jeanne <a@example.org>"]},
        {"to": ["sans-arobase"]},
        {"to": ["é@example.org"]},
        {"to": ["a@exa mple.org"]},
        {"to": ["a@" + "x" * 70 + ".org"]},
        {"subject": "Objet\nBcc: b@example.org"},
        {"subject": "Objet\u2028Bcc: b@example.org"},
        {"reply_to": "a@example.org\nBcc: b@example.org"},
    ],
)
def test_nobody_writes_headers_of_their_own(send, changes, tmp_path):
    with pytest.raises(Refused) as refusal:
        send(**changes)
    assert refusal.value.code == "invalid"
    assert sandbox.messages(tmp_path) == []


def test_an_accented_domain_is_written_as_dns_does(send):
    assert send(to=["a@bücher.example"])["accepted"] == ["a@xn--bcher-kva.example"]


def test_tells_who_was_refused(send):
    answer = send(to=["a@example.org", "b@refus.example"])
    assert answer["accepted"] == ["a@example.org"]
    assert answer["refused"] == [
        {"address": "b@refus.example", "reason": "550 Boite inconnue"}
    ]
    with pytest.raises(Refused, match="Boite inconnue"):
        send(to=["b@refus.example"])


def test_sends_to_nobody_while_one_must_wait(send, tmp_path):
    with pytest.raises(Retryable, match="attendre"):
        send(to=["a@example.org", "b@attente.example"])
    assert sandbox.messages(tmp_path) == []


def test_signs_in(connect):
    letter = {"to": ["a@example.org"], "subject": "s", "text": "t", "key": "k"}
    good = connect(MAIL_USERNAME="sandbox", MAIL_PASSWORD="sandbox")
    assert good.send(**letter)["accepted"]
    with pytest.raises(Misconfigured, match="identifiants"):
        connect(MAIL_USERNAME="sandbox", MAIL_PASSWORD="faux").send(**letter)


def test_a_server_without_encryption_is_misconfigured(connect, tmp_path, clock):
    dialogue = sandbox.converse(tmp_path, {}, clock)
    with sandboxes.listening(dialogue, "127.0.0.1", 0) as at:
        client = connect(MAIL_SERVER="127.0.0.1", MAIL_PORT=at.split(":")[1])
        assert client.mode == "live"
        with pytest.raises(Misconfigured):
            client.send(to=["a@example.org"], subject="s", text="t", key="k")


def test_another_server_reads_us_too(connect):
    """aiosmtpd, a server we did not write, receives the same message."""
    received = []

    class Handler:
        async def handle_DATA(self, server, session, envelope):
            received.append(envelope)
            return "250 OK"

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        client = connect(MAIL_SERVER="127.0.0.1", MAIL_PORT=str(port), MAIL_SECURITY="none")
        client.send(to=["a@example.org"], subject="Été", text=FRENCH, key="k")
        assert client.check() == []
    finally:
        controller.stop()
    [envelope] = received
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert message["Subject"] == "Été"
    assert message.get_content().replace("\r\n", "\n") == FRENCH + "\n"
    assert envelope.rcpt_tos == ["a@example.org"]


def test_people_read_what_was_sent(send, connect, tmp_path, clock):
    send(subject="Reçu <b>", text=FRENCH)
    wire = sandbox.application(tmp_path, {}, clock)
    with httpx.Client(
        transport=sandboxes.InMemory(wire), base_url="http://mail", trust_env=False
    ) as http:
        page = http.get("/").text
        assert "Reçu &lt;b&gt;" in page
        assert "1 250,50 €" in page
        assert http.get("/messages").json() == mail.messages({}, tmp_path)
    with sandboxes.running(tmp_path, {}, clock) as settings:
        assert mail.messages(settings, tmp_path)[0]["subject"] == "Reçu <b>"


def test_live_settings_encrypt_by_default(connect):
    client = connect(MAIL_SERVER="smtp.example", MAIL_FROM="Région <aides@region.example>")
    assert isinstance(client.starttls, ssl.SSLContext)
    assert client.starttls.verify_mode is ssl.CERT_REQUIRED
    assert client.sender == "Région <aides@region.example>"
