"""What the web keeps for a while, besides the engine: simulated mail, and people's accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Select, delete, exists, or_, select

from connectors import mail
from engine import clock, retention
from engine.columns import Base
from engine.commands import eliminating
from engine.commands.eliminating import MOST_COUNTED, Example, Rows
from engine.directory import Holding, Person
from engine.journal import JournalEntry
from engine.models import db
from engine.notices import Letters, NoticeChoice
from engine.retention import Rule
from engine.slices import Taken
from engine.worklists import SavedView
from web.accounts import Account

NOBODY = "Personne effacée"
ERASED = "@efface.invalid"
"""What the address of a person whose account was eliminated ends with."""


@dataclass(frozen=True)
class Mails:
    """The mails that the sandbox keeps in its own file instead of sending them."""

    data: Path
    at_once: int = 200

    def _older(self, rule: Rule, limit: int) -> list[tuple[int, str, datetime]]:
        return mail.older(self.data, rule.before(clock.now()), limit)

    def count(self, rule: Rule) -> int:
        """How many there are, up to one too many."""
        return len(self._older(rule, MOST_COUNTED + 1))

    def examples(self, rule: Rule) -> list[Example]:
        """The oldest; what they say and to whom is nobody's affair."""
        found = self._older(rule, eliminating.EXAMPLES)
        return [Example(f"n° {number}", at) for number, _digest, at in found]

    def remove(self, rule: Rule, taken: Taken) -> Sequence[str]:
        """Remove the oldest. Done again, it finds others: nothing is told twice."""
        found = self._older(rule, self.at_once)
        mail.forget(self.data, [number for number, _digest, _at in found])
        return [digest for _number, digest, _at in found]


def _idle(_rule: Rule, before: datetime) -> Select[Any]:
    """People who have held no role and done nothing since that day."""
    held = exists().where(
        Holding.person_id == Person.id,
        or_(Holding.valid_to.is_(None), Holding.valid_to >= before.date()),
    )
    acted = exists().where(JournalEntry.actor_id == Person.id, JournalEntry.at >= before)
    return select(Person).where(
        Person.created_at < before, ~held, ~acted, ~Person.email.endswith(ERASED)
    )


def _erase(person: Person, _rule: Rule, _taken: Taken) -> None:
    """Take a person's name and account away; what they did stays theirs, under a number."""
    person.name, person.email = NOBODY, f"{person.id.hex}{ERASED}"
    owned: list[tuple[type[Base], Any]] = [
        (Account, Account.person_id),
        (Letters, Letters.person_id),
        (NoticeChoice, NoticeChoice.person_id),
        (SavedView, SavedView.person_id),
    ]
    for model, owner in owned:
        gone = delete(model).where(owner == person.id)
        db.session.execute(gone, execution_options={"synchronize_session": False})


def init_app(app: Flask) -> None:
    """Say how these are found and removed."""
    settings = app.extensions["settings"]
    eliminating.provide(retention.MAILS, Mails(settings.data))
    eliminating.provide(retention.ACCOUNTS, Rows(_idle, Person.created_at, erase=_erase))
