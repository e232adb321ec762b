"""What webhooks are told: with the commit, to whom it concerns, again when it fails."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.webhooks import Answer, Sender, new_secret_of, sign
from engine import clock, notices
from engine.access import Forbidden
from engine.commands import cases, tasks
from engine.commands import webhooks as commands
from engine.commands.webhooks import LEASE, WAITS
from engine.directory import ADMINISTRATOR, holders
from engine.models import ProcessInstance, db
from engine.notices import Notice
from engine.webhooks import DISABLED, EVENTS, FAILED, READY, Webhook, WebhookDelivery
from tests.connectors.test_webhooks import Door, opened
from tests.office import open_tasks
from tests.web import small_procedure
from tests.web.browser import Browser
from tests.web.program import Program, administrator, make_key
from tests.web.small_procedure import Ground
from web.api.delivering import deliver

URL = "https://logiciel.example.org/"


@pytest.fixture
def ground(app: Flask) -> Ground:
    return small_procedure.prepare(app)


class Recorder(Sender):
    """Answers as it is told to, and remembers what it was to send."""

    def __init__(self, *codes: int | None) -> None:
        super().__init__()
        self.codes, self.sent = list(codes), list[tuple[str, dict[str, Any]]]()

    def send(self, url: str, **told: Any) -> Answer:
        code = self.codes.pop(0) if self.codes else 204
        self.sent.append((url, json.loads(told["body"])))
        good = code is not None and 200 <= code < 300
        return Answer(code, "" if good else f"Réponse {code}")

    @property
    def types(self) -> list[str]:
        return [body["type"] for _, body in self.sent]


def hook(ground: Ground, organisation: UUID, **more: Any) -> UUID:
    admin = administrator(organisation, f"ada-{organisation}@essai.test")
    return commands.create(
        organisation, url=URL, name="", events=more.get("events", EVENTS), actor=admin
    )


def deliveries(webhook: UUID) -> list[WebhookDelivery]:
    db.session.rollback()
    asked = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook)
    return list(db.session.scalars(asked.order_by(WebhookDelivery.at)))


def all_told(app: Flask, sender: Sender) -> None:
    while deliver(app, sender):
        pass


def test_each_is_told_what_concerns_it_and_no_more(ground: Ground) -> None:
    company, region, department, other = (
        hook(ground, getattr(ground.office, name))
        for name in ("company", "region", "department", "other_company")
    )
    case = ground.begin()
    cases.write_message(case.id, "Bonjour", actor=ground.office.applicant)
    task = open_tasks(case.id)["review"]
    values = {"remarks": "Favorable"}
    tasks.complete(task, values, actor=ground.office.officer)
    told = {one: [d.type for d in deliveries(one)] for one in (company, region)}
    assert sorted(told[company]) == [
        "case.filed", "case.status_changed", "decision.made", "message.sent",
    ]  # fmt: skip
    assert sorted(told[region]) == [
        "case.filed", "case.status_changed", "decision.made", "message.sent",
        "task.completed", "task.opened",
    ]  # fmt: skip
    assert deliveries(department) == deliveries(other) == []
    recorder = Recorder()
    all_told(ground.app, recorder)
    filed = next(body for _, body in recorder.sent if body["type"] == "case.filed")
    assert set(filed) == {"type", "timestamp", "data"}
    assert filed["data"]["number"] == case.number
    assert "Une scie" not in json.dumps(recorder.sent), "no more than ids and states"
    urls = {body["data"]["url"] for _, body in recorder.sent}
    assert urls == {
        f"http://localhost/api/v1/{kind}/{case.id}" for kind in ("requests", "cases")
    }
    statuses = {
        b["data"]["status"] for _, b in recorder.sent if b["type"] == "decision.made"
    }
    assert statuses == {"completed"}


def test_nothing_is_told_of_what_is_not_committed(ground: Ground) -> None:
    listening = hook(ground, ground.office.company)
    with pytest.raises(Forbidden):
        cases.start(ground.definition, {}, actor=ground.office.stranger, applicant_id=ground.office.company)  # fmt: skip
    assert deliveries(listening) == []


def test_only_what_was_asked_is_told_and_only_while_active(ground: Ground) -> None:
    listening = hook(ground, ground.office.company, events=["message.sent"])
    case = ground.begin()
    assert deliveries(listening) == []
    admin = administrator(ground.office.company, "ada@essai.test")
    commands.change(listening, active=False, actor=admin)
    cases.write_message(case.id, "Bonjour", actor=ground.office.applicant)
    assert deliveries(listening) == []


def test_a_failure_is_tried_again_for_three_days_then_ends(ground: Ground) -> None:
    listening = hook(ground, ground.office.company, events=["case.filed"])
    admin = administrator(ground.office.company, f"ada-{ground.office.company}@essai.test")
    ground.begin()
    recorder = Recorder(*[500] * 50)
    all_told(ground.app, recorder)
    (one,) = deliveries(listening)
    assert (one.status, one.attempts, one.last_code) == (READY, 1, 500)
    for wait in WAITS:
        assert deliver(ground.app, recorder) == 0, "not before its time"
        clock.advance(wait + timedelta(seconds=1))
        assert deliver(ground.app, recorder) == 1
    assert sum(WAITS, timedelta()) > timedelta(days=3)
    (one,) = deliveries(listening)
    assert (one.status, one.attempts) == (FAILED, len(WAITS) + 1)
    kept = db.session.get_one(Webhook, listening)
    assert (kept.status, kept.reason) == (DISABLED, "Réponse 500")
    told = db.session.scalars(select(Notice).where(Notice.kind == notices.WEBHOOK))
    assert {notice.person_id for notice in told} == _administrators(ground)
    page = Browser(ground.app, admin)
    assert "Webhook désactivé" in page.get("/nouvelles").text
    # Somebody mends it: what waits is told, and so is what they ask to be told again.
    ground.begin("Autre")
    assert len(deliveries(listening)) == 1, "a disabled address gathers nothing"
    commands.change(listening, active=True, actor=admin)
    answer = page.send(f"/reglages/api/webhooks/{listening}/envois/{one.event_id}")
    assert answer.status_code == 302
    good = Recorder()
    all_told(ground.app, good)
    assert good.types == ["case.filed"]
    assert deliveries(listening)[0].status == "delivered"


def _administrators(ground: Ground) -> set[UUID]:
    return {p.id for p in holders(ground.office.company, [ADMINISTRATOR])}


def test_an_address_that_is_gone_is_told_nothing_any_more(ground: Ground) -> None:
    listening = hook(ground, ground.office.company, events=["case.filed"])
    ground.begin()
    all_told(ground.app, Recorder(410))
    assert db.session.get_one(Webhook, listening).status == DISABLED


def test_two_workers_tell_an_event_once_and_a_dead_one_s_is_taken_up(
    ground: Ground,
) -> None:
    hook(ground, ground.office.company, events=["case.filed"])
    ground.begin()
    (due,) = commands.take(8)
    assert commands.take(8) == [], "it is somebody's"
    clock.advance(LEASE + timedelta(seconds=1))
    (again,) = commands.take(8)
    assert again.event_id == due.event_id, "the same id, so that it can be told apart"


def test_an_address_that_is_slow_does_not_keep_the_others(ground: Ground) -> None:
    slow = hook(ground, ground.office.company, events=["case.filed"])
    for number in range(12):
        ground.begin(f"Scie {number}")
    quick = hook(ground, ground.office.region, events=["case.filed"])
    ground.begin("La dernière")
    taken = [one.webhook_id for one in commands.take(8)]
    assert taken.count(slow) == 5
    assert taken.count(quick) == 1


def test_a_secret_is_renewed_with_two_signatures_for_a_while(ground: Ground) -> None:
    _, token = make_key(ground.office.company)
    program = Program(ground.app, token)
    ground.app.config["SERVER_NAME"] = None
    with opened(Door()) as door:
        settings = ground.app.extensions["settings"]
        inside = settings.model_copy(update={"webhooks_inside": True})
        ground.app.extensions["settings"] = inside
        sent = {"url": f"http://127.0.0.1:{door.port}/", "events": ["case.filed"]}
        made = program.post("/webhooks", sent)
        assert made.status_code == 201, made.text
        path, first = f"/webhooks/{made.json['id']}", made.json["secret"]
        second = program.post(f"{path}/secret", {"overlap_hours": 2}).json["secret"]
        assert first != second
        sender = Sender(inside=True)
        assert program.post(f"{path}/test").status_code == 204
        all_told(ground.app, sender)
        clock.advance(timedelta(hours=3))
        assert program.post(f"{path}/test").status_code == 204
        all_told(ground.app, sender)
    expected = [[second, first], [second]]
    for (headers, body), secrets in zip(door.heard, expected, strict=True):
        event, at = headers["webhook-id"], int(headers["webhook-timestamp"])
        assert headers["webhook-signature"] == sign(event, at, body, secrets)
    told = program.get(f"{path}/deliveries").json["items"]
    assert [one["status"] for one in told] == ["delivered", "delivered"]
    assert [one["last_code"] for one in told] == [204, 204]


def test_a_secret_is_nowhere_in_the_database(ground: Ground) -> None:
    listening = hook(ground, ground.office.company)
    secret = new_secret_of(ground.app.config["SECRET_KEY"], listening, 1)
    data = ground.app.extensions["settings"].data / "ebg.sqlite"
    assert secret.removeprefix("whsec_").encode() not in data.read_bytes()


def test_an_address_inside_is_refused_in_words(ground: Ground) -> None:
    program = Program(ground.app, make_key(ground.office.company)[1])
    for url in (
        "https://10.0.0.1/",
        "http://logiciel.example.org/",
        "https://a@b.example.org/",
    ):
        answer = program.post("/webhooks", {"url": url, "events": ["case.filed"]})
        assert (answer.status_code, answer.json["code"]) == (422, "bad-url"), url
        assert answer.json["errors"][0]["message"].startswith("Adresse")


def test_a_case_that_is_cancelled_says_so(ground: Ground) -> None:
    from engine.commands import operations
    from engine.commands.operations import Operation

    listening = hook(ground, ground.office.region, events=["case.status_changed"])
    case = ground.begin()
    operations.perform(
        case.id, Operation("suspend"), actor=ground.office.operator, motive="x"
    )
    operations.perform(
        case.id, Operation("resume"), actor=ground.office.operator, motive="x"
    )
    operations.perform(
        case.id, Operation("cancel"), actor=ground.office.operator, motive="x"
    )
    assert db.session.get_one(ProcessInstance, case.id).status == "cancelled"
    assert [d.data["status"] for d in deliveries(listening)] == [
        "suspended", "active", "cancelled",
    ]  # fmt: skip
