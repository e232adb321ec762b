"""Take a deposit back: at its author's desk, as long as nobody else has acted on it."""

from uuid import UUID

from sqlalchemy import select

from engine import clock, journal
from engine.access import require
from engine.actors import Actor
from engine.commands import operations
from engine.commands.operations import Operation
from engine.commands.step import locked
from engine.models import db
from engine.transaction import transaction
from workflows.parapheur import correcting, records, standings
from workflows.parapheur.models import (
    ABANDONED,
    DRAFT,
    FINISHED,
    IN_PROGRESS,
    REFUSED,
    Folder,
    FolderAct,
)
from workflows.parapheur.opening import ActRefused

_OURS = ("drafted", "deposited", "corrected", "undone")
"""Acts after which a folder is still as its author deposited it."""


def withdraw(folder_id: UUID, *, actor: Actor, reason: str) -> UUID:
    """Give a folder up: a draft, one that nobody has acted on yet, one that came back refused.

    It stays in the book. Returns the act's id. Raises NoResultFound, Forbidden, ActRefused.
    """
    folder = db.session.get_one(Folder, folder_id)
    require(actor, "handle", folder)
    if not reason.strip():
        raise ActRefused({"reason": "Dites pourquoi vous retirez ce dossier."})
    if folder.state in {DRAFT, REFUSED}:
        waiting = correcting.waiting(folder_id)
        return correcting.abandon(waiting, actor=actor, reason=reason)
    with transaction() as after_commit:
        instance = locked(folder_id)
        folder = records.locked(folder_id)
        require(actor, "handle", folder)
        if folder.state != IN_PROGRESS or not instance.is_open:
            raise ActRefused({"folder": "Ce dossier ne circule plus."})
        if _acted_on(folder):
            raise ActRefused({"folder": "Un bureau a déjà agi : demandez-lui de refuser."})
        folder.state, folder.ended_at = ABANDONED, clock.now()
        act = records.write(
            folder, "abandoned", actor, role=folder.author_role, note=reason
        )
        operations.act(
            instance, Operation("cancel"), actor=actor, motive=reason.strip()[:500],
            after_commit=after_commit,
        )  # fmt: skip
        standings.leave(folder)
        return act.id


def leave_identifier(folder_id: UUID, *, actor: Actor) -> None:
    """Let another folder be deposited under the identifier of one that was given up.

    Raises NoResultFound, Forbidden, ActRefused.
    """
    with transaction():
        folder = records.locked(folder_id)
        require(actor, "handle", folder)
        if folder.state != ABANDONED:
            raise ActRefused({"folder": "Ce dossier n’est pas abandonné."})
        if folder.external_id:
            number = folder.instance.number
            folder.external_id = f"{folder.external_id[:150]} [{number}]"


def put_away(folder_id: UUID, *, actor: Actor) -> None:
    """Take a finished folder out of the lists of applications: nothing of it is removed.

    Raises NoResultFound, Forbidden, ActRefused.
    """
    with transaction():
        folder = records.locked(folder_id)
        require(actor, "handle", folder)
        if folder.state != FINISHED:
            raise ActRefused({"folder": "Ce dossier n’est pas terminé."})
        if folder.put_away_at is None:
            folder.put_away_at = clock.now()
            _tell(folder, "folder_put_away", actor)


def bring_back(folder_id: UUID, *, actor: Actor) -> None:
    """Have applications list a folder again. Raises NoResultFound, Forbidden."""
    with transaction():
        folder = records.locked(folder_id)
        require(actor, "bypass", folder)  # whoever keeps the book
        if folder.put_away_at is not None:
            folder.put_away_at = None
            _tell(folder, "folder_brought_back", actor)


def _tell(folder: Folder, what: str, actor: Actor) -> None:
    chain = f"folder:{folder.instance_id}"
    journal.write(chain, what, by=actor.person_id, detail={})


def _acted_on(folder: Folder) -> bool:
    """Whether a desk did something in this round that still holds."""
    return (
        db.session.scalars(
            select(FolderAct.id)
            .where(
                FolderAct.instance_id == folder.instance_id,
                FolderAct.round == folder.round,
                FolderAct.kind.not_in({*_OURS, *records.QUIET}),
                FolderAct.undone_by.is_(None),
            )
            .limit(1)
        ).first()
        is not None
    )
