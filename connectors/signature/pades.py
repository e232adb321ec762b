"""Signatures within a PDF (PAdES): one field and one incremental update for each.

The first phase says which bytes are added to the file, with room for the signature; these
bytes are the state, so that nothing else is kept while the signer takes their time. PDF are
read in a process apart.
"""

import base64
import hashlib
import zlib
from collections.abc import Mapping
from functools import partial
from typing import Any

from connectors import Refused
from connectors.signature import apart, certificates, cms, lasting, stamp
from connectors.signature.formats import PASSED, Closed, Means, Verdict

Plain = dict[str, Any]
ROOM = 32 * 1024
"""Hexadecimal digits kept for a signature, its certificates and its timestamp."""
LARGEST_TAIL = 64 * 1024**2


def prepare(
    document: Plain,
    content: bytes,
    certificate: bytes,
    chain: list[bytes],
    means: Means,
) -> Plain:
    drawn = stamp.draw(document["stamp"], means.settings) if document.get("stamp") else b""
    box = {k: v for k, v in (document.get("stamp") or {}).items() if k != "lines"}
    placed, (tail,) = apart.ask(
        "place", content, drawn, box=box, room=ROOM, moment=means.now.isoformat(),
        field=document.get("field") or "", reason=document.get("reason") or "",
        place=document.get("place") or "", kind="signature",
    )  # fmt: skip
    data = cms.signed_attributes(bytes.fromhex(placed["digest"]), certificate)
    entry = {
        "id": str(document["id"]),
        "data": _base64(data),
        "digest": _base64(hashlib.sha256(data).digest()),
    }
    state = {**placed, "attributes": entry["data"], "tail": _base64(zlib.compress(tail))}
    return {"to_sign": [entry], "state": state}


def finish(
    content: bytes, prepared: Plain, values: Mapping[str, bytes], means: Means
) -> tuple[bytes, str]:
    state = prepared["state"]
    unpacked = zlib.decompressobj().decompress(
        base64.b64decode(state["tail"]), LARGEST_TAIL
    )
    whole, start, end = content + unpacked, state["start"], state["end"]
    if _digest(whole, start, end) != state["digest"]:
        raise Refused(["Le document a changé depuis sa préparation."], code="changed")
    attributes = base64.b64decode(state["attributes"])
    (entry,) = prepared["to_sign"]
    value = cms.verify(prepared["certificate"], attributes, values[entry["id"]])
    made = partial(
        cms.enveloped, attributes, value, prepared["certificate"], prepared["chain"]
    )
    token = means.date(hashlib.sha256(value).digest())
    dated = made(token) if token else b""
    if token is None or 2 * len(dated) > end - start - 2:
        return _filled(whole, start, end, made()), "B-B"
    signed = _filled(whole, start, end, dated)
    verdicts = [
        means.judge(who, others, means.now)
        for who, others in (
            (prepared["certificate"], prepared["chain"]),
            cms.people(token),
        )
    ]
    if any(one.indication != PASSED for one in verdicts):
        return signed, "B-T"
    return _proved(signed, verdicts), "B-LT"


def examine(content: bytes, detached: bytes | None, means: Means) -> Plain:
    found, _ = apart.ask("signers", content)
    if not found["signers"]:
        return {"signatures": [], "refusals": found["refusals"]}
    verdicts = _judged(found["signers"], means)
    known = [
        one.known() if certificates.lives(bytes.fromhex(who), means.now) else one.roots()
        for who, one in verdicts.items()
    ]
    answer, _ = apart.ask(
        "examine", content, known=known, now=means.now.isoformat(),
        rules=means.algorithms.plain(),
    )  # fmt: skip
    for facts in answer["signatures"]:
        verdict = verdicts[facts.pop("certificate")]
        facts["quality"] = "" if facts["kind"] == "timestamp" else verdict.quality
    return dict(answer)


def close(content: bytes, detached: bytes | None, means: Means) -> Closed | None:
    """With what proves that no certificate behind its signatures was revoked (B-LT), under a
    timestamp of the whole file (B-LTA).

    What such a timestamp already covers was proved then: it is no longer asked about once its
    certificate has ended, and nothing that happened to it since counts. A signature whose
    authority we do not trust gets the timestamp alone.
    """
    found, _ = apart.ask("signers", content)
    signers = found["signers"]
    if not signers:
        return None
    last = max((n for n, one in enumerate(signers) if one["closes"]), default=0)
    verdicts = list(_judged(signers[last:], means).values())
    covered = list(_judged(signers[:last], means, living=True).values())
    known = [*(one for one in covered if one.indication == PASSED), *verdicts]
    stronger = _proved(content, known)
    stamped = _archived(stronger, means)
    whole = lasting.settled([*verdicts, *covered])
    return Closed(stamped or stronger, proved=whole, stamped=stamped is not None)


def _archived(content: bytes, means: Means) -> bytes | None:
    """With a timestamp over the whole file, or None when no authority answers."""
    placed, (tail,) = apart.ask(
        "place", content, b"", box={}, room=ROOM, moment=means.now.isoformat(),
        field="", reason="", place="", kind="timestamp",
    )  # fmt: skip
    token = means.date(bytes.fromhex(placed["digest"]))
    if token is None:
        return None
    return _filled(content + tail, placed["start"], placed["end"], token)


def _judged(
    found: list[Plain], means: Means, *, living: bool = False
) -> dict[str, Verdict]:
    """What each certificate behind signatures is worth, by its bytes in hexadecimal.

    `living`: of those alone that have not ended.
    """
    return {
        who["certificate"]: means.judge(
            bytes.fromhex(who["certificate"]),
            [bytes.fromhex(one) for one in who["chain"]],
            means.now,
        )
        for one in found
        for who in (one, *one["timestamps"])
        if not living or certificates.lives(bytes.fromhex(who["certificate"]), means.now)
    }


def _proved(content: bytes, verdicts: list[Verdict]) -> bytes:
    _, (tail,) = apart.ask("strengthen", content, known=[one.known() for one in verdicts])
    return content + tail


def _filled(whole: bytes, start: int, end: int, envelope: bytes) -> bytes:
    """The file whose reserved room holds the envelope."""
    room = end - start - 2
    digits = envelope.hex().encode()
    if len(digits) > room:
        raise Refused(
            ["La chaîne de certificats est trop longue pour la place prévue dans le PDF."]
        )
    return whole[: start + 1] + digits.ljust(room, b"0") + whole[end - 1 :]


def _digest(whole: bytes, start: int, end: int) -> str:
    seen = memoryview(whole)
    digest = hashlib.sha256(seen[:start])
    digest.update(seen[end:])
    return digest.hexdigest()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
