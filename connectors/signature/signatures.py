"""The connector: what is asked of signatures, whatever their format and whoever signs."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

import structlog

from connectors import ConnectorError, Produced, Refused, StoredFile
from connectors.signature import algorithms, answers, certificates, formats, lasting
from connectors.signature.algorithms import Register
from connectors.signature.formats import Format, Means
from connectors.signature.signers import Signer
from connectors.signature.trust import Trust
from connectors.timestamp import Timestamp

log = structlog.get_logger()

Plain = dict[str, Any]
MEGABYTE = 1024**2
SIGNED = b"/ByteRange"
"""What a signed PDF holds, never compressed: others need not be read."""


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
    algorithms: Register
    timestamp: Timestamp
    largest: int
    remembered: Path
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
        certificate, chain = self._signer(signer).certificate(person)
        self._check(certificate, chain)
        return certificate

    def chain(self, *, signer: str, person: Plain) -> list[bytes]:
        return self._signer(signer).certificate(person)[1]

    def strength(self, *, certificate: bytes) -> Plain:
        one = certificates.loaded(certificate)
        self.algorithms.check(one, certificates.name(one), self.clock())
        return self._algorithm(certificate)

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
        given = {one: answers.decoded(values.get(one)) for one in asked}
        form = self._format(document["format"])
        told = {
            "state": state["format"],
            "to_sign": prepared["to_sign"],
            "certificate": certificate,
            "chain": chain,
        }
        dates: list[datetime] = []
        signed, level = form.finish(content, told, given, self._means(dates))
        file = self.store(signed, *answers.named(document))
        facts = {
            **self._made(certificate, chain),
            "algorithm": self._algorithm(certificate, dates),
            "format": document["format"],
            "level": level,
            "signed_at": state["at"],
            "timestamped_at": dates[-1].isoformat() if dates and level != "B-B" else None,
        }
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
        return answers.summed(found, self.clock())

    def seal(self, *, documents: list[Plain], seal: str, key: str) -> Produced:
        signer = self.seals.get(seal) if seal else next(iter(self.seals.values()), None)
        if signer is None:
            raise Refused([f"Le cachet « {seal} » n’est pas installé."], code="unknown")

        def act() -> Produced:
            certificate, chain = signer.certificate(None)
            made = []
            for one in self.prepare(
                documents=documents, certificate=certificate, chain=chain
            ):
                values = signer.sign(None, one["to_sign"])
                made.append(self.finish(prepared=one, values=values))
            return answers.produced(made, "sealed", "Document cacheté")

        return answers.once(self.remembered, key, self.clock(), act)

    def close(self, *, documents: list[Plain], key: str) -> Produced:
        def act() -> Produced:
            made = [self._closed(one) for one in documents]
            complete = all(whole for _, whole in made)
            files = [{**one, "complete": whole} for one, whole in made]
            title = "Document clos par un horodatage"
            return answers.produced(files, "closed", title, complete=complete)

        return answers.once(self.remembered, key, self.clock(), act)

    def _closed(self, document: Plain) -> tuple[Plain, bool]:
        """The document as far as it can be closed today, and whether it wholly is."""
        name, media_type = document["name"], document["media_type"]
        given = self.documents(document["sha256"])
        kept = StoredFile(document["sha256"], name, media_type, len(given))
        told = {"id": document["id"], "file": kept, "level": "", "signatures": []}
        beside = document.get("signs")
        foreign = bool(document.get("foreign"))
        if not beside and ("pdf" not in media_type or (foreign and SIGNED not in given)):
            return told, True
        content, detached = (self.documents(beside), given) if beside else (given, None)
        self._check_size(len(content) + len(detached or b""))
        try:
            form = self._format(formats.of(media_type, detached))
            with lasting.reading():
                closed = form.close(content, detached, self._means())
        except Refused as refused:
            if not foreign:
                raise
            log.info("foreign_signature_left", reasons=refused.reasons)
            closed = None
        if closed is None:
            return told, True
        facts = self.examine(
            content=content if beside else closed.made, media_type=media_type,
            detached=closed.made if beside else None,
        )  # fmt: skip
        return {
            **told,
            "file": self.store(closed.made, name, media_type),
            "level": facts["level"],
            "signatures": answers.closing(facts, whole=foreign) if closed.stamped else [],
        }, closed.proved and closed.stamped

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

    def _check(self, certificate: bytes, chain: list[bytes]) -> None:
        one, now = certificates.loaded(certificate), self.clock()
        certificates.check(one, now)
        self.algorithms.check(one, certificates.name(one), now)
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

    def _made(self, certificate: bytes, chain: list[bytes]) -> Plain:
        """What is known of a signature just made by its certificate."""
        verdict = self.trust.judge(certificate, chain, self.clock())
        return {
            "quality": verdict.quality,
            **_told(certificate),
            "indication": verdict.indication,
            "sub_indication": verdict.sub_indication,
            "intact": True,
            "covers_whole": True,
            "detail": {},
        }

    def _algorithm(self, certificate: bytes, dates: Sequence[datetime] = ()) -> Plain:
        """How long what this certificate signs now, always with SHA-256, is good."""
        used = replace(algorithms.of(certificates.loaded(certificate)), digests=("sha256",))
        proved = dates[-1] if dates else None
        return self.algorithms.told(used, proved=proved, claimed=self.clock())

    def _means(self, dates: list[datetime] | None = None) -> Means:
        """What formats may ask; `dates` receives the moments of the tokens that they got."""
        return Means(
            now=self.clock(),
            settings=self.settings,
            date=partial(self._date, [] if dates is None else dates),
            verify_date=lambda token, digest: self.timestamp.verify(
                token=token, digest=digest
            ),
            judge=self.trust.judge,
            algorithms=self.algorithms,
        )

    def _date(self, dates: list[datetime], digest: bytes) -> bytes | None:
        try:
            token = self.timestamp.token(digest=digest)
            dates.append(self.timestamp.verify(token=token, digest=digest))
        except ConnectorError as error:
            log.warning("timestamp_missing", problem=str(error))
            return None  # it costs a level, never the signature
        return token

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


@lru_cache(maxsize=64)
def _told(certificate: bytes) -> Plain:
    """What a certificate says of itself: the same for each document of a lot."""
    one = certificates.loaded(certificate)
    return {"kind": certificates.kind(one), **certificates.described(one)}
