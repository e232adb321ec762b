"""Pages cost the same with three rows and with sixty, and no query reads a whole table.

Plans are those of the statements that the pages and the workers really send.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import event, insert, text

from engine import clock, journal
from engine.asks import CaseRequest
from engine.commands import asks, cases, due_calls, messages, notes, timers
from engine.commands.asks import Asked
from engine.directory import COMPANY, Organisation, Person
from engine.documents import Document
from engine.exchanges import RemoteCall
from engine.journal import JournalEntry
from engine.models import (
    History,
    Incident,
    Message,
    MessageSubscription,
    ProcessInstance,
    Timer,
    UserTask,
    db,
)
from engine.notes import CaseNote
from engine.presence import Presence
from tests.conftest import build, close, environment
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened, prepare

FEW, MANY = 3, 60

WATCHED = {
    "user_task", "process_instance", "remote_call", "timer", "message", "journal_entry",
    "history", "case_note", "case_request", "document", "presence", "draft_change",
}  # fmt: skip


@contextmanager
def statements(app: Flask) -> Iterator[list[tuple[str, Any]]]:
    """What is sent to the database meanwhile: (statement, parameters)."""
    sent: list[tuple[str, Any]] = []

    def keep(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        sent.append((statement, parameters))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", keep)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", keep)


def selects(sent: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return [s for s in sent if s[0].lstrip().upper().startswith(("SELECT", "WITH"))]


# The same number of statements, however many rows


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with opened(tmp_path) as ground:
        yield ground


PAGES: dict[str, tuple[str, str]] = {
    "cases": ("officer", "/dossiers/"),
    "search": ("officer", "/dossiers/recherche"),
    "inbox, to take": ("officer", "/corbeille/?panier=a-prendre"),
    "inbox, done": ("officer", "/corbeille/?panier=faits"),
    "absences": ("officer", "/absences/"),
    "a team": ("head", "/equipe/"),
    "what nobody took": ("head", "/equipe/a-prendre/case_officer"),
    "lots": ("officer", "/lots/"),
    "inbox, followed": ("officer", "/corbeille/?panier=suivis"),
    "inbox, waiting": ("officer", "/corbeille/?panier=en-attente"),
    "inbox, searched": ("officer", "/corbeille/?panier=a-prendre&q=dossier&tri=titre"),
    "own requests": ("applicant", "/demandes/"),
    "own space": ("applicant", "/mon-espace/"),
    "a case": ("officer", "/dossiers/{case}"),
    "a case's request": ("officer", "/dossiers/{case}/demande"),
    "a case's documents": ("officer", "/dossiers/{case}/documents"),
    "a case's exchanges": ("officer", "/dossiers/{case}/echanges"),
    "a case's notes": ("officer", "/dossiers/{case}/notes"),
    "a case's history": ("officer", "/dossiers/{case}/historique"),
    "a case's diagram": ("officer", "/dossiers/{case}/schema"),
    "opinions asked": ("second_officer", "/avis/"),
    "a request": ("applicant", "/demandes/{case}"),
    "a task": ("officer", "/taches/{task}"),
    "operations": ("operator", "/exploitation/"),
    "incidents": ("operator", "/exploitation/incidents"),
}


def grow(ground: Ground, rows: int) -> None:
    """Rows of everything that these pages list; those of one case too."""
    first = ground.begin("Le premier")
    for number in range(rows - 1):
        ground.begin(f"Dossier {number}")
    now, task = clock.now(), open_tasks(first.id)["review"]
    by = ground.office.officer.person_id
    common = {"instance_id": first.id, "element_id": "review"}
    for number in range(rows):
        notes.add(first.id, f"Note {number}", actor=ground.office.officer)
        asks.ask(
            first.id, "opinion", f"Avis {number} ?", actor=ground.office.officer,
            of=Asked(ground.office.region, person_id=ground.office.second_officer.person_id),
        )  # fmt: skip
        cases.write_message(first.id, f"Message {number}", actor=ground.office.officer)
        db.session.add_all([
            Incident(task_id=task, element_name=f"Étape {number}", cause=f"c{number}",
                     message="m", raised_at=now, **common),
            Document(instance_id=first.id, sha256=f"{number:064x}", name="a.pdf", size=1,
                     media_type="application/pdf", kind="PJ", title=f"PJ {number}",
                     origin="applicant"),
            History(instance_id=first.id, seq=1000 + number, task_id=task, by=by,
                    element_id="review", name=f"Étape {number}", kind="userTask",
                    state="completed", entered_at=now, ended_at=now, updates={}),
        ])  # fmt: skip
        db.session.commit()
    ids = db.session.execute(
        db.select(UserTask).where(UserTask.instance_id != first.id).limit(rows // 2)
    )
    for (done,) in ids.all():
        done.status, done.completed_by, done.completed_at = "completed", by, now
    db.session.commit()
    ground.app.extensions["first"] = (first.id, task)


def cost(ground: Ground) -> dict[str, int]:
    """How many statements each page sends, once everything that is cached is."""
    first, task = ground.app.extensions["first"]
    found = {}
    for name, (role, path) in PAGES.items():
        browser = Browser(ground.app, getattr(ground.office, role))
        address = path.format(case=first, task=task)
        assert browser.client.get(address).status_code == 200, name
        with statements(ground.app) as sent:
            browser.client.get(address)
        found[name] = len(selects(sent))
    return found


def test_no_page_sends_more_statements_for_more_rows(ground: Ground) -> None:
    grow(ground, FEW)
    few = cost(ground)
    grow(ground, MANY)
    many = cost(ground)
    assert {n: (few[n], many[n]) for n in few if many[n] > few[n]} == {}
    assert {n: c for n, c in many.items() if c > 60} == {}


# No query reads a whole table


ROWS, PEOPLE = 6_000, 200


def fill(ground: Ground) -> ProcessInstance:
    """Many synthetic rows beside one real case; statistics are brought up to date."""
    case = ground.begin("Le vrai")
    model = db.session.get_one(ProcessInstance, case.id)
    other = {c.key: getattr(model, c.key) for c in ProcessInstance.__mapper__.column_attrs}
    now = clock.now()
    ids = [uuid4() for _ in range(ROWS)]
    past = [now - timedelta(minutes=n) for n in range(ROWS)]
    people = [uuid4() for _ in range(PEOPLE)]
    db.session.execute(
        insert(Person),
        [{"id": i, "email": f"{i}@essai.test", "name": "Agent"} for i in people],
    )
    elsewhere = ground.office.department
    companies = [uuid4() for _ in range(PEOPLE)]
    db.session.execute(
        insert(Organisation),
        [{"id": i, "kind": COMPANY, "name": f"Essai {n}"} for n, i in enumerate(companies)],
    )
    tables: list[tuple[Any, list[dict[str, Any]]]] = [
        (ProcessInstance, [
            {**other, "id": i, "number": f"{n:09}", "title": f"Dossier {n}",
             "organisation_id": elsewhere, "applicant_id": companies[n % PEOPLE],
             "started_at": past[n],
             "state": b""}
            for n, i in enumerate(ids)
        ]),
        (UserTask, [
            {"id": uuid4(), "instance_id": i, "element_id": "review", "name": "Instruire",
             "role": "case_officer", "organisation_id": elsewhere,
             "definition_id": ground.definition, "key": case.key, "opened_at": past[n],
             "status": "open" if n % 2 else "completed",
             "completed_by": None if n % 2 else people[n % PEOPLE]}
            for n, i in enumerate(ids)
        ]),
        (RemoteCall, [
            {"id": uuid4(), "instance_id": i, "task_id": i, "element_id": "ask",
             "partner": "oseo", "operation": "oseo.ask", "arguments": {}, "status": "done",
             "due_at": past[n], "created_at": past[n]}
            for n, i in enumerate(ids)
        ]),
        (Timer, [
            {"instance_id": i, "task_id": i, "element_id": "t",
             "due_at": now + timedelta(days=1 + n)}
            for n, i in enumerate(ids)
        ]),
        (Message, [
            {"id": uuid4(), "name": "oseo.opinion", "correlation": f"{n:09}",
             "payload": {}, "received_at": past[n], "expires_at": now + timedelta(days=1),
             "delivered_at": now}
            for n in range(ROWS)
        ]),
        (MessageSubscription, [
            {"task_id": i, "instance_id": i, "element_id": "m", "name": "oseo.opinion",
             "correlation": f"{n:09}"}
            for n, i in enumerate(ids)
        ]),
        (JournalEntry, [
            {"chain": f"case:{i}", "seq": 1, "at": past[n], "action": "case_started",
             "detail": {}, "before": "", "after": "", "simulated": False, "previous": "",
             "digest": ""}
            for n, i in enumerate(ids)
        ]),
        (History, [
            {"instance_id": i, "seq": 1, "task_id": i, "element_id": "review",
             "name": "Instruire", "kind": "userTask", "state": "completed",
             "entered_at": past[n], "ended_at": past[n], "updates": {}}
            for n, i in enumerate(ids)
        ]),
        (CaseRequest, [
            {"id": uuid4(), "instance_id": i, "kind": "opinion", "text": "Avis ?",
             "asked_by": people[n % PEOPLE], "asked_at": past[n], "status": "open",
             "organisation_id": elsewhere, "role": "cofunder" if n % 2 else None,
             "person_id": None if n % 2 else people[n % PEOPLE]}
            for n, i in enumerate(ids)
        ]),
        (CaseNote, [
            {"id": uuid4(), "instance_id": i, "author_id": people[n % PEOPLE],
             "text": "Note", "at": past[n]}
            for n, i in enumerate(ids)
        ]),
        (Document, [
            {"id": uuid4(), "instance_id": i, "sha256": f"{n:064x}", "name": "a.pdf",
             "media_type": "application/pdf", "size": 1, "kind": "PJ", "title": "PJ",
             "origin": "applicant", "created_at": past[n]}
            for n, i in enumerate(ids)
        ]),
        (Presence, [
            {"instance_id": i, "person_id": people[n % PEOPLE], "seen_at": past[n]}
            for n, i in enumerate(ids)
        ]),
    ]  # fmt: skip
    for table, rows in tables:
        db.session.execute(insert(table), rows)
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(
            isolation_level="AUTOCOMMIT"
        ) as connection:
            connection.execute(text("VACUUM ANALYZE"))
    else:
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    return case


def scanned(app: Flask, sent: list[tuple[str, Any]]) -> set[tuple[str, str]]:
    """The watched tables that a plan reads from end to end: (table, statement)."""
    found = set()
    sqlite = db.engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    with db.engine.connect() as connection:
        for statement, parameters in selects(sent):
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
            lines = [str(row[-1] if sqlite else row[0]) for row in rows]
            found |= {
                (table, statement[:300]) for line in lines if (table := _scan(line, sqlite))
            }
    return {(table, statement) for table, statement in found if table in WATCHED}


def _scan(line: str, sqlite: bool) -> str:
    """The table that a line of a plan reads whole; an index that orders it is no scan."""
    words = line.replace("->", " ").split()
    if sqlite:
        whole = words[:1] == ["SCAN"] and "INDEX" not in words
        return words[1] if whole else ""
    return words[words.index("on") + 1] if words[:2] == ["Seq", "Scan"] else ""


WORK: dict[str, Callable[[ProcessInstance], Any]] = {
    "calls to make": lambda case: due_calls.take(100),
    "timers due": lambda case: timers.due(100),
    "a message's case": lambda case: messages.awaited("oseo.opinion", case.number),
    "messages to hand over": lambda case: messages.waiting_to_be_handed_over(100),
    "a case's journal": lambda case: journal.of_case(case.id),
}

READ = [
    "cases", "inbox, to take", "inbox, done", "inbox, followed", "inbox, waiting",
    "inbox, searched", "own requests", "a case", "a request", "a task", "a case's history",
    "a case's documents", "a case's diagram", "a case's notes", "opinions asked",
]  # fmt: skip


def test_no_query_reads_a_whole_table(tmp_path: Path, database_url: str) -> None:
    app = build(environment(tmp_path, DATABASE_URL=database_url))
    with app.app_context():
        ground = prepare(app)
        case = fill(ground)
        task = open_tasks(case.id)["review"]
        wrong = {}
        for name, work in WORK.items():
            with statements(app) as sent:
                work(case)
            db.session.rollback()
            wrong[name] = scanned(app, sent)
        for name in READ:
            role, path = PAGES[name]
            browser = Browser(app, getattr(ground.office, role))
            with statements(app) as sent:
                address = path.format(case=case.id, task=task)
                assert browser.client.get(address).status_code == 200, name
            assert selects(sent), name
            wrong[name] = scanned(app, sent)
        assert {name: found for name, found in wrong.items() if found} == {}
    close(app)
