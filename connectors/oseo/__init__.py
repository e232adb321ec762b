"""OSEO: the public bank whose opinion a grant may need.

Settings: `OSEO_URL`, `OSEO_TOKEN`, `OSEO_CALLBACK_URL` (where its opinions reach us),
`OSEO_WEBHOOK_SECRETS` (`whsec_…`, several separated by spaces while they rotate),
`OSEO_TIMEOUT` in seconds (30). Without the first, a sandbox: its token is `sandbox`, its
secret is drawn at random and shared through `<data>/sandboxes/oseo.secret`, and it gives its
opinion by itself after `OSEO_AUTO_ANSWER_SECONDS` (none unless set).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from connectors import Misconfigured, sandboxes
from connectors.oseo.port import Oseo
from connectors.oseo.rest import RestOseo


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
) -> Oseo:
    """The configured partner, or the sandbox."""
    url = settings.get("OSEO_URL")
    token = settings.get("OSEO_TOKEN") or ("" if url else "sandbox")
    options: dict[str, Any] = {
        "timeout": float(settings.get("OSEO_TIMEOUT") or 30),
        "headers": {"Authorization": f"Bearer {token}"},
    }
    callback_url = settings.get("OSEO_CALLBACK_URL", "")
    if url:
        return RestOseo(
            httpx.Client(base_url=url, **options), documents, callback_url, "live"
        )
    from connectors.oseo import sandbox  # a live platform does not load it

    wire = partial(sandbox.application, data, settings, clock)
    http = sandboxes.client(settings, "oseo", wire, **options)
    if settings.get("SANDBOX_URL"):
        return RestOseo(http, documents, callback_url, "sandbox")
    tick = partial(sandbox.tick, data, settings, clock)
    return RestOseo(http, documents, callback_url, "sandbox", tick)


def secrets(settings: Mapping[str, str], data: Path) -> list[str]:
    """What OSEO's call-backs may be signed with, for `connectors.oseo.callback.read`."""
    if given := settings.get("OSEO_WEBHOOK_SECRETS", "").split():
        return given
    if settings.get("OSEO_URL"):
        raise Misconfigured("OSEO : OSEO_WEBHOOK_SECRETS n'est pas renseigné.")
    from connectors.oseo import sandbox

    return [sandbox.secret(data)]
