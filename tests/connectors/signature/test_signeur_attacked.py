"""The program on the agent's machine, by whoever else is there: pages, programs, people."""

import json
import resource
import secrets
import socket
import subprocess
import sys
from hashlib import sha256

import pytest

from connectors.signature.desktop import archive
from connectors.signature.desktop.signeur.guarding import as_origin, pairing_code
from tests.connectors.signature import keys
from tests.connectors.signature.test_signeur import OFFICE, _b64, _fits, running_in

CERTIFICATES = "/rest/certificates"
SIGN = "/rest/sign"
BATCH = "/rest/sign-batch"


@pytest.fixture(scope="module")
def authority():
    return keys.authority()


@pytest.fixture
def running(tmp_path):
    yield from running_in(tmp_path)


@pytest.fixture
def with_file(running, authority, tmp_path):
    path = tmp_path / "marie.p12"
    path.write_bytes(authority.issue("Marie Présidente").p12("secret"))

    def start(*answers):
        return running("--file", str(path), answers=["secret", *answers])

    return start


def named(here):
    shown = here.ask("POST", CERTIFICATES, {})[2]["response"]
    return {"tokenId": shown["tokenId"], "keyId": shown["keyId"]}


def test_what_a_program_in_between_hears_serves_it_for_nothing(with_file):
    here = with_file("secret")
    asked = named(here) | {"toBeSigned": {"bytes": _b64(b"voulu")}}
    nonce = secrets.token_hex(8)
    assert here.ask("POST", SIGN, asked, nonce=nonce)[0] == 200
    status, _, answer = here.ask("POST", SIGN, asked, nonce=nonce)
    assert (status, answer["errorMessage"]) == (403, "Cette demande a déjà été faite.")
    wanted, other = (json.dumps(one) for one in (asked, {"toBeSigned": {"bytes": "eA=="}}))
    digest = sha256(wanted.encode()).hexdigest()
    heard = {
        "Origin": OFFICE,
        "Content-Type": "application/json",
        "X-Signeur-Proof": f"n:{digest}:{here.proof('ask', SIGN, 'n', digest)}",
    }
    assert here.send("POST", BATCH, wanted, heard)[0] == 403, "for another address"
    status, _, content = here.send("POST", SIGN, other, heard)
    assert status == 403 and "altérée" in json.loads(content)["errorMessage"]
    later = with_file()
    assert later.code == here.code
    assert later.send("POST", SIGN, wanted, heard)[0] == 403, "of another session"
    assert "demande de signer" not in later.stop()


def test_the_person_sees_how_much_is_asked(with_file):
    here = with_file("secret")
    certificate = named(here)

    def asked(*documents):
        listed = [{"id": one, "title": title, "bytes": "eA=="} for one, title in documents]
        return here.ask("POST", BATCH, certificate | {"toBeSigned": listed})

    many = [(str(n), "Une lettre") for n in range(5001)]
    status, _, answer = asked(*many)
    assert status == 409
    assert answer["errorMessage"] == "5001 documents : signez-en 5000 au plus à la fois."
    assert asked(("a", "Une lettre"), ("a", "Une autre"))[0] == 400
    assert asked(("a", "Lettre"), ("b", "Lettre"), ("c", "\u202e\u2028"))[0] == 200
    said = here.stop()
    assert said.count("demande de signer") == 1
    assert "demande de signer 3 document(s)" in said
    assert "  - Lettre (2 documents)\n  -   \n" in said


