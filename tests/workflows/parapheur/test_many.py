"""Lists of the book are read on their indexes, and an act costs the same whatever the crowd."""

from datetime import timedelta
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import insert, text

from engine import clock
from engine.actors import Role
from engine.models import ProcessInstance, db
from tests.bench.recording import recorded, verbs
from tests.plans import plan_of, sent, whole
from tests.workflows.parapheur.book import Book, with_circuit
from workflows.parapheur import acts, lists
from workflows.parapheur.circuits import APPROVE, Step
from workflows.parapheur.models import Folder, FolderDesk

MANY = 2_000
TABLES = {"parapheur_folder", "parapheur_folder_desk", "process_instance", "user_task"}
MOST_STATEMENTS = 26
"""Of an approval that leaves a folder to the next desk, its journals and lists included."""
TWO = (
    Step(APPROVE, "Viser", ("desk:juridique",)),
    Step(APPROVE, "Valider", ("desk:dgs",)),
)


def crowd(book: Book, like: UUID) -> None:
    """Folders as one that is there, at the same desks."""
    case = db.session.get_one(ProcessInstance, like)
    folder = db.session.get_one(Folder, like)
    ids = [uuid4() for _ in range(MANY)]
    moments = [clock.now() - timedelta(minutes=n) for n in range(MANY)]
    common = {"organisation_id": book.body, "subtype_id": folder.subtype_id}
    db.session.execute(
        insert(ProcessInstance),
        [
            {"id": one, "number": f"26-{n:06}", "key": case.key, "title": "",
             "definition_id": case.definition_id, "organisation_id": book.body}
            for n, one in enumerate(ids)
        ],
    )  # fmt: skip
    db.session.execute(
        insert(Folder),
        [
            {**common, "instance_id": one, "title": f"Dossier {n}", "folded": f"dossier {n}",
             "author_role": "desk:assemblees", "code": f"CODE{n}", "visibility": "service",
             "deposited_at": moments[n], "due_at": moments[n], "acts": 1, "details": {}}
            for n, one in enumerate(ids)
        ],
    )  # fmt: skip
    db.session.execute(
        insert(FolderDesk),
        [
            {"instance_id": one, "role": f"desk:{desk}", "organisation_id": book.body,
             "standing": standing, "at": moments[n]}
            for n, one in enumerate(ids)
            for desk, standing in (("juridique", "now"), ("dgs", "to_come"),
                                   ("assemblees", "done"))
        ],
    )  # fmt: skip
    db.session.commit()
    db.session.execute(text("ANALYZE"))
    db.session.commit()


def test_lists_are_read_on_indexes_and_an_act_costs_little(app: Flask) -> None:
    book = with_circuit(app, *TWO)
    first, second = book.deposit(), book.deposit()
    crowd(book, first)
    actor = book.actor("juridique")
    (mine,) = lists.desks(actor)
    assert mine.counts == {
        "now": lists.MOST_COUNTED,
        "late": 1000,
        "asked": 0,
        "refused": 0,
    }

    def read(state: str, role: Role, **more: str) -> None:
        page = lists.folders(role, state, **more).limit(lists.PAGE_SIZE)
        found = lists.read(db.session.scalars(page).all())
        lists.desks_now(one.instance_id for one in found)

    def look() -> None:
        for state in ("now", "late", "asked", "to_come", "done", "deposited", "refused"):
            read(state, mine.role)
        read("now", mine.role, search="dossier 12")
        lists.next_folder(mine.role, first)
        lists.tasks_of(first, actor)
        db.session.scalars(lists.of_body(book.body, state="refused").limit(50)).all()

    plans = {statement: plan_of(statement, values) for statement, values in sent(look)}
    assert len(plans) > 5, "it listens"
    assert {s: bad for s, plan in plans.items() if (bad := whole(plan, TABLES))} == {}
    once = [s for s, _ in sent(lambda: lists.desks(actor))]
    assert len(once) == 2, "whatever the number of desks"

    task = book.tasks(first)["juridique"]
    with recorded() as statements:
        acts.approve(task, actor=actor)
    assert len(verbs(statements)) <= MOST_STATEMENTS
    assert book.tasks(second).keys() == {"juridique"}
