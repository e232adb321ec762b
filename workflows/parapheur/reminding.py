"""Reminders: a desk is told again that a folder waits there; by somebody, or as time passes.

Whoever stands in for a person of the desk is told too. A reminder moves nothing: it is
written in the folder's history, and takes nobody's right of remorse away.
"""

from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import select

from engine import clock, notices, told
from engine.absences import Absence, in_force
from engine.access import require
from engine.actors import Actor
from engine.directory import Holding
from engine.models import ProcessInstance, UserTask, db
from engine.transaction import transaction
from workflows.parapheur import lists, records, rules
from workflows.parapheur.models import IN_PROGRESS, Folder, FolderAct
from workflows.parapheur.opening import ActRefused, opened

LONGEST = 500
AT_ONCE = 50
REMINDED = "reminded"


def remind_desk(task_id: UUID, *, actor: Actor, note: str = "") -> UUID:
    """Tell again the desk that has a folder, with a word if one wants; the act's id.

    By the desk that deposited it and whoever keeps the book; once a day for each desk. Raises
    Forbidden, TaskNotOpen, ActRefused.
    """
    with opened(task_id) as held:
        folder, task = held.folder, held.task
        require(actor, "remind", folder)
        note = note.strip()
        if len(note) > LONGEST:
            raise ActRefused({"note": f"Votre mot : {LONGEST} caractères au plus."})
        if task.role in reminded_today(folder.instance_id):
            raise ActRefused({"note": "Ce bureau est déjà relancé aujourd’hui."})
        people = _at(task, folder) - {actor.person_id}
        if not people:
            raise ActRefused({"note": "Personne d’autre ne siège à ce bureau aujourd’hui."})
        act = _written(folder, task, actor, note)
        _tell(folder, task, people, actor, note)
        return act.id


def remind_due(limit: int = AT_ONCE) -> int:
    """Remind the desks of folders that come to their deadline, or are past it; how many."""
    due = select(Folder.instance_id).where(
        Folder.remind_at <= clock.now(), Folder.state == IN_PROGRESS
    )
    ids = list(db.session.scalars(due.order_by(Folder.remind_at).limit(limit)))
    db.session.rollback()
    for one in ids:
        _remind(one)
    return len(ids)


def again(case_id: UUID, step: str) -> None:
    """Tell again the desks at which a step of a circuit waits, in the open transaction.

    Once a day at most: an office whose workers were stopped makes up for its timers at once.
    """
    case = db.session.get_one(ProcessInstance, case_id)
    folder = db.session.get(Folder, case.parent_id or case.id)
    if folder is None:
        return
    today = select(notices.Notice.task_id).where(
        notices.Notice.instance_id == case_id,
        notices.Notice.kind == notices.REMINDER,
        notices.Notice.at >= _midnight(),
    )
    known = set(db.session.scalars(today.distinct()))
    for task in lists.tasks_of(folder.instance_id):
        here = (task.instance_id, task.element_id) == (case_id, step)
        if here and task.id not in known:
            _tell(folder, task, _at(task, folder), None)


def reminded_today(folder_id: UUID) -> set[str]:
    """The desks that were reminded of a folder today."""
    found = select(FolderAct.detail).where(
        FolderAct.instance_id == folder_id,
        FolderAct.kind == REMINDED,
        FolderAct.at >= _midnight(),
    )
    return {str(detail.get("to")) for detail in db.session.scalars(found)}


def _midnight() -> datetime:
    return datetime.combine(clock.today(), time(), clock.PARIS)


def _remind(folder_id: UUID) -> None:
    with transaction():
        folder = records.locked(folder_id)
        now, due = clock.now(), folder.due_at
        if (
            folder.state != IN_PROGRESS
            or folder.remind_at is None
            or folder.remind_at > now
        ):
            return
        every = timedelta(days=folder.subtype.reminder_days or 0)
        if due is not None and now < due:
            folder.remind_at = due
        else:
            folder.remind_at = now + every if every else None
        known = reminded_today(folder_id)
        for task in lists.tasks_of(folder_id):
            if task.role not in known:
                _written(folder, task, None, "")
                _tell(folder, task, _at(task, folder), None)


def _written(folder: Folder, task: UserTask, actor: Actor | None, note: str) -> FolderAct:
    role = ""
    if actor and folder.author_role in rules.desks_of(
        actor, folder.organisation_id, folder.subtype.scope
    ):
        role = folder.author_role
    return records.write(
        folder, REMINDED, actor, step=task.name, role=role, note=note,
        detail={"to": task.role},
    )  # fmt: skip


def _tell(
    folder: Folder, task: UserTask, people: set[UUID], actor: Actor | None, note: str = ""
) -> None:
    said = {
        "folder": str(folder.instance_id), "title": folder.title[:200], "task": task.name,
        "due": folder.due_at.isoformat() if folder.due_at else "", "note": note,
    }  # fmt: skip
    told.tell(
        notices.REMINDER, *map(told.person, sorted(people, key=str)),
        by=actor.person_id if actor else None, case_id=task.instance_id, task_id=task.id,
        detail=said,
    )  # fmt: skip


def _at(task: UserTask, folder: Folder) -> set[UUID]:
    """Who sits at the desk of a task today, and who stands in for one of them there."""
    today = clock.today()
    sitting = set(
        db.session.scalars(
            select(Holding.person_id)
            .where(
                Holding.organisation_id == task.organisation_id,
                Holding.role == task.role,
                Holding.valid_from <= today,
                Holding.valid_to.is_(None) | (Holding.valid_to >= today),
            )
            .distinct()
            .limit(notices.MOST_AT_ONCE)
        )
    )
    lent = db.session.scalars(
        select(Absence)
        .where(
            Absence.person_id.in_(sitting),
            Absence.organisation_id == task.organisation_id,
            in_force(),
        )
        .order_by(Absence.ends_at)
        .limit(notices.MOST_AT_ONCE)
    )
    about = {folder.subtype.scope, task.key}
    return sitting | {
        one.deputy_id
        for one in lent
        if (not one.roles or task.role in one.roles)
        and (not one.keys or about & set(one.keys))
    }
