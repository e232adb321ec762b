"""Reads the 21 messages, in both editions of the schema and however they were transcribed."""

from collections.abc import Callable
from datetime import date

from lxml import etree

from connectors.actes.messages import values
from connectors.actes.messages.values import File, Message
from connectors.actes.reading import (
    Unreadable,
    attribute,
    child,
    children,
    day,
    local,
    root,
    text,
    whole,
)
from connectors.actes.vocabulary import CODES, KINDS

_Element = etree._Element
_MOST_LEVELS = 5


def read(content: bytes) -> Message:
    """The message of a file. Raises Unreadable with the reason."""
    found = root(content)
    code = CODES.get(local(found))
    if code is None:
        raise Unreadable(f"« {local(found)[:60]} » n’est pas un message d’ACTES.")
    return _READERS[code](found)


def _day(element: _Element, name: str) -> date:
    return day(text(element, name), name)


def _day_of(element: _Element, name: str) -> date:
    return day(attribute(element, name), name)


def _file(element: _Element) -> File:
    return File(text(element, "NomFichier"), text(element, "Signature", ""))


def _files(element: _Element, name: str) -> tuple[File, ...]:
    return tuple(_file(one) for one in children(element, name))


def _act(element: _Element) -> values.Act:
    annexes = children(element, "Annexes")
    replaced = children(element, "PrecedentIdentifiantActe")
    return values.Act(
        number=attribute(element, "NumeroInterne"),
        decided_on=_day_of(element, "Date"),
        nature=whole(attribute(element, "CodeNatureActe"), "CodeNatureActe"),
        matter=_matter(element),
        subject=text(element, "Objet"),
        classified_on=_day(element, "ClassificationDateVersion"),
        document=_file(child(element, "Document")),
        annexes=_files(annexes[0], "Annexe") if annexes else (),
        on_paper=text(element, "DocumentPapier", ""),
        replaces=attribute(replaced[0], "IDActe") if replaced else "",
    )


def _matter(element: _Element) -> tuple[int, ...]:
    codes = []
    for level in range(1, _MOST_LEVELS + 1):
        found = children(element, f"CodeMatiere{level}")
        code = attribute(found[0], "CodeMatiere") if found else "0"
        codes.append(whole(code, "CodeMatiere"))
    while codes and not codes[-1]:
        codes.pop()
    return tuple(codes)


def _acknowledged(element: _Element) -> values.Acknowledged:
    return values.Acknowledged(
        act_id=attribute(element, "IDActe"),
        received_on=_day_of(element, "DateReception"),
        act=_act(child(element, "ActeRecu")),
        classified_on=_day(element, "ClassificationDateVersionEnCours"),
    )


def _anomaly(element: _Element) -> values.Anomaly:
    return values.Anomaly(
        dated=_day(element, "Date"),
        nature=text(element, "Nature"),
        detail=text(element, "Detail", ""),
        act=_act(child(element, "ActeRecu")),
        classified_on=_day(element, "ClassificationDateVersionEnCours"),
    )


_ASKED = {"3-1": "DescriptionPieces", "4-1": "Motif"}


def _letter(element: _Element) -> values.Letter:
    code = CODES[local(element)]
    held = children(element, "Documents")
    asked = _ASKED.get(code)
    return values.Letter(
        code=code,
        act_id=attribute(element, "IDActe"),
        letter_on=_day_of(element, "DateCourrierPref"),
        files=_files(held[0] if held else element, "Document"),
        text=text(element, asked, "") if asked else "",
    )


def _answer_received(element: _Element) -> values.AnswerReceived:
    letter = child(element, "InfosCourrierPref")
    return values.AnswerReceived(
        code=CODES[local(element)],
        act_id=attribute(letter, "IDActe"),
        letter_on=_day_of(letter, "DateCourrierPref"),
        received_on=_day_of(element, "DateReception"),
    )


def _referral(element: _Element) -> values.Referral:
    held = children(element, "PiecesJointes")
    return values.Referral(
        act_id=attribute(element, "IDActe"),
        filed_on=_day(element, "DateDepot"),
        illegality=text(element, "NatureIllegalite", ""),
        files=_files(held[0], "PieceJointe") if held else (),
    )


def _cancellation_received(element: _Element) -> values.CancellationReceived:
    return values.CancellationReceived(
        act_id=attribute(element, "IDActe"), received_on=_day_of(element, "DateReception")
    )


def _classification_asked(element: _Element) -> values.ClassificationAsked:
    said = text(element, "DateClassification", "")
    return values.ClassificationAsked(day(said, "DateClassification") if said else None)


def _classification(element: _Element) -> values.Classification:
    natures, types = [], []
    for one in children(child(element, "NaturesActes"), "NatureActe"):
        code = whole(attribute(one, "CodeNatureActe"), "CodeNatureActe")
        natures.append((code, attribute(one, "TypeAbrege"), attribute(one, "Libelle")))
        types += [
            values.DocumentType(
                code, attribute(kind, "CodeTypePJ"), attribute(kind, "Libelle", "")
            )
            for kind in children(one, "TypePJNatureActe")
        ]
    matters = _matters(child(element, "Matieres"), ())
    dated = _day(element, "DateClassification")
    return values.Classification(dated, tuple(natures), tuple(types), tuple(matters))


def _matters(
    element: _Element, above: tuple[int, ...]
) -> list[tuple[tuple[int, ...], str]]:
    found = []
    for one in children(element, f"Matiere{len(above) + 1}"):
        code = (*above, whole(attribute(one, "CodeMatiere"), "CodeMatiere"))
        found.append((code, attribute(one, "Libelle", "")))
        if len(code) < _MOST_LEVELS:
            found += _matters(one, code)
    return found


_READERS: dict[str, Callable[[_Element], Message]] = {
    **{code: _letter for code in KINDS if code[0] in "234"},
    "1-1": _act,
    "1-2": _acknowledged,
    "1-3": _anomaly,
    "3-5": _answer_received,
    "4-5": _answer_received,
    "5-1": _referral,
    "6-1": lambda element: values.Cancellation(attribute(element, "IDActe")),
    "6-2": _cancellation_received,
    "7-1": _classification_asked,
    "7-2": _classification,
    "7-3": lambda element: values.ClassificationUnchanged(
        _day(element, "DateClassification")
    ),
}
