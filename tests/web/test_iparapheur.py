"""An application that speaks to i-Parapheur 5 speaks to the signature book."""

import io
import os
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from lxml import etree

from connectors.transmission.practice.paper import sheet
from engine.models import db
from tests.connectors.signature.test_hostile import encrypted
from tests.web.program import Program, administrator, make_key
from tests.workflows.parapheur.book import Book, with_circuit
from workflows.parapheur import files, typology
from workflows.parapheur.circuits import APPROVE, SEAL, Step
from workflows.parapheur.models import Folder, FolderAct

PDF = sheet("Délibération", ["Aide à la scierie"])
SAMPLE = (
    Path(os.environ.get("EBG_REFERENCE_DATA") or "../shared/data")
    / "parapheur/iparapheur/premis-create-folder.xml"
)
PREMIS = """<?xml version="1.0" encoding="UTF-8"?>
<premis xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 version="3.0"><object xsi:type="intellectualEntity">{properties}
<originalName>{name}</originalName></object>{files}</premis>"""


def significant(**values: str) -> str:
    return "".join(
        f"<significantProperties><significantPropertiesType>{kind}"
        f"</significantPropertiesType><significantPropertiesValue>{value}"
        "</significantPropertiesValue></significantProperties>"
        for kind, value in values.items()
    )


def described(*names: str, name: str = "Aide", **said: str) -> str:
    kinds = {
        "i_Parapheur_reserved_type": "Délibérations",
        "i_Parapheur_reserved_subtype": "ordinaire",
    }
    listed = "".join(
        '<object xsi:type="file">'
        + significant(i_Parapheur_reserved_mainDocument=str(not rank).lower())
        + f"<originalName>{one}</originalName></object>"
        for rank, one in enumerate(names)
    )
    return PREMIS.format(properties=significant(**kinds | said), name=name, files=listed)


class Caller:
    """A key that sits at one desk, and the addresses of that desk."""

    def __init__(self, book: Book, desk: str = "assemblees") -> None:
        by = administrator(book.body, f"{desk}-cle@essai.test")
        self.program = Program(
            book.app, make_key(book.body, roles=[f"desk:{desk}"], actor=by)[1]
        )
        self.tenant = f"/api/standard/v1/tenant/{book.body}"
        self.desk = f"{self.tenant}/desk/{book.desks[desk]}"

    def get(self, path: str) -> Any:
        return self.program.get(path)

    def states(self, *names: str) -> dict[str, list[str]]:
        """The folders of the desk in some of i-Parapheur's states."""
        lists = {name: self.get(f"{self.desk}/{name}").json["content"] for name in names}
        return {name: [one["id"] for one in found] for name, found in lists.items()}

    def tasks(self, folder: object) -> list[tuple[str, str, bool]]:
        """The tasks that the PREMIS of a folder tells: (action, id, done)."""
        root = etree.fromstring(self.get(f"{self.desk}/folder/{folder}/premis").data)
        return [
            (it.findtext("{*}eventType"), it.findtext(".//{*}eventIdentifierValue"),
             bool(it.findtext("{*}eventDateTime")))
            for it in root.iter("{*}event")
            if it.findtext(".//{*}eventIdentifierType") == "taskId"
        ]  # fmt: skip

    def act(self, folder: object, task: object, act: str, body: Any = None) -> Any:
        path = f"{self.desk}/folder/{folder}/task/{task}/{act}"
        return self.program.ask("PUT", path, **({} if body is None else {"json": body}))

    def create(
        self, premis: str | bytes, *, auto_start: str = "", **documents: bytes
    ) -> Any:
        content = premis.encode() if isinstance(premis, str) else premis
        sent: dict[str, Any] = {
            "folder": (io.BytesIO(content), "premis.xml"),
            "documents": [
                (io.BytesIO(one), name.replace("_pdf", ".pdf"))
                for name, one in documents.items()
            ],
        }
        if auto_start:
            sent["auto_start"] = auto_start
        return self.program.ask("POST", f"{self.desk}/folder", data=sent)


@pytest.fixture
def book(app: Flask) -> Book:
    return with_circuit(app)


@pytest.fixture
def caller(book: Book) -> Caller:
    return Caller(book)


