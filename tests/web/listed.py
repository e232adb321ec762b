"""An office whose inbox has something to list: cases of a procedure that names its data."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask

from engine.access import Actor
from engine.commands import cases
from engine.models import ProcessInstance
from tests.office import Office, open_office, open_tasks, publish
from tests.prove import crowd
from tests.web.browser import Browser

KEY = "crowd.request"


@dataclass(frozen=True)
class Listed:
    """The office, with one procedure of two dozen steps."""

    app: Flask
    office: Office
    definition: UUID

    def file(self, company: str, **values: Any) -> ProcessInstance:
        """A case at its first step, which an officer does."""
        asked = {"company": company, "siret": "10000000000001", "commune": "Évry",
                 "amount": 1200, "starts_on": "2031-05-17", **values}  # fmt: skip
        return cases.start(
            self.definition, asked, actor=self.office.applicant,
            applicant_id=self.office.company,
        )  # fmt: skip

    def review(self, case: ProcessInstance) -> UUID:
        """Its first task."""
        return open_tasks(case.id)["review"]

    def browser(self, actor: Actor | None = None) -> Browser:
        """Somebody signed in: the officer, unless told otherwise."""
        return Browser(self.app, actor or self.office.officer)


def furnish(app: Flask) -> Listed:
    """Open the office and publish the procedure."""
    office = open_office()
    definition = publish(KEY, crowd.diagram(), owner=office.region)
    return Listed(app, office, definition)
