"""A head shares tasks out, somebody goes on leave, and a deputy acts: read and looked at."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from engine import clock
from engine.access import actor_for
from engine.commands import people, tasks
from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.browser.steps import follow_row
from tests.office import open_office, open_tasks
from tests.web.small_procedure import begin, publish_small
from web.accounts import open_account

pytestmark = pytest.mark.timeout(900)

CLAIRE, PAUL, HELENE = "claire@agents.demo", "paul@agents.demo", "helene@agents.demo"


def furnish(app: Flask) -> None:
    """Six cases to examine, two that Paul has already, two agents and their head."""
    office = open_office()
    held: dict[str, UUID] = {}
    for email, name, role in (
        (CLAIRE, "Claire Instructrice", "case_officer"),
        (PAUL, "Paul Instructeur", "case_officer"),
        (HELENE, "Hélène Cheffe", "head_of_service"),
    ):
        person = open_account(email=email, name=name, password=serving.PASSWORD)
        people.grant(person, office.region, role)
        held[email] = person
    definition = publish_small(office)
    for number in range(6):
        begin(office, definition, f"Dossier {number}")
    for number in range(2):
        case = begin(office, definition, f"De Paul {number}").id
        tasks.claim(open_tasks(case)["review"], actor=actor_for(held[PAUL]))


@pytest.fixture(scope="module")
def team(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving.office(tmp_path_factory.mktemp("team"), furnish) as running:
        yield running


@pytest.fixture
def served(team: Served) -> Served:
    """`enter` leads to this office."""
    return team


def first_task(reader: Reader, basket: str) -> None:
    reader.open(f"/corbeille/?panier={basket}")
    follow_row(reader, reader.page.locator("main a[href^='/taches/']").first)


def test_shared_out_then_replaced(enter) -> None:
    helene: Reader = enter(HELENE)
    helene.refused_with.add(422)
    helene.open("/equipe/a-prendre/case_officer")
    helene.page.locator("#select-all").check()
    assert helene.page.locator("input[name=tache]:checked").count() == 6
    helene.press("Répartir")
    helene.reads("seront faites 6", "Rien n’est encore fait")
    helene.look("lot-preview")
    helene.press("Attribuer : 6 tâches")
    helene.reads("cochez au moins une personne", "dites en une phrase pourquoi")
    helene.look()
    helene.page.get_by_label("Claire Instructrice").check()
    helene.page.get_by_label("Paul Instructeur").check()
    helene.fill("Motif", "Arrivées de la semaine")
    helene.press("Attribuer : 6 tâches")
    helene.page.get_by_role("heading", name="Terminé").wait_for()  # by itself
    helene.reads("6 sur 6")
    helene.look("lot")

    claire: Reader = enter(CLAIRE)
    claire.refused_with.add(422)
    first_task(claire, "a-moi")
    claire.reads("Attribuée par Hélène Cheffe,", "« Arrivées de la semaine »")
    claire.page.get_by_text("Reporter…").click()
    claire.press("Reporter")
    claire.reads("indiquez un jour")
    claire.look()
    later = (clock.today() + timedelta(days=3)).isoformat()
    claire.page.locator("#jusqu_au").fill(later)
    claire.press("Reporter")
    claire.reads("Reportée : elle reviendra le")
    claire.look("undo")
    claire.press("Annuler", within="[data-ebg-undo]")
    claire.reads("C’est annulé.")

    claire.open("/corbeille/")
    claire.follow("Me faire remplacer")
    claire.press("Déclarer l’absence")
    claire.reads("Remplacement par : choisissez", "Du : indiquez un jour")
    claire.look()
    claire.page.locator("#remplacant").select_option(label="Paul Instructeur")
    claire.page.locator("#du").fill(clock.today().isoformat())
    claire.page.locator("#au").fill(later)
    claire.press("Déclarer l’absence")
    claire.reads("Vous êtes en absence jusqu’au", "en cours")
    claire.look("absences")

    paul: Reader = enter(PAUL)
    paul.reads("Vous remplacez Claire Instructrice jusqu’au")
    paul.open("/corbeille/?panier=a-moi")
    assert paul.page.locator("main a[href^='/taches/']").count() == 8
    paul.look("deputy")


def test_the_button_that_takes_back_goes_away_unless_one_is_on_it(enter) -> None:
    paul: Reader = enter(PAUL)
    paul.page.clock.install(time=0)
    paul.page.clock.pause_at(1_000)  # its minute passes when we say so
    first_task(paul, "a-moi")
    paul.press("Remettre dans la corbeille")
    button = paul.page.locator("[data-ebg-undo] button")
    button.focus()
    paul.page.clock.run_for(75_000)
    expect(button).to_be_visible()
    paul.page.locator("h1").click()
    button.evaluate("button => button.blur()")
    paul.page.mouse.move(0, 0)
    paul.page.clock.run_for(5_000)
    expect(button).to_be_hidden()


def test_without_javascript_everything_is_done_by_forms(enter) -> None:
    helene: Reader = enter(HELENE, javascript=False)
    helene.open("/equipe/")
    helene.follow("Paul Instructeur")
    helene.page.locator("input[name=tache]").first.check()
    helene.press("Répartir")
    helene.page.get_by_label("Claire Instructrice").check()
    helene.fill("Motif", "Équilibre")
    helene.press("Attribuer : 1 tâche")
    helene.wait_to_read("1 sur 1")
    helene.open("/lots/")
    helene.reads("Attribuer : 1 tâche")
