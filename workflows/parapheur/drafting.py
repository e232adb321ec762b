"""Drafts: a folder that its desk has written and not deposited yet, and its way in and out."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from engine.access import Forbidden, allowed, require
from engine.actors import Actor
from engine.commands import operations
from engine.commands.operations import Operation
from engine.commands.step import locked
from engine.exchanges import RemoteCall
from engine.models import ProcessInstance, db
from engine.transaction import transaction
from workflows.parapheur import correcting, records
from workflows.parapheur.models import DRAFT, IN_PROGRESS, Folder, FolderAct, FolderDesk
from workflows.parapheur.opening import ActRefused


def start(
    folder_id: UUID,
    *,
    actor: Actor,
    title: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    note: str = "",
    private_note: str = "",
) -> UUID:
    """Deposit a draft: it starts on its circuits. Returns the act's id.

    Raises NoResultFound, Forbidden, ActRefused field by field.
    """
    folder = db.session.get_one(Folder, folder_id)
    require(actor, "handle", folder)
    if folder.state != DRAFT:
        raise ActRefused({"folder": "Ce dossier n’est plus un brouillon."})
    return correcting.correct(
        correcting.waiting(folder_id), actor=actor, title=title, metadata=metadata,
        note=note, private_note=private_note,
    )  # fmt: skip


def take_back(act_id: UUID, *, actor: Actor) -> UUID:
    """Make a draft again of a folder one has just deposited, on which nobody has acted.

    Returns the new act's id. Raises Forbidden for somebody else's deposit, ActRefused.
    """
    with transaction() as after_commit:
        act = db.session.get_one(FolderAct, act_id)
        instance = locked(act.instance_id)
        folder = records.locked(act.instance_id)
        act = db.session.get_one(FolderAct, act_id, populate_existing=True)
        if act.person_id != actor.person_id or not allowed(actor, "handle", folder):
            raise Forbidden
        if act.undone_by is not None:
            raise ActRefused({"act": "Cet acte est déjà annulé."})
        moved = records.moved_since(act) or folder.state != IN_PROGRESS
        if moved or not instance.is_open or _left(folder):
            raise ActRefused({"act": "Le dossier a avancé depuis : il est trop tard."})
        folder.state, folder.due_at, folder.remind_at = DRAFT, None, None
        undone = records.write(
            folder, "undone", actor, role=folder.author_role, step="Dépôt",
            detail={"undoes": str(act.id)},
        )  # fmt: skip
        act.undone_by = undone.id
        others = FolderDesk.instance_id == folder.instance_id
        db.session.execute(
            delete(FolderDesk).where(others, FolderDesk.role != folder.author_role)
        )
        operations.act(
            instance, Operation("move", target=_standing(instance), to=correcting.PREPARE),
            actor=actor, motive="Droit de remords", after_commit=after_commit,
        )  # fmt: skip
        return undone.id


def _standing(instance: ProcessInstance) -> str:
    """Where the folder stands in its own diagram: at the circuit that it goes through."""
    call = db.session.scalars(
        select(RemoteCall.task_id)
        .where(RemoteCall.instance_id == instance.id)
        .order_by(RemoteCall.created_at.desc())
        .limit(1)
    ).first()
    if call is None:
        raise ActRefused({"act": "Ce dossier part à peine : réessayez."})
    return str(call)


def _left(folder: Folder) -> bool:
    """Whether a circuit has asked anything of the outside: what has left does not come back."""
    asked = (
        select(RemoteCall.id)
        .join(ProcessInstance, ProcessInstance.id == RemoteCall.instance_id)
        .where(ProcessInstance.parent_id == folder.instance_id)
    )
    return db.session.scalars(asked.limit(1)).first() is not None
