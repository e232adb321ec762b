"""A task of the signature book is done and seen in its room, not in the common pages."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.absences import DELEGATION, Absence
from engine.access import actor_for
from engine.commands import tasks
from engine.models import UserTask, db
from tests.web.browser import Browser
from tests.workflows.parapheur.book import with_circuit
from workflows.parapheur.circuits import APPROVE, Step


def test_the_common_pages_leave_a_folder_to_its_room(app: Flask) -> None:
    book = with_circuit(app, Step(APPROVE, desks=("desk:juridique",)))
    folder = book.deposit("Secret de la région")
    task = book.tasks(folder)["juridique"]
    mine = Browser(app, book.actor("juridique"))
    led = mine.client.get(f"/taches/{task}")
    assert (led.status_code, led.location) == (302, f"/parapheur/taches/{task}")
    there = mine.client.get(led.location)
    assert (there.status_code, there.location) == (302, f"/parapheur/dossiers/{folder}")
    done = mine.send(f"/taches/{task}", {})
    assert (done.status_code, done.location) == (303, f"/parapheur/taches/{task}")
    assert db.session.get_one(UserTask, task, populate_existing=True).status == "open"

    head = Browser(app, book.office.head)
    assert "Secret" not in head.client.get("/equipe/a-prendre/desk:juridique").text
    tasks.claim(task, actor=actor_for(book.people["juridique"]))
    page = head.client.get(f"/equipe/{book.people['juridique']}")
    assert (page.status_code, "Secret" in page.text) == (200, False)
    assert head.client.get(f"/taches/{task}").status_code == 403


def test_a_delegation_is_declared_for_kinds_of_folders(app: Flask) -> None:
    book = with_circuit(app, Step(APPROVE, desks=("desk:presidence",)))
    mine = Browser(app, book.actor("presidence"))
    page = mine.client.get("/absences/").text
    assert "Délibérations – Ordinaire" in page
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    answer = mine.send(
        "/absences/",
        {
            "remplacant": str(book.people["dgs"]), "du": tomorrow, "au": tomorrow,
            "present": "1", "signe": "1", "delegation": "arrêté n° 3",
            "procedures": "parapheur.deliberations.ordinaire",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    row = db.session.scalars(select(Absence)).one()
    assert (row.kind, row.keys) == (DELEGATION, ["parapheur.deliberations.ordinaire"])
    again = mine.client.get("/absences/").text
    assert "délégation" in again
    assert "Présidence" in mine.client.get("/compte").text, "a desk by its name"
