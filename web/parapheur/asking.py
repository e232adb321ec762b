"""What an address asks of a list of folders: words, kinds, dates, an order; made safe."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import format_date, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.sql.expression import literal

from engine import clock
from engine.clock import PARIS
from engine.columns import UtcDateTime
from engine.models import db
from engine.words import words
from web.typed import text
from workflows.parapheur.models import (
    IN_PROGRESS,
    Desk,
    Folder,
    FolderDesk,
    FolderSubtype,
    FolderType,
)

PARAMETERS = ("mots", "type", "sous_type", "etat", "bureau", "du", "au", "retard", "tri")
LONGEST = 100
MOST_WORDS = 8
FAR = datetime(9000, 1, 1, tzinfo=UTC)
STATES = {
    "draft": lazy_gettext("Brouillons"),
    "in_progress": lazy_gettext("En cours"),
    "finished": lazy_gettext("Terminés"),
    "refused": lazy_gettext("Refusés"),
    "abandoned": lazy_gettext("Abandonnés"),
}
ORDERS = {
    "echeance": lazy_gettext("Échéance la plus proche"),
    "titre": lazy_gettext("Titre"),
    "recents": lazy_gettext("Les plus récents d’abord"),
    "anciens": lazy_gettext("Les plus anciens d’abord"),
}


class Choices:
    """What the filters offer in a body."""

    def __init__(self, organisation_id: UUID) -> None:
        rows = list(
            db.session.scalars(
                select(FolderSubtype)
                .join(FolderType, FolderType.id == FolderSubtype.type_id)
                .where(FolderType.organisation_id == organisation_id)
                .order_by(FolderType.name, FolderSubtype.name)
            )
        )
        self.known = {str(one.id): one for one in rows}
        self.types = {str(one.type_id): one.type.name for one in rows}
        self.subtypes = {str(one.id): f"{one.type.name} › {one.name}" for one in rows}
        self.orders = {name: str(label) for name, label in ORDERS.items()}
        self.states = {name: str(label) for name, label in STATES.items()}
        desks = select(Desk.role, Desk.name).where(Desk.organisation_id == organisation_id)
        self.desks = {
            role: name for role, name in db.session.execute(desks.order_by(Desk.name))
        }


@dataclass(frozen=True)
class Asked:
    """What is asked, and what is wrong with it by field. `chips` are (names, words)."""

    params: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    chips: Sequence[tuple[str, str]] = ()
    since: datetime | None = None
    until: datetime | None = None
    subtype: FolderSubtype | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def mots(self) -> str:
        """The words looked for."""
        return self.params.get("mots", "")

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order is asked."""
        return bool(self.chips or self.errors)

    def address(self, endpoint: str, *without: str, **more: Any) -> str:
        """The address of the same list, without some of what is asked."""
        kept: dict[str, Any] = {n: v for n, v in self.params.items() if n not in without}
        return url_for(endpoint, **{**more, **kept})

    def narrow(self, rows: Select[Any]) -> Select[Any]:
        """The same folders, only those asked for."""
        for condition in self._conditions():
            rows = rows.where(condition)
        return rows

    def _conditions(self) -> list[ColumnElement[bool]]:
        found = [
            Folder.folded.contains(word, autoescape=True)
            for word in words(self.mots)[:MOST_WORDS]
        ]
        if self.subtype is not None:
            found.append(Folder.subtype_id == self.subtype.id)
        elif kind := self.params.get("type"):
            of_type = select(FolderSubtype.id).where(FolderSubtype.type_id == UUID(kind))
            found.append(Folder.subtype_id.in_(of_type))
        if state := self.params.get("etat"):
            found.append(Folder.state == state)
        if role := self.params.get("bureau"):
            found.append(Folder.author_role == role)
        if self.since is not None:
            found.append(Folder.deposited_at >= self.since)
        if self.until is not None:
            found.append(Folder.deposited_at < self.until)
        if "retard" in self.params:
            found += [Folder.due_at < clock.now(), Folder.state == IN_PROGRESS]
        for key, value in self.metadata.items():
            said = Folder.details[("metadata", key)].as_string()
            found.append(func.lower(said) == value.lower())
        return found


