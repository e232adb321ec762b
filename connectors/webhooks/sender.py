"""Tells one event over https, signed after the Standard Webhooks specification.

The name is resolved once an attempt; every address it gives must be public, and the
connection is made to one of them, under the name for TLS and `Host`. So a name that answers
otherwise a moment later changes nothing. No redirection is followed, nothing of the answer is
kept but its code, and the whole attempt has one deadline, however slowly bytes come.
"""

import base64
import hashlib
import hmac
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpcore

from connectors.webhooks.address import AddressRefused, Reachable, checked, local, public

PATIENCE = 10.0
"""Seconds that one attempt may take in all."""

MOST_READ = 64 * 1024
"""Bytes of an answer's body that are read before one hangs up."""

Resolve = Callable[[str, int], Iterable[str]]
"""The addresses of a name, as they are written in full."""

Dial = Callable[[str, int, float], httpcore.NetworkStream]
"""A connection to one address, made within some seconds."""


@dataclass(frozen=True)
class Answer:
    """What came of an attempt. `error` is empty when the address has the event."""

    code: int | None
    error: str


def new_secret_of(key: str, webhook: UUID, generation: int) -> str:
    """The secret of an address, as it is told to its owner: worked out, never kept."""
    said = f"webhook:{webhook}:{generation}".encode()
    made = hmac.new(key.encode(), said, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(made).decode()}"


def sign(event_id: str, timestamp: int, body: bytes, secrets: Iterable[str]) -> str:
    """The `webhook-signature` of an event: one signature a secret, for while it changes."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    made = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = hmac.new(key, signed, hashlib.sha256).digest()
        made.append(f"v1,{base64.b64encode(digest).decode()}")
    return " ".join(made)


def resolved(host: str, port: int) -> list[str]:
    """The addresses that this machine's resolver gives. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def dialled(address: str, port: int, timeout: float) -> httpcore.NetworkStream:
    """A plain connection to one address."""
    return httpcore.SyncBackend().connect_tcp(address, port, timeout=timeout)


class Sender:
    """Tells events; `inside` also reaches this very machine, to try things on it."""

    def __init__(
        self,
        *,
        inside: bool = False,
        resolve: Resolve = resolved,
        dial: Dial = dialled,
        context: ssl.SSLContext | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self.inside = inside
        self._resolve, self._dial = resolve, dial
        self._context = context or ssl.create_default_context()
        self._patience = patience

    def send(
        self,
        url: str,
        *,
        event_id: str,
        timestamp: int,
        body: bytes,
        secrets: Iterable[str],
    ) -> Answer:
        """Tell one event. Never raises: whatever happens there is theirs."""
        try:
            target = checked(url, inside=self.inside)
        except AddressRefused as refused:
            return Answer(None, f"Adresse refusée ({refused.why})")
        headers = [
            ("Host", urlsplit(target).netloc),
            ("Content-Type", "application/json"),
            ("User-Agent", "e-bourgogne-webhooks/1"),
            ("webhook-id", event_id),
            ("webhook-timestamp", str(timestamp)),
            ("webhook-signature", sign(event_id, timestamp, body, secrets)),
        ]
        try:
            return self._post(target, headers, body)
        except AddressRefused:
            return Answer(None, "Ce nom mène à une adresse qui n’est pas publique")
        except socket.gaierror:
            return Answer(None, "Ce nom est introuvable")
        except (httpcore.TimeoutException, TimeoutError):
            return Answer(None, f"Pas de réponse en {self._patience:g} secondes")
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            OSError,
            ValueError,
        ) as error:
            return Answer(None, f"Connexion impossible ({type(error).__name__})")

    def _post(self, target: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        backend = _Guarded(
            self._resolve,
            self._dial,
            local if self._is_own(target) else public,
            time.monotonic() + self._patience,
        )
        with (
            httpcore.ConnectionPool(
                ssl_context=self._context, network_backend=backend, retries=0
            ) as pool,
            pool.stream("POST", target, headers=headers, content=body) as answer,
        ):
            read = 0
            for some in answer.iter_stream():
                read += len(some)
                if read > MOST_READ:
                    break  # it was told: what more it says is of no use
            return Answer(answer.status, _error(answer.status))

    def _is_own(self, target: str) -> bool:
        host = urlsplit(target).hostname or ""
        return self.inside and (host == "localhost" or local(host))


def _error(code: int) -> str:
    if 200 <= code < 300:  # noqa: PLR2004
        return ""
    if 300 <= code < 400:  # noqa: PLR2004
        return f"Réponse {code} : les redirections ne sont pas suivies"
    return f"Réponse {code}"


class _Guarded(httpcore.NetworkBackend):
    """The only way out: it resolves, checks and connects, all from one answer."""

    def __init__(
        self, resolve: Resolve, dial: Dial, reachable: Reachable, deadline: float
    ) -> None:
        self._resolve, self._dial = resolve, dial
        self._reachable, self._deadline = reachable, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """A connection to the name's first address, when all of them are reachable."""
        addresses = list(self._resolve(host, port))
        if not addresses:
            raise httpcore.ConnectError("no address")
        if not all(self._reachable(address) for address in addresses):
            raise AddressRefused("inside")
        stream = self._dial(addresses[0], port, _left(self._deadline))
        return _Timed(stream, self._deadline)


class _Timed(httpcore.NetworkStream):
    """A connection of which every wait is cut by one deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes, or none at the end."""
        return self._inner.read(max_bytes, timeout=_left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything."""
        self._inner.write(buffer, timeout=_left(self._deadline))

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection under TLS, for the name that was asked."""
        secured = self._inner.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Timed(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What is known of the connection."""
        return self._inner.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("too slow")
    return left
