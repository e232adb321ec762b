"""Writes the answers of the sandbox's accountant: PES_ACQUIT and PES_Retour."""

import re
from xml.sax.saxutils import quoteattr

from lxml import etree

_BATCHES = (("PES_DepenseAller", "5"), ("PES_RecetteAller", "6"))


def document(tag: str, namespace: str, root: etree._Element, body: str) -> str:
    """A PES that answers another: the same envelope and header."""
    copied = "".join(
        etree.tostring(part, encoding="unicode")
        for name in ("Enveloppe", "EnTetePES")
        if (part := root.find(name)) is not None
    )
    copied = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", copied)
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
        f'<n:{tag} xmlns:n="{namespace}">{copied}{body}</n:{tag}>\n'
    )


def acquit(elements: list[str]) -> str:
    """What a PES_ACQUIT says of each element."""
    head = '<EnTeteAcquit><IdVer V="2"/></EnTeteAcquit>'
    return f"<ACQUIT>{head}{''.join(elements)}</ACQUIT>"


def element(
    domain: str,
    *,
    batch: etree._Element | None = None,
    pieces: list[etree._Element] | None = None,
    joined: str = "",
    refused: list[tuple[str, str]] | None = None,
) -> str:
    """One element of a PES_ACQUIT; refused when it names errors or pieces."""
    said = "".join(_error(*one) for one in refused or [])
    details = "".join(
        f"<DetailPiece><NumPiece V={_quoted(_number(one))}/>"
        f"{_error('ERREUR_AUTRE', '1971 - Compte fonction présent à tort')}</DetailPiece>"
        for one in pieces or []
    )
    state = "0" if said or details else "1"
    which = ""
    if batch is not None:
        number = _quoted(value(batch, "BlocBordereau/IdBord"))
        year = _quoted(value(batch, "BlocBordereau/Exer"))
        which = f"<NumBord V={number}/><ExerciceBord V={year}/>"
    elif joined:
        which = f"<IdUnique V={_quoted(joined)}/>"
    return (
        f'<ElementACQUIT><DomaineAck V="{domain}"/><EtatAck V="{state}"/>{which}{said}'
        f"{details}</ElementACQUIT>"
    )


def _error(code: str, said: str) -> str:
    return (
        f'<Erreur><NumAnoAck V="{code}"/><LibelleAnoAck V={_quoted(said[:500])}/></Erreur>'
    )


def returned(batch: etree._Element) -> str:
    """What became of a batch's pieces: all taken in charge."""
    block = "BlocBordereau/"
    head = "".join(
        f"<{tag} V={_quoted(value(batch, block + tag))}/>"
        for tag in ("Exer", "IdBord", "TypBord")
    )
    pieces = "".join(_returned_piece(one) for one in batch.findall("Piece"))
    return f"<Bordereau><BlocBordereau>{head}</BlocBordereau>{pieces}</Bordereau>"


def _returned_piece(piece: etree._Element) -> str:
    info = "BlocPiece/InfoPce/"
    types = "".join(
        f"<{tag} V={_quoted(value(piece, info + tag))}/>"
        for tag in ("IdPce", "TypPce", "NatPce")
    )
    amount = value(piece, "LigneDePiece/BlocLignePiece/InfoLignePce/MtHT")
    return (
        f'<Piece><InfoPiece>{types}<EtatPce V="02"/></InfoPiece><LigneDePiece>'
        '<BlocLignePiece><InfoLignePiece><IdLigne V="1"/><EtatLigPce V="01"/>'
        f"<MtHT V={_quoted(amount)}/></InfoLignePiece></BlocLignePiece></LigneDePiece></Piece>"
    )


def batches(root: etree._Element) -> list[tuple[etree._Element, str]]:
    """Each batch with the number of its domain."""
    return [
        (batch, domain)
        for tag, domain in _BATCHES
        for batch in root.iterfind(f"{tag}/Bordereau")
    ]


def unique_ids(root: etree._Element) -> list[str]:
    """The identifiers of the documents carried."""
    return [value(one, "IdUnique") for one in root.iterfind("PES_PJ/PJ")]


def subject(piece: etree._Element) -> str:
    """What a piece is about."""
    return value(piece, "BlocPiece/InfoPce/Obj") or value(piece, "BlocPiece/ObjPce")


def _number(piece: etree._Element) -> str:
    return value(piece, "BlocPiece/InfoPce/IdPce") or value(piece, "BlocPiece/IdPce")


def value(element: etree._Element, path: str) -> str:
    """The attribute V at a path; empty when there is none."""
    found = element.find(path)
    return "" if found is None else found.get("V", "").strip()


def safe(name: str) -> str:
    """A name of file made of a name of PES."""
    return re.sub(r"[^A-Za-z0-9_.-]", "_", name)[:150]


def _quoted(text: str) -> str:
    return quoteattr(text)
