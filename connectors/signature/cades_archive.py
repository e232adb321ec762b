"""Archive timestamps of a CMS signature (ETSI EN 319 122-1, archive-time-stamp-v3).

The proofs are in the signed data itself, where anybody may add some: a timestamp tells of
each, and of each unsigned attribute, by its digest in its own index (ats-hash-index-v3).
"""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from asn1crypto import algos, cms, core, crl, ocsp
from pyhanko.sign.ades.asn1_util import register_cms_attribute

from connectors import Refused
from connectors.signature.cms import SHA256_ALGORITHM
from connectors.signature.lasting import (
    Imprint,
    Proofs,
    Stamp,
    digest,
    readable,
    token,
)

ARCHIVE, INDEX = "archive_time_stamp_v3", "ats_hash_index_v3"
MOST = 500
"""Certificates, answers or attributes of a signature: reading them takes memory."""


class Digests(core.SequenceOf):
    """Digests of the parts of one sort."""

    _child_spec = core.OctetString


class HashIndex(core.Sequence):
    """What a timestamp covers besides the signature itself (ATSHashIndexV3)."""

    _fields = [  # noqa: RUF012  as asn1crypto has it
        ("hash_ind_algorithm", algos.DigestAlgorithm),
        ("certificates", Digests),
        ("crls", Digests),
        ("unsigned_attr_values", Digests),
    ]


register_cms_attribute("0.4.0.1733.2.4", ARCHIVE, cms.ContentInfo)
register_cms_attribute("0.4.0.19122.1.5", INDEX, HashIndex)


def check_size(signed: cms.SignedData) -> None:
    """Count what a signature carries before it is read. Raises Refused beyond `MOST`."""
    for name in ("digest_algorithms", "certificates", "crls", "signer_infos"):
        contents, at, left = signed[name].contents or b"", 0, MOST
        while at < len(contents):
            at, left = _after(contents, at), left - 1
            if left < 0:
                raise Refused(
                    ["La signature détachée est trop volumineuse."], code="beyond"
                )


def _after(contents: bytes, at: int) -> int:
    """Where the element that begins there ends; its length is written in full (DER)."""
    first = contents[at + 1]
    if first < 0x80:  # noqa: PLR2004  a short length
        return at + 2 + first
    size = first & 0x7F
    told = int.from_bytes(contents[at + 2 : at + 2 + size])
    if not size:
        raise Refused(["La signature détachée est trop volumineuse."], code="beyond")
    return at + 2 + size + told


def carried(content: bytes) -> Proofs:
    """The certificates and the answers of authorities that a signature carries."""
    signed = _shallow(content)
    choices = list(_parts(signed, "crls"))
    others = [one.chosen for one in choices if one.name == "other"]
    return readable(
        [
            one.chosen.dump()
            for one in _parts(signed, "certificates")
            if one.name == "certificate"
        ],
        [
            one["other_rev_info"].dump()
            for one in others
            if one["other_rev_info_format"].native == "ocsp_response"
        ],
        [one.chosen.dump() for one in choices if one.name == "crl"],
    )


def carry(content: bytes, proofs: Proofs) -> bytes:
    """A signature with the proofs that it had not."""
    known, envelope = carried(content), cms.ContentInfo.load(content)
    signed = envelope["content"]
    people = [
        cms.CertificateChoices("certificate", cms.Certificate.load(one))
        for one in proofs.certificates
        if one not in known.certificates
    ]
    lists = [
        cms.RevocationInfoChoice("crl", crl.CertificateList.load(one))
        for one in proofs.crls
        if one not in known.crls
    ]
    answers = [
        cms.RevocationInfoChoice("other", cms.OtherRevocationInfoFormat({
            "other_rev_info_format": "ocsp_response",
            "other_rev_info": ocsp.OCSPResponse.load(one),
        }))
        for one in proofs.ocsps
        if one not in known.ocsps
    ]  # fmt: skip
    if people:
        signed["certificates"] = [*_parts(signed, "certificates"), *people]
    if lists or answers:
        signed["crls"] = [*_parts(signed, "crls"), *lists, *answers]
    if answers:
        signed["version"] = (
            "v5"  # as soon as something else than a list is there (RFC 5652)
        )
    made: bytes = envelope.dump()
    return made


