"""Telling an address that nobody trusts: where it may lead, and how it is reached."""

import base64
import hashlib
import hmac
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from uuid import UUID

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from connectors.webhooks import AddressRefused, Sender, checked, new_secret_of, public, sign
from connectors.webhooks.sender import MOST_READ, dialled

NAME, PUBLIC = "hooks.example.org", "93.184.215.14"
WEBHOOK = UUID("11111111-1111-4111-8111-111111111111")
EVENT = {"event_id": "evt-1", "timestamp": 1_700_000_000, "body": b'{"type":"case.filed"}'}


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://hooks.example.org/a?b=1", "https://hooks.example.org/a?b=1"),
        ("https://HOOKS.example.org", "https://hooks.example.org/"),
        ("https://hooks.example.org:443/", "https://hooks.example.org/"),
        ("https://hooks.example.org:8443/", "https://hooks.example.org:8443/"),
        ("https://école.example.org/é", "https://xn--cole-9oa.example.org/%C3%A9"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2001:4860:4860::8888]/", "https://[2001:4860:4860::8888]/"),
    ],
)
def test_an_address_of_the_internet_is_kept(url: str, kept: str) -> None:
    assert checked(url) == kept
    assert checked(kept) == kept


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.org", "//hooks.example.org/", "http://hooks.example.org/",
        "ftp://hooks.example.org/", "javascript:alert(1)", "file:///etc/passwd",
        "https://user@hooks.example.org/", "https://user:secret@hooks.example.org/",
        "https://hooks.example.org@127.0.0.1/", "https://127.0.0.1\\@hooks.example.org/",
        "https://hooks.example.org#@127.0.0.1/", "https://hooks.example.org/#x",
        "https://hooks.example.org:0/", "https://hooks.example.org:/",
        "https://hooks.example.org:99999/", "https://hooks.example.org:1e3/",
        "https://hooks.example.org./", "https://.example.org/", "https://hooks..org/",
        "https://hooks_1.example.org/", "https://-a.example.org/", "https://example/",
        "https://localhost/", "https://localhost.localdomain.local/", "https://a.internal/",
        "https://metadata.google.internal/", "https://printer.lan/", "https://1.0.0.127.in-addr.arpa/",
        "https://127.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://0/",
        "https://0x7f.1/", "https://0x7f000001/", "https://2130706433/", "https://017700000001/",
        "https://0.0.0.0/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data/", "https://100.64.0.1/", "https://198.18.0.1/",
        "https://224.0.0.1/", "https://240.0.0.1/", "https://255.255.255.255/", "https://203.0.113.7/",
        "https://168.63.129.16/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:7f00:1]/", "https://[::127.0.0.1]/", "https://[fe80::1]/", "https://[fe80::1%25eth0]/",
        "https://[fc00::1]/", "https://[ff02::1]/", "https://[64:ff9b::7f00:1]/", "https://[64:ff9b:1::1]/",
        "https://[2002:7f00:1::]/", "https://[2002:a00:1::1]/", "https://[2001:0:4136:e378::1]/", "https://[2001:db8::1]/",
        "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://１２７.0.0.1/", "https://127。0。0。1/", "https://xn--/", "https://xn--a.example.org/",
        "https://hooks.example.org/\r\nHost: a", "https://hooks.example.org/ a", "https://hooks.example.org/\x00",
        "https://[::1/", "https://::1/", "https://%31%32%37.0.0.1/", "https://hooks.example.org%00.evil/",
        "https://" + "a" * 300 + ".org/", "https://hooks.example.org/" + "a" * 2000,
    ],
)  # fmt: skip
def test_an_address_that_leads_inside_or_reads_otherwise_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        checked(url)


def test_this_machine_may_be_tried_where_one_says_so() -> None:
    for url in (
        "http://localhost:8000/a",
        "http://127.0.0.1:8000/a",
        "https://hooks.example.org/",
    ):
        assert checked(url, inside=True)
    for url in (
        "http://hooks.example.org/",
        "https://10.0.0.1/",
        "http://169.254.169.254/",
    ):
        with pytest.raises(AddressRefused):
            checked(url, inside=True)


@given(st.ip_addresses(v=4))
def test_whatever_holds_an_inner_address_is_as_inner_as_it(address: IPv4Address) -> None:
    high, low = int(address) >> 16, int(address) & 0xFFFF
    holders = [f"::ffff:{address}", f"64:ff9b::{address}", f"::ffff:0:{high:x}:{low:x}"]
    holders += [f"2002:{high:x}:{low:x}::1"] if int(address) else []
    for holder in holders:
        assert not public(holder) or public(str(address)), holder


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signature = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret])
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# Reaching it


@dataclass
class Door:
    """A real server on this machine, that remembers who knocked."""

    port: int = 0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drip: threading.Event | None = None


