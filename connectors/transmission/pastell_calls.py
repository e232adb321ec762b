"""How Pastell is called: its entities, its documents, and the errors it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import httpx

from connectors import ConnectorError, Misconfigured, NotYet, Refused, StoredFile
from connectors.transmission import writing
from connectors.transmission.sendings import Facts, Sendings
from connectors.wire import Unreadable, call, json_object, text_field

PARTNER = "Pastell"
Plain = dict[str, Any]
NO_FILE = "fichier n'existe pas"
DRAFT = ("creation", "modification", "send-tdt-erreur")


@dataclass(frozen=True)
class PastellCalls:
    """One Pastell, or its sandbox. `entities` says which entity each SIREN is there."""

    http: httpx.Client
    mode: Literal["live", "sandbox"]
    entities: Mapping[str, str]
    folder: Path
    clock: Callable[[], datetime]
    documents: Callable[[str], bytes]
    store: Callable[[bytes, str, str], StoredFile]
    soonest: timedelta = timedelta(minutes=10)

    @property
    def sendings(self) -> Sendings:
        return Sendings(self.folder, self.clock, self.found)

    def found(self, facts: Facts) -> str | None:
        """The document of a sending, when Pastell has sent it on; else None."""
        document = facts.get("document")
        if not document:
            return None
        action = self.last_action(self.detail(facts["account"], document))[0]
        return None if action in facts["before"] else str(facts["number"])

    def entity(self, account: Plain) -> str:
        """The entity of a body; raises Misconfigured for one that Pastell does not serve."""
        siren = str(account.get("siren") or "")
        entity = self.entities.get(siren) or self.entities.get("")
        if entity is None and self.mode == "sandbox":
            entity = siren  # the sandbox's entities are named so
        if not entity:
            raise Misconfigured(f"{PARTNER} : aucune entité pour le SIREN {siren}.")
        return entity

    def ask(
        self, method: str, account: Plain, path: str, *, acts: bool = False, **options: Any
    ) -> httpx.Response:
        """Call a page of the body's entity; what is not there is refused in its own words."""
        response = call(
            self.http,
            method,
            f"api/v2/entite/{quote(self.entity(account), safe='')}/{path}",
            partner=PARTNER,
            acts=acts,
            expected=(404,),
            reasons=said,
            **options,
        )
        if response.status_code == httpx.codes.NOT_FOUND:
            raise Refused(said(response) or [f"{PARTNER} ne connaît pas ce document."])
        return response

    def detail(self, account: Plain, document: str) -> Plain:
        response = self.ask("GET", account, f"document/{_safe(document)}")
        detail = json_object(response, partner=PARTNER)
        if not isinstance(detail.get("data"), dict):
            raise Unreadable(f"{PARTNER} : document sans données.")
        return detail

    def last_action(self, detail: Plain) -> tuple[str, str]:
        """Where a document stands, and what Pastell says of it."""
        last = detail.get("last_action")
        if not isinstance(last, dict):
            raise Unreadable(f"{PARTNER} : document sans état.")
        message = last.get("message")
        return text_field(last, "action", partner=PARTNER), str(message or "")[:2000]

    def listed(self, account: Plain, flux: str, state: str) -> list[Plain]:
        """The documents of a kind in a state, the latest first."""
        asked = {"type": flux, "lastetat": state, "limit": "100", "offset": "0"}
        response = self.ask("GET", account, "document", params=asked)
        try:
            value = response.json()
        except ValueError as error:
            raise Unreadable(f"{PARTNER} : liste illisible.") from error
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise Unreadable(f"{PARTNER} : une liste était attendue.")
        return value

    def draft(self, account: Plain, flux: str, key: str) -> str:
        """A new document, once for a given `key`; one that is lost was never sent on."""

        def create() -> str:
            response = self.ask("POST", account, "document", data={"type": flux})
            return text_field(
                json_object(response, partner=PARTNER), "id_d", partner=PARTNER
            )

        return self.sendings.once(f"{key}/draft", {"account": account}, create)

    def fill(self, account: Plain, document: str, **fields: str) -> None:
        self.ask("PATCH", account, f"document/{_safe(document)}", data=fields)

    def put(
        self, account: Plain, document: str, field: str, rank: int, described: Plain
    ) -> None:
        """One of our documents in a field of Pastell's."""
        content = writing.content(described, self.documents)
        name = writing.plain_name(described["name"], described["media_type"])
        self.ask(
            "POST",
            account,
            f"document/{_safe(document)}/file/{field}/{rank}",
            data={"file_name": name},
            files={"file_content": (name, content, described["media_type"])},
        )

    def take(self, account: Plain, document: str, field: str, rank: int = 0) -> bytes:
        """A file of Pastell's; raises NotYet while it has none."""
        try:
            response = self.ask(
                "GET", account, f"document/{_safe(document)}/file/{field}/{rank}"
            )
        except Refused as refusal:
            if NO_FILE not in str(refusal):
                raise
            raise NotYet(f"{PARTNER} : {refusal}", after=self.soonest) from refusal
        if not response.content:
            raise NotYet(f"{PARTNER} n’a pas encore ce fichier.", after=self.soonest)
        return response.content

    def act(self, account: Plain, document: str, action: str) -> None:
        self.ask("POST", account, f"document/{_safe(document)}/action/{action}", acts=True)

    def drop(self, account: Plain, document: str, key: str) -> None:
        """A draft that Pastell refused is of no use to anybody."""
        try:
            self.act(account, document, "supression")
        except ConnectorError:
            return  # it stays there as a draft; the reasons matter more
        finally:
            self.sendings.forget(f"{key}/draft")

    def later(self, what: str) -> NotYet:
        return NotYet(f"{PARTNER} : {what}.", after=self.soonest)

    def kept(
        self, kind: str, title: str, content: bytes, name: str, media_type: str
    ) -> tuple[str, str, StoredFile]:
        return kind, title, self.store(content, name, media_type)


def said(response: httpx.Response) -> list[str]:
    """Pastell's own words in an error."""
    try:
        message = response.json()["error-message"]
    except (ValueError, KeyError, TypeError):
        return []
    return [str(message)[:500]] if message else []


def whole(documents: list[Plain]) -> None:
    """Raise Refused for a detached signature, which Pastell has no place for."""
    if any(one.get("signature_sha256") for one in documents):
        raise Refused(
            ["Pastell ne transmet pas les signatures détachées : signez le PDF lui-même."]
        )


def _safe(document: str) -> str:
    return quote(document, safe="")
