"""Signs XML in two phases: each batch of a PES (HELIOS), or a document beside it (XAdES).

A PES is signed as the accountant's policy says: in each `Bordereau` when every one has an
Id, else once for the whole file. The signatures are inserted in its bytes, which otherwise
do not change.
"""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from connectors import Misconfigured, Refused
from connectors.signature import xml_text
from connectors.signature.xml_text import XADES, Draft, Policy, Target, Words
from connectors.xml_reading import PES, Outline, Place, outline, parse

Plain = dict[str, Any]
Date = Callable[[bytes], bytes | None]
"""A SHA-256 → a timestamp token, None when the authority does not answer."""

HELIOS_POLICY = Policy(
    "urn:oid:1.2.250.1.131.1.5.18.21.1.7",
    "Politique de signature Helios de la DGFiP",
    "roF9+cfRHNPtVJolhdqfIqGMVuUXX8aR4rpiquf0u5E=",
    "https://www.collectivites-locales.gouv.fr/files/files/finances_locales/"
    "dematerialisation/ps_helios_dgfip.pdf",
)
DOMAINS = ("PES_DepenseAller", "PES_RecetteAller")
ROOT = f"{{{PES}}}PES_Aller"
NCNAME = re.compile(r"[^\W\d][\w.\-]*")


@dataclass(frozen=True)
class Style:
    """How a PES is signed: the version of XAdES and the policy."""

    version: str = "1.1.1"
    policy: Policy = HELIOS_POLICY
    with_chain: bool = True


def style(settings: Mapping[str, str]) -> Style:
    """The style that settings ask for; raises Misconfigured for a version unknown."""
    version = settings.get("PES_XADES_VERSION") or "1.1.1"
    if version not in XADES:
        raise Misconfigured(f"PES_XADES_VERSION : {version} n’est pas {', '.join(XADES)}.")
    policy = Policy(
        settings.get("PES_POLICY_OID") or HELIOS_POLICY.identifier,
        settings.get("PES_POLICY_NAME") or HELIOS_POLICY.description,
        settings.get("PES_POLICY_SHA256") or HELIOS_POLICY.sha256,
        settings.get("PES_POLICY_ADDRESS") or HELIOS_POLICY.address,
    )
    return Style(version, policy, settings.get("PES_CERTIFICATES") != "signer")


def prepare_pes(
    content: bytes,
    *,
    certificate: x509.Certificate,
    words: Words,
    style: Style,
    chain: Sequence[bytes] = (),
) -> tuple[dict[str, bytes], Plain]:
    """What is to be signed of a PES: {name of the signature: bytes}, and a state to finish.

    Raises Refused for a file that is no PES, is signed already, or cannot be designated.
    """
    _rsa(certificate)
    read = outline(content)
    places = _to_sign(read)
    tree = parse(content)
    elements = {
        one.get("Id"): one
        for one in [tree, *tree.iterfind("./*/Bordereau")]
        if one.get("Id")
    }
    drafts, inserted = {}, []
    for place in places:
        name = f"{place.id}_SIG_1"
        digest = hashlib.sha256(xml_text.canonical(elements[place.id])).digest()
        target = Target(f"#{place.id}", digest, enveloped=True)
        made = xml_text.draft(
            target, name=name, certificate=certificate, words=words,
            version=style.version, policy=style.policy,
            chain=_carried(chain) if style.with_chain else (),
        )  # fmt: skip
        drafts[name] = made.to_sign
        inserted.append({"name": name, "at": place.end, **asdict_text(made)})
    return drafts, {"kind": "pes", "insertions": inserted, **_frozen(content)}


def prepare_detached(
    content: bytes,
    *,
    file_name: str,
    media_type: str,
    name: str,
    certificate: x509.Certificate,
    words: Words,
    chain: Sequence[bytes] = (),
) -> tuple[dict[str, bytes], Plain]:
    """What is to be signed of any document, whose signature is kept beside it (XAdES)."""
    _rsa(certificate)
    target = Target(
        quote(file_name), hashlib.sha256(content).digest(), enveloped=False,
        media_type=media_type,
    )  # fmt: skip
    made = xml_text.draft(
        target,
        name=name,
        certificate=certificate,
        words=words,
        version="1.3.2",
        chain=_carried(chain),
    )
    insertion = {"name": name, **asdict_text(made)}
    state = {"kind": "xades", "insertions": [insertion], **_frozen(content)}
    return {name: made.to_sign}, state


