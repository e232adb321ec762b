"""The register of acts: finding one, entering one, what it is searched by, its next number.

Everything is read and written in the transaction of the step.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select

from engine import clock
from engine.directory import Organisation
from engine.models import ProcessInstance, db
from engine.words import words
from workflows.legality.checking import NATURES, NUMBER, matter_of
from workflows.legality.clock import enforceable
from workflows.legality.models import (
    ABANDONED,
    ACKNOWLEDGED,
    CANCELLED,
    EXEMPT,
    LegalityAct,
    LegalityMessage,
    LegalityTerm,
)
from workflows.words import stems

MOST_WORDS = 100
"""Words of an act by which it is found; beyond, its subject says no more."""

_LAST_DIGITS = re.compile(r"(.*?)(\d+)(\D*)")


def act_of(case: Mapping[str, Any]) -> LegalityAct:
    """The act that a case transmits. Raises ValueError when none was registered."""
    found = act_of_case(UUID(case["id"]))
    if found is None:
        raise ValueError(
            "Cet acte n’est pas au registre : « legality.register_act » d’abord."
        )
    return found


def act_of_case(instance_id: UUID) -> LegalityAct | None:
    """The act that a case transmits or follows."""
    for column in (LegalityAct.instance_id, LegalityAct.watch_id):
        found = db.session.scalars(
            select(LegalityAct).where(column == instance_id).limit(1)
        ).first()
        if found is not None:
            return found
    return None


def act_by_id(act_id: object) -> LegalityAct:
    """The act of this identifier. Raises NoResultFound."""
    return db.session.get_one(LegalityAct, UUID(str(act_id)))


def named(organisation_id: UUID, unique_id: str) -> LegalityAct | None:
    """The act that the prefecture names, in one body."""
    if not unique_id:
        return None
    return db.session.scalars(
        select(LegalityAct).where(
            LegalityAct.unique_id == unique_id,
            LegalityAct.organisation_id == organisation_id,
        )
    ).first()


def is_taken(organisation_id: UUID, number: str, but: UUID | None = None) -> bool:
    """Whether another act of the body has this number, those given up aside."""
    row = exists().where(
        LegalityAct.organisation_id == organisation_id,
        LegalityAct.number == number,
        LegalityAct.state != ABANDONED,
    )
    if but is not None:
        row = row.where(LegalityAct.id != but)
    return bool(db.session.scalar(select(row)))


def enter(act: LegalityAct) -> None:
    """Write what an act is found by, in place of what it was found by before."""
    db.session.add(act)
    db.session.flush()
    rows = db.session.scalars(select(LegalityTerm).where(LegalityTerm.act_id == act.id))
    before = {(one.term, one.decided_on): one for one in rows}
    for term in terms(act):
        if before.pop((term, act.decided_on), None) is None:
            db.session.add(
                LegalityTerm(
                    organisation_id=act.organisation_id,
                    term=term,
                    decided_on=act.decided_on,
                    act_id=act.id,
                )
            )
    for gone in before.values():
        db.session.delete(gone)


def terms(act: LegalityAct) -> list[str]:
    """Words of its number and subject, its nature, its state, each level of its matter.

    In the public register it has terms of its own: its subject may name somebody.
    """
    levels = act.matter.split(".")
    facets = [nature_term(act.nature)]
    facets += [matter_term(".".join(levels[:n])) for n in range(1, len(levels) + 1)]
    number = [*words(act.number), act.number.lower()]
    said = [*number, *stems(act.subject)][:MOST_WORDS]
    found = [*facets, state_term(act.state), *(one[:60] for one in said)]
    if act.shown_on:
        shown = [*number, *stems(act.shown_subject)][:MOST_WORDS]
        found += map(public_term, ("", *facets, *shown))
    return list(dict.fromkeys(found))


def public_term(term: str) -> str:
    """By which an act is found in the public register alone; all of its acts by the empty one."""
    return f"p:{term}"[:60]


def nature_term(nature: int) -> str:
    """By which the acts of a nature are found: no word has a colon."""
    return f"nature:{nature}"


def state_term(state: str) -> str:
    """By which the acts in a state are found."""
    return f"state:{state}"


def matter_term(code: str) -> str:
    """By which the acts of a matter are found, at any level."""
    return f"matter:{code}"[:60]


def settle(act: LegalityAct) -> None:
    """Work out again whether an act is enforceable and shown, and what it is found by."""
    stands = act.state in {ACKNOWLEDGED, EXEMPT}
    act.enforceable_on = (
        enforceable(act.published_on, act.acknowledged_on, transmitted=act.state != EXEMPT)
        if stands
        else None
    )
    if act.state in {CANCELLED, ABANDONED}:
        act.shown_on = None
    enter(act)


def write(
    act: LegalityAct | None, case: Mapping[str, Any], code: str, text: str = ""
) -> None:
    """Keep that a message was exchanged about an act."""
    db.session.add(
        LegalityMessage(
            act_id=act.id if act else None,
            instance_id=UUID(case["id"]),
            code=code,
            text=text[:5000],
        )
    )


def values_of(act: LegalityAct) -> dict[str, Any]:
    """An act as diagrams know it."""
    return {
        "id": str(act.id),
        "number": act.number,
        "nature": act.nature,
        "matter": matter_of(act.matter),
        "subject": act.subject,
        "decided_on": act.decided_on.isoformat(),
        "on_paper": act.on_paper,
        "unique_id": act.unique_id,
        "service_id": act.service_id,
    }


def suggested_number(organisation_id: UUID, nature: int, today: date | None = None) -> str:
    """The number that would follow the body's last one of this nature; one of its own else."""
    day = today or clock.today()
    last = db.session.scalars(
        select(LegalityAct.number)
        .where(LegalityAct.organisation_id == organisation_id, LegalityAct.nature == nature)
        .order_by(LegalityAct.created_at.desc())
        .limit(1)
    ).first()
    number = _following(last, day) if last else f"{day:%Y}_{NATURES.get(nature, 'AU')}_001"
    for _ in range(100):
        if NUMBER.fullmatch(number) and not is_taken(organisation_id, number):
            return number
        number = _following(number, day)
    return ""


def _following(number: str, day: date) -> str:
    """The last figure of a number and one; a new year, written in it, begins again at one."""
    before = str(day.year - 1)
    if before in number and str(day.year) not in number:
        renewed = number.replace(before, str(day.year), 1)
        head, _, rest = renewed.rpartition("_")
        return f"{head}_{1:0{len(rest)}d}" if head and rest.isdigit() else renewed
    found = _LAST_DIGITS.fullmatch(number)
    if found is None:
        return f"{number[:13]}_1"
    head, digits, tail = found.groups()
    return f"{head}{int(digits) + 1:0{len(digits)}d}{tail}"


def body_of(case: Mapping[str, Any]) -> Organisation:
    """The body that a case belongs to."""
    instance = db.session.get_one(ProcessInstance, UUID(case["id"]))
    return db.session.get_one(Organisation, instance.organisation_id)
