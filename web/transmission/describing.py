"""What a caller says of an act, checked field by field; and the classification it is held to."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from werkzeug.datastructures import MultiDict

from connectors import Refused
from connectors.actes import numbering
from connectors.actes.latin import line
from connectors.actes.messages.reading import read
from connectors.actes.messages.values import Classification
from connectors.actes.vocabulary import SIGNATURE_TYPE
from engine import clock
from web.partners import partner
from web.transmission.receiving import Rejected
from workflows.relay import reading
from workflows.relay.models import TransmissionAccount

Plain = dict[str, Any]
_SAID = {
    "number": "Le numéro n'est pas correct",
    "nature": "La nature de l'acte n'est pas correcte",
    "matter": "La classification de l'acte n'est pas correcte",
    "subject": "L'objet de l'acte est absent ou trop long (499 caractères)",
    "decided_on": "La date de décision est une date dans le futur",
}
NO_CLASSIFICATION = (
    "Aucune classification n'a encore été reçue de la préfecture. Demandez-la et réessayez "
    "dans quelques minutes."
)


@dataclass(frozen=True)
class Lists:
    """The codes in force: types of documents by nature, and matters."""

    types: dict[int, frozenset[str]]
    matters: frozenset[tuple[int, ...]]


def lists(account: TransmissionAccount) -> Lists:
    """The lists that the prefecture sent. Raises Rejected before it has."""
    found = reading.classification(account.organisation_id)
    if found is None or found.answer is None:
        raise Rejected(NO_CLASSIFICATION)
    return _lists(found.answer.sha256, partner("storage").read)


@lru_cache(maxsize=16)
def _lists(digest: str, content: Any) -> Lists:
    message = read(content(digest))
    if not isinstance(message, Classification):
        raise Rejected(NO_CLASSIFICATION)
    natures = {code for code, _, _ in message.natures}
    types = {
        nature: frozenset(one.code for one in message.types if one.nature == nature)
        for nature in natures
    }
    return Lists(types, frozenset(code for code, _ in message.matters))


def described(form: MultiDict[str, str], known: Lists) -> Plain:
    """An act as a form says it. Raises Rejected with S²LOW's words for the first wrong field."""
    nature = _whole(form.get("nature_code", ""))
    matter = [_whole(form[name]) for name in _MATTERS if form.get(name)]
    try:
        decided_on = date.fromisoformat(form.get("decision_date", ""))
    except ValueError:
        raise Rejected("La date de décision n'est pas correcte") from None
    act: Plain = {
        "number": form.get("number", ""),
        "nature": nature,
        "matter": matter,
        "subject": form.get("subject", ""),
    }
    wrong = numbering.problems(**act, decided_on=decided_on, today=clock.today())
    for field in ("nature", "number", "decided_on", "subject", "matter"):
        if field in wrong:
            raise Rejected(_said(field, wrong[field]))
    if nature not in known.types:
        raise Rejected(_SAID["nature"])
    if tuple(matter) not in known.matters:
        raise Rejected(_SAID["matter"])
    on_paper = form.get("document_papier") == "1"
    subject = line(act["subject"], "Objet")
    return {
        **act, "subject": subject, "decided_on": decided_on.isoformat(), "on_paper": on_paper,
    }  # fmt: skip


_MATTERS = tuple(f"classif{rank}" for rank in range(1, 6))


def _said(field: str, why: str) -> str:
    """S²LOW's words, and ours where they say more."""
    return why if "caractère" in why and "existe pas" in why else _SAID[field]


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0  # noqa: PLR2004


def allowed_types(known: Lists, nature: int) -> frozenset[str]:
    """The types that files of an act of this nature may have."""
    return known.types.get(nature, frozenset()) | {SIGNATURE_TYPE}


def identifier(account: TransmissionAccount, act: Plain) -> str:
    """The identifier that an act will go by at the prefecture. Raises Rejected."""
    body = numbering.Body(**account.body)
    decided_on = date.fromisoformat(act["decided_on"])
    try:
        return numbering.identifier(body, decided_on, act["number"], act["nature"])
    except Refused as refused:
        raise Rejected(refused.reasons[0]) from refused
