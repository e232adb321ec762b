"""Reads a PES_Retour: what became of each piece at the accountant's."""

from decimal import Decimal
from typing import Any

from lxml import etree

from connectors import Refused
from connectors.helios.pes import EXPENSE, REVENUE, amount, header, kind_of, value

Plain = dict[str, Any]

_DOMAINS = {"PES_DepenseRetour": EXPENSE, "PES_RecetteRetour": REVENUE}
_STATES = {
    EXPENSE: {"01": "En instance", "02": "Prise en charge", "04": "Rejetée", "05": "Soldée"},
    REVENUE: {"01": "En instance", "02": "Prise en charge",
              "03": "Prise en charge partielle", "04": "Rejetée", "05": "Annulée"},
}  # fmt: skip
REJECTED = "Rejetée"
_LIMIT = 20_000


def read(root: etree._Element) -> Plain:
    """{kind, header, pieces}: a piece is {domain, year, batch, number, state, subject, remark,
    taken_on, rejected_on, amount, paid, paid_on}. Raises Refused for what is no PES_Retour.
    """
    if kind_of(root) != "PES_Retour":
        raise Refused(["Ce fichier n’est pas un PES_Retour."])
    pieces = [
        _piece(piece, batch, domain)
        for tag, domain in _DOMAINS.items()
        for batch in root.iterfind(f"{tag}/Bordereau")
        for piece in batch.iterfind("Piece")
    ]
    return {"kind": "PES_Retour", "header": header(root), "pieces": pieces[:_LIMIT]}


def _piece(piece: etree._Element, batch: etree._Element, domain: str) -> Plain:
    info = piece.find("InfoPiece" if domain == EXPENSE else "BlocPiece")
    info = piece if info is None else info
    payments = [*piece.iter("PaiementEmargement"), *piece.iter("EncaissementEmargement")]
    state = value(info, "EtatPce")
    return {
        "domain": domain,
        "year": value(batch, "BlocBordereau/Exer"),
        "batch": value(batch, "BlocBordereau/IdBord"),
        "number": value(info, "IdPce"),
        "state": _STATES[domain].get(state, state),
        "subject": value(info, "Obj"),
        "remark": value(info, "ObsEtat") or value(info, "Commentaire"),
        "taken_on": value(info, "DtePcePec"),
        "rejected_on": value(info, "DtePceRej"),
        "amount": f"{_total(piece, 'MtHT'):.2f}",
        "paid": f"{sum((_paid(one) for one in payments), Decimal(0)):.2f}",
        "paid_on": max((_paid_on(one) for one in payments), default=""),
    }


def _total(element: etree._Element, tag: str) -> Decimal:
    found = (amount(one.get("V", "")) for one in element.iter(tag))
    return sum((one for one in found if one is not None), Decimal(0))


def _paid(payment: etree._Element) -> Decimal:
    return _total(payment, "MtPay") + _total(payment, "MtReco")


def _paid_on(payment: etree._Element) -> str:
    return value(payment, "DtePay") or value(payment, "DteReco")
