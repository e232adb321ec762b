"""Hands that slip, pages left open too long, two people on one thing: nothing is lost."""

import re

import pytest
from playwright.sync_api import Response, Route, expect

from tests.browser import cases, papers
from tests.browser.administration import AREA
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.browser.steps import follow_row

CHOICE = "La demande est-elle recevable ?"


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_a_double_click_files_one_request(enter, served: Served, javascript: bool) -> None:
    title = f"Scie à ruban, {javascript}"
    draft = cases.draft_request(served, title)
    reader: Reader = enter(cases.APPLICANT_EMAIL, javascript=javascript)
    reader.open(f"/brouillons/{draft}/recapitulatif")
    reader.page.get_by_role("button", name="Déposer la demande").dblclick()
    # The second click gives up the first one's page: its navigation is not waited for.
    expect(reader.page).to_have_url(re.compile("/demandes/"))
    reader.open("/demandes/")
    assert reader.page.locator("li", has_text=title).count() == 1
    assert "Brouillons" not in reader.text


def test_a_file_chosen_while_the_form_follows_an_answer_is_kept(
    enter, served: Served
) -> None:
    draft = cases.draft_request(served, "Raboteuse")
    reader: Reader = enter(cases.APPLICANT_EMAIL)
    reader.open(f"/brouillons/{draft}/4")
    sent: list[Route] = []

    def hold_the_first(route: Route) -> None:
        sent.append(route)
        if len(sent) > 1:
            route.continue_()

    reader.page.route("**/brouillons/**", hold_the_first)
    row = reader.group("Dépenses, ligne 1")
    row.get_by_label("Montant HT").fill("61000")
    with reader.page.expect_file_chooser() as choosing:
        row.get_by_label("Devis").click()
    add = reader.page.get_by_role("button", name="Ajouter une ligne à Dépenses")
    add.click()
    while not sent:
        reader.page.wait_for_timeout(50)
    reader.page.wait_for_timeout(500)
    assert len(sent) == 1, "one at a time"
    sent[0].continue_()
    reader.settle()
    reader.reads("Dépenses, ligne 3")
    choosing.value.set_files(papers.pdf("devis tardif"))
    reader.tap("Retirer la ligne 3 de Dépenses")
    reader.reads("devis tardif.pdf")
    reader.press("Enregistrer le brouillon")
    reader.reads("Votre brouillon est gardé", "devis tardif.pdf")
    assert "Dépenses, ligne 3" not in reader.text


def test_two_people_on_one_task_are_told_and_lose_nothing(enter, served: Served) -> None:
    cases.file_request(served, "Affûteuse")
    claire, paul = enter("claire@region.demo"), enter("paul@region.demo")
    for officer in (claire, paul):
        officer.refused_with = {409}
        open_task(officer, "Affûteuse")
    reject(claire, "Une longue explication de Claire.")
    with paul.page.expect_navigation():
        paul.group(CHOICE).get_by_label("Recevable", exact=True).click()
    paul.reads("Claire Martin a enregistré ce formulaire", CHOICE, "Recevable")
    paul.reads("La vôtre", "Irrecevable")
    paul.look("conflict")
    paul.group(CHOICE).get_by_label("Claire Martin").check()
    paul.press("Réunir et reprendre le formulaire")
    assert paul.group(CHOICE).get_by_label("Irrecevable").is_checked()
    paul.page.get_by_label("R04").check()
    paul.fill("Explication pour l'entreprise", "Secteur exclu, vu par Paul.")
    paul.press("Terminer la tâche")
    paul.reads("c'est fait")

    claire.press("Terminer la tâche")
    claire.reads("Paul Roy a déjà terminé cette tâche.", "Ce que vous aviez écrit")
    claire.reads("Explication pour l'entreprise Une longue explication de Claire.")
    claire.reads(f"{CHOICE} Irrecevable")
    claire.look()
    claire.follow("Voir où en est la tâche")
    claire.reads("Paul Roy a terminé cette tâche le")
    claire.look()


def test_a_task_is_in_one_persons_hands(enter, served: Served) -> None:
    cases.file_request(served, "Écorceuse")
    claire, paul = enter("claire@region.demo"), enter("paul@region.demo")
    elsewhere = enter("paul@region.demo")
    paul.refused_with = {409}
    for officer in (claire, paul, elsewhere):
        open_task(officer, "Écorceuse")
    reject(paul, "Paul n'avait pas vu.")
    claire.press("Prendre en charge")
    paul.press("Terminer la tâche")
    paul.reads(
        "Claire Martin a pris cette tâche en charge entre-temps.", "Paul n'avait pas vu."
    )
    elsewhere.press("Prendre en charge")
    elsewhere.reads("Claire Martin a déjà pris cette tâche en charge.")
    elsewhere.look()
    paul.open("/corbeille/?panier=equipe")
    paul.reads("Écorceuse", "Claire Martin")
    paul.look()
    claire.press("Remettre dans la corbeille")
    claire.reads("remise dans la corbeille commune")
    open_task(paul, "Écorceuse")
    paul.press("Prendre en charge")
    paul.reads("Cette tâche est à vous")


def test_what_is_typed_while_the_form_follows_is_kept(enter, served: Served) -> None:
    draft = cases.draft_request(served, "Four à bois")
    reader: Reader = enter(cases.APPLICANT_EMAIL)
    reader.open(f"/brouillons/{draft}/1")
    reader.field("Effectif (en UTA)").fill("13")  # the form follows this answer …
    reader.fill("Capital social", "77000")  # … while this one is typed
    reader.settle()
    assert reader.field("Capital social").input_value() == "77000"
    assert reader.field("Effectif (en UTA)").input_value() == "13"
    reader.open("/demandes/")
    reader.press_twice("Supprimer le brouillon", "Supprimer définitivement")


def open_task(officer: Reader, title: str) -> None:
    officer.open("/corbeille/?panier=a-prendre")
    officer.wait_to_read(title)
    follow_row(officer, officer.page.locator("tr", has_text=title).get_by_role("link"))


def reject(officer: Reader, explanation: str) -> None:
    """Fill in a rejection, and leave it there, kept by itself."""
    officer.choose(AREA, "Non")
    officer.choose(CHOICE, "Irrecevable")
    officer.page.get_by_label("R04").check()

    def kept(answer: Response) -> bool:
        sent = answer.request.post_data or ""
        return '"_save"' in sent and explanation in sent

    with officer.page.expect_response(kept):
        officer.fill("Explication pour l'entreprise", explanation)


def test_files_too_heavy_are_told_before_they_travel(enter, served: Served) -> None:
    heavy = served.data / "plan.pdf"
    with heavy.open("wb") as file:
        file.truncate(130 * 1024 * 1024)
    reader: Reader = enter(cases.APPLICANT_EMAIL)
    reader.open("/mon-espace/")
    reader.follow("Ouvrir le coffre")
    reader.page.get_by_label("Type de document").select_option(index=1)
    reader.fill("Intitulé", "Plan de la scierie")
    reader.page.locator("#file").set_input_files(heavy)
    reader.tap("Garder dans le coffre")
    reader.wait_to_read("Ces fichiers dépassent 100 Mo ensemble")
    reader.page.locator("#file").set_input_files(papers.pdf("plan"))
    reader.press("Garder dans le coffre")
    reader.reads("« Plan de la scierie » est dans votre coffre.")
