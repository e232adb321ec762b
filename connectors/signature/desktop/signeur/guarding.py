"""Who may ask: pages of paired offices that know the pairing code, by the loopback's own name.

The code is never sent. Each side proves that it knows it, over what it says: whoever else
holds the port learns nothing by listening, alters nothing in passing, and cannot answer.
"""

import hmac
import json
import secrets
import threading
from dataclasses import dataclass, field
from email.message import Message
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

PROOF = "X-Signeur-Proof"
"""Of a page: nonce, digest of what it sends, proof; of an answer: its proof."""
HTTPS = 443
LENGTH = 35
OPEN = "/nexu-info"
"""Says that the program is there, and its session, and nothing else: without the code."""


class NotForYou(Exception):
    """Whoever asks may not; the message says why, in French."""


@dataclass(frozen=True)
class Gate:
    """The offices that may ask, by origin, and the code that each page must know."""

    origins: frozenset[str]
    code: str
    port: int
    session: str = field(default_factory=lambda: secrets.token_hex(16))
    _used: set[str] = field(default_factory=set)
    _one: threading.Lock = field(default_factory=threading.Lock)

    def origin(self, headers: Message) -> str:
        """The origin of whoever asks, one of those paired. Raises NotForYou.

        A page elsewhere that makes its own name point here (DNS rebinding) still sends that
        name in Host.
        """
        if headers.get("Host") not in {f"127.0.0.1:{self.port}", f"localhost:{self.port}"}:
            raise NotForYou("Ce nom de machine n’est pas celui du signeur.")
        origin = headers.get("Origin") or ""
        if origin not in self.origins:
            raise NotForYou("Ce site n’est pas autorisé à faire signer sur ce poste.")
        return origin

    def proven(self, path: str, headers: Message) -> tuple[str, str]:
        """The nonce of a page that knows the code, and the digest of what it sends, once.

        Raises NotForYou.
        """
        nonce, _, rest = (headers.get(PROOF) or "").partition(":")
        digest, _, given = rest.partition(":")
        expected = self._proof("ask", path, nonce, digest)
        if not hmac.compare_digest(given.encode(), expected.encode()):
            raise NotForYou(
                "Code d’appairage absent ou différent : recopiez celui du signeur."
            )
        with self._one:
            if nonce in self._used:
                raise NotForYou("Cette demande a déjà été faite.")
            self._used.add(nonce)
        return nonce, digest

    def answered(self, nonce: str, content: bytes) -> str:
        """The proof that an answer comes from here."""
        return self._proof("answer", nonce, sha256(content).hexdigest())

    def _proof(self, *said: str) -> str:
        words = "\n".join((self.session, *said)).encode()
        return hmac.new(self.code.encode(), words, sha256).hexdigest()


def as_origin(address: str) -> str:
    """The origin of an address. Raises ValueError for what is no address of a site."""
    parts = urlsplit(address)
    local = parts.hostname in {"127.0.0.1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError(f"{address} : une adresse en https est attendue.")
    if not parts.hostname or parts.username:
        raise ValueError(f"{address} n’est pas l’adresse d’un site.")
    port = f":{parts.port}" if parts.port and parts.port != HTTPS else ""
    host = parts.hostname.encode("idna").decode()  # as browsers say it
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def pairing_code(kept: Path, *, renew: bool = False) -> str:
    """The code of this machine, drawn once and kept for its user alone."""
    known = "" if renew else _known(kept)
    if len(known) == LENGTH:
        return known
    code = "-".join(secrets.token_hex(4) for _ in range(4))
    kept.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    kept.touch(mode=0o600, exist_ok=False)  # never a file that another put there
    kept.write_text(json.dumps({"code": code}))
    return code


def _known(kept: Path) -> str:
    """The code that is kept; none where the file is missing or damaged."""
    try:
        return str(json.loads(kept.read_text())["code"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
