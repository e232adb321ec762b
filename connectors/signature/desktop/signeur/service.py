"""The program's HTTP side: NexU's routes, and one that signs many documents with one PIN.

GET  /nexu-info          {"version", "product"}
POST /rest/certificates  the certificate, with the ids by which to sign
POST /rest/sign          one document
POST /rest/sign-batch    many: {"tokenId", "keyId", "toBeSigned": [{"id", "bytes", "title"}]}
"""

import base64
import json
import threading
from collections.abc import Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from .asking import Asks
from .guarding import PAIRING, Gate, NotForYou
from .keys import Certificate, KeyRefused, Keys

VERSION = "1.0"
LARGEST = 32 * 1024 * 1024
MOST = 5000
Answer = dict[str, Any]


class BadRequest(Exception):
    """What was sent cannot be understood."""


class Signeur(ThreadingHTTPServer):
    """Listens on the loopback, for the offices of a gate; signs one batch at a time."""

    daemon_threads = True

    def __init__(self, gate: Gate, keys: Keys, ask: Asks) -> None:
        super().__init__(("127.0.0.1", gate.port), Conversation)
        self.gate = Gate(gate.origins, gate.code, self.server_address[1])
        self.keys, self.ask = keys, ask
        self.busy = threading.Lock()

    def certificates(self, _origin: str, _asked: Answer) -> Answer:
        """The certificate to sign with. Raises KeyRefused."""
        found = self.keys.certificates()
        if not found:
            raise KeyRefused("Aucun certificat de signature sur ce support.")
        return _shown(found[0]) | {
            "supportedDigests": ["SHA256"],
            "preferredDigest": "SHA256",
            "encryptionAlgorithm": found[0].algorithm,
            "others": [_shown(one) for one in found[1:]],
        }

    def sign(self, origin: str, asked: Answer) -> Answer:
        """One document. Raises KeyRefused, BadRequest."""
        payload, certificate = _payload(asked.get("toBeSigned")), self._certificate(asked)
        values = self._signed(origin, certificate, [("", "un document", payload)])
        return _shown(certificate) | {
            "signatureValue": values[""],
            "signatureAlgorithm": f"{certificate.algorithm}_SHA256",
        }

    def sign_batch(self, origin: str, asked: Answer) -> Answer:
        """Many documents, with one PIN. Raises KeyRefused, BadRequest."""
        listed = asked.get("toBeSigned")
        if not isinstance(listed, list) or not 0 < len(listed) <= MOST:
            raise BadRequest
        items = [(_text(one, "id"), _text(one, "title"), _payload(one)) for one in listed]
        certificate = self._certificate(asked)
        return _shown(certificate) | {
            "values": self._signed(origin, certificate, items),
            "signatureAlgorithm": f"{certificate.algorithm}_SHA256",
        }

    def _signed(
        self, origin: str, certificate: Certificate, items: Sequence[tuple[str, str, bytes]]
    ) -> dict[str, str]:
        if not self.busy.acquire(blocking=False):
            raise KeyRefused("Une signature est déjà en cours sur ce poste.")
        try:
            titles = list(dict.fromkeys(title for _, title, _ in items))
            pin = self.ask(origin, certificate.name, titles, self.keys.needs)
            if not pin:
                raise KeyRefused("Signature refusée sur le poste.")
            values = self.keys.sign(certificate, [payload for *_, payload in items], pin)
        finally:
            self.busy.release()
        named = zip(items, values, strict=True)
        return {item[0]: base64.b64encode(value).decode() for item, value in named}

    def _certificate(self, asked: Answer) -> Certificate:
        token, key = asked.get("tokenId"), asked.get("keyId")
        token = token.get("id") if isinstance(token, dict) else token
        if asked.get("digestAlgorithm", "SHA256") not in {"SHA256", "SHA-256"}:
            raise KeyRefused("Seule l’empreinte SHA-256 est acceptée.")
        for one in self.keys.certificates():
            if (one.token_id, one.key_id) == (token, key):
                return one
        raise KeyRefused("Ce certificat n’est pas sur ce poste.")


