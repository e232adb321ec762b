"""Somebody already signed in: the session that a sign-in leaves, without its page.

Each request runs as a server would run it, in a context that knows nothing of the test.
"""

import time
from contextvars import Context
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy import select

from engine.access import VISITOR, Actor
from engine.models import db
from engine.transaction import transaction
from tests.web.visitor import Visitor
from web.accounts import Account


class Client(FlaskClient):
    """A client that hands nothing of the test's own context to the application."""

    def open(self, *arguments: Any, **options: Any) -> Any:
        options.setdefault(
            "buffered", True
        )  # read to the end and closed, as a browser does
        answer = Context().run(super().open, *arguments, **options)
        for one in (*answer.history, answer):
            one.request.environ["wsgi.input"].close()  # a large upload is a file
        if has_app_context():
            db.session.rollback()  # what the test read before is stale
        return answer


class Browser(Visitor):
    """A person's browser, signed in from the start unless it is a visitor's."""

    def __init__(self, app: Flask, actor: Actor = VISITOR) -> None:
        super().__init__(app)
        self.client = client(app, actor)

    def send(self, address: str, values: Any = None, **options: Any) -> Any:
        """Post a form and stay there: what the application answered at once."""
        return self.post(address, values, follow=False, **options)


def client(app: Flask, actor: Actor) -> FlaskClient:
    """A browser's cookie jar, holding the session of this person."""
    made = Client(app, app.response_class, use_cookies=True)
    if actor.person_id is not None:
        uniquifier = _account(actor).fs_uniquifier
        with made.session_transaction() as session:
            session.update(_user_id=uniquifier, _fresh=True, fs_cc="set")
            session["fs_paa"] = time.time()
    return made


def _account(actor: Actor) -> Account:
    of_person = select(Account).where(Account.person_id == actor.person_id)
    known = db.session.scalars(of_person).first()
    if known is None:
        with transaction():
            db.session.add(Account(person_id=actor.person_id, password="no password"))
        known = db.session.scalars(of_person).one()
    return known