def test_a_caller_finds_its_way_from_its_key(caller: Caller, book: Book) -> None:
    (tenant,) = caller.get("/api/standard/v1/tenant").json["content"]
    assert tenant["id"] == str(book.body)
    (desk,) = caller.get(f"{caller.tenant}/desk").json["content"]
    assert desk["name"] == "Secrétariat des assemblées"
    (kind,) = caller.get(f"{caller.desk}/types/creation-allowed").json["content"]
    assert kind["name"] == "Délibérations"
    for root in (caller.tenant, caller.desk):
        end = "" if root == caller.tenant else "/creation-allowed"
        found = caller.get(f"{root}/types/{kind['id']}/subtypes{end}").json
        assert [one["id"] for one in found["content"]] == [str(book.subtype_id)]
        assert (found["totalElements"], found["last"]) == (1, True)


def test_a_folder_is_created_followed_and_fetched(caller: Caller, book: Book) -> None:
    made = caller.create(described("a.pdf", "b.pdf"), a_pdf=PDF, b_pdf=PDF + b"\n")
    assert made.status_code == 201, made.text
    folder = UUID(made.json["id"])
    assert made.json["name"] == "Aide"
    book.settle()
    db.session.rollback()
    assert [one.file.kind for one in files.current(folder)] == ["main", "annex"]
    lawyer = Caller(book, "juridique")
    (waiting,) = lawyer.get(f"{lawyer.desk}/PENDING").json["content"]
    assert waiting["id"] == str(folder)
    book.approve(folder, "juridique")
    book.sign(folder, "presidence")
    (ended,) = caller.get(f"{caller.desk}/FINISHED?size=5").json["content"]
    assert ended["id"] == str(folder)
    root = etree.fromstring(caller.get(f"{caller.desk}/folder/{folder}/premis").data)
    names = [it.text for it in root.iter("{*}originalName")]
    assert names[:3] == ["Aide", "a.pdf", "a.pdf"], "as deposited, then signed"
    assert "b.pdf" in names
    archive = caller.get(f"{caller.desk}/folder/{folder}/zip")
    with zipfile.ZipFile(io.BytesIO(archive.data)) as held:
        names = set(held.namelist())
        assert {"documents/a.pdf", "annexes/b.pdf"} <= names
        assert f"i_Parapheur_internal_premis_{folder}.xml" in names
        assert held.read("documents/a.pdf") != PDF
    # Once fetched it goes to the bin: listed no more, in the book as before.
    assert caller.act(folder, folder, "send_to_trash_bin").status_code == 204
    assert caller.program.ask("DELETE", f"{caller.desk}/folder/{folder}").status_code == 204
    db.session.rollback()
    assert db.session.get_one(Folder, folder).state == "finished"
    assert caller.states("FINISHED") == {"FINISHED": []}
    thrown = f"/api/standard/v1/admin/tenant/{book.body}/trash-bin"
    assert caller.get(thrown).status_code == 403, "a key that keeps the book alone"
    keeper = Caller(book, "dgs")
    by = administrator(book.body, "garde-corbeille@essai.test")
    roles = ["desk:dgs", "parapheur_administrator"]
    keeper.program = Program(book.app, make_key(book.body, roles=roles, actor=by)[1])
    (one,) = keeper.get(f"{thrown}?size=5").json["content"]
    assert one["id"] == str(folder) and one["sentToTrashBinAt"]
    assert keeper.get(f"{thrown}/{folder}/zip").data[:2] == b"PK"
    kept = keeper.program.ask("DELETE", f"{thrown}/{folder}")
    assert kept.status_code == 409 and "terme légal" in kept.json["message"]
    assert keeper.program.ask("PUT", f"{thrown}/{folder}/restore").status_code == 204
    assert caller.states("FINISHED") == {"FINISHED": [str(folder)]}
    assert keeper.get(f"{thrown}/{folder}/zip").status_code == 404
    # What is set up is read by the same keys, and changed by people.
    root = "/api/provisioning/v1/admin/tenant"
    there = f"{root}/{book.body}"
    assert keeper.get(root).json["content"][0]["id"] == str(book.body)
    assert keeper.get(f"{there}/desk?size=2").json["totalElements"] == 4
    (kind,) = keeper.get(f"{there}/typology/type").json["content"]
    assert (kind["name"], kind["protocol"]) == ("Délibérations", "NONE")
    (subtype,) = keeper.get(f"{there}/typology/type/{kind['id']}/subtype").json["content"]
    assert subtype["id"] == str(book.subtype_id) and subtype["validationWorkflowId"]
    refused = keeper.program.ask("POST", f"{there}/desk", json={"name": "Maire"})
    assert (refused.status_code, refused.json["code"]) == (409, "not-offered")
    elsewhere = f"{root}/{book.office.department}"
    for path in ("desk", "typology/type", f"typology/type/{kind['id']}/subtype"):
        assert caller.get(f"{there}/{path}").status_code == 403
        assert keeper.get(f"{elsewhere}/{path}").status_code == 404
        assert Program(book.app).get(f"{there}/{path}").status_code == 401


