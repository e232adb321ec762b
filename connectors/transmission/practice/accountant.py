"""The sandbox's accountant: what becomes of a PES, as time passes.

The name of the file (NomFic, or that of the upload) says what happens: `KO…` is refused,
`PART…` half accepted, `LENT…` acknowledged after three days; `PESALR2_` before is ignored.
"""

import re
import sqlite3
from datetime import timedelta
from typing import Any

from lxml import etree

from connectors.transmission.practice.held import Held, later, one, plan
from connectors.transmission.practice.ministry import written_out
from connectors.transmission.practice.signatures import broken

NAMESPACE = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour/v2"
RETURN = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour"
LARGEST = 128 * 1024 * 1024
DOMAINS = {"PES_DepenseAller": "5", "PES_RecetteAller": "6"}
SLOW = timedelta(days=3)
_PROLOG = re.compile(rb"<\?xml[^>]*encoding=[\"']iso-8859-1[\"']", re.IGNORECASE)
_SCRIPT = re.compile(r"(?:PES[A-Z0-9]*_)?(KO|PART|LENT)")
_ERRORS = {
    "4": ("ERREUR_PJ", "La pièce jointe ne peut pas être lue"),
    "5": ("ERREUR_AUTRE", "1971 - Compte fonction présent à tort"),
    "6": ("ERREUR_AUTRE", "2104 - Tiers inconnu"),
}


def post(held: Held, db: sqlite3.Connection, number: int) -> None:
    """A PES is taken; it is checked, then sent, then acknowledged."""
    at = held.now()
    plan(db, later(at, held.delay / 2), "check", number)
    row: Any = one(db, "pes", number)
    delay = SLOW if _script(row) == "LENT" else held.delay
    plan(db, later(at, delay), "acquit", number)


def check(held: Held, db: sqlite3.Connection, number: int, at: str, detail: str) -> None:
    """What S²LOW looks at before it sends a PES."""
    row: Any = one(db, "pes", number)
    if row["status"] != 1:
        return
    problem = _problem(db, row)
    status, said = (-1, problem) if problem else (3, "Transmis")
    db.execute("UPDATE pes SET status = ?, said = ? WHERE id = ?", [status, said, number])


def acquit(
    held: Held, db: sqlite3.Connection, number: int, at: str, detail: str = ""
) -> None:
    """The accountant acknowledges a PES: `detail` is ok, ko or partial, else its name says."""
    row: Any = one(db, "pes", number)
    if row["status"] not in (1, 3):
        return
    answer = detail or {"KO": "ko", "PART": "partial"}.get(_script(row), "ok")
    content = acknowledgement(row["content"], answer)
    db.execute(
        "UPDATE pes SET status = 8, said = 'Information disponible', acquit = ?"
        " WHERE id = ?",
        [content, number],
    )


def acknowledgement(pes: bytes, answer: str) -> bytes:
    """The PES_ACQUIT of a PES: one element a bordereau and an attached document."""
    sent = etree.fromstring(pes, _parser())
    root: Any = etree.Element(f"{{{NAMESPACE}}}PES_ACQUIT", nsmap={"n": NAMESPACE})
    _head(root, sent)
    body = etree.SubElement(root, "ACQUIT")
    _value(etree.SubElement(body, "EnTeteAcquit"), "IdVer", "2")
    elements = list(_elements(sent)) or [("99", {})]
    for rank, (domain, named) in enumerate(elements):
        wrong = answer == "ko" or (answer == "partial" and rank == len(elements) - 1)
        element = etree.SubElement(body, "ElementACQUIT")
        _value(element, "DomaineAck", domain)
        _value(element, "EtatAck", "0" if wrong else "1")
        for name, value in named.items():
            _value(element, name, value)
        if wrong:
            code, words = _ERRORS.get(domain, _ERRORS["5"])
            error = etree.SubElement(element, "Erreur")
            _value(error, "NumAnoAck", code)
            _value(error, "LibelleAnoAck", words)
    return written_out(root)


