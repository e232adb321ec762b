"""Whose a certificate is: its names compared with those of the agent who signs."""

import hashlib
import re
import unicodedata
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from connectors import Refused

Plain = dict[str, Any]
_SIGNING = {
    ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ExtendedKeyUsageOID.CLIENT_AUTH,
    ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    x509.ObjectIdentifier("1.3.6.1.4.1.311.10.3.12"),  # Microsoft's « document signing »
    x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36"),  # RFC 9336
    x509.ObjectIdentifier("1.2.840.113583.1.1.5"),  # Adobe's
}


def told(der: bytes) -> Plain:
    """What a certificate says of itself: {name, emails, issuer, serial, valid_to, sha256}.

    Raises Refused for what is no certificate.
    """
    one = _read(der)
    return {
        "name": _name(one),
        "emails": sorted(_emails(one)),
        "issuer": one.issuer.rfc4514_string(),
        "serial": f"{one.serial_number:X}",
        "valid_to": one.not_valid_after_utc.isoformat(),
        "sha256": hashlib.sha256(der).hexdigest(),
    }


def check(der: bytes, *, now: datetime) -> None:
    """Refuse a certificate expired, not valid yet, or not meant for signing.

    Raises Refused, with what to do about it. Whether it is revoked is asked of its issuer,
    when documents are prepared.
    """
    one = _read(der)
    name, until = _name(one), one.not_valid_after_utc
    if until < now:
        raise Refused(
            [
                f"Le certificat de {name} a expiré le {until:%d/%m/%Y} : utilisez le nouveau."
            ],
            code="expired",
        )
    if one.not_valid_before_utc > now:
        raise Refused(
            [f"Le certificat de {name} n’est pas encore valable."], code="expired"
        )
    if not _signs(one):
        raise Refused(
            [
                f"Le certificat de {name} n’est pas fait pour signer : choisissez-en un autre."
            ],
            code="not_for_signing",
        )


def belongs(der: bytes, person: Plain) -> bool:
    """Whether a certificate is that of a person {name, email}.

    By their e-mail when the certificate has it, else by every word of their name.
    """
    one = _read(der)
    email = str(person.get("email") or "").strip().casefold()
    if email and email in _emails(one):
        return True
    asked, there = _words(str(person.get("name") or "")), _words(_name(one))
    return len(asked) > 1 and asked <= there


def _read(der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise Refused(
            ["Le certificat présenté est illisible."], code="unreadable"
        ) from None


def _name(one: x509.Certificate) -> str:
    names = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else one.subject.rfc4514_string()


def _emails(one: x509.Certificate) -> set[str]:
    found = {
        str(name.value)
        for name in one.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
    }
    try:
        names = one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        pass
    else:
        found |= set(names.get_values_for_type(x509.RFC822Name))
    return {email.strip().casefold() for email in found}


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name)
    folded = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return set(re.findall(r"[a-z]+", folded))


def _signs(one: x509.Certificate) -> bool:
    extensions = one.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    try:
        purposes = set(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value)
    except x509.ExtensionNotFound:
        purposes = _SIGNING
    return bool(purposes & _SIGNING) and (
        usage.content_commitment or usage.digital_signature
    )
