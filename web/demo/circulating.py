"""Has a dozen folders of the demonstration circulate, by the acts of its desks."""

from typing import Any
from uuid import UUID

from flask import Flask

from engine import clock
from engine.access import Actor
from engine.models import ProcessInstance, UserTask, db
from web.demo.book import Book
from workflows.parapheur import acts, files


def circulate(book: Book) -> None:
    """Have a dozen folders circulate, each stopped somewhere."""
    _deliberations(book)
    _letters(book)


def _deliberations(book: Book) -> None:
    on = {"seance": clock.today().isoformat(), "commission": "Finances"}
    for number, title in enumerate(
        (
            "Budget supplémentaire 2026",
            "Plan de rénovation énergétique des lycées",
            "Soutien aux filières forêt et bois",
            "Convention de mobilité avec la métropole",
        )
    ):
        book.deposit(
            "ordinaire", title, annex=number % 2 == 0, act=_act(number, title), metadata=on
        )
    to_validate = book.deposit(
        "ordinaire", "Règlement des aides aux entreprises", act=_act(4, ""), metadata=on
    )
    book.approve(
        to_validate, "juridique", note="Conforme au règlement général d’exemption."
    )
    for number, title in enumerate(
        (
            "Garantie d’emprunt pour l’habitat",
            "Schéma des véloroutes",
            "Carte des formations",
        ),
        5,
    ):
        folder = book.deposit("permanente", title, act=_act(number, title), metadata=on)
        book.approve(folder, "juridique", "dgs")
    refused = book.deposit(
        "ordinaire", "Cession d’un terrain à Chenôve", act=_act(8, ""), metadata=on
    )
    acts.refuse(
        book.task(refused, "juridique"), actor=book.actor("juridique"),
        reason="L’avis du domaine n’est pas joint.",
    )  # fmt: skip
    book.settle()
    signed = book.deposit(
        "permanente", "Subvention au festival de Besançon", act=_act(9, ""), metadata=on
    )
    book.approve(signed, "juridique", "dgs")
    _sign(book, signed, "presidence", by="vice-presidence")


def _letters(book: Book) -> None:
    for title in ("Réponse au préfet de région", "Invitation aux états généraux de l’eau"):
        book.deposit("sortants", title, desk="dgs")
    folder = book.deposit(
        "sortants", "Convention avec l’université de Bourgogne", desk="dgs"
    )
    acts.advise(
        book.task(folder, "juridique"), actor=book.actor("juridique"), favourable=True,
        note="Rien ne s’y oppose.",
    )  # fmt: skip
    book.settle()
    book.approve(folder, "dgs", "vice-presidence")
    _sign(book, folder, "presidence")


def _act(number: int, title: str) -> dict[str, Any]:
    """What the State is told of a resolution."""
    return {
        "nature": 1,
        "matter": [7, 5],
        "number": f"26CP{number:03}",
        "decided_on": clock.today().isoformat(),
        "subject": title or "Délibération du conseil régional",
        "on_paper": False,
    }


def _signed(app: Flask, folder: UUID, actor: Actor, mention: str) -> list[dict[str, Any]]:
    """The folder's documents, signed in the two phases of the signature connector."""
    partner = app.extensions["partners"]["signature"]
    found = db.session.get_one(ProcessInstance, folder)
    person = {"id": str(actor.person_id), "name": actor.name, "email": ""}
    position = {"page": -1, "x": 110, "y": 230, "width": 80, "height": 30}
    lines = [line for line in (actor.name, mention, f"Dossier {found.number}") if line]
    documents = [
        {
            **{k: v for k, v in one.described().items() if k in _OF_A_DOCUMENT},
            "field": f"Signature{one.version.number}",
            "stamp": {**position, "lines": lines},
        }
        for one in files.to_sign(folder)
    ]
    db.session.rollback()
    certificate = partner.certificate(signer="demo", person=person)
    chain = partner.chain(signer="demo", person=person)
    prepared = partner.prepare(documents=documents, certificate=certificate, chain=chain)
    to_sign = [entry for one in prepared for entry in one["to_sign"]]
    values = partner.sign(signer="demo", person=person, to_sign=to_sign)
    return [
        {
            **partner.finish(prepared=one, values=values),
            "document_sha256": one["document_sha256"],
        }
        for one in prepared
    ]


_OF_A_DOCUMENT = frozenset({"id", "sha256", "name", "media_type", "format"})


def _sign(book: Book, folder: UUID, desk: str, by: str = "") -> None:
    """Sign with the demonstration's key of whoever acts at a desk."""
    actor = book.actor(by or desk)
    task = db.session.get_one(UserTask, book.task(folder, desk))
    signed = _signed(book.app, folder, actor, acts.mention(actor, task))
    acts.sign(task.id, signed, actor=actor)
    book.settle()
