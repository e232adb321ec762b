"""The tasks of a folder, as i-Parapheur's callers know them: by id, in its PREMIS.

A task done is an event with its moment; one that waits, an event without. Its type is one of
i-Parapheur's actions.
"""

from typing import Any
from uuid import UUID

from lxml import etree
from sqlalchemy import select

from engine.models import db
from workflows.parapheur import correcting, lists, passing
from workflows.parapheur.models import Folder, FolderAct
from workflows.parapheur.premis import NAMESPACE

START, UNDO = "START", "UNDO"
_STEPS = {
    correcting.PREPARE: START, correcting.CORRECT: "DELETE", "approve": "VISA",
    "sign": "SIGNATURE", "seal": "SEAL", "opinion": "SECOND_OPINION",
}  # fmt: skip
_ACTS = {
    "deposited": START, "corrected": START, "resumed": START, "approved": "VISA", "signed": "SIGNATURE",
    "sealed": "SEAL", "refused": "REJECT", "opinion_given": "SECOND_OPINION",
    "transferred": "TRANSFER", "mailed": "SECURE_MAIL", "bypassed": "BYPASS",
    "undone": UNDO, "archived": "ARCHIVE",
}  # fmt: skip
_CALLS = {
    "signature.seal": "SEAL", "mail.send": "SECURE_MAIL", "archiving.deposit": "ARCHIVE",
}  # fmt: skip


def waiting(folder: Folder) -> dict[UUID, str]:
    """The tasks that are open in a folder, with what each asks for."""
    found = {
        task.id: _STEPS.get(task.element_id.partition("_")[0], "VISA")
        for task in lists.tasks_of(folder.instance_id)
    }
    stuck = passing.stuck(folder.instance_id)
    if stuck is not None:
        found[stuck.task_id] = _CALLS.get(stuck.operation, "EXTERNAL")
    return found


def act_of(folder: Folder, task_id: UUID) -> FolderAct | None:
    """What was done last at a task: an act that had none bears its own id."""
    return db.session.scalars(
        select(FolderAct)
        .where(
            FolderAct.instance_id == folder.instance_id,
            (FolderAct.task_id == task_id) | (FolderAct.id == task_id),
        )
        .order_by(FolderAct.seq.desc())
        .limit(1)
    ).first()


def with_tasks(written: str, folder: Folder) -> str:
    """A folder's PREMIS, with its tasks among the events."""
    root = etree.fromstring(written.encode())
    agents = root.find(f"{{{NAMESPACE}}}agent")
    place = len(root) if agents is None else root.index(agents)
    events = [_done(act) for act in _acts(folder) if act.kind in _ACTS]
    events += [_event(str(one), action) for one, action in waiting(folder).items()]
    for event in reversed(events):
        root.insert(place, event)
    text: str = etree.tostring(root, encoding="unicode", pretty_print=True)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'


def _acts(folder: Folder) -> list[FolderAct]:
    asked = select(FolderAct).where(FolderAct.instance_id == folder.instance_id)
    return list(db.session.scalars(asked.order_by(FolderAct.seq)))


def _done(act: FolderAct) -> Any:
    return _event(str(act.task_id or act.id), _ACTS[act.kind], act.at.isoformat())


def _event(task_id: str, action: str, at: str = "") -> Any:
    event = etree.Element(f"{{{NAMESPACE}}}event")
    known = etree.SubElement(event, f"{{{NAMESPACE}}}eventIdentifier")
    for name, value in (("Type", "taskId"), ("Value", task_id)):
        etree.SubElement(known, f"{{{NAMESPACE}}}eventIdentifier{name}").text = value
    etree.SubElement(event, f"{{{NAMESPACE}}}eventType").text = action
    etree.SubElement(event, f"{{{NAMESPACE}}}eventDateTime").text = at
    return event
