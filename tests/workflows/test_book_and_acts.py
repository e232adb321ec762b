"""A circuit of the book whose last step is the prefecture: it goes on once it answered."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.access import actor_for
from engine.commands import people, tasks
from engine.directory import Organisation
from engine.models import ProcessInstance, UserTask, db
from engine.transaction import transaction
from tests.office import open_tasks
from tests.web.test_webhooks_of_folders import listen, program, told
from tests.workflows.legality.acts_office import SIREN
from tests.workflows.parapheur.book import Book, open_book
from workflows import publication
from workflows.legality import acts
from workflows.legality.models import ABANDONED, ACKNOWLEDGED, LegalityAct
from workflows.parapheur import typology
from workflows.parapheur.circuits import APPROVE, TRANSMISSION, Step
from workflows.parapheur.models import FINISHED, REFUSED, Folder

AFTER_THE_DESKS = ("folder.transmitted", "folder.acknowledged", "folder.finished")


@pytest.fixture
def book(app: Flask) -> Book:
    """A body that offers both, and a circuit that ends at the prefecture."""
    made = open_book(app)
    for key in acts.PROCEDURES:
        folder = publication.read_folder(publication.folders()[key])
        publication.publish(key, folder, owner_id=made.body)
    approve = Step(APPROVE, "Viser", ("desk:juridique",))
    circuit = made.circuit("Actes", approve, Step(TRANSMISSION, target="legality"))
    typology.change_type(made.type_id, actor=made.actor("keeper"), protocol="actes")
    made.subtype_id = made.subtype("actes", circuit=circuit)
    with transaction():
        db.session.get_one(Organisation, made.body).siren = SIREN
    return made


def deposited(book: Book, number: str) -> Folder:
    """A folder approved, and all that is due since done."""
    act = {
        "nature": 1, "matter": [5, 2], "number": number, "subject": "Règlement intérieur",
        "decided_on": clock.today().isoformat(), "on_paper": False,
    }  # fmt: skip
    folder = book.deposit(act=act)
    book.approve(folder, "juridique")
    for _ in range(3):
        clock.advance(timedelta(seconds=20))
        book.settle()
    db.session.rollback()
    return db.session.get_one(Folder, folder)


def the_act(number: str) -> LegalityAct:
    db.session.rollback()
    return db.session.scalars(select(LegalityAct).where(LegalityAct.number == number)).one()


def test_a_folder_is_finished_once_the_prefecture_has_its_act(book: Book) -> None:
    hook = listen(program(book, "desk:assemblees"), *AFTER_THE_DESKS)
    folder = deposited(book, "2026_DE_001")
    assert tuple(event for event, _act in told(hook)) == AFTER_THE_DESKS
    act = the_act("2026_DE_001")
    assert (act.state, act.folder_id) == (ACKNOWLEDGED, folder.instance_id)
    assert folder.state == FINISHED, "the circuit does not wait for two months"
    watch = db.session.get_one(ProcessInstance, act.watch_id)
    assert (watch.is_open, watch.organisation_id) == (True, book.body)


def test_an_act_given_up_goes_back_to_its_author_with_the_reason(book: Book) -> None:
    folder = deposited(book, "KO_2")
    assert folder.state not in {FINISHED, REFUSED}
    officer = people.add_person("transmet@region.test", "Tom Roy")
    people.grant(officer, book.body, "legality_officer")
    task = open_tasks(the_act("KO_2").instance_id)["correct_act"]
    assert db.session.get_one(UserTask, task).role == "legality_officer"
    tasks.complete(task, {"decision": "give_up"}, actor=actor_for(officer))
    book.settle()
    assert the_act("KO_2").state == ABANDONED
    refused = db.session.get_one(Folder, folder.instance_id)
    assert refused.state == REFUSED
    assert "ODT-VERIF-01" in refused.refused_for
