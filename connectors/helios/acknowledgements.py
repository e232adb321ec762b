"""Reads a PES_ACQUIT: what the accountant took, batch by batch and document by document.

Strict in nothing: an element missing or unknown is read as far as it goes. Partial
acceptance is ordinary.
"""

from typing import Any

from lxml import etree

from connectors import Refused
from connectors.helios.pes import header, kind_of, value

Plain = dict[str, Any]

DOMAINS = {
    "0": "Technique", "1": "Signature technique", "2": "Signature globale",
    "3": "Signature du bordereau", "4": "Pièce justificative", "5": "Dépense",
    "6": "Recette", "7": "Rôle", "8": "Budget", "9": "État de l’actif",
    "10": "État du passif", "11": "Marché", "12": "Facture", "99": "Autre",
}  # fmt: skip
_EXPENSE, _REVENUE = "5", "6"
_WHOLE = {"0", "1", "2"}  # refused there, the whole file is
_ERRORS = 50  # reasons kept of one batch


def read(root: etree._Element) -> Plain:
    """{kind, header, status, batches, documents, others, reasons}.

    `status` is acknowledged, partial or refused. A batch is {domain, year, number, accepted,
    reasons}, a document {unique_id, accepted, reasons}; `others` are what concerns neither.
    Raises Refused for what is no acknowledgement.
    """
    if kind_of(root) != "PES_ACQUIT":
        raise Refused(["Ce fichier n’est pas un PES_ACQUIT."])
    elements = [_element(one) for one in root.iter("ElementACQUIT")]
    batches = _batches([one for one in elements if one["number"]])
    documents = _grouped(
        [one for one in elements if one["unique_id"] and not one["number"]], ("unique_id",)
    )
    others = [one for one in elements if not one["number"] and not one["unique_id"]]
    return {
        "kind": "PES_ACQUIT",
        "header": header(root),
        "status": _status(batches, documents, others),
        "batches": batches,
        "documents": documents,
        "others": others,
        "reasons": [
            reason
            for one in [*others, *batches, *documents]
            if not one["accepted"]
            for reason in one["reasons"] or [f"{one['label']} : refusé sans motif."]
        ][: 4 * _ERRORS],
    }


def _status(batches: list[Plain], documents: list[Plain], others: list[Plain]) -> str:
    if not batches and not documents and not others:
        return "refused"
    if any(not one["accepted"] and one["code"] in _WHOLE for one in others):
        return "refused"
    judged = batches or others or documents
    if not any(one["accepted"] for one in judged):
        return "refused"
    complete = all(one["accepted"] for one in [*batches, *documents, *others])
    return "acknowledged" if complete else "partial"


def _batches(elements: list[Plain]) -> list[Plain]:
    """One row for each batch; what is said of its signature alone names no domain."""
    domains = {one["number"]: one["domain"] for one in elements if one["domain"]}
    named = [
        one | {"domain": one["domain"] or domains.get(one["number"], "")}
        for one in elements
    ]
    return _grouped(named, ("domain", "year", "number"))


def _grouped(elements: list[Plain], keys: tuple[str, ...]) -> list[Plain]:
    """One row for each batch or document: it is accepted when everything said of it is."""
    found: dict[tuple[str, ...], Plain] = {}
    for one in elements:
        key = tuple(one[name] for name in keys)
        if key in found:
            found[key]["accepted"] = found[key]["accepted"] and one["accepted"]
            found[key]["reasons"] = (found[key]["reasons"] + one["reasons"])[:_ERRORS]
        else:
            found[key] = dict(one)
    return list(found.values())


def _element(element: etree._Element) -> Plain:
    code = value(element, "DomaineAck")
    label = DOMAINS.get(code, f"Domaine {code}")
    number, unique_id = value(element, "NumBord"), value(element, "IdUnique")
    what = f"bordereau {number}" if number else f"pièce {unique_id}" if unique_id else label
    return {
        "code": code,
        "label": label,
        # A signature refused (3) is said of a batch whose domain is not repeated.
        "domain": {_EXPENSE: "expense", _REVENUE: "revenue"}.get(code, ""),
        "accepted": value(element, "EtatAck").lower() in {"1", "true"},
        "number": number,
        "year": value(element, "ExerciceBord"),
        "unique_id": unique_id,
        "reasons": [f"{what[0].upper()}{what[1:]}{one}" for one in _reasons(element)][
            :_ERRORS
        ],
    }


def _reasons(element: etree._Element) -> list[str]:
    found = [f" : {_error(one)}" for one in element.findall("Erreur")]
    for piece in element.findall("DetailPiece"):
        number = value(piece, "NumPiece")
        found += [f", pièce {number} : {_error(one)}" for one in piece.findall("Erreur")]
        for line in piece.findall("DetailLigne"):
            at = f", pièce {number}, ligne {value(line, 'NumLigne')}"
            found += [f"{at} : {_error(one)}" for one in line.findall("Erreur")]
    return found


def _error(element: etree._Element) -> str:
    code, said = value(element, "NumAnoAck"), value(element, "LibelleAnoAck")
    return said if said and code in {"", "ERREUR_AUTRE"} else f"{said or 'erreur'} ({code})"
