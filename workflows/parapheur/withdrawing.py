"""Take a deposit back: at its author's desk, as long as nobody else has acted on it."""

from uuid import UUID

from sqlalchemy import select

from engine import clock
from engine.access import require
from engine.actors import Actor
from engine.commands import operations
from engine.commands.operations import Operation
from engine.commands.step import locked
from engine.models import IS_OPEN, UserTask, db
from engine.transaction import transaction
from workflows.parapheur import correcting, records, standings
from workflows.parapheur.models import (
    ABANDONED,
    IN_PROGRESS,
    REFUSED,
    Folder,
    FolderAct,
)
from workflows.parapheur.opening import ActRefused

_OURS = ("deposited", "corrected", "undone")
"""Acts after which a folder is still as its author deposited it."""


def withdraw(folder_id: UUID, *, actor: Actor, reason: str) -> UUID:
    """Give a folder up: one that nobody has acted on yet, or one that came back refused.

    It stays in the book. Returns the act's id. Raises NoResultFound, Forbidden, ActRefused.
    """
    folder = db.session.get_one(Folder, folder_id)
    require(actor, "handle", folder)
    if not reason.strip():
        raise ActRefused({"reason": "Dites pourquoi vous retirez ce dossier."})
    if folder.state == REFUSED:
        return correcting.abandon(_to_correct(folder_id), actor=actor, reason=reason)
    with transaction() as after_commit:
        instance = locked(folder_id)
        folder = records.locked(folder_id)
        require(actor, "handle", folder)
        if folder.state != IN_PROGRESS or not instance.is_open:
            raise ActRefused({"folder": "Ce dossier ne circule plus."})
        if _acted_on(folder):
            raise ActRefused({"folder": "Un bureau a déjà agi : demandez-lui de refuser."})
        act = records.write(
            folder, "abandoned", actor, role=folder.author_role, note=reason
        )
        folder.state, folder.ended_at = ABANDONED, clock.now()
        operations.act(
            instance, Operation("cancel"), actor=actor, motive=reason.strip()[:500],
            after_commit=after_commit,
        )  # fmt: skip
        standings.leave(folder)
        return act.id


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


def _to_correct(folder_id: UUID) -> UUID:
    task = db.session.scalars(
        select(UserTask.id)
        .where(
            UserTask.instance_id == folder_id,
            UserTask.element_id == correcting.CORRECT,
            IS_OPEN,
        )
        .limit(1)
    ).first()
    if task is None:
        raise ActRefused({"folder": "Ce dossier revient à peine : réessayez."})
    return task
