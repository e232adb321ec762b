"""Sends letters by electronic mail.

Settings: `MAIL_SERVER`, `MAIL_PORT` (587), `MAIL_SECURITY` (`starttls`, `tls` or `none`),
`MAIL_USERNAME`, `MAIL_PASSWORD`, `MAIL_FROM` (a sender, with or without a name) and
`MAIL_TIMEOUT` in seconds (20); `PUBLIC_URL` begins the addresses of our pages. Without the first, a sandbox that keeps what it receives,
for the interface to show (`messages`).
"""

import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from connectors import sandboxes
from connectors.mail.port import Mail
from connectors.mail.smtp import Account, SmtpMail, over_tcp

_SENDER = "e-bourgogne <ne-pas-repondre@e-bourgogne.example>"


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
) -> Mail:
    """The configured server, or the sandbox."""
    sender = settings.get("MAIL_FROM") or _SENDER
    timeout = float(settings.get("MAIL_TIMEOUT") or 20)
    pages = settings.get("PUBLIC_URL") or ""
    account = Account(settings.get("MAIL_USERNAME", ""), settings.get("MAIL_PASSWORD", ""))
    if server := settings.get("MAIL_SERVER"):
        port = int(settings.get("MAIL_PORT") or 587)
        security = settings.get("MAIL_SECURITY") or "starttls"
        tls = ssl.create_default_context() if security != "none" else None
        dial = over_tcp(server, port, tls if security == "tls" else None)
        starttls = tls if security == "starttls" else None
        return SmtpMail(dial, sender, account, clock, timeout, "live", starttls, pages)
    if address := settings.get("SANDBOX_SMTP"):
        dial = over_tcp(*sandboxes.address(address), None)
        return SmtpMail(dial, sender, account, clock, timeout, "sandbox", None, pages)
    from connectors.mail import sandbox  # a live platform does not load it

    dial = partial(_in_memory, sandbox.converse(data, settings, clock))
    return SmtpMail(dial, sender, account, clock, timeout, "sandbox", None, pages)


def messages(settings: Mapping[str, str], data: Path) -> list[dict[str, Any]]:
    """What the sandbox received, the latest first; see `connectors.mail.sandbox.messages`."""
    if url := settings.get("SANDBOX_URL"):
        answer = httpx.get(f"{url.rstrip('/')}/mail/messages", trust_env=False)
        received: list[dict[str, Any]] = answer.raise_for_status().json()
        return received
    from connectors.mail import sandbox

    return sandbox.messages(data)


def older(data: Path, before: datetime, limit: int) -> list[tuple[int, str, datetime]]:
    """What the sandbox received before a moment; see `connectors.mail.sandbox.older`."""
    from connectors.mail import sandbox

    return sandbox.older(data, before, limit)


def forget(data: Path, numbers: list[int]) -> None:
    """Remove what the sandbox received under these numbers."""
    from connectors.mail import sandbox

    sandbox.forget(data, numbers)


def _in_memory(dialogue: sandboxes.Dialogue, timeout: float) -> Any:
    connection = sandboxes.dial(dialogue)
    connection.settimeout(timeout)
    return connection
