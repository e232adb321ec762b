"""Finding acts: by words, nature, matter, state and dates, the latest decided first.

Every criterion is a range of an index in the order of the days of decision: the rarest
leads, the others are asked of each act it gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select

from engine.models import db
from engine.words import words
from workflows.legality.models import STATES, LegalityAct, LegalityTerm
from workflows.legality.register import matter_term, nature_term, public_term
from workflows.words import stems

MOST_WORDS = 8
"""Words that are looked for; the others are left out."""

RARE = 1000
"""Acts counted of a term: beyond, they are many."""


@dataclass(frozen=True)
class Asked:
    """What is known of the acts looked for; what is empty is not asked. Days are included."""

    text: str = ""
    nature: int | None = None
    matter: str = ""
    state: str = ""
    since: date | None = None
    until: date | None = None
    public: bool = False
    """Only those of the public register."""


def acts(organisation_id: UUID, asked: Asked) -> Select[UUID]:
    """The ids of a body's acts that suit, the latest decided first."""
    terms = _terms(asked)
    leading = _rarest(organisation_id, terms) if terms else None
    conditions = [_probed(term) for term in terms if term != leading]
    row: Any = LegalityAct
    if asked.public:
        conditions.append(row.shown_on.is_not(None))
    elif asked.state in STATES:
        conditions.append(row.state == asked.state)
    if leading is None:
        day: Any = row.decided_on
        found = select(row.id).where(row.organisation_id == organisation_id)
        order = (row.decided_on.desc(), row.id.desc())
    else:
        day = LegalityTerm.decided_on
        found = (
            select(row.id)
            .join(LegalityTerm, LegalityTerm.act_id == row.id)
            .where(
                LegalityTerm.organisation_id == organisation_id,
                LegalityTerm.term == leading,
            )
        )
        order = (LegalityTerm.decided_on.desc(), LegalityTerm.act_id.desc())
    if asked.since is not None:
        conditions.append(day >= asked.since)
    if asked.until is not None:
        conditions.append(day <= asked.until)
    return found.where(*conditions).order_by(*order)


def _terms(asked: Asked) -> list[str]:
    typed = asked.text.strip()
    said = [typed.lower()] if "_" in typed and " " not in typed else stems(typed)
    if typed and not said:
        said = words(typed)  # words that carry no meaning find what holds them, or nothing
    found = [one[:60] for one in said[:MOST_WORDS]]
    if asked.public:
        found = [public_term(one) for one in found]
    if asked.nature is not None:
        found.append(nature_term(asked.nature))
    if asked.matter:
        found.append(matter_term(asked.matter))
    return list(dict.fromkeys(found))


def _rarest(organisation_id: UUID, terms: Sequence[str]) -> str:
    """The term with the fewest acts in this body, counted as far as it matters."""
    if len(terms) == 1:
        return terms[0]

    def many(term: str) -> int:
        some = (
            select(LegalityTerm.act_id)
            .where(
                LegalityTerm.organisation_id == organisation_id, LegalityTerm.term == term
            )
            .limit(RARE)
            .subquery()
        )
        return db.session.scalar(select(func.count()).select_from(some)) or 0

    return min(terms, key=many)


def _probed(term: str) -> ColumnElement[bool]:
    """Whether an act has this term: one look at an index for each act."""
    found = select(LegalityTerm.act_id).where(
        LegalityTerm.act_id == LegalityAct.id, LegalityTerm.term == term
    )
    return found.limit(1).correlate(LegalityAct).scalar_subquery().is_not(None)
