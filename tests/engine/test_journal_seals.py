"""Each day of the journal is dated, and rewriting a whole chain shows all the same."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from connectors import sandboxes
from engine import clock, journal, journal_check, journal_seals
from engine.commands import partners
from engine.journal import JournalEntry, JournalHead, digest_of
from engine.models import db
from engine.transaction import transaction
from tests.office import Office, open_office
from web import tidying

DAY = timedelta(days=1)


@pytest.fixture
def office(either_app: Flask) -> Office:
    made = open_office()
    act(made, "premier")
    return made


def act(office: Office, motive: str) -> None:
    partners.pause("mail", actor=office.operator, motive=motive)
    partners.resume("mail", actor=office.operator, motive=motive)
    db.session.rollback()


def seal(app: Flask) -> int:
    return tidying.seal_journal(app.extensions["partners"]["timestamp"])


def faults(app: Flask) -> list[str]:
    partner = app.extensions["partners"]["timestamp"]
    found = journal_seals.verify(
        lambda token, digest: partner.verify(token=token, digest=digest)
    )
    return list(found)


def seals() -> list[Any]:
    asked = select(JournalEntry.detail).where(JournalEntry.chain == journal_seals.CHAIN)
    return list(db.session.scalars(asked.order_by(JournalEntry.seq)))


def test_a_day_that_ended_is_sealed_once_and_verifies(either_app: Flask, office: Office):
    assert seal(either_app) == 0, "the day is not over"
    clock.advance(DAY + timedelta(hours=2))
    act(office, "second")
    assert seal(either_app) == 1
    assert seal(either_app) == 0
    clock.advance(3 * DAY)
    assert seal(either_app) == 1, "days without any entry are not sealed"
    told = seals()
    assert told[0]["entries"] > 0
    assert told[0]["day"] < told[1]["day"]
    assert faults(either_app) == []
    assert journal_check.verify() == []
    runner = either_app.test_cli_runner()
    assert runner.invoke(args=["journal-verify"]).exit_code == 0


def test_a_chain_rewritten_whole_is_found(either_app: Flask, office: Office):
    """What the chains alone do not show: every entry made anew, with the right digests."""
    clock.advance(DAY + timedelta(hours=2))
    assert seal(either_app) == 1
    chain = "partner:mail"
    with transaction():
        previous = ""
        for entry in db.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.chain == chain)
            .order_by(JournalEntry.seq)
        ).all():
            told = {
                column.name: getattr(entry, column.name)
                for column in JournalEntry.__table__.columns
            } | {"detail": {"motive": "autre"}, "previous": previous}
            told["detail_digest"] = journal.seal(told["detail"], told["salt"])
            previous = digest_of(told)
            db.session.execute(
                update(JournalEntry)
                .where(JournalEntry.chain == chain, JournalEntry.seq == entry.seq)
                .values(
                    detail=told["detail"], detail_digest=told["detail_digest"],
                    previous=told["previous"], digest=previous,
                )
            )  # fmt: skip
        db.session.execute(
            update(JournalHead).where(JournalHead.chain == chain).values(head=previous)
        )
    db.session.rollback()
    assert journal_check.verify() == [], "the chains are consistent"
    (fault,) = faults(either_app)
    assert "they changed" in fault
    result = either_app.test_cli_runner().invoke(args=["journal-verify"])
    assert result.exit_code == 1


def test_a_forged_token_and_a_silent_authority(either_app: Flask, office: Office):
    clock.advance(DAY + timedelta(hours=2))
    data = either_app.extensions["settings"].data
    sandboxes.faults(data, "timestamp").set(down=True)
    assert seal(either_app) == 0
    sandboxes.faults(data, "timestamp").clear()
    assert seal(either_app) == 1
    told = dict(seals()[0])
    other = either_app.extensions["partners"]["timestamp"].token(
        digest=hashlib.sha256(b"autre").digest()
    )
    import base64

    told["token"] = base64.b64encode(other).decode()
    with transaction():
        db.session.execute(
            update(JournalEntry)
            .where(JournalEntry.chain == journal_seals.CHAIN)
            .values(detail=told)
        )
    db.session.rollback()
    (fault,) = faults(either_app)
    assert "proves nothing" in fault
