"""Which account of S²LOW each member body goes by, and how it shows who it is.

One office serves many bodies: `S2LOW_ACCOUNTS` names a JSON file {siren: {login, password,
certificate, key, key_password}}; a body that is not there goes by the office's own account.
"""

import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from connectors import Misconfigured
from connectors.wire import Unreadable

NONCE = "/api/get-nounce.php"


@dataclass(frozen=True)
class Account:
    """How one body shows who it is: a certificate, and a login where it serves several."""

    login: str = ""
    password: str = ""
    certificate: str = ""
    key: str = ""
    key_password: str = ""


@dataclass(frozen=True)
class Accounts:
    """The doors through which bodies reach the service; `open_` makes a client for one.

    Bodies that share a certificate share a connection, each with its own login.
    """

    own: Account
    by_siren: Mapping[str, Account]
    open_: Callable[[Account], httpx.Client]
    nonce: bool = False
    named_after_siren: bool = False  # the sandbox's accounts are named so
    _clients: dict[tuple[str, str], httpx.Client] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, body: Mapping[str, Any]) -> tuple[httpx.Client, httpx.Auth | None]:
        """The client and the authentication of the body {siren, …}."""
        siren = str(body.get("siren") or "")
        account = self.by_siren.get(siren, self.own)
        if self.named_after_siren and not account.login:
            account = Account(siren or "000000000", "sandbox")
        return self.client(account), self._auth(account)

    def client(self, account: Account) -> httpx.Client:
        with self._lock:
            known = (account.certificate, account.key)
            if known not in self._clients:
                self._clients[known] = self.open_(account)
            return self._clients[known]

    def _auth(self, account: Account) -> httpx.Auth | None:
        if not account.login:
            return None
        kind = Nonce if self.nonce else httpx.BasicAuth
        return kind(account.login, account.password)


class Nonce(httpx.Auth):
    """A fresh number asked for before each call, and answered with a hash of the password."""

    requires_response_body = True

    def __init__(self, login: str, password: str) -> None:
        self.login, self.password = login, password

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        ask = httpx.Request("GET", request.url.join(_beside(request.url)))
        ask.extensions = request.extensions
        basic = httpx.BasicAuth(self.login, self.password)
        asked = yield next(basic.auth_flow(ask))
        try:
            nonce = str(asked.json()["nounce"])
        except (ValueError, KeyError, TypeError) as error:
            if asked.status_code in (401, 403) or asked.content.lstrip()[:2] == b"KO":
                raise Misconfigured("S²LOW refuse nos identifiants.") from error
            raise Unreadable("S²LOW n’a pas donné de nonce.") from error
        proof = hashlib.sha256(f"{self.password}:{nonce}".encode()).hexdigest()
        request.url = request.url.copy_merge_params(
            {"nounce": nonce, "login": self.login, "hash": proof}
        )
        yield request


def _beside(url: httpx.URL) -> str:
    """The address of nonces, where S²LOW is itself behind a path."""
    for root in ("/modules/", "/api/", "/admin/"):
        before, found, _ = url.path.partition(root)
        if found:
            return before + NONCE
    return NONCE


def read_accounts(settings: Mapping[str, str]) -> tuple[Account, dict[str, Account]]:
    """The office's own account and those of its bodies; raises Misconfigured."""
    own = Account(
        login=settings.get("S2LOW_LOGIN") or "",
        password=settings.get("S2LOW_PASSWORD") or "",
        certificate=settings.get("S2LOW_CERTIFICATE") or "",
        key=settings.get("S2LOW_KEY") or "",
        key_password=settings.get("S2LOW_KEY_PASSWORD") or "",
    )
    name = settings.get("S2LOW_ACCOUNTS")
    if not name:
        return own, {}
    try:
        held = json.loads(Path(name).read_bytes())
        return own, {str(siren): Account(**given) for siren, given in held.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Misconfigured(
            f"S²LOW : le fichier S2LOW_ACCOUNTS ({name}) est illisible ({error})."
        ) from error


def context(account: Account, authority: str | None) -> ssl.SSLContext:
    """The TLS settings by which this account is known; raises Misconfigured."""
    made = ssl.create_default_context(cafile=authority or None)
    if account.certificate:
        try:
            made.load_cert_chain(
                account.certificate, account.key or None, account.key_password or None
            )
        except (OSError, ssl.SSLError) as error:
            raise Misconfigured(
                f"S²LOW : le certificat {account.certificate} est inutilisable ({error})."
            ) from error
    return made
