"""A folder goes from its deposit to its end, through desks; what it becomes is told."""

from flask import Flask
from sqlalchemy import select

from engine import journal_check
from engine.access import allowed
from engine.models import ProcessInstance, db
from tests.workflows.parapheur.book import PAPER, with_circuit
from workflows.parapheur import files, lists
from workflows.parapheur.circuits import APPROVE, Step
from workflows.parapheur.models import Folder, FolderAct, FolderDesk

TWO = (
    Step(APPROVE, "Viser", ("desk:juridique",)),
    Step(APPROVE, "Valider", ("desk:dgs",), working_days=3, reminder_days=2),
)


def folder_of(folder_id: object) -> Folder:
    return db.session.get_one(Folder, folder_id, populate_existing=True)


def kinds(folder_id: object) -> list[str]:
    asked = select(FolderAct.kind).where(FolderAct.instance_id == folder_id)
    return list(db.session.scalars(asked.order_by(FolderAct.seq)))


def standings(folder_id: object) -> dict[str, str]:
    db.session.rollback()
    asked = select(FolderDesk).where(FolderDesk.instance_id == folder_id)
    return {
        row.role.removeprefix("desk:"): row.standing for row in db.session.scalars(asked)
    }


def test_a_folder_goes_through_two_desks(either_app: Flask) -> None:
    book = with_circuit(either_app, *TWO)
    folder = book.deposit()
    assert standings(folder) == {"assemblees": "done", "juridique": "now", "dgs": "to_come"}
    book.approve(folder, "juridique", note="Conforme")
    assert standings(folder) == {"assemblees": "done", "juridique": "done", "dgs": "now"}
    assert folder_of(folder).step == "Valider"
    book.approve(folder, "dgs")
    row = folder_of(folder)
    assert (row.state, row.step, bool(row.ended_at)) == ("finished", "", True)
    assert kinds(folder) == ["deposited", "approved", "approved", "proven", "finished"]
    assert db.session.get_one(ProcessInstance, folder).outcome == "finished"
    assert journal_check.verify() == []


def test_a_refusal_goes_back_to_the_author(app: Flask) -> None:
    book = with_circuit(app, *TWO)
    folder = book.deposit()
    book.refuse(folder, "juridique", "Annexe manquante")
    row = folder_of(folder)
    assert (row.state, row.refused_for) == ("refused", "Annexe manquante")
    assert set(book.tasks(folder)) == {"assemblees"}
    assert standings(folder)["assemblees"] == "now"


def test_a_signature_makes_a_new_version_and_leaves_the_first(app: Flask) -> None:
    book = with_circuit(app)
    folder = book.deposit()
    book.approve(folder, "juridique")
    (before,) = files.current(folder)
    book.sign(folder, "presidence")
    (after,) = files.to_sign(folder)
    assert after.sha256 != before.sha256
    assert [v.document.sha256 for v in files.versions(after.file.id)] == [
        before.sha256, after.sha256,
    ]  # fmt: skip
    storage = app.extensions["partners"]["storage"]
    assert storage.read(before.sha256) == PAPER


def test_desks_have_their_lists(app: Flask) -> None:
    book = with_circuit(app, *TWO)
    first, second = book.deposit("Un"), book.deposit("Deux")
    (mine,) = lists.desks(book.actor("juridique"))
    assert mine.counts["now"] == 2
    found = list(db.session.scalars(lists.folders(mine.role)))
    assert [f.title for f in lists.read(found)] == ["Un", "Deux"]
    assert lists.next_folder(mine.role, first) == second
    assert list(db.session.scalars(lists.folders(mine.role, search="deux"))) == [second]


def test_who_sees_a_confidential_folder(app: Flask) -> None:
    book = with_circuit(app, *TWO)
    folder = folder_of(book.deposit())
    seeing = {
        who: allowed(book.actor(who), "see", folder)
        for who in ("assemblees", "juridique", "dgs", "presidence", "keeper")
    }
    assert seeing == {
        "assemblees": True, "juridique": True, "dgs": True, "presidence": False,
        "keeper": True,
    }  # fmt: skip
    assert not allowed(book.office.head, "see", folder)
    assert not allowed(book.office.department_officer, "see", folder)
