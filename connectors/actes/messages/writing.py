"""Writes the 21 messages, each strictly valid against the official schema.

What is wrong with a value is refused with a sentence that names the field.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from connectors.actes import numbering
from connectors.actes.latin import line
from connectors.actes.messages import values
from connectors.actes.messages.values import File, Message
from connectors.actes.vocabulary import KINDS
from connectors.actes.writing import Node, document


def write(message: Message) -> bytes:
    """The message's file, in ISO-8859-1. Raises Refused with a reason a field."""
    return document(node(message))


def node(message: Message) -> Node:
    """The message's element."""
    inside = _WRITERS[type(message)](message)
    return Node(KINDS[message.code].element, *inside)


_Inside = tuple[Sequence[tuple[str, str]], Sequence[Node] | None]


def _text(name: str, text: str) -> Node:
    return Node(name, (), text)


def _day(name: str, day: date) -> Node:
    return _text(name, day.isoformat())


def _file(name: str, file: File) -> Node:
    signed = [_text("Signature", file.signature)] if file.signature else []
    return Node(name, (), [_text("NomFichier", file.name), *signed])


def _act(act: values.Act) -> _Inside:
    numbering.check(act)
    matters = [
        Node(f"CodeMatiere{level}", [("CodeMatiere", str(code))])
        for level, code in enumerate(act.matter, 1)
        if code
    ]
    replaced = (
        [Node("PrecedentIdentifiantActe", [_id(act.replaces)])] if act.replaces else []
    )
    annexes = [_file("Annexe", one) for one in act.annexes]
    return [
        ("Date", act.decided_on.isoformat()),
        ("NumeroInterne", act.number),
        ("CodeNatureActe", str(act.nature)),
    ], [
        *matters,
        _text("Objet", line(act.subject, "Objet")),
        *replaced,
        _day("ClassificationDateVersion", act.classified_on),
        _file("Document", act.document),
        Node("Annexes", [("Nombre", str(len(annexes)))], annexes),
        _text("DocumentPapier", act.on_paper),
    ]


def _id(act_id: str) -> tuple[str, str]:
    return "IDActe", numbering.act_id(act_id)


def _received(day: date) -> tuple[str, str]:
    return "DateReception", day.isoformat()


def _act_received(act: values.Act, classified_on: date) -> list[Node]:
    return [
        Node("ActeRecu", *_act(act)),
        _day("ClassificationDateVersionEnCours", classified_on),
    ]


def _acknowledged(said: values.Acknowledged) -> _Inside:
    attributes = [_received(said.received_on), _id(said.act_id)]
    return attributes, _act_received(said.act, said.classified_on)


def _anomaly(said: values.Anomaly) -> _Inside:
    return [], [
        _day("Date", said.dated),
        _text("Nature", numbering.anomaly_nature(said.nature)),
        _text("Detail", said.detail),
        *_act_received(said.act, said.classified_on),
    ]


_ASKED = {"3-1": "DescriptionPieces", "4-1": "Motif"}
_BARE = {"3-2", "4-2"}


def _letter(letter: values.Letter) -> _Inside:
    attributes = [("DateCourrierPref", letter.letter_on.isoformat()), _id(letter.act_id)]
    if letter.code in _BARE:
        return attributes, None
    numbering.check_files(letter.code, letter.files)
    files = [_file("Document", one) for one in letter.files]
    if letter.code == "3-4":
        return attributes, [Node("Documents", (), files)]
    asked = [_text(_ASKED[letter.code], letter.text)] if letter.code in _ASKED else []
    return attributes, [*asked, *files]


def _answer_received(said: values.AnswerReceived) -> _Inside:
    letter = Node(
        "InfosCourrierPref",
        [("DateCourrierPref", said.letter_on.isoformat()), _id(said.act_id)],
    )
    return [_received(said.received_on)], [letter]


def _referral(said: values.Referral) -> _Inside:
    return [_id(said.act_id)], [
        _day("DateDepot", said.filed_on),
        _text("NatureIllegalite", said.illegality),
        Node("PiecesJointes", (), [_file("PieceJointe", one) for one in said.files]),
    ]


def _classification(said: values.Classification) -> _Inside:
    natures = [
        Node(
            "NatureActe",
            [("CodeNatureActe", str(code)), ("Libelle", label), ("TypeAbrege", short)],
            [
                Node("TypePJNatureActe", [("CodeTypePJ", one.code), ("Libelle", one.label)])
                for one in said.types
                if one.nature == code
            ],
        )
        for code, short, label in said.natures
    ]
    return [], [
        _day("DateClassification", said.dated),
        Node("NaturesActes", (), natures),
        Node("Matieres", (), _matters(said.matters, ())),
    ]


def _matters(
    matters: Sequence[tuple[tuple[int, ...], str]], above: tuple[int, ...]
) -> list[Node]:
    level = len(above) + 1
    return [
        Node(
            f"Matiere{level}",
            [("CodeMatiere", str(code[-1])), ("Libelle", label)],
            _matters(matters, code) or None,
        )
        for code, label in matters
        if len(code) == level and code[:-1] == above
    ]


_WRITERS: dict[type, Callable[[Any], _Inside]] = {
    values.Act: _act,
    values.Acknowledged: _acknowledged,
    values.Anomaly: _anomaly,
    values.Letter: _letter,
    values.AnswerReceived: _answer_received,
    values.Referral: _referral,
    values.Cancellation: lambda said: ([_id(said.act_id)], None),
    values.CancellationReceived: lambda said: (
        [_received(said.received_on), _id(said.act_id)],
        None,
    ),
    values.ClassificationAsked: lambda said: (
        [],
        [_day("DateClassification", said.held_on)] if said.held_on else [],
    ),
    values.Classification: _classification,
    values.ClassificationUnchanged: lambda said: (
        [],
        [_day("DateClassification", said.dated)],
    ),
}
