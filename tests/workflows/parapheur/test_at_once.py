"""Desks that act at the same moment: each act once, in one order, none lost."""

from collections import Counter
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from engine import journal_check
from engine.errors import Busy, TaskNotOpen
from engine.models import db
from tests.engine.test_races import at_once
from tests.workflows.parapheur.book import with_circuit
from tests.workflows.parapheur.test_circulation import folder_of, kinds
from workflows.parapheur import acts
from workflows.parapheur.circuits import ALL, APPROVE, Step
from workflows.parapheur.models import Folder

BOTH = ("desk:juridique", "desk:dgs")


def test_desks_side_by_side_and_hands_that_click_twice(either_app: Flask) -> None:
    book = with_circuit(either_app, Step(APPROVE, desks=BOTH, parallel=ALL))
    folder = book.deposit()
    waiting = book.tasks(folder)
    clicks = [
        partial(acts.approve, waiting[desk], actor=book.actor(desk))
        for desk in ("juridique", "dgs")
        for _ in range(2)
    ]
    db.session.rollback()
    told = at_once(either_app, *clicks)  # type: ignore[arg-type]
    refused = [one for one in told if one is not None]
    assert len(refused) == 2
    assert all(isinstance(one, (TaskNotOpen, Busy)) for one in refused)
    book.settle()
    db.session.rollback()
    assert Counter(kinds(folder)) == {
        "deposited": 1,
        "approved": 2,
        "proven": 1,
        "finished": 1,
    }
    assert folder_of(folder).acts == 5
    assert journal_check.verify() == []


def test_one_deposit_sent_twice_at_once_is_one_folder(either_app: Flask) -> None:
    book = with_circuit(either_app, Step(APPROVE, desks=("desk:juridique",)))
    db.session.rollback()
    sent = [partial(book.deposit, external_id="FIN-7") for _ in range(3)]
    assert at_once(either_app, *sent) == [None, None, None]  # type: ignore[arg-type]
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Folder)) == 1
