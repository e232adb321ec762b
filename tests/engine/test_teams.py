"""What each agent has on their hands: the numbers are those counted by hand, on an index."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from engine import clock, teams
from engine.commands import tasks
from engine.models import UserTask, db
from engine.teams import AT_RISK, Load
from tests.engine.test_commands import SIMPLE
from tests.engine.test_races import new_case
from tests.office import Office, open_office, open_tasks, publish

DAY = timedelta(days=1)


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def by_hand(found: Iterable[UserTask]) -> Load:
    found, now = list(found), clock.now()
    dues = [task.due_at - now for task in found if task.due_at]
    return Load(
        tasks=len(found),
        late=sum(left < timedelta() for left in dues),
        at_risk=sum(timedelta() <= left < AT_RISK for left in dues),
        snoozed=sum(task.follow_up_at is not None for task in found),
        oldest=min((task.opened_at for task in found), default=None),
    )


def furnish(office: Office) -> None:
    """Claire has five tasks, Paul two, and two are nobody's; dates of every kind."""
    definition = publish("tests.simple", SIMPLE, owner=office.region)
    dues = (None, -DAY, DAY, AT_RISK + DAY, -2 * DAY, DAY, None, -DAY, 2 * DAY)
    for number, left in enumerate(dues):
        task = open_tasks(new_case(definition, office).id)["review"]
        if number < 7:
            who = office.officer if number < 5 else office.second_officer
            tasks.claim(task, actor=who)
        now = clock.now()
        values = {
            "due_at": now + left if left is not None else None,
            "follow_up_at": now + DAY if number in {0, 5} else None,
            "opened_at": now - number * DAY,
        }
        db.session.execute(update(UserTask).where(UserTask.id == task).values(values))
        db.session.commit()


def tasks_of(person_id: UUID | None) -> list[UserTask]:
    whose = UserTask.assignee_id == person_id
    return list(
        db.session.scalars(select(UserTask).where(whose, UserTask.status == "open"))
    )


def test_loads_are_those_counted_by_hand(office: Office) -> None:
    furnish(office)
    ids = [who.person_id for who in (office.officer, office.second_officer, office.head)]
    assert teams.loads(office.region, ids) == {i: by_hand(tasks_of(i)) for i in ids}
    assert teams.held(office.region, ids) == {i: len(tasks_of(i)) for i in ids}
    assert teams.loads(office.department, ids) == dict.fromkeys(ids, Load())
    free = teams.to_take(office.region, ["case_officer", "head_of_service"])
    assert free == {"case_officer": by_hand(tasks_of(None)), "head_of_service": Load()}


def test_numbers_go_no_further_than_is_read(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(office)
    person = office.officer.person_id
    monkeypatch.setattr(teams, "MOST", 3)
    monkeypatch.setattr(teams, "MOST_TOLD", 3)
    assert teams.loads(office.region, [person])[person].tasks == 3
    assert teams.held(office.region, [person])[person] == 4, "one more says that there are"