@contextmanager
def opened(door: Door, tls: ssl.SSLContext | None = None) -> Iterator[Door]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            door.heard.append((dict(self.headers), self.rfile.read(length)))
            if door.drip is not None:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                door.drip.wait(60)
                return
            self.send_response(door.status)
            for name, value in door.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(door.body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    door.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield door
    finally:
        if door.drip:
            door.drip.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for the name, that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return file


@dataclass
class Network:
    """Names and connections as the test says; a public address leads to its door."""

    door: Door
    answers: list[list[str]]
    asked: int = 0
    dialled: list[str] = field(default_factory=list)

    def resolve(self, _host: str, _port: int) -> list[str]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return found

    def dial(self, address: str, _port: int, timeout: float) -> httpcore.NetworkStream:
        self.dialled.append(address)
        return dialled("127.0.0.1", self.door.port, timeout)


def sender(
    network: Network, certificate: Path | None = None, patience: float = 30.0
) -> Sender:
    trusted = ssl.create_default_context(cafile=str(certificate) if certificate else None)
    return Sender(
        resolve=network.resolve, dial=network.dial, context=trusted, patience=patience
    )


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def test_an_event_arrives_signed_under_its_name(certificate: Path) -> None:
    secrets = [new_secret_of("clé", WEBHOOK, generation) for generation in (2, 1)]
    assert secrets[0] != secrets[1]
    with opened(Door(), serving(certificate)) as door:
        network = Network(door, [[PUBLIC]])
        answer = sender(network, certificate).send(
            f"https://{NAME}/a?b=1", secrets=secrets, **EVENT
        )
    assert (answer.code, answer.error) == (204, "")
    assert (network.asked, network.dialled) == (1, [PUBLIC])
    ((headers, body),) = door.heard
    assert headers["Host"] == NAME
    assert headers["webhook-id"] == "evt-1"
    signed = f"evt-1.{headers['webhook-timestamp']}.".encode() + body
    given = [base64.b64decode(one[3:]) for one in headers["webhook-signature"].split()]
    expected = [
        hmac.new(
            base64.b64decode(s.removeprefix("whsec_")), signed, hashlib.sha256
        ).digest()
        for s in secrets
    ]
    assert given == expected, "each secret signs, the newest first"


def test_a_certificate_for_another_name_is_no_door(certificate: Path) -> None:
    with opened(Door(), serving(certificate)) as door:
        answer = sender(Network(door, [[PUBLIC]]), certificate).send(
            "https://autre.example.org/", secrets=[], **EVENT
        )
    assert answer.code is None
    assert answer.error
    assert door.heard == []


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1"], ["::ffff:10.0.0.1"], [], ["n’importe quoi"]],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_followed(
    certificate: Path, addresses: list[str]
) -> None:
    with opened(Door(), serving(certificate)) as door:
        network = Network(door, [addresses])
        answer = sender(network, certificate).send(f"https://{NAME}/", secrets=[], **EVENT)
    assert answer.code is None
    assert answer.error
    assert network.dialled == door.heard == []


def test_a_name_that_changes_after_it_was_checked_changes_nothing(
    certificate: Path,
) -> None:
    """The resolver lies the second time: it is not asked a second time."""
    with opened(Door(), serving(certificate)) as door:
        network = Network(door, [[PUBLIC], ["127.0.0.1"]])
        told = sender(network, certificate)
        first = told.send(f"https://{NAME}/", secrets=[], **EVENT)
        assert (first.code, network.asked, network.dialled) == (204, 1, [PUBLIC])
        second = told.send(f"https://{NAME}/", secrets=[], **EVENT)
    assert second.code is None
    assert network.dialled == [PUBLIC], "checked again at each attempt"
    assert len(door.heard) == 1


def test_a_redirection_is_told_not_followed(certificate: Path) -> None:
    door = Door(status=307, headers={"Location": "http://169.254.169.254/"})
    with opened(door, serving(certificate)):
        network = Network(door, [[PUBLIC]])
        answer = sender(network, certificate).send(f"https://{NAME}/", secrets=[], **EVENT)
    assert answer.code == 307
    assert "redirection" in answer.error
    assert len(door.heard) == 1


def test_a_long_answer_is_not_read_to_its_end(certificate: Path) -> None:
    door = Door(status=200, body=b"a" * (MOST_READ * 50))
    with opened(door, serving(certificate)):
        answer = sender(Network(door, [[PUBLIC]]), certificate).send(
            f"https://{NAME}/", secrets=[], **EVENT
        )
    assert (answer.code, answer.error) == (200, "")


def test_an_answer_that_does_not_end_is_given_up(certificate: Path) -> None:
    door = Door(drip=threading.Event())
    with opened(door, serving(certificate)):
        answer = sender(Network(door, [[PUBLIC]]), certificate, patience=1.0).send(
            f"https://{NAME}/", secrets=[], **EVENT
        )
        assert answer.code is None
        assert "secondes" in answer.error


def test_this_very_machine_is_told_where_things_are_tried() -> None:
    with opened(Door()) as door:
        url = f"http://127.0.0.1:{door.port}/"
        assert Sender(inside=True).send(url, secrets=[], **EVENT).code == 204
        assert Sender().send(url, secrets=[], **EVENT).code is None
    assert len(door.heard) == 1


def test_an_error_has_words_and_no_answer_of_theirs() -> None:
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    answer = Sender(inside=True).send(url, secrets=[], **EVENT)
    closed.close()
    assert answer.code is None
    assert answer.error.startswith("Connexion impossible")
