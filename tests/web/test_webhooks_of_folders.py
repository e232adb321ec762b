"""What an application is told of folders: at once, signed, and no more than its key sees."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from connectors.webhooks import Sender, sign
from engine.commands import api_keys
from engine.models import db
from engine.webhooks import FOLDER_EVENTS, WebhookDelivery
from tests.connectors.test_webhooks import Door, opened
from tests.web.browser import Browser
from tests.web.program import Program, administrator, make_key
from tests.workflows.parapheur.book import Book, with_circuit
from web.api.delivering import deliver
from workflows.parapheur import acts, withdrawing

URL = "https://logiciel.example.org/"


@pytest.fixture
def book(app: Flask) -> Book:
    return with_circuit(app)


def program(book: Book, *roles: str, scopes: list[str] | None = None) -> Program:
    by = administrator(
        book.body, f"{'-'.join(roles)}-{scopes}@essai.test".replace(":", ".")
    )
    return Program(book.app, make_key(book.body, roles=roles, actor=by, scopes=scopes)[1])


def listen(program: Program, *events: str, url: str = URL) -> dict[str, Any]:
    made = program.post("/webhooks", {"url": url, "events": events or FOLDER_EVENTS})
    assert made.status_code == 201, made.text
    return dict(made.json)


def told(webhook: dict[str, Any]) -> list[tuple[str, str]]:
    """What an address is to be told: (event, kind of act)."""
    db.session.rollback()
    rows = db.session.query(WebhookDelivery).filter_by(webhook_id=UUID(webhook["id"]))
    return [
        (one.type, (one.data["act"] or {}).get("kind", ""))
        for one in rows.order_by(WebhookDelivery.at)
    ]


def test_a_refusal_is_told_at_once_with_its_reason_and_signed(book: Book) -> None:
    settings = book.app.extensions["settings"]
    book.app.extensions["settings"] = settings.model_copy(update={"webhooks_inside": True})
    with opened(Door()) as door:
        hook = listen(
            program(book, "desk:assemblees"), url=f"http://127.0.0.1:{door.port}/"
        )
        folder = book.deposit(external_id="DELIB-42", origin="api:essai")
        acts.refuse(
            book.tasks(folder)["juridique"], actor=book.actor("juridique"),
            reason="Le visa manque", private_note="entre nous",
        )  # fmt: skip
        while deliver(book.app, Sender(inside=True)):
            pass
    assert not any(b"entre nous" in body for _, body in door.heard)
    headers, body = next(one for one in door.heard if b"folder.refused" in one[1])
    event, at = headers["webhook-id"], int(headers["webhook-timestamp"])
    assert headers["webhook-signature"] == sign(event, at, body, [hook["secret"]])
    data = json.loads(body)["data"]
    assert data["folder_id"] == str(folder)
    assert data["external_id"] == "DELIB-42"
    assert (data["state"], data["reason"]) == ("refused", "Le visa manque")
    assert data["act"]["desk"] == {"desk": "juridique", "name": "Direction juridique"}
    assert data["act"]["person"] == "Direction juridique"
    assert data["url"].endswith(f"/api/v1/folders/{folder}")


def test_each_step_is_told_to_the_keys_that_see_the_folder_alone(book: Book) -> None:
    author, other = program(book, "desk:assemblees"), program(book, "desk:dgs")
    mine, theirs = listen(author), listen(other)
    blind = program(book, "desk:assemblees", scopes=["webhooks:manage"])
    refused = blind.post("/webhooks", {"url": URL, "events": ["folder.signed"]})
    assert (refused.status_code, refused.json["code"]) == (403, "missing-scope")
    changed = {"url": "https://autre.example.org/"}
    assert blind.ask("PATCH", f"/webhooks/{mine['id']}", json=changed).status_code == 403
    folder = book.deposit()
    book.approve(folder, "juridique", note="Vu", private_note="entre nous")
    task = book.tasks(folder)["presidence"]
    acts.send_back(task, actor=book.actor("presidence"), reason="Relisez")
    book.settle()
    book.approve(folder, "juridique")
    book.sign(folder, "presidence")
    assert told(mine) == [
        ("folder.deposited", "deposited"), ("folder.step_done", "approved"),
        ("folder.returned", "returned"), ("folder.step_done", "approved"),
        ("folder.signed", "signed"), ("folder.finished", "finished"),
    ]  # fmt: skip
    assert told(theirs) == [], "this desk is no part of it"
    # The other key takes the webhook over: it hears what it sees itself.
    assert other.ask("PATCH", f"/webhooks/{mine['id']}", json=changed).status_code == 200
    refused_one = book.deposit(title="Autre")
    withdrawing.withdraw(refused_one, actor=book.actor("assemblees"), reason="Doublon")
    assert len(told(mine)) == 6


def test_a_key_that_is_closed_hears_nothing_any_more(book: Book) -> None:
    by = administrator(book.body, "cle@essai.test")
    key, token = make_key(book.body, roles=["desk:assemblees"], actor=by)
    hook = listen(Program(book.app, token), "folder.abandoned", "folder.deposited")
    first = book.deposit()
    withdrawing.withdraw(first, actor=book.actor("assemblees"), reason="Doublon")
    assert [event for event, _ in told(hook)] == ["folder.deposited", "folder.abandoned"]
    later, _token = api_keys.replace(key, overlap=timedelta(days=1), actor=by)
    api_keys.revoke(key, motive="essai", actor=by)
    book.deposit()
    assert len(told(hook)) == 3, "the key that takes over sees for it"
    api_keys.revoke(later, motive="essai", actor=by)
    book.deposit()
    assert len(told(hook)) == 3
    # On the page, folders ask for a key whose eyes are lent.
    page = Browser(book.app, by)
    sent = {"url": URL, "event": ["folder.refused"]}
    answer = page.send(f"/reglages/api/{book.body}/webhooks", sent)
    assert answer.status_code == 422
    assert "Clé : choisissez" in answer.text
    third, _token = make_key(book.body, roles=["desk:juridique"], actor=by)
    answer = page.send(
        f"/reglages/api/{book.body}/webhooks", sent | {"hook_key": str(third)}
    )
    assert answer.status_code == 302
