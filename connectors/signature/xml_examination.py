"""Says what the signatures of an XML file are worth: a PES, or a signature kept apart."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from asn1crypto import cms
from lxml import etree

from connectors import ConnectorError, Refused
from connectors.signature import algorithms, certificates, lasting, xades_archive
from connectors.signature.algorithms import Register
from connectors.signature.formats import FAILED, INDETERMINATE, PASSED, Judge, Verdict
from connectors.signature.xml_canonical import INCLUSIVE, canonicalised
from connectors.signature.xml_properties import find, said, signing_time
from connectors.signature.xml_signatures import DOMAINS, ROOT
from connectors.signature.xml_verification import (
    Verified,
    hash_of,
    verify,
)
from connectors.xml_reading import DS, outline, parse, qname

Plain = dict[str, Any]
VerifyDate = Callable[[bytes, bytes], datetime]
"""(token, digest) → the moment proved; raises Refused."""

_LIMIT = 2000  # signatures examined: a PES holds some hundreds of batches


def untrusted(
    certificate: bytes,
    others: Sequence[bytes],
    moment: datetime,
    given: tuple[Sequence[bytes], Sequence[bytes]] | None = None,
) -> Verdict:
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
        facts += _facts(
            one, signature, now, judge, verify_date, register or algorithms.shipped()
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
    levels = [one["level"] for one in facts if one["level"]]
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
) -> list[Plain]:
    """Those of a signature, then of the archive timestamps over it."""
    signed_at = signing_time(one)
    timestamped_at = _timestamp(one, signature, verify_date)
    proofs, under = _archived(one, signature, now, judge, register)
    _check_certificate(one, timestamped_at or signed_at or now)
    certificate = _loaded(one)
    verdict = _judged(one, timestamped_at, proofs, under, judge)
    told: Plain = {}
    if certificate:
        used = replace(algorithms.of(certificate), digests=tuple(one.digests))
        good = register.proves([*_stamps(one), *under.chain], now)
        moment = timestamped_at or under.at
        told = register.told(
            used, proved=moment if good else None, claimed=signed_at or now
        )
        worth = {"indication": verdict.indication, "sub_indication": verdict.sub_indication}
        verdict = replace(verdict, **register.constrained(worth, used, told, now))
    facts = {
        "kind": certificates.kind(certificate) if certificate else "signature",
        "format": "pes" if signature.getparent() is not None else "xades",
        "level": lasting.level(
            proved=bool(one.chain) and proofs.about(one.people()[0]),
            dated=bool(timestamped_at), stamped=bool(under.facts),
        ),
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
                   **said(one)},
    }  # fmt: skip
    return [facts, *under.facts]


def _archived(
    one: Verified,
    signature: etree._Element,
    now: datetime,
    judge: Judge,
    register: Register,
) -> tuple[lasting.Proofs, lasting.Standing]:
    """What a signature apart carries to last, and what its archive timestamps are worth."""
    nothing = lasting.Proofs(), lasting.Standing([], now, holds=False)
    if one.namespace != xades_archive.NAMESPACE or not one.pieces:
        return nothing
    try:
        proofs = xades_archive.carried(signature)
        stamps = xades_archive.stamps(signature, one.pieces)
        under = lasting.standing(
            stamps, proofs, "xades", now=now, judge=judge, register=register
        )
    except Refused as refused:
        one.refuse(str(refused))
        return nothing
    for reason in under.refusals():
        one.refuse(reason, "SIG_CRYPTO_FAILURE")
    return proofs, under


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
        return one.certificate and certificates.loaded(one.people()[0])
    except Refused:
        return None


def _judged(
    one: Verified,
    timestamped_at: datetime | None,
    proofs: lasting.Proofs,
    under: lasting.Standing,
    judge: Judge,
) -> Verdict:
    if one.refusals or one.certificate is None:
        return Verdict(FAILED, one.sub_indication)
    if timestamped_at is None and one.certificate.not_valid_after_utc < under.at:
        return Verdict(INDETERMINATE, "OUT_OF_BOUNDS_NO_POE")
    moment = min(timestamped_at or under.at, under.at)
    return lasting.judged(judge, one.people(), proofs, replace(under, at=moment))


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
    digest = find(one, "SigningCertificate/Cert/CertDigest") or find(
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


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


__all__ = ["examine", "untrusted"]