def stamps(content: bytes, content_digest: Imprint) -> list[Stamp]:
    """The archive timestamps of a signature, the oldest first; `content_digest` gives the
    digest of the document by an algorithm. Raises Refused for one unreadable.
    """
    signed = _shallow(content)
    tokens = [
        value.dump()
        for attribute in _unsigned(signed)
        if attribute["type"].native == ARCHIVE
        for value in attribute["values"]
    ]
    found = [
        Stamp(token(one), partial(_expected, signed, _shallow(one), content_digest))
        for one in tokens
    ]
    return sorted(found, key=Stamp.moment)


def to_stamp(content: bytes, content_digest: bytes) -> tuple[HashIndex, bytes]:
    """The index of a new archive timestamp, and the SHA-256 that it is asked for."""
    signed = _shallow(content)
    parts = _there(signed, "sha256")
    index = HashIndex({"hash_ind_algorithm": SHA256_ALGORITHM, **parts})
    return index, digest("sha256", *covered(signed, content_digest, index.dump()))


def stamp(content: bytes, token: bytes, index: HashIndex) -> bytes:
    """A signature with one more archive timestamp, within which its index is kept."""
    within = cms.ContentInfo.load(added(token, INDEX, index))
    return added(content, ARCHIVE, within)


def added(content: bytes, name: str, value: Any) -> bytes:
    """A signature, or a token, with an unsigned attribute more."""
    envelope = cms.ContentInfo.load(content)
    signed = envelope["content"]
    attribute = cms.CMSAttribute({"type": name, "values": [value]})
    attributes = cms.CMSAttributes([*_unsigned(signed), attribute])
    signed["signer_infos"][0]["unsigned_attrs"] = attributes
    made: bytes = envelope.dump()
    return made


def covered(signed: cms.SignedData, content_digest: bytes, index: bytes) -> Iterator[bytes]:
    """What an archive timestamp is of, in order (EN 319 122-1, 5.5.3)."""
    yield signed["encap_content_info"]["content_type"].dump()
    yield content_digest
    info = signed["signer_infos"][0]
    for name in (
        "version", "sid", "digest_algorithm", "signed_attrs", "signature_algorithm",
        "signature",
    ):  # fmt: skip
        yield info[name].dump()
    yield index


def _expected(
    signed: cms.SignedData, token: cms.SignedData, content_digest: Imprint, name: str
) -> bytes:
    """What a token should be of; nothing when a part that its index tells of is not there."""
    found = [one["values"] for one in _unsigned(token) if one["type"].native == INDEX]
    if len(found) != 1 or len(found[0]) != 1:
        return b""
    written = found[0][0].dump()
    index = HashIndex.load(written)
    if index["hash_ind_algorithm"]["algorithm"].native != name:
        return b""
    there = _there(signed, name)
    if any(set(index[part].native) - set(each) for part, each in there.items()):
        return b""
    return digest(name, *covered(signed, content_digest(name), written))


def _there(signed: cms.SignedData, name: str) -> dict[str, list[bytes]]:
    """The digests of all that an index tells of."""
    return {
        **{
            part: [digest(name, one.dump()) for one in _parts(signed, part)]
            for part in ("certificates", "crls")
        },
        "unsigned_attr_values": [
            digest(name, attribute["type"].dump(), value.dump())
            for attribute in _unsigned(signed)
            for value in attribute["values"]
        ],
    }


def _shallow(content: bytes) -> cms.SignedData:
    """Read anew, so that its parts are written again byte for byte: what was looked into is
    encoded again, which others may have done otherwise.
    """
    return cms.ContentInfo.load(content)["content"]


def _parts(signed: cms.SignedData, name: str) -> Iterable[Any]:
    found = signed[name]
    return found if isinstance(found, core.SetOf) else ()


def _unsigned(signed: cms.SignedData) -> Iterable[Any]:
    found = signed["signer_infos"][0]["unsigned_attrs"]
    return found if isinstance(found, core.SetOf) else ()
