"""Says what the signatures of an XML file are worth: a PES, or a signature kept apart."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from connectors import ConnectorError, Refused
from connectors.signature import algorithms, certificates
from connectors.signature.algorithms import Register
from connectors.signature.formats import FAILED, INDETERMINATE, PASSED, Verdict
from connectors.signature.xml_canonical import INCLUSIVE, canonicalised
from connectors.signature.xml_signatures import DOMAINS, ROOT
from connectors.signature.xml_verification import (
    Verified,
    hash_of,
    verify,
)
from connectors.xml_reading import DS, outline, parse, qname

Plain = dict[str, Any]
Judge = Callable[[bytes, Sequence[bytes], datetime], Verdict]
"""(certificate, the others given, moment) → what it is worth; certificates in DER."""
VerifyDate = Callable[[bytes, bytes], datetime]
"""(token, digest) → the moment proved; raises Refused."""

_LIMIT = 2000  # signatures examined: a PES holds some hundreds of batches


def untrusted(_certificate: bytes, _others: Sequence[bytes], _at: datetime) -> Verdict:
    """What is said when nobody gave authorities to trust."""
    return Verdict(INDETERMINATE, "NO_CERTIFICATE_CHAIN_FOUND")


def examine(
    content: bytes,
    *,
    now: datetime,
    detached: bytes | None = None,
    judge: Judge = untrusted,
    verify_date: VerifyDate | None = None,
    register: Register | None = None,
) -> Plain:
    """What every signature of an XML file is worth; hostile input is a refusal.

    `register` says which algorithms were good when, the one shipped if none is given.

    Returns {signed, valid, level, indication, signatures, refusals, unsigned}: `unsigned`
    names the batches of a PES that no signature covers.
    """
    try:
        read = outline(content)
        tree = parse(content)
        signatures = list(tree.iter(f"{{{DS}}}Signature"))
        if len(signatures) > _LIMIT:
            raise Refused(["Le fichier porte trop de signatures."])
    except Refused as refusal:
        return _answer([], [], refusal.reasons, [])
    verified, facts = [], []
    for signature in signatures:
        one = verify(signature, read.ids, detached)
        if misplaced := _misplaced(signature, read.root):
            one.refuse(misplaced)
        verified.append(one)
        facts.append(
            _facts(
                one, signature, now, judge, verify_date, register or algorithms.shipped()
            )
        )
    refusals = [
        reason if len(signatures) == 1 else f"{one.name} : {reason}"
        for one in verified
        for reason in one.refusals
    ]
    return _answer(facts, verified, refusals, _unsigned(tree, verified))


def _misplaced(signature: etree._Element, root: str) -> str:
    """Why a signature of a PES is not where it counts; nothing for other files."""
    if root != ROOT:
        return ""
    path = [qname(one) for one in signature.iterancestors()][::-1]
    batch = len(path) == _BATCH and path[1] in DOMAINS and path[2] == "Bordereau"
    if path == [ROOT] or batch:
        return ""
    return "La signature n’est ni dans un bordereau ni à la racine du PES."


_BATCH = 3  # PES_Aller / PES_DepenseAller / Bordereau


def _unsigned(tree: etree._Element, verified: list[Verified]) -> list[str]:
    if qname(tree) != ROOT or not verified:
        return []
    covered = {one.covers for one in verified if not one.refusals}
    if tree.get("Id") in covered:
        return []
    return [
        number.get("V", "")
        if (number := one.find("BlocBordereau/IdBord")) is not None
        else ""
        for domain in DOMAINS
        for one in tree.iterfind(f"{domain}/Bordereau")
        if one.get("Id") not in covered
    ]


def _answer(
    facts: list[Plain], verified: list[Verified], refusals: list[str], unsigned: list[str]
) -> Plain:
    indications = [one["indication"] for one in facts]
    worst = next((one for one in (FAILED, INDETERMINATE) if one in indications), PASSED)
    levels = [one["level"] for one in facts]
    return {
        "signed": bool(facts),
        "valid": bool(facts) and not refusals and not unsigned and worst != FAILED
        and not any(one["sub_indication"] in _BROKEN for one in facts),
        "level": min(levels) if levels else "",
        "indication": "" if not facts else FAILED if refusals else worst,
        "signatures": facts,
        "refusals": refusals
        + [f"Le bordereau {number} n’est pas signé." for number in unsigned],
        "unsigned": unsigned,
    }  # fmt: skip


# What makes a signature worthless although its value is right.
_BROKEN = {algorithms.UNFIT, algorithms.UNFIT_SINCE, "REVOKED", "EXPIRED"}


def _facts(
    one: Verified,
    signature: etree._Element,
    now: datetime,
    judge: Judge,
    verify_date: VerifyDate | None,
    register: Register,
) -> Plain:
    signed_at = _signing_time(one)
    timestamped_at = _timestamp(one, signature, verify_date)
    _check_certificate(one, timestamped_at or signed_at or now)
    certificate = _loaded(one)
    told: Plain = {}
    verdict = _judged(one, timestamped_at, now, judge)
    if certificate:
        used = replace(algorithms.of(certificate), digests=tuple(one.digests))
        good = register.proves(_stamps(one), now)
        told = register.told(
            used, proved=timestamped_at if good else None, claimed=signed_at or now
        )
        worth = {"indication": verdict.indication, "sub_indication": verdict.sub_indication}
        verdict = replace(verdict, **register.constrained(worth, used, told, now))
    return {
        "kind": certificates.kind(certificate) if certificate else "signature",
        "format": "pes" if signature.getparent() is not None else "xades",
        "level": "B-T" if timestamped_at else "B-B",
        "quality": verdict.quality,
        **(certificates.described(certificate) if certificate else _NOBODY),
        "signed_at": _iso(signed_at),
        "timestamped_at": _iso(timestamped_at),
        "indication": verdict.indication,
        "sub_indication": verdict.sub_indication,
        "intact": not one.refusals,
        "covers_whole": not one.refusals,
        "algorithm": told,
        "detail": {"name": one.name, "covers": one.covers, "refusals": one.refusals,
                   **_said(one)},
    }  # fmt: skip


def _stamps(one: Verified) -> list[tuple[algorithms.Used, datetime]]:
    """The timestamp over its value, when one was verified and can be read."""
    try:
        token = cms.ContentInfo.load(one.token)["content"] if one.token else None
        return [algorithms.dated(token)] if token else []
    except (ValueError, KeyError, TypeError):
        return []


_NOBODY = dict.fromkeys(("subject", "issuer", "serial", "valid_from", "valid_to"), "")


def _loaded(one: Verified) -> Any:
    try:
        return one.certificate and certificates.loaded(_der(one.certificate))
    except Refused:
        return None


def _judged(
    one: Verified, timestamped_at: datetime | None, now: datetime, judge: Judge
) -> Verdict:
    if one.refusals or one.certificate is None:
        return Verdict(FAILED, one.sub_indication)
    if timestamped_at is None and one.certificate.not_valid_after_utc < now:
        return Verdict(INDETERMINATE, "OUT_OF_BOUNDS_NO_POE")
    others = [_der(other) for other in one.chain[1:]]
    return judge(_der(one.certificate), others, timestamped_at or now)


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _check_certificate(one: Verified, at: datetime) -> None:
    if one.certificate is None:
        return
    if (
        not one.certificate.not_valid_before_utc
        <= at
        <= one.certificate.not_valid_after_utc
    ):
        one.refuse(
            f"Le certificat était expiré, ou pas encore valable, à la signature "
            f"({at.astimezone(UTC):%d/%m/%Y}).",
            "EXPIRED",
        )
    digest = _find(one, "SigningCertificate/Cert/CertDigest") or _find(
        one, "SigningCertificateV2/Cert/CertDigest"
    )
    if digest and not _digest_fits(digest, one):
        one.refuse("Le certificat n’est pas celui que la signature annonce.")


def _digest_fits(digest: list[etree._Element], one: Verified) -> bool:
    algorithm = value = ""
    for child in digest[0]:
        if qname(child).endswith("}DigestMethod"):
            algorithm = child.get("Algorithm", "").rpartition("#")[2]
        elif qname(child).endswith("}DigestValue"):
            value = "".join((child.text or "").split())
    if one.certificate is None:
        return False
    try:
        found = one.certificate.fingerprint(hash_of(algorithm))
    except KeyError:
        return False
    return base64.b64encode(found).decode().rstrip("=") == value.rstrip("=")


def _timestamp(
    one: Verified, signature: etree._Element, verify_date: VerifyDate | None
) -> datetime | None:
    """The moment that a timestamp over the signature's value proves, if any does."""
    value = signature.find(f"{{{DS}}}SignatureValue")
    stamp = signature.find(f".//{{{one.namespace}}}SignatureTimeStamp")
    token = (
        stamp.find(f"{{{one.namespace}}}EncapsulatedTimeStamp")
        if stamp is not None
        else None
    )
    if stamp is None or token is None or value is None or verify_date is None:
        return None
    form = stamp.find(f"{{{DS}}}CanonicalizationMethod")
    try:
        covered = canonicalised(
            value, INCLUSIVE if form is None else form.get("Algorithm", "")
        )
        proof = base64.b64decode("".join((token.text or "").split()))
        moment = verify_date(proof, hashlib.sha256(covered).digest())
        one.token = proof
        return moment
    except (ConnectorError, ValueError):
        one.refuse("L’horodatage de la signature n’est pas valable.", "SIG_CRYPTO_FAILURE")
        return None


def _signing_time(one: Verified) -> datetime | None:
    found = _find(one, "SigningTime")
    try:
        moment = datetime.fromisoformat((found[0].text or "").strip()) if found else None
    except ValueError:
        one.refuse("La date de signature est illisible.")
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC) if moment else None


def _said(one: Verified) -> Plain:
    """What the signer says: its policy, place and capacity."""
    paths = {
        "policy": "SignaturePolicyIdentifier/SignaturePolicyId/SigPolicyId/Identifier",
        "city": "SignatureProductionPlace/City",
        "role": "SignerRole/ClaimedRoles/ClaimedRole",
    }
    said = {name: _find(one, path) for name, path in paths.items()}
    return {name: (found[0].text or "") if found else "" for name, found in said.items()}


def _find(one: Verified, path: str) -> list[etree._Element]:
    if one.properties is None:
        return []
    steps = ["SignedSignatureProperties", *path.split("/")]
    return one.properties.findall("/".join(f"{{{one.namespace}}}{step}" for step in steps))


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


__all__ = ["examine", "untrusted"]
