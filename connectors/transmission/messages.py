"""The ministry's messages as they come back through a transmission service, read leniently.

Only local names are looked at: messages in the wild break their own schema. What is kept is
what a case needs; the message itself is filed with it.
"""

import re
from datetime import date
from typing import Any

from lxml import etree

from connectors.transmission.answers import PARTNER, xml
from connectors.wire import Unreadable

Plain = dict[str, Any]
LETTERS = {
    "CourrierSimple": "letter",
    "DemandePieceComplementaire": "documents_request",
    "LettreObservations": "observations",
    "DefereTA": "referral",
}
KINDS = {2: "letter", 3: "documents_request", 4: "observations", 5: "referral"}
_DETAILS = {
    "DescriptionPieces": "requested_documents",
    "Motif": "reasons",
    "NatureIllegalite": "illegality",
    "DateDepot": "filed_on",
}


def acknowledgement(content: bytes) -> Plain:
    """What an acknowledgement (1-2, 6-2, 3-5, 4-5) says: {unique_id, received_on}."""
    root = xml(content)
    about = next(root.iter("{*}InfosCourrierPref"), root)
    return {
        "unique_id": attribute(root, "IDActe") or attribute(about, "IDActe"),
        "received_on": day(attribute(root, "DateReception")),
    }


def anomaly(content: bytes) -> str:
    """What an anomaly says went wrong, of an act or of an envelope."""
    root = xml(content)
    detail = words(root, "Detail")
    nature = words(root, "Nature")
    return detail or (
        f"Anomalie de nature {nature}." if nature else "Anomalie sans détail."
    )


def letter(files: dict[str, bytes]) -> tuple[Plain, str]:
    """A prefecture's letter among the files of its archive, and the name of its message.

    Returns ({kind, act_unique_id, dated, text, detail}, name). Raises Unreadable when no
    file is one.
    """
    for name, content in files.items():
        if not name.lower().endswith(".xml"):
            continue
        root = xml(content)
        kind = LETTERS.get(local(root))
        if kind is None:
            continue
        detail = {
            ours: text for theirs, ours in _DETAILS.items() if (text := words(root, theirs))
        }
        return {
            "kind": kind,
            "act_unique_id": attribute(root, "IDActe"),
            "dated": day(attribute(root, "DateCourrierPref") or detail.get("filed_on", "")),
            "text": next((text for name, text in detail.items() if name != "filed_on"), ""),
            "detail": detail,
        }, name
    raise Unreadable(f"{PARTNER} : l’archive ne contient aucun courrier de la préfecture.")


def classification(content: bytes) -> Plain:
    """A classification (7-2): {version_date, natures, document_types, matters}."""
    root = xml(content)
    if local(root) != "RetourClassification":
        raise Unreadable(f"{PARTNER} : message « {local(root)[:60]} » inattendu.")
    version = day(words(root, "DateClassification"))
    if version is None:
        raise Unreadable(f"{PARTNER} : la classification ne porte pas de date.")
    natures = list(root.iter("{*}NatureActe"))
    return {
        "version_date": version,
        "natures": [
            {"code": _code(it, "CodeNatureActe"), "label": attribute(it, "Libelle")}
            for it in natures
        ],
        "document_types": [
            {
                "nature": _code(it, "CodeNatureActe"),
                "code": attribute(kind, "CodeTypePJ"),
                "label": attribute(kind, "Libelle"),
            }
            for it in natures
            for kind in it.iter("{*}TypePJNatureActe")
        ],
        "matters": [
            {"code": _path(it), "label": attribute(it, "Libelle")}
            for it in root.iter()
            if isinstance(it.tag, str) and re.fullmatch(r"Matiere[1-5]", local(it))
        ],
    }


def attribute(element: etree._Element, name: str) -> str:
    """An attribute by its local name: it is qualified, but not by everybody."""
    for found, value in element.attrib.items():
        if etree.QName(str(found)).localname == name:
            return str(value).strip()
    return ""


def local(element: etree._Element) -> str:
    return etree.QName(element).localname


def words(root: etree._Element, name: str) -> str:
    """The text of the first element of this name."""
    element = next(root.iter(f"{{*}}{name}"), None)
    if element is None:
        return ""
    return " ".join("".join(map(str, element.itertext())).split())[:4000]


def day(value: str) -> str | None:
    """A date in ISO format, or None for what is not one."""
    try:
        return date.fromisoformat(value.strip()[:10]).isoformat()
    except ValueError:
        return None


def _code(element: etree._Element, name: str) -> int:
    value = attribute(element, name)
    if not re.fullmatch(r"[0-9]{1,4}", value):
        raise Unreadable(f"{PARTNER} : classification sans « {name} ».")
    return int(value)


def _path(element: etree._Element) -> list[int]:
    """The codes of a matter from the first level down."""
    codes: list[int] = []
    at: etree._Element | None = element
    while at is not None and local(at).startswith("Matiere") and local(at) != "Matieres":
        codes.append(_code(at, "CodeMatiere"))
        at = at.getparent()
    return codes[::-1]
