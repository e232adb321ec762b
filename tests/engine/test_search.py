"""Finding cases among many: what is found, in what order, on which index. On both databases."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update

from engine import clock, journal_check, search, variables
from engine.access import Actor, actor_for
from engine.commands import cases, people, tasks, timers
from engine.commands.operations import Operation, perform
from engine.criteria import Condition, Search
from engine.models import ProcessInstance, Timer, UserTask, db
from engine.search import page
from engine.transaction import transaction
from engine.variables import CaseVariable, Searchable
from engine.words import words
from tests.office import Office, open_office, open_tasks, publish
from tests.prove import crowd
from tests.prove.crowd import Crowd
from web.inbox import reading

MANY = 500


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


@pytest.fixture
def full(either_app: Flask) -> Crowd:
    made = crowd.open_crowd()
    crowd.multiply(made, MANY)
    if db.session.get_bind().dialect.name == "postgresql":
        # Five thousand rows fit in a few pages: what is chosen among a million is looked for.
        name = db.session.scalar(text("SELECT current_database()"))
        for way in ("seqscan", "bitmapscan", "sort"):
            db.session.execute(text(f'ALTER DATABASE "{name}" SET enable_{way} = off'))
        db.session.commit()
        db.engine.dispose()
    return made


def file(office: Office, values: dict[str, Any]) -> ProcessInstance:
    definition = publish("crowd.request", crowd.diagram(), owner=office.region)
    return cases.start(
        definition, values, actor=office.applicant, applicant_id=office.company
    )


def kept(case: ProcessInstance) -> dict[str, Any]:
    rows = db.session.scalars(
        select(CaseVariable).where(CaseVariable.instance_id == case.id)
    )
    return {row.name: row for row in rows if row.name != variables.TITLE}


def test_what_a_diagram_names_is_kept_by_the_step_that_changes_it(office: Office) -> None:
    case = file(office, {"siret": " 35600000000048", "amount": 1200.5, "commune": "Évry"})
    found = kept(case)
    assert found["siret"].text == "35600000000048"
    assert (found["amount"].text, found["amount"].number) == ("1200.5", 1200.5)
    assert found["commune"].text == "evry"
    assert set(found) == {"siret", "amount", "commune"}
    review = open_tasks(case.id)["review"]
    changed = {"amount": 900, "starts_on": "2027-01-01", "other": "unnamed"}
    tasks.complete(review, changed, actor=office.officer)
    found = kept(case)
    assert (found["amount"].text, found["amount"].number) == ("900", 900)
    assert found["starts_on"].moment.isoformat() == "2026-12-31T23:00:00+00:00"  # in Paris
    assert "other" not in found
    before = {name: (row.text, row.number, row.moment) for name, row in found.items()}
    with transaction():
        variables.rebuild(case)
    assert {n: (r.text, r.number, r.moment) for n, r in kept(case).items()} == before


def test_a_case_that_migrates_is_found_by_what_its_new_version_names(
    office: Office,
) -> None:
    case = file(office, {"siret": "35600000000048", "commune": "Évry", "other": "Oui"})
    renamed = crowd.diagram().replace("commune (", "other (")
    version = publish("crowd.request", renamed, owner=office.region)
    operation = Operation("migrate", to=str(version))
    perform(case.id, operation, actor=office.operator, motive="nouvelle version")
    found = kept(case)
    assert set(found) == {"siret", "other"}
    assert found["other"].text == "oui"


def test_a_step_that_changes_nothing_searchable_writes_nothing(office: Office) -> None:
    case = file(office, {"siret": "1"})
    review = open_tasks(case.id)["review"]
    with statements() as written:
        tasks.complete(review, {"verdict": "oui"}, actor=office.officer)
    assert not any("case_variable" in statement for statement in written())


def test_limits_of_what_is_kept() -> None:
    assert variables.read("a.b (Un libellé), c,, 1x, d (x") == [
        Searchable("a.b", "Un libellé"),
        Searchable("c", "c"),
    ]
    assert list(variables.found({"l": [{"x": 1}, {"x": ""}, {"x": {"y": 2}}]}, "l.x")) == [
        1
    ]
    assert variables.columns("é" * 500)["text"] == "e" * variables.LONGEST
    assert variables.columns(True)["text"] == "true"
    assert variables.columns("2026-13-45")["moment"] is None


def test_copies_are_alive(full: Crowd) -> None:
    assert journal_check.verify() == []
    db.session.rollback()
    copy = db.session.scalars(
        select(ProcessInstance.id).order_by(ProcessInstance.started_at).limit(1)
    ).one()
    opened = open_tasks(copy)
    assert len(opened) == crowd.BRANCHES
    tasks.complete(opened["task_5"], {"done": True}, actor=full.office.officer)
    assert len(open_tasks(copy)) == crowd.BRANCHES - 1
    clock.advance(timedelta(days=2))
    assert timers.due(1) == [copy]
    timers.fire(copy)
    assert len(open_tasks(copy)) == crowd.BRANCHES - 2
    assert journal_check.verify() == []


DAY = clock.today() - timedelta(days=30)


def day(case: ProcessInstance) -> date:
    """The day in Paris on which a case started."""
    return case.started_at.astimezone(clock.PARIS).date()


SEARCHES: dict[str, tuple[Search, Callable[[ProcessInstance], bool]]] = {
    "words": (
        Search(title="MENUIS bres"),
        lambda c: c.title.startswith("menuiserie bresse"),
    ),
    "procedure": (Search(key="crowd.request", version=1), lambda c: True),
    "no procedure": (Search(key="crowd.request", version=2), lambda c: False),
    "status": (Search(status="active"), lambda c: True),
    "no status": (Search(status="completed"), lambda c: False),
    "since": (Search(started_from=DAY), lambda c: day(c) >= DAY),
    "until": (Search(started_to=DAY), lambda c: day(c) <= DAY),
    "step": (Search(step="task_4"), lambda c: True),
    "a timer": (Search(step="late_4"), lambda c: True),
    "step and role": (Search(step="task_6", role="head_of_service"), lambda c: True),
    "step, another role": (Search(step="task_6", role="case_officer"), lambda c: False),
    "no step": (Search(step="review"), lambda c: False),
    "role": (Search(role="cofunder"), lambda c: True),
    "text": (
        Search(variables=(Condition("commune", "=", "Commune 7"),)),
        lambda c: c.title.endswith("commune 7"),
    ),
    "beginning": (
        Search(variables=(Condition("company", "^", "SCIERIE"),)),
        lambda c: c.title.startswith("scierie"),
    ),
    "number": (
        Search(variables=(Condition("amount", ">=", 250_000.0),)),
        lambda c: (kept(c)["amount"].number or 0) >= 250_000,
    ),
    "date": (
        Search(variables=(Condition("starts_on", "<=", date(2031, 3, 31)),)),
        lambda c: kept(c)["starts_on"].text < "2031-04",
    ),
    "several": (
        Search(
            title="scierie",
            step="task_2",
            variables=(Condition("amount", "<=", 250_000.0), Condition("siret", "^", "1")),
        ),
        lambda c: (
            c.title.startswith("scierie") and (kept(c)["amount"].number or 0) <= 250_000
        ),
    ),
    "injection": (Search(title="'; drop", step="' or 1=1"), lambda c: False),
}


def followed(asked: Search, actor: Actor, size: int = 25) -> list[ProcessInstance]:
    """What is found, page after page to the end."""
    found, after = list[ProcessInstance](), None
    for _ in range(MANY):
        one = page(asked, actor, after=after, size=size)
        found += one.cases
        if (after := one.after) is None:
            return found
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("most", [search.MOST_READ, 40])
def test_searches_find_what_they_say_page_after_page(
    full: Crowd, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    """However few rows a page may read: it then stops sooner, and the next one goes on."""
    monkeypatch.setattr(search, "MOST_READ", most)
    actor = full.office.officer
    every = db.session.scalars(
        select(ProcessInstance).order_by(
            ProcessInstance.started_at.desc(), ProcessInstance.id.desc()
        )
    ).all()
    for name, (asked, expected) in SEARCHES.items():
        found = followed(asked, actor, size=97)
        assert [c.number for c in found] == [c.number for c in every if expected(c)], name


def test_a_page_that_stops_says_how_far_it_looked(
    full: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = full.office.officer
    dear = Search(variables=(Condition("amount", ">=", 1_000.0),), title="commune")
    asked = Search(key="crowd.request", started_from=DAY)
    found = len(page(asked, actor, size=MANY).cases)
    for most, stopped in [(found, False), (found - 1, True)]:
        monkeypatch.setattr(search, "MOST_READ", most)
        one = page(asked, actor, size=MANY)
        assert (one.stopped, one.after is not None) == (stopped, stopped)
    monkeypatch.setattr(search, "MOST_READ", 10)
    one = page(dear, actor, size=MANY)
    assert one.stopped
    assert one.after
    assert len(one.cases) == 11
    assert one.cases[-1].started_at == one.after.moment


def test_cases_that_began_together_stop_no_search(
    full: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_READ", 10)
    moment = clock.now()
    for row in (ProcessInstance, CaseVariable):
        db.session.execute(update(row).values(started_at=moment))
    db.session.commit()
    found = followed(Search(title="scierie"), full.office.officer, size=7)
    assert len({c.id for c in found}) == len(found)
    assert len(found) == sum(c.title.startswith("scierie") for c in every(full))


def every(full: Crowd) -> list[ProcessInstance]:
    return list(db.session.scalars(select(ProcessInstance)))


def test_a_beginning_of_many_words_is_found_too(full: Crowd) -> None:
    actor = full.office.officer
    for beginning in ("2", "26", "commune", "zz"):
        expected = {
            c.id for c in every(full)
            if any(w.startswith(beginning) for w in words(f"{c.number} {c.title}"))
        }  # fmt: skip
        assert {c.id for c in followed(Search(title=beginning), actor)} == expected


def test_a_number_is_found_however_typed(full: Crowd) -> None:
    number = db.session.scalars(select(ProcessInstance.number).limit(1)).one()
    bare = number.replace("-", " ").lower()
    for typed in (number, bare, f" {number.replace('-', '')} "):
        found = page(Search(number=typed), full.office.officer)
        assert [c.number for c in found.cases] == [number]
    assert page(Search(title=number[3:7].lower()), full.office.officer).cases


def test_closed_cases_come_by_the_day_they_closed(full: Crowd) -> None:
    copies = db.session.scalars(select(ProcessInstance.id).limit(3)).all()
    for days, case in enumerate(copies, 1):
        ended = clock.now() - timedelta(days=days)
        db.session.execute(
            update(ProcessInstance)
            .where(ProcessInstance.id == case)
            .values(status="completed", ended_at=ended)
        )
    db.session.commit()
    asked = Search(ended_to=clock.today() - timedelta(days=1))
    first = page(asked, full.office.officer, size=2)
    second = page(asked, full.office.officer, after=first.after, size=2)
    assert [c.id for c in first.cases + second.cases] == list(copies)
    assert second.after is None


def test_nobody_finds_what_they_do_not_handle(full: Crowd) -> None:
    office = full.office
    assert page(Search(), office.stranger).cases == []
    assert page(Search(), office.applicant).cases == []  # an applicant has their own list
    assert page(Search(), office.operator).cases == []
    assert page(Search(), office.department_officer).cases == []
    assert page(Search(organisation=office.department), office.officer).cases == []
    asked = Search(organisation=office.region, applicant=office.company)
    assert len(page(asked, office.head).cases) == search.PER_PAGE
    assert page(Search(applicant=office.other_company), office.head).cases == []


def test_roles_in_several_bodies_are_one_list(full: Crowd) -> None:
    office = full.office
    definition = publish("crowd.other", _other(), owner=office.department)
    for title in ("un", "deux", "trois"):
        values = {"company": title, "commune": "ici"}
        cases.start(definition, values, actor=office.applicant, applicant_id=office.company)
    assert office.officer.person_id
    people.grant(office.officer.person_id, office.department, "case_officer")
    actor = actor_for(office.officer.person_id)
    one = page(Search(), actor, size=40)
    assert len(one.cases) == 40
    assert all(a.started_at >= b.started_at for a, b in pairwise(one.cases))
    assert {c.organisation_id for c in one.cases} == {office.region, office.department}
    assert len(page(Search(organisation=office.department), actor).cases) == 3
    listed = reading.tasks(actor, "a-prendre", 1)
    urgent = [t.due_at for t in listed.items if t.due_at]
    assert urgent == sorted(urgent)


def _other() -> str:
    return crowd.diagram().replace("crowd.request", "crowd.other")


# Plans: what a million rows would cost shows in how a few thousand are read.


def statements() -> Any:
    """The statements that are run within."""

    class Ear:
        def __enter__(self) -> Callable[[], list[str]]:
            self.heard = list[str]()
            event.listen(db.engine, "before_cursor_execute", self.hear)
            return lambda: self.heard

        def __exit__(self, *_: object) -> None:
            event.remove(db.engine, "before_cursor_execute", self.hear)

        def hear(self, _c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
            self.heard.append(statement)
            self.values = [*getattr(self, "values", []), values]

    return Ear()


def plans(act: Callable[[], object]) -> Iterator[str]:
    """How the database reads what an act asks."""
    ear = statements()
    with ear:
        act()
    sqlite = db.engine.dialect.name == "sqlite"
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    for statement, values in zip(ear.heard, getattr(ear, "values", []), strict=True):
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            rows = db.session.connection().exec_driver_sql(explain + statement, values)
            yield "\n".join(str(row[-1]) for row in rows)


LARGE = (
    "process_instance",
    "user_task",
    "timer",
    "case_variable",
    "history",
    "remote_call",
)


def reads_everything(plan: str) -> list[str]:
    """Lines of a plan that read a large table from end to end, or sort all of one."""
    return [
        line
        for line in plan.splitlines()
        if (line.startswith("SCAN ") and "INDEX" not in line and line.split()[1] in LARGE)
        or any(f"Seq Scan on {table}" in line for table in LARGE)
    ]


def test_every_search_is_read_on_an_index(full: Crowd) -> None:
    actor = full.office.officer
    for name, (asked, _) in SEARCHES.items():
        first = page(asked, actor)
        for plan in plans(lambda a=asked, f=first: page(a, actor, after=f.after)):
            assert reads_everything(plan) == [], (name, plan)


def test_what_many_cases_have_is_read_in_the_order_of_the_list(
    full: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_READ", 10)
    actor, index = full.office.officer, "ix_case_variable_text"
    for asked, expected in [
        (Search(title="scier bresse"), index),
        (Search(variables=(Condition("commune", "=", "commune 7"),), title="com"), index),
        (Search(status="active"), "ix_process_instance_"),
        (Search(), "ix_process_instance_"),
    ]:
        reader = search._Reader(asked, actor, None)
        branches = [b for r in reader.readings() for b in reader.branches(r, r.floor)]
        assert branches
        for branch in branches:
            for plan in plans(lambda b=branch: db.session.scalars(b.limit(5)).all()):
                assert expected in plan, (asked, plan)
                assert "B-TREE FOR ORDER BY" not in plan, (asked, plan)
                assert "->  Sort" not in plan, (asked, plan)


def test_the_inbox_and_the_timers_are_read_in_order(full: Crowd) -> None:
    actor = full.office.officer
    for basket in (name for name, one in reading.BASKETS.items() if not one.of_cases):
        for plan in plans(lambda b=basket: list(reading.tasks(actor, b, 3).items)):
            assert reads_everything(plan) == [], (basket, plan)
    for basket in ("a-prendre", "equipe", "a-moi"):
        (branches,) = [b for b in [reading.ids(actor, basket)] if b]
        for branch in branches:
            for plan in plans(lambda b=branch: db.session.scalars(b.limit(5)).all()):
                assert "ix_user_task_" in plan, (basket, plan)
                assert "B-TREE FOR ORDER BY" not in plan, (basket, plan)
                assert "Sort" not in plan.replace("Incremental Sort", ""), (basket, plan)
    for plan in plans(lambda: timers.due(1)):
        assert "ix_timer_due_at" in plan
        assert "Sort" not in plan


def test_baskets_are_counted_no_further_than_anyone_reads(full: Crowd) -> None:
    counts = {b.name: b.count for b in reading.baskets(full.office.officer)}
    assert counts["a-prendre"] == "99+"
    total = db.session.scalar(select(func.count()).select_from(UserTask))
    assert total == (MANY + 1) * (crowd.BRANCHES + 1)
    assert db.session.scalar(select(func.count()).select_from(Timer)) == 10 * (MANY + 1)
    listed = reading.tasks(full.office.officer, "a-prendre", 40)
    assert listed.total == 1000
    assert len(listed.items) == 25
    assert reading.tasks(full.office.officer, "a-prendre", 10**9).items == []
