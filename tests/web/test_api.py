"""The API over HTTP: requests filed and followed, tasks done, cases read, refusals told."""

import ast
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import clock
from engine.api_keys import ApiAnswer
from engine.commands import subscriptions
from engine.documents import Document, Draft
from engine.models import ProcessInstance, UserTask, db
from tests.conftest import ROOT
from tests.office import open_tasks
from tests.web import small_procedure
from tests.web.program import Program, make_key
from tests.web.small_procedure import KEY, Ground
from web.api.wording import CURES, SENTENCES, english

PDF = b"%PDF-1.7\n%%EOF"
VALUES = {
    "title": "Une scie",
    "amount": 1200.5,
    "starts_on": "2027-02-01",
    "kind": "equipment",
}


@pytest.fixture
def ground(app: Flask) -> Ground:
    return small_procedure.prepare(app)


@pytest.fixture
def company(ground: Ground) -> Program:
    return Program(ground.app, make_key(ground.office.company)[1])


@pytest.fixture
def body(ground: Ground) -> Program:
    return Program(ground.app, make_key(ground.office.region, roles=["case_officer"])[1])


def send(program: Program, content: bytes = PDF, name: str = "devis.pdf") -> dict[str, Any]:
    answer = program.ask("POST", "/files", data={"file": (io.BytesIO(content), name)})
    assert answer.status_code == 201, answer.text
    return answer.json


def filed(program: Program, **more: Any) -> dict[str, Any]:
    quote = [{"sha256": send(program)["sha256"]}]
    sent = {"procedure": KEY, "values": {**VALUES, "quote": quote, **more}}
    answer = program.post("/requests", sent)
    assert answer.status_code == 201, answer.text
    return answer.json


def count(kind: Any) -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(kind)) or 0


def test_a_request_is_filed_in_one_call_with_its_files(
    ground: Ground, company: Program
) -> None:
    values = {**VALUES, "about": "Avec « guillemets » et €"}
    answer = company.ask(
        "POST",
        "/requests",
        data={
            "request": json.dumps({"procedure": KEY, "values": values}),
            "quote": (io.BytesIO(PDF), "devis n°1.pdf"),
        },
    )
    assert answer.status_code == 201, answer.text
    made = answer.json
    assert answer.headers["Location"] == f"/api/v1/requests/{made['id']}"
    assert made["title"] == "Une scie"
    assert [one["what"] for one in made["awaited"]] == ["Instruire"]
    assert not made["awaited"][0]["mine"]
    (document,) = company.get(f"/requests/{made['id']}/documents").json["items"]
    assert document["name"] == "devis n°1.pdf"
    content = company.get(document["content"])
    assert content.data == PDF
    assert "attachment" in content.headers["Content-Disposition"]
    assert "Set-Cookie" not in answer.headers


def test_a_request_is_filed_with_the_body_chosen(ground: Ground, company: Program) -> None:
    office = ground.office
    subscriptions.subscribe(office.department, KEY, actor=office.operator)
    bodies = {one["id"] for one in company.get(f"/definitions/{KEY}").json["bodies"]}
    assert bodies == {str(office.region), str(office.department)}
    quote = [{"sha256": send(company)["sha256"]}]
    sent = {
        "procedure": KEY,
        "values": {**VALUES, "quote": quote},
        "body": str(office.department),
    }
    made = company.post("/requests", sent)
    assert made.status_code == 201, made.text
    case = db.session.get_one(ProcessInstance, UUID(made.json["id"]))
    assert case.organisation_id == office.department
    draft = company.post("/drafts", {**sent, "values": VALUES}).json
    db.session.rollback()
    assert db.session.get_one(Draft, UUID(draft["id"])).body_id == office.department


