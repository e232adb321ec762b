"""The transmission service (TdT) that carries acts and accounts to the State: S²LOW, Pastell.

Settings, all optional; without an address a sandbox answers:

    S2LOW_URL              the address of S²LOW, or of another office that serves its API
    S2LOW_LOGIN, S2LOW_PASSWORD
    S2LOW_CERTIFICATE, S2LOW_KEY, S2LOW_KEY_PASSWORD   the client certificate, PEM files
    S2LOW_ACCOUNTS         a JSON file: siren → login, password, certificate, key, key_password
    S2LOW_AUTH             basic, or nonce (basic)
    S2LOW_CA_FILE          certificates to trust instead of the system's
    S2LOW_TIMEOUT          seconds without a byte (120), at Pastell too
    PASTELL_URL            the address of Pastell, instead of S²LOW's
    PASTELL_USER, PASTELL_PASSWORD
    PASTELL_ENTITY         the entity that sends (id_e)
    PASTELL_ENTITIES       a JSON file: siren → id_e, where one Pastell serves many bodies
    TRANSMISSION_POLL_SECONDS   how soon to ask again what has no answer yet (600)
    TRANSMISSION_SANDBOX   s2low, or pastell: which of the two the sandbox is asked by (s2low)

`<data>/transmission` keeps what was sent under each key: all the machines that make remote
calls share it. The sandbox knows every SIREN as a login, with the password `sandbox`.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from connectors import Misconfigured, StoredFile, sandboxes
from connectors.transmission.accounts import Account, Accounts, context, read_accounts
from connectors.transmission.pastell import Pastell
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
    shared: dict[str, Any] = {
        "folder": data / "transmission",
        "clock": clock,
        "documents": documents or _no_document,
        "store": store,
        "soonest": timedelta(
            seconds=float(settings.get("TRANSMISSION_POLL_SECONDS") or 600)
        ),
    }
    if settings.get("S2LOW_URL"):
        return S2low(
            accounts=_accounts(settings, partial(_live, settings)), mode="live", **shared
        )
    if settings.get("PASTELL_URL"):
        return Pastell(http=_live_pastell(settings), mode="live", entities=_entities(settings),
                       **shared)  # fmt: skip
    from connectors.transmission import sandbox  # a live platform does not load it

    wire = partial(sandbox.application, data, settings, clock)
    shared["soonest"] = timedelta(seconds=2)
    if _one_of(settings, "TRANSMISSION_SANDBOX", ("s2low", "pastell")) == "pastell":
        http = sandboxes.client(settings, "transmission", wire, timeout=_timeout(settings),
                                auth=("e-bourgogne", "sandbox"))  # fmt: skip
        return Pastell(http=http, mode="sandbox", entities=_entities(settings), **shared)

    def practice(account: Account) -> httpx.Client:
        return sandboxes.client(settings, "transmission", wire, timeout=_timeout(settings))

    return S2low(
        accounts=_accounts(settings, practice, practised=True), mode="sandbox", **shared
    )


def _accounts(
    settings: Mapping[str, str],
    open_: Callable[[Account], httpx.Client],
    *,
    practised: bool = False,
) -> Accounts:
    own, by_siren = read_accounts(settings)
    nonce = _one_of(settings, "S2LOW_AUTH", ("basic", "nonce")) == "nonce"
    return Accounts(own, by_siren, open_, nonce=nonce, named_after_siren=practised)


def _live(settings: Mapping[str, str], account: Account) -> httpx.Client:
    return httpx.Client(
        base_url=settings["S2LOW_URL"],
        timeout=httpx.Timeout(_timeout(settings), connect=10),
        verify=context(account, settings.get("S2LOW_CA_FILE")),
    )


def _live_pastell(settings: Mapping[str, str]) -> httpx.Client:
    return httpx.Client(
        base_url=settings["PASTELL_URL"],
        auth=(settings.get("PASTELL_USER") or "", settings.get("PASTELL_PASSWORD") or ""),
        timeout=httpx.Timeout(_timeout(settings), connect=10),
    )


def _entities(settings: Mapping[str, str]) -> dict[str, str]:
    """The entity of each SIREN; the empty one is that of all the others."""
    own = settings.get("PASTELL_ENTITY")
    found = {"": own} if own else {}
    name = settings.get("PASTELL_ENTITIES")
    if not name:
        return found
    try:
        listed = json.loads(Path(name).read_bytes())
        return found | {str(siren): str(entity) for siren, entity in listed.items()}
    except (OSError, ValueError, AttributeError) as error:
        raise Misconfigured(
            f"Pastell : le fichier PASTELL_ENTITIES ({name}) est illisible ({error})."
        ) from error


def _timeout(settings: Mapping[str, str]) -> float:
    return float(settings.get("S2LOW_TIMEOUT") or 120)


def _one_of(settings: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """A setting's value, by default the first that is allowed."""
    value = settings.get(name) or allowed[0]
    if value not in allowed:
        raise Misconfigured(
            f"Le réglage {name} vaut « {value} » ; valeurs admises : {', '.join(allowed)}."
        )
    return value


def _no_document(sha256: str) -> bytes:
    raise LookupError(sha256)
