"""The body's book: its desks, its types and subtypes of folders, its circuits."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, decisions, definitions, journal
from engine.access import require
from engine.actors import Actor
from engine.commands import people
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import db
from engine.transaction import transaction
from engine.words import fold
from workflows.parapheur.models import DESK_PREFIX, Desk, FolderSubtype, FolderType

SUBTYPE_FACTS = frozenset(
    [
        "name",
        "creation_circuit",
        "circuit",
        "selection",
        "metadata_fields",
        "seal",
        "deposit_roles",
        "visibility",
        "working_days",
        "reminder_days",
        "chained_to",
        "transmission",
    ]
)
TYPE_FACTS = frozenset(["name", "protocol", "format", "visible", "position", "place"])
LONGEST_NAME = 200


class TypologyRefused(EngineError):
    """The book cannot be kept so: `errors` says for each field what to put right, in French."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


# Desks


def add_desk(
    organisation_id: UUID,
    slug: str,
    name: str,
    *,
    actor: Actor,
    title: str = "",
    parent_id: UUID | None = None,
) -> UUID:
    """Open a desk in a body; its role is `desk:<slug>`. Raises Forbidden, TypologyRefused."""
    with transaction():
        keeper(organisation_id, actor)
        role = DESK_PREFIX + word_of(slug or name, "-")
        named(name)
        taken = select(Desk.id).where(
            Desk.organisation_id == organisation_id, Desk.role == role
        )
        if db.session.scalar(taken) is not None:
            raise TypologyRefused({"slug": "Un autre bureau porte déjà cet identifiant."})
        _parent(organisation_id, parent_id)
        desk = Desk(
            id=uuid4(), organisation_id=organisation_id, role=role, name=name.strip(),
            title=title.strip()[:LONGEST_NAME], parent_id=parent_id, created_at=clock.now(),
        )  # fmt: skip
        db.session.add(desk)
        _tell(organisation_id, "desk_opened", actor, role=role)
        return desk.id


def change_desk(
    desk_id: UUID, *, actor: Actor, name: str, title: str, parent_id: UUID | None
) -> None:
    """Rename a desk, or put it under another. Raises Forbidden, TypologyRefused."""
    with transaction():
        desk = db.session.get_one(Desk, desk_id)
        require(actor, "keep", desk)
        named(name)
        _parent(desk.organisation_id, parent_id, of=desk_id)
        desk.name, desk.title = name.strip(), title.strip()[:LONGEST_NAME]
        desk.parent_id = parent_id
        _tell(desk.organisation_id, "desk_changed", actor, role=desk.role)


def close_desk(desk_id: UUID, *, actor: Actor) -> None:
    """Let a desk deposit nothing more; what waits there stays to be done."""
    with transaction():
        desk = db.session.get_one(Desk, desk_id)
        require(actor, "keep", desk)
        desk.closed_at = desk.closed_at or clock.now()
        _tell(desk.organisation_id, "desk_closed", actor, role=desk.role)


def seat(desk_id: UUID, person_id: UUID, *, actor: Actor) -> UUID:
    """Have somebody sit at a desk; returns the holding's id. Raises Forbidden."""
    with transaction():
        desk = db.session.get_one(Desk, desk_id)
        require(actor, "keep", desk)
        held = people.hold(person_id, desk.organisation_id, desk.role, by=actor.person_id)
        return held.id


# Types and subtypes


def add_type(
    organisation_id: UUID, slug: str, name: str, *, actor: Actor, **facts: Any
) -> UUID:
    """Add a type of folders to a body's book; `facts` are its other columns.

    Raises Forbidden, TypologyRefused.
    """
    with transaction():
        keeper(organisation_id, actor)
        named(name)
        row = FolderType(
            id=uuid4(), organisation_id=organisation_id, slug=word_of(slug or name),
            name=name.strip(), **_only(facts, TYPE_FACTS),
        )  # fmt: skip
        taken = select(FolderType.id).where(
            FolderType.organisation_id == organisation_id, FolderType.slug == row.slug
        )
        if db.session.scalar(taken) is not None:
            raise TypologyRefused({"slug": "Un autre type porte déjà cet identifiant."})
        db.session.add(row)
        _tell(organisation_id, "folder_type_added", actor, type=row.slug)
        return row.id


def change_type(type_id: UUID, *, actor: Actor, **facts: Any) -> None:
    """Change a type; the folders that are there keep their formats."""
    with transaction():
        row = db.session.get_one(FolderType, type_id)
        require(actor, "keep", row)
        for name, value in _only(facts, TYPE_FACTS).items():
            setattr(row, name, value)
        named(row.name)
        _tell(row.organisation_id, "folder_type_changed", actor, type=row.slug)


