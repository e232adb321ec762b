"""What is deposited is deposited once, by who may, or refused field by field."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import StoredFile
from engine.access import Forbidden
from engine.models import ProcessInstance, db
from tests.workflows.parapheur.book import open_book, with_circuit
from tests.workflows.parapheur.test_circulation import folder_of, kinds, standings
from workflows.parapheur import acts, deposit, files, typology
from workflows.parapheur.admission import DepositRefused, Given
from workflows.parapheur.checks import LARGEST
from workflows.parapheur.circuits import APPROVE, Step
from workflows.parapheur.models import ANNEX, DETACHED, Folder, FolderAct
from workflows.parapheur.typology import TypologyRefused

ONE = (Step(APPROVE, desks=("desk:juridique",)),)


def test_the_same_identifier_is_the_same_folder(app: Flask) -> None:
    book = with_circuit(app, *ONE)
    first = book.deposit(external_id="FIN-1", origin="api:x")
    again = book.deposit("Autre titre", external_id="FIN-1", origin="api:x")
    elsewhere = book.deposit(external_id="FIN-1", origin="api:y")
    assert (first == again, first == elsewhere) == (True, False)
    assert db.session.scalar(select(func.count()).select_from(Folder)) == 2
    with pytest.raises(Forbidden):
        book.deposit(external_id="FIN-1", origin="api:x", desk="dgs")


def test_what_is_wrong_is_said_field_by_field(app: Flask) -> None:
    book = with_circuit(app, *ONE)
    field = {"key": "objet", "label": "Objet", "kind": "text", "required_at": ["deposit"]}
    subtype = book.subtype(
        "strict", circuit=book.circuit("Strict", *ONE), metadata_fields=[field],
        deposit_roles=["desk:dgs"],
    )  # fmt: skip
    empty = StoredFile("0" * 64, "vide.pdf", "application/pdf", 0)
    huge = StoredFile("1" * 64, "gros.pdf", "application/pdf", LARGEST + 1)
    with pytest.raises(DepositRefused) as refused:
        book.deposit(
            "x" * 301, subtype_id=subtype, metadata={"autre": 1},
            files=[Given(empty), Given(huge), Given(book.file(), DETACHED, signs=7)],
        )  # fmt: skip
    assert refused.value.errors.keys() == {
        "title", "desk", "metadata.objet", "metadata.autre", "files.0", "files.1", "files.2",
    }  # fmt: skip
    assert all(one.endswith((".", "!")) for one in refused.value.errors.values())
    with pytest.raises(DepositRefused) as refused:
        book.deposit(files=[])
    assert refused.value.errors.keys() == {"files"}
    with pytest.raises(DepositRefused) as refused:
        book.deposit(subtype_id=book.type_id)
    assert refused.value.errors.keys() == {"subtype"}
    with pytest.raises(Forbidden):
        deposit.deposit(
            actor=book.office.officer, organisation_id=book.body, author_role="desk:dgs",
            subtype_id=subtype, title="x", files=[Given(book.file())],
        )  # fmt: skip
    assert db.session.scalar(select(func.count()).select_from(Folder)) == 0


def test_what_each_protocol_takes(app: Flask) -> None:
    book = open_book(app)
    keeper = book.actor("keeper")
    key = book.circuit("Un visa", *ONE)
    for protocol, wrong, right in (
        ("helios", "acte.pdf", "pes.xml"),
        ("actes", "image.png", "acte.pdf"),
    ):
        of = typology.add_type(
            book.body, protocol, protocol, actor=keeper, protocol=protocol
        )
        subtype = book.subtype("tous", of=of, circuit=key)
        media = "image/png" if wrong.endswith("png") else "application/pdf"
        with pytest.raises(DepositRefused, match="XML"):
            given = StoredFile("0" * 64, wrong, media, 10)
            book.deposit(subtype_id=subtype, files=[Given(given)])
        folder = book.deposit(subtype_id=subtype, files=[Given(book.file(right))])
        (one,) = files.current(folder)
        assert one.file.format == {"helios": "pes", "actes": "pades"}[protocol]


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
 namespace="http://tests">
 <decision id="selection" name="Choix du circuit">
  <decisionTable id="t" hitPolicy="FIRST">
   <input id="i"><inputExpression id="e" typeRef="string"><text>metadata.service</text></inputExpression></input>
   <output id="o" name="circuit" typeRef="string"/><output id="p" name="service" typeRef="string"/>
   <rule id="r1"><inputEntry id="a"><text>"finances"</text></inputEntry>
    <outputEntry id="b"><text>"%(long)s"</text></outputEntry>
    <outputEntry id="c"><text>"desk:dgs"</text></outputEntry></rule>
   <rule id="r2"><inputEntry id="f"><text>-</text></inputEntry>
    <outputEntry id="g"><text>"%(short)s"</text></outputEntry>
    <outputEntry id="h"><text>"desk:juridique"</text></outputEntry></rule>
  </decisionTable></decision></definitions>"""


