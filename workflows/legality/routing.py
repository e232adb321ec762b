"""Who answers the prefecture: the desk that a body chose for an act, else those who transmit."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.directory import holders
from engine.models import db
from workflows.legality.clock import read_day
from workflows.legality.models import (
    LEGALITY_OFFICER,
    LegalityAccount,
    LegalityAct,
    LegalityLetter,
)

DESK = "desk:"
"""How the names of the roles that are desks begin."""


def role_of(organisation_id: UUID, act: LegalityAct | None, on: date) -> str:
    """Who answers a letter received on a day, about an act or about none: the first chosen
    for that day whom somebody holds.

    A letter has legal delays: a desk where nobody sits any more answers nothing.
    """
    account = db.session.get(LegalityAccount, organisation_id)
    chosen = _chosen(account, act, on) if account else iter(())
    return next(
        (one for one in chosen if holders(organisation_id, [one])), LEGALITY_OFFICER
    )


def _chosen(account: LegalityAccount, act: LegalityAct | None, on: date) -> Iterator[str]:
    if account.to_issuer and act is not None and act.desk:
        yield act.desk
    for row in account.letter_desks or []:
        if stands(row, on) and _suits(row, act):
            yield row["role"]


def stands(row: Mapping[str, Any], on: date) -> bool:
    """Whether a row is in force on a day: from its first day to its last one, both included."""
    begins, ends = read_day(row.get("from")), read_day(row.get("until"))
    return (begins is None or begins <= on) and (ends is None or on <= ends)


def _suits(row: Mapping[str, Any], act: LegalityAct | None) -> bool:
    """Whether a row, which says what it asks of an act and no more, is about this one."""
    nature, matter = row.get("nature"), row.get("matter")
    if act is None:
        return not nature and not matter
    if nature and nature != act.nature:
        return False
    return not matter or f"{act.matter}.".startswith(f"{matter}.")


def answers(instance_id: UUID) -> str:
    """Who answers the letter of a case; those who transmit acts, for any other case."""
    found = select(LegalityLetter.role).where(LegalityLetter.instance_id == instance_id)
    return db.session.scalar(found) or LEGALITY_OFFICER


def signing_of(organisation_id: UUID, role: str, act: LegalityAct | None) -> dict[str, Any]:
    """How an answer may be signed: {signs, reply_subtype, reply_title}.

    In a folder of the signature book, which only a desk deposits.
    """
    account = db.session.get(LegalityAccount, organisation_id)
    subtype = account.reply_subtype_id if account else None
    about = f" – {act.number}" if act else ""
    return {
        "signs": subtype is not None and role.startswith(DESK),
        "reply_subtype": str(subtype) if subtype else None,
        "reply_title": f"Réponse à la préfecture{about}",
    }
