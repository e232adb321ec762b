"""Finding acts: by words, nature, matter, state and dates, the latest decided first.

Each criterion is a term, and a term is a list of acts in the order of their days, at one
place of one index. The shortest list leads; the others are asked of each act it gives, in
that same order, so that each look falls beside the one before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from engine import clock
from engine.models import db
from engine.words import words
from workflows.legality.models import (
    AWAITED,
    IS_AWAITED,
    STATES,
    LegalityAct,
    LegalityTerm,
)
from workflows.legality.register import (
    matter_term,
    nature_term,
    public_term,
    state_term,
)
from workflows.words import stems

MOST_WORDS = 8
"""Words that are looked for; the others are left out."""

RARE = 10_000
"""Acts counted of a term: beyond, they are many."""

LATE, NEAR = "late", "near"
NEAR_DAYS = 5
"""Days before the last one of the law from which an act that waits is near it."""


@dataclass(frozen=True)
class Asked:
    """What is known of the acts looked for; what is empty is not asked. Days are included."""

    text: str = ""
    nature: int | None = None
    matter: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    due: str = ""
    """`late` or `near`: those awaited at the prefecture, the first due first."""
    public: bool = False
    """Only those of the public register."""


def acts(organisation_id: UUID, asked: Asked) -> Select[UUID]:
    """The ids of a body's acts that suit, the latest decided first."""
    terms = _terms(asked)
    if asked.due:
        return _due(organisation_id, asked, terms)
    if not terms:
        row: Any = LegalityAct
        found = select(row.id).where(row.organisation_id == organisation_id)
        return _dated(found, row.decided_on, asked).order_by(
            row.decided_on.desc(), row.id.desc()
        )
    leading = _rarest(organisation_id, terms, asked)
    led: Any = aliased(LegalityTerm)
    found = select(led.act_id).where(
        led.organisation_id == organisation_id,
        led.term == leading,
        *(_has(led, led.act_id, term) for term in terms if term != leading),
    )
    return _dated(found, led.decided_on, asked).order_by(
        led.decided_on.desc(), led.act_id.desc()
    )


def due_of(act: LegalityAct) -> str:
    """Where an act is from its last day: `late`, `near`, or neither, once received too."""
    if act.due_on is None or act.state not in AWAITED:
        return ""
    left = (act.due_on - clock.today()).days
    return LATE if left < 0 else NEAR if left <= NEAR_DAYS else ""


def _due(organisation_id: UUID, asked: Asked, terms: Sequence[str]) -> Select[UUID]:
    """Those that the prefecture awaits, in the order of their last days."""
    row: Any = LegalityAct
    today = clock.today()
    last = today if asked.due == LATE else today + timedelta(days=NEAR_DAYS + 1)
    found = select(row.id).where(
        row.organisation_id == organisation_id,
        IS_AWAITED,
        row.due_on < last,
        *(_has(row, row.id, term) for term in terms),
    )
    if asked.due == NEAR:
        found = found.where(row.due_on >= today)
    return _dated(found, row.decided_on, asked).order_by(row.due_on, row.id)


def _dated(found: Select[UUID], day: Any, asked: Asked) -> Select[UUID]:
    if asked.since is not None:
        found = found.where(day >= asked.since)
    if asked.until is not None:
        found = found.where(day <= asked.until)
    return found


def _terms(asked: Asked) -> list[str]:
    typed = asked.text.strip()
    said = [typed.lower()] if "_" in typed and " " not in typed else stems(typed)
    if typed and not said:
        said = words(typed)  # words that carry no meaning find what holds them, or nothing
    found = [one[:60] for one in said[:MOST_WORDS]]
    if asked.nature is not None:
        found.append(nature_term(asked.nature))
    if asked.matter:
        found.append(matter_term(asked.matter))
    if asked.public:
        found = [public_term(one) for one in found] or [public_term("")]
    elif asked.state in STATES:
        found.append(state_term(asked.state))
    return list(dict.fromkeys(found))


def _rarest(organisation_id: UUID, terms: Sequence[str], asked: Asked) -> str:
    """The term with the fewest acts of these days, counted as far as it matters."""
    if len(terms) == 1:
        return terms[0]

    def many(term: str) -> int:
        some = select(LegalityTerm.act_id).where(
            LegalityTerm.organisation_id == organisation_id, LegalityTerm.term == term
        )
        some = _dated(some, LegalityTerm.decided_on, asked)
        counted = select(func.count()).select_from(some.limit(RARE).subquery())
        return db.session.scalar(counted) or 0

    return min(terms, key=many)


def _has(led: Any, act_id: Any, term: str) -> ColumnElement[bool]:
    """Whether an act that is led to has this term too: one look, beside the one before.

    As a value, not EXISTS: PostgreSQL joins these, and where terms exclude one another it
    foresees one row, and compares every act of one list with every act of the next.
    """
    row = aliased(LegalityTerm)
    found = select(row.act_id).where(
        row.organisation_id == led.organisation_id,
        row.term == term,
        row.decided_on == led.decided_on,
        row.act_id == act_id,
    )
    return found.limit(1).correlate(led).scalar_subquery().is_not(None)