def test_a_refused_folder_is_listed_then_given_up(caller: Caller, book: Book) -> None:
    folder = UUID(caller.create(described("a.pdf"), a_pdf=PDF).json["id"])
    book.settle()
    address = f"{caller.desk}/folder/{folder}"
    assert caller.program.ask("DELETE", address).status_code == 409
    book.refuse(folder, "juridique")
    (refused,) = caller.get(f"{caller.desk}/REJECTED").json["content"]
    assert refused["id"] == str(folder)
    assert caller.program.ask("DELETE", address).status_code == 204
    db.session.rollback()
    assert db.session.get_one(Folder, folder).state == "abandoned"
    assert caller.get(f"{caller.desk}/REJECTED").json["empty"]
    for state in ("DRAFT", "LATE", "DELEGATED", "RETRIEVABLE", "PENDING"):
        assert caller.get(f"{caller.desk}/{state}").json["content"] == []


def test_a_draft_is_started_taken_back_and_given_up(caller: Caller, book: Book) -> None:
    said = {
        "key": "montant",
        "label": "Montant",
        "kind": "number",
        "required_at": ["deposit"],
    }
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), metadata_fields=[said]
    )
    made = caller.create(described("a.pdf"), auto_start="false", a_pdf=PDF)
    assert made.status_code == 201, made.text
    folder = UUID(made.json["id"])
    book.settle()
    assert caller.states("DRAFT", "PENDING", "RETRIEVABLE") == {
        "DRAFT": [str(folder)], "PENDING": [], "RETRIEVABLE": [],
    }  # fmt: skip
    other = Caller(book, "juridique")
    assert other.get(f"{other.desk}/folder/{folder}/premis").status_code == 404
    ((action, task, done),) = caller.tasks(folder)
    assert (action, done) == ("START", False)
    missing = caller.act(folder, task, "start")
    assert missing.status_code == 422
    assert missing.json["message"] == "Montant : à remplir."
    assert missing.json["path"].endswith(f"/task/{task}/start")
    told = {
        "publicAnnotation": "Urgent",
        "privateAnnotation": "x",
        "metadata": {"montant": "12"},
    }
    assert caller.act(folder, task, "start", told).status_code == 204
    book.settle()
    assert caller.states("DRAFT", "RETRIEVABLE") == {
        "DRAFT": [],
        "RETRIEVABLE": [str(folder)],
    }
    assert other.states("PENDING") == {"PENDING": [str(folder)]}
    assert caller.act(folder, task, "start").status_code == 409
    # Nobody has acted: what was started is a draft again, and no other desk sees it.
    assert caller.act(folder, task, "undo").status_code == 204
    book.settle()
    assert caller.states("DRAFT")["DRAFT"] == [str(folder)]
    assert other.states("PENDING", "DOWNSTREAM") == {"PENDING": [], "DOWNSTREAM": []}
    assert book.tasks(folder).keys() == {"assemblees"}
    task = next(one for action, one, done in caller.tasks(folder) if not done)
    assert caller.act(folder, task, "start", {}).status_code == 204
    book.settle()
    # Deciding is a person's, whatever desk the key sits at.
    visa = next(one for action, one, _ in other.tasks(folder) if action == "VISA")
    for act in ("visa", "sign", "seal", "reject", "second_opinion", "transfer"):
        refused = other.act(folder, visa, act, {})
        assert (refused.status_code, refused.json["code"]) == (403, "person-only")
        assert refused.json["error"]
        assert "une personne" in refused.json["message"]
    assert other.act(folder, visa, "secure_mail", {}).status_code == 409
    assert other.act(folder, task, "undo").status_code == 403, "another key's deposit"
    book.approve(folder, "juridique")
    assert caller.act(folder, task, "undo").status_code == 409
    assert caller.act(folder, book.body, "bypass").status_code == 404
    # A draft is given up by whoever wrote it.
    second = caller.create(described("a.pdf"), auto_start="false", a_pdf=PDF).json["id"]
    book.settle()
    assert caller.program.ask("DELETE", f"{caller.desk}/folder/{second}").status_code == 204
    db.session.rollback()
    assert db.session.get_one(Folder, UUID(second)).state == "abandoned"


