"""The connector: what is asked of signatures, whatever their format and whoever signs."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from connectors import ConnectorError, Produced, Refused, StoredFile
from connectors.signature import certificates, formats, pades
from connectors.signature.formats import INDETERMINATE, Format, Means, Verdict
from connectors.signature.signers import Signer
from connectors.signature.trust import Trust
from connectors.timestamp import Timestamp

Plain = dict[str, Any]
MEGABYTE = 1024**2


@dataclass(frozen=True)
class Signatures:
    """Signs, seals, closes and examines with the formats, signers and trust that are set up."""

    settings: Mapping[str, str]
    clock: Callable[[], datetime]
    documents: Callable[[str], bytes]
    store: Callable[[bytes, str, str], StoredFile]
    formats: Mapping[str, Format]
    people: Mapping[str, Signer]
    seals: Mapping[str, Signer]
    trust: Trust
    timestamp: Timestamp
    largest: int
    mode: Literal["live", "sandbox"]

    def check(self) -> list[str]:
        try:
            problems = (
                [] if self.trust.anchors() else ["Signature : aucune autorité reconnue."]
            )
        except ConnectorError as error:
            problems = [str(error)]
        for one in (*self.people.values(), *self.seals.values()):
            problems += one.check()
        return problems

    def signers(self) -> list[Plain]:
        return [
            {
                "id": one.id,
                "kind": one.kind,
                "label": one.label,
                "quality": one.quality,
                "needs": list(one.needs),
            }
            for one in (*self.people.values(), *self.seals.values())
        ]

    def certificate(self, *, signer: str, person: Plain) -> bytes:
        certificate, _ = self._signer(signer).certificate(person)
        certificates.check(certificates.loaded(certificate), self.clock())
        return certificate

    def chain(self, *, signer: str, person: Plain) -> list[bytes]:
        return self._signer(signer).certificate(person)[1]

    def prepare(
        self,
        *,
        documents: list[Plain],
        certificate: bytes,
        chain: list[bytes] | None = None,
    ) -> list[Plain]:
        self._check(certificate, chain or [])
        return [self._prepared(one, certificate, chain or []) for one in documents]

    def sign(
        self, *, signer: str, person: Plain, to_sign: list[Plain], pin: str | None = None
    ) -> dict[str, str]:
        return self._signer(signer).sign(person, to_sign, pin)

    def finish(self, *, prepared: Plain, values: dict[str, str]) -> Plain:
        state = prepared["state"]
        document, content = state["document"], self.documents(prepared["document_sha256"])
        if hashlib.sha256(content).hexdigest() != prepared["document_sha256"]:
            raise Refused(["Le document a changé depuis sa préparation."], code="changed")
        certificate = base64.b64decode(state["certificate"])
        chain = [base64.b64decode(one) for one in state["chain"]]
        asked = [one["id"] for one in prepared["to_sign"]]
        given = {one: _decoded(values.get(one)) for one in asked}
        form = self._format(document["format"])
        told = {
            "state": state["format"],
            "to_sign": prepared["to_sign"],
            "certificate": certificate,
            "chain": chain,
        }
        means = self._means()
        signed, level = form.finish(content, told, given, means)
        signed, level = self._lasting(document["format"], signed, level, means)
        name, media_type = _named(document, detached=signed[: len(content)] != content)
        file = self.store(signed, name, media_type)
        facts = self._made(certificate, chain, document["format"], level, state["at"])
        return {"id": document["id"], "file": file, "level": level, "signatures": [facts]}

    def examine(
        self, *, content: bytes, media_type: str, detached: bytes | None = None
    ) -> Plain:
        try:
            self._check_size(len(content) + len(detached or b""))
            form = self._format(formats.of(media_type, detached))
            found = form.examine(content, detached, self._means())
        except Refused as refused:
            found = {"signatures": [], "refusals": refused.reasons}
        return _summed(found, self.clock())

    def seal(self, *, documents: list[Plain], seal: str, key: str) -> Produced:
        signer = self.seals.get(seal)
        if signer is None:
            raise Refused([f"Le cachet « {seal} » n’est pas installé."], code="unknown")
        certificate, chain = signer.certificate(None)
        made = []
        for one in self.prepare(documents=documents, certificate=certificate, chain=chain):
            values = signer.sign(None, one["to_sign"])
            made.append(self.finish(prepared=one, values=values))
        return _produced(made, "sealed", "Document cacheté")

    def close(self, *, documents: list[Plain], key: str) -> Produced:
        made, complete = [], True
        for one in documents:
            closed, whole = self._closed(one)
            made.append(closed)
            complete = complete and whole
        produced = _produced(made, "closed", "Document clos par un horodatage")
        return Produced({**produced.value, "complete": complete}, produced.documents)

    def _closed(self, document: Plain) -> tuple[Plain, bool]:
        content, means = self.documents(document["sha256"]), self._means()
        kept = {
            "id": document["id"],
            "file": StoredFile(
                document["sha256"], document["name"], document["media_type"], len(content)
            ),
            "level": "",
            "signatures": [],
        }
        if document.get("format") != "pades":
            return kept, True
        self._check_size(len(content))
        try:
            stronger, whole = pades.strengthen(content, means)
        except Refused:
            return kept, True
        if not (archived := pades.archive(stronger, means)):
            return kept, False
        file = self.store(archived, document["name"], document["media_type"])
        facts = self.examine(content=archived, media_type="application/pdf")
        told = {"level": facts["level"], "signatures": facts["signatures"][-1:]}
        return {**kept, "file": file, **told}, whole

    def _prepared(self, document: Plain, certificate: bytes, chain: list[bytes]) -> Plain:
        self._check_size(int(document.get("size") or 0))
        content = self.documents(document["sha256"])
        self._check_size(len(content))
        means = self._means()
        form = self._format(document["format"])
        made = form.prepare(document, content, certificate, chain, means)
        kept = ("id", "name", "media_type", "format")
        state = {
            "format": made["state"],
            "document": {one: document[one] for one in kept},
            "certificate": base64.b64encode(certificate).decode(),
            "chain": [base64.b64encode(one).decode() for one in chain],
            "at": means.now.isoformat(),
        }
        return {
            "id": document["id"],
            "document_sha256": document["sha256"],
            "to_sign": made["to_sign"],
            "state": state,
        }

    def _lasting(
        self, form: str, signed: bytes, level: str, means: Means
    ) -> tuple[bytes, str]:
        """Raised to B-LT where the format knows it and the authorities answer."""
        if form != "pades" or level != "B-T":
            return signed, level
        stronger, whole = pades.strengthen(signed, means)
        return (stronger, "B-LT") if whole else (signed, level)

    def _check(self, certificate: bytes, chain: list[bytes]) -> None:
        one, now = certificates.loaded(certificate), self.clock()
        certificates.check(one, now)
        verdict, name = self.trust.judge(certificate, chain, now), certificates.name(one)
        if verdict.sub_indication == "REVOKED":
            raise Refused([f"Le certificat de {name} est révoqué."], code="revoked")
        if not verdict.chain:
            raise Refused(
                [
                    f"L’autorité qui a délivré le certificat de {name} n’est pas reconnue ici."
                ],
                code="untrusted",
            )

    def _made(
        self, certificate: bytes, chain: list[bytes], form: str, level: str, at: str
    ) -> Plain:
        """The facts of a signature just made."""
        verdict, one = self._judge(certificate, chain), certificates.loaded(certificate)
        return {
            "kind": certificates.kind(one),
            "format": form,
            "level": level,
            "quality": verdict.quality,
            **certificates.described(one),
            "signed_at": at,
            "timestamped_at": None if level == "B-B" else self.clock().isoformat(),
            "indication": verdict.indication,
            "sub_indication": verdict.sub_indication,
            "intact": True,
            "covers_whole": True,
            "detail": {},
        }

    def _judge(self, certificate: bytes, chain: list[bytes]) -> Verdict:
        return self.trust.judge(certificate, chain, self.clock())

    def _means(self) -> Means:
        return Means(
            now=self.clock(),
            settings=self.settings,
            date=self._date,
            verify_date=lambda token, digest: self.timestamp.verify(
                token=token, digest=digest
            ),
            judge=self.trust.judge,
        )

    def _date(self, digest: bytes) -> bytes | None:
        try:
            return self.timestamp.token(digest=digest)
        except ConnectorError:
            return None  # it costs a level, never the signature

    def _signer(self, name: str) -> Signer:
        if name not in self.people:
            raise Refused([f"La signature « {name} » n’est pas installée."], code="unknown")
        return self.people[name]

    def _format(self, name: str) -> Format:
        if name not in self.formats:
            raise Refused(
                [f"Le format de signature « {name} » est inconnu."], code="unknown"
            )
        return self.formats[name]

    def _check_size(self, size: int) -> None:
        if size > self.largest:
            most = self.largest // MEGABYTE
            raise Refused(
                [f"Le fichier fait {size // MEGABYTE} Mo : {most} Mo au plus."],
                code="too_large",
            )


def _decoded(value: str | None) -> bytes:
    try:
        return base64.b64decode(value or "", validate=True)
    except ValueError as error:
        raise Refused(["La signature reçue n’est pas en base64."], code="value") from error


def _named(document: Plain, *, detached: bool) -> tuple[str, str]:
    """How the file made is called: a detached signature is another file."""
    if document["format"] == "cades":
        return f"{document['name']}.p7s", "application/pkcs7-signature"
    if document["format"] == "xades":
        return f"{document['name']}.xml", "application/xml"
    return document["name"], document["media_type"]


def _summed(found: Plain, now: datetime) -> Plain:
    """What `examine` answers of what a format found."""
    signatures, refusals = found["signatures"], found["refusals"]
    indications = [one["indication"] for one in signatures]
    worst = next(
        (one for one in (formats.FAILED, INDETERMINATE) if one in indications),
        formats.PASSED,
    )
    levels = [one["level"] for one in signatures if one["level"]]
    order = ["B-B", "B-T", "B-LT", "B-LTA"]
    return {
        "signed": bool(signatures),
        "valid": bool(signatures) and not refusals and worst == formats.PASSED,
        "level": min(levels, key=order.index) if levels else "",
        "indication": "" if not signatures else formats.FAILED if refusals else worst,
        **found,
        "checked_at": now.isoformat(),
    }


def _produced(made: list[Plain], kind: str, title: str) -> Produced:
    files = [
        {
            **one,
            "file": {
                name: getattr(one["file"], name)
                for name in ("sha256", "name", "media_type", "size")
            },
        }
        for one in made
    ]
    return Produced(
        {"files": files},
        [(kind, f"{title} : {one['file'].name}", one["file"]) for one in made],
    )