def finish(
    content: bytes,
    state: Plain,
    values: Mapping[str, bytes],
    *,
    certificate: x509.Certificate,
    date: Date | None = None,
) -> tuple[bytes, str]:
    """The signed file and its level: the PES with its signatures, or the detached signature.

    Raises Refused when the document has changed, or for a value that does not fit. A
    timestamp authority that does not answer costs the level B-T.
    """
    if state["sha256"] != hashlib.sha256(content).hexdigest():
        raise Refused(["Le document a changé depuis la préparation."], code="changed")
    for insertion in state["insertions"]:
        _check_value(insertion, values, certificate)
    if state["kind"] == "xades":
        return _detached(state["insertions"][0], values, date)
    return _inserted(content, state["insertions"], values), "B-B"


def asdict_text(made: Draft) -> Plain:
    """A draft as plain values."""
    plain = asdict(made)
    return plain | {"to_sign": base64.b64encode(made.to_sign).decode()}


def _to_sign(read: Outline) -> list[Place]:
    if read.root != ROOT:
        raise Refused(["Ce fichier n’est pas un PES_Aller."], code="not_a_pes")
    if read.repeated:
        raise Refused(
            [f"L’identifiant {read.repeated[0]} est porté par plusieurs éléments."],
            code="repeated_id",
        )
    whole = next(one for one in read.places if one.path == (ROOT,))
    batches = [
        one
        for one in read.places
        if one.path[1:] in {(domain, "Bordereau") for domain in DOMAINS}
    ]
    if whole.signed or any(one.signed for one in batches):
        raise Refused(["Ce PES porte déjà une signature."], code="signed")
    chosen = batches if batches and all(one.id for one in batches) else [whole]
    for one in chosen:
        if not one.id or one.empty:
            raise Refused(
                [
                    "Ni les bordereaux ni le PES ne portent d’attribut Id : il ne peut être signé."
                ],
                code="no_id",
            )
        if not NCNAME.fullmatch(one.id):
            raise Refused(
                [f"L’Id « {one.id} » doit commencer par une lettre ou « _ »."],
                code="bad_id",
            )
    return chosen


def _inserted(
    content: bytes, insertions: list[Plain], values: Mapping[str, bytes]
) -> bytes:
    pieces, done = [], 0
    for one in sorted(insertions, key=lambda insertion: insertion["at"]):
        pieces += [content[done : one["at"]], _signature(one, values[one["name"]]).encode()]
        done = one["at"]
    return b"".join([*pieces, content[done:]])


def _detached(
    insertion: Plain, values: Mapping[str, bytes], date: Date | None
) -> tuple[bytes, str]:
    value, level, text = values[insertion["name"]], "B-B", ""
    if date is not None:
        covered = xml_text.value_element(insertion["name"], value)
        if token := date(hashlib.sha256(covered).digest()):
            level, text = "B-T", xml_text.unsigned(token)
    end = "</xad:QualifyingProperties>"
    signed = _signature(insertion, value).replace(end, text + end)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{signed}\n'.encode(), level


def _signature(insertion: Plain, value: bytes) -> str:
    return f"{insertion['head']}{base64.b64encode(value).decode()}{insertion['tail']}"


def _check_value(
    insertion: Plain, values: Mapping[str, bytes], certificate: x509.Certificate
) -> None:
    signed = base64.b64decode(insertion["to_sign"])
    try:
        value = values[insertion["name"]]
        _rsa(certificate).verify(value, signed, PKCS1v15(), SHA256())
    except (InvalidSignature, KeyError) as error:
        raise Refused(
            ["La valeur de signature ne correspond pas au certificat."], code="wrong_value"
        ) from error


def _rsa(certificate: x509.Certificate) -> RSAPublicKey:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise Refused(["La signature XML demande une clé RSA."], code="key")
    return key


def _carried(chain: Sequence[bytes]) -> list[bytes]:
    """The authorities in between: a root that is trusted is known already."""
    read = [(der, x509.load_der_x509_certificate(der)) for der in chain]
    return [der for der, one in read if one.subject != one.issuer]


def _frozen(content: bytes) -> Plain:
    return {"sha256": hashlib.sha256(content).hexdigest()}


__all__ = ["Style", "Words", "finish", "prepare_detached", "prepare_pes", "style"]
