"""What the editors ask of the server: files read, saved, checked, and names to choose from."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine import clock
from engine.commands import procedure_drafts
from engine.journal import latest
from engine.procedure_drafts import HELD_FOR
from tests.web.designing import KEY, Studio, opened, small_files


@pytest.fixture
def studio(tmp_path) -> Iterator[Studio]:  # type: ignore[no-untyped-def]
    with opened(tmp_path) as studio:
        yield studio


def test_a_file_is_saved_over_the_one_that_was_opened(studio: Studio) -> None:
    didier, address = (
        studio.browser(studio.didier),
        f"/concepteur/brouillons/{studio.draft}",
    )
    read = didier.client.get(f"{address}/fichiers/process.bpmn")
    assert (read.data, read.headers["ETag"]) == (small_files()["process.bpmn"], '"1"')
    wrong = read.data.replace(b'targetRef="decided"', b'targetRef="nowhere"')
    saved = studio.put(didier, "process.bpmn", wrong, If_Match='"1"')
    assert (saved.status_code, saved.json["rev"]) == (200, 2), saved.text
    assert any(p["severity"] == "error" for p in saved.json["problems"])
    late = studio.put(didier, "process.bpmn", read.data, If_Match='"1"')
    assert (late.status_code, late.json["rev"], late.json["by"]) == (412, 2, "Didier Faure")
    blind = studio.put(didier, "process.bpmn", read.data)
    assert blind.status_code == 422
    assert didier.client.get(f"{address}/fichiers/process.bpmn").data == wrong
    new = studio.put(didier, "more.dmn", small_files()["rates.dmn"], If_None_Match="*")
    assert (new.status_code, new.json["rev"]) == (200, 1)
    again = studio.put(didier, "more.dmn", small_files()["rates.dmn"], If_None_Match="*")
    assert (again.status_code, again.json["rev"]) == (412, 1)
    assert latest(f"procedure:{KEY}", 1)[0].detail["file"] == "more.dmn"


def test_one_person_writes_at_a_time(studio: Studio) -> None:
    dora, content = studio.browser(studio.dora), small_files()["rates.dmn"]
    held = studio.put(dora, "rates.dmn", content + b"\n", If_Match='"1"')
    assert (held.status_code, held.json["by"]) == (423, "Didier Faure")
    assert dora.get(f"/concepteur/brouillons/{studio.draft}").status_code == 200, (
        "others read"
    )
    clock.advance(HELD_FOR + timedelta(seconds=1))
    assert studio.put(dora, "rates.dmn", content + b"\n", If_Match='"1"').status_code == 200
    didier = studio.browser(studio.didier)
    late = studio.put(didier, "rates.dmn", content, If_Match='"1"')
    assert (late.status_code, late.json["by"]) == (423, "Dora Leroy")
    procedure_drafts.take_over(studio.draft, actor=studio.didier)
    assert studio.put(didier, "rates.dmn", content, If_Match='"2"').json["rev"] == 3
    procedure_drafts.release(studio.draft, actor=studio.didier)
    assert studio.put(dora, "rates.dmn", content + b" ", If_Match='"3"').status_code == 200


def test_what_no_draft_can_hold_is_refused_in_a_sentence(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    for name, content, said in (
        ("process.bpmn", b"<not xml", "n'est pas du XML"),
        ("process.bpmn", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE"),
        ("application.form.json", b"[]", "objet JSON"),
        ("application.form.json", b"{", "JSON lisible"),
        ("a.letter.md", b"\xff\xfe", "UTF-8"),
        ("a.letter.md", b"a\0b", "nuls"),
        ("notes.txt", b"x", "finit par"),
        ("my.scenarios.json", b"{}", "finit par"),
        ("..bpmn", b"<a/>", "Nom du fichier"),
        ("été.dmn", b"<a/>", "Nom du fichier"),
        ("big.letter.md", b"x" * (5 * 1024 * 1024 + 1), "5 Mo"),
    ):
        answer = studio.put(didier, name, content, If_Match='"1"')
        assert answer.status_code == 422, name
        assert said in answer.json["message"]


def test_unsaved_texts_are_checked_as_publication_would(studio: Studio) -> None:
    lea, address = studio.browser(studio.lea), f"/concepteur/brouillons/{studio.draft}"
    assert studio.send_json(lea, f"{address}/controle", {}).json == {"problems": []}
    broken = small_files()["process.bpmn"].decode().replace("aid_rate<", "no_rate<")
    answer = studio.send_json(
        lea, f"{address}/controle", {"files": {"process.bpmn": broken}}
    )
    (problem,) = answer.json["problems"]
    assert (problem["element_id"], problem["severity"]) == ("rate", "error")
    for wrong in ({"files": {"../x": "a"}}, {"files": {"a.dmn": 3}}, [], {"files": []}):
        assert studio.send_json(lea, f"{address}/controle", wrong).status_code == 422


def test_names_are_chosen_not_typed(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    found = didier.client.get(f"/concepteur/brouillons/{studio.draft}/catalogue").json
    operation = next(o for o in found["operations"] if o["name"].startswith("grants."))
    assert operation["about"]
    assert {"name", "required"} == operation["parameters"][0].keys()
    call = next(c for c in found["remote_calls"] if c["name"] == "oseo.request_opinion")
    assert (call["partner"], call["sandbox"]) == ("oseo", True)
    assert call["about"].startswith("Sends the file")
    assert {"name": "application", "title": "La demande"} in found["forms"]
    assert {"name": "case_officer", "label": "Instructeur"} in found["roles"]
    (table,) = found["decisions"]
    assert table["inputs"] == [
        {"expression": "application.amount", "label": "Montant demandé", "type": "number"}
    ]
    data = {one["path"]: (one["type"], one["from"]) for one in found["data"]}
    assert data["application.amount"] == ("number", "formulaire application")
    assert data["aid_rate"] == ("number", "décision aid_rate")
    assert "case.number" in data


def test_another_body_sees_nothing(studio: Studio) -> None:
    zoe, address = studio.browser(studio.stranger), f"/concepteur/brouillons/{studio.draft}"
    assert studio.put(zoe, "rates.dmn", b"<a/>", If_Match='"1"').status_code == 403
    for path in ("", "/fichiers/process.bpmn", "/catalogue"):
        assert zoe.get(address + path).status_code == 403
    assert zoe.get(f"/concepteur/procedures/{KEY}").status_code == 404
    assert KEY not in zoe.get("/concepteur/").text
    lea = studio.browser(studio.lea)
    assert studio.put(lea, "rates.dmn", b"<a/>", If_Match='"1"').status_code == 403
    assert KEY in lea.get("/concepteur/").text
