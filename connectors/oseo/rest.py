"""OSEO's exchange contract over HTTPS (docs/partners/oseo.md): the request's side."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from connectors import ConnectorError, Refused
from connectors.oseo.port import Acknowledgement
from connectors.wire import call, json_object, text_field

_PARTNER = "OSEO"
_REQUESTS = "v1/opinion-requests"


@dataclass(frozen=True)
class RestOseo:
    http: httpx.Client
    documents: Callable[[str], bytes] | None
    callback_url: str
    mode: str
    tick: Callable[[], None] = lambda: None  # a sandbox in memory answers when ticked

    def request_opinion(
        self,
        *,
        case_number: str,
        applicant: dict[str, Any],
        project: dict[str, Any],
        question: str,
        documents: list[dict[str, Any]],
        deadline: str,
        key: str,
    ) -> Acknowledgement:
        request = _json(
            {
                "format": "opinion-request/1",
                "case_number": case_number,
                "applicant": applicant,
                "project": project,
                "question": question,
                "deadline": deadline,
                "callback_url": self.callback_url,
            }
        )
        contents = [self._content(document) for document in documents]
        manifest = _json(
            {
                "request": _digest(request),
                "documents": [
                    {
                        "name": document["name"],
                        "media_type": document["media_type"],
                        "size": len(content),
                        "sha256": _digest(content),
                    }
                    for document, content in zip(documents, contents, strict=True)
                ],
            }
        )
        response = call(
            self.http,
            "POST",
            _REQUESTS,
            partner=_PARTNER,
            acts=True,
            reasons=_reasons,
            headers={"Idempotency-Key": key},
            files=[
                ("request", ("request.json", request, "application/json")),
                ("manifest", ("manifest.json", manifest, "application/json")),
                *(
                    ("document", (_digest(content), content, document["media_type"]))
                    for document, content in zip(documents, contents, strict=True)
                ),
            ],
        )
        return _acknowledgement(json_object(response, partner=_PARTNER))

    def lookup(self, key: str) -> Acknowledgement | None:
        response = call(
            self.http,
            "GET",
            _REQUESTS,
            partner=_PARTNER,
            acts=False,
            reasons=_reasons,
            params={"idempotency_key": key},
        )
        items = json_object(response, partner=_PARTNER).get("items")
        return _acknowledgement(items[0]) if isinstance(items, list) and items else None

    def check(self) -> list[str]:
        problems = (
            []
            if self.callback_url
            else [
                "OSEO : OSEO_CALLBACK_URL n'est pas renseignée, les avis ne pourront pas revenir."
            ]
        )
        try:
            call(self.http, "GET", "v1/ping", partner=_PARTNER, acts=False)
        except ConnectorError as error:
            problems.append(str(error))
        return problems

    def _content(self, document: dict[str, Any]) -> bytes:
        if self.documents is None:
            raise Refused(["Les pièces du dossier ne peuvent pas être lues."])
        content = self.documents(document["sha256"])
        if _digest(content) != document["sha256"]:
            raise ConnectorError(
                f"La pièce « {document['name']} » ne correspond pas à son empreinte."
            )
        return content


def _acknowledgement(answer: dict[str, Any]) -> Acknowledgement:
    return {
        "reference": text_field(answer, "reference", partner=_PARTNER),
        "received_at": text_field(answer, "received_at", partner=_PARTNER),
    }


def _reasons(response: httpx.Response) -> list[str]:
    try:
        return [str(error["message"]) for error in response.json()["errors"]]
    except (ValueError, KeyError, TypeError):
        return []


def _json(value: dict[str, Any]) -> bytes:
    """The same bytes for the same value: a key sent again must carry the same content."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
