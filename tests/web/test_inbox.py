"""The inbox and a task's page: two people at once, stale pages, wrong answers."""

import html
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from engine.commands import tasks
from engine.documents import Draft
from engine.models import ProcessInstance, UserTask, db
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened, prepare


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with opened(tmp_path_factory.mktemp("office")) as ground:
        yield ground


@pytest.fixture
def claire(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.officer)


@pytest.fixture
def paul(ground: Ground) -> Browser:
    return Browser(ground.app, ground.office.second_officer)


@pytest.fixture
def task(ground: Ground) -> UUID:
    return open_tasks(ground.begin().id)["review"]


def said(answer: Any) -> str:
    return html.unescape(answer.text)


def row(task: UUID) -> UserTask:
    db.session.rollback()
    return db.session.get_one(UserTask, task, populate_existing=True)


def test_a_task_is_taken_filled_in_and_done(claire: Browser, task: UUID) -> None:
    assert "C" in said(claire.post(f"/taches/{task}/prise-en-charge"))
    claire.send(f"/taches/{task}", {"remarks": "Bon dossier", "_save": "1"})
    assert "Bon dossier" in said(claire.get(f"/taches/{task}"))
    answer = claire.send(f"/taches/{task}", {"remarks": "Bon dossier.", "_submit": "1"})
    assert answer.status_code == 302
    assert row(task).status == "completed"
    case = db.session.get_one(ProcessInstance, row(task).instance_id)
    assert case.status == "completed"
    assert not db.session.scalars(select(Draft).where(Draft.task_id == task)).all()


def test_a_task_done_meanwhile_says_by_whom_and_gives_back_what_was_typed(
    ground: Ground, claire: Browser, paul: Browser, task: UUID
) -> None:
    assert paul.get(f"/taches/{task}").status_code == 200
    claire.send(f"/taches/{task}", {"remarks": "Fait par Claire", "_submit": "1"})
    for button in ("_submit", "_save", "_next"):
        answer = paul.send(
            f"/taches/{task}", {"remarks": "Écrit par Paul <b>", button: "1"}
        )
        assert answer.status_code == 409
        assert "Claire Martin a déjà terminé cette tâche." in said(answer)
        assert "Écrit par Paul <b>" in said(answer)
        assert "Écrit par Paul <b>" not in answer.text
    assert "Claire Martin a terminé cette tâche" in said(paul.get(f"/taches/{task}"))
    assert row(task).completed_by == ground.office.officer.person_id


def test_a_task_taken_meanwhile_says_by_whom_and_gives_back_what_was_typed(
    ground: Ground, claire: Browser, paul: Browser, task: UUID
) -> None:
    claire.send(f"/taches/{task}/prise-en-charge")
    answer = paul.send(f"/taches/{task}", {"remarks": "Écrit par Paul", "_submit": "1"})
    assert answer.status_code == 409
    assert "Claire Martin a pris cette tâche en charge" in said(answer)
    assert "Écrit par Paul" in said(answer)
    told = said(paul.post(f"/taches/{task}/prise-en-charge"))
    assert "Claire Martin a déjà pris cette tâche en charge." in told
    answer = paul.send(f"/taches/{task}/remise")
    assert answer.status_code == 409
    assert "Quelqu’un est passé avant vous" in said(answer)
    assert row(task).assignee_id == ground.office.officer.person_id
    assert claire.send(f"/taches/{task}/remise").status_code == 302
    assert row(task).assignee_id is None


def test_two_colleagues_typing_at_once_do_not_overwrite_each_other(
    claire: Browser, paul: Browser, task: UUID
) -> None:
    claire.send(f"/taches/{task}", {"remarks": "De Claire", "_rev": "0", "_save": "1"})
    answer = paul.send(f"/taches/{task}", {"remarks": "De Paul", "_rev": "0", "_save": "1"})
    assert answer.status_code == 409
    assert "Claire Martin" in said(answer)
    assert "De Paul" in said(answer)
    draft = db.session.scalars(select(Draft).where(Draft.task_id == task)).one()
    assert draft.values["remarks"] == "De Claire"


