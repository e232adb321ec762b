"""Another application deposits folders in the signature book, follows and fetches them."""

import io
import json
import zipfile
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from engine.commands import api_keys, people
from engine.models import db
from tests.connectors.signature.xml_signing import signed_pes
from tests.web.program import Program, administrator, make_key
from tests.workflows.parapheur.book import PAPER, Book, with_circuit
from workflows.parapheur.models import Folder

PDF = PAPER


@pytest.fixture
def book(app: Flask) -> Book:
    return with_circuit(app)


@pytest.fixture
def program(book: Book) -> Program:
    return Program(book.app, make_key(book.body, roles=["desk:assemblees"])[1])


def ahead(program: Program, content: bytes = PDF, name: str = "délib.pdf") -> str:
    sent = {"file": (io.BytesIO(content), name)}
    answer = program.ask("POST", "/files", data=sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json["sha256"])


def asked(program: Program, **changes: Any) -> dict[str, Any]:
    files = changes.pop("files", None) or [{"sha256": ahead(program)}]
    return {
        "type": "deliberations",
        "subtype": "ordinaire",
        "title": "Aide à la scierie",
        "files": files,
    } | changes


def deposited(program: Program, book: Book, **changes: Any) -> dict[str, Any]:
    answer = program.post("/folders", asked(program, **changes))
    assert answer.status_code == 201, answer.text
    book.settle()
    return dict(answer.json)


def test_a_folder_goes_from_deposit_to_its_signed_file(
    program: Program, book: Book
) -> None:
    made = deposited(program, book, external_id="DELIB-42")
    folder = UUID(made["id"])
    told = program.get(f"/folders/{folder}").json
    assert told["state"] == "in_progress"
    assert told["desks_now"] == [{"desk": "juridique", "name": "Direction juridique"}]
    assert told["author"]["desk"] == "assemblees"
    book.approve(folder, "juridique", note="Vu", private_note="à revoir entre nous")
    book.sign(folder, "presidence")
    answer = program.get(f"/folders/{folder}")
    told = answer.json
    assert "entre nous" not in answer.text
    assert [one["kind"] for one in told["acts"]][:3] == ["deposited", "approved", "signed"]
    assert told["acts"][1]["note"] == "Vu"
    (file, *_) = told["files"]
    assert file["version"] > 1
    assert file["signatures"][0]["indication"] == "TOTAL-PASSED"
    assert program.get(file["content"]).data != PDF
    assert program.get(f"{file['content']}?version=1").data == PDF
    archive = program.get(f"/folders/{folder}/archive")
    with zipfile.ZipFile(io.BytesIO(archive.data)) as files:
        assert "documents/délib.pdf" in files.namelist()
        assert files.read("documents/délib.pdf") == program.get(file["content"]).data


def test_the_same_identifier_is_the_same_folder_whatever_is_sent(
    program: Program, book: Book
) -> None:
    made = deposited(program, book, external_id="DELIB-42")
    book.approve(UUID(made["id"]), "juridique")
    again = program.post(
        "/folders",
        asked(program, external_id="DELIB-42", title="Autre", subtype="inconnu"),
    )
    assert again.status_code == 201
    assert (again.json["id"], again.json["title"]) == (made["id"], made["title"])
    assert again.json["already_deposited"]
    found = program.get("/folders?external_id=DELIB-42").json["items"]
    assert [one["id"] for one in found] == [made["id"]]
    other = Program(
        book.app,
        make_key(
            book.body,
            roles=["desk:juridique"],
            actor=administrator(book.body, "autre@essai.test"),
        )[1],
    )
    assert other.get("/folders?external_id=DELIB-42").json["items"] == []


def test_a_key_that_takes_over_finds_what_was_deposited(book: Book) -> None:
    from datetime import timedelta

    by = administrator(book.body, "cle@essai.test")
    key_id, token = make_key(book.body, roles=["desk:assemblees"], actor=by)
    made = deposited(Program(book.app, token), book, external_id="DELIB-42")
    _, later = api_keys.replace(key_id, overlap=timedelta(days=1), actor=by)
    again = Program(book.app, later)
    assert deposited(again, book, external_id="DELIB-42")["id"] == made["id"]


