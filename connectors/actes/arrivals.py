"""What arrives from the State, read into plain values.

A message is {code, name, siren, department, act_id, files: [name]} and, by its code:
received_on and classified_on (1-2), nature, detail (1-3), letter_on and text (2-1, 3-1, 4-1),
letter_on and received_on (3-5, 4-5), filed_on and text (5-1), received_on (6-2), dated (7-2,
7-3). A refused envelope is {envelope, nature, detail}.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from connectors.actes import envelopes
from connectors.actes.envelopes import Incoming, Rejected
from connectors.actes.messages import values
from connectors.actes.messages.reading import read
from connectors.actes.reading import Unreadable
from connectors.actes.vocabulary import NATURES

Plain = dict[str, Any]


def read_archive(contents: Mapping[str, bytes]) -> Iterator[Plain]:
    """Each message of an archive, or the refusal it brings. Raises Unreadable."""
    name, envelope = _envelope(contents)
    if isinstance(envelope, Rejected):
        yield {
            "kind": "envelope_refused",
            "name": name,
            "envelope": name.removeprefix("ANO_"),
            "siren": envelope.envelope.body.siren,
            "nature": envelope.nature,
            "detail": envelope.detail,
            "dated": envelope.dated.isoformat(),
            "files": [],
        }
        return
    for listed in envelope.messages:
        if listed not in contents:
            raise Unreadable(f"L’enveloppe {name} annonce {listed}, qui manque.")
        message = read(contents[listed])
        files = [one for one in _files(message) if one in contents]
        yield {
            "kind": "message",
            "name": listed,
            "code": message.code,
            "siren": envelope.siren,
            "department": envelope.department,
            "files": files,
            **_said(message, envelope),
        }


def _envelope(contents: Mapping[str, bytes]) -> tuple[str, Incoming | Rejected]:
    for name, content in contents.items():
        if "ACT--" in name and name.endswith(".xml"):
            found = envelopes.read(content)
            if isinstance(found, Incoming | Rejected):
                return name, found
    raise Unreadable("L’archive ne contient aucune enveloppe de la préfecture.")


def _files(message: values.Message) -> list[str]:
    match message:
        case values.Letter() | values.Referral():
            return [one.name for one in message.files]
        case _:
            return []


def _said(message: values.Message, envelope: Incoming) -> Plain:
    match message:
        case values.Acknowledged():
            return _dated(message, "act_id", "received_on", "classified_on")
        case values.Anomaly():
            return {
                "act_id": _act_id(message.act, envelope),
                **_dated(message, "nature", "detail", "dated", "classified_on"),
            }
        case values.Letter():
            return _dated(message, "act_id", "letter_on", "text")
        case values.AnswerReceived():
            return _dated(message, "act_id", "letter_on", "received_on")
        case values.Referral():
            return {**_dated(message, "act_id", "filed_on"), "text": message.illegality}
        case values.CancellationReceived():
            return _dated(message, "act_id", "received_on")
        case values.Classification() | values.ClassificationUnchanged():
            return _dated(message, "dated")
        case _:
            raise Unreadable(f"Le message {message.code} ne vient pas d’une préfecture.")


def _dated(message: Any, *names: str) -> Plain:
    said = {name: getattr(message, name) for name in names}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in said.items()
    }


def _act_id(act: values.Act, envelope: Incoming) -> str:
    """An anomaly names no identifier: it is that of the act as it was received."""
    nature = NATURES.get(act.nature, "")
    parts = (envelope.department, envelope.siren, f"{act.decided_on:%Y%m%d}", act.number)
    return "-".join((*parts, nature))
