"""An organisation's own software: a key, and what it asks of the API with it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask

from engine import clock
from engine.access import Actor, actor_for
from engine.api_keys import OF_BODIES, OF_COMPANIES, ApiKey
from engine.commands import api_keys, people
from engine.directory import ADMINISTRATOR, COMPANY, Organisation
from engine.models import db
from tests.web.browser import Client

YEAR = timedelta(days=365)


def administrator(organisation_id: UUID, email: str) -> Actor:
    """Somebody who administers an organisation."""
    person = people.add_person(email, "Ada Byron")
    people.grant(person, organisation_id, ADMINISTRATOR)
    return actor_for(person)


def make_key(
    organisation_id: UUID,
    *,
    scopes: Collection[str] | None = None,
    roles: Collection[str] = (),
    actor: Actor | None = None,
    life: timedelta = YEAR,
) -> tuple[UUID, str]:
    """A key with every scope there is, unless told otherwise."""
    kind = db.session.get_one(Organisation, organisation_id).kind
    every = OF_COMPANIES if kind == COMPANY else OF_BODIES
    return api_keys.create(
        organisation_id,
        name="Logiciel",
        scopes=every if scopes is None else scopes,
        roles=roles,
        expires_at=clock.now() + life,
        actor=actor or administrator(organisation_id, f"ada-{organisation_id}@essai.test"),
    )


class Program:
    """Asks the API; `session` is a browser's cookie that it should not send, and may."""

    def __init__(self, app: Flask, token: str = "") -> None:
        self.app, self.token = app, token
        self.client = Client(app, app.response_class, use_cookies=True)

    def ask(self, method: str, path: str, **options: Any) -> Any:
        """One request, under /api/v1 unless the path says otherwise."""
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        target = path if path.startswith("/api") else f"/api/v1{path}"
        return self.client.open(target, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, json=json, **options)


def key_of(token: str) -> ApiKey:
    """The row of a key."""
    return db.session.query(ApiKey).filter_by(prefix=token.split("_")[1]).one()
