"""Reads a PES, whatever its quality: what it says, without judging it."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from connectors.xml_reading import PES, qname

Plain = dict[str, Any]

ALLER = f"{{{PES}}}PES_Aller"
EXPENSE, REVENUE = "expense", "revenue"
DOMAINS = {"PES_DepenseAller": EXPENSE, "PES_RecetteAller": REVENUE}
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_PIECES = 20_000  # shown of a file: a batch holds some hundreds


def kind_of(root: etree._Element) -> str:
    """`PES_Aller`, `PES_ACQUIT`, `PES_Retour`, or the name of whatever it is."""
    return etree.QName(root).localname


def header(root: etree._Element) -> Plain:
    """The envelope and header that every PES begins with."""
    paths = {
        "type": "Enveloppe/Parametres/TypFic",
        "name": "Enveloppe/Parametres/NomFic",
        "version": "Enveloppe/Parametres/Version",
        "sender": "Enveloppe/Emetteur/Sigle",
        "date": "EnTetePES/DteStr",
        "post": "EnTetePES/IdPost",
        "collectivity": "EnTetePES/IdColl",
        "code": "EnTetePES/CodCol",
        "budget": "EnTetePES/CodBud",
        "label": "EnTetePES/LibelleColBud",
    }
    return {name: value(root, path) for name, path in paths.items()}


def batches(root: etree._Element) -> list[Plain]:
    """The batches (bordereaux) of a PES_Aller, in order, with their pieces."""
    left = _PIECES
    found = []
    for element, domain in batch_elements(root):
        pieces = element.findall("Piece")
        found.append(_batch(element, domain, pieces[:left]))
        left -= min(left, len(pieces))
    return found


def sheet(root: etree._Element, batch: int, first: int, count: int) -> Plain:
    """Every batch without its pieces but with their `count`; some pieces of one of them."""
    elements = list(batch_elements(root))
    heads = [
        _batch(element, domain, []) | {"count": len(element.findall("Piece"))}
        for element, domain in elements
    ]
    pieces = []
    if 0 <= batch < len(elements):
        element, domain = elements[batch]
        listed = element.findall("Piece")[first : first + count]
        pieces = [_piece(one, domain) for one in listed]
    return {"batches": heads, "pieces": pieces}


def batch_elements(root: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Each batch with its domain."""
    for tag, domain in DOMAINS.items():
        for element in root.iterfind(f"{tag}/Bordereau"):
            yield element, domain


def documents(root: etree._Element) -> list[Plain]:
    """The supporting documents that a PES carries, without their contents."""
    return [
        {
            "position": position,
            "unique_id": value(one, "IdUnique"),
            "name": value(one, "NomPJ"),
            "type": value(one, "TypePJ"),
            "description": value(one, "Description"),
            "media_type": media_type(one),
        }
        for position, one in enumerate(root.iterfind("PES_PJ/PJ"))
    ]


def media_type(document: etree._Element) -> str:
    """What a supporting document says it is."""
    found = document.find("Contenu/Fichier")
    return "" if found is None else found.get("MIMEType", "")


def line_of(element: Any) -> int:
    """The line on which an element begins; 0 when it is not known."""
    return int(element.sourceline or 0)


def value(element: etree._Element, path: str) -> str:
    """The attribute V of the first element at this path; empty when there is none."""
    found = element.find(path)
    return "" if found is None else found.get("V", "").strip()


def amount(text: str) -> Decimal | None:
    """Euros as written; None for what is no amount."""
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def total_of(element: etree._Element) -> Decimal:
    """The amounts of a piece's lines, taxes left out."""
    lines = element.iterfind("LigneDePiece/BlocLignePiece")
    found = (
        amount(value(line, "InfoLignePce/MtHT") or value(line, "InfoLignePiece/MtHT"))
        for line in lines
    )
    return sum((one for one in found if one is not None), Decimal(0))


def _batch(element: etree._Element, domain: str, pieces: list[etree._Element]) -> Plain:
    block = "BlocBordereau/"
    return {
        "id": element.get("Id", ""),
        "line": line_of(element),
        "domain": domain,
        "year": value(element, block + "Exer"),
        "number": value(element, block + "IdBord"),
        "date": value(element, block + "DteBordEm"),
        "type": value(element, block + "TypBord"),
        "announced": value(element, block + "NbrPce"),
        "annual_total": _euros(value(element, block + "MtCumulAnnuel")),
        "amount": _euros(
            value(element, block + "MtBordHT") or value(element, block + "MtBordHt")
        ),
        "vat": _euros(value(element, block + "MtBordTVA")),
        "signed": any(qname(child) == _SIGNATURE for child in element),
        "pieces": [_piece(one, domain) for one in pieces],
    }


def _piece(element: etree._Element, domain: str) -> Plain:
    block = "BlocPiece/InfoPce/" if domain == EXPENSE else "BlocPiece/"
    lines = element.findall("LigneDePiece")
    return {
        "number": value(element, block + "IdPce"),
        "type": value(element, block + "TypPce"),
        "nature": value(element, block + "NatPce"),
        "subject": value(element, block + ("Obj" if domain == EXPENSE else "ObjPce")),
        "amount": f"{total_of(element):.2f}",
        "contract": value(element, "LigneDePiece/BlocLignePiece/LiensIdent/IdMarche"),
        "invoice": value(element, "LigneDePiece/BlocLignePiece/InfoLignePce/Facture"),
        "due_on": value(element, "BlocPiece/DGP/DteFinDgp"),
        "third_parties": _third_parties(lines),
        "documents": [
            found
            for reference in element.iter("PJRef")
            if (found := value(reference, "IdUnique"))
        ],
        "lines": [_line(one) for one in lines[:200]],
    }


def _line(element: etree._Element) -> Plain:
    block = element.find("BlocLignePiece/InfoLignePce")
    if block is None:
        block = element.find("BlocLignePiece/InfoLignePiece")
    if block is None:
        return {"number": "", "account": "", "label": "", "amount": ""}
    return {
        "number": value(block, "IdLigne"),
        "account": value(block, "Nature"),
        "label": value(block, "LibVir1") or value(block, "ObjLignePce"),
        "amount": _euros(value(block, "MtHT")),
    }


def _third_parties(lines: list[etree._Element]) -> list[Plain]:
    found: dict[str, Plain] = {}
    for party in (one for line in lines for one in line.iterfind("Tiers")):
        name = value(party, "InfoTiers/Nom")
        found[name] = {
            "name": " ".join(filter(None, [name, value(party, "InfoTiers/Prenom")])),
            "identifier": value(party, "InfoTiers/IdTiers"),
            "iban": value(party, "CpteBancaire/IBAN"),
        }
    return list(found.values())


def _euros(text: str) -> str:
    """An amount with two decimals where it is one, else as it was written."""
    found = amount(text)
    return text if found is None or abs(found) >= _HUGE else f"{found:.2f}"


_HUGE = Decimal(10) ** 15  # fourteen digits at most in the schema
