"""Requests made behind the scenes, for the tests that begin in the middle of the story."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from engine import definitions
from engine.access import Actor, actor_for
from engine.commands import cases, drafts
from engine.directory import APPLICANT, person_by_email
from engine.models import IS_OPEN, UserTask, db
from tests.browser import papers
from tests.browser.serving import Served
from tests.conftest import ROOT, close, environment
from web.app import create_app
from web.demo.seed import PROCEDURE
from web.receiving import reference

APPLICANT_EMAIL = "scierie@entreprise.demo"
SIRET = "99999101100019"


def file_request(served: Served, title: str) -> None:
    """Start a case for the sawmill; the office's workers take it from there."""
    with _office(served) as app:
        actor, company = _sawmill()
        version = definitions.latest(PROCEDURE).id
        cases.start(version, _values(app, title), actor=actor, applicant_id=company)


def wait_for_tasks(served: Served, number: int) -> None:
    """Wait until the office's workers have opened so many tasks."""
    with _office(served):
        for _ in range(240):
            db.session.rollback()
            opened = select(func.count()).select_from(UserTask).where(IS_OPEN)
            if (db.session.scalar(opened) or 0) >= number:
                return
            time.sleep(0.5)
    raise AssertionError("the workers did not open the tasks")


def draft_request(served: Served, title: str) -> UUID:
    """A request that the sawmill only has to file; returns the draft's id."""
    with _office(served) as app:
        actor, company = _sawmill()
        version = definitions.latest(PROCEDURE).id
        values = _values(app, title)
        return drafts.open_for_start(
            version, actor=actor, organisation_id=company, values=values
        )


@contextmanager
def _office(served: Served) -> Iterator[Flask]:
    """The same data folder, seen from the test's own process, with no workers."""
    app = create_app(environment(served.data, PUBLIC_URL=served.url))
    with app.app_context():
        yield app
    close(app)


def _values(app: Flask, title: str) -> dict[str, Any]:
    """The story's request, with a real file wherever one is asked for."""
    folder = ROOT / "workflows/grants/investment_aid"
    told = json.loads((folder / "scenarios.json").read_text())["values"]["application"]
    stored = app.extensions["partners"]["storage"].put(
        BytesIO(papers.pdf("piece")["buffer"]),
        name="piece.pdf",
        media_type="application/pdf",
    )
    file = [reference(stored)]
    return {
        **told,
        "siret": SIRET,
        "company_name": "Scierie Fictive Du Morvan",
        "contact": {**told["contact"], "email": APPLICANT_EMAIL},
        "project": {**told["project"], "title": title},
        "expenses": [{**row, "quote": file} for row in told["expenses"]],
        "files": {
            **told["files"],
            "bank_details": file,
            "tax_returns": file,
            "bank_agreement": file,
        },
    }


def _sawmill() -> tuple[Actor, UUID]:
    person = person_by_email(APPLICANT_EMAIL)
    assert person
    actor = actor_for(person.id)
    (company,) = actor.organisations(APPLICANT)
    return actor, company
