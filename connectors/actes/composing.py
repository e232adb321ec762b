"""A message asked for in plain values, made into its archive."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors import Refused
from connectors.actes import archives, envelopes, numbering
from connectors.actes.envelopes import Outgoing, Referent
from connectors.actes.messages import values, writing
from connectors.actes.messages.values import File, Message
from connectors.actes.numbering import Body
from connectors.actes.vocabulary import DEFAULT_TYPES, NATURES

Plain = dict[str, Any]
_ANSWERS = {"2-2", "3-2", "3-3", "3-4", "4-2", "4-3", "4-4"}


@dataclass(frozen=True)
class Sender:
    """Who transmits for all the bodies: trigram, application, referent, return addresses."""

    trigram: str
    application: str
    referent: Referent
    return_to: tuple[str, ...]


@dataclass(frozen=True)
class Composed:
    """What will be sent: contents by name, the envelope first, then the message."""

    archive: str
    envelope: str
    message: str
    act_id: str
    contents: Mapping[str, bytes]

    def packed(self) -> bytes:
        """The archive's bytes."""
        return archives.pack(self.contents)


def compose(
    *,
    sender: Sender,
    body: Plain,
    message: Plain,
    files: list[Plain],
    day: date,
    serial: int,
    documents: Callable[[str], bytes],
) -> Composed:
    """Write a message, name its files, put all in an envelope. Raises Refused."""
    known = Body(**{name: str(body.get(name) or "") for name in _BODY})
    if problems := known.problems():
        raise Refused(problems)
    code = str(message.get("code"))
    stem = _stem(known, message, day)
    named = _named(stem, code, message, files)
    contents = {name: documents(one["sha256"]) for name, one in named.items()}
    held = [File(name, _signature(one, documents)) for name, one in named.items()]
    written = writing.write(_message(message, held))
    about_act = code != "7-1"
    name = numbering.message_name(stem, code, 0 if about_act else serial)
    envelope = numbering.envelope_name(known.siren, day, serial, sender.application)
    wrapped = envelopes.write(Outgoing(known, sender.referent, sender.return_to, (name,)))
    packed = {envelope: wrapped, name: written, **contents}
    if (total := sum(map(len, packed.values()))) > archives.LARGEST:
        raise Refused([_too_big(total)])
    return Composed(
        archive=numbering.archive_name(sender.trigram, envelope),
        envelope=envelope,
        message=name,
        act_id=stem if about_act else "",
        contents=packed,
    )


_BODY = ("siren", "department", "district", "nature")


def _too_big(total: int) -> str:
    most = archives.LARGEST // 1024 // 1024
    return (
        f"L’envoi pèse {total // 1024 // 1024} Mo : la préfecture n’en reçoit pas plus de "
        f"{most}. Allégez ses pièces."
    )


def _stem(body: Body, message: Plain, day: date) -> str:
    match message.get("code"):
        case "1-1":
            decided_on, nature = _day(message, "decided_on"), int(message["nature"])
            found = numbering.problems(
                number=str(message["number"]), decided_on=decided_on, nature=nature,
                matter=message["matter"], subject=str(message["subject"]), today=day,
            )  # fmt: skip
            if found:
                raise Refused(list(found.values()))
            return numbering.identifier(body, decided_on, str(message["number"]), nature)
        case "7-1":
            return numbering.bare(body)
        case "6-1" | "2-2" | "3-2" | "3-3" | "3-4" | "4-2" | "4-3" | "4-4":
            return numbering.act_id(str(message.get("act_id")))
        case other:
            raise Refused([f"Message « {other} » : ce n’est pas à nous de l’envoyer."])


def _named(stem: str, code: str, message: Plain, files: list[Plain]) -> dict[str, Plain]:
    otherwise = DEFAULT_TYPES[message["nature"]] if code == "1-1" else ""
    found = {}
    for rank, one in enumerate(files, 1):
        kind = str(one.get("document_type") or otherwise)
        found[numbering.file_name(stem, code, rank, kind, one["name"])] = one
    if code == "1-1" and not files:
        raise Refused(["L’acte lui-même manque : joignez son document."])
    return found


def _signature(one: Plain, documents: Callable[[str], bytes]) -> str:
    digest = one.get("signature_sha256")
    return base64.b64encode(documents(digest)).decode("ascii") if digest else ""


def _message(message: Plain, files: list[File]) -> Message:
    code = str(message["code"])
    if code == "1-1":
        assert message["nature"] in NATURES
        return values.Act(
            number=message["number"],
            decided_on=_day(message, "decided_on"),
            nature=message["nature"],
            matter=tuple(message["matter"]),
            subject=message["subject"],
            classified_on=_day(message, "classified_on"),
            document=files[0],
            annexes=tuple(files[1:]),
            on_paper="O" if message.get("on_paper") else "N",
        )
    if code in _ANSWERS:
        return values.Letter(
            code, message["act_id"], _day(message, "letter_on"), tuple(files)
        )
    if code == "6-1":
        return values.Cancellation(message["act_id"])
    held = message.get("held_on")
    return values.ClassificationAsked(date.fromisoformat(held) if held else None)


def _day(message: Plain, name: str) -> date:
    try:
        return date.fromisoformat(str(message.get(name)))
    except ValueError as error:
        raise Refused([f"{name} : une date est attendue."]) from error
