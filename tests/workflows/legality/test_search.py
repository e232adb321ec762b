"""Acts are found by an index whatever is asked, and by any form of their words."""

from datetime import date, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from flask import Flask
from sqlalchemy import select, text

import engine
import workflows.legality
from engine import clock, decisions, feel
from engine.models import ProcessInstance, db
from tests.office import open_office
from tests.office import publish as publish_diagram
from tests.plans import plan_of, sent, whole
from web.legality import listing
from workflows.legality import register
from workflows.legality.models import ABANDONED, ACKNOWLEDGED, LegalityAct
from workflows.legality.search import Asked, acts

TABLES = {"legality_act", "legality_term", "legality_document", "legality_message"}
EMPTY = (
    '<bpmn:process id="tests.empty" isExecutable="true"><bpmn:startEvent id="s"/>'
    '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
    "</bpmn:process>"
)
FIRST = date(2026, 1, 1)
MIGRATIONS = Path(engine.__file__).parent / "migrations" / "versions"
LAW = Path(workflows.legality.__file__).parent / "transmission"


def enter(region: UUID, case: UUID, number: str, subject: str, **more: Any) -> LegalityAct:
    act = LegalityAct(
        organisation_id=region, instance_id=case, number=number, nature=1, matter="7.5.2",
        subject=subject, decided_on=FIRST, state=ACKNOWLEDGED,
    )  # fmt: skip
    for name, value in more.items():
        setattr(act, name, value)
    register.enter(act)
    return act


@pytest.fixture
def region(either_app: Flask) -> UUID:
    """A region with three acts, and another body with one."""
    office = open_office()
    definition = publish_diagram("tests.empty", EMPTY, owner=office.region)
    case = ProcessInstance(
        number="26-AAAA-BBBB", key="tests.empty", definition_id=definition,
        organisation_id=office.region,
    )  # fmt: skip
    db.session.add(case)
    db.session.flush()
    enter(office.region, case.id, "A_1", "Subvention à l’école de musique", shown_on=FIRST)
    enter(office.region, case.id, "A_2", "Subventions aux écoles", nature=3,
          decided_on=FIRST + timedelta(days=1), matter="1.1")  # fmt: skip
    enter(office.region, case.id, "A_3", "Voirie", decided_on=FIRST + timedelta(days=2))
    enter(office.department, case.id, "A_1", "Subvention au théâtre")
    db.session.commit()
    return office.region


def numbers(region: UUID, asked: Asked) -> list[str]:
    found = db.session.scalars(acts(region, asked)).all()
    return [db.session.get_one(LegalityAct, one).number for one in found]


FOUND = [
    (Asked(), ["A_3", "A_2", "A_1"]),
    (Asked("subvention école"), ["A_2", "A_1"]),
    (Asked("SUBVENTIONS musiques"), ["A_1"]),
    (Asked("a_2"), ["A_2"]),
    (Asked("théâtre"), []),
    (Asked(nature=3), ["A_2"]),
    (Asked(matter="7"), ["A_3", "A_1"]),
    (Asked(matter="7.5"), ["A_3", "A_1"]),
    (Asked(matter="7.5.2", until=FIRST), ["A_1"]),
    (Asked(since=FIRST + timedelta(days=1), until=FIRST + timedelta(days=1)), ["A_2"]),
    (Asked(state="sent"), []),
    (Asked("subvention", public=True), ["A_1"]),
    (Asked("le la les"), []),
]


def test_an_act_is_found_by_what_is_known_of_it(region: UUID) -> None:
    for asked, found in FOUND:
        assert numbers(region, asked) == found, asked


def test_every_search_is_read_on_an_index(either_app: Flask, region: UUID) -> None:
    if db.engine.dialect.name == "postgresql":
        name = db.session.scalar(text("SELECT current_database()"))
        db.session.execute(text(f'ALTER DATABASE "{name}" SET enable_seqscan = off'))
        db.session.commit()
        db.engine.dispose()
    wrong = []
    for asked in (
        Asked(), Asked("subvention"), Asked("subvention école"), Asked(nature=1),
        Asked(matter="7.5"), Asked(state="anomaly"), Asked("école", state="anomaly"),
        Asked("école", nature=1, matter="7", since=FIRST), Asked(due="late"),
        Asked("école", due="near", state="sent"), Asked(nature=1, public=True),
        Asked(since=FIRST, until=FIRST), Asked(public=True), Asked("école", public=True),
    ):  # fmt: skip

        def page(one: Asked = asked) -> None:
            with either_app.test_request_context("/"):
                assert listing.page(region, one).total >= 0
                assert listing.page(region, one).items is not None

        for statement, values in sent(page):
            plan = plan_of(statement, values)
            wrong += [(asked, line) for line in whole(plan, TABLES)]
    assert not wrong, wrong[0]


def test_the_next_number_follows_the_last_one(region: UUID) -> None:
    today = clock.today()
    assert register.suggested_number(region, 5) == f"{today:%Y}_BF_001"
    last = db.session.scalars(acts(region, Asked("a_3"))).one()
    act = db.session.get_one(LegalityAct, last)
    for before, following in (
        ("2026_099", "2026_100"), ("DEL9", "DEL10"), ("A_0", "A_3"), ("ABC", "ABC_1"),
    ):  # fmt: skip
        act.number, act.created_at = before, clock.now()
        db.session.flush()
        assert register.suggested_number(region, 1, date(2026, 5, 1)) == following, before
    act.number = "2026_DE_099"
    db.session.flush()
    assert register.suggested_number(region, 1, date(2027, 1, 4)) == "2027_DE_001"
    act.state = ABANDONED
    assert not register.is_taken(region, "2026_DE_099"), "a number given up is free"


def test_acts_that_waited_before_last_days_were_noted_have_them(
    either_app: Flask, region: UUID
) -> None:
    """What the migration works out is what the table of the law says of new ones."""
    case = db.session.scalars(select(ProcessInstance.id)).first()
    assert case is not None
    day = date(2026, 10, 30)
    for nature in range(1, 7):
        enter(region, case, f"AVANT_{nature}", "Objet", nature=nature, decided_on=day,
              state=("prepared", "sent", "anomaly")[nature % 3])  # fmt: skip
    received = enter(region, case, "RECU_1", "Objet", nature=3, decided_on=day)
    judged = enter(region, case, "JUGE_1", "Objet", decided_on=day, state="sent")
    judged.article = "Un autre article"
    db.session.commit()
    (path,) = MIGRATIONS.glob("*_last_days_of_waiting_acts.py")
    found = spec_from_file_location("last_days", path)
    assert found is not None
    assert found.loader is not None
    migration = module_from_spec(found)
    found.loader.exec_module(migration)
    with Operations.context(MigrationContext.configure(db.session.connection())):
        migration.upgrade()
    db.session.commit()
    source = (LAW / "obligations.dmn").read_bytes()
    tables = decisions.compile(source, [])
    for row in db.session.scalars(
        select(LegalityAct).where(LegalityAct.number.startswith("AVANT_"))
    ):
        known = {"registration": {"nature": row.nature, "decided_on": day.isoformat()}}
        law: Any = feel.plain(decisions.evaluate(tables, "obligations", known))
        within = law["within_days"]
        due = day + timedelta(days=int(within)) if within is not None else None
        assert (row.due_on, row.article, row.confirmed) == (
            due, law["article"], law["confirmed"],
        )  # fmt: skip
    assert (received.due_on, received.article) == (None, "")
    assert (judged.due_on, judged.article) == (None, "Un autre article")
