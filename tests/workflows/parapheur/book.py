"""A small body with its book: desks, people, a circuit, and folders to deposit."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from fpdf import FPDF
from sqlalchemy import select

from connectors import StoredFile
from engine.access import Actor, actor_for
from engine.commands import people
from engine.models import ProcessInstance, UserTask, db
from tests.office import Office, deliver_all, open_office
from workflows import publication
from workflows.parapheur import acts, deposit, files, publishing, typology
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import APPROVE, SIGN, Step

BOOK = publication.WORKFLOWS / "parapheur"


def _paper() -> bytes:
    """A real PDF of one page, the same whenever it is made."""
    made = FPDF()
    made.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))
    made.add_page()
    made.set_font("Helvetica", size=12)
    made.cell(0, 10, "Acte")
    return bytes(made.output())


PAPER = _paper()
DESKS = {
    "assemblees": ("Secrétariat des assemblées", ""),
    "juridique": ("Direction juridique", "Directrice juridique"),
    "dgs": ("Direction générale", "Directeur général des services"),
    "presidence": ("Présidence", "Présidente"),
}
PLAIN = (
    Step(APPROVE, "Viser", ("desk:juridique",)),
    Step(SIGN, "Signer", ("desk:presidence",)),
)


@dataclass
class Book:
    """Who is there, and the ids of the typology."""

    app: Flask
    office: Office
    keeper: UUID
    people: dict[str, UUID] = field(default_factory=dict)
    desks: dict[str, UUID] = field(default_factory=dict)
    type_id: UUID = field(default_factory=uuid4)
    subtype_id: UUID = field(default_factory=uuid4)

    @property
    def body(self) -> UUID:
        return self.office.region

    def actor(self, desk: str) -> Actor:
        return actor_for(self.people.get(desk, self.keeper))

    def circuit(self, name: str, *steps: Step) -> str:
        return publishing.publish_circuit(
            self.body, name, steps, actor=self.actor("keeper")
        )

    def subtype(self, slug: str, *, of: UUID | None = None, **facts: Any) -> UUID:
        return typology.add_subtype(
            of or self.type_id, slug, slug.title(), actor=self.actor("keeper"), **facts
        )

    def file(self, name: str = "acte.pdf", content: bytes = PAPER) -> StoredFile:
        storage = self.app.extensions["partners"]["storage"]
        media = "application/xml" if name.endswith(".xml") else "application/pdf"
        return storage.put(content, name=name, media_type=media)

    def deposit(self, title: str = "Délibération", **more: Any) -> UUID:
        more.setdefault("subtype_id", self.subtype_id)
        more.setdefault("files", [Given(self.file())])
        desk = more.pop("desk", "assemblees")
        folder = deposit.deposit(
            actor=self.actor(desk), organisation_id=self.body, author_role=f"desk:{desk}",
            title=title, **more,
        )  # fmt: skip
        self.settle()
        return folder

    def settle(self) -> None:
        deliver_all(self.app)

    def tasks(self, folder: UUID) -> dict[str, UUID]:
        """The open tasks of a folder and its circuits: the desk → the task."""
        db.session.rollback()
        cases = select(ProcessInstance.id).where(
            (ProcessInstance.id == folder) | (ProcessInstance.parent_id == folder)
        )
        open_ = select(UserTask).where(
            UserTask.instance_id.in_(cases), UserTask.status == "open"
        )
        return {t.role.removeprefix("desk:"): t.id for t in db.session.scalars(open_)}

    def approve(self, folder: UUID, desk: str, **more: Any) -> UUID:
        who = more.pop("by", desk)
        act = acts.approve(self.tasks(folder)[desk], actor=self.actor(who), **more)
        self.settle()
        return act

    def refuse(self, folder: UUID, desk: str, reason: str = "Incomplet") -> UUID:
        act = acts.refuse(self.tasks(folder)[desk], actor=self.actor(desk), reason=reason)
        self.settle()
        return act

    def sign(self, folder: UUID, desk: str, **more: Any) -> UUID:
        who = more.pop("by", desk)
        signed = [self.signed(one) for one in files.to_sign(folder)]
        act = acts.sign(self.tasks(folder)[desk], signed, actor=self.actor(who), **more)
        self.settle()
        return act

    def signed(self, one: files.Current) -> dict[str, Any]:
        """What `Signature.finish` would answer: the book keeps it and looks no further."""
        document = one.version.document
        storage = self.app.extensions["partners"]["storage"]
        content = storage.read(document.sha256) + b"\n%signed"
        return {
            "id": str(one.file.id),
            "file": self.file(document.name, content),
            "level": "B-B",
            "document_sha256": document.sha256,
            "signatures": [
                {
                    "kind": "signature", "format": "pades", "level": "B-B",
                    "quality": "simple", "subject": "CN=Demo", "issuer": "CN=CA",
                    "serial": "1", "valid_from": "2026-01-01T00:00:00+00:00",
                    "valid_to": "2030-01-01T00:00:00+00:00",
                    "indication": "TOTAL-PASSED",
                }
            ],
        }  # fmt: skip


def open_book(app: Flask) -> Book:
    """A region with four desks, one person at each, and one plain subtype."""
    publication.load_operations()
    office = open_office()
    for name in ("evidence", "renewal", "follow_on", "folder"):
        drawn = publication.read_folder(BOOK / name)
        publication.publish(f"parapheur.{name}", drawn, owner_id=office.region)
    keeper = people.add_person("ines@region.test", "Inès Perrin")
    people.grant(keeper, office.region, "parapheur_administrator")
    book = Book(app, office, keeper)
    for slug, (name, title) in DESKS.items():
        book.desks[slug] = typology.add_desk(
            office.region, slug, name, actor=book.actor("keeper"), title=title
        )
        person = people.add_person(f"{slug}@region.test", name)
        people.grant(person, office.region, f"desk:{slug}")
        book.people[slug] = person
    book.type_id = typology.add_type(
        office.region, "deliberations", "Délibérations", actor=book.actor("keeper")
    )
    return book


def with_circuit(app: Flask, *steps: Step) -> Book:
    """The same with a subtype whose circuit has these steps."""
    book = open_book(app)
    key = book.circuit("Circuit d’essai", *(steps or PLAIN))
    book.subtype_id = book.subtype("ordinaire", circuit=key)
    return book
