"""What a process killed in the middle of its work leaves behind, and what becomes of it.

The storm (`tests/prove`) meets all of it at random; here each case is made on purpose.
"""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import Retryable, StoredFile
from engine import clock, outbox
from engine.commands import calls, cases, drafts
from engine.documents import Document
from engine.exchanges import RemoteCall
from engine.models import ProcessDefinition, db
from tests.engine.test_commands import CALLING, SIMPLE
from tests.office import Office, open_office, publish, remote


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


class Forgetful:
    """A partner that had heard the call of the dead worker, and is then busy for a while."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def lookup(self, key: str) -> str:
        self.asked.append("lookup")
        if len(self.asked) == 1:
            raise Retryable("occupé")
        return "déjà fait"

    def ask(self, question: str, key: str) -> str:
        self.asked.append("ask")
        return "fait deux fois"


def test_a_call_that_may_have_been_heard_is_looked_up_until_that_succeeds(
    office: Office, either_app: Flask
) -> None:
    remote(echo__ask={"question": True})
    definition = publish("tests.calling", CALLING, owner=office.region)
    cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    call = db.session.scalars(select(RemoteCall)).one()
    assert calls.lease(call.id) is not None  # the worker dies here, having been heard
    assert calls.lease(call.id) is None
    partner = Forgetful()
    for _ in range(2):
        clock.advance(timedelta(minutes=2))
        outbox.deliver(call.id, {"echo": partner})
    assert partner.asked == ["lookup", "lookup"]
    call = db.session.get_one(RemoteCall, call.id)
    assert (call.status, call.attempts) == ("done", 3)


def test_a_file_sent_again_is_one_document(office: Office) -> None:
    definition = publish("tests.simple", SIMPLE, owner=office.region)
    definition_id = db.session.get_one(ProcessDefinition, definition).id
    draft = drafts.open_for_start(
        definition_id, actor=office.applicant, organisation_id=office.company
    )
    file = StoredFile("a" * 64, "devis.pdf", "application/pdf", 10)
    for kind in ("quote", "quote", "other"):
        drafts.attach(draft, file, kind=kind, title="Devis", actor=office.applicant)
    assert db.session.scalar(select(func.count()).select_from(Document)) == 2