def test_one_key_of_idempotency_files_once(ground: Ground, company: Program) -> None:
    sent = {
        "procedure": KEY,
        "values": {**VALUES, "quote": [{"sha256": send(company)["sha256"]}]},
    }
    headers = {"Idempotency-Key": "commande-17"}
    first = company.post("/requests", sent, headers=headers)
    again = company.post("/requests", sent, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert count(ProcessInstance) == 1
    # The machine stopped after the act, before its answer was kept.
    db.session.execute(
        db.update(ApiAnswer).values(status=None, at=clock.now() - timedelta(minutes=5))
    )
    db.session.commit()
    resumed = company.post("/requests", sent, headers=headers)
    assert resumed.status_code == 201
    assert resumed.json["id"] == first.json["id"]
    assert count(ProcessInstance) == 1
    other = company.post("/requests", {**sent, "procedure": "autre"}, headers=headers)
    assert (other.status_code, other.json["code"]) == (422, "key-reused")
    db.session.execute(db.update(ApiAnswer).values(status=None, at=clock.now()))
    db.session.commit()
    busy = company.post("/requests", sent, headers=headers)
    assert (busy.status_code, busy.json["code"]) == (409, "being-done")


def test_a_refused_request_may_come_again_corrected_under_its_key(company: Program) -> None:
    headers = {"Idempotency-Key": str(UUID(int=7))}
    wrong = company.post("/requests", {"procedure": KEY, "values": {}}, headers=headers)
    assert wrong.status_code == 422
    quote = [{"sha256": send(company)["sha256"]}]
    right = {"procedure": KEY, "values": {**VALUES, "quote": quote}}
    assert company.post("/requests", right, headers=headers).status_code == 201


@pytest.mark.parametrize(
    ("language", "said"), [("fr", "Renseignez"), ("en-GB,en;q=0.9", "Fill in")]
)
def test_what_is_wrong_is_told_with_its_place(
    company: Program, language: str, said: str
) -> None:
    sent = {"procedure": KEY, "values": {"amount": "beaucoup", "kind": "autre", "autre": 1}}
    answer = company.post("/requests", sent, headers={"Accept-Language": language})
    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    found = {one["pointer"]: one["message"] for one in answer.json["errors"]}
    assert {"/values/title", "/values/amount", "/values/kind", "/values/starts_on",
            "/values/quote", "/values/autre"} == set(found)  # fmt: skip
    assert found["/values/title"].startswith(said)
    assert count(Draft) == count(ProcessInstance) == 0


def test_forms_say_nothing_that_has_no_english() -> None:
    """Every sentence of the sources of forms, its places filled, is said in English."""
    said = [re_filled(french) for french, _ in (*SENTENCES[:-1],)]
    assert all(english(one) != one for one in said)
    cures = [f"« X » : {re_filled(french)}." for french, _ in CURES]
    assert all(english(one) != one.replace(" : ", ": ", 1) for one in cures)
    silent = [
        text
        for path in (ROOT / "forms").glob("*.py")
        for text in _wrongs(path)
        if english(f"« X » : {text}.") == f"« X »: {text}."
    ]
    assert silent == []


def re_filled(french: str) -> str:
    return french.replace("{a}", "« X »").replace("{n}", "3").replace("{m}", "4")


def _wrongs(path: Path) -> Iterator[str]:
    """The texts given to `Wrong(…)` as they are written."""
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", "") == "Wrong"
            and node.args
        ):
            (text,) = node.args[:1]
            if isinstance(text, ast.Constant):
                yield str(text.value)
            elif isinstance(text, ast.JoinedStr):
                parts = [
                    p.value if isinstance(p, ast.Constant) else "3" for p in text.values
                ]
                if not isinstance(text.values[0], ast.FormattedValue):
                    yield "".join(map(str, parts))


def test_a_draft_is_corrected_by_whoever_read_it_last_and_filed(company: Program) -> None:
    begun = company.post("/drafts", {"procedure": KEY, "values": {"title": "Une scie"}})
    assert begun.status_code == 201, begun.text
    path, tag = f"/drafts/{begun.json['id']}", begun.headers["ETag"]
    assert {one["pointer"] for one in begun.json["to_correct"]} >= {"/values/amount"}
    blind = company.ask("PUT", path, json={"values": {}})
    assert (blind.status_code, blind.json["code"]) == (428, "if-match-missing")
    quote = [{"sha256": send(company)["sha256"]}]
    sent = {"values": {**VALUES, "quote": quote}}
    kept = company.ask("PUT", path, json=sent, headers={"If-Match": tag})
    assert kept.status_code == 200, kept.text
    assert kept.json["to_correct"] == []
    stale = company.ask("PUT", path, json=sent, headers={"If-Match": tag})
    assert (stale.status_code, stale.json["code"]) == (412, "stale")
    assert [one["id"] for one in company.get("/drafts").json["items"]] == [begun.json["id"]]
    done = company.post(f"{path}/submission")
    assert done.status_code == 201, done.text
    assert done.json["id"] == begun.json["id"]
    assert company.post(f"{path}/submission").json["id"] == begun.json["id"], "once"
    assert company.get(path).status_code == 404
    assert count(ProcessInstance) == 1


