"""What certificates say of themselves, and whether they are made to sign."""

from datetime import datetime
from typing import Any

from asn1crypto import x509
from cryptography.x509 import load_der_x509_certificate

from connectors import Refused

Plain = dict[str, Any]
SIGNING = {"non_repudiation", "digital_signature"}
_PURPOSES = {
    "any_extended_key_usage",
    "email_protection",
    "client_auth",
    "microsoft_document_signing",
    "1.3.6.1.4.1.311.10.3.12",
    "1.3.6.1.5.5.7.3.36",
    "adobe_authentic_documents_trust",
    "1.2.840.113583.1.1.5",
}


def loaded(der: bytes) -> x509.Certificate:
    """The certificate, wholly read. Raises Refused for what is not one."""
    try:
        load_der_x509_certificate(der)
        return x509.Certificate.load(der, strict=True)
    except (ValueError, TypeError) as error:
        raise Refused(["Le certificat est illisible."], code="certificate") from error


def described(certificate: x509.Certificate) -> Plain:
    """{subject, issuer, serial, valid_from, valid_to}, as facts tell them."""
    return {
        "subject": certificate.subject.human_friendly,
        "issuer": certificate.issuer.human_friendly,
        "serial": format(certificate.serial_number, "X"),
        "valid_from": certificate.not_valid_before.isoformat(),
        "valid_to": certificate.not_valid_after.isoformat(),
    }


def name(certificate: x509.Certificate) -> str:
    """How its holder is called."""
    told = certificate.subject.native
    return str(told.get("common_name") or certificate.subject.human_friendly)


def kind(certificate: x509.Certificate) -> str:
    """`seal` for the key of a body, `signature` for that of a person.

    Said by the qualified statements (ETSI EN 319 412-5) where there are any; else a key that
    does not commit its holder (no non-repudiation) and names nobody is a server's.
    """
    types = _qualified_types(certificate)
    if types:
        return "seal" if "qct_eseal" in types else "signature"
    person = {"given_name", "surname"} & certificate.subject.native.keys()
    usage = certificate.key_usage_value
    commits = usage is None or "non_repudiation" in usage.native
    return "signature" if person or commits else "seal"


def check(certificate: x509.Certificate, now: datetime) -> None:
    """Refuse a certificate not made to sign, expired or not yet valid. Raises Refused."""
    holder, until = name(certificate), certificate.not_valid_after
    if until < now:
        raise Refused(
            [
                f"Le certificat de {holder} a expiré le {until:%d/%m/%Y} : utilisez le nouveau."
            ],
            code="expired",
        )
    if certificate.not_valid_before > now:
        raise Refused(
            [f"Le certificat de {holder} n’est pas encore valable."], code="not_yet_valid"
        )
    if not signs(certificate):
        raise Refused(
            [
                f"Le certificat de {holder} n’est pas fait pour signer : choisissez-en un autre."
            ],
            code="not_for_signing",
        )


def lives(der: bytes, now: datetime) -> bool:
    """Whether a certificate has not ended yet."""
    return bool(x509.Certificate.load(der).not_valid_after >= now)


def signs(certificate: x509.Certificate) -> bool:
    """Whether it may be used to sign documents."""
    usage, purposes = certificate.key_usage_value, certificate.extended_key_usage_value
    return (
        not certificate.ca
        and (usage is None or bool(SIGNING & usage.native))
        and (purposes is None or bool(_PURPOSES & set(purposes.native)))
    )


def _qualified_types(certificate: x509.Certificate) -> set[str]:
    from pyhanko.sign.ades import qualified_asn1  # registers the statements

    for extension in certificate["tbs_certificate"]["extensions"]:
        if extension["extn_id"].native != "qc_statements":
            continue
        statements = qualified_asn1.QcStatements.load(extension["extn_value"].contents)
        for one in statements:
            if one["statement_id"].native == "qc_type":
                return set(one["statement_info"].native or ())
    return set()
