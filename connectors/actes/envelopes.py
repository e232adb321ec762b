"""Envelopes: the one that carries our messages, the prefecture's, and its refusal of ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from lxml import etree

from connectors import Refused
from connectors.actes.numbering import Body
from connectors.actes.reading import (
    Unreadable,
    attribute,
    child,
    children,
    day,
    local,
    root,
    text,
)
from connectors.actes.writing import Node, document

_EMAIL_ENDING = range(2, 7)


@dataclass(frozen=True)
class Referent:
    """Who may be called about what was sent."""

    name: str = ""
    phone: str = ""
    email: str = ""


@dataclass(frozen=True)
class Outgoing:
    """EnveloppeCLMISILL: from a body to the ministry."""

    body: Body
    referent: Referent
    return_to: tuple[str, ...]
    messages: tuple[str, ...]


@dataclass(frozen=True)
class Incoming:
    """EnveloppeMISILLCL: from the ministry to a body. `office` is IDSGAR, IDPref, IDSousPref."""

    office: str
    department: str
    district: str
    siren: str
    messages: tuple[str, ...]
    referent: Referent = Referent()


@dataclass(frozen=True)
class Rejected:
    """AnomalieEnveloppe: an envelope that the ministry could not take. `nature` is any number."""

    dated: date
    nature: str
    detail: str
    envelope: Outgoing


Envelope = Outgoing | Incoming | Rejected


def write(envelope: Outgoing) -> bytes:
    """The envelope's file. Raises Refused with a reason a field."""
    reasons = envelope.body.problems() + _address_problems(envelope)
    if not envelope.messages:
        reasons.append("Enveloppe : elle ne contient aucun message.")
    if reasons:
        raise Refused(reasons)
    body = envelope.body
    sender = Node(
        "IDCL",
        [
            ("insee:SIREN", body.siren),
            ("Departement", body.department),
            ("Arrondissement", body.district),
            ("Nature", body.nature),
        ],
    )
    return document(
        Node(
            "EnveloppeCLMISILL",
            (),
            [
                Node("Emetteur", (), [sender, _referent(envelope.referent)]),
                Node(
                    "AdressesRetour",
                    (),
                    [_said("Email", one) for one in envelope.return_to],
                ),
                Node("FormulairesEnvoyes", (), [_form(one) for one in envelope.messages]),
            ],
        )
    )


def _referent(referent: Referent) -> Node:
    said = [_said("Nom", referent.name), _said("Telephone", referent.phone)]
    if referent.email:
        said.append(_said("Email", referent.email))
    return Node("Referent", (), said)


def _said(name: str, value: str) -> Node:
    return Node(name, (), value)


def _form(name: str) -> Node:
    return Node("Formulaire", (), [_said("NomFichier", name)])


def _address_problems(envelope: Outgoing) -> list[str]:
    given = [*envelope.return_to, envelope.referent.email]
    found = [
        f"Adresse « {one} » : l’application ACTES ne l’admet pas."
        for one in given
        if one and not admitted(one)
    ]
    if not any(envelope.return_to):
        found.append("Adresse de retour : une au moins est attendue.")
    return found


def admitted(email: str) -> bool:
    """Whether the schema takes this address: letters, digits, - and _, two to six at the end."""
    name, at, domain = email.partition("@")
    labels = domain.split(".")
    ending = labels[-1]
    return (
        at == "@"
        and all(_plain(one, "-_") for one in name.split("."))
        and len(labels) > 1
        and all(_plain(one, "-") for one in labels)
        and len(ending) in _EMAIL_ENDING
        and ending.isalpha()
    )


def _plain(label: str, also: str) -> bool:
    return bool(label) and all(c.isascii() and (c.isalnum() or c in also) for c in label)


def read(content: bytes) -> Envelope:
    """The envelope of a file. Raises Unreadable with the reason."""
    found = root(content)
    match local(found):
        case "EnveloppeCLMISILL":
            return _outgoing(found)
        case "EnveloppeMISILLCL":
            return _incoming(found)
        case "AnomalieEnveloppe":
            return Rejected(
                dated=day(text(found, "Date"), "Date"),
                nature=text(found, "Nature"),
                detail=text(found, "Detail", ""),
                envelope=_outgoing(child(found, "EnveloppeRecue")),
            )
        case other:
            raise Unreadable(f"« {other[:60]} » n’est pas une enveloppe d’ACTES.")


def _outgoing(element: etree._Element) -> Outgoing:
    sender = child(element, "Emetteur")
    body = child(sender, "IDCL")
    return Outgoing(
        body=Body(
            siren=attribute(body, "SIREN"),
            department=attribute(body, "Departement"),
            district=attribute(body, "Arrondissement", ""),
            nature=attribute(body, "Nature", ""),
        ),
        referent=_read_referent(sender),
        return_to=tuple(
            (one.text or "").strip()
            for one in children(child(element, "AdressesRetour"), "Email")
        ),
        messages=_messages(element),
    )


def _incoming(element: etree._Element) -> Incoming:
    sender = child(element, "Emetteur")
    for office in ("IDSousPref", "IDPref", "IDSGAR"):
        found: Sequence[etree._Element] = children(sender, office)
        if found:
            return Incoming(
                office=office,
                department=attribute(found[0], "Departement"),
                district=attribute(found[0], "Arrondissement", ""),
                siren=attribute(child(element, "Destinataire"), "SIREN"),
                messages=_messages(element),
                referent=_read_referent(sender),
            )
    raise Unreadable("Emetteur : aucune préfecture n’est nommée.")


def _read_referent(sender: etree._Element) -> Referent:
    found = children(sender, "Referent")
    if not found:
        return Referent()
    one = found[0]
    return Referent(
        text(one, "Nom", ""), text(one, "Telephone", ""), text(one, "Email", "")
    )


def _messages(element: etree._Element) -> tuple[str, ...]:
    forms = children(child(element, "FormulairesEnvoyes"), "Formulaire")
    return tuple(text(one, "NomFichier") for one in forms)
