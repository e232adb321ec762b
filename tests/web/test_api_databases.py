"""The API on each database: keys, requests once, pages of every list, webhooks told."""

import io

import pytest
from flask import Flask

from engine.webhooks import EVENTS, FOLDER_EVENTS
from tests.web import small_procedure
from tests.web.program import Program, make_key
from tests.web.small_procedure import KEY
from tests.web.test_api import PDF, VALUES
from tests.web.test_webhooks import Recorder, all_told


@pytest.mark.timeout(600)
def test_it_is_the_same_on_each(either_app: Flask) -> None:
    ground = small_procedure.prepare(either_app)
    company = Program(either_app, make_key(ground.office.company)[1])
    region = Program(either_app, make_key(ground.office.region, roles=["case_officer"])[1])
    for program in (company, region):
        sent = {
            "url": "https://logiciel.example.org/",
            "events": [one for one in EVENTS if one not in FOLDER_EVENTS],
        }
        for _ in range(3):
            made = program.post("/webhooks", sent)
            assert made.status_code == 201, made.text
    digest = company.ask("POST", "/files", data={"file": (io.BytesIO(PDF), "d.pdf")}).json
    asked = {
        "procedure": KEY,
        "values": {**VALUES, "quote": [{"sha256": digest["sha256"]}]},
    }
    for number in ("1", "2", "3", "3"):
        answer = company.post("/requests", asked, headers={"Idempotency-Key": number})
        assert answer.status_code == 201, answer.text
        draft = company.post("/drafts", asked, headers={"Idempotency-Key": f"d{number}"})
        assert draft.status_code == 201, draft.text
    request = answer.json["id"]
    for number in range(3):
        said = {"text": f"Message {number}"}
        assert company.post(f"/requests/{request}/messages", said).status_code == 204
    hook = made.json["id"]
    for program, path, count in (
        (company, "/requests", 3),
        (company, "/drafts", 3),
        (company, "/webhooks", 3),
        (company, f"/requests/{request}/messages", 3),
        (region, "/cases", 3),
        (region, "/tasks", 3),
        (region, "/tasks?order=newest", 3),
        (region, "/tasks?order=oldest", 3),
        (region, f"/webhooks/{hook}/deliveries", 9),
        (region, f"/cases/{request}/events", 5),
    ):
        seen, cursor = [], ""
        while cursor is not None:
            mark = "&" if "?" in path else "?"
            page = program.get(f"{path}{mark}limit=2{cursor and '&cursor='}{cursor}")
            assert page.status_code == 200, page.text
            seen += [str(one) for one in page.json["items"]]
            cursor = page.json["next"]
        assert len(seen) == len(set(seen)) == count, path
    told = Recorder()
    all_told(either_app, told)
    assert told.types.count("case.filed") == 18, "three cases, three addresses, two parties"
    states = {
        one["status"] for one in region.get(f"/webhooks/{hook}/deliveries").json["items"]
    }
    assert states == {"delivered"}
