"""A desk is reminded that a folder waits there: by somebody, or as its deadline comes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from connectors import mail
from engine import clock
from engine.access import Forbidden, actor_for
from engine.commands import absences
from engine.models import db
from engine.notices import REMINDER, Notice
from tests.web.browser import Browser
from tests.workflows.parapheur.book import Book, with_circuit
from tests.workflows.parapheur.test_circulation import kinds
from web.news.post import post
from workflows.parapheur import acts, reminding, typology
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.models import FolderAct

NOTE = "Le conseil est jeudi & il <b>presse</b>"


@pytest.fixture
def book(app: Flask) -> Book:
    book = with_circuit(app)
    now = clock.now()
    absences.declare(
        book.people["juridique"], book.people["dgs"], book.body,
        actor=book.actor("juridique"),
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=99),
    )  # fmt: skip
    return book


def told(book: Book) -> dict[str, list[Any]]:
    """What each desk's person was told by reminders that they have not read."""
    db.session.rollback()
    unread = select(Notice).where(Notice.kind == REMINDER, Notice.read_at.is_(None))
    found: dict[str, list[Any]] = {}
    for one in db.session.scalars(unread.order_by(Notice.at)):
        who = next(n for n, p in book.people.items() if p == one.person_id)
        found.setdefault(who, []).append(one.detail)
    return found


def test_the_author_s_desk_reminds_the_desk_that_has_a_folder(
    app: Flask, book: Book
) -> None:
    folder = book.deposit("Convention")
    page, task = f"/parapheur/dossiers/{folder}", str(book.tasks(folder)["juridique"])
    author, there = (Browser(app, book.actor(d)) for d in ("assemblees", "juridique"))
    assert "Relancer le bureau" not in there.get(page).text, "it is their own"
    assert "Relancer le bureau" in author.get(page).text
    with pytest.raises(Forbidden):
        acts.remind_desk(UUID(task), actor=book.actor("presidence"))
    long = author.post(f"{page}/relance", {"tache": task, "note": "é" * 501})
    assert long.status_code == 422
    assert "500 caractères" in long.text
    assert "é" * 501 in long.text, "nothing typed is lost"
    author.post(f"{page}/relance", {"tache": task, "note": NOTE})
    assert set(told(book)) == {"juridique", "dgs"}, "who sits there and who stands in"
    shown = author.get(page).text
    assert "a été relancé aujourd’hui" in shown
    assert "il &lt;b&gt;presse" in shown
    assert "Relancer le bureau" not in shown
    with pytest.raises(ActRefused, match="déjà relancé"):
        acts.remind_desk(UUID(task), actor=book.actor("keeper"))
    assert NOTE in str(db.session.scalars(select(FolderAct.note)).all())
    news = there.get("/nouvelles").text
    assert f'href="{page}"' in news
    assert "relance votre bureau" in news

    post(app)
    letters = [
        one
        for one in mail.messages({}, app.extensions["settings"].data)
        if "relance" in one["subject"]
    ]
    quiet = clock.today().isoweekday() in {6, 7}
    assert len(letters) == (0 if quiet else 2), "at once, but on days without letters"

    act = book.approve(folder, "juridique")
    assert told(book) == {}, "done, nobody has to read it"
    again = str(book.tasks(folder)["presidence"])
    acts.remind_desk(UUID(again), actor=book.actor("keeper"))
    acts.undo(act, actor=book.actor("juridique"))
    assert kinds(folder) == ["deposited", "reminded", "approved", "reminded", "undone"]
    late = author.post(f"{page}/relance", {"tache": again})
    assert "a changé entre-temps" in late.text


def test_desks_are_reminded_before_the_deadline_and_while_it_is_late(book: Book) -> None:
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), working_days=10, reminder_days=2
    )
    folder = book.deposit("Marché")
    assert reminding.remind_due() == 0
    clock.advance(timedelta(days=40))
    assert reminding.remind_due() == 1
    assert reminding.remind_due() == 0
    (first,) = told(book)["juridique"]
    assert first["title"] == "Marché"
    assert set(told(book)) == {"juridique", "dgs"}
    clock.advance(timedelta(days=2, minutes=1))
    assert reminding.remind_due() == 1
    assert len(told(book)["juridique"]) == 2
    book.approve(folder, "juridique")
    clock.advance(timedelta(days=2, minutes=1))
    assert reminding.remind_due() == 1
    assert set(told(book)) == {"presidence"}
    book.refuse(folder, "presidence")
    clock.advance(timedelta(days=9))
    assert reminding.remind_due() == 0, "its author has it"
    assert actor_for(book.people["dgs"]).person_id
