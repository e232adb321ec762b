"""A decision signed in the place of the head of service: by whom, and what the letter says."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock, journal
from engine.access import Actor, Forbidden, actor_for
from engine.commands import absences, tasks
from engine.exchanges import RemoteCall
from engine.models import db
from tests.office import Office, open_office, open_tasks
from tests.workflows.test_scenarios import FOLDERS, player, published
from workflows import publication, scenarios

KEY = "grants.investment_aid"


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


def to_decide(office: Office) -> tuple[UUID, Any]:
    """A case at its decision, and what its head of service answers."""
    definition = published(KEY, FOLDERS[KEY], office)
    told = scenarios.stories(publication.read_folder(FOLDERS[KEY]))
    story = told["stories"]["Une aide accordée"]
    at = next(n for n, step in enumerate(story) if step.get("task") == "decide")
    case = player(definition, told, office).play(story[:at])
    return open_tasks(case)["decide"], (case, story[at]["values"])


def replacing(office: Office, **more: Any) -> Actor:
    absences.declare(
        office.head.person_id, office.officer.person_id, office.region,
        starts_at=clock.now(), ends_at=clock.now() + timedelta(days=1),
        actor=office.head, **more,
    )  # fmt: skip
    return actor_for(office.officer.person_id)


def test_the_letter_says_in_whose_place_it_is_signed(office: Office) -> None:
    task, (case, answers) = to_decide(office)
    deputy = replacing(office, signs=True, delegation="arrêté n° 2026-114")
    tasks.complete(task, answers, actor=deputy)
    last = journal.of_case(case)[-1]
    assert last.on_behalf_of == office.head.person_id
    [letter] = db.session.scalars(
        select(RemoteCall.arguments).where(
            RemoteCall.instance_id == case,
            RemoteCall.element_id == "render_notification",
        )
    )
    signature = letter["signatory"]
    assert "En l’absence de Hélène Petit,\n" in signature
    assert "par délégation de signature (arrêté n° 2026-114),\nClaire Martin" in signature


def test_without_delegation_the_decision_waits_for_its_signatory(office: Office) -> None:
    task, (_case, answers) = to_decide(office)
    deputy = replacing(office)
    with pytest.raises(Forbidden):
        tasks.complete(task, answers, actor=deputy)
    tasks.complete(task, answers, actor=office.head)
