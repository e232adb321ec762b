"""An office with something on every page, and everybody already signed in.

The two offices of the access tests, with a second version, communes and aids: an incident,
a job, drafts, documents, invitations and a case in every hand.
"""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from flask import Flask
from flask_security.recoverable import generate_reset_password_token
from sqlalchemy import select
from werkzeug.routing import MapAdapter

from engine.directory import Organisation
from engine.models import ProcessDefinition, db
from engine.transaction import transaction
from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import PASSWORD, Served
from tests.conftest import ROOT
from tests.web.browser import client
from tests.web.two_offices import FOLDER, KEY, open_two_offices
from web.accounts import account_of, open_account
from web.auth.registration import _serializer, invitation_link
from web.errors import MESSAGES
from web.news.letters import preferences_link
from workflows import publication
from workflows.grants.aid_import import import_aids
from workflows.grants.aid_search import search

FORGETFUL, CAREFUL = "oubli@entreprise.demo", "prudence@entreprise.demo"
"""Who asks for another password, and who sets up a second factor."""
LOGO = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mPk+s9QDwADhgGA9AP3FwAAAABJRU5ErkJggg=="
)


@dataclass
class House:
    """`ids` is what an address may name; `bare` the page shown when nothing else can be."""

    ids: dict[str, Any] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    map: MapAdapter | None = None
    bare: str = ""
    served: Served | None = None

    def address(self, line: str) -> str:
        """The address of a page: `cases.show case_id=case`; other words ask it something."""
        endpoint, *named = line.split()
        arguments = dict(one.split("=") for one in named)
        found = {name: self.ids.get(what, what) for name, what in arguments.items()}
        return self.map.build(endpoint, found)

    def admit(self, reader: Reader, role: str) -> None:
        """Sign somebody in without the page for it; a visitor stays one."""
        if role in self.cookies:
            session = {"name": "session", "value": self.cookies[role]}
            reader.context.add_cookies([{**session, "url": self.served.url}])

    def furnish(self, app: Flask) -> None:
        """Enter everybody and everything, and remember how to come back to it."""
        office = open_two_offices(app)
        _name_the_companies(office.ids)
        _publish_again(office.ids)
        with (ROOT / "workflows/grants/demo_aids.csv").open("rb") as file:
            import_aids(BytesIO(file.read()), origin="essai")
        for email in (FORGETFUL, CAREFUL):
            open_account(email=email, name="Anne Morvan", password=PASSWORD)
        self.cookies = {
            role: client(app, actor).get_cookie("session").value
            for role, actor in office.cast.items()
            if role != "visitor"
        }
        self.ids = {**office.ids, **_tokens(app, office.ids), "key": KEY}
        self.ids["aid"] = search(text="").aids[0].slug
        self.map = app.url_map.bind("localhost")
        with app.test_request_context():
            page = app.jinja_env.get_template("error_bare.html")
            self.bare = page.render(status=503, message=MESSAGES[503], reference="a1b2c3")


@contextmanager
def house(data: Path) -> Iterator[House]:
    """The office, served until the end."""
    furnished = House()
    with serving.office(data, furnished.furnish) as served:
        furnished.served = served
        yield furnished


def _name_the_companies(ids: dict[str, Any]) -> None:
    with transaction():
        for name, called in (("company", "Scierie du Morvan"), ("region", "Région")):
            organisation = db.session.get_one(Organisation, ids[name])
            organisation.name, organisation.logo = called, LOGO


def _publish_again(ids: dict[str, Any]) -> None:
    """A second version, whose step for the départements is another."""
    changed = {
        name: content.replace(b"department_opinion", b"departments_opinion")
        for name, content in FOLDER.items()
        if name != "scenarios.json"
    }
    publication.publish(KEY, changed, owner_id=ids["region"])
    ids["next_definition"] = db.session.scalars(
        select(ProcessDefinition.id).where(
            ProcessDefinition.key == KEY, ProcessDefinition.version == 2
        )
    ).one()
    db.session.rollback()


def _tokens(app: Flask, ids: dict[str, Any]) -> dict[str, str]:
    """What letters carry in their links."""
    with app.test_request_context():
        return {
            "registration_token": _serializer("registration").dumps(["n@essai.test", "/"]),
            "invitation_token": invitation_link(ids["invitation"]).rsplit("/", 1)[1],
            "reset_token": generate_reset_password_token(account_of(FORGETFUL)),
            "bad_token": "faux",
            "letters_token": preferences_link(ids["applicant_person"]).rsplit("/", 1)[1],
        }
