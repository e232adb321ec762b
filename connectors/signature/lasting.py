"""What makes a signature last beside its document: proofs that it carries, archive timestamps.

Common to CAdES (ETSI EN 319 122-1) and XAdES (EN 319 132-1), which only write it otherwise.
Timestamps are judged from the newest: each stands at the moment that the next one proves,
and the signature at that of the oldest, by the proofs that were kept; nobody is asked again.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms, crl, x509
from cryptography.x509 import load_der_x509_crl, ocsp
from pyhanko.sign.validation.ades import ades_timestamp_validation
from pyhanko.sign.validation.generic_cms import extract_certs_for_validation

from connectors import ConnectorError, Refused
from connectors.signature import algorithms, certificates, etsi
from connectors.signature.algorithms import Register, Used
from connectors.signature.formats import PASSED, Judge, Verdict

Plain = dict[str, Any]
Imprint = Callable[[str], bytes]
"""A hash algorithm → what a token should be of, empty when a part it covers is missing."""
HASHES = {"sha256", "sha384", "sha512"}
MOST = 20
"""Archive timestamps of a signature: one in ten years is usual."""
LARGEST = 8 * 1024**2
"""A signature with all that proves it."""


@dataclass(frozen=True)
class Proofs:
    """Certificates, OCSP answers and lists of revocation that a signature carries, in DER."""

    certificates: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def with_those(self, others: "Proofs") -> "Proofs":
        """These, and of others those that are not here."""
        return Proofs(
            _once((*self.certificates, *others.certificates)),
            _once((*self.ocsps, *others.ocsps)),
            _once((*self.crls, *others.crls)),
        )

    def known(self) -> Plain:
        """The answers, as `etsi.spec` takes them; whom to trust is not theirs to say."""
        told = {"ocsps": self.ocsps, "crls": self.crls}
        return {"chain": [], **{k: [one.hex() for one in v] for k, v in told.items()}}

    def about(self, certificate: bytes) -> bool:
        """Whether an answer is about this certificate, or a list by whoever delivered it."""
        one = x509.Certificate.load(certificate)
        told = {each.serial_number for answer in self.ocsps for each in _responses(answer)}
        lists = (crl.CertificateList.load(each).issuer.dump() for each in self.crls)
        return one.serial_number in told or one.issuer.dump() in lists


@dataclass(frozen=True)
class Stamp:
    """An archive timestamp and what it should cover."""

    signed: cms.SignedData
    imprint: Imprint

    def moment(self) -> datetime:
        """When it says it was put."""
        told = self.signed["encap_content_info"]["content"].parsed
        moment: datetime = told["gen_time"].native
        return moment


@dataclass(frozen=True)
class Standing:
    """What archive timestamps say: of each, and the moment since which all beneath is fixed."""

    facts: list[Plain]
    at: datetime
    holds: bool
    chain: list[tuple[Used, datetime]] = field(default_factory=list)
    """What each that holds is made with, and its moment; the oldest first."""

    def refusals(self) -> list[str]:
        """What no longer is what they covered, in French sentences."""
        return [
            f"L’horodatage d’archive du "
            f"{datetime.fromisoformat(one['timestamped_at']):%d/%m/%Y} ne correspond plus à "
            "ce qu’il couvre."
            for one in self.facts
            if not one["intact"]
        ]


@contextmanager
def reading() -> Iterator[None]:
    """Whatever hostile bytes make of a reader is a refusal. Raises Refused."""
    try:
        yield
    except ConnectorError:
        raise
    except Exception as error:
        raise Refused(
            ["La signature, ou ce qui la prouve, est illisible."], code="unreadable"
        ) from error


def standing(
    stamps: Sequence[Stamp], proofs: Proofs, form: str, *,
    now: datetime, judge: Judge, register: Register,
) -> Standing:  # fmt: skip
    """Judge archive timestamps, given the oldest first. Raises Refused for too many."""
    if len(stamps) > MOST:
        raise Refused(["La signature porte trop d’horodatages."], code="beyond")
    at = now
    facts: list[Plain] = []
    chain: list[tuple[Used, datetime]] = []
    for stamp in reversed(stamps):
        one = _facts(stamp, proofs, at, form, now, judge)
        used, moment = algorithms.dated(stamp.signed)
        proved = moment if register.proves(chain, now) else None
        one["algorithm"] = register.told(used, proved=proved, claimed=moment)
        one.update(register.constrained(one, used, one["algorithm"], now))
        facts.insert(0, one)
        if one["indication"] == PASSED:
            at = datetime.fromisoformat(one["timestamped_at"])
            chain.insert(0, (used, moment))
    return Standing(facts, at, bool(chain), chain)


def proved(
    people: Sequence[tuple[bytes, list[bytes]]], *, now: datetime, judge: Judge
) -> tuple[Proofs, bool]:
    """What proves today that certificates are good, and whether nobody is missing.

    Each comes with those that were given with it. Waiting brings nothing to a certificate
    whose authority we do not trust, or that has ended: only a silence is worth asking again.
    """
    verdicts = [judge(one, others, now) for one, others in people]
    good = [one for one in verdicts if one.indication == PASSED]
    return (
        Proofs(
            _once(der for one in good for der in one.chain[:-1]),
            _once(der for one in good for der in one.ocsps),
            _once(der for one in good for der in one.crls),
        ),
        settled(verdicts),
    )


def readable(
    certs: Sequence[bytes], ocsps: Sequence[bytes], crls: Sequence[bytes]
) -> Proofs:
    """Of what a signature carries, what can be read: the rest proves nothing."""
    return Proofs(
        tuple(one for one in certs if _reads(certificates.loaded, one)),
        tuple(one for one in ocsps if _reads(_responses, one)),
        tuple(one for one in crls if _reads(load_der_x509_crl, one)),
    )


def judged(
    judge: Judge, people: tuple[bytes, list[bytes]], proofs: Proofs, under: Standing
) -> Verdict:
    """What a signer is worth: at the moment that archive timestamps prove, by the proofs
    kept under them; now, when there are none. Raises Refused for proofs that are hostile.
    """
    given = (proofs.ocsps, proofs.crls) if under.holds else None
    one, others = people
    with reading():
        return judge(one, [*others, *proofs.certificates], under.at, given)


def settled(verdicts: Sequence[Verdict]) -> bool:
    """Whether no authority was silent about these certificates."""
    return all(one.sub_indication != "TRY_LATER" for one in verdicts)


def level(*, proved: bool, dated: bool, stamped: bool) -> str:
    """How long a signature holds, by what it carries."""
    if proved and dated:
        return "B-LTA" if stamped else "B-LT"
    return "B-T" if dated or stamped else "B-B"


def people(signed: cms.SignedData) -> tuple[bytes, list[bytes]]:
    """Who signed a CMS or a token, and the certificates that came with it, in DER."""
    known = extract_certs_for_validation(signed)
    return known.signer_cert.dump(), [one.dump() for one in known.other_certs]


def token(content: bytes) -> cms.SignedData:
    """What a timestamp token says. Raises Refused for what is none."""
    with reading():
        signed = cms.ContentInfo.load(content, strict=True)["content"]
        _ = signed["encap_content_info"]["content"].parsed["gen_time"].native
        return signed


def _facts(
    stamp: Stamp, proofs: Proofs, at: datetime, form: str, now: datetime, judge: Judge
) -> Plain:
    with reading():
        certificate, others = people(stamp.signed)
        told = stamp.signed["encap_content_info"]["content"].parsed
        name = told["message_imprint"]["hash_algorithm"]["algorithm"].native
        verdict = judge(certificate, [*others, *proofs.certificates], at)
        living = certificates.lives(certificate, now)
        known = [verdict.known() if living else verdict.roots(), proofs.known()]
        expected = stamp.imprint(name) if name in HASHES else b""
        result = etsi.run(
            ades_timestamp_validation(
                stamp.signed, etsi.spec(known), lambda _: expected,
                timing_info=etsi.moment(at),
            )
        )  # fmt: skip
    return {
        "kind": "timestamp",
        "format": form,
        "level": "",
        "quality": "",
        **certificates.described(x509.Certificate.load(certificate)),
        "signed_at": None,
        "timestamped_at": stamp.moment().astimezone(UTC).isoformat(),
        **etsi.told(result.ades_subindic),
        "covers_whole": True,
        "detail": {},
    }


def _responses(content: bytes) -> list[ocsp.OCSPSingleResponse]:
    """What an answer says of each certificate. Raises ValueError when it says nothing."""
    return list(ocsp.load_der_ocsp_response(content).responses)


def _reads(reader: Callable[[bytes], object], content: bytes) -> bool:
    try:
        reader(content)
    except (Refused, ValueError, TypeError):
        return False
    return True


def digest(name: str, *parts: bytes) -> bytes:
    """The digest of parts one after the other, none of which is copied."""
    made = hashlib.new(name)
    for part in parts:
        made.update(part)
    return made.digest()


def _once(found: Any) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(found))