def test_a_table_chooses_the_circuit_and_the_desks(app: Flask) -> None:
    book = open_book(app)
    variable = Step(APPROVE, "Service", ("=route.desks.service",))
    long = book.circuit("Long", variable, Step(APPROVE, desks=("desk:presidence",)))
    short = book.circuit("Court", variable)
    field = {
        "key": "service",
        "label": "Service",
        "kind": "text",
        "required_at": ["deposit"],
    }
    subtype = book.subtype(
        "choisi", selection=TABLE % {"long": long, "short": short}, metadata_fields=[field]
    )
    one = book.deposit(subtype_id=subtype, metadata={"service": "finances"})
    other = book.deposit(subtype_id=subtype, metadata={"service": "culture"})
    assert standings(one) == {"assemblees": "done", "dgs": "now", "presidence": "to_come"}
    assert standings(other) == {"assemblees": "done", "juridique": "now"}


def test_a_creation_circuit_goes_before_and_a_chain_after(app: Flask) -> None:
    book = open_book(app)
    first = book.circuit("Création", Step(APPROVE, desks=("desk:juridique",)))
    then = book.circuit("Validation", Step(APPROVE, desks=("desk:dgs",)))
    last = book.subtype("suite", circuit=first)
    subtype = book.subtype("chaine", creation_circuit=first, circuit=then, chained_to=last)
    given = [Given(book.file()), Given(book.file("plan.pdf", b"%PDF plan"), ANNEX)]
    folder = book.deposit(subtype_id=subtype, files=given)
    book.approve(folder, "juridique")
    assert standings(folder)["dgs"] == "now"
    book.approve(folder, "dgs")
    assert kinds(folder)[-2:] == ["finished", "chained"]
    (following,) = db.session.scalars(select(Folder).where(Folder.chained_from == folder))
    assert (following.subtype_id, following.title) == (last, "Délibération")
    assert [c.file.kind for c in files.current(following.instance_id)] == ["main", "annex"]
    book.approve(following.instance_id, "juridique")
    assert folder_of(following.instance_id).state == "finished"
    assert db.session.get_one(ProcessInstance, folder).status == "completed"


def test_a_chained_folder_passes_the_same_gate(app: Flask) -> None:
    """What could not be deposited waits at its author's desk, which reads why."""
    book = open_book(app)
    key = book.circuit("Visa", Step(APPROVE, desks=("desk:juridique",)))
    field = {"key": "cote", "label": "Cote", "kind": "text", "required_at": ["deposit"]}
    last = book.subtype("suite", circuit=key, metadata_fields=[field])
    subtype = book.subtype("chaine", circuit=key, chained_to=last)
    folder = book.deposit(subtype_id=subtype)
    book.approve(folder, "juridique")
    (following,) = db.session.scalars(select(Folder).where(Folder.chained_from == folder))
    later = following.instance_id
    assert (following.state, set(book.tasks(later))) == ("draft", {"assemblees"})
    (act,) = db.session.scalars(select(FolderAct).where(FolderAct.instance_id == later))
    assert (act.kind, act.note) == ("drafted", "Cote : à remplir.")
    task, author = book.tasks(later)["assemblees"], book.actor("assemblees")
    acts.correct(task, actor=author, metadata={"cote": "B 12"})
    book.settle()
    assert set(book.tasks(later)) == {"juridique"}


def test_the_book_is_kept_by_its_administrator(app: Flask) -> None:
    book = open_book(app)
    keeper, agent = book.actor("keeper"), book.actor("dgs")
    with pytest.raises(Forbidden):
        typology.add_desk(book.body, "x", "X", actor=agent)
    with pytest.raises(Forbidden):
        typology.add_desk(book.office.department, "x", "X", actor=keeper)
    with pytest.raises(TypologyRefused, match="déjà"):
        typology.add_desk(book.body, "dgs", "Encore", actor=keeper)
    above = book.desks["dgs"]
    typology.change_desk(
        book.desks["juridique"], actor=keeper, name="Juridique", title="", parent_id=above
    )
    with pytest.raises(TypologyRefused):  # no ring of desks
        typology.change_desk(
            above, actor=keeper, name="DGS", title="", parent_id=book.desks["juridique"]
        )
    with pytest.raises(TypologyRefused, match="publié"):
        book.subtype("x", circuit="parapheur.inconnu")
    assert book.circuit("Folder", *ONE) != "parapheur.folder"
