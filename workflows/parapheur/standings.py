"""Where each desk stands with a folder: its rows follow the tasks that are open.

    rooms.open_room("parapheur", follow)

The engine tells us whatever moved the case; so the lists of a desk are one index, never
behind.
"""

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, select

from engine import clock, rooms
from engine.models import ProcessInstance, db
from engine.spiff.records import OpenTask
from workflows.parapheur.models import Folder, FolderDesk

FOLDER = "parapheur.folder"
"""The procedure of which a folder is a case."""
TO_COME, NOW, DONE, ASKED = "to_come", "now", "done", "asked"


def folder_of(instance: ProcessInstance) -> UUID | None:
    """The folder that a case is, or that it circulates; None for a circuit run apart."""
    return instance.id if instance.key == FOLDER else instance.parent_id


def follow(instance: ProcessInstance, tasks: Sequence[OpenTask]) -> None:
    """Note which desks have a folder now, and which have had it."""
    folder_id = folder_of(instance)
    folder = db.session.get(Folder, folder_id) if folder_id else None
    if folder is None:
        return
    awaited = {task.role: task.name for task in tasks if task.role}
    rows = _rows(folder)
    for role, row in rows.items():
        if row.standing == NOW and role not in awaited:
            row.standing, row.at = DONE, clock.now()
    for role in awaited:
        _stand(folder, rows, role, NOW)
    folder.step = " · ".join(dict.fromkeys(awaited.values()))[:300]
    db.session.flush()


def deposited(folder: Folder) -> None:
    """The desk that deposits a folder sees it, and has done its part."""
    _stand(folder, {}, folder.author_role, DONE)
    db.session.flush()


def enter(folder: Folder, roles: Iterable[str]) -> None:
    """Let these desks see a folder that will come to them."""
    rows = _rows(folder)
    for role in roles:
        if role not in rows:
            _stand(folder, rows, role, TO_COME)
    db.session.flush()


def ask(folder: Folder, role: str) -> None:
    """Let a desk see a folder on which its opinion is asked."""
    rows = _rows(folder)
    if role not in rows or rows[role].standing != NOW:
        _stand(folder, rows, role, ASKED)
    db.session.flush()


def answered(folder: Folder, role: str) -> None:
    """A desk that was asked has answered."""
    rows = _rows(folder)
    if role in rows and rows[role].standing == ASKED:
        _stand(folder, rows, role, DONE)
    db.session.flush()


def leave(folder: Folder) -> None:
    """A folder that is over comes to nobody any more."""
    of_folder = FolderDesk.instance_id == folder.instance_id
    db.session.execute(delete(FolderDesk).where(of_folder, FolderDesk.standing == TO_COME))
    for row in _rows(folder).values():
        row.standing = DONE
    folder.step = ""
    db.session.flush()


def _rows(folder: Folder) -> dict[str, FolderDesk]:
    asked = select(FolderDesk).where(FolderDesk.instance_id == folder.instance_id)
    return {row.role: row for row in db.session.scalars(asked)}


def _stand(folder: Folder, rows: dict[str, FolderDesk], role: str, standing: str) -> None:
    row = rows.get(role)
    if row is None:
        row = rows[role] = FolderDesk(
            instance_id=folder.instance_id, role=role,
            organisation_id=folder.organisation_id, standing=standing, at=clock.now(),
        )  # fmt: skip
        db.session.add(row)
    elif row.standing != standing:
        row.standing, row.at = standing, clock.now()


rooms.open_room("parapheur", follow)
