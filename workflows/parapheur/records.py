"""What was done to a folder, written: in the book, in its journal, and to who is told of it."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, journal
from engine.actors import Actor, Role
from engine.models import UserTask, db
from engine.transaction import lock
from workflows.parapheur import announcing
from workflows.parapheur.mentions import mention_of
from workflows.parapheur.models import Folder, FolderAct

LONGEST_NOTE = 2000
QUIET = frozenset({"reminded"})
"""Acts that move nothing: what was done before them is still the last thing done."""


def locked(folder_id: UUID) -> Folder:
    """A folder, ours until the commit: acts on it come one by one. Raises NoResultFound.

    Whoever also needs its case has locked that first.
    """
    return lock(Folder, folder_id)


def write(
    folder: Folder,
    kind: str,
    actor: Actor | None,
    *,
    task: UserTask | None = None,
    step: str = "",
    role: str = "",
    note: str = "",
    private_note: str = "",
    detail: dict[str, Any] | None = None,
) -> FolderAct:
    """Add an act to a locked folder, in the open transaction; None is the office itself."""
    by = actor.role_for(task) if actor and task is not None else None
    act = FolderAct(
        id=uuid4(),
        instance_id=folder.instance_id,
        seq=folder.acts + 1,
        round=folder.round,
        at=clock.now(),
        kind=kind,
        step=step or (task.name if task is not None else ""),
        task_id=task.id if task is not None else None,
        person_id=actor.person_id if actor else None,
        role=role or (task.role if task is not None else ""),
        note=note.strip()[:LONGEST_NOTE],
        private_note=private_note.strip()[:LONGEST_NOTE],
        detail=detail or {},
    )
    _in_whose_place(act, by, folder)
    folder.acts = act.seq
    db.session.add(act)
    db.session.flush()
    _journal(folder, act)
    announcing.done(folder, act)
    return act


def last_of(folder_id: UUID) -> FolderAct:
    """What was done last to a folder, reminders apart."""
    return db.session.scalars(
        select(FolderAct)
        .where(FolderAct.instance_id == folder_id, FolderAct.kind.not_in(QUIET))
        .order_by(FolderAct.seq.desc())
        .limit(1)
    ).one()


def moved_since(act: FolderAct) -> bool:
    """Whether a folder went on after an act."""
    later = select(FolderAct.id).where(
        FolderAct.instance_id == act.instance_id,
        FolderAct.seq > act.seq,
        FolderAct.kind.not_in(QUIET),
    )
    return db.session.scalars(later.limit(1)).first() is not None


def _in_whose_place(act: FolderAct, role: Role | None, folder: Folder) -> None:
    act.delegation = act.mention = ""
    if role is not None and role.for_person is not None:
        act.on_behalf_of, act.delegation = role.for_person, role.delegation
        act.mention = mention_of(role, folder.organisation_id)


def _journal(folder: Folder, act: FolderAct) -> None:
    """In the folder's own chain, whatever case moved: ids and digests, no names."""
    said = {
        "act": str(act.id),
        "seq": act.seq,
        "round": act.round,
        "task": str(act.task_id) if act.task_id else None,
        "role": act.role,
        "on_behalf_of": str(act.on_behalf_of) if act.on_behalf_of else None,
        **{k: v for k, v in act.detail.items() if k in {"digests", "to", "undoes"}},
        "filled": sorted(act.detail.get("metadata") or ()) or None,
        "restored": sorted(act.detail.get("restored") or ()) or None,
    }
    journal.write(
        f"folder:{folder.instance_id}", f"folder_{act.kind}", by=act.person_id,
        detail={name: value for name, value in said.items() if value not in (None, "")},
    )  # fmt: skip
