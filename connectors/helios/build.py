"""Makes a PES_Aller from payment orders, as the schema 5.17 orders it.

Texts are cut to the lengths admitted and written with the characters of ISO-8859-1. The
same orders always make the same bytes.
"""

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lxml import etree

from connectors import Refused
from connectors.helios.contents import packed
from connectors.helios.pes import ALLER, EXPENSE, REVENUE, amount
from connectors.xml_reading import PES

Plain = dict[str, Any]

_CENT = Decimal("0.01")
_KINDS = {
    EXPENSE: ("PES_DepenseAller", "EnTeteDepense", "D", "003"),
    REVENUE: ("PES_RecetteAller", "EnTeteRecette", "R", "002"),
}
_REPLACED = str.maketrans({
    "’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "œ": "oe", "Œ": "OE",
    "€": "EUR", "–": "-", "—": "-", "…": "...", "\u202f": " ", "\u00a0": " ",
})  # fmt: skip


def build(orders: list[Plain], header: Plain, read: Callable[[str], bytes]) -> bytes:
    """The PES of these orders; `read` gives a supporting document's bytes by SHA-256.

    Raises Refused, with a sentence an order, for what could not be accepted.
    """
    if wrong := [said for order in orders for said in _wrong(order)] or _missing(header):
        raise Refused(wrong)
    if not orders:
        raise Refused(["Choisissez au moins un mandat ou un titre."])
    root = etree.Element(ALLER, nsmap={"n": PES}, Id=_identifier(f"PES_{header['name']}"))
    _envelope(root, header)
    for kind in _KINDS:
        chosen = [order for order in orders if order["kind"] == kind]
        if chosen:
            _domain(root, kind, chosen, header)
    _supporting(root, orders, read)
    etree.indent(root, " ")
    text = etree.tostring(root, encoding="unicode")
    written = text.encode("iso-8859-1", "xmlcharrefreplace")
    return b'<?xml version="1.0" encoding="ISO-8859-1"?>\n' + written + b"\n"


def _envelope(root: etree._Element, header: Plain) -> None:
    envelope = _add(root, "Enveloppe")
    parameters = _add(envelope, "Parametres")
    _values(
        parameters, Version="2", TypFic=header.get("type", "PESALR2"), NomFic=header["name"]
    )
    _values(
        _add(envelope, "Emetteur"),
        Sigle=_text(header.get("sender") or "e-bourgogne", 32),
        Adresse=_text(header.get("software") or "e-bourgogne 1.0", 38),
    )
    _values(_add(envelope, "Recepteur"), Sigle="HELIOS")
    _values(
        _add(root, "EnTetePES"),
        DteStr=header["date"], IdPost=header["post"], IdColl=header["siret"],
        CodCol=header["code"], CodBud=header.get("budget") or "00",
        LibelleColBud=_text(header.get("label", ""), 38),
    )  # fmt: skip


def _domain(root: etree._Element, kind: str, orders: list[Plain], header: Plain) -> None:
    tag, head, letter, _ = _KINDS[kind]
    domain = _add(root, tag)
    _values(_add(domain, head), IdVer="2", InfoDematerialisee="1")
    said = header["batches"][kind]
    batch = _add(domain, "Bordereau")
    batch.set("Id", f"{letter}{said['year']}-{said['number']}")
    total = sum((_amount(order) for order in orders), Decimal(0))
    vat = sum((_vat(order) for order in orders), Decimal(0))
    excluding = "MtBordHT" if kind == EXPENSE else "MtBordHt"
    _values(
        _add(batch, "BlocBordereau"),
        Exer=str(said["year"]), IdBord=str(said["number"]), DteBordEm=header["date"],
        TypBord="01", NbrPce=str(len(orders)),
        MtCumulAnnuel=_euros(_decimal(said.get("annual_total")) or total),
        **{excluding: _euros(total)},
        MtBordTVA=_euros(vat) if vat else "",
    )  # fmt: skip
    for order in orders:
        (_expense if kind == EXPENSE else _revenue)(_add(batch, "Piece"), order)


