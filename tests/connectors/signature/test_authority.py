"""The demonstration authority: its keys, and what it answers to other people's tools."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from connectors import Refused, sandboxes
from connectors.signature.authority import authority
from tests.connectors.signature.conftest import MARIE, Clock, opened, tool


def test_several_processes_that_begin_together_have_one_authority(tmp_path):
    """Whoever is second takes the keys of the first."""
    clock = Clock()

    def begin(_):
        kept = authority(tmp_path, clock)
        return kept.person("p", "Marie").der, kept.timestamping.der, kept.root.der

    with ThreadPoolExecutor(8) as several:
        assert len(set(several.map(begin, range(8)))) == 1
    folder = tmp_path / "signature" / "authority"
    assert {one.stat().st_mode & 0o077 for one in folder.iterdir()} == {0}
    assert all(one.suffix == ".pem" for one in folder.iterdir()), "nothing half made"


def test_a_name_is_never_a_path(tmp_path):
    kept = authority(tmp_path, Clock())
    kept.person("../../ailleurs", "../" * 40)
    kept.seal("/etc/passwd")
    assert {one.name for one in tmp_path.iterdir()} == {"signature"}


def test_over_sockets_it_answers_openssl_and_us(tmp_path, keys):
    office = opened(tmp_path, keys)
    with sandboxes.running(tmp_path, {}, office.clock) as settings:
        there = opened(tmp_path, keys, **settings)
        signed, told = there.sign(there.letter())
        assert told["level"] == "B-LT"
        assert there.examine(signed)["valid"]
        kept = office.authority
        marie = kept.person(*MARIE.values())
        for name, one in (("root", kept.root), ("issuing", kept.issuing), ("marie", marie)):
            content = one.certificate.public_bytes(Encoding.PEM)
            (tmp_path / f"{name}.pem").write_bytes(content)

        def asked():
            return tool(
                "openssl", "ocsp", "-issuer", tmp_path / "issuing.pem",
                "-cert", tmp_path / "marie.pem", "-CAfile", tmp_path / "root.pem",
                "-url", f"{settings['SANDBOX_URL']}/signature/ocsp", "-no_nonce",
            )  # fmt: skip

        first = asked()
        assert "marie.pem: good" in first.stdout
        assert "Response verify OK" in first.stderr
        kept.revoke(marie.certificate)
        assert "marie.pem: revoked" in asked().stdout


def test_the_list_is_asked_where_nobody_answers_about_one(office):
    """The issuing authority's own certificate names a list, and no responder."""
    verdict = office.signature.trust.judge(
        office.authority.person(*MARIE.values()).der,
        office.authority.person(*MARIE.values()).chain,
        office.clock(),
    )
    assert (len(verdict.ocsps), len(verdict.crls)) == (1, 1)
    office.authority.revoke(office.authority.issuing.certificate)
    office.clock.moved += timedelta(minutes=5)
    with pytest.raises(Refused, match="révoqué"):
        office.prepare(office.letter())


def test_who_signs_is_one_of_those_set_up(office):
    for call in (
        lambda: office.signature.certificate(signer="magie", person=MARIE),
        lambda: office.signature.sign(signer="magie", person=MARIE, to_sign=[]),
    ):
        with pytest.raises(Refused, match="installée"):
            call()
    assert {"demo"} <= {one["id"] for one in office.signature.signers()}
    assert office.signature.check() == []
