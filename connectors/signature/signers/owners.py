"""Whose a certificate is: its names compared with those of the agent who signs."""

import hashlib
import re
import unicodedata
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from connectors import Refused

Plain = dict[str, Any]


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
