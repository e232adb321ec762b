"""The page of a team costs the same with three agents and with forty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.commands import people
from tests.web.browser import Browser
from tests.web.small_procedure import Ground, opened
from tests.web.test_performance import selects, statements


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with opened(tmp_path) as ground:
        yield ground


def test_a_larger_team_sends_no_more_statements(ground: Ground) -> None:
    helene = Browser(ground.app, ground.office.head)
    counts = []
    for _ in range(2):
        for page in ("/equipe/", "/absences/"):
            helene.client.get(page)
            with statements(ground.app) as sent:
                assert helene.client.get(page).status_code == 200
            counts.append(len(selects(sent)))
        for number in range(40):
            agent = people.add_person(f"agent{number}@region.test", f"Agent {number}")
            people.grant(agent, ground.office.region, "case_officer")
    assert counts[:2] == counts[2:]
    assert max(counts) < 30
