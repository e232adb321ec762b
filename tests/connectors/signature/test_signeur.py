"""The program on the agent's machine, run as agents run it, spoken to over a real socket."""

import base64
import hmac
import json
import secrets
import subprocess
import sys
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from connectors.signature.desktop import archive
from connectors.signature.desktop.signeur.asking import clean
from connectors.signature.desktop.signeur.guarding import as_origin
from tests.connectors.signature import keys

OFFICE = "https://parapheur.example.fr"


class Running:
    """The program in its own process; `answers` are what the person types."""

    def __init__(self, folder, *arguments, answers, environment=None):
        program = folder / "signeur.pyz"
        program.write_bytes(archive())
        self.process = subprocess.Popen(
            [sys.executable, str(program), "--origin", OFFICE, "--port", "0", *arguments],
            stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,  # no terminal: what is asked is read from stdin
            env={"PATH": "/usr/bin:/bin", "XDG_CONFIG_HOME": str(folder), **(environment or {})},
        )  # fmt: skip
        self.process.stdin.write("".join(f"{answer}\n" for answer in answers))
        self.process.stdin.flush()
        said = self.process.stderr
        line = next((line for line in said if "Signeur prêt" in line), "")
        assert line, self.process.wait(60)
        self.port = int(line.split("127.0.0.1:")[1].split()[0])
        self.code = next(said).rsplit(" ", 1)[1].strip()
        self.session = ""

    def ask(self, method, path, body=None, *, code="", nonce="", **headers: Any):
        """The status, the headers and the answer; `None` takes a header away."""
        sent = "" if body is None else json.dumps(body)
        nonce = nonce or secrets.token_hex(8)
        digest = sha256(sent.encode()).hexdigest()
        proof = self.proof("ask", path, nonce, digest, code=code)
        given = {
            "Origin": OFFICE,
            "X-Signeur-Proof": f"{nonce}:{digest}:{proof}",
            "Content-Type": "application/json",
        }
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in given.items() if value is not None}
        status, answered, content = self.send(method, path, sent or None, kept)
        if said := answered["X-Signeur-Proof"]:
            digest = sha256(content).hexdigest()
            assert said == self.proof("answer", nonce, digest, code=code)
        return status, answered, json.loads(content) if content else None

    def proof(self, *said, code=""):
        """What a page that knows the code says of these words."""
        if not self.session:
            told = self.send("GET", "/nexu-info", None, {"Origin": OFFICE})[2]
            self.session = json.loads(told)["session"]
        words = "\n".join((self.session, *said)).encode()
        return hmac.new((code or self.code).encode(), words, "sha256").hexdigest()

    def send(self, method, path, body, headers):
        """The status, the headers and the bytes of the answer to just this."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers, content

    def stop(self):
        """End it; returns what it said."""
        self.process.terminate()
        return self.process.communicate(timeout=60)[1]


@pytest.fixture(scope="module")
def held():
    return keys.authority().issue("Marie Présidente", email="marie@region.demo")


@pytest.fixture
def running(tmp_path):
    yield from running_in(tmp_path)


def running_in(folder):
    """Starts programs, and ends them."""
    started = []

    def start(*arguments, **options):
        started.append(Running(folder, *arguments, **options))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.stop()
        for stream in (one.process.stdin, one.process.stderr):
            stream.close()


def _b64(content):
    return base64.b64encode(content).decode()


def _fits(key, value, content):
    key.certificate.public_key().verify(
        base64.b64decode(value), content, padding.PKCS1v15(), hashes.SHA256()
    )


def test_a_token_signs_many_documents_with_one_pin(running, held, tmp_path):
    keys.softhsm(tmp_path / "hsm", ("carte-de-marie", held))
    environment = {"SOFTHSM2_CONF": str(tmp_path / "hsm/softhsm2.conf")}
    here = running(
        "--module", str(keys.SOFTHSM), answers=["9999", keys.PIN, keys.PIN, ""],
        environment=environment,
    )  # fmt: skip
    assert here.ask("GET", "/nexu-info", X_Signeur_Proof=None)[2]["product"] == "signeur"
    _, headers, found = here.ask("POST", "/rest/certificates", {})
    shown = found["response"]
    assert (
        x509.load_der_x509_certificate(base64.b64decode(shown["certificate"]))
        == held.certificate
    )
    assert shown["encryptionAlgorithm"] == "RSA"
    assert headers["Access-Control-Allow-Origin"] == OFFICE
    named = {
        "tokenId": shown["tokenId"],
        "keyId": shown["keyId"],
        "digestAlgorithm": "SHA256",
    }
    contents = {f"doc-{n}": f"attributs signés {n}".encode() for n in range(20)}
    batch = named | {
        "toBeSigned": [
            {"id": name, "bytes": _b64(content), "title": f"Délibération {name}\x1b[2J"}
            for name, content in contents.items()
        ]
    }
    status, _, answer = here.ask("POST", "/rest/sign-batch", batch)
    assert (status, answer["errorMessage"]) == (409, "Code PIN incorrect.")
    status, _, answer = here.ask("POST", "/rest/sign-batch", batch)
    assert status == 200, answer
    for name, content in contents.items():
        _fits(held, answer["response"]["values"][name], content)
    one = named | {
        "toBeSigned": {"bytes": _b64(b"un seul")}
    }  # as NexU's own script asks it
    answer = here.ask("POST", "/rest/sign", one)[2]
    _fits(held, answer["response"]["signatureValue"], b"un seul")
    assert answer["response"]["signatureAlgorithm"] == "RSA_SHA256"
    answer = here.ask("POST", "/rest/sign", one)[2]  # the person leaves the PIN empty
    assert answer["errorMessage"] == "Signature refusée sur le poste."
    said = here.stop()
    assert f"{OFFICE} demande de signer 20 document(s) avec « Marie Présidente »" in said
    assert "Délibération doc-0 [2J" in said and "\x1b" not in said
    assert keys.PIN not in said


def test_a_key_file_signs_and_its_password_stays_here(running, held, tmp_path):
    path = tmp_path / "marie.p12"
    path.write_bytes(held.p12("secret-de-marie"))
    here = running(
        "--file", str(path), answers=["secret-de-marie", "faux", "secret-de-marie"]
    )
    shown = here.ask("POST", "/rest/certificates", {})[2]["response"]
    assert shown["certificateChain"] == [_b64(held.issuer.public_bytes(keys.Encoding.DER))]
    one = {
        "tokenId": shown["tokenId"],
        "keyId": shown["keyId"],
        "toBeSigned": {"bytes": _b64(b"x")},
    }
    assert (
        "Mot de passe incorrect" in here.ask("POST", "/rest/sign", one)[2]["errorMessage"]
    )
    _fits(held, here.ask("POST", "/rest/sign", one)[2]["response"]["signatureValue"], b"x")
    unknown = one | {"keyId": "autre"}
    assert "pas sur ce poste" in here.ask("POST", "/rest/sign", unknown)[2]["errorMessage"]
    assert here.ask("POST", "/rest/sign", one | {"digestAlgorithm": "SHA1"})[0] == 409


def test_nobody_else_makes_it_sign(running, held, tmp_path):
    path = tmp_path / "marie.p12"
    path.write_bytes(held.p12("secret-de-marie"))
    here = running("--file", str(path), answers=["secret-de-marie"])
    paths = ("/rest/certificates", "/rest/sign", "/rest/sign-batch")
    hostile = {
        "another site": {"Origin": "https://parapheur.example.fr.pirate.example"},
        "a page of a file": {"Origin": "null"},
        "no page at all": {"Origin": None},
        "the same name in clear": {"Origin": "http://parapheur.example.fr"},
        "a name rebound to here": {"Host": f"pirate.example:{here.port}"},
        "our address, another port": {"Host": "127.0.0.1"},
        "no code": {"X_Signeur_Proof": None},
        "another code": {"code": here.code[:-1] + "z"},
    }
    for name, headers in hostile.items():
        for path in paths:
            status, answered, answer = here.ask("POST", path, {}, **headers)
            assert (status, answer["success"]) == (403, False), name
            readable = "Access-Control-Allow-Origin" in answered
            assert readable == ("code" in name), "a paired page reads why"
            assert answered["X-Signeur-Proof"] is None, name
    for name in ("another site", "a name rebound to here"):
        status, answered, _ = here.ask(
            "OPTIONS",
            "/rest/sign",
            **hostile[name],
            Access_Control_Request_Private_Network="true",
        )
        assert status == 403 and not any("Access-Control" in one for one in answered), name
    status, answered, _ = here.ask(
        "OPTIONS",
        "/rest/sign",
        X_Signeur_Proof=None,
        Access_Control_Request_Private_Network="true",
    )
    assert status == 204 and answered["Access-Control-Allow-Private-Network"] == "true"
    assert answered["Access-Control-Allow-Origin"] == OFFICE
    plain = {"Content_Type": "text/plain"}  # what a form may send without asking first
    assert here.ask("POST", "/rest/sign", {}, **plain)[0] == 400
    assert here.ask("POST", "/rest/sign", {"toBeSigned": {"bytes": "é"}})[0] == 400
    assert here.ask("POST", "/rest/sign-batch", {"toBeSigned": []})[0] == 400
    assert here.ask("POST", "/rest/sign", {}, Content_Length=str(10**9))[0] == 400
    assert here.ask("GET", "/rest/sign")[0] == 404
    assert here.ask("POST", "/ailleurs", {})[0] == 404


def test_it_says_why_it_does_not_begin(tmp_path):
    program = tmp_path / "signeur.pyz"
    program.write_bytes(archive())
    for arguments, reason in (
        (
            ["--origin", "http://parapheur.example.fr", "--file", "x.p12"],
            "https est attendue",
        ),
        (["--origin", OFFICE, "--file", "absent.p12"], "ne se lit pas"),
    ):
        done = subprocess.run(
            [sys.executable, str(program), *arguments], check=False, input="x\n", text=True, timeout=60,
            capture_output=True, start_new_session=True, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 2 and reason in done.stderr


def test_the_archive_is_always_the_same_and_words_are_harmless():
    assert archive() == archive()
    assert clean("a\nb\x1b[31m\u202ec") == "a b [31m c"
    assert as_origin("https://Parapheur.example.fr:443/page?x=1") == OFFICE
    assert as_origin("http://127.0.0.1:8304/") == "http://127.0.0.1:8304"
    for wrong in ("ftp://a", "https://", "https://moi@site.fr", "parapheur.fr"):
        with pytest.raises(ValueError):
            as_origin(wrong)
