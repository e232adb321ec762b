"""Asks a timestamp authority (RFC 3161) for tokens, and verifies them.

Live where TIMESTAMP_URL is given, else the sandbox:

    TIMESTAMP_URL                         the authority's address
    TIMESTAMP_USER, TIMESTAMP_PASSWORD    the account there, where it wants one
    TIMESTAMP_CA_FILE                     PEM of the roots whose tokens are believed; without
                                          it, those of SIGNATURE_TRUST
    TIMESTAMP_TIMEOUT                     in seconds (10)
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import httpx
from cryptography import x509

from connectors import Misconfigured, sandboxes
from connectors.timestamp.port import Timestamp
from connectors.timestamp.rfc3161 import Rfc3161

__all__ = ["Timestamp", "connect"]


def connect(
    settings: Mapping[str, str], *, clock: Callable[[], datetime], data: Path
) -> Timestamp:
    """The configured authority, or the sandbox."""
    user, password = settings.get("TIMESTAMP_USER"), settings.get("TIMESTAMP_PASSWORD")
    account = (user, password or "") if user else None
    timeout = float(settings.get("TIMESTAMP_TIMEOUT") or 10)
    if url := settings.get("TIMESTAMP_URL"):
        http = httpx.Client(auth=account, timeout=timeout)
        return Rfc3161(http, url, "live", lambda: _roots(settings))
    from connectors.signature.authority import authority  # a live platform does not load
    from connectors.timestamp import sandbox  # these

    return Rfc3161(
        sandboxes.client(
            settings,
            "timestamp",
            lambda: sandbox.application(data, settings, clock),
            auth=account,
            timeout=timeout,
        ),
        "/tsa",
        "sandbox",
        lambda: [authority(data, clock).root.certificate],
    )


def _roots(settings: Mapping[str, str]) -> Sequence[x509.Certificate]:
    file, folder = settings.get("TIMESTAMP_CA_FILE"), settings.get("SIGNATURE_TRUST")
    paths = [Path(file)] if file else sorted(Path(folder).glob("*.pem")) if folder else []
    try:
        return [
            one
            for path in paths
            for one in x509.load_pem_x509_certificates(path.read_bytes())
        ]
    except (OSError, ValueError) as error:
        raise Misconfigured(f"Horodatage : certificats illisibles ({error}).") from error
