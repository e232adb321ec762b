"""The demonstration's signature book: desks, people, circuits, and folders at every stage.

Everything is done by the acts of desks; what is signed is signed by the demonstration's keys.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from connectors import StoredFile
from engine import clock, outbox
from engine.access import Actor, actor_for
from engine.commands import absences
from engine.directory import person_by_email
from engine.exchanges import RemoteCall
from engine.models import ProcessInstance, UserTask, db
from workflows.parapheur import acts, deposit, publishing, typology
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import (
    ACCOUNTING,
    ALL,
    APPROVE,
    ARCHIVE,
    LEGALITY,
    MAIL,
    OPINION,
    SIGN,
    TRANSMISSION,
    Step,
)
from workflows.parapheur.models import ACTES, ANNEX, HELIOS, SERVICE

KEEPER = "ines@region.demo"
DESKS = {
    "assemblees": ("Secrétariat des assemblées", "", "agathe"),
    "juridique": ("Direction juridique", "Directrice juridique", "celine"),
    "dgs": ("Direction générale", "Directeur général des services", "bruno"),
    "presidence": ("Présidence", "Présidente du conseil régional", "marie"),
    "vice-presidence": ("Vice-présidence", "Premier vice-président", "victor"),
    "finances": ("Direction des finances", "Directrice des finances", "fatou"),
}
"""Each desk's name, the quality written on stamps, and who sits there."""
ABOVE = {"juridique": "dgs", "finances": "dgs", "assemblees": "dgs", "dgs": "presidence"}
PAPERS = {
    "ordinaire": "Délibération de l’assemblée plénière",
    "permanente": "Délibération de la commission permanente",
    "sortants": "Courrier de la présidente",
}
DELEGATION = "arrêté n° 2026-118 du 3 mars 2026"

_REVIEW = (
    Step(
        APPROVE,
        "Viser au titre du droit",
        ("desk:juridique",),
        working_days=3,
        reminder_days=2,
    ),
    Step(APPROVE, "Valider", ("desk:dgs",), working_days=2),
)
_SIGNED = Step(SIGN, "Signer l’acte", ("desk:presidence",), working_days=5, reminder_days=3)
_METADATA = [
    {"key": "seance", "label": "Date de la séance", "kind": "date", "required_at": ["deposit"]},
    {"key": "commission", "label": "Commission", "kind": "choice",
     "values": ["Finances", "Aménagement", "Économie", "Lycées"], "required_at": []},
]  # fmt: skip


@dataclass
class Book:
    """The body's book being made."""

    app: Flask
    body: UUID
    subtypes: dict[str, UUID] = field(default_factory=dict)
    papers: dict[str, StoredFile] = field(default_factory=dict)

    def actor(self, desk: str) -> Actor:
        """Who sits at a desk, as they stand now."""
        return _actor(f"{DESKS[desk][2]}@region.demo")

    def deposit(
        self, subtype: str, title: str, *, desk: str = "assemblees", **more: Any
    ) -> UUID:
        """A folder with a document written for it."""
        given = [Given(self.paper(PAPERS[subtype]), title=title)]
        if more.pop("annex", False):
            given.append(Given(self.paper("Rapport de présentation"), ANNEX))
        folder = deposit.deposit(
            actor=self.actor(desk), organisation_id=self.body, title=title, files=given,
            subtype_id=self.subtypes[subtype], author_role=f"desk:{desk}", **more,
        )  # fmt: skip
        self.settle()
        return folder

    def paper(self, title: str) -> StoredFile:
        """A real PDF, as the office's own letters are made; each is made once."""
        if title in self.papers:
            return self.papers[title]
        partners = self.app.extensions["partners"]
        content = partners["rendering"].written(
            title=title,
            body=f"**Article 1.** {title}.\n\n**Article 2.** La présidente est chargée de "
            "l’exécution de la présente décision.",
            sender={"name": "Région Bourgogne-Franche-Comté"},
            recipient={"name": "Assemblée plénière"},
            reference="",
            place_and_date=f"Dijon, le {clock.today():%d/%m/%Y}",
        )
        self.papers[title] = partners["storage"].put(
            content, name=f"{title}.pdf", media_type="application/pdf"
        )
        return self.papers[title]

    def approve(self, folder: UUID, *desks: str, note: str = "") -> None:
        """Approve at these desks, one after the other."""
        for desk in desks:
            acts.approve(self.task(folder, desk), actor=self.actor(desk), note=note)
            self.settle()

    def task(self, folder: UUID, desk: str) -> UUID:
        """What a folder waits for at a desk."""
        cases = select(ProcessInstance.id).where(
            (ProcessInstance.id == folder) | (ProcessInstance.parent_id == folder)
        )
        return db.session.scalars(
            select(UserTask.id).where(
                UserTask.instance_id.in_(cases), UserTask.role == f"desk:{desk}",
                UserTask.status == "open",
            )
        ).one()  # fmt: skip

    def settle(self) -> None:
        """Make every call that is due now."""
        partners = self.app.extensions["partners"]
        while (due := _due()) is not None:
            outbox.deliver(due, partners)


