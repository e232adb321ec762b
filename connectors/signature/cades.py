"""Signatures kept beside a document of any sort (CAdES detached, .p7s)."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import lru_cache
from typing import Any

from asn1crypto import cms as asn1
from pyhanko.sign.validation.generic_cms import (
    extract_self_reported_ts,
    extract_tst_data_iter,
)

from connectors import Refused
from connectors.signature import (
    algorithms,
    cades_archive,
    certificates,
    cms,
    etsi,
    lasting,
)
from connectors.signature.formats import Closed, Means

Plain = dict[str, Any]
SMALL = 1024**2
"""Beyond it, what a signature carries is counted before it is read."""


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


def close(content: bytes, detached: bytes | None, means: Means) -> Closed | None:
    """The signature with what proves it (B-LT) and an archive timestamp (B-LTA).

    One that has no timestamp gets that first: it needs no key. What an archive timestamp
    covers already was proved then: only the last one is, before another is put over it.
    """
    made, contents = detached or b"", _digests(content)
    signed, _ = _read(made)
    info = signed["signer_infos"][0]
    if not etsi.matches(signed, contents(_algorithm(info))):
        raise Refused(["La signature ne correspond pas au document."], code="broken")
    dated = _dated(info)
    if not dated:
        token = means.date(hashlib.sha256(info["signature"].native).digest())
        if token:
            envelope = asn1.ContentInfo.load(token)
            made = cades_archive.added(made, "signature_time_stamp_token", envelope)
            dated = [envelope["content"]]
    last = cades_archive.stamps(made, contents)[-1:]
    to_prove = [one.signed for one in last] or [signed, *dated]
    people = [lasting.people(one) for one in to_prove]
    proofs, proved = lasting.proved(people, now=means.now, judge=means.judge)
    made = cades_archive.carry(made, proofs)
    index, imprint = cades_archive.to_stamp(made, contents("sha256"))
    token = means.date(imprint)
    if token:
        made = cades_archive.stamp(made, token, index)
    if len(made) > lasting.LARGEST:
        raise Refused(["La signature détachée serait trop volumineuse."], code="beyond")
    return Closed(made, proved=proved, stamped=token is not None)


def examine(content: bytes, detached: bytes | None, means: Means) -> Plain:
    made, contents = detached or b"", _digests(content)
    signed, people = _read(made)
    info = signed["signer_infos"][0]
    der, *_ = people
    with lasting.reading():
        carried = cades_archive.carried(made)
        under = lasting.standing(
            cades_archive.stamps(made, contents), carried, "cades",
            now=means.now, judge=means.judge, register=means.algorithms,
        )  # fmt: skip
        verdicts = {
            who: lasting.judged(means.judge, (who, chain), carried, under)
            for who, chain in people.items()
        }
        known = [one.roots() if under.holds else one.known() for one in verdicts.values()]
        known.append(carried.known())
        digest = contents(_algorithm(info))
        worth, proved = etsi.judged(signed, digest, known, under.at)
    one = certificates.loaded(der)
    at = extract_self_reported_ts(info)
    stamps = [algorithms.dated(it) for it in _dated(info)]
    dated, used = bool(stamps), algorithms.of(one, info)
    good = means.algorithms.proves([*stamps, *under.chain], means.now)
    algorithm = means.algorithms.told(
        used, proved=proved if good else None, claimed=at or means.now
    )
    told = means.algorithms.constrained(etsi.told(worth), used, algorithm, means.now)
    facts = {
        "kind": certificates.kind(one),
        "format": "cades",
        "level": lasting.level(
            proved=carried.about(der), dated=dated, stamped=bool(under.facts)
        ),
        "quality": verdicts[der].quality,
        **certificates.described(one),
        "signed_at": at.astimezone(UTC).isoformat() if at else None,
        "timestamped_at": proved.astimezone(UTC).isoformat() if dated and proved else None,
        **told,
        "covers_whole": told["intact"],
        "algorithm": algorithm,
        "detail": {"algorithm": info["signature_algorithm"]["algorithm"].native},
    }
    reasons = under.refusals()
    if not told["intact"]:
        reasons = [
            f"La signature de {certificates.name(one)} ne correspond pas au document."
        ]
    return {"signatures": [facts, *under.facts], "refusals": reasons}


def _digests(content: bytes) -> Callable[[str], bytes]:
    """The digest of a document by an algorithm, each computed once."""
    return lru_cache(lambda name: hashlib.new(name, content).digest())


def _algorithm(info: asn1.SignerInfo) -> str:
    return str(info["digest_algorithm"]["algorithm"].native)


def _dated(info: asn1.SignerInfo) -> list[asn1.SignedData]:
    return list(extract_tst_data_iter(info, signed=False))


def _read(detached: bytes) -> tuple[asn1.SignedData, dict[bytes, list[bytes]]]:
    """The signed data, and every certificate behind it with those that came with it."""
    if len(detached) > lasting.LARGEST:
        raise Refused(["La signature détachée est trop volumineuse."], code="beyond")
    try:
        envelope = asn1.ContentInfo.load(detached, strict=True)
        if envelope["content_type"].native != "signed_data":
            raise Refused(["Ce fichier n’est pas une signature CMS."], code="unreadable")
        signed = envelope["content"]
        if len(detached) > SMALL:
            cades_archive.check_size(signed)
        if len(signed["signer_infos"]) != 1:
            raise Refused(
                ["Ce fichier porte plusieurs signatures : une seule est attendue."],
                code="unreadable",
            )
        info = signed["signer_infos"][0]
        people = dict(lasting.people(part) for part in (signed, *_dated(info)))
        _ = [info[name].native for name in info if name != "unsigned_attrs"]
    except Refused:
        raise
    except Exception as error:  # whatever hostile bytes make of a reader is a refusal
        raise Refused(
            ["La signature détachée est illisible."], code="unreadable"
        ) from error
    return signed, people
