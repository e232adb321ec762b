"""A letter goes to the desk that a body chose; its answer is signed in a circuit, then sent."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.access import Forbidden, allowed
from engine.commands import tasks
from engine.directory import Organisation
from engine.models import UserTask, db
from engine.transaction import transaction
from tests.office import open_tasks
from tests.workflows.legality.acts_office import SIREN
from tests.workflows.parapheur.book import Book, open_book
from web.legality import collecting
from workflows import publication
from workflows.legality import accounts, acts
from workflows.legality.models import LegalityAct, LegalityLetter, LegalityMessage
from workflows.parapheur import correcting, typology
from workflows.parapheur.circuits import APPROVE, TRANSMISSION, Step
from workflows.parapheur.models import PADES, Folder

OFFICER = "legality_officer"


@pytest.fixture
def book(app: Flask) -> Book:
    """A body with desks, that transmits acts and may have its answers signed."""
    made = open_book(app)
    for key in acts.PROCEDURES:
        folder = publication.read_folder(publication.folders()[key])
        publication.publish(key, folder, owner_id=made.body)
    with transaction():
        db.session.get_one(Organisation, made.body).siren = SIREN
    typology.change_type(made.type_id, actor=made.actor("keeper"), protocol="actes")
    approve = Step(APPROVE, "Viser", ("desk:dgs",))
    made.subtype_id = made.subtype("reponses", circuit=made.circuit("Réponses", approve))
    accounts.set_account(
        made.body, department="021", district="0", nature="11", publishes=False,
        actor=made.office.legality_officer,
    )  # fmt: skip
    return made


def choose(book: Book, *desks: dict[str, Any], to_issuer: bool = False) -> None:
    accounts.set_letters(
        book.body, to_issuer=to_issuer, desks=desks, reply_subtype_id=book.subtype_id,
        actor=book.office.legality_officer,
    )  # fmt: skip


def said(number: str) -> dict[str, Any]:
    return {
        "nature": 1, "matter": [5, 2], "number": number, "subject": "Règlement intérieur",
        "decided_on": clock.today().isoformat(), "on_paper": False,
    }  # fmt: skip


def settle(book: Book) -> None:
    for _ in range(4):
        clock.advance(timedelta(seconds=15))
        book.settle()


def file(book: Book, name: str = "reponse.pdf") -> dict[str, Any]:
    kept = book.file(name)
    return {"sha256": kept.sha256, "name": name, "media_type": kept.media_type, "size": kept.size}  # fmt: skip


def letter(book: Book, number: str) -> LegalityLetter:
    """The letter that an act's number calls for, arrived."""
    kept = {**file(book, "acte.pdf"), "document_type": None, "signature_sha256": None, "kind": "main"}  # fmt: skip
    acts.transmit(
        said(number), [kept], organisation_id=book.body, actor=book.office.legality_officer
    )
    return arrived(book, number)


def arrived(book: Book, number: str) -> LegalityLetter:
    settle(book)
    collecting.letters_of(book.body)
    settle(book)
    db.session.rollback()
    return db.session.scalars(
        select(LegalityLetter)
        .join(LegalityAct, LegalityAct.id == LegalityLetter.act_id)
        .where(LegalityAct.number == number)
    ).one()


def complete(book: Book, found: LegalityLetter, desk: str, **values: Any) -> None:
    (task,) = open_tasks(found.instance_id).values()
    tasks.complete(task, values, actor=book.actor(desk))
    settle(book)
    db.session.rollback()


