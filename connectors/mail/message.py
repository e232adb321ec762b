"""A message as the mail carries it: RFC 5322, UTF-8, marked as sent by a machine."""

import hashlib
import re
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from connectors import Refused

_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[^\s@<>,;:\"()\[\]\\]+\.[^\s@<>,;:\"()\[\]\\]+"
)
_LINE_BREAKS = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9._-]{1,100}")


def compose(
    *,
    sender: str,
    to: list[str],
    subject: str,
    text: str,
    key: str,
    reply_to: str | None,
    now: datetime,
) -> EmailMessage:
    """One plain text, whose Message-ID depends on the key alone.

    Raises `Refused` for an address that is malformed and for a line break in a header,
    by which a caller could write headers of its own.
    """
    if _LINE_BREAKS.search(subject):
        raise Refused(["L'objet du message contient un saut de ligne."], code="invalid")
    name, address = parseaddr(sender)
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = Address(name, addr_spec=_ascii(address))
    message["To"] = [Address(addr_spec=_ascii(recipient)) for recipient in to]
    if reply_to:
        message["Reply-To"] = Address(addr_spec=_ascii(reply_to))
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(key, sender)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence notice in return
    message["Content-Language"] = "fr"
    message.set_content(text, cte="quoted-printable")
    return message


def message_id(key: str, sender: str) -> str:
    """The Message-ID of what is sent under this key."""
    name = key if _PLAIN_KEY.fullmatch(key) else hashlib.sha256(key.encode()).hexdigest()
    return f"<{name}@{_ascii(parseaddr(sender)[1]).rpartition('@')[2]}>"


def _ascii(address: str) -> str:
    """The address, its domain as DNS writes it; what stands before must be plain ASCII."""
    if _ADDRESS.fullmatch(address):
        name, _, domain = address.rpartition("@")
        try:
            return f"{name}@{domain.encode('idna').decode()}"
        except UnicodeError:
            pass
    shown = _LINE_BREAKS.sub(" ", address)[:100]
    raise Refused([f"L'adresse « {shown} » est mal formée."], code="invalid")
