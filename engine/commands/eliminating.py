"""Removing what has been kept long enough, batch after batch, each told by the journal.

A kind of things says what its rule finds, the oldest first, and how one is removed. What
belongs to a case under legal hold is never found. Each batch is one transaction, in which
its entry is written (`retention:<kind>`): how many, and the digest of what they were.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson
from sqlalchemy import Select, inspect, literal_column, or_, select

from engine import clock, journal, merging, retention
from engine.chores import RUNNING, Chore
from engine.columns import Base
from engine.commands import eliminating_cases
from engine.digests import Digest
from engine.documents import Draft, discard
from engine.exchanges import Exchange, RemoteCall, Response
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.notices import Notice
from engine.presence import Presence
from engine.retention import Rule, not_held
from engine.slices import Slice, Taken
from engine.tracking import TrackingSecret
from engine.transaction import transaction

MOST_COUNTED = 10_000
EXAMPLES = 5


@dataclass(frozen=True)
class Example:
    """One of the things that a rule would remove, as an operator may read it."""

    label: str
    at: datetime


class Kind(Protocol):
    """One kind of things that are kept for a while."""

    @property
    def at_once(self) -> int:
        """How many go in one transaction."""
        ...

    def count(self, rule: Rule) -> int:
        """How many the rule would remove now, counted up to `MOST_COUNTED` + 1."""
        ...

    def examples(self, rule: Rule) -> list[Example]:
        """The first that it would remove, the oldest first."""
        ...

    def remove(self, rule: Rule, taken: Taken) -> Sequence[str]:
        """Remove `at_once` of them at most, in the open transaction; the digest of each."""
        ...


def _label(_row: Any) -> str:
    return ""


def _delete(row: Any, _rule: Rule, _taken: Taken) -> None:
    db.session.delete(row)


@dataclass(frozen=True)
class Rows:
    """Things that are rows: `found` selects them, `at` is the column that orders them."""

    found: Callable[[Rule, datetime], Select[Any]]
    at: Any
    label: Callable[[Any], str] = _label
    erase: Callable[[Any, Rule, Taken], None] = _delete
    at_once: int = 200

    def _asked(self, rule: Rule) -> Select[Any]:
        return self.found(rule, rule.before(clock.now())).order_by(self.at)

    def count(self, rule: Rule) -> int:
        """How many the rule would remove now, up to one too many."""
        one: Any = literal_column("1").label("one")
        counted = self._asked(rule).with_only_columns(one, maintain_column_froms=True)
        return merging.count([counted], MOST_COUNTED + 1)

    def examples(self, rule: Rule) -> list[Example]:
        """The first that it would remove."""
        rows = db.session.scalars(self._asked(rule).limit(EXAMPLES))
        return [Example(self.label(row), getattr(row, self.at.key)) for row in rows]

    def remove(self, rule: Rule, taken: Taken) -> Sequence[str]:
        """Remove the first of them."""
        digests = []
        for row in db.session.scalars(self._asked(rule).limit(self.at_once)).all():
            digests.append(digest_of_row(row))
            self.erase(row, rule, taken)
        db.session.flush()
        return digests


def digest_of_row(row: Base) -> str:
    """The digest of a row as it was, large contents left aside."""
    plain = [str(getattr(row, a.key)) for a in inspect(type(row)).column_attrs
             if not a.deferred]  # fmt: skip
    return hashlib.sha256(orjson.dumps(plain)).hexdigest()


def provide(name: str, kind: Kind) -> None:
    """Say how a kind of things that is not the engine's is found and removed."""
    _KINDS[name] = kind


def kind_of(rule: Rule) -> Kind | None:
    """What finds and removes the things of a rule; None when nothing here keeps any."""
    return _KINDS.get(rule.kind)


def go_on(taken: Taken) -> Slice:
    """Remove the next batch of what the rule that the chore names finds."""
    rule = retention.named(taken.subject)
    kind = kind_of(rule) if rule is not None else None
    if rule is None or kind is None:
        raise LookupError(f"No rule says how long {taken.subject} is kept.")
    total = None if taken.cursor else kind.count(rule)
    with transaction():
        held = select(Chore.status).where(Chore.id == taken.id).with_for_update()
        if db.session.scalar(held) != RUNNING:  # stopped meanwhile
            return Slice(0, taken.cursor, taken.result, finished=True)
        digests = kind.remove(rule, taken)
        if digests:
            _tell(rule, taken, digests)
    removed = taken.result.get("removed", 0) + len(digests)
    result = {"removed": removed, "duration": rule.duration}
    begun, over = {"begun": True}, len(digests) < kind.at_once
    return Slice(len(digests), begun, result, total, finished=over)


