"""The program's HTTP side: NexU's routes, and one that signs many documents with one PIN.

GET  /nexu-info          {"version", "product", "session"}
POST /rest/certificates  the certificate, with the ids by which to sign
POST /rest/sign          one document
POST /rest/sign-batch    many: {"tokenId", "keyId", "toBeSigned": [{"id", "bytes", "title"}]}
"""

import base64
import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

from .asking import Asks
from .guarding import OPEN, PROOF, Gate, NotForYou
from .keys import Certificate, KeyRefused, Keys

VERSION = "1.0"
LARGEST = 32 * 1024 * 1024
MOST = 5000
AT_ONCE = 32
"""Conversations that have said nothing worth an answer yet."""
LINGER = 1
Answer = dict[str, Any]


class BadRequest(Exception):
    """What was sent cannot be understood."""


class NotHere(Exception):
    """Nothing is at this address."""


class Signeur(ThreadingHTTPServer):
    """Listens on the loopback, for the offices of a gate; signs one batch at a time."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_port = False  # another program would share the port
    allow_reuse_address = os.name == "posix"  # elsewhere another program could take it

    def __init__(self, gate: Gate, keys: Keys, ask: Asks) -> None:
        self.unheard: dict[socket.socket, None] = {}
        super().__init__(("127.0.0.1", gate.port), Conversation)
        self.gate = replace(gate, port=self.server_address[1])
        self.keys, self.ask = keys, ask
        self.busy = threading.Lock()

    def server_bind(self) -> None:
        """Take the port for this program alone."""
        if (alone := getattr(socket, "SO_EXCLUSIVEADDRUSE", None)) is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, alone, 1)
        super().server_bind()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hear a conversation; when too many say nothing, the oldest is cut."""
        for oldest in list(self.unheard)[: max(0, len(self.unheard) - AT_ONCE + 1)]:
            self.unheard.pop(oldest, None)
            with suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)
        self.unheard[request] = None
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a conversation."""
        self.unheard.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """One line at most: whoever breaks off must not push what is asked off the screen."""
        error = sys.exception()
        if not isinstance(error, OSError):
            name = type(error).__name__
            print(f"signeur : erreur inattendue ({name}).", file=sys.stderr, flush=True)  # noqa: T201 - its only screen

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
        values = self._signed(origin, certificate, [("", "", payload)])
        return _shown(certificate) | {
            "signatureValue": values[""],
            "signatureAlgorithm": f"{certificate.algorithm}_SHA256",
        }

    def sign_batch(self, origin: str, asked: Answer) -> Answer:
        """Many documents, with one PIN. Raises KeyRefused, BadRequest."""
        listed = asked.get("toBeSigned")
        if not isinstance(listed, list) or not listed:
            raise BadRequest
        if len(listed) > MOST:
            raise KeyRefused(
                f"{len(listed)} documents : signez-en {MOST} au plus à la fois."
            )
        items = [(_text(one, "id"), _text(one, "title"), _payload(one)) for one in listed]
        if len({name for name, *_ in items}) < len(items):
            raise BadRequest
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
            titles = [title or "sans titre" for _, title, _ in items]
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
        if asked.get("digestAlgorithm", "SHA256") not in ("SHA256", "SHA-256"):
            raise KeyRefused("Seule l’empreinte SHA-256 est acceptée.")
        for one in self.keys.certificates():
            if (one.token_id, one.key_id) == (token, key):
                return one
        raise KeyRefused("Ce certificat n’est pas sur ce poste.")


class Conversation(BaseHTTPRequestHandler):
    """One request, one answer: who asks is checked before anything is read."""

    server_version, sys_version = f"signeur/{VERSION}", ""
    protocol_version = "HTTP/1.1"
    timeout = 30
    origin, nonce = "", ""
    """Who asks, once it may; what it proved itself with."""

    def handle(self) -> None:
        """A conversation that goes on would be one more to bound."""
        self.handle_one_request()

    def finish(self) -> None:
        """Let the answer be read: closing over what was not read would reset the line."""
        super().finish()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER)
            unread = LARGEST
            while unread > 0 and (read := len(self.connection.recv(65536))):
                unread -= read

    @property
    def signeur(self) -> Signeur:
        """The program."""
        return cast("Signeur", self.server)

    def do_OPTIONS(self) -> None:
        """Tell the browser whether the page may ask."""
        try:
            self.origin = self.signeur.gate.origin(self.headers)
        except NotForYou as refusal:
            self._send(HTTPStatus.FORBIDDEN, _refusal("forbidden", str(refusal)))
            return
        allowed = {
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": f"Content-Type, {PROOF}",
            "Access-Control-Max-Age": "600",
        }
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            allowed["Access-Control-Allow-Private-Network"] = "true"
        self._send(HTTPStatus.NO_CONTENT, None, allowed)

    def do_GET(self) -> None:
        """NexU answers these to GET too."""
        self._answer(read=False)

    def do_POST(self) -> None:
        """Whatever is to be signed comes in JSON: a plain form cannot send that."""
        self._answer(read=True)

    def _answer(self, *, read: bool) -> None:
        try:
            self._send(HTTPStatus.OK, self._asked(read=read))
        except NotForYou as refusal:
            self._send(HTTPStatus.FORBIDDEN, _refusal("forbidden", str(refusal)))
        except KeyRefused as refusal:
            self._send(HTTPStatus.CONFLICT, _refusal("refused", str(refusal)))
        except NotHere:
            self._send(HTTPStatus.NOT_FOUND, _refusal("not_found", "Adresse inconnue."))
        except BadRequest:
            self.send_error(HTTPStatus.BAD_REQUEST)

    def _asked(self, *, read: bool) -> Answer:
        """The answer. Raises NotForYou, KeyRefused, BadRequest, NotHere."""
        signeur, path = self.signeur, self.path.partition("?")[0]
        self.origin = signeur.gate.origin(self.headers)
        if path == OPEN:
            known = {"version": VERSION, "product": "signeur"}
            return known | {"session": signeur.gate.session}
        self.nonce, digest = signeur.gate.proven(path, self.headers)
        verb: Callable[[str, Answer], Answer] | None = {
            "/rest/certificates": signeur.certificates,
            "/rest/sign": signeur.sign if read else None,
            "/rest/sign-batch": signeur.sign_batch if read else None,
        }.get(path)
        if verb is None:
            raise NotHere
        content = self._content() if read else b""
        signeur.unheard.pop(self.connection, None)
        if sha256(content).hexdigest() != digest:
            raise NotForYou("Cette demande a été altérée en chemin.")
        return {"success": True, "response": verb(self.origin, _understood(content))}

    def _content(self) -> bytes:
        if self.headers.get_content_type() != "application/json":
            raise BadRequest
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > LARGEST:
            raise BadRequest
        return self.rfile.read(int(length))

    def send_error(self, code: int, *_: Any, **__: Any) -> None:
        """What cannot be understood is refused as everything else is."""
        self._send(HTTPStatus(code), _refusal("bad_request", "Demande illisible."))

    def _send(
        self,
        status: HTTPStatus,
        answer: Answer | None,
        more: dict[str, str] | None = None,
    ) -> None:
        content = b"" if answer is None else json.dumps(answer).encode()
        said = {
            "Content-Length": str(len(content)),
            "Content-Type": "application/json; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Origin",
            "Connection": "close",
        }
        if self.origin:
            said["Access-Control-Allow-Origin"] = self.origin
        if self.nonce:
            said["Access-Control-Expose-Headers"] = PROOF
            said[PROOF] = self.signeur.gate.answered(self.nonce, content)
        self.send_response(status)
        for name, value in {**said, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing: the terminal is for the person."""


def _understood(content: bytes) -> Answer:
    try:
        asked = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        raise BadRequest from None
    if not isinstance(asked, dict):
        raise BadRequest
    return asked


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