def returned(pes: bytes) -> bytes:
    """A PES_Retour about a PES: its envelope, and nothing paid yet."""
    sent = etree.fromstring(pes, _parser())
    root: Any = etree.Element(f"{{{RETURN}}}PES_Retour", nsmap={"n": RETURN})
    _head(root, sent)
    return written_out(root)


def _elements(sent: Any) -> Any:
    """(domain, its names) of each attached document, then of each bordereau."""
    for document in sent.iterfind(".//PES_PJ/PJ"):
        unique = document.find("IdUnique")
        if unique is not None:
            yield "4", {"IdUnique": unique.get("V", "")}
    for kind, domain in DOMAINS.items():
        for block in sent.iterfind(f".//{kind}/Bordereau/BlocBordereau"):
            named = {"NumBord": block.find("IdBord"), "ExerciceBord": block.find("Exer")}
            yield domain, {it: value.get("V", "") for it, value in named.items()
                           if value is not None}  # fmt: skip


def _head(root: Any, sent: Any) -> None:
    envelope = etree.SubElement(root, "Enveloppe")
    parameters = etree.SubElement(envelope, "Parametres")
    _value(parameters, "Version", "2")
    for name in ("TypFic", "NomFic"):
        _value(parameters, name, _said(sent, f"Enveloppe/Parametres/{name}"))
    sender = etree.SubElement(envelope, "Emetteur")
    for name in ("Sigle", "Adresse"):
        if value := _said(sent, f"Enveloppe/Emetteur/{name}"):
            _value(sender, name, value)
    _value(etree.SubElement(envelope, "Recepteur"), "Sigle", "HELIOS")
    head = etree.SubElement(root, "EnTetePES")
    given = sent.find("EnTetePES")
    for element in given if given is not None else ():
        if isinstance(element.tag, str) and element.get("V"):
            _value(head, element.tag, element.get("V"))


def _problem(db: sqlite3.Connection, row: Any) -> str:
    """Why a PES cannot be sent, or nothing."""
    content = row["content"]
    if not _PROLOG.search(content[:50]):
        return "Le fichier n'est pas encodé en ISO-8859-1"
    try:
        sent = etree.fromstring(content, _parser())
    except etree.XMLSyntaxError:
        return "Le fichier n'est pas un XML valide"
    if etree.QName(sent).localname != "PES_Aller":
        return "Le fichier n'est pas un PES_Aller"
    name = _said(sent, "Enveloppe/Parametres/NomFic")
    collectivity = _said(sent, "EnTetePES/CodCol")
    if not name or len(name) > 100:  # noqa: PLR2004
        return "NomFic est absent ou trop long"
    if not re.fullmatch(r"[0-9]{3}", collectivity):
        return "CodCol n'est pas correct"
    if db.execute(
        "SELECT 1 FROM pes WHERE name = ? AND collectivity = ? AND id <> ?",
        [name, collectivity, row["id"]],
    ).fetchone():
        return f"Le NomFic {name} a déjà été utilisé pour cette collectivité"
    db.execute(
        "UPDATE pes SET name = ?, collectivity = ? WHERE id = ?",
        [name, collectivity, row["id"]],
    )
    if sent.find(".//Bordereau") is None and sent.find("PES_PJ") is None:
        return "Le PES est vide"
    return broken(sent)


def _script(row: Any) -> str:
    """What the name of a PES asks of the accountant."""
    head = bytes(row["content"][:20000]).decode("iso-8859-1")
    name = re.search(r"<NomFic V=\"([^\"]*)\"", head)
    for candidate in (name[1] if name else "", row["filename"]):
        if found := _SCRIPT.match(candidate):
            return found[1]
    return ""


def _said(root: Any, path: str) -> str:
    element = root.find(path)
    return "" if element is None else str(element.get("V", ""))


def _value(parent: Any, name: str, value: str) -> None:
    etree.SubElement(parent, name).set("V", value)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