def _tell(rule: Rule, taken: Taken, digests: Sequence[str]) -> None:
    journal.write(
        f"retention:{rule.kind}", "eliminated", by=taken.created_by,
        detail={
            "rule": rule.subject, "duration": rule.duration, "article": rule.article,
            "motive": taken.motive, "number": len(digests), "chore": str(taken.id),
            "sha256": hashlib.sha256("".join(digests).encode()).hexdigest(),
        },
    )  # fmt: skip


def of_key(found: Select[Any], column: Any, rule: Rule) -> Select[Any]:
    """Those of the rule's procedure; of a rule for all, those that have none of their own."""
    if rule.key:
        return found.where(column == rule.key)
    others = retention.own_keys(retention.in_force(), rule.kind)
    return found.where(column.not_in(sorted(others))) if others else found


def _drafts(rule: Rule, before: datetime) -> Select[Any]:
    found = (
        select(Draft)
        .join(ProcessDefinition, ProcessDefinition.id == Draft.definition_id)
        .where(Draft.task_id.is_(None), Draft.updated_at < before)
    )
    return of_key(found, ProcessDefinition.key, rule)


def _draft_label(draft: Draft) -> str:
    return str(db.session.get_one(ProcessDefinition, draft.definition_id).name)


def _responses(_rule: Rule, before: datetime) -> Select[Any]:
    return (
        select(Response)
        .join(Exchange, Exchange.id == Response.exchange_id)
        .join(RemoteCall, RemoteCall.id == Exchange.call_id)
        .where(Response.at < before, not_held(RemoteCall.instance_id))
    )


def _response_label(response: Response) -> str:
    call = response.exchange.call
    case = db.session.get_one(ProcessInstance, call.instance_id)
    return f"{call.operation}, {case.number}"


def _notices(_rule: Rule, before: datetime) -> Select[Any]:
    held = or_(Notice.instance_id.is_(None), not_held(Notice.instance_id))
    return select(Notice).where(Notice.read_at < before, held)


def _letters(_rule: Rule, before: datetime) -> Select[Any]:
    return select(Digest).where(Digest.day < before.date(), Digest.sent_at.is_not(None))


def _presences(_rule: Rule, before: datetime) -> Select[Any]:
    return select(Presence).where(Presence.seen_at < before)


def _secrets(_rule: Rule, before: datetime) -> Select[Any]:
    return (
        select(TrackingSecret)
        .join(ProcessInstance, ProcessInstance.id == TrackingSecret.instance_id)
        .where(ProcessInstance.ended_at < before, not_held(ProcessInstance.id))
    )


def _number_of(row: Any) -> str:
    return str(db.session.get_one(ProcessInstance, row.instance_id).number)


def _chores(_rule: Rule, before: datetime) -> Select[Any]:
    return select(Chore).where(Chore.finished_at < before, Chore.status != RUNNING)


_KINDS: dict[str, Kind] = {
    retention.CASES: Rows(
        eliminating_cases.found,
        ProcessInstance.ended_at,
        lambda case: f"{case.number}, {case.definition.name}",
        eliminating_cases.eliminate,
        at_once=20,
    ),
    retention.DRAFTS: Rows(
        _drafts, Draft.updated_at, _draft_label, lambda draft, _rule, _taken: discard(draft)
    ),
    retention.EXCHANGES: Rows(_responses, Response.at, _response_label),
    retention.NOTICES: Rows(_notices, Notice.read_at),
    retention.LETTERS: Rows(_letters, Digest.try_after),
    retention.PRESENCES: Rows(_presences, Presence.seen_at, _number_of),
    retention.TRACKING: Rows(_secrets, TrackingSecret.made_at, _number_of),
    retention.CHORES: Rows(_chores, Chore.finished_at, lambda chore: chore.kind),
}