def test_files_come_in_the_request_itself(program: Program, book: Book) -> None:
    sent = asked(
        program,
        files=[{"title": "Acte"}, {"kind": "annex"}, {"kind": "detached", "signs": 0}],
    )
    answer = program.ask(
        "POST",
        "/folders",
        data={
            "request": json.dumps(sent),
            "files.0": (io.BytesIO(PDF), "acte.pdf"),
            "files.1": (io.BytesIO(PDF + b"\n"), "plan.pdf"),
        },
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/files/2"
    sent["files"].pop()
    answer = program.ask(
        "POST",
        "/folders",
        data={
            "request": json.dumps(sent),
            "files.0": (io.BytesIO(PDF), "acte.pdf"),
            "files.1": (io.BytesIO(PDF + b"\n"), "plan.pdf"),
        },
    )
    assert answer.status_code == 201, answer.text
    kinds = [(one["kind"], one["title"]) for one in answer.json["files"]]
    assert kinds == [("main", "Acte"), ("annex", "plan.pdf")]


def test_a_refusal_reaches_the_application_with_its_reason(
    program: Program, book: Book
) -> None:
    folder = UUID(deposited(program, book)["id"])
    book.refuse(folder, "juridique", "Le visa manque")
    told = program.get(f"/folders/{folder}").json
    assert told["state"] == "refused"
    assert told["refusal"]["reason"] == "Le visa manque"
    assert told["refusal"]["desk"]["desk"] == "juridique"
    (listed,) = program.get("/folders?state=refused").json["items"]
    assert listed["id"] == str(folder)
    gone = program.post(f"/folders/{folder}/withdrawal", {"reason": "Corrigé ailleurs"})
    assert gone.status_code == 204, gone.text
    told = program.get(f"/folders/{folder}").json
    assert told["state"] == "abandoned"
    assert told["acts"][-1]["note"] == "Corrigé ailleurs"


def test_a_draft_waits_at_its_desk_until_it_is_started(
    program: Program, book: Book
) -> None:
    made = deposited(program, book, external_id="DELIB-42", draft=True)
    folder = UUID(made["id"])
    assert made["state"] == "draft"
    told = program.get(f"/folders/{folder}").json
    assert told["desks_now"] == [
        {"desk": "assemblees", "name": "Secrétariat des assemblées"}
    ]
    assert [one["kind"] for one in told["acts"]] == ["drafted"]
    again = program.post("/folders", asked(program, external_id="DELIB-42"))
    assert (again.json["id"], again.json["state"]) == (made["id"], "draft")
    assert [one["id"] for one in program.get("/folders?state=draft").json["items"]] == [
        made["id"]
    ]
    started = program.post(f"/folders/{folder}/start", {"title": "Aide, version 2"})
    assert started.status_code == 200, started.text
    assert (started.json["state"], started.json["title"]) == (
        "in_progress",
        "Aide, version 2",
    )
    book.settle()
    assert program.post(f"/folders/{folder}/start", {}).json["code"] == "not-a-draft"
    assert program.post(f"/folders/{folder}/undo").json["state"] == "draft"
    assert program.post(f"/folders/{folder}/undo").status_code == 409
    book.settle()
    assert (
        program.post(f"/folders/{folder}/start", {"metadata": {"x": 1}}).status_code == 422
    )
    assert program.post(f"/folders/{folder}/start", {}).status_code == 200
    book.settle()
    book.approve(folder, "juridique")
    assert program.post(f"/folders/{folder}/undo").status_code == 403, "another's act"
    acts = program.get(f"/folders/{folder}").json["acts"]
    assert [one["kind"] for one in acts] == [
        "drafted",
        "deposited",
        "undone",
        "deposited",
        "approved",
    ]
    assert [one["undone"] for one in acts] == [False, True, False, False, False]


def test_a_deposit_is_taken_back_until_a_desk_acts(program: Program, book: Book) -> None:
    first, second = (UUID(deposited(program, book)["id"]) for _ in range(2))
    assert (
        program.post(f"/folders/{first}/withdrawal", {"reason": "Doublon"}).status_code
        == 204
    )
    book.settle()
    assert program.get(f"/folders/{first}").json["state"] == "abandoned"
    assert program.get(f"/folders/{first}").json["desks_now"] == []
    assert book.tasks(first) == {}
    book.approve(second, "juridique")
    late = program.post(f"/folders/{second}/withdrawal", {"reason": "Doublon"})
    assert (late.status_code, late.json["code"]) == (409, "too-late")
    assert program.get(f"/folders/{second}").json["state"] == "in_progress"


def test_what_is_wrong_is_named_value_by_value(program: Program, book: Book) -> None:
    for changes, pointer in (
        ({"subtype": "inconnu"}, "/subtype"),
        ({"desk": "presidence"}, "/desk"),
        ({"metadata": {"couleur": "bleu"}}, "/metadata/couleur"),
        ({"files": [{"sha256": "0" * 64}]}, "/files/0"),
        ({"files": [{"sha256": ahead(program), "kind": "annex"}]}, "/files"),
    ):
        answer = program.post("/folders", asked(program, **changes))
        assert answer.status_code == 422, answer.text
        assert [one["pointer"] for one in answer.json["errors"]] == [pointer]
        assert answer.json["errors"][0]["message"]
    db.session.rollback()
    assert db.session.query(Folder).count() == 0


def test_the_list_is_read_page_by_page(program: Program, book: Book) -> None:
    made = [deposited(program, book, title=f"Acte {n}")["id"] for n in range(5)]
    seen: list[str] = []
    cursor = ""
    for _ in range(5):
        page = program.get(f"/folders?limit=2{cursor}").json
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == made[::-1]
    assert program.get("/folders?type=deliberations&desk=assemblees").json["items"]
    assert program.get("/folders?desk=presidence").json["items"] == []


def test_no_folder_of_others_is_seen_or_touched(program: Program, book: Book) -> None:
    folder = deposited(program, book)
    file = folder["files"][0]["id"]
    stranger = Program(
        book.app,
        make_key(
            book.office.department,
            roles=["cofunder"],
            actor=administrator(book.office.department, "voisin@essai.test"),
        )[1],
    )
    officer_only = people.add_person("agent@region.test", "Agent")
    people.grant(officer_only, book.body, "case_officer")
    no_desk = Program(
        book.app,
        make_key(
            book.body,
            roles=["case_officer"],
            actor=administrator(book.body, "sans-bureau@essai.test"),
        )[1],
    )
    for other in (stranger, no_desk):
        for path in ("", f"/files/{file}", "/archive"):
            assert other.get(f"/folders/{folder['id']}{path}").status_code == 404
        gone = other.post(f"/folders/{folder['id']}/withdrawal", {"reason": "Non"})
        assert gone.status_code == 404
        assert other.get("/folders").json["items"] == []
        assert other.post("/folders", asked(program)).status_code in {403, 422}
    assert program.get(f"/folders/{folder['id']}/files/{uuid4()}").status_code == 404
    read_only = Program(
        book.app,
        make_key(
            book.body,
            scopes=["folders:read"],
            roles=["desk:assemblees"],
            actor=administrator(book.body, "lecture@essai.test"),
        )[1],
    )
    assert read_only.get(f"/folders/{folder['id']}").status_code == 200
    assert read_only.post("/folders", {}).json["code"] == "missing-scope"


def test_an_act_carries_what_the_state_is_told(program: Program, book: Book) -> None:
    act = {
        "nature": 1,
        "matter": [7, 5],
        "number": "2026_042",
        "decided_on": "2026-11-20",
        "subject": "Aide",
    }
    made = deposited(program, book, act=act)
    folder = db.session.get_one(Folder, UUID(made["id"]))
    assert folder.details["act"] == act | {"on_paper": False}
    wrong = program.post("/folders", asked(program, act=act | {"number": "été"}))
    assert wrong.json["errors"][0]["pointer"] == "/act/number"


def test_a_key_of_the_book_sends_what_machines_exchange(program: Program) -> None:
    assert ahead(program, b'<?xml version="1.0"?><a/>', "pes.xml")
    assert ahead(program, b"\x30\x82\x01\x00", "acte.pdf.p7s")
    sent = {"file": (io.BytesIO(b"<!DOCTYPE a><a/>"), "a.xml")}
    assert program.ask("POST", "/files", data=sent).status_code == 422


def test_xml_that_lies_is_refused_at_the_deposit(program: Program) -> None:
    altered = signed_pes().replace("vélo".encode("latin-1"), b"Velo")
    for content, said in (
        (b"<a>" * 1000 + b"</a>" * 1000, "trop d’éléments"),
        (b'<?xml version="1.0" encoding="UTF-8"?><a>\xe9</a>', "mal formé"),
        ("<!DOCTYPE a><a/>".encode("utf-16-le"), "DTD"),
        (altered, "a été modifié"),
    ):
        sent = ahead(program, content, "pes.xml")
        paper = {"sha256": ahead(program)}
        answer = program.post("/folders", asked(program, files=[paper, {"sha256": sent}]))
        assert answer.status_code == 422
        (fault,) = answer.json["errors"]
        assert fault["pointer"] == "/files/1"
        assert said in fault["message"]


def test_a_signature_of_another_file_is_refused_at_the_deposit(program: Program) -> None:
    """Even one that is good: what it signs is itself."""
    paper, pes = ahead(program), ahead(program, signed_pes(), "acte.pdf.xml")
    apart = {"sha256": pes, "kind": "detached", "signs": 0}
    answer = program.post("/folders", asked(program, files=[{"sha256": paper}, apart]))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/files/1"
    assert "acte.pdf.xml" in answer.json["errors"][0]["message"]


def test_a_pdf_that_cannot_be_signed_is_refused_at_the_deposit(program: Program) -> None:
    cut = ahead(program, PAPER[: len(PAPER) // 2])
    answer = program.post("/folders", asked(program, files=[{"sha256": cut}]))
    assert answer.status_code == 422
    (fault,) = answer.json["errors"]
    assert fault["pointer"] == "/files/0"
    assert "tronqué ou abîmé" in fault["message"]