def test_two_clicks_at_once_do_a_task_once(either_app: Flask) -> None:
    own = prepare(either_app)
    task = open_tasks(own.begin().id)["review"]
    browsers = [
        Browser(own.app, actor) for actor in (own.office.officer, own.office.second_officer)
    ]
    barrier = Barrier(2)

    def click(browser: Browser) -> int:
        barrier.wait()
        values = {"remarks": "Vu", "_submit": "1"}
        return int(browser.post(f"/taches/{task}", values, follow=False).status_code)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(click, browsers)) == [302, 409]
    assert row(task).status == "completed"


@pytest.mark.parametrize(
    ("values", "label"),
    [
        ({}, "Observations"),
        ({"remarks": ""}, "Observations"),
        ({"remarks": "x" * 3001}, "Observations"),
        ({"remarks": "a\x00b"}, "Observations"),
        ({"remarks": "Vu", "outcome": "granted"}, "outcome"),
        ({"remarks": "Vu", "case.number": "26-AAAA-BBBB"}, "case.number"),
        ({"remarks": "Vu", "completed_by": str(uuid4())}, "completed_by"),
    ],
    ids=["missing", "empty", "too long", "NUL", "unknown", "reserved", "signature"],
)
def test_a_wrong_answer_is_told_and_the_task_stays_open(
    claire: Browser, task: UUID, values: dict[str, str], label: str
) -> None:
    answer = claire.send(f"/taches/{task}", {**values, "_submit": "1"})
    assert answer.status_code == 422
    assert label in said(answer)
    typed = values.get("remarks", "")
    if typed.isprintable() and typed:
        assert typed in said(answer)
    assert row(task).status == "open"
    assert claire.send(
        f"/taches/{task}", {"remarks": "Vu", "_submit": "1"}
    ).status_code == 302  # fmt: skip


def test_a_task_withdrawn_meanwhile_says_so(
    ground: Ground, claire: Browser, task: UUID
) -> None:
    """The procedure took another path: nobody did it."""
    held = row(task)
    held.status = "withdrawn"
    db.session.commit()
    answer = claire.send(f"/taches/{task}", {"remarks": "Écrit", "_submit": "1"})
    assert answer.status_code == 409
    assert "n'est plus à faire" in said(answer)
    assert "Écrit" in said(answer)
    assert "n’est plus à faire" in said(claire.get(f"/taches/{task}"))


def test_a_basket_holds_what_its_name_says(ground: Ground, app: Flask) -> None:
    own = prepare(app)
    mine, theirs, free, done = (own.begin(t) for t in ("Moi", "Paul", "Libre", "Fini"))
    officer, paul = own.office.officer, own.office.second_officer
    tasks.claim(open_tasks(mine.id)["review"], actor=officer)
    tasks.claim(open_tasks(theirs.id)["review"], actor=paul)
    tasks.complete(open_tasks(done.id)["review"], {"remarks": "Vu"}, actor=officer)
    browser = Browser(own.app, officer)
    for basket, title in (
        ("a-moi", "Moi"), ("equipe", "Paul"), ("a-prendre", "Libre"), ("faits", "Fini"),
    ):  # fmt: skip
        page = said(browser.get(f"/corbeille/?panier={basket}"))
        shown = [
            c.title for c in (mine, theirs, free, done) if f"/taches/{_task(c)}" in page
        ]
        assert shown == [title], basket
    for unknown in ("nawak", "%00"):
        answer = browser.get(f"/corbeille/?panier={unknown}")
        assert answer.status_code == 200
    assert "Ce panier n’existe pas" in said(browser.get("/corbeille/?panier=nawak"))


def _task(case: ProcessInstance) -> UUID:
    return db.session.scalars(
        select(UserTask.id).where(UserTask.instance_id == case.id)
    ).one()


def test_a_form_without_our_token_does_nothing(claire: Browser, task: UUID) -> None:
    for path in ("", "/prise-en-charge", "/remise"):
        answer = claire.client.post(f"/taches/{task}{path}", data={"remarks": "Vu"})
        assert answer.status_code == 400
        assert "Formulaire expiré" in said(answer)
    assert (row(task).status, row(task).assignee_id) == ("open", None)