def _expense(piece: etree._Element, order: Plain) -> None:
    info = _add(_add(piece, "BlocPiece"), "InfoPce")
    _values(
        info, IdPce=str(order["number"]), TypPce=order.get("type") or "01",
        NatPce=order.get("nature") or "01",
        Obj=_text(order["subject"], 100), DteEch=order.get("due_on") or "",
    )  # fmt: skip
    _document_references(info, order)
    _payment_delay(piece, order.get("delay") or {})
    line = _add(piece, "LigneDePiece")
    block = _add(line, "BlocLignePiece")
    _values(
        _add(block, "InfoLignePce"),
        IdLigne="1", Nature=order["account"], Fonction=order.get("function") or "",
        Facture=_text(order.get("invoice", ""), 20),
        LibVir1=_text(order.get("transfer_label") or order["subject"], 70),
        ModRegl="03", TVAIntraCom="0", MtHT=_euros(_amount(order)),
        MtTVA=_euros(_vat(order)) if _vat(order) else "",
        MtFactHT=order.get("invoice_amount") or "",
    )  # fmt: skip
    if order.get("contract"):
        _values(_add(block, "LiensIdent"), IdMarche=_text(order["contract"], 30))
    _third_party(_add(line, "Tiers"), order["third_party"])


def _payment_delay(piece: etree._Element, delay: Plain) -> None:
    """Until when the payment is due: Dgp is 0 for an expense that the delay binds."""
    if not delay:
        return
    _values(
        _add(piece[0], "DGP"),
        Dgp="0", DteDebDgp=delay["from"], DteFinDgp=delay["until"],
        DureeDgp=str(delay["days"]), CodIntMor=_ECB if delay.get("rate") else "",
        TxIntMor=str(delay.get("rate") or ""),
    )  # fmt: skip


_ECB = "02"


def _revenue(piece: etree._Element, order: Plain) -> None:
    block = _add(piece, "BlocPiece")
    _values(
        block, IdPce=str(order["number"]), TypPce="01", NatPce=order.get("nature") or "01",
        ObjPce=_text(order["subject"], 160),
    )  # fmt: skip
    _document_references(block, order)
    line = _add(piece, "LigneDePiece")
    _values(
        _add(_add(line, "BlocLignePiece"), "InfoLignePiece"),
        IdLigne="1", ObjLignePce=_text(order["subject"], 160),
        CodProdLoc=order.get("product_code") or "DIV", Nature=order["account"],
        Fonction=order.get("function") or "", Majo="0", TvaIntraCom="0",
        MtHT=_euros(_amount(order)), MtTVA=_euros(_vat(order)) if _vat(order) else "",
    )  # fmt: skip
    _third_party(_add(line, "Tiers"), order["third_party"], kind="01")


def _third_party(element: etree._Element, party: Plain, kind: str = "") -> None:
    siret = re.sub(r"\s", "", party.get("siret") or "")
    person = (party.get("category") or "50") == _PERSON
    _values(
        _add(element, "InfoTiers"),
        IdTiers=siret, NatIdTiers="01" if siret else "",
        RefTiers=_text(party.get("reference", ""), 30),
        CatTiers=party.get("category") or "50", NatJur=party.get("legal_nature") or "03",
        TypTiers=kind, Civilite=_text(party.get("civility") or "M", 10) if person else "",
        Nom=_text(party["name"], 38),
        Prenom=_text(party.get("first_name") or "", 38) if person else "",
    )  # fmt: skip
    address = party["address"]
    _values(
        _add(element, "Adresse"),
        TypAdr="1", Adr1=_text(address.get("line1", ""), 38),
        Adr2=_text(address["line2"], 38), CP=address["postal_code"],
        Ville=_text(address["city"], 38), CodRes="0",
    )  # fmt: skip
    iban = re.sub(r"\s", "", party.get("iban") or "")
    if iban:
        _values(
            _add(element, "CpteBancaire"),
            BIC=party.get("bic") or "", IBAN=iban, TitCpte=_text(party["name"], 32),
        )  # fmt: skip


_PERSON = "01"


def _document_references(element: etree._Element, order: Plain) -> None:
    for document in order.get("documents", []):
        _values(
            _add(element, "PJRef"),
            Support="01", IdUnique=document["unique_id"], NomPJ=_file_name(document["name"]),
        )  # fmt: skip


