"""GetListeTypes, GetListeSousTypes, the metadata that are asked, echo."""

from typing import Any

from sqlalchemy import select

from engine.models import db
from web.api import folders, keyed
from web.iparapheur import kinds
from web.iparapheur.soap.reading import Node
from web.iparapheur.soap.writing import Answer
from workflows.parapheur.metadata import BOOLEAN, DATE, DEPOSIT, NUMBER
from workflows.parapheur.models import FolderSubtype, FolderType

MOST = 500
_NATURES = {DATE: "DATE", NUMBER: "FLOAT", BOOLEAN: "BOOLEAN"}


def types(asked: Node, answer: Answer) -> None:
    """The types of which the key's desks may deposit something."""
    for name in sorted({one.type.name for one in _open()}):
        answer.add("TypeTechnique", name)


def subtypes(asked: Node, answer: Answer) -> None:
    """The subtypes of a type of which the key's desks may deposit folders."""
    for one in _open(kinds.named(FolderType, asked.text.strip())):
        answer.add("SousType", one.name)


def metadata(asked: Node, answer: Answer) -> None:
    """Every field that a subtype asks, once."""
    found = {f["key"]: f for one in _open() for f in one.metadata_fields}
    for key in sorted(found):
        _defined(answer, found[key])


def metadata_of(asked: Node, answer: Answer) -> None:
    """What a subtype asks of a folder. Raises Problem."""
    subtype = kinds.subtype_of(
        keyed.key().organisation_id, asked.said("TypeTechnique"), asked.said("SousType")
    )
    for one in subtype.metadata_fields:
        _defined(answer, one, required=DEPOSIT in one.get("required_at", ()))


def echo(asked: Node, answer: Answer) -> None:
    """The same words, to try one's connection."""
    answer.root.text = " ".join(asked.text.split())[:1000]


def _open(*of: Any) -> list[FolderSubtype]:
    asked = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == keyed.key().organisation_id,
            FolderType.closed_at.is_(None),
            FolderSubtype.closed_at.is_(None),
            *of,
        )
    )
    mine = set(folders.my_desks())
    found = db.session.scalars(asked.order_by(FolderSubtype.name).limit(MOST))
    return [one for one in found if mine & set(one.deposit_roles or mine)]


def _defined(answer: Answer, field: dict[str, Any], required: bool | None = None) -> None:
    made = answer.add("MetaDonnee")
    answer.add("nomCourt", field["key"], made)
    answer.add("nomLong", field.get("label") or field["key"], made)
    answer.add("nature", _NATURES.get(field.get("kind", ""), "STRING"), made)
    if required is not None:
        answer.add("obligatoire", str(required).lower(), made)
    for value in field.get("values") or ():
        answer.add("valeurPossible", value, made)
