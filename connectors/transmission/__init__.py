"""The transmission service (TdT) that carries acts and accounts to the State: S²LOW, Pastell.

Settings, all optional; without an address a sandbox answers:

    S2LOW_URL              the address of S²LOW, or of another office that serves its API
    S2LOW_LOGIN, S2LOW_PASSWORD
    S2LOW_CERTIFICATE, S2LOW_KEY, S2LOW_KEY_PASSWORD   the client certificate, PEM files
    S2LOW_ACCOUNTS         a JSON file: siren → login, password, certificate, key, key_password
    S2LOW_AUTH             basic, or nonce (basic)
    S2LOW_CA_FILE          certificates to trust instead of the system's
    S2LOW_TIMEOUT          seconds without a byte (120)
    S2LOW_POLL_SECONDS     how soon to ask again what has no answer yet (600)

`<data>/transmission` keeps what was sent under each key: all the machines that make remote
calls share it. The sandbox knows every SIREN as a login, with the password `sandbox`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from connectors import Misconfigured, StoredFile, sandboxes
from connectors.transmission.accounts import Account, Accounts, context, read_accounts
from connectors.transmission.port import Transmission
from connectors.transmission.s2low import S2low

__all__ = ["Transmission", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
    store: Callable[[bytes, str, str], StoredFile],
) -> Transmission:
    """The configured service, or the sandbox. `store(bytes, name, media type)` keeps documents."""
    url = settings.get("S2LOW_URL")
    own, by_siren = read_accounts(settings)
    timeout = float(settings.get("S2LOW_TIMEOUT") or 120)
    shared: dict[str, Any] = {
        "folder": data / "transmission",
        "clock": clock,
        "documents": documents or _no_document,
        "store": store,
    }
    if url:
        open_ = partial(_live, url, settings.get("S2LOW_CA_FILE"), timeout)
        seconds = float(settings.get("S2LOW_POLL_SECONDS") or 600)
        return S2low(
            accounts=Accounts(own, by_siren, open_, nonce=_by_nonce(settings)),
            mode="live",
            soonest=timedelta(seconds=seconds),
            **shared,
        )
    from connectors.transmission import sandbox  # a live platform does not load it

    wire = partial(sandbox.application, data, settings, clock)

    def practice(account: Account) -> httpx.Client:
        return sandboxes.client(settings, "transmission", wire, timeout=timeout)

    return S2low(
        accounts=Accounts(
            own, by_siren, practice, nonce=_by_nonce(settings), named_after_siren=True
        ),
        mode="sandbox",
        soonest=timedelta(seconds=2),
        **shared,
    )


def _live(
    url: str, authority: str | None, timeout: float, account: Account
) -> httpx.Client:
    return httpx.Client(
        base_url=url,
        timeout=httpx.Timeout(timeout, connect=10),
        verify=context(account, authority),
    )


def _by_nonce(settings: Mapping[str, str]) -> bool:
    kind = settings.get("S2LOW_AUTH") or "basic"
    if kind not in {"basic", "nonce"}:
        raise Misconfigured(
            f"Le réglage S2LOW_AUTH vaut « {kind} » ; valeurs admises : basic, nonce."
        )
    return kind == "nonce"


def _no_document(sha256: str) -> bytes:
    raise LookupError(sha256)
