"""Tells applications what happens to folders as it is written: each, what its key may see.

An event says what was done, at which desk, by whom as the record of the folder says it, and
why when it is sent back. A private note is no part of it.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import api_keys, webhooks
from engine.access import allowed
from engine.directory import Person
from engine.models import ProcessInstance, db
from workflows.parapheur.models import DESK_PREFIX, Desk, Folder, FolderAct

EVENTS = {
    "deposited": webhooks.FOLDER_DEPOSITED,
    "corrected": webhooks.FOLDER_DEPOSITED,
    "resumed": webhooks.FOLDER_RETURNED,
    "approved": webhooks.FOLDER_STEP_DONE,
    "sealed": webhooks.FOLDER_STEP_DONE,
    "opinion_given": webhooks.FOLDER_STEP_DONE,
    "mailed": webhooks.FOLDER_STEP_DONE,
    "transferred": webhooks.FOLDER_STEP_DONE,
    "bypassed": webhooks.FOLDER_STEP_DONE,
    "archived": webhooks.FOLDER_STEP_DONE,
    "signed": webhooks.FOLDER_SIGNED,
    "refused": webhooks.FOLDER_REFUSED,
    "transmitted": webhooks.FOLDER_REFUSED,  # the State has refused it: see `passing_on`
    "returned": webhooks.FOLDER_RETURNED,
    "undone": webhooks.FOLDER_RETURNED,
    "abandoned": webhooks.FOLDER_ABANDONED,
    "acknowledged": webhooks.FOLDER_ACKNOWLEDGED,
    "finished": webhooks.FOLDER_FINISHED,
}
"""Which event an act of a folder is; the others are nobody's affair outside the book."""
_EXPLAINED = frozenset({"refused", "transmitted", "returned", "resumed", "abandoned"})


def done(folder: Folder, act: FolderAct) -> None:
    """Tell what was just done to a folder, whose state says it already."""
    if (event := EVENTS.get(act.kind)) is not None:
        _tell(folder, event, act)


def transmitted(folder: Folder) -> None:
    """Tell that a folder leaves for the State, whose answer will come."""
    _tell(folder, webhooks.FOLDER_TRANSMITTED, None)


def _tell(folder: Folder, event: str, act: FolderAct | None) -> None:
    told = [
        webhook_id
        for webhook_id, eyes in webhooks.listening(folder.organisation_id, event)
        if _sees(eyes, folder)
    ]
    if told:
        webhooks.publish_to(told, event, _said(folder, act))


def _sees(person_id: UUID, folder: Folder) -> bool:
    """Whether a key of this technical person reads this folder now."""
    keys = api_keys.actors_with(person_id, folder.organisation_id, api_keys.FOLDERS_READ)
    return any(allowed(actor, "see", folder) for actor in keys)


def _said(folder: Folder, act: FolderAct | None) -> dict[str, Any]:
    number = select(ProcessInstance.number).where(ProcessInstance.id == folder.instance_id)
    said = {
        "folder_id": str(folder.instance_id),
        "number": db.session.scalar(number),
        "external_id": folder.external_id,
        "type": folder.subtype.type.slug,
        "subtype": folder.subtype.slug,
        "state": folder.state,
        "round": folder.round,
        "act": _act(folder, act) if act else None,
    }
    if act is not None and act.kind in _EXPLAINED:
        said["reason"] = act.note or folder.refused_for
    return said


def _act(folder: Folder, act: FolderAct) -> dict[str, Any]:
    person = db.session.get(Person, act.person_id) if act.person_id else None
    return {
        "rank": act.seq,
        "kind": act.kind,
        "at": act.at.isoformat(),
        "step": act.step,
        "desk": _desk(folder, act.role) if act.role else None,
        "person": person.name if person else None,
        "mention": act.mention,
    }


def _desk(folder: Folder, role: str) -> dict[str, str]:
    named = select(Desk.name).where(
        Desk.organisation_id == folder.organisation_id, Desk.role == role
    )
    name = db.session.scalar(named) or ""
    return {"desk": role.removeprefix(DESK_PREFIX), "name": name}