def test_an_officer_s_software_does_a_task(
    ground: Ground, company: Program, body: Program
) -> None:
    made = filed(company)
    (task,) = body.get("/tasks").json["items"]
    assert task["case"]["number"] == made["number"]
    read = body.get(f"/tasks/{task['id']}").json
    assert read["form"]["required"] == ["remarks"]
    assert read["questions"][0]["label"] == "Observations"
    taken = body.post(f"/tasks/{task['id']}/claim")
    assert taken.json["holder"]["name"] == "Logiciel"
    assert [t["id"] for t in body.get("/tasks?basket=mine").json["items"]] == [task["id"]]
    assert body.get("/tasks").json["items"] == []
    assert body.post(f"/tasks/{task['id']}/release").json["holder"] is None
    wrong = body.post(f"/tasks/{task['id']}/completion", {"values": {}})
    assert [one["pointer"] for one in wrong.json["errors"]] == ["/values/remarks"]
    right = {"values": {"remarks": "Favorable."}}
    assert body.post(f"/tasks/{task['id']}/completion", right).status_code == 204
    again = body.post(f"/tasks/{task['id']}/completion", right)
    assert (again.status_code, again.json["code"]) == (409, "task-closed")
    followed = company.get(f"/requests/{made['id']}").json
    assert followed["status"] == "completed"
    assert followed["decision"]["label"] == "Terminé"
    case = body.get(f"/cases?number={made['number'].lower()}").json["items"]
    assert [one["id"] for one in case] == [made["id"]]
    kinds = {one["kind"] for one in body.get(f"/cases/{made['id']}/events").json["items"]}
    assert {"step", "act", "document"} <= kinds
    told = [one["what"] for one in body.get(f"/cases/{made['id']}/timeline").json["items"]]
    assert "Instruire" in told


def test_a_task_somebody_else_has_is_a_conflict(ground: Ground, body: Program) -> None:
    from engine.commands import tasks

    case = ground.begin()
    task = open_tasks(case.id)["review"]
    tasks.claim(task, actor=ground.office.officer)
    answer = body.post(f"/tasks/{task}/claim")
    assert (answer.status_code, answer.json["code"]) == (409, "task-taken")
    assert "Claire Martin" in answer.json["detail"]


def test_a_key_never_signs(ground: Ground, body: Program) -> None:
    task = open_tasks(ground.begin().id)["review"]
    db.session.execute(db.update(UserTask).values(signature=True))
    db.session.commit()
    answer = body.post(f"/tasks/{task}/completion", {"values": {"remarks": "Oui"}})
    assert (answer.status_code, answer.json["code"]) == (403, "signature")
    assert db.session.get_one(UserTask, task).status == "open"


def test_messages_pass_between_a_company_and_the_office(
    ground: Ground, company: Program, body: Program
) -> None:
    made = filed(company)
    assert (
        company.post(f"/requests/{made['id']}/messages", {"text": "Bonjour"}).status_code
        == 204
    )
    (read,) = body.get(f"/cases/{made['id']}/messages").json["items"]
    assert (read["text"], read["side"]) == ("Bonjour", "applicant")
    late = company.post(f"/requests/{made['id']}/withdrawal", {"reason": "Abandon"})
    assert (late.status_code, late.json["code"]) == (409, "too-late")


