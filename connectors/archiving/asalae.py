"""as@lae's `restservices`, the web service through which it takes SEDA transfers.

    POST sedaMessages                         multipart: seda_message, attachments
    GET  sedaMessages/sequence:ArchiveTransfer/message:<Acknowledgement|ArchiveTransferReply>
         /originOrganizationIdentification:<org>/originMessageIdentifier:<id>
    GET  ping, versions

HTTP Basic, where the password travels as the hex of its SHA-256. While a message is not
there yet the service answers something else than 200 without saying more: 400 and 404 mean
« not yet » here, and the service's silence becomes an incident after a month.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx

from connectors import (
    Ambiguous,
    ConnectorError,
    Misconfigured,
    NotYet,
    Produced,
    Refused,
    StoredFile,
)
from connectors.archiving import package as packages
from connectors.archiving.package import Package
from connectors.archiving.preflight import official_schema
from connectors.archiving.replies import Unreadable, is_acknowledgement, read_reply
from connectors.archiving.seda import Dialect, Parties
from connectors.archiving.transfer import Transfer, read
from connectors.wire import call

PARTNER = "Le service d’archives"
NOT_YET = (400, 404)
SOONEST = timedelta(seconds=30)
LATEST = timedelta(minutes=15)
SILENCE = timedelta(days=30)


@dataclass(frozen=True)
class Asalae:
    """An as@lae, or its sandbox.

    `lookup_patience` is how long, after a lost answer, an acknowledgement is looked for
    before the same bytes are sent again.
    """

    http: httpx.Client
    mode: Literal["live", "sandbox"]
    parties: Parties
    dialect: Dialect
    folder: Path
    clock: Callable[[], datetime]
    documents: Callable[[str], bytes]
    store: Callable[[bytes, str, str], StoredFile]
    reference_dir: Path | None = None
    soonest: timedelta = SOONEST
    lookup_patience: timedelta = timedelta(minutes=10)

    def check(self) -> list[str]:
        problems = self._missing_settings()
        if self.reference_dir and not official_schema(
            self.reference_dir, self.dialect.version
        ):
            problems.append(
                f"Le schéma officiel SEDA {self.dialect.version} est introuvable dans "
                f"{self.reference_dir}."
            )
        try:
            for path in ("ping", "versions"):
                call(self.http, "GET", path, partner=PARTNER, acts=False)
        except ConnectorError as error:
            problems.append(str(error))
        return problems

    def deposit(
        self,
        *,
        case_number: str,
        title: str,
        procedure: str,
        organisation: dict[str, Any],
        applicant: dict[str, Any] | None = None,
        opened_at: str,
        closed_at: str,
        documents: list[dict[str, Any]],
        journal: list[dict[str, Any]] | None = None,
        retention_years: int,
        final_disposition: Literal["keep", "destroy"],
        access_rule: str,
        transfer: int = 1,
        key: str,
    ) -> Produced:
        if missing := self._missing_settings():
            raise Misconfigured(" ".join(missing))
        transfer_ = read(
            case_number=case_number,
            title=title,
            procedure=procedure,
            organisation=organisation,
            applicant=applicant,
            opened_at=opened_at,
            closed_at=closed_at,
            documents=documents,
            journal=journal,
            retention_years=retention_years,
            final_disposition=final_disposition,
            access_rule=access_rule,
            transfer=transfer,
        )
        folder = packages.folder_of(self.folder / "packages", key)
        package = packages.load(folder)
        if package is None:
            package = self._freeze(folder, transfer_)
        elif not package.noted("deposited"):
            self._look_up(package)
        deposited_at = package.noted("deposited") or self._send(package)
        return self._deposited(package, deposited_at)

    def reply(self, *, message_identifier: str, key: str) -> Produced:
        package = packages.claimed(self.folder, message_identifier)
        organisation = (
            package.facts.transferring_agency
            if package
            else self.parties.transferring_agency
        )
        found: list[bytes] = []
        for message in ("Acknowledgement", "ArchiveTransferReply"):
            content = self._message(message, organisation, message_identifier)
            if content is None:
                raise self._later(message_identifier, package)
            found.append(content)
        acknowledgement, reply = found
        answer = read_reply(reply)
        produced = Produced(
            value={
                "status": answer.status,
                "archive_identifiers": list(answer.archive_identifiers),
                "comments": list(answer.comments),
            },
            documents=[
                self._kept("archive_acknowledgement", "Accusé de réception du versement",
                           acknowledgement, f"accuse-{message_identifier}.xml"),
                self._kept("archive_reply", "Réponse du service d’archives",
                           reply, f"reponse-{message_identifier}.xml"),
            ],
        )  # fmt: skip
        if package:
            package.drop_container()  # decided, for better or worse: never sent again
        return produced

    def _missing_settings(self) -> list[str]:
        required = {
            "ASALAE_URL": str(self.http.base_url),
            "SEDA_ARCHIVAL_AGENCY": self.parties.archival_agency,
            "SEDA_TRANSFERRING_AGENCY": self.parties.transferring_agency,
        }
        return [
            f"{PARTNER} : le réglage {it} manque."
            for it, value in required.items()
            if not value
        ]

    def _freeze(self, folder: Path, transfer: Transfer) -> Package:
        package = packages.claimed(self.folder, transfer.message_identifier)
        if package and (package.noted("attempt") or package.noted("deposited")):
            sentence = (
                f"Le versement {transfer.message_identifier} a déjà été envoyé : "
                "un nouveau versement du dossier doit porter le rang suivant."
            )
            raise Refused([sentence])
        # A transfer that never left, having been refused here, is nothing to the service.
        earlier = (it for it in transfer.related_identifiers if self._was_deposited(it))
        package = packages.freeze(
            folder,
            replace(transfer, related_identifiers=tuple(earlier)),
            self.documents,
            parties=self.parties,
            dialect=self.dialect,
            reference_dir=self.reference_dir,
            now=self.clock(),
        )
        packages.claim(self.folder, package)
        return package

    def _was_deposited(self, message_identifier: str) -> bool:
        package = packages.claimed(self.folder, message_identifier)
        return package is not None and package.noted("deposited") is not None

    def _look_up(self, package: Package) -> None:
        """Before sending again, ask whether the first sending arrived."""
        facts = package.facts
        content = self._message(
            "Acknowledgement", facts.transferring_agency, facts.message_identifier
        )
        attempt = package.noted("attempt")
        if content is not None and is_acknowledgement(content):
            package.note("deposited", attempt or self.clock())
        elif attempt and self.clock() - attempt < self.lookup_patience:
            raise NotYet(
                f"{PARTNER} n’a pas encore accusé réception d’un envoi resté sans réponse.",
                after=self.soonest,
            )

    def _send(self, package: Package) -> datetime:
        package.verify()
        at = self.clock()
        package.note("attempt", at)
        with package.manifest.open("rb") as manifest, package.container.open("rb") as files:
            try:
                call(
                    self.http,
                    "POST",
                    "sedaMessages",
                    partner=PARTNER,
                    acts=True,
                    files=[
                        ("seda_message", ("bordereau.xml", manifest, "application/xml")),
                        (
                            "attachments",
                            (
                                f"archive.{package.facts.container}",
                                files,
                                package.media_type,
                            ),
                        ),
                    ],
                )
            except Ambiguous:
                raise
            except ConnectorError:
                # Nothing was taken: the next try may send at once.
                package.forget("attempt")
                raise
        package.note("deposited", at)
        return at

    def _deposited(self, package: Package, at: datetime) -> Produced:
        facts = package.facts
        name = f"bordereau-{facts.message_identifier}.xml"
        return Produced(
            value={
                "message_identifier": facts.message_identifier,
                "package_sha256": facts.package_sha256,
                "manifest_sha256": facts.manifest_sha256,
                "deposited_at": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
                "official_check": facts.official_check,
            },
            documents=[
                self._kept("archive_manifest", "Bordereau de versement SEDA",
                           package.manifest.read_bytes(), name),
            ],
        )  # fmt: skip

    def _message(self, message: str, organisation: str, identifier: str) -> bytes | None:
        """One message about a transfer, or None while the service has none."""
        path = (
            f"sedaMessages/sequence:ArchiveTransfer/message:{message}"
            f"/originOrganizationIdentification:{quote(organisation, safe='')}"
            f"/originMessageIdentifier:{quote(identifier, safe='')}"
        )
        response = call(
            self.http,
            "GET",
            path,
            partner=PARTNER,
            acts=False,
            expected=NOT_YET,
            headers={"Accept": "application/xml"},
        )
        if response.status_code in NOT_YET or not response.content.strip():
            return None
        return response.content

    def _later(self, message_identifier: str, package: Package | None) -> ConnectorError:
        """Ask again after a quarter of the time already waited, within reason."""
        deposited = package.noted("deposited") if package else None
        if deposited is None:
            return NotYet(f"{PARTNER} n’a pas encore répondu.", after=self.soonest)
        waited = self.clock() - deposited
        if waited > SILENCE:
            return Unreadable(
                f"{PARTNER} ne dit rien du versement {message_identifier} depuis {waited.days} jours."
            )
        after = max(self.soonest, min(waited / 4, LATEST))
        return NotYet(f"{PARTNER} n’a pas encore répondu.", after=after)

    def _kept(
        self, kind: str, title: str, content: bytes, name: str
    ) -> tuple[str, str, StoredFile]:
        return kind, title, self.store(content, name, "application/xml")


def sha256_password(password: str) -> str:
    """The password as as@lae wants it over HTTP Basic."""
    return hashlib.sha256(password.encode()).hexdigest()
