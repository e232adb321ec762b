"""Two people on one form: nobody loses a word, and the second is told what the first changed."""

import html
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from engine import drafting
from engine.commands import drafts, operations
from engine.commands.operations import Operation
from engine.documents import Draft, DraftChange
from engine.models import UserTask, db
from forms.merging import Answers, compare, merge
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.small_procedure import PROJECT, Ground, opened, prepare


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


def draft_of(task: UUID) -> Draft:
    db.session.rollback()
    return db.session.scalars(select(Draft).where(Draft.task_id == task)).one()


def hidden(answer: Any) -> dict[str, str]:
    """What a page's form sends again, as its hidden inputs hold it; not the footer's."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.text)
    return {
        html.unescape(n): html.unescape(v)
        for n, v in found
        if not n.startswith("csrf") and n != "next"
    }


def save(browser: Browser, task: UUID, text: str, rev: int) -> Any:
    return browser.send(
        f"/taches/{task}", {"remarks": text, "_rev": str(rev), "_save": "1"}
    )


def test_the_second_is_told_what_the_first_changed_and_chooses(
    claire: Browser, paul: Browser, task: UUID
) -> None:
    save(claire, task, "Vu", 0)
    save(claire, task, "De Claire", 1)
    answer = save(paul, task, "De Paul", 1)
    assert answer.status_code == 409
    page = said(answer)
    assert "Claire Martin a enregistré ce formulaire" in page
    assert "Observations" in page
    assert all(text in page for text in ("Vu", "De Claire", "De Paul"))
    sent = hidden(answer)
    assert sent["remarks"] == "De Paul"
    for choice, kept in (("theirs", "De Claire"), ("mine", "De Paul")):
        values = {**sent, "_keep:remarks": choice, "_rev": str(draft_of(task).rev)}
        merged = paul.send(f"/taches/{task}/fusion", values)
        assert merged.status_code == 302
        assert draft_of(task).values["remarks"] == kept
    assert "De Paul" in said(paul.get(f"/taches/{task}"))


def test_a_third_saving_meanwhile_asks_again_and_loses_nothing(
    claire: Browser, paul: Browser, task: UUID
) -> None:
    save(claire, task, "Un", 0)
    first = save(paul, task, "De Paul", 0)
    save(claire, task, "Deux", 1)
    values = {**hidden(first), "_keep:remarks": "mine"}
    again = paul.send(f"/taches/{task}/fusion", values)
    assert again.status_code == 409
    assert "Deux" in said(again)
    assert "De Paul" in said(again)
    assert draft_of(task).values["remarks"] == "Deux"
    done = paul.send(f"/taches/{task}/fusion", {**hidden(again), "_keep:remarks": "mine"})
    assert done.status_code == 302
    assert draft_of(task).values["remarks"] == "De Paul"


def test_hostile_answers_are_text_on_the_page_of_both(
    claire: Browser, paul: Browser, task: UUID
) -> None:
    save(claire, task, "<script>alert(1)</script>", 0)
    answer = save(paul, task, '"><b>Paul</b>', 0)
    assert "<script>alert" not in answer.text
    assert "<b>Paul" not in answer.text
    assert '"><b>Paul</b>' in said(answer)


@pytest.mark.parametrize("rev", ["9" * 60, "-5", "abc", ""])
def test_a_page_that_lies_about_what_it_saw_loses_nothing(
    claire: Browser, paul: Browser, task: UUID, rev: str
) -> None:
    save(claire, task, "Un", 0)
    values = {"remarks": "De Paul", "_rev": rev, "_base": rev, "_save": "1"}
    for path in ("", "/fusion", "/brouillon"):
        answer = paul.send(f"/taches/{task}{path}", values)
        assert answer.status_code in {200, 302, 409}, path
    db.session.rollback()
    assert draft_of(task).values["remarks"] in {"Un", "De Paul"}


def test_a_task_done_meanwhile_gives_back_what_was_to_be_merged(
    claire: Browser, paul: Browser, task: UUID
) -> None:
    save(claire, task, "Un", 0)
    first = save(paul, task, "De Paul", 0)
    claire.send(f"/taches/{task}", {"remarks": "Fini", "_rev": "1", "_submit": "1"})
    answer = paul.send(f"/taches/{task}/fusion", {**hidden(first), "_keep:remarks": "mine"})
    assert answer.status_code == 409
    assert "Claire Martin a déjà terminé cette tâche." in said(answer)
    assert "De Paul" in said(answer)
    assert not db.session.scalars(select(DraftChange)).all() or all(
        change.draft_id != task for change in db.session.scalars(select(DraftChange))
    )


def test_a_draft_is_kept_as_one_types(claire: Browser, paul: Browser, task: UUID) -> None:
    keep = f"/taches/{task}/brouillon"
    answer = claire.send(keep, {"remarks": "En cours", "_rev": "0", "_save": "1"})
    assert answer.status_code == 200
    assert re.fullmatch(r"Brouillon enregistré à \d+ h \d\d", answer.json["told"])
    assert answer.json["rev"] == 1
    assert draft_of(task).values["remarks"] == "En cours"
    assert "Claire Martin est en train de remplir ce formulaire." in said(
        paul.get(f"/taches/{task}")
    )
    late = paul.send(keep, {"remarks": "De Paul", "_rev": "0", "_save": "1"})
    assert late.status_code == 409
    assert "Claire Martin a modifié cette saisie" in late.json["told"]
    assert draft_of(task).values["remarks"] == "En cours"


def test_a_step_opened_again_takes_what_still_fits(
    ground: Ground, claire: Browser, task: UUID
) -> None:
    """An operator moved the case, or it goes by another version: the task is another one."""
    old = db.session.get_one(UserTask, task)
    copied = {c.key: getattr(old, c.key) for c in UserTask.__mapper__.column_attrs}
    again = uuid4()
    old.status = "withdrawn"
    db.session.add(UserTask(**{**copied, "id": again, "status": "open"}))
    db.session.commit()
    answer = claire.send(
        f"/taches/{task}", {"remarks": "Déjà écrit", "gone": "Perdu ?", "_submit": "1"}
    )
    assert answer.status_code == 409
    page = said(answer)
    assert "Cette étape est de nouveau à faire" in page
    assert "Elle ne demande plus : gone" in page
    assert "Perdu ?" in page
    assert hidden(answer)["remarks"] == "Déjà écrit"
    assert f"/taches/{again}" in page


def test_what_only_one_changed_is_kept_by_itself(either_app: Flask) -> None:
    """A form of several questions: each person's own changes meet, on both databases."""
    own = prepare(either_app)
    anne = Browser(either_app, own.office.applicant)
    draft = drafts.open_for_start(
        own.definition, actor=own.office.applicant, organisation_id=own.office.company
    )
    for number, values in enumerate((PROJECT, {**PROJECT, "title": "Deux scies"})):
        anne.send(f"/brouillons/{draft}/1", {**values, "_save": "1", "_rev": str(number)})
    db.session.rollback()
    kept = db.session.get_one(Draft, draft)
    states = list(drafting.undone(kept, 0))
    assert [dict(state.values).get("title") for state in states] == ["Une scie", None]
    assert {state.who for state in states} == {"Anne Morvan"}
    seen = Answers(states[0].values, {})
    mine = Answers({**states[0].values, "amount": 7}, {})
    theirs = Answers(kept.values, {})
    found = {one.name: one for one in compare(seen, mine, theirs)}
    assert found["amount"].by_me
    assert not found["title"].by_me
    assert not [one for one in found.values() if one.conflict]
    merged = merge(mine, theirs, [n for n, one in found.items() if one.by_me])
    assert (merged.values["title"], merged.values["amount"]) == ("Deux scies", 7)
    drafts.abandon(draft, actor=own.office.applicant)
    assert not db.session.scalars(select(DraftChange)).all()


def test_a_task_that_an_operator_opened_again_says_so_and_takes_what_was_typed(
    ground: Ground, claire: Browser
) -> None:
    case = ground.begin()
    before = open_tasks(case.id)["review"]
    moving = Operation("move", target="review", to="review")
    operations.perform(
        case.id, moving, actor=ground.office.operator, motive="Mauvaise version du devis"
    )
    after = open_tasks(case.id)["review"]
    assert after != before
    page = said(claire.get(f"/taches/{after}"))
    assert "Déplacé par l’exploitation" in page
    assert "Olga Durand" in page
    assert "Motif : Mauvaise version du devis" in page
    stale = claire.send(f"/taches/{before}", {"remarks": "Déjà écrit", "_submit": "1"})
    assert stale.status_code == 409
    taken = claire.send(f"/taches/{after}", {**hidden(stale), "_save": "1"})
    assert taken.status_code == 302
    assert draft_of(after).values["remarks"] == "Déjà écrit"
