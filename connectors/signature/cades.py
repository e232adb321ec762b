"""Signatures kept beside a document of any sort (CAdES detached, .p7s)."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from asn1crypto import cms as asn1
from pyhanko.sign.validation.generic_cms import (
    extract_certs_for_validation,
    extract_self_reported_ts,
    extract_tst_data_iter,
)

from connectors import Refused
from connectors.signature import algorithms, certificates, cms, etsi
from connectors.signature.formats import Means

Plain = dict[str, Any]
LARGEST = 1024**2


def prepare(
    document: Plain,
    content: bytes,
    certificate: bytes,
    chain: list[bytes],
    means: Means,
) -> Plain:
    digest = hashlib.sha256(content).digest()
    data = cms.signed_attributes(digest, certificate, signed_at=means.now)
    entry = {
        "id": str(document["id"]),
        "data": base64.b64encode(data).decode(),
        "digest": base64.b64encode(hashlib.sha256(data).digest()).decode(),
    }
    state = {"attributes": entry["data"], "digest": digest.hex()}
    return {"to_sign": [entry], "state": state}


def finish(
    content: bytes, prepared: Plain, values: Mapping[str, bytes], means: Means
) -> tuple[bytes, str]:
    state = prepared["state"]
    if hashlib.sha256(content).hexdigest() != state["digest"]:
        raise Refused(["Le document a changé depuis sa préparation."], code="changed")
    attributes = base64.b64decode(state["attributes"])
    (entry,) = prepared["to_sign"]
    value = cms.verify(prepared["certificate"], attributes, values[entry["id"]])
    token = means.date(hashlib.sha256(value).digest())
    envelope = cms.enveloped(
        attributes, value, prepared["certificate"], prepared["chain"], token
    )
    return envelope, "B-T" if token else "B-B"


def examine(content: bytes, detached: bytes | None, means: Means) -> Plain:
    signed, people = _read(detached or b"")
    verdicts = {der: means.judge(der, chain, means.now) for der, chain in people.items()}
    known = [one.known() for one in verdicts.values()]
    info = signed["signer_infos"][0]
    digest = hashlib.new(info["digest_algorithm"]["algorithm"].native, content).digest()
    try:
        worth, proved = etsi.judged(signed, digest, known, means.now)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused(["La signature est illisible."], code="unreadable") from error
    der, *_ = people
    one = certificates.loaded(der)
    at = extract_self_reported_ts(info)
    stamps = [algorithms.dated(it) for it in extract_tst_data_iter(info, signed=False)]
    dated, used = bool(stamps), algorithms.of(one, info)
    told = etsi.told(worth)
    algorithm = means.algorithms.told(
        used,
        proved=proved if means.algorithms.proves(stamps, means.now) else None,
        claimed=at or means.now,
    )
    told = means.algorithms.constrained(told, used, algorithm, means.now)
    facts = {
        "kind": certificates.kind(one),
        "format": "cades",
        "level": "B-T" if dated else "B-B",
        "quality": verdicts[der].quality,
        **certificates.described(one),
        "signed_at": at.astimezone(UTC).isoformat() if at else None,
        "timestamped_at": proved.astimezone(UTC).isoformat() if dated and proved else None,
        **told,
        "covers_whole": told["intact"],
        "algorithm": algorithm,
        "detail": {"algorithm": info["signature_algorithm"]["algorithm"].native},
    }
    reasons = []
    if not told["intact"]:
        reasons = [
            f"La signature de {certificates.name(one)} ne correspond pas au document."
        ]
    return {"signatures": [facts], "refusals": reasons}


def _read(detached: bytes) -> tuple[asn1.SignedData, dict[bytes, list[bytes]]]:
    """The signed data, and every certificate behind it with those that came with it."""
    if len(detached) > LARGEST:
        raise Refused(["La signature détachée est trop volumineuse."], code="beyond")
    try:
        envelope = asn1.ContentInfo.load(detached, strict=True)
        if envelope["content_type"].native != "signed_data":
            raise Refused(["Ce fichier n’est pas une signature CMS."], code="unreadable")
        signed = envelope["content"]
        if len(signed["signer_infos"]) != 1:
            raise Refused(
                ["Ce fichier porte plusieurs signatures : une seule est attendue."],
                code="unreadable",
            )
        info = signed["signer_infos"][0]
        parts = [signed, *extract_tst_data_iter(info, signed=False)]
        people = {}
        for part in parts:
            known = extract_certs_for_validation(part)
            others = [one.dump() for one in known.other_certs]
            people[known.signer_cert.dump()] = others
        _ = info.native
    except Refused:
        raise
    except Exception as error:  # whatever hostile bytes make of a reader is a refusal
        raise Refused(
            ["La signature détachée est illisible."], code="unreadable"
        ) from error
    return signed, people