class Conversation(BaseHTTPRequestHandler):
    """One request: who asks is checked before anything is read."""

    server_version, sys_version = f"signeur/{VERSION}", ""
    protocol_version = "HTTP/1.1"
    timeout = 30

    @property
    def signeur(self) -> Signeur:
        """The program."""
        return cast("Signeur", self.server)

    def do_OPTIONS(self) -> None:
        """Tell the browser whether the page may ask."""
        try:
            origin = self.signeur.gate.origin(self.headers)
        except NotForYou as refusal:
            self._send(HTTPStatus.FORBIDDEN, _refusal("forbidden", str(refusal)))
            return
        allowed = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": f"Content-Type, {PAIRING}",
            "Access-Control-Max-Age": "600",
        }
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            allowed["Access-Control-Allow-Private-Network"] = "true"
        self._send(HTTPStatus.NO_CONTENT, None, origin, allowed)

    def do_GET(self) -> None:
        """NexU answers these to GET too."""
        self._answer(read=False)

    def do_POST(self) -> None:
        """Whatever is to be signed comes in JSON: a plain form cannot send that."""
        self._answer(read=True)

    def _answer(self, *, read: bool) -> None:
        path, origin = self.path.partition("?")[0], ""
        verbs = {
            "/rest/certificates": self.signeur.certificates,
            "/rest/sign": self.signeur.sign,
            "/rest/sign-batch": self.signeur.sign_batch,
        }
        try:
            origin = self.signeur.gate.origin(self.headers)
            self.signeur.gate.check(path, self.headers)
            if path == "/nexu-info":
                self._send(
                    HTTPStatus.OK, {"version": VERSION, "product": "signeur"}, origin
                )
                return
            verb = verbs.get(path)
            if verb is None or (verb != self.signeur.certificates and not read):
                self._send(
                    HTTPStatus.NOT_FOUND, _refusal("not_found", "Adresse inconnue."), origin
                )
                return
            response = verb(origin, self._read() if read else {})
            self._send(HTTPStatus.OK, {"success": True, "response": response}, origin)
        except NotForYou as refusal:
            self._send(HTTPStatus.FORBIDDEN, _refusal("forbidden", str(refusal)), origin)
        except KeyRefused as refusal:
            self._send(HTTPStatus.CONFLICT, _refusal("refused", str(refusal)), origin)
        except BadRequest:
            self._send(
                HTTPStatus.BAD_REQUEST,
                _refusal("bad_request", "Demande illisible."),
                origin,
            )

    def _read(self) -> Answer:
        if self.headers.get_content_type() != "application/json":
            raise BadRequest
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST:
            raise BadRequest
        try:
            asked = json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError):
            raise BadRequest from None
        if not isinstance(asked, dict):
            raise BadRequest
        return asked

    def _send(
        self,
        status: HTTPStatus,
        answer: Answer | None,
        origin: str = "",
        more: dict[str, str] | None = None,
    ) -> None:
        content = b"" if answer is None else json.dumps(answer).encode()
        if status not in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            self.close_connection = True  # the rest of it is not read
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Vary", "Origin")
        if self.close_connection:
            self.send_header("Connection", "close")
        if origin:
            self.send_header("Access-Control-Allow-Origin", origin)
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing: the terminal is for the person."""


def _shown(certificate: Certificate) -> Answer:
    return {
        "tokenId": {"id": certificate.token_id},
        "keyId": certificate.key_id,
        "certificate": base64.b64encode(certificate.der).decode(),
        "certificateChain": [base64.b64encode(one).decode() for one in certificate.chain],
    }


def _payload(holder: Any) -> bytes:
    text = holder.get("bytes") if isinstance(holder, dict) else None
    if not isinstance(text, str) or not text:
        raise BadRequest
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadRequest from None


def _text(holder: Any, name: str) -> str:
    value = holder.get(name, "") if isinstance(holder, dict) else None
    if not isinstance(value, str):
        raise BadRequest
    return value


def _refusal(code: str, message: str) -> Answer:
    return {"success": False, "error": code, "errorMessage": message}
