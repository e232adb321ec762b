"""A body that keeps accounts: an accountant, a budget, PES signed and ready to leave."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from connectors import StoredFile
from connectors.helios.build import build
from engine.access import Actor, actor_for
from engine.commands import cases, people
from engine.models import ProcessDefinition, ProcessInstance, UserTask, db
from tests.connectors.helios.orders import HEADER, INVOICE, order
from tests.connectors.signature.xml_signing import signed_pes
from tests.office import Office, deliver_all, open_office
from workflows import publication
from workflows.accounting import budgets
from workflows.accounting.models import Pes

KEY = "accounting.transmission"
BUDGET = {
    "label": "Budget principal", "siret": "20005372600022", "post": "021090", "code": "400",
    "number": "00",
}  # fmt: skip
ORDER = {
    "kind": "expense", "subject": "Aide à l’investissement", "amount": "48 000,50",
    "account": "20421",
    "third_party": {
        "name": "SCIERIE DU MORVAN", "siret": "99999101100019",
        "iban": "FR76 3000 6000 0112 3456 7890 189",
        "address": {"line2": "3 rue des Hêtres", "postal_code": "58120", "city": "Château-Chinon"},
    },
}  # fmt: skip


@dataclass
class Accounts:
    """Who is there, and what they send."""

    app: Flask
    office: Office
    person: UUID
    budget: UUID
    definition: UUID

    @property
    def body(self) -> UUID:
        return self.office.region

    @property
    def actor(self) -> Actor:
        return actor_for(self.person)

    def stored(self, content: bytes, name: str = "pes.xml") -> StoredFile:
        media = "application/xml" if name.endswith(".xml") else "application/pdf"
        return self.app.extensions["partners"]["storage"].put(
            content, name=name, media_type=media
        )

    def pes(self, name: str, *orders: Any, **header: Any) -> bytes:
        self.stored(INVOICE, "facture.pdf")
        chosen = list(orders) or [order(1), order(7, kind="revenue", documents=[])]
        return build(chosen, HEADER | {"name": name} | header, lambda _: INVOICE)

    def signed(self, name: str, *orders: Any) -> StoredFile:
        return self.stored(signed_pes(self.pes(name, *orders)), f"{name}.xml")

    def transmit(self, file: StoredFile, **folder: Any) -> UUID:
        """A case of its own that sends this file, run until somebody is awaited."""
        values = {"files": [described(file)], **({"folder": folder} if folder else {})}
        case = cases.start(self.definition, values, actor=self.actor)
        self.settle()
        return case.id

    def settle(self) -> None:
        deliver_all(self.app)
        db.session.rollback()

    def latest(self, case: UUID) -> Pes:
        db.session.rollback()
        return db.session.scalars(
            select(Pes)
            .where(Pes.instance_id == case)
            .order_by(Pes.created_at.desc())
            .limit(1)
        ).one()

    def case(self, case: UUID) -> ProcessInstance:
        db.session.rollback()
        return db.session.get_one(ProcessInstance, case)

    def task(self, case: UUID) -> UUID:
        db.session.rollback()
        return db.session.scalars(
            select(UserTask.id).where(
                UserTask.instance_id == case, UserTask.status == "open"
            )
        ).one()


def described(file: StoredFile) -> dict[str, Any]:
    return {
        "sha256": file.sha256, "name": file.name, "media_type": file.media_type,
        "size": file.size,
    }  # fmt: skip


def open_accounts(app: Flask) -> Accounts:
    office = open_office()
    person = people.add_person("fatou@region.test", "Fatou Ba")
    people.grant(person, office.region, "accountant")
    folder = publication.folders()[KEY]
    publication.publish(KEY, publication.read_folder(folder), owner_id=office.region)
    definition = db.session.scalars(
        select(ProcessDefinition.id).where(ProcessDefinition.key == KEY)
    ).one()
    budget = budgets.write(BUDGET, organisation_id=office.region, actor=actor_for(person))
    return Accounts(app, office, person, budget, definition)