def _supporting(
    root: etree._Element, orders: list[Plain], read: Callable[[str], bytes]
) -> None:
    listed = [(order, one) for order in orders for one in order.get("documents", [])]
    if not listed:
        return
    domain = _add(root, "PES_PJ")
    _values(_add(domain, "EnTetePES_PJ"), IdVer="1")
    done = set()
    for order, document in listed:
        if document["unique_id"] in done:
            continue
        done.add(document["unique_id"])
        element = _add(domain, "PJ")
        file = _add(_add(element, "Contenu"), "Fichier")
        file.set("MIMEType", document.get("media_type") or "application/pdf")
        file.text = packed(read(document["sha256"]))
        _values(
            element,
            IdUnique=document["unique_id"], NomPJ=_file_name(document["name"]),
            TypePJ=document.get("type") or _KINDS[order["kind"]][3],
            Description=_text(document.get("description") or document["name"], 250),
        )  # fmt: skip


def _wrong(order: Plain) -> list[str]:
    who = f"Pièce {order.get('number', '?')}"
    party = order.get("third_party") or {}
    address = party.get("address") or {}
    said = []
    if order.get("kind") not in _KINDS:
        said.append(f"{who} : dites s’il s’agit d’une dépense ou d’une recette.")
    if not re.fullmatch(r"[1-9]\d{0,7}", str(order.get("number", "")), re.ASCII):
        said.append(f"{who} : le numéro doit avoir 1 à 8 chiffres.")
    if not re.fullmatch(r"\d{1,12}", str(order.get("account", "")), re.ASCII):
        said.append(f"{who} : le compte (nature) doit avoir 1 à 12 chiffres.")
    if (found := _decimal(order.get("amount"))) is None or found <= 0 or found >= _LIMIT:
        said.append(f"{who} : le montant doit être un nombre positif d’euros.")
    if not _text(order.get("subject", ""), 1):
        said.append(f"{who} : l’objet manque.")
    if not party.get("name") or not address.get("line2") or not address.get("city"):
        said.append(f"{who} : le nom du tiers, sa rue ou sa ville manque.")
    if not re.fullmatch(r"\d{5}", str(address.get("postal_code", "")), re.ASCII):
        said.append(f"{who} : le code postal du tiers doit avoir 5 chiffres.")
    return said


_LIMIT = Decimal(10) ** 12


def _missing(header: Plain) -> list[str]:
    wanted = {
        "name": "le nom du fichier (NomFic)", "date": "la date", "post": "le codique du comptable",
        "siret": "le SIRET du budget", "code": "le code collectivité",
    }  # fmt: skip
    return [
        f"En-tête : il manque {said}."
        for name, said in wanted.items()
        if not header.get(name)
    ]


def _amount(order: Plain) -> Decimal:
    return _decimal(order["amount"]) or Decimal(0)


def _vat(order: Plain) -> Decimal:
    return _decimal(order.get("vat")) or Decimal(0)


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else amount(str(value))


def _euros(value: Decimal) -> str:
    return f"{value.quantize(_CENT, ROUND_HALF_UP):f}"


def _text(text: str, length: int) -> str:
    """A text in the characters of ISO-8859-1, on one line, cut to a length."""
    text = " ".join(str(text).translate(_REPLACED).split())
    kept = "".join(_latin(one) for one in text)
    return kept[:length].strip()


def _latin(character: str) -> str:
    if character.isprintable() and ord(character) < _LATIN_END:
        return character
    bare = unicodedata.normalize("NFKD", character)
    return "".join(one for one in bare if " " <= one < "\x7f") or "?"


_LATIN_END = 0x100


def _file_name(name: str) -> str:
    """A name of 100 characters at most that keeps its extension of four."""
    stem, dot, extension = _text(name, 250).rpartition(".")
    if not dot or not extension.isalnum():
        stem, extension = stem or extension, "pdf"
    return f"{stem[:90]}.{extension[:4]}"


def _identifier(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "_", text)


def _add(parent: etree._Element, tag: str) -> etree._Element:
    return etree.SubElement(parent, tag)


def _values(element: etree._Element, **values: str) -> None:
    """One child for each value that is not empty, in this order."""
    for tag, value in values.items():
        if value:
            _add(element, tag).set("V", value)
