"""Many folders signed in one gesture: what is signed, what is refused, and by whom."""

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.models import db
from tests.web.browser import Browser
from tests.web.parapheur.lots import ADDRESS, asked, deposits, finish_all, signing_book, tasks
from workflows.parapheur import files
from workflows.parapheur.lots import SigningItem, SigningLot
from workflows.parapheur.models import FileSignature, Folder, FolderAct


def signed_acts(folder):
    rows = select(FolderAct).where(FolderAct.instance_id == folder, FolderAct.kind == "signed")
    return list(db.session.scalars(rows))


def test_three_folders_are_signed_with_one_pin(app: Flask) -> None:
    book = signing_book(app)
    folders = deposits(book, 3)
    marie = Browser(app, book.actor("presidence"))
    chosen = tasks(book, folders)
    answer = asked(marie, chosen, note="Bon pour accord")
    assert answer.status_code == 302, answer.text
    finish_all(app)
    page = marie.get(answer.location).text
    assert "3 sur 3" in page and "Terminé" in page and "sans valeur probante" in page
    for folder in folders:
        (act,) = signed_acts(folder)
        assert (act.note, act.person_id) == ("Bon pour accord", book.people["presidence"])
        (current,) = files.current(folder)
        content = app.extensions["partners"]["storage"].read(current.sha256)
        told = app.extensions["partners"]["signature"].examine(
            content=content, media_type="application/pdf"
        )
        assert told["valid"] and len(told["signatures"]) == 1
        assert "Présidence" in told["signatures"][0]["subject"]
    assert {one.level for one in db.session.scalars(select(SigningItem))} == {"B-LT"}
    assert not any(one.prepared or one.signatures for one in db.session.scalars(select(SigningItem)))