def open_book(app: Flask, body: UUID) -> Book:
    """Open the desks, draw the circuits, and have the president delegate."""
    book = Book(app, body)
    _desks(book)
    _typology(book)
    now = clock.now()
    absences.declare(
        _person("marie@region.demo"), _person("victor@region.demo"), body,
        starts_at=now - timedelta(days=30), ends_at=now + timedelta(days=330),
        actor=book.actor("presidence"), kind="delegation", signs=True,
        delegation=DELEGATION, roles=["desk:presidence"],
        keys=["parapheur.deliberations.permanente", "parapheur.courriers.sortants"],
    )  # fmt: skip
    return book


def _desks(book: Book) -> None:
    keeper = _actor(KEEPER)
    ids: dict[str, UUID] = {}
    for slug, (name, title, _) in DESKS.items():
        ids[slug] = typology.add_desk(book.body, slug, name, actor=keeper, title=title)
    for slug, above in ABOVE.items():
        name, title, _ = DESKS[slug]
        typology.change_desk(
            ids[slug], actor=keeper, name=name, title=title, parent_id=ids[above]
        )


def _typology(book: Book) -> None:
    keeper = _actor(KEEPER)

    def circuit(name: str, *steps: Step) -> str:
        return publishing.publish_circuit(book.body, name, steps, actor=keeper)

    def subtype(of: UUID, slug: str, name: str, **facts: Any) -> None:
        book.subtypes[slug] = typology.add_subtype(of, slug, name, actor=keeper, **facts)

    acte = typology.add_type(
        book.body, "deliberations", "Délibérations", actor=keeper, protocol=ACTES,
        position={"page": -1, "x": 110, "y": 230, "width": 80, "height": 30}, place="Dijon",
    )  # fmt: skip
    plenary = circuit(
        "Délibération", *_REVIEW, _SIGNED,
        Step(TRANSMISSION, "Transmettre à la préfecture", target=LEGALITY),
    )  # fmt: skip
    subtype(
        acte, "ordinaire", "Assemblée plénière", circuit=plenary, working_days=15,
        metadata_fields=_METADATA, visibility=SERVICE,
        transmission={"nature": 1, "matter": [7, 5], "document_type": "99_DE"},
    )  # fmt: skip
    subtype(
        acte, "permanente", "Commission permanente", circuit=plenary, working_days=10,
        metadata_fields=_METADATA, deposit_roles=["desk:assemblees"],
        transmission={"nature": 1, "matter": [7, 5], "document_type": "99_DE"},
    )  # fmt: skip
    accounts = typology.add_type(
        book.body,
        "comptabilite",
        "Comptabilité",
        actor=keeper,
        protocol=HELIOS,
        place="Dijon",
    )
    subtype(
        accounts, "bordereaux", "Bordereaux de mandats et de titres", working_days=5,
        circuit=circuit(
            "Bordereau comptable", Step(APPROVE, "Viser les pièces", ("desk:finances",)),
            Step(SIGN, "Signer les bordereaux", ("desk:presidence",), working_days=2),
            Step(TRANSMISSION, "Transmettre au comptable", target=ACCOUNTING),
            Step(ARCHIVE, "Verser à l’archive"),
        ),
    )  # fmt: skip
    letters = typology.add_type(book.body, "courriers", "Courriers", actor=keeper)
    subtype(
        letters, "sortants", "Courriers à signer", working_days=5,
        circuit=circuit(
            "Courrier", Step(OPINION, "Donner un avis", ("desk:juridique",)),
            Step(APPROVE, "Valider", ("desk:dgs", "desk:vice-presidence"), ALL),
            Step(SIGN, "Signer le courrier", ("desk:presidence",)),
            Step(MAIL, "Envoyer au destinataire", to=("mairie@dijon.demo",)),
            Step(ARCHIVE, "Verser à l’archive"),
        ),
    )  # fmt: skip
    subtype(
        letters, "prefecture", "Réponses à la préfecture", working_days=10,
        circuit=circuit("Réponse à la préfecture", *_REVIEW, _SIGNED),
    )  # fmt: skip


def _due() -> UUID | None:
    db.session.rollback()
    return db.session.scalars(
        select(RemoteCall.id)
        .where(RemoteCall.status == "ready", RemoteCall.due_at <= clock.now())
        .order_by(RemoteCall.due_at)
        .limit(1)
    ).first()


def _person(email: str) -> UUID:
    found = person_by_email(email)
    if found is None:
        raise LookupError(email)
    return found.id


def _actor(email: str) -> Actor:
    return actor_for(_person(email))
