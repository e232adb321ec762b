"""How long the signed files of a folder are proved, and what proves them again in time.

A file knows until when its last timestamp is good (`FolderFile.good_until`): the end of its
certificate. Before that day, while the office keeps the folder, `renew` begins a case of
`parapheur.renewal` for it, whose calls are journaled and tried again as all others are; the
operations below are what its diagram asks. A file being renewed names that case.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import exists, select, update

from engine import clock, definitions, notices, told
from engine.actors import VISITOR
from engine.commands import cases
from engine.definitions import UnknownProcedure
from engine.models import ProcessInstance, db
from engine.operations import operation
from engine.transaction import transaction
from workflows.parapheur import files, records
from workflows.parapheur.models import Folder, FolderFile
from workflows.parapheur.rules import KEEPER

Plain = dict[str, Any]
RENEWAL = "parapheur.renewal"
AT_ONCE = 20
MOST_AT_WORK = 200
"""Renewals begun and not over: when the authority is silent, no more are begun."""
A_DAY, LAST_CALL = timedelta(days=1), timedelta(days=7)
"""Before the end, what could be reached is kept; earlier, all of it is awaited."""


def renew(before: datetime) -> int:
    """Begin the renewal of some folders whose proof ends before a moment; how many."""
    _let_go()
    at_work = select(FolderFile.renewal_id).where(FolderFile.renewal_id.is_not(None))
    busy = len(db.session.scalars(at_work.limit(MOST_AT_WORK)).all())
    due = list(
        db.session.scalars(
            select(FolderFile.instance_id)
            .join(Folder, Folder.instance_id == FolderFile.instance_id)
            .where(
                FolderFile.good_until < before,
                FolderFile.renewal_id.is_(None),
                Folder.ended_at.is_not(None),
            )
            .order_by(FolderFile.good_until, FolderFile.instance_id)
            .limit(min(AT_ONCE, MOST_AT_WORK - busy))
        )
    )
    db.session.rollback()
    return sum(begin(one, before) is not None for one in dict.fromkeys(due))


def begin(folder_id: UUID, before: datetime) -> UUID | None:
    """Begin the case that renews a folder's files, once; its id, None when nothing is due."""
    with transaction() as after_commit:
        folder = records.locked(folder_id)
        due = _files(
            FolderFile.instance_id == folder_id,
            FolderFile.good_until < before,
            FolderFile.renewal_id.is_(None),
        )
        try:
            definition = definitions.latest(RENEWAL)
        except UnknownProcedure:
            return None
        if not due:
            return None
        number = db.session.get_one(ProcessInstance, folder_id).number
        case = cases.new(definition, folder.organisation_id, None, None, uuid4())
        db.session.add(case)
        for one in due:
            one.renewal_id = case.id
        db.session.flush()
        about = {"folder": {"id": str(folder_id), "number": number}}
        cases.begun(case, definition, about, actor=VISITOR, after_commit=after_commit)
        return case.id


def _let_go() -> None:
    """A renewal that somebody cancelled leaves its files to another."""
    running = exists().where(
        ProcessInstance.id == FolderFile.renewal_id, ProcessInstance.ended_at.is_(None)
    )
    with transaction():
        db.session.execute(
            update(FolderFile)
            .where(FolderFile.renewal_id.is_not(None), ~running)
            .values(renewal_id=None)
            .execution_options(synchronize_session=False)
        )


@operation
def files_to_renew(*, case: Plain, folder: Plain) -> Plain:
    """The files whose proof this case renews, as they are now: {documents}."""
    named = {one.id for one in _files(FolderFile.renewal_id == UUID(case["id"]))}
    return {"documents": files.to_close(files.every(UUID(folder["id"])), named, named)}


@operation
def record_renewed(*, case: Plain, folder: Plain, closed: Plain) -> Plain:
    """Keep the files under their new timestamp, each in a version more: {renewed}.

    What could not be wholly proved today is left for tomorrow, unless the end is near; the
    keepers of the book are told once, and again then.
    """
    row = records.locked(UUID(folder["id"]))
    named = {str(one.id): one for one in _files(FolderFile.renewal_id == UUID(case["id"]))}
    near = clock.now() + LAST_CALL
    made = [one for one in closed.get("files") or [] if one["id"] in named]
    kept = [
        one
        for one in made
        if one.get("signatures")
        and (one.get("complete") or (named[one["id"]].good_until or near) < near)
    ]
    for one in made:  # what bears no signature any more has nothing to prove
        if one.get("complete") and not one.get("signatures"):
            named[one["id"]].good_until = named[one["id"]].renewal_id = None
    if kept:
        act = records.write(row, "renewed", None)
        act.detail = {"digests": files.take_signed(row, kept, act)}
    left = [one for one in named.values() if one.renewal_id is not None]
    if left:
        _tell(row, left, near, UUID(case["id"]))
    return {"renewed": bool(kept)}


def _files(*which: Any) -> list[FolderFile]:
    found = select(FolderFile).where(*which).order_by(FolderFile.position)
    return list(db.session.scalars(found))


def _tell(folder: Folder, left: list[FolderFile], near: datetime, case_id: UUID) -> None:
    """Tell the keepers of the book that a proof is not renewed: at first, and at the end."""
    case = db.session.get_one(ProcessInstance, case_id)
    end = min(one.good_until for one in left if one.good_until)
    if end >= near and clock.now() - case.started_at > A_DAY:
        return
    said = {
        "folder": str(folder.instance_id), "title": folder.title[:200],
        "until": end.astimezone(clock.PARIS).date().isoformat(),
    }  # fmt: skip
    told.tell(
        notices.LASTING, told.holders(folder.organisation_id, KEEPER), by=None, detail=said
    )