def add_subtype(type_id: UUID, slug: str, name: str, *, actor: Actor, **facts: Any) -> UUID:
    """Add a subtype to a type; `facts` are its other columns. Raises Forbidden,
    TypologyRefused.
    """
    with transaction():
        of_type = db.session.get_one(FolderType, type_id)
        require(actor, "keep", of_type)
        named(name)
        word = word_of(slug or name)
        row = FolderSubtype(
            id=uuid4(), type_id=type_id, slug=word, name=name.strip(),
            scope=f"parapheur.{of_type.slug}.{word}", **_only(facts, SUBTYPE_FACTS),
        )  # fmt: skip
        taken = select(FolderSubtype.id).where(
            FolderSubtype.type_id == type_id, FolderSubtype.slug == word
        )
        if db.session.scalar(taken) is not None:
            raise TypologyRefused(
                {"slug": "Un autre sous-type porte déjà cet identifiant."}
            )
        _check(row, of_type.organisation_id)
        db.session.add(row)
        _tell(of_type.organisation_id, "folder_subtype_added", actor, subtype=row.scope)
        return row.id


def change_subtype(subtype_id: UUID, *, actor: Actor, **facts: Any) -> None:
    """Change a subtype; the folders that circulate keep their circuits."""
    with transaction():
        row = db.session.get_one(FolderSubtype, subtype_id)
        require(actor, "keep", row)
        for name, value in _only(facts, SUBTYPE_FACTS).items():
            setattr(row, name, value)
        named(row.name)
        _check(row, row.type.organisation_id)
        _tell(row.type.organisation_id, "folder_subtype_changed", actor, subtype=row.scope)


def close_type(type_id: UUID, *, actor: Actor) -> None:
    """Let nothing more be deposited under a type."""
    with transaction():
        row = db.session.get_one(FolderType, type_id)
        require(actor, "keep", row)
        row.closed_at = row.closed_at or clock.now()
        _tell(row.organisation_id, "folder_type_closed", actor, type=row.slug)


def close_subtype(subtype_id: UUID, *, actor: Actor) -> None:
    """Let nothing more be deposited under a subtype."""
    with transaction():
        row = db.session.get_one(FolderSubtype, subtype_id)
        require(actor, "keep", row)
        row.closed_at = row.closed_at or clock.now()
        _tell(row.type.organisation_id, "folder_subtype_closed", actor, subtype=row.scope)


def keeper(organisation_id: UUID, actor: Actor) -> Organisation:
    """The body, once it is known that this person keeps its book. Raises Forbidden."""
    body = db.session.get_one(Organisation, organisation_id)
    require(actor, "keep the book", body)
    return body


def word_of(text: str, joint: str = "_") -> str:
    """A word fit for a role, a scope or a key. Raises TypologyRefused."""
    word = re.sub(r"[^a-z0-9]+", joint, fold(text)).strip(joint)[:60].strip(joint)
    if not word:
        raise TypologyRefused({"slug": "Donnez un identifiant, avec des lettres."})
    return word if word[0].isalpha() else f"n{word}"[:60]


def named(name: str) -> None:
    """Raise TypologyRefused for a name that is none."""
    if not name.strip():
        raise TypologyRefused({"name": "Donnez un nom."})
    if len(name.strip()) > LONGEST_NAME:
        raise TypologyRefused({"name": f"Nom : {LONGEST_NAME} caractères au plus."})


def _only(facts: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    if unknown := facts.keys() - known:
        raise LookupError(f"No such fact: {', '.join(sorted(unknown))}")
    return dict(facts)


def _parent(organisation_id: UUID, parent_id: UUID | None, of: UUID | None = None) -> None:
    """A desk stands under another of its body, never under itself."""
    while parent_id is not None:
        above = db.session.get(Desk, parent_id)
        if above is None or above.organisation_id != organisation_id or above.id == of:
            raise TypologyRefused({"parent": "Choisissez un autre bureau de l’organisme."})
        parent_id = above.parent_id


def _check(row: FolderSubtype, organisation_id: UUID) -> None:
    """What a subtype names exists. Raises TypologyRefused."""
    errors = {}
    for field in ("circuit", "creation_circuit"):
        key = getattr(row, field)
        if key and definitions.callable_by(organisation_id, key) is None:
            errors[field] = f"Le circuit « {key} » n’est pas publié."
    if row.selection:
        try:
            decisions.compile(row.selection.encode())
        except decisions.DecisionRefused as refused:
            errors["selection"] = " ".join(refused.problems)
    if row.chained_to:
        following = db.session.get(FolderSubtype, row.chained_to)
        if (
            following is None
            or following.type.organisation_id != organisation_id
            or following.id == row.id
        ):
            errors["chained_to"] = "Choisissez un autre sous-type de l’organisme."
    if errors:
        raise TypologyRefused(errors)


def _tell(organisation_id: UUID, action: str, actor: Actor, **detail: Any) -> None:
    journal.write(
        f"organisation:{organisation_id}", action, by=actor.person_id, detail=detail
    )