def test_a_key_that_keeps_the_book_goes_past_a_stuck_step(app: Flask) -> None:
    book = with_circuit(app, Step(SEAL, "Cacheter"), Step(APPROVE, desks=("desk:dgs",)))
    typology.change_subtype(book.subtype_id, actor=book.actor("keeper"), seal="perdu")
    folder = book.deposit()
    plain, by = Caller(book), administrator(book.body, "garde@essai.test")
    keeper = Caller(book, "dgs")
    roles = ["desk:dgs", "parapheur_administrator"]
    keeper.program = Program(app, make_key(book.body, roles=roles, actor=by)[1])
    stuck = next(one for action, one, done in plain.tasks(folder) if action == "SEAL")
    assert plain.act(folder, stuck, "bypass").status_code == 403
    assert keeper.act(folder, folder, "bypass").status_code == 404
    assert keeper.act(folder, stuck, "bypass").status_code == 204
    assert "bypassed" in [
        one.kind for one in db.session.query(FolderAct).filter_by(instance_id=folder)
    ]


@pytest.mark.skipif(not SAMPLE.is_file(), reason="no reference data")
def test_the_documented_example_is_accepted(caller: Caller, book: Book) -> None:
    content = SAMPLE.read_text()
    answer = caller.create(content, my_pdf=PDF)
    assert answer.status_code == 422  # its type is a placeholder
    named = content.replace("subtype-id-or-name", str(book.subtype_id))
    answer = caller.create(named.replace("type-id-or-name", "délibérations"), my_pdf=PDF)
    assert answer.status_code == 201, answer.text
    assert answer.json["name"] == "Folder name"


def test_what_is_wrong_is_a_clear_refusal(caller: Caller, book: Book) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><premis>&x;</premis>'
    for premis, documents in (
        ("pas du XML", {"a_pdf": PDF}),
        (bomb, {"a_pdf": PDF}),
        ("<premis xmlns='http://www.loc.gov/premis/v3'/>", {"a_pdf": PDF}),
        (described("a.pdf", i_Parapheur_reserved_subtype="inconnu"), {"a_pdf": PDF}),
        (described("absent.pdf"), {"a_pdf": PDF}),
        (described("a.pdf"), {"a_pdf": PDF, "intrus_pdf": PDF}),
        (described("a.pdf", couleur="bleu"), {"a_pdf": PDF}),
        (described("a.pdf", name=""), {"a_pdf": PDF}),
        (described("a.pdf"), {"a_pdf": b"<script>"}),
        (described("a.pdf"), {"a_pdf": PDF[:-40]}),
        (described("a.pdf"), {"a_pdf": encrypted()}),
    ):
        answer = caller.create(premis, **documents)
        assert answer.status_code == 422, (premis[:80], answer.text)
        assert answer.json["errors"][0]["message"]
    db.session.rollback()
    assert db.session.query(Folder).count() == 0
    for query in ("page=-1", "size=1000", "page=99999&size=100", "typeId=x"):
        assert caller.get(f"{caller.desk}/PENDING?{query}").status_code == 422


def test_nobody_speaks_for_another_s_desk(caller: Caller, book: Book) -> None:
    folder = caller.create(described("a.pdf"), a_pdf=PDF).json["id"]
    book.settle()
    other = Caller(book, "presidence")
    for path in ("PENDING", f"folder/{folder}/premis", f"folder/{folder}/zip"):
        assert other.get(f"{caller.desk}/{path}").status_code == 404
    assert other.program.ask("DELETE", f"{caller.desk}/folder/{folder}").status_code == 404
    neighbour = f"/api/standard/v1/tenant/{book.office.department}/desk"
    assert caller.get(neighbour).status_code == 404
    assert Program(book.app).get("/api/standard/v1/tenant").status_code == 401
