"""Every operation of the API, with every kind of key: nobody reads or does another's.

The table says which keys an operation serves on the first office's objects. For the others
they do not exist: 404, or 403 for want of a scope; and nothing at all changes.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import api_keys, clock
from engine.access import Actor, Forbidden
from engine.api_keys import ApiKey
from engine.commands import api_keys as commands
from engine.commands import webhooks
from engine.models import db
from engine.webhooks import WebhookDelivery
from tests.conftest import build, close, environment
from tests.web.browser import Browser
from tests.web.program import Program, administrator, key_of, make_key
from tests.web.two_offices import KEY, TwoOffices, open_two_offices
from web import limits
from web.auth import guards

COMPANY, OTHER_COMPANY = "company", "company_2"
REGION, OTHER_REGION, DEPARTMENT = "region", "region_2", "department"
COMPANIES, BODIES = {COMPANY, OTHER_COMPANY}, {REGION, OTHER_REGION, DEPARTMENT}
EVERY = COMPANIES | BODIES
HANDLING = {REGION, DEPARTMENT}
ROLES = {
    REGION: ["case_officer", "head_of_service"],
    OTHER_REGION: ["case_officer", "head_of_service"],
    DEPARTMENT: ["cofunder"],
}
VALUES = {"values": {}}
HOOK = {"url": "https://logiciel.example.org/", "events": ["case.filed"]}

BOOK = "/api/standard/v1/tenant"
DESK = f"{BOOK}/{{region}}/desk/{{case}}"
BIN = "/api/standard/v1/admin/tenant/{region}"

# method, path, whose keys it serves, what is sent
TABLE: list[tuple[str, str, set[str], Any]] = [
    ("GET", "/me", EVERY, None),
    ("GET", "/definitions", EVERY, None),
    ("GET", f"/definitions/{KEY}", COMPANIES | {REGION}, None),
    ("GET", f"/definitions/{KEY}/form", COMPANIES | {REGION}, None),
    ("POST", "/files", EVERY, None),
    ("GET", "/documents/{document}", {COMPANY, *HANDLING}, None),
    ("GET", "/documents/{reserved_document}", {COMPANY, REGION}, None),
    ("GET", "/documents/{internal_document}", {REGION}, None),
    ("GET", "/documents/{draft_document}", {COMPANY}, None),
    ("GET", "/drafts", COMPANIES, None),
    ("POST", "/drafts", COMPANIES, {"procedure": KEY, "values": {}}),
    ("GET", "/drafts/{draft}", {COMPANY}, None),
    ("PUT", "/drafts/{draft}", {COMPANY}, VALUES),
    ("DELETE", "/drafts/{draft}", {COMPANY}, None),
    ("POST", "/drafts/{draft}/submission", {COMPANY}, None),
    ("GET", "/drafts/{opinion_draft}", set(), None),
    ("GET", "/requests", COMPANIES, None),
    ("POST", "/requests", COMPANIES, {"procedure": KEY, "values": {}}),
    ("GET", "/requests/{case}", {COMPANY}, None),
    ("GET", "/requests/{case}/messages", {COMPANY}, None),
    ("POST", "/requests/{case}/messages", {COMPANY}, {"text": "Bonjour"}),
    ("GET", "/requests/{case}/documents", {COMPANY}, None),
    ("POST", "/requests/{case}/tasks/{applicant_task}", {COMPANY}, VALUES),
    ("POST", "/requests/{case}/tasks/{cofunder_task}", set(), VALUES),
    ("POST", "/requests/{case}/withdrawal", {COMPANY}, {"reason": "Abandon"}),
    ("GET", "/tasks", EVERY, None),
    ("GET", "/tasks/{officer_task}", {REGION}, None),
    ("GET", "/tasks/{applicant_task}", {COMPANY, REGION}, None),
    ("GET", "/tasks/{cofunder_task}", HANDLING, None),
    ("POST", "/tasks/{officer_task}/claim", {REGION}, None),
    ("POST", "/tasks/{cofunder_task}/claim", {DEPARTMENT}, None),
    ("POST", "/tasks/{officer_task}/release", {REGION}, None),
    ("POST", "/tasks/{officer_task}/completion", {REGION}, VALUES),
    ("POST", "/tasks/{applicant_task}/completion", {COMPANY}, VALUES),
    ("POST", "/tasks/{cofunder_task}/completion", {DEPARTMENT}, VALUES),
    ("GET", "/cases", BODIES, None),
    ("GET", "/cases/{case}", HANDLING, None),
    ("GET", "/cases/{begun}", {REGION}, None),
    ("GET", "/cases/{case}/timeline", HANDLING, None),
    ("GET", "/cases/{case}/events", HANDLING, None),
    ("GET", "/cases/{case}/documents", HANDLING, None),
    ("GET", "/cases/{case}/messages", HANDLING, None),
    ("GET", "/folders", BODIES, None),
    ("POST", "/folders", BODIES, {}),
    ("GET", "/folders/{case}", set(), None),
    ("GET", "/folders/{case}/files/{case}", set(), None),
    ("GET", "/folders/{case}/archive", set(), None),
    ("POST", "/folders/{case}/start", set(), {}),
    ("POST", "/folders/{case}/undo", set(), None),
    ("POST", "/folders/{case}/withdrawal", set(), {"reason": "Abandon"}),
    ("GET", BOOK, BODIES, None),
    ("GET", f"{BOOK}/{{region}}/desk", {REGION}, None),
    ("GET", f"{BOOK}/{{region}}/types", {REGION}, None),
    ("GET", f"{BOOK}/{{region}}/types/{{case}}/subtypes", {REGION}, None),
    ("GET", f"{DESK}/types/creation-allowed", set(), None),
    ("GET", f"{DESK}/types/{{case}}/subtypes/creation-allowed", set(), None),
    ("POST", f"{DESK}/folder", set(), None),
    ("GET", f"{DESK}/PENDING", set(), None),
    ("GET", f"{DESK}/folder/{{case}}/premis", set(), None),
    ("GET", f"{DESK}/folder/{{case}}/zip", set(), None),
    ("DELETE", f"{DESK}/folder/{{case}}", set(), None),
    ("PUT", f"{DESK}/folder/{{case}}/task/{{case}}/start", set(), None),
    ("PUT", f"{DESK}/folder/{{case}}/task/{{case}}/undo", set(), None),
    ("PUT", f"{DESK}/folder/{{case}}/task/{{case}}/bypass", set(), None),
    ("PUT", f"{DESK}/folder/{{case}}/task/{{case}}/visa", set(), None),
    ("PUT", f"{DESK}/folder/{{case}}/task/{{case}}/secure_mail", set(), None),
    ("PUT", f"{DESK}/folder/{{case}}/task/{{case}}/send_to_trash_bin", set(), None),
    ("GET", f"{BIN}/trash-bin", set(), None),
    ("GET", f"{BIN}/trash-bin/{{case}}/zip", set(), None),
    ("PUT", f"{BIN}/trash-bin/{{case}}/restore", set(), None),
    ("DELETE", f"{BIN}/trash-bin/{{case}}", set(), None),
    ("GET", "/tenant/{region}/folder/{case}/dataToSign", {REGION}, None),
    ("PUT", "/tenant/{region}/desk/{case}/folder/{case}/task/{case}/sign", set(), {}),
    ("GET", "/webhooks", EVERY, None),
    ("POST", "/webhooks", EVERY, HOOK),
    ("GET", "/webhooks/{hook}", {COMPANY}, None),
    ("PATCH", "/webhooks/{hook}", {COMPANY}, {"status": "disabled"}),
    ("DELETE", "/webhooks/{hook}", {COMPANY}, None),
    ("POST", "/webhooks/{hook}/secret", {COMPANY}, {}),
    ("POST", "/webhooks/{hook}/test", {COMPANY}, None),
    ("GET", "/webhooks/{hook}/deliveries", {COMPANY}, None),
    ("POST", "/webhooks/{hook}/deliveries/{event}/redelivery", {COMPANY}, None),
    ("POST", "/webhooks/{region_hook}/test", {REGION}, None),
    ("GET", "/webhooks/{region_hook}", {REGION}, None),
]


@dataclass
class House:
    """Two offices and their keys, with the means to see a change and to undo it."""

    app: Flask
    office: TwoOffices
    database: sqlite3.Connection
    origin: sqlite3.Connection
    keys: dict[str, str] = field(default_factory=dict)

    def ask(self, key: str, method: str, path: str, sent: Any) -> Any:
        """What a kind of key is answered."""
        headers = {"If-Match": '"0"'} if method == "PUT" else {}
        target = path.format(**self.office.ids)
        return Program(self.app, self.keys.get(key, "")).ask(
            method, target, json=sent, headers=headers
        )

    def version(self) -> int:
        return int(self.database.execute("PRAGMA data_version").fetchone()[0])

    def restore(self) -> None:
        with sqlite3.connect(
            self.database.execute("PRAGMA database_list").fetchone()[2]
        ) as opened:
            self.origin.backup(opened)
        opened.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    app = build(environment(tmp_path_factory.mktemp("keys")))
    was, limits.limiter.enabled = limits.limiter.enabled, False
    keys: dict[str, str] = {}
    with app.app_context():
        office = open_two_offices(app)
        ids = office.ids
        for name in sorted(EVERY):
            keys[name] = make_key(ids[name], roles=ROLES.get(name, []))[1]
        keys["expired"] = make_key(ids[COMPANY], life=timedelta(hours=1))[1]
        revoked, keys["revoked"] = make_key(ids[COMPANY])
        commands.revoke(revoked, motive="essai", actor=office.actor("administrator"))
        for name, hook in ((COMPANY, "hook"), (REGION, "region_hook")):
            by = administrator(ids[name], f"ada-{ids[name]}@essai.test")
            ids[hook] = webhooks.create(
                ids[name], url=HOOK["url"], name="", events=HOOK["events"], actor=by
            )
        by = administrator(ids[COMPANY], f"ada-{ids[COMPANY]}@essai.test")
        ids["event"] = webhooks.try_out(ids["hook"], actor=by)
        clock.advance(timedelta(hours=2))
        for key in db.session.scalars(select(ApiKey)):
            key.last_used_at = clock.now() + timedelta(days=300)
        db.session.commit()
        db.session.remove()
    file = app.extensions["settings"].data / "ebg.sqlite"
    database, origin = sqlite3.connect(file), sqlite3.connect(":memory:")
    database.backup(origin)
    yield House(app, office, database, origin, keys)
    limits.limiter.enabled = was
    origin.close()
    database.close()
    close(app)


def address(path: str, ids: Any) -> str:
    """Where an operation is: under /api/v1 unless its path says otherwise."""
    return (path if path.startswith("/api") else f"/api/v1{path}").format(**ids)


def outcome(answer: Any) -> str:
    if answer.status_code in {403, 404}:
        return "refused"
    if answer.status_code == 401:
        return "no key"
    expected = {200, 201, 204, 409, 412, 415, 422}
    assert answer.status_code in expected, answer.text
    return "served"


def test_every_operation_is_in_the_table(house: House) -> None:
    with house.app.test_request_context():
        adapter = house.app.url_map.bind("localhost")
        asked = {
            adapter.match(address(path, house.office.ids), method=method)[0]
            for method, path, *_ in TABLE
        }
    keyed = {
        rule.endpoint
        for rule in house.app.url_map.iter_rules()
        if (guard := guards.of(house.app, rule.endpoint))
        and guard.check
        and rule.rule.startswith(("/api/v1/", "/api/standard/"))
    }
    assert asked == keyed


@pytest.mark.parametrize(
    ("method", "path", "served", "sent"),
    [pytest.param(*line, id=f"{line[0]} {line[1]}") for line in TABLE],
)
def test_an_operation_serves_those_of_the_table_alone(
    house: House, method: str, path: str, served: set[str], sent: Any
) -> None:
    wrong = {}
    for key in (*sorted(EVERY), "expired", "revoked", "none"):
        before = house.version()
        answer = house.ask(key, method, path, sent)
        expected = "served" if key in served else "refused" if key in EVERY else "no key"
        if outcome(answer) != expected:
            wrong[key] = f"{outcome(answer)} ({answer.status_code})"
        if house.version() != before:
            if expected != "served" or method == "GET":
                wrong[key] = "something changed"
            house.restore()
    assert not wrong


def test_a_key_without_the_scope_is_told_which_one(house: House) -> None:
    """One of another scope opens nothing, whatever is asked."""
    with house.app.app_context():
        ids = house.office.ids
        for name in (COMPANY, REGION):
            by = administrator(ids[name], f"ada-{ids[name]}@essai.test")
            for one in api_keys.OF_COMPANIES if name == COMPANY else api_keys.OF_BODIES:
                token = make_key(
                    ids[name], scopes=[one], roles=ROLES.get(name, []), actor=by
                )[1]
                house.keys["one"] = token
                for method, path, served, sent in TABLE:
                    endpoint = house.app.url_map.bind("localhost").match(
                        address(path, ids), method=method
                    )[0]
                    scopes = guards.of(house.app, endpoint).scopes
                    if not scopes or one in scopes or name not in served:
                        continue
                    answer = house.ask("one", method, path, sent)
                    assert (answer.status_code, answer.json["code"]) == (
                        403,
                        "missing-scope",
                    )
                    assert scopes[0] in answer.headers["WWW-Authenticate"]
                db.session.execute(
                    db.delete(ApiKey).where(ApiKey.prefix == token.split("_")[1])
                )
                db.session.commit()
        house.restore()


def test_lists_hold_what_is_one_s_own(house: House) -> None:
    ids = {name: str(value) for name, value in house.office.ids.items()}
    for key, path, mine, theirs in (
        (COMPANY, "/requests", "case", "case_2"),
        (OTHER_COMPANY, "/requests", "case_2", "case"),
        (COMPANY, "/drafts", "draft", "draft_2"),
        (COMPANY, "/webhooks", "hook", "region_hook"),
        (COMPANY, "/tasks", "applicant_task", "applicant_task_2"),
        (REGION, "/tasks", "officer_task", "officer_task_2"),
        (DEPARTMENT, "/tasks", "cofunder_task", "officer_task"),
        (REGION, "/cases", "case", "case_2"),
        (OTHER_REGION, "/cases", "case_2", "case"),
    ):
        read = house.ask(key, "GET", f"{path}?limit=100", None).json["items"]
        found = {one["id"] for one in read}
        assert ids[mine] in found, (key, path)
        assert ids[theirs] not in found, (key, path)


def test_what_is_expired_or_revoked_says_so_to_who_has_it_alone(house: House) -> None:
    codes = {
        key: house.ask(key, "GET", "/me", None) for key in ("expired", "revoked", "none")
    }
    assert {k: a.json["code"] for k, a in codes.items()} == {
        "expired": "expired-key", "revoked": "revoked-key", "none": "missing-key",
    }  # fmt: skip
    for answer in codes.values():
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert "/reglages/api" in answer.json["detail"]
    token = house.keys["expired"]
    for wrong in (
        token[:-1],
        token + "a",
        token.replace("ebg_", "abc_"),
        "ebg_",
        "ebg__",
        "é" * 30,
    ):
        answer = Program(house.app, wrong).get("/me")
        assert (answer.status_code, answer.json["code"]) == (401, "unknown-key"), wrong
    basic = Program(house.app).get("/me", headers={"Authorization": "Basic YTpi"})
    assert basic.json["code"] == "missing-key"


def test_a_browser_s_session_opens_nothing_and_a_key_opens_no_page(house: House) -> None:
    with house.app.app_context():
        browser = Browser(house.app, house.office.actor("applicant"))
    for method, path, *_ in TABLE:
        target = address(path, house.office.ids)
        answer = browser.client.open(target, method=method)
        assert answer.status_code == 401, target
    program = Program(house.app, house.keys[COMPANY])
    for page in ("/demandes/", f"/reglages/api/{house.office.ids['company']}", "/compte"):
        assert (
            program.client.get(
                page, headers={"Authorization": f"Bearer {program.token}"}
            ).status_code
            == 302
        )


def test_a_key_s_actor_is_no_administrator_and_makes_no_key(house: House) -> None:
    with house.app.app_context():
        actor = api_keys.actor_of(key_of(house.keys[COMPANY]))
        assert isinstance(actor, Actor)
        with pytest.raises(Forbidden):
            make_key(house.office.ids["company"], actor=actor)
        assert not actor.operates


def test_deliveries_of_another_are_not_sent_again(house: House) -> None:
    """An event of mine under an address of theirs, and the other way round."""
    ids = house.office.ids
    for hook, event, key in (("region_hook", "event", REGION), ("hook", "event", REGION)):
        path = f"/webhooks/{ids[hook]}/deliveries/{ids[event]}/redelivery"
        assert house.ask(key, "POST", path, None).status_code == 404
    with house.app.app_context():
        told = db.session.get_one(WebhookDelivery, (ids["event"], ids["hook"]))
        assert told.attempts == 0
