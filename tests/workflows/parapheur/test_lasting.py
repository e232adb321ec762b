"""Signed files proved again before their timestamp ends, as long as the office keeps them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from lxml import etree
from sqlalchemy import select

from connectors import sandboxes
from engine import clock
from engine.commands.operations import Operation, perform
from engine.models import ProcessInstance, db
from engine.notices import LASTING, Notice
from tests.workflows.parapheur.book import Book, with_circuit
from tests.workflows.parapheur.test_circulation import kinds
from tests.workflows.parapheur.test_proofs import P
from workflows.parapheur import acts, files, lasting
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import SIGN, Step
from workflows.parapheur.models import ANNEX, FolderAct
from workflows.parapheur.signatures import borne, level

DAY, YEAR = timedelta(days=1), timedelta(days=365)
HALF_A_YEAR = timedelta(days=186)


@pytest.fixture
def book(app: Flask) -> Iterator[Book]:
    yield with_circuit(app, Step(SIGN, "Signer", ("desk:presidence",)))
    clock.configure(None)


def really_signed(book: Book, *more: Given) -> UUID:
    """A folder whose main files bear true signatures."""
    folder = book.deposit(files=[Given(book.file()), *more])
    signed = truly(book, [one.to_close(field="S") for one in files.to_sign(folder)])
    acts.sign(book.tasks(folder)["presidence"], signed, actor=book.actor("presidence"))
    book.settle()
    return folder


def truly(book: Book, documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Documents as somebody truly signs them."""
    signature = book.app.extensions["partners"]["signature"]
    person = {"id": "p", "name": "Marie Durand", "email": "marie@region.test"}
    who = {"signer": "demo", "person": person}
    prepared = signature.prepare(
        documents=documents, certificate=signature.certificate(**who),
        chain=signature.chain(**who),
    )  # fmt: skip
    made = []
    for one in prepared:
        values = signature.sign(**who, to_sign=one["to_sign"], pin="1234")
        made.append(signature.finish(prepared=one, values=values))
        made[-1]["document_sha256"] = one["document_sha256"]
    return made


def signed_elsewhere(book: Book) -> Given:
    """An annex that somebody signed before it came."""
    stored = book.file("annexe.pdf")
    asked = {name: getattr(stored, name) for name in ("sha256", "name", "media_type")}
    (made,) = truly(
        book, [{**asked, "id": "annex", "format": "pades", "field": "Elsewhere"}]
    )
    return Given(made["file"], kind=ANNEX, title="annexe.pdf")


def ends(folder: UUID) -> dict[str, datetime]:
    db.session.rollback()
    return {
        one.file.title: one.file.good_until
        for one in files.every(folder)
        if one.file.good_until
    }


def timestamps(book: Book, folder: UUID) -> dict[str, list[str]]:
    signature = book.app.extensions["partners"]["signature"]
    found = {}
    there = {one.file.id: one for one in files.every(folder)}
    for one in there.values():
        signs = there.get(one.file.signs_id)
        pdf = one.version.document.media_type == "application/pdf"
        if signs or pdf:
            content = read(book, one.sha256)
            told = signature.examine(
                content=read(book, signs.sha256) if signs else content,
                media_type="application/pdf", detached=content if signs else None,
            )  # fmt: skip
            assert (told["valid"], told["level"]) == (True, "B-LTA"), told
            found[one.file.title] = [s["kind"] for s in told["signatures"]]
    return found


def read(book: Book, digest: str) -> Any:
    return book.app.extensions["partners"]["storage"].read(digest)


def silent(book: Book, *, down: bool) -> None:
    data = book.app.extensions["settings"].data
    sandboxes.faults(data, "timestamp").set(down=down)


def later(book: Book, by: timedelta) -> None:
    clock.advance(by)
    book.settle()


def told() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(Notice).where(Notice.kind == LASTING)).all())


