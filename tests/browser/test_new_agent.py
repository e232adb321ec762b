"""A brand-new agent finds alone what to do first, why, until when, and how to be replaced.

Nobody tells her an address: she signs in and follows what she reads. Her pictures are those
of docs/agents.md (`EBG_SHOTS=docs/images pytest tests/browser/test_new_agent.py`).
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.commands import people
from engine.directory import Organisation
from engine.models import db
from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import PASSWORD, Served
from web import demo
from web.accounts import open_account

pytestmark = pytest.mark.timeout(900)

NORA = "nora@region.demo"


def with_work_waiting(app: Flask) -> None:
    """The demonstration with its cases, and Nora, who begins today."""
    demo.seed(app)
    region = db.session.scalars(
        select(Organisation.id).where(Organisation.slug == demo.people.REGION)
    ).one()
    service = people.add_service(region, demo.people.ECONOMY)
    person = open_account(email=NORA, name="Nora Lebrun", password=PASSWORD)
    people.grant(person, region, "case_officer", service_id=service)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`enter` leads to this office."""
    with serving.office(tmp_path_factory.mktemp("new"), with_work_waiting) as running:
        yield running


def test_a_new_agent_finds_her_way(enter) -> None:
    nora: Reader = enter(NORA)
    nora.follow("Corbeille")
    nora.reads("À prendre", "À moi", "Me faire remplacer")
    nora.look("agent-inbox")

    first = nora.page.locator(".ebg-open").first
    what = nora.page.locator("[data-ebg-row]").first.inner_text()
    assert "jours ouvrés" in what, "until when, in the list already"
    first.click()
    nora.page.wait_for_selector("[data-ebg-pane] h2")
    nora.look("agent-preview")

    with nora.page.expect_navigation():
        nora.page.locator("[data-ebg-pane] [data-ebg-open]").click()
    nora.reads("Pourquoi cette tâche ?", "Vous avez ce rôle depuis le", "À faire avant")
    nora.reads("jours ouvrés", "Silence vaut rejet dans")
    nora.look("agent-task")

    nora.press("Prendre en charge")
    nora.reads("Cette tâche est à vous", "Annuler", "Vous vous occupez de cette tâche.")
    nora.look("agent-taken")

    nora.follow("Corbeille")
    nora.follow("Me faire remplacer")
    monday = clock.today() + timedelta(days=7 - clock.today().weekday())
    deputy = nora.field("Remplacement par")
    deputy.select_option(
        label=next(t for t in deputy.inner_text().split("\n") if "Claire" in t)
    )
    nora.fill("Du", monday.isoformat())
    nora.fill("Au", (monday + timedelta(days=4)).isoformat())
    nora.look("agent-absence")
    nora.press("Déclarer l’absence")
    nora.reads("Claire Martin")
    nora.look("agent-replaced")