def read(said: Mapping[str, str], choices: Choices) -> Asked:
    """What an address asks, as far as it makes sense."""
    params = {n: text(said, n)[:LONGEST] for n in PARAMETERS if text(said, n)}
    errors, chips = dict[str, str](), list[tuple[str, str]]()
    options = {
        "type": choices.types, "sous_type": choices.subtypes, "tri": choices.orders,
        "etat": choices.states, "bureau": choices.desks, "retard": {"1": _("En retard")},
    }  # fmt: skip
    for name, known in options.items():
        if name in params and params[name] not in known:
            del params[name]
    subtype = choices.known.get(params.get("sous_type", ""))
    if subtype is not None:
        params["type"] = str(subtype.type_id)
    labels = {"mots": _("Recherche"), "type": _("Type"), "sous_type": _("Sous-type"),
              "etat": _("État"), "bureau": _("Déposé par"), "retard": _("Échéance")}  # fmt: skip
    for name, label in labels.items():
        if name in params and not (name == "type" and subtype):
            shown = params[name] if name == "mots" else options[name][params[name]]
            chips.append((name, f"{label} : {shown}"))
    bounds = dict[str, datetime | None]()
    for name, label in (("du", _("Déposé depuis le")), ("au", _("Déposé jusqu’au"))):
        bounds[name] = _bound(params, name, label, errors, chips)
    metadata = _metadata(said, subtype, params, chips)
    return Asked(params, errors, chips, bounds["du"], bounds["au"], subtype, metadata)


def _bound(
    params: dict[str, str], name: str, label: str, errors: dict[str, str], chips: Any
) -> datetime | None:
    """The moment that a day stands for; the end of it for the last one."""
    if name not in params:
        return None
    try:
        day = date.fromisoformat(params[name])
        moment = datetime.combine(day, time(), PARIS) + timedelta(days=name == "au")
    except (ValueError, OverflowError):
        errors[name] = _("%(field)s : un jour, par exemple 31/12/2026.", field=label)
        return None
    chips.append((name, f"{label} {format_date(day, 'medium')}"))
    return moment


def _metadata(
    said: Mapping[str, str],
    subtype: FolderSubtype | None,
    params: dict[str, str],
    chips: Any,
) -> dict[str, str]:
    """What the folders of a subtype must say, exactly."""
    found = {}
    for one in subtype.metadata_fields if subtype else ():
        name = f"donnee-{one['key']}"
        if value := text(said, name)[:LONGEST]:
            found[one["key"]] = value
            params[name] = value
            chips.append((name, f"{one['label']} : {value}"))
    return found


@dataclass(frozen=True)
class Order:
    """In which order a list is, by a column that says where its next page begins."""

    column: Any
    descending: bool = False

    def apply(self, rows: Select[Any], after: str) -> Select[Any]:
        """The rows in this order, after a place."""
        identity = Folder.instance_id
        if place := _place(after, self.column):
            value, last = place
            beyond = self.column < value if self.descending else self.column > value
            later = identity < last if self.descending else identity > last
            rows = rows.where(or_(beyond, and_(self.column == value, later)))
        order = (
            (self.column.desc(), identity.desc())
            if self.descending
            else (self.column, identity)
        )
        return rows.order_by(None).order_by(*order)


def order_of(asked: Asked, *, arrival: bool, latest: bool) -> Order:
    """The order asked; else that of the arrival at the desk, or of the deposit."""
    match asked.params.get("tri"):
        case "echeance":
            return Order(
                func.coalesce(
                    Folder.due_at, literal(FAR, UtcDateTime()), type_=UtcDateTime()
                )
            )
        case "titre":
            return Order(Folder.title)
        case "recents":
            return Order(Folder.deposited_at, descending=True)
        case "anciens":
            return Order(Folder.deposited_at)
    return Order(FolderDesk.at if arrival else Folder.deposited_at, descending=latest)


def place_of(value: Any, folder_id: UUID) -> str:
    """Where a page ends, as an address says it."""
    return f"{value.isoformat() if isinstance(value, datetime) else value}_{folder_id}"


def _place(said: str, column: Any) -> tuple[Any, UUID] | None:
    value, _bar, key = said.rpartition("_")
    try:
        identity = UUID(key)
        if column is Folder.title:
            return value[:300], identity
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (at, identity) if at.tzinfo else None
