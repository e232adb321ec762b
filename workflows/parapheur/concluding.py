"""What the workers do of lots whose signatures were given: one act a folder, once.

    for item, lot in take(5):           leased: a worker that dies leaves it to another
        conclude(item, lot, signed)     the act and its result, in one transaction
        refuse(item, why)               the folder is as it was

A lot left open beyond its time expires.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import delete, exists, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import defer

from engine import clock
from engine.access import Forbidden, actor_for
from engine.errors import Busy, TaskNotOpen, TaskSuspended, TaskTaken
from engine.models import db
from engine.transaction import transaction
from workflows.parapheur import deciding, opening
from workflows.parapheur.lots import (
    DONE,
    EXPIRED,
    FAILED,
    FINISHING,
    LONGEST_NOTE,
    OPEN,
    REFUSED,
    TO_DO,
    SigningItem,
    SigningLot,
)
from workflows.parapheur.opening import ActRefused
from workflows.parapheur.signing import over

log = structlog.get_logger()

LEASE = timedelta(seconds=60)
"""For which a folder is left to the worker that took it."""
KEPT = timedelta(days=90)
"""For which a lot's results are shown; the acts themselves are in the folders' journals."""
AT_ONCE = 100


def take(most: int) -> list[tuple[SigningItem, SigningLot]]:
    """The next folders to conclude, leased to whoever asks; the oldest lot first."""
    live = select(SigningLot.id).where(SigningLot.state.in_([OPEN, FINISHING])).limit(1)
    if db.session.scalar(live) is None:
        return []
    with transaction():
        now = clock.now()
        rows = db.session.execute(
            select(SigningItem, SigningLot)
            .join(SigningLot, SigningLot.id == SigningItem.lot_id)
            .where(
                SigningLot.state == FINISHING,
                SigningItem.result == TO_DO,
                or_(SigningItem.lease_until.is_(None), SigningItem.lease_until < now),
            )
            .order_by(SigningLot.created_at, SigningItem.position)
            .limit(most)
            .with_for_update(of=SigningItem, skip_locked=True)
            .execution_options(populate_existing=True)
        ).all()
        taken = [(item, lot) for item, lot in rows]
        for item, _lot in taken:
            item.lease_until = now + LEASE
        if not taken:
            _close(now)
        db.session.flush()
        db.session.expunge_all()  # read on, with no transaction open
    return taken


def conclude(item: SigningItem, lot: SigningLot, signed: Sequence[dict[str, Any]]) -> None:
    """Record the signatures of a folder as one act, with its result, once.

    Whatever forbids it by then (done meanwhile, a role withdrawn, a document changed) is the
    folder's result.
    """
    try:
        with transaction() as after_commit:
            kept = _locked(item)
            if kept.result != TO_DO or _state(lot.id) != FINISHING:
                return
            actor = actor_for(lot.person_id)
            held = opening.held(item.task_id, after_commit)
            deciding.signed_at(
                held, signed, actor=actor, note=lot.note, private_note=lot.private_note,
                metadata=lot.answers or None, job=lot.id,
            )  # fmt: skip
            levels = sorted({str(one.get("level") or "") for one in signed})
            _settle(kept, DONE, level=levels[0] if levels else "")
    except Busy:  # somebody is on this folder at this moment: its lease ends, and again
        log.info("signing_busy", lot=str(lot.id), position=item.position)
    except (TaskNotOpen, NoResultFound):
        refuse(item, "Ce dossier n’est plus à signer : quelqu’un s’en est chargé.")
    except TaskTaken as taken:
        refuse(item, f"Ce dossier est entre les mains de {taken.who}.")
    except TaskSuspended:
        refuse(item, "Ce dossier est suspendu.")
    except Forbidden:
        refuse(item, "Vous n’avez plus le droit de signer ce dossier.")
    except ActRefused as refused:
        refuse(item, str(refused))
    except Exception as error:  # one folder must not stop the others
        log.exception("signing_failed", lot=str(lot.id), position=item.position)
        fail(item, f"{type(error).__name__} : {error}")


def refuse(item: SigningItem, why: str) -> None:
    """Say why a folder is not signed, unless its result is known already."""
    _apart(item, REFUSED, why)


def fail(item: SigningItem, why: str) -> None:
    """Say what unexpected happened to a folder, unless its result is known already."""
    _apart(item, FAILED, why)


def forget() -> int:
    """Remove a part of the lots that are long over; returns how many."""
    with transaction():
        ids = select(SigningLot.id).where(SigningLot.created_at < clock.now() - KEPT)
        old = list(db.session.scalars(ids.order_by(SigningLot.created_at).limit(AT_ONCE)))
        for table, key in ((SigningItem, SigningItem.lot_id), (SigningLot, SigningLot.id)):
            db.session.execute(
                delete(table)
                .where(key.in_(old))
                .execution_options(synchronize_session=False)
            )
        return len(old)


def _close(now: datetime) -> None:
    """End the lots of which nothing is left to do, and those whose time has passed."""
    left = exists().where(SigningItem.lot_id == SigningLot.id, SigningItem.result == TO_DO)
    ended = select(SigningLot).where(SigningLot.state == FINISHING, ~left)
    late = select(SigningLot).where(SigningLot.state == OPEN, SigningLot.expires_at < now)
    for asked, state in ((ended, DONE), (late, EXPIRED)):
        rows = asked.order_by(SigningLot.created_at).limit(AT_ONCE)
        for lot in db.session.scalars(rows.with_for_update(skip_locked=True)):
            over(lot, state)


def _locked(item: SigningItem) -> SigningItem:
    """It as it is now, ours until the commit, without what was frozen: that is large."""
    return db.session.get_one(
        SigningItem, (item.lot_id, item.position), populate_existing=True,
        with_for_update={"of": SigningItem},
        options=[defer(SigningItem.prepared), defer(SigningItem.signatures)],
    )  # fmt: skip


def _apart(item: SigningItem, result: str, why: str) -> None:
    with transaction():
        kept = _locked(item)
        if kept.result == TO_DO:
            _settle(kept, result, note=why)


def _settle(item: SigningItem, result: str, *, note: str = "", level: str = "") -> None:
    item.result, item.note, item.level = result, note[:LONGEST_NOTE], level
    item.prepared, item.signatures, item.lease_until = [], {}, None
    item.at = clock.now()


def _state(lot_id: UUID) -> str | None:
    asked = select(SigningLot.state).where(SigningLot.id == lot_id)
    return db.session.scalar(asked)
