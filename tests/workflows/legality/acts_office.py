"""A region that transmits its acts to the service's sandbox."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.directory import Organisation
from engine.models import ProcessInstance, db
from engine.transaction import transaction
from tests.office import Office, deliver_all, open_office, open_tasks
from tests.workflows.parapheur.book import PAPER
from web.legality import collecting
from workflows import publication
from workflows.legality import accounts, acts
from workflows.legality.models import LegalityAct

SIREN = "232100016"


@dataclass(frozen=True)
class ActsOffice:
    """The office, with what is needed to transmit acts of its region."""

    app: Flask
    office: Office

    def act(self, number: str, **values: Any) -> LegalityAct:
        """Transmit an act, and let the prefecture answer."""
        self.transmit(number, **values)
        self.settle()
        return self.found(number)

    def transmit(self, number: str, *, files: int = 1, **values: Any) -> ProcessInstance:
        """Transmit an act of the region, as its officer does."""
        said = {
            "nature": 1, "matter": [5, 2], "number": number,
            "decided_on": clock.today().isoformat(), "subject": f"Objet de {number}",
            "on_paper": False, **values,
        }  # fmt: skip
        return acts.transmit(
            said, [self.file(n) for n in range(files)],
            organisation_id=self.office.region, actor=self.office.legality_officer,
        )  # fmt: skip

    def file(self, rank: int = 0, name: str = "acte.pdf") -> dict[str, Any]:
        """A PDF that the storage holds."""
        content = PAPER + b"\n%%%d" % rank
        kept = self.app.extensions["partners"]["storage"].put(
            content, name=name, media_type="application/pdf"
        )
        return {
            "sha256": kept.sha256, "name": name, "media_type": "application/pdf",
            "size": kept.size, "document_type": None, "signature_sha256": None,
            "kind": "annex" if rank else "main",
        }  # fmt: skip

    def settle(self, seconds: int = 60) -> None:
        """Let the service, the prefecture and the office do all that is due within a minute."""
        for _ in range(4):
            clock.advance(timedelta(seconds=seconds / 4))
            deliver_all(self.app)

    def pass_days(self, days: int) -> None:
        """Let days go by, and all that falls due."""
        clock.advance(timedelta(days=days))
        deliver_all(self.app)
        self.settle()

    def collect(self) -> list[ProcessInstance]:
        """Take the prefecture's letters in; the cases that answer them."""
        collecting.letters_of(self.office.region)
        self.settle()
        db.session.rollback()
        rows = select(ProcessInstance).where(ProcessInstance.key == acts.LETTER)
        return list(db.session.scalars(rows.order_by(ProcessInstance.started_at)))

    def found(self, number: str) -> LegalityAct:
        """An act as it is now."""
        db.session.rollback()
        return db.session.scalars(
            select(LegalityAct)
            .where(LegalityAct.number == number)
            .order_by(LegalityAct.created_at.desc())
        ).first()  # type: ignore[return-value]

    def tasks(self, case: UUID | None) -> dict[str, UUID]:
        """The open tasks of a case."""
        db.session.rollback()
        return open_tasks(case) if case else {}


def open_acts_office(app: Flask, *, publishes: bool = False) -> ActsOffice:
    """Publish the procedures for the region, and ask for its classification."""
    office = open_office()
    with transaction():
        db.session.get_one(Organisation, office.region).siren = SIREN
    for key in acts.PROCEDURES:
        folder = publication.folders()[key]
        publication.publish(key, publication.read_folder(folder), owner_id=office.region)
    accounts.set_account(
        office.region, department="021", district="0", nature="11", publishes=publishes,
        actor=office.legality_officer,
    )  # fmt: skip
    collecting.classification_of(office.region)
    return ActsOffice(app, replace(office))
