"""The ministry's messages as it writes them: namespace, qualified attributes, ISO-8859-1."""

import tarfile
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from lxml import etree

from connectors.transmission.practice.held import DEPARTMENT, DISTRICT

NAMESPACE = "http://www.interieur.gouv.fr/ACTES#v1.1-20040216"
INSEE = "http://xml.insee.fr/schema"
ROOTS = {
    2: "CourrierSimple",
    3: "DemandePieceComplementaire",
    4: "LettreObservations",
    5: "DefereTA",
}
ANSWERS = {
    (2, 2): "ReponseCourrierSimple",
    (3, 3): "RefusPieceComplementaire",
    (3, 4): "PieceComplementaire",
    (4, 3): "RejetLettreObservations",
    (4, 4): "ReponseLettreObservations",
}
SAID = {3: "DescriptionPieces", 4: "Motif"}
Add = Callable[..., Any]


def acknowledgement(
    act: Mapping[str, Any], files: list[str], day: str, version: str
) -> bytes:
    """The prefecture has received an act (1-2)."""
    root, add = written("ARActe", IDActe=act["unique_id"], DateReception=day)
    _received(root, add, act, files, version)
    add(root, "ClassificationDateVersionEnCours", version)
    return written_out(root)


def anomaly(
    act: Mapping[str, Any], files: list[str], day: str, version: str, detail: str
) -> bytes:
    """The prefecture could not take an act (1-3)."""
    root, add = written("AnomalieActe")
    add(root, "Date", day)
    add(root, "Nature", "002")
    add(root, "Detail", detail)
    _received(root, add, act, files, version)
    add(root, "ClassificationDateVersionEnCours", version)
    return written_out(root)


def cancelled(unique_id: str, day: str) -> bytes:
    """The prefecture has received a cancellation (6-2)."""
    root, _ = written("ARAnnulation", IDActe=unique_id, DateReception=day)
    return written_out(root)


def answer_received(kind: int, unique_id: str, dated: str, day: str) -> bytes:
    """The prefecture has received an answer to its letter (3-5, 4-5)."""
    name = {3: "ARPieceComplementaire", 4: "ARReponseRejetLettreObservations"}[kind]
    root, add = written(name, DateReception=day)
    add(root, "InfosCourrierPref", IDActe=unique_id, DateCourrierPref=dated)
    return written_out(root)


def letter(kind: int, unique_id: str, dated: str, text: str, file: str) -> bytes:
    """A letter of the prefecture (2-1, 3-1, 4-1, 5-1)."""
    if kind == 5:  # noqa: PLR2004  the referral has no letter of its own
        root, add = written(ROOTS[kind], IDActe=unique_id)
        add(root, "DateDepot", dated)
        add(root, "NatureIllegalite", text)
        document = add(add(root, "PiecesJointes"), "PieceJointe")
    else:
        root, add = written(ROOTS[kind], IDActe=unique_id, DateCourrierPref=dated)
        if kind in SAID:
            add(root, SAID[kind], text)
        document = add(root, "Document")
    add(document, "NomFichier", file)
    return written_out(root)


def envelope(message: str, siren: str) -> bytes:
    """What a message comes back in."""
    root, add = written("EnveloppeMISILLCL")
    sender = add(root, "Emetteur")
    add(sender, "IDSousPref", Departement=DEPARTMENT, Arrondissement=DISTRICT)
    add(add(add(root, "FormulairesEnvoyes"), "Formulaire"), "NomFichier", message)
    add(root, "Destinataire").set(f"{{{INSEE}}}SIREN", siren)
    return written_out(root)


def archive(files: Mapping[str, bytes]) -> bytes:
    """Files in a tar.gz."""
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    return packed.getvalue()


def sent(act: Mapping[str, Any], files: list[str], version: str) -> bytes:
    """An act as the service sends it to the ministry (1-1)."""
    root, add = written("Acte")
    _described(root, add, act, files, version)
    return written_out(root)


def cancellation(unique_id: str) -> bytes:
    """A cancellation as the service sends it (6-1)."""
    root, _ = written("Annulation", IDActe=unique_id)
    return written_out(root)


def answered(kind: int, step: int, unique_id: str, dated: str, files: list[str]) -> bytes:
    """An answer to a letter as the service sends it (2-2, 3-3, 3-4, 4-3, 4-4)."""
    name = ANSWERS[kind, step]
    root, add = written(name, IDActe=unique_id, DateCourrierPref=dated)
    several = add(root, "Documents") if name == "PieceComplementaire" else root
    for file in files if several is not root else files[:1]:
        add(add(several, "Document"), "NomFichier", file)
    return written_out(root)


def written(name: str, **attributes: str) -> tuple[Any, Add]:
    """A message's root, and what adds an element to one of its own."""
    root: Any = etree.Element(qualified(name), nsmap={"actes": NAMESPACE, "insee": INSEE})

    def add(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
        element = etree.SubElement(parent, qualified(name))
        element.text = text or None
        for one, value in attributes.items():
            element.set(qualified(one), value)
        return element

    for one, value in attributes.items():
        root.set(qualified(one), value)
    return root, add


def qualified(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _received(
    root: Any, add: Add, act: Mapping[str, Any], files: list[str], version: str
) -> None:
    _described(add(root, "ActeRecu"), add, act, files, version)


def _described(
    element: Any, add: Add, act: Mapping[str, Any], files: list[str], version: str
) -> None:
    element.set(qualified("CodeNatureActe"), str(act["nature"]))
    element.set(qualified("Date"), act["decided_on"])
    element.set(qualified("NumeroInterne"), act["number"])
    for rank, code in enumerate(str(act["matter"]).split("."), 1):
        add(element, f"CodeMatiere{rank}", CodeMatiere=code)
    add(element, "Objet", act["subject"])
    add(element, "ClassificationDateVersion", version)
    main, *annexes = files
    add(add(element, "Document"), "NomFichier", main)
    listed = add(element, "Annexes", Nombre=str(len(annexes)))
    for name in annexes:
        add(add(listed, "Annexe"), "NomFichier", name)
    add(element, "DocumentPapier", "O" if act["paper"] else "N")


def written_out(root: Any) -> bytes:
    """A message's bytes."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="ISO-8859-1"))  # type: ignore[arg-type]
