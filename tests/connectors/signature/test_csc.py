"""A remote signature, asked of a provider on the Cloud Signature Consortium's routes."""

from datetime import timedelta

import httpx
import pytest
from cryptography import x509
from werkzeug.wrappers import Request

from connectors import Misconfigured, Refused, Retryable
from connectors.sandboxes import InMemory
from connectors.signature.authority import authority
from connectors.signature.signers import csc, csc_sandbox, owners
from connectors.wire import Unreadable
from tests.connectors.signature.test_server_keys import CONTENTS, MARIE, entries, fits


@pytest.fixture
def kept(tmp_path, clock):
    return authority(tmp_path, clock)


def remote(kept, token="sandbox", change=None, **options):
    """The client, and every request that the provider receives."""

    def wire(environ, start):
        request = Request(environ)
        answer = csc_sandbox.answer(kept, request)
        if change is not None:
            answer = change(request.path, answer)
        return answer(environ, start)

    http = httpx.Client(
        base_url="http://csc.sandbox", transport=InMemory(wire),
        headers={"Authorization": f"Bearer {token}"},
    )  # fmt: skip
    return csc.Remote(http, **options)


def test_many_documents_are_signed_with_one_pin_in_one_authorisation(kept):
    asked = []
    marie = remote(kept, change=lambda path, answer: asked.append(path) or answer)
    der, chain = marie.certificate(MARIE)
    assert owners.belongs(der, MARIE) and len(chain) == 2
    assert marie.check() == []

    class Held:
        certificate = x509.load_der_x509_certificate(der)

    asked.clear()
    fits(marie.sign(MARIE, entries(), "123456"), Held)
    assert [path.rsplit("/", 1)[1] for path in asked] == [
        "list",
        "info",
        "authorize",
        "signHash",
    ]


def test_a_wrong_pin_is_refused_and_the_third_one_locks_for_a_while(kept, clock):
    marie = remote(kept)
    for _ in range(2):
        with pytest.raises(Refused, match="Code PIN incorrect") as refused:
            marie.sign(MARIE, entries(), "000000")
        assert refused.value.code == "pin"
    assert marie.sign(MARIE, entries(), "123456").keys() == CONTENTS.keys()
    for _ in range(2):  # counted anew since the right one
        with pytest.raises(Refused, match="Code PIN incorrect"):
            marie.sign(MARIE, entries(), None)
    for pin in ("111111", "123456"):
        with pytest.raises(Refused, match="bloqué"):
            marie.sign(MARIE, entries(), pin)
    assert remote(kept).sign(MARIE | {"email": "v@region.demo"}, entries(), "123456")
    clock.forward(minutes=16)
    assert marie.sign(MARIE, entries(), "123456")


def test_an_authorisation_is_for_its_hashes_once_and_for_five_minutes(kept, clock):
    marie = remote(kept)
    credential = marie._credential(MARIE)
    digests = [one["digest"] for one in entries()]
    asked = {
        "credentialID": credential.id, "numSignatures": 3, "hashes": digests,
        "hashAlgorithmOID": csc.SHA256, "authData": [{"id": "PIN", "value": "123456"}],
    }  # fmt: skip

    def sad():
        return marie._ask("credentials/authorize", asked)["SAD"]

    def sign(sad, hashes=digests):
        return marie._ask(
            "signatures/signHash",
            asked | {"SAD": sad, "hashes": hashes, "signAlgo": credential.algorithm},
        )["signatures"]

    given = sad()
    assert len(sign(given)) == 3
    with pytest.raises(Refused, match="Invalid SAD"):
        sign(given)
    with pytest.raises(Refused, match="Invalid SAD"):
        sign(sad(), digests[::-1])
    given = sad()
    clock.forward(seconds=timedelta(minutes=5, seconds=1).total_seconds())
    with pytest.raises(Refused, match="Invalid SAD"):
        sign(given)
    with pytest.raises(Refused, match="numSignatures"):
        marie._ask("credentials/authorize", asked | {"numSignatures": 2})
    with pytest.raises(Refused, match="hashes"):
        marie._ask("credentials/authorize", asked | {"hashes": ["AAAA"]})


def test_what_the_provider_answers_is_told_as_it_is(kept, clock):
    with pytest.raises(Misconfigured):
        remote(kept, token="autre").certificate(MARIE)
    with pytest.raises(Refused, match="pas de certificat"):
        remote(kept).certificate(MARIE | {"email": "sans-certificat@region.demo"})
    marie = remote(kept)
    kept.revoke(x509.load_der_x509_certificate(marie.certificate(MARIE)[0]))
    with pytest.raises(Refused, match="révoqué"):
        marie.certificate(MARIE)

    def less(path, answer):
        if path.endswith("signHash"):
            answer.set_data(b'{"signatures": []}')
        return answer

    victor = MARIE | {"email": "victor@region.demo"}
    with pytest.raises(Unreadable, match="il manque des signatures"):
        remote(kept, change=less).sign(victor, entries(), "123456")
    with pytest.raises(Unreadable):
        remote(kept, change=lambda _, answer: answer.set_data(b"[]") or answer).certificate(
            victor
        )
    gone = httpx.Client(base_url="http://127.0.0.1:9", trust_env=False)
    with pytest.raises(Retryable):
        csc.Remote(gone).certificate(MARIE)
    with pytest.raises(Misconfigured, match="CSC_QUALITY"):
        csc.connect(
            {"CSC_URL": "http://x", "CSC_QUALITY": "parfaite"},
            clock=clock,
            data=kept.folder,
        )
    assert csc.connect({"SIGNATURE_TRUST": "/x"}, clock=clock, data=kept.folder) is None
