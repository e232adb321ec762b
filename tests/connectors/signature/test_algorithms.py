"""Algorithms and sizes of key by the register: on both sides of a day, in each format."""

from datetime import UTC, datetime, timedelta

import pytest
from asn1crypto import x509 as asn1

from connectors import Misconfigured, Refused
from connectors.signature import algorithms
from connectors.signature.algorithms import Used
from tests.connectors.signature.conftest import opened

REGISTER = algorithms.shipped()
SHA256 = ("sha256", "sha256")
DAYS = {  # what is used → from when it is weakened, and retired
    "RSA 1024 bits, SHA-256": (Used("rsa", 1024, SHA256), "2026-01-01", "2009-01-01"),
    "RSA 2048 bits, SHA-256": (Used("rsa", 2048, SHA256), "2026-01-01", "2029-01-01"),
    "RSA 3072 bits, SHA-512": (Used("rsassa_pss", 3072, ("sha512",)), None, None),
    "RSA 4096 bits, SHA-1": (Used("rsa", 4096, ("sha1", "sha1")), None, "2009-01-01"),
    "RSA 4096 bits, MD5": (Used("rsa", 4096, ("md5",)), None, "2004-01-01"),
    "ECDSA 256 bits, SHA-256": (Used("ec", 256, SHA256), None, None),
    "ECDSA 224 bits, SHA-256": (Used("ec", 224, SHA256), None, "2016-01-01"),
    "ED25519, SHA-512": (Used("ed25519", 256, ("sha512",)), None, None),
    "GOST": (Used("gost", 256), None, "0001-01-01"),
}


@pytest.mark.parametrize("name", DAYS)
def test_each_changes_on_its_day_and_not_before(name):
    used, weakened, retired = DAYS[name]
    assert used.name() == name
    for standing, day in (("weakened", weakened), ("retired", retired)):
        since = REGISTER.since(used, standing)
        assert (since.date().isoformat() if since else None) == day
    if retired is None:
        assert REGISTER.standing(used, datetime(2040, 1, 1, tzinfo=UTC)) == "accepted"
        return
    since = REGISTER.since(used, "retired")
    assert REGISTER.standing(used, since) == "retired"
    if since.year > 1:
        assert REGISTER.standing(used, since - timedelta(seconds=1)) != "retired"


def test_every_row_says_where_it_was_read_or_that_it_was_not():
    for line in algorithms.SHIPPED.read_text("utf-8").splitlines()[1:]:
        _, _, since, standing, source, status = line.split(",")
        assert standing in algorithms.STANDINGS
        assert not since or (source and status in {"lu", "connaissance"})


def test_the_key_of_a_certificate_is_what_its_holder_signs_with(office):
    held = office.authority.issue("Marie Durand")
    assert algorithms.of(asn1.Certificate.load(held.der)) == Used("rsa", 2048)
    elliptic = algorithms.of(asn1.Certificate.load(office.authority.timestamping.der))
    assert elliptic == Used("ec", 256)


def register(tmp_path, *rows):
    path = tmp_path / "registre.csv"
    path.write_text(
        "algorithm,below,from,standing,source,status\n" + "\n".join(rows), "utf-8"
    )
    return str(path)


def retiring(tmp_path, keys, *algorithm):
    """An office whose register retires some algorithms in ten days, and that day."""
    day = (datetime.now(UTC) + timedelta(days=10)).date()
    kept = ("rsa", "ec", "sha256")
    rows = [f"{one},,,accepted,," for one in kept]
    rows += [f"{one},,{day.isoformat()},retired,," for one in algorithm]
    path = register(tmp_path, *rows)
    return opened(tmp_path, keys, SIGNATURE_ALGORITHMS=path), day.isoformat()


@pytest.mark.parametrize("form", ["pades", "cades", "xades"])
def test_a_signature_is_judged_when_it_was_proved_and_none_is_made_after(
    tmp_path, keys, form
):
    office, day = retiring(tmp_path, keys, "rsa")
    letter = office.letter()
    beside = form != "pades"

    def found(made):
        content, detached = (letter, made) if beside else (made, None)
        (one,) = office.examine(content, detached=detached)["signatures"]
        return one["algorithm"] | {"judged": (one["indication"], one["sub_indication"])}

    dated, told = office.sign(letter, format=form)
    assert told["signatures"][0]["algorithm"]["retired"].startswith(day)
    office.faults("timestamp", down=True)
    undated, _ = office.sign(letter, format=form)
    office.faults("timestamp", down=False)
    for days, retired in ((0, False), (11, True)):
        office.clock.moved = timedelta(days=days)
        proved, claimed = found(dated), found(undated)
        assert (proved["standing"], proved["proved"]) == ("accepted", True)
        assert proved["judged"] == ("TOTAL-PASSED", "")
        assert (claimed["standing"], claimed["proved"]) == ("accepted", False)
        assert claimed["judged"] == (
            ("INDETERMINATE", "CRYPTO_CONSTRAINTS_FAILURE_NO_POE")
            if retired
            else ("TOTAL-PASSED", "")
        )
    with pytest.raises(Refused, match=r"clé RSA 2048 bits, retirée depuis.*3072 bits"):
        office.sign(letter, format=form)
    with pytest.raises(Refused, match="retirée"):
        office.signature.strength(certificate=office.authority.seal("demo").der)


def test_a_timestamp_tells_when_its_algorithm_retires(tmp_path, keys):
    office, day = retiring(tmp_path, keys, "ec")
    signed, _ = office.sign(office.letter())
    closed, told = office.close(signed)
    (stamp,) = told["files"][0]["signatures"]
    assert stamp["kind"] == "timestamp" and stamp["algorithm"]["name"].startswith("ECDSA")
    assert stamp["algorithm"]["retired"].startswith(day) and stamp["valid_to"] > day
    for days, standing, proved in ((0, "accepted", True), (11, "accepted", False)):
        office.clock.moved = timedelta(days=days)
        found = office.examine(closed)
        first, last = found["signatures"]
        assert found["valid"] is proved
        assert (first["algorithm"]["standing"], first["algorithm"]["proved"]) == (
            standing,
            proved,
        )
    assert last["sub_indication"] == "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"


def test_a_register_that_cannot_be_read_is_said(tmp_path, keys):
    with pytest.raises(Misconfigured, match="registre des algorithmes"):
        opened(tmp_path, keys, SIGNATURE_ALGORITHMS=str(tmp_path / "absent.csv"))
    with pytest.raises(Misconfigured, match="registre des algorithmes registre"):
        opened(tmp_path, keys, SIGNATURE_ALGORITHMS=register(tmp_path, "rsa,,,fine,,"))