def test_pages_follow_each_other_without_a_number(
    ground: Ground, company: Program, body: Program
) -> None:
    made = {str(ground.begin(f"Scie {n}").id) for n in range(7)}
    for program, path in (
        (company, "/requests?limit=3"),
        (body, "/cases?limit=3"),
        (body, "/tasks?limit=3"),
        (body, "/tasks?limit=3&order=oldest"),
        (body, "/tasks?limit=3&order=newest"),
    ):
        seen, address = [], path
        while address:
            page = program.get(address)
            assert page.status_code == 200, page.text
            items = page.json["items"]
            seen += [one["case"]["id"] if "case" in one else one["id"] for one in items]
            address = f"{path}&cursor={page.json['next']}" if page.json["next"] else ""
        assert len(seen) == len(made), path
        assert set(seen) == made
    number = company.get("/requests?page=1000000000")
    assert number.status_code == 422
    assert "cursor" in number.json["errors"][0]["message"]
    word = company.get("/requests?limit=3").json["next"]
    for wrong in (word[:-2], "AAAA", f"{word}x"):
        assert company.get(f"/requests?cursor={wrong}").json["code"] == "bad-cursor"
    assert body.get(f"/cases?cursor={word}").json["code"] == "bad-cursor", "another list's"


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code"),
    [
        ("GET", "/nulle-part", {}, 404, "http-404"),
        ("DELETE", "/requests", {}, 405, "http-405"),
        ("POST", "/requests", {"data": "a=1", "content_type": "text/plain"}, 415, "bad-format"),
        ("POST", "/requests", {"data": b"{", "content_type": "application/json"}, 400, "bad-json"),
        ("POST", "/requests", {"data": b'{"values": NaN}', "content_type": "application/json"}, 400, "bad-json"),
        ("POST", "/requests", {"data": b"[" * 100_000, "content_type": "application/json"}, 400, "bad-json"),
        ("POST", "/requests", {"data": b'"' + b"a" * 5_000_000 + b'"', "content_type": "application/json"}, 413, "http-413"),
        ("POST", "/requests", {"json": {"procedure": KEY}}, 422, "bad-body"),
        ("POST", "/requests", {"json": {"procedure": "tests.none", "values": {}}}, 404, "unknown-procedure"),
        ("POST", "/drafts", {"json": {"procedure": KEY, "values": {}, "body": str(UUID(int=1))}}, 422, "unknown-body"),
        ("POST", "/files", {"json": {}}, 415, "bad-format"),
        ("POST", "/files", {"data": {"file": (io.BytesIO(b"MZ"), "virus.exe")}}, 422, "bad-file"),
        ("GET", f"/requests/{UUID(int=1)}", {}, 404, "unknown"),
        ("GET", "/requests/12", {}, 404, "http-404"),
    ],
)  # fmt: skip
def test_a_refusal_is_a_problem_document(
    company: Program,
    method: str,
    path: str,
    options: dict[str, Any],
    status: int,
    code: str,
) -> None:
    answer = company.ask(method, path, **options)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    assert answer.mimetype == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= set(answer.json)
    assert answer.json["detail"]
    if status == 405:
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_failure_of_ours_tells_nothing_of_itself(
    company: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("mot de passe : azerty")

    monkeypatch.setitem(company.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("web.api.me.keyed.key", broken)
    answer = company.get("/me")
    assert answer.status_code == 500
    assert answer.mimetype == "application/problem+json"
    assert "azerty" not in answer.text


def test_a_key_s_rate_is_told_and_kept(company: Program) -> None:
    company.app.config["API_RATE"] = "3 per minute"
    answers = [company.get("/me") for _ in range(5)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429, 429]
    assert [one.headers["RateLimit-Remaining"] for one in answers[:3]] == ["2", "1", "0"]
    assert answers[0].headers["RateLimit-Limit"] == "3"
    assert 1 <= int(answers[4].headers["Retry-After"]) <= 60
    assert answers[4].mimetype == "application/problem+json"


def test_what_has_not_changed_is_not_sent_again(ground: Ground, company: Program) -> None:
    made = filed(company)
    first = company.get(f"/requests/{made['id']}")
    again = company.get(
        f"/requests/{made['id']}", headers={"If-None-Match": first.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")


def test_the_description_covers_every_route(app: Flask) -> None:
    told = Program(app).get("/openapi.json").json
    described = {
        (m.upper(), f"/api/v1{path}") for path, ms in told["paths"].items() for m in ms
    }
    routes = {
        (method, rule.rule.replace("<uuid:", "{").replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    assert described == routes
    assert told["openapi"] == "3.1.0"


def test_a_file_sent_ahead_is_one_s_own_and_waits_a_day(
    ground: Ground, company: Program
) -> None:
    other = Program(ground.app, make_key(ground.office.other_company)[1])
    content = PDF + str(uuid4()).encode()
    theirs = send(other, content)
    sent = {"procedure": KEY, "values": {**VALUES, "quote": [{"sha256": theirs["sha256"]}]}}
    answer = company.post("/requests", sent)
    assert [one["pointer"] for one in answer.json["errors"]] == ["/values/quote"]
    assert count(Document) == 0
    clock.advance(timedelta(hours=25))
    assert other.post("/requests", sent).status_code == 422
