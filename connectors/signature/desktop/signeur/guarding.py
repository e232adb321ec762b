"""Who may ask: pages of paired offices, with the pairing code, by the loopback's own name."""

import hmac
import json
import secrets
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import urlsplit

PAIRING = "X-Signeur-Code"
HTTPS = 443
OPEN = "/nexu-info"
"""Says that the program is there, and nothing else: without the code."""


class NotForYou(Exception):
    """Whoever asks may not; the message says why, in French."""


@dataclass(frozen=True)
class Gate:
    """The offices that may ask, by origin, and the code that each page must give."""

    origins: frozenset[str]
    code: str
    port: int

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

    def check(self, path: str, headers: Message) -> None:
        """Refuse a page that does not give the code. Raises NotForYou."""
        given = headers.get(PAIRING) or ""
        if path != OPEN and not hmac.compare_digest(given.encode(), self.code.encode()):
            raise NotForYou(
                "Code d’appairage absent ou différent : recopiez celui du signeur."
            )


def as_origin(address: str) -> str:
    """The origin of an address. Raises ValueError for what is no address of a site."""
    parts = urlsplit(address)
    local = parts.hostname in {"127.0.0.1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and local):
        raise ValueError(f"{address} : une adresse en https est attendue.")
    if not parts.hostname or parts.username:
        raise ValueError(f"{address} n’est pas l’adresse d’un site.")
    port = f":{parts.port}" if parts.port and parts.port != HTTPS else ""
    return f"{parts.scheme}://{parts.hostname}{port}"


def pairing_code(kept: Path, *, renew: bool = False) -> str:
    """The code of this machine, drawn once and kept for its user alone."""
    if kept.exists() and not renew:
        return str(json.loads(kept.read_text())["code"])
    code = "-".join(secrets.token_hex(4) for _ in range(4))
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.unlink(missing_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps({"code": code}))
    return code