def test_noise_neither_stops_it_nor_fills_its_window(with_file):
    here = with_file("secret")
    certificate = named(here)
    one = certificate | {"toBeSigned": {"bytes": "eA=="}}
    assert here.ask("POST", SIGN, one | {"digestAlgorithm": ["SHA256"]})[0] == 409
    assert here.ask("POST", SIGN, one, Content_Length="\xb2")[0] == 400
    deep = "[" * 200_000
    digest = sha256(deep.encode()).hexdigest()
    proof = f"n:{digest}:{here.proof('ask', SIGN, 'n', digest)}"
    headers = {
        "Origin": OFFICE,
        "Content-Type": "application/json",
        "X-Signeur-Proof": proof,
    }
    assert here.send("POST", SIGN, deep, headers)[0] == 400
    status, headers, answer = here.ask("PUT", "/<script>")
    assert (status, answer["error"]) == (501, "bad_request")
    assert headers["X-Content-Type-Options"] == "nosniff"
    huge = here.ask("POST", SIGN, {"x": "y" * 3_000_000}, code="another")
    assert huge[0] == 403, "what is not read does not hide the answer"
    for said in (
        b"\x16\x03\x01\r\n\r\n",
        b"GET /" + b"a" * 70_000,
        b"POST /rest/sign HTTP/1.1\r\n",
    ):
        with socket.create_connection(("127.0.0.1", here.port), timeout=60) as line:
            line.sendall(said)
    resource.prlimit(here.process.pid, resource.RLIMIT_NOFILE, (128, 128))
    silent = [
        socket.create_connection(("127.0.0.1", here.port), timeout=60) for _ in range(150)
    ]
    assert here.ask("POST", SIGN, one)[0] == 200
    for line in silent:
        line.close()
    said = here.stop()
    assert "Traceback" not in said and "inattendue" not in said, said


def test_a_token_is_told_from_its_twin_and_found_again_once_back(
    running, authority, tmp_path
):
    twins = [authority.issue(f"Marie {n}") for n in range(2)]
    for n, twin in enumerate(twins):
        keys.softhsm(tmp_path / f"hsm{n}", ("carte", twin))
    place = tmp_path / "hsm0/tokens"
    (second,) = (tmp_path / "hsm1/tokens").iterdir()
    environment = {"SOFTHSM2_CONF": str(tmp_path / "hsm0/softhsm2.conf")}
    pulled = second.rename(place / second.name)
    here = running(
        "--module", str(keys.SOFTHSM), answers=[keys.PIN] * 4, environment=environment
    )
    shown = here.ask("POST", CERTIFICATES, {})[2]["response"]
    for one in (shown, *shown["others"]):
        (twin,) = (twin for twin in twins if _b64(twin.der) == one["certificate"])
        asked = {"tokenId": one["tokenId"], "keyId": one["keyId"]}
        asked["toBeSigned"] = {"bytes": _b64(b"x")}
        _fits(twin, here.ask("POST", SIGN, asked)[2]["response"]["signatureValue"], b"x")
    tokens = [*place.iterdir()]
    for token in tokens:
        token.rename(tmp_path / token.name)
    status, _, answer = here.ask("POST", SIGN, asked)
    assert status == 409
    assert (
        answer["errorMessage"] == "Aucun support de signature : insérez la clé ou la carte."
    )
    for token in tokens:
        (tmp_path / token.name).rename(token)
    answer = here.ask("POST", SIGN, asked)[2]
    _fits(twin, answer["response"]["signatureValue"], b"x")
    assert pulled.exists() and here.stop().count("demande de signer") == 3


def test_what_is_kept_and_what_a_neighbour_may_read(tmp_path):
    kept = tmp_path / "signeur/appairage.json"
    code = pairing_code(kept)
    assert pairing_code(kept) == code != pairing_code(kept, renew=True)
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )
    for damaged in ("", "[]", '{"code": ""}', '{"code": null}'):
        kept.write_text(damaged)
        assert len(pairing_code(kept)) == len(code), damaged
    program = tmp_path / "signeur.pyz"
    program.write_bytes(archive())
    look = (
        f"import sys, ctypes; sys.path.insert(0, {str(program)!r})\n"
        "from signeur.__main__ import seclude; seclude()\n"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    told = subprocess.run(
        [sys.executable, "-c", look], check=True, capture_output=True, text=True
    )
    assert told.stdout.strip() == "0", "its memory may be read"
    assert as_origin("https://préfecture.fr/") == "https://xn--prfecture-c4a.fr"
    assert as_origin("https://[2001:db8::1]:8443/") == "https://[2001:db8::1]:8443"
