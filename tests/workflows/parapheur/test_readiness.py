"""A subtype whose folders could not reach the end says so when it is set up, and at the deposit."""

import pytest
from flask import Flask

from engine.models import db
from tests.office import publish
from tests.workflows.parapheur.book import Book, open_book
from workflows import publication
from workflows.parapheur import choosing, seats, typology
from workflows.parapheur.admission import DepositRefused
from workflows.parapheur.choosing import Rule
from workflows.parapheur.circuit_drawing import write
from workflows.parapheur.circuits import APPROVE, MAIL, ONE, SEAL, TRANSMISSION, Step
from workflows.parapheur.models import FolderSubtype
from workflows.parapheur.readiness import Readiness, Report

ANSWERING = """
<bpmn:process id="legality.transmission" name="Essai" isExecutable="true">
  <bpmn:startEvent id="started"/><bpmn:endEvent id="ended"/>
  <bpmn:sequenceFlow id="a" sourceRef="started" targetRef="ended"/>
</bpmn:process>"""
VARIABLE = "=route.desks.service"


def report(book: Book, *seals: str) -> Report:
    subtype = db.session.get_one(FolderSubtype, book.subtype_id)
    guessed = ["legality.transmission"]
    return Readiness(book.body, seals or None, guessed).report(subtype)


def told(found: Report) -> dict[str, bool]:
    """What is said of each step, its circuit apart."""
    return {one.sentence.partition(", ")[2]: one.blocks for one in found.problems}


def refused(book: Book, **more: object) -> str:
    with pytest.raises(DepositRefused) as why:
        book.deposit(**more)
    assert set(why.value.errors) == {"subtype"}
    return why.value.errors["subtype"]


def test_what_cannot_succeed_closes_the_deposit_and_the_rest_is_told(app: Flask) -> None:
    book = open_book(app)
    publish("legality.transmission", ANSWERING, owner=book.body)
    key = book.circuit(
        "Circuit d’essai",
        Step(APPROVE, "Viser", ("desk:dgs", "desk:juridique"), to_approve=("cote",)),
        Step(SEAL, "Cacheter"),
        Step(TRANSMISSION, "Transmettre"),
    )
    keeper = book.actor("keeper")
    book.subtype_id = book.subtype("ordinaire", circuit=key)
    found = report(book)
    assert found.shut
    assert told(found) == {
        "étape « Cacheter » : choisissez le cachet de ce sous-type.": True,
        "étape « Transmettre » : elle transmet à la préfecture, et le type "
        "« Délibérations » n’est pas transmis par ACTES. Changez la transmission du type, "
        "ou ôtez l’étape.": True,
        "étape « Transmettre » : l’organisme n’a pas de SIREN, sous lequel il transmet. "
        "Complétez sa fiche dans l’annuaire.": True,
        "étape « Transmettre » : ce que l’organisme est à la préfecture est deviné. Dites-le "
        "sous Actes, « Classification et réglages ».": False,
        "étape « Viser » : elle demande la donnée « cote », que ce sous-type n’a pas ; elle "
        "n’y sera pas demandée. Ajoutez cette donnée, ou ôtez-la de l’étape.": False,
    }
    assert refused(book).startswith(
        "Le sous-type « Ordinaire » n’est pas prêt : circuit « Circuit d’essai », étape "
        "« Cacheter » : choisissez le cachet"
    )
    one_is_enough = Step(APPROVE, "Viser", ("desk:dgs", "desk:juridique"), ONE)
    key = book.circuit("Autre", one_is_enough, Step(SEAL, "Cacheter"))
    typology.change_subtype(book.subtype_id, actor=keeper, circuit=key, seal="mairie")
    assert report(book, "mairie").problems == []
    assert (
        "le serveur n’a pas de cachet « mairie »"
        in report(book, "autre").problems[0].sentence
    )
    typology.close_desk(book.desks["juridique"], actor=keeper)
    seats.unseat(book.desks["dgs"], book.people["dgs"], actor=keeper)
    found = report(book, "mairie")
    assert [one.blocks for one in found.problems] == [False, False], "one of two is there"
    assert "personne ne siège au bureau « Direction générale »" in str(found.problems)
    book.deposit()
    typology.close_desk(book.desks["dgs"], actor=keeper)
    assert report(book).shut
    assert "le bureau « Direction générale » est fermé" in refused(book)


def test_a_folder_is_judged_on_the_way_that_it_takes(app: Flask) -> None:
    """Rules, their variable desks, and a circuit that the designer drew."""
    book = open_book(app)
    keeper = book.actor("keeper")
    named = book.circuit("Par service", Step(APPROVE, "Viser", (VARIABLE,)))
    field = {"key": "service", "label": "Service", "kind": "text", "required_at": []}
    rules = [Rule({"service": "droit"}, named, {"service": "desk:juridique"}),
             Rule({"service": "eau"}, named, {})]  # fmt: skip
    book.subtype_id = book.subtype(
        "regles", selection=choosing.write(rules, [field]), metadata_fields=[field]
    )
    found = report(book)
    assert (found.shut, [one.blocks for one in found.problems]) == (False, [False, True])
    assert "à qui aucune règle ne convient" in found.problems[0].sentence
    book.deposit(metadata={"service": "droit"})
    assert "aucune règle ne dit quel bureau est « service »" in refused(
        book, metadata={"service": "eau"}
    )
    assert "aucun circuit n’est choisi" in refused(book, metadata={"service": "air"})

    drawn = write("parapheur.dessin", "Dessin", [Step(MAIL, "Écrire", to=("a@b.fr",))])
    emptied = drawn.replace(b'value="[&quot;a@b.fr&quot;]"', b'value="[]"')
    assert emptied != drawn
    publication.publish("parapheur.dessin", {"process.bpmn": emptied}, owner_id=book.body)
    typology.change_subtype(
        book.subtype_id, actor=keeper, selection=None, circuit="parapheur.dessin"
    )
    assert "étape « Rédiger le courriel » : dites à qui" in refused(book)
