"""Eliminating a closed case whose time of keeping is over.

What is left: its number, procedure, body and dates, its outcome, and its chain of the
journal, whose entries lose what they said (with its salt) and keep that it was done, when
and by whom: the chain still verifies. Everything else goes: every row of a table that names
the case, and what hangs on those rows. A table that must outlive its cases says so
(`info={"outlives_case": …}`): a legal register, for instance.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    bindparam,
    delete,
    exists,
    or_,
    select,
    update,
)

from engine import clock, journal, retention
from engine.documents import Document
from engine.exchanges import RemoteCall
from engine.jobs import JobItem
from engine.journal import JournalEntry
from engine.journal_check import ERASING
from engine.models import Message, ProcessInstance, db
from engine.retention import ARCHIVE, Rule, not_held
from engine.slices import Taken
from engine.transaction import lock

ARCHIVING = "archiving"
"""The partner that has taken a case in, once its call is done."""

KEPT = frozenset({"process_instance", "job_item", "legal_hold"})
"""Tables that name cases and stay: the case's own, results of jobs, holds that were."""


def found(rule: Rule, before: datetime) -> Select[Any]:
    """The closed cases that a rule would eliminate, but those held and those not archived."""
    case = ProcessInstance
    asked = select(case).where(
        case.ended_at.is_not(None),
        case.ended_at < before,
        case.eliminated_at.is_(None),
        not_held(case.id),
    )
    if rule.key:
        asked = asked.where(case.key == rule.key)
    elif others := retention.own_keys(retention.in_force(), retention.CASES):
        asked = asked.where(case.key.not_in(sorted(others)))
    if rule.disposition == ARCHIVE:
        asked = asked.where(
            exists().where(
                RemoteCall.instance_id == case.id,
                RemoteCall.partner == ARCHIVING,
                RemoteCall.status == "done",
            )
        )
    return asked


def eliminate(case: ProcessInstance, rule: Rule, taken: Taken) -> None:
    """Erase a case in the open transaction, and say so in its chain."""
    instance = lock(ProcessInstance, case.id)
    documents = sorted(_documents(instance.id))
    counts = _delete_rows(instance.id)
    _erase_details(instance)
    for name, value in _LEFT.items():
        setattr(instance, name, value)
    instance.eliminated_at = clock.now()
    journal.write_for_case(
        instance, ERASING, by=taken.created_by,
        detail={
            "rule": rule.subject, "duration": rule.duration, "article": rule.article,
            "motive": taken.motive, "chore": str(taken.id), "rows": counts,
            "documents": documents, "erased_to": instance.journal_seq,
        },
    )  # fmt: skip


_LEFT: Mapping[str, Any] = {
    "title": "", "applicant_id": None, "started_by": None, "milestone": None,
    "state": b"", "digest": "",
}  # fmt: skip


def _documents(case_id: UUID) -> list[str]:
    return list(
        db.session.scalars(select(Document.sha256).where(Document.instance_id == case_id))
    )


def _delete_rows(case_id: UUID) -> dict[str, int]:
    counts = {}
    for name, statement in _statements().items():
        done = db.session.execute(statement, {"case": case_id})
        if number := int(done.rowcount):  # type: ignore[attr-defined]
            counts[name] = number
    db.session.execute(delete(Message).where(Message.instance_id == case_id))
    db.session.execute(
        update(JobItem)
        .where(JobItem.instance_id == case_id)
        .values(note="")
        .execution_options(synchronize_session=False)
    )
    return counts


def _erase_details(instance: ProcessInstance) -> None:
    """Entries written before details had their own digest keep what they said."""
    db.session.execute(
        update(JournalEntry)
        .where(
            JournalEntry.chain == f"case:{instance.id}", JournalEntry.detail_digest != ""
        )
        .values(detail={}, salt="")
        .execution_options(synchronize_session=False)
    )


@cache
def _statements() -> dict[str, Any]:
    """What removes a case from each table that names it, those that hang on others first."""
    tables = case_tables()
    order = [t for t in reversed(db.metadata.sorted_tables) if t in tables]
    return {
        str(table.name): delete(table).where(_of_case(table, tables)) for table in order
    }


def case_tables() -> frozenset[Table]:
    """The tables whose rows go with their case."""
    case = ProcessInstance.__table__
    found: set[Table] = set()
    for table in db.metadata.sorted_tables:
        named = {key.column.table for key in table.foreign_keys}
        stays = table.name in KEPT or "outlives_case" in table.info
        if not stays and named & {case, *found}:
            found.add(table)
    return frozenset(found)


def _of_case(table: Table, tables: frozenset[Table]) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = []
    for key in sorted(table.foreign_keys, key=lambda one: one.parent.name):
        above = key.column.table
        if above is ProcessInstance.__table__:
            conditions.append(key.parent == bindparam("case", type_=key.parent.type))
        elif above in tables and above is not table:
            theirs = select(key.column).where(_of_case(above, tables))
            conditions.append(key.parent.in_(theirs))
    return or_(*conditions)