def test_what_was_signed_is_proved_again_before_its_timestamp_ends(book: Book) -> None:
    titre = Given(book.file("titre.xml", b"<titre/>"))
    folder = really_signed(book, titre, signed_elsewhere(book))
    known = ends(folder)
    signed = ("acte.pdf", "Signature – titre.xml", "annexe.pdf")
    assert set(known) == {*signed, "Bordereau de signature"}
    told_of = borne(one.file.id for one in files.every(folder))
    for one in files.every(folder):
        if one.file.title in signed:
            bears = told_of[one.file.id]
            assert [it.kind for it in bears] == ["signature", "timestamp"]
            assert level(bears[0], bears) == "B-LTA"
    assert all(clock.now() + 9 * YEAR < end for end in known.values())
    assert timestamps(book, folder)["Bordereau de signature"] == ["seal", "timestamp"]
    assert lasting.renew(clock.now() + HALF_A_YEAR) == 0
    before = {one.file.title: one for one in files.every(folder)}
    content = {title: read(book, one.sha256) for title, one in before.items()}
    history = kinds(folder)

    silent(book, down=True)
    later(book, 9 * YEAR + 200 * DAY)
    assert lasting.renew(clock.now() + HALF_A_YEAR) == 1
    assert lasting.renew(clock.now() + HALF_A_YEAR) == 0, "it is being renewed"
    first = db.session.scalars(
        select(ProcessInstance).where(ProcessInstance.key == lasting.RENEWAL)
    ).one()
    operator = book.office.operator
    perform(first.id, Operation("cancel"), actor=operator, motive="par erreur")
    assert lasting.renew(clock.now() + HALF_A_YEAR) == 1, "cancelled, it begins again"
    book.settle()
    later(book, DAY + timedelta(hours=1))
    assert (kinds(folder), ends(folder), told()) == (history, known, 1)

    silent(book, down=False)
    later(book, DAY + timedelta(hours=1))
    assert kinds(folder) == [*history, "renewed", "proven"]
    assert all(clock.now() + 9 * YEAR < end for end in ends(folder).values())
    assert timestamps(book, folder) == {
        **{one: ["signature", "timestamp", "timestamp"] for one in signed},
        "Bordereau de signature": ["seal", "timestamp", "timestamp"],
    }
    for one in files.every(folder):
        was = before[one.file.title]
        if one.file.title == "titre.xml":
            assert one.sha256 == was.sha256, "what it signs is as it was"
            continue
        assert one.version.number > was.version.number
        assert read(book, was.sha256) == content[one.file.title], "never overwritten"
    premis = next(f for f in files.proofs(folder) if f.file.title == "Historique PREMIS")
    events = etree.fromstring(read(book, premis.sha256)).xpath(
        "//p:eventType/text()", namespaces=P
    )
    assert "renewed" in events
    assert lasting.renew(clock.now() + HALF_A_YEAR) == 0
    left = select(ProcessInstance).where(
        ProcessInstance.key == lasting.RENEWAL, ProcessInstance.ended_at.is_(None)
    )
    assert db.session.scalars(left).all() == []


def test_a_level_that_was_missed_is_asked_for_a_month_and_told_twice(book: Book) -> None:
    silent(book, down=True)
    folder = really_signed(book)
    assert kinds(folder).count("closed") == 1
    for _ in range(3):
        later(book, DAY + timedelta(minutes=1))
    assert kinds(folder).count("closed") == 1, "nothing new, nothing told"
    later(book, 27 * DAY)
    for _ in range(3):
        later(book, DAY + timedelta(minutes=1))
    closings = db.session.scalars(
        select(FolderAct)
        .where(FolderAct.instance_id == folder, FolderAct.kind == "closed")
        .order_by(FolderAct.seq)
    ).all()
    assert [one.detail.get("given_up", False) for one in closings] == [False, True]
    assert db.session.get_one(ProcessInstance, folder).ended_at is not None
    end = ends(folder)["acte.pdf"]
    assert clock.now() < end < clock.now() + 11 * YEAR, "as its signer's certificate"
    silent(book, down=False)
    assert lasting.renew(end + DAY) == 1
    book.settle()
    assert timestamps(book, folder)["acte.pdf"] == ["signature", "timestamp"]