def test_a_letter_goes_where_its_body_chose(book: Book) -> None:
    assert letter(book, "CS_1").role == OFFICER
    today = clock.today()
    choose(
        book,
        {
            "nature": 1,
            "matter": "5",
            "role": "desk:presidence",
            "until": (today - timedelta(days=1)).isoformat(),
        },
        {
            "nature": 1,
            "matter": "5",
            "role": "desk:presidence",
            "from": (today + timedelta(days=30)).isoformat(),
        },
        {"nature": None, "matter": "5.1", "role": "desk:presidence"},
        {"nature": 1, "matter": "5", "role": "desk:fermé"},
        {
            "nature": 1,
            "matter": "5",
            "role": "desk:juridique",
            "from": today.isoformat(),
            "until": (today + timedelta(days=29)).isoformat(),
        },
        {"nature": None, "matter": "", "role": "desk:dgs"},
    )
    found = letter(book, "LO_2")
    assert found.role == "desk:juridique", "nobody sits at the one before"
    task = db.session.get_one(UserTask, *open_tasks(found.instance_id).values())
    assert task.role == "desk:juridique"
    assert allowed(book.actor("juridique"), "see", found)
    assert allowed(book.office.legality_officer, "see", found)
    assert not allowed(book.actor("presidence"), "see", found)
    with pytest.raises(Forbidden):
        tasks.complete(task.id, {"decision": "refuse"}, actor=book.actor("presidence"))
    with pytest.raises(Forbidden):
        accounts.set_letters(
            book.body, to_issuer=True, desks=[], reply_subtype_id=None,
            actor=book.actor("juridique"),
        )  # fmt: skip


def test_a_letter_about_an_act_goes_to_the_desk_that_issued_it(book: Book) -> None:
    choose(book, {"nature": None, "matter": "", "role": "desk:dgs"}, to_issuer=True)
    approve = Step(APPROVE, "Viser", ("desk:juridique",))
    circuit = book.circuit("Actes", approve, Step(TRANSMISSION, target="legality"))
    folder = book.deposit(
        act=said("PC_3"), subtype_id=book.subtype("actes", circuit=circuit)
    )
    book.approve(folder, "juridique")
    found = arrived(book, "PC_3")
    assert found.role == "desk:assemblees"
    assert allowed(book.actor("assemblees"), "see", found.act)
    assert not allowed(book.actor("dgs"), "see", found.act)


def test_an_answer_is_signed_in_a_circuit_and_sent_by_itself(book: Book) -> None:
    choose(book, {"nature": None, "matter": "5", "role": "desk:juridique"})
    found = letter(book, "PC_4")
    act = found.act_id
    files = [{"file": file(book), "document_type": "99_DE"}]
    typology.change_type(book.type_id, actor=book.actor("keeper"), format=PADES)
    wrong = [{"file": file(book, "plan.xml")}]
    complete(book, found, "juridique", decision="send", circuit=True, files=wrong)
    assert open_tasks(found.instance_id), "an XML is not signed so: the task says it"
    complete(book, found, "juridique", decision="send", circuit=True, files=files)
    folder = db.session.scalars(select(Folder)).one()
    assert (folder.author_role, folder.title) == ("desk:juridique", "Réponse à la préfecture – PC_4")  # fmt: skip
    assert not sent(act), "nothing leaves before it is approved"
    book.refuse(folder.instance_id, "dgs", "Manque une pièce")
    abandon(book, folder.instance_id)
    assert open_tasks(found.instance_id), (
        "a folder given up leaves the letter to be answered"
    )
    complete(book, found, "juridique", decision="send", circuit=True, files=files)
    second = db.session.scalars(
        select(Folder).where(Folder.instance_id != folder.instance_id)
    )
    book.approve(second.one().instance_id, "dgs")
    settle(book)
    settle(book)
    db.session.rollback()
    assert sent(act)
    assert db.session.get_one(LegalityLetter, found.id).state == "answered"


def abandon(book: Book, folder: UUID) -> None:
    db.session.rollback()
    correcting.abandon(book.tasks(folder)["juridique"], actor=book.actor("juridique"))
    settle(book)
    db.session.rollback()


def sent(act: UUID) -> bool:
    rows = select(LegalityMessage.code).where(LegalityMessage.act_id == act)
    return "3-4" in set(db.session.scalars(rows))
