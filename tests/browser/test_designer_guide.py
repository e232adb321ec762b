"""A designer who has never seen the designer changes the aid's procedure, and sees it followed.

Every gesture is one that docs/designers.md tells, in its order and with its words; the
pictures of that guide are taken here (`EBG_SHOTS=docs/images pytest
tests/browser/test_designer_guide.py`).
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import administration, application, company, serving
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.browser.steps import open_task

pytestmark = pytest.mark.timeout(900)

LONG = 60_000
PROCEDURE = "Aide à l'investissement des entreprises"
QUESTION, ANSWER = "Comment accéder au chantier ?", "Par la cour, derrière le fournil"
RULE = "Une visite du chantier est à prévoir."
STEP = "Visiter le chantier"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of this guide's own, whose procedure it changes."""
    with serving.office(tmp_path_factory.mktemp("guide")) as running:
        yield running


def test_a_change_is_drawn_tried_published_and_followed(enter, served, tmp_path) -> None:
    didier: Reader = enter("didier@region.demo")
    begin(didier)
    ask_one_more_question(didier)
    add_a_rule(didier)
    add_a_step(didier)
    try_it(didier)
    ask_for_publication(didier)
    publish(enter("lea@region.demo"))
    case = file_a_request(enter(), served, tmp_path)
    follow_it(enter("claire@region.demo"), case)


def begin(didier: Reader) -> None:
    didier.follow("Démarches")
    didier.reads(PROCEDURE, "version 1 en service")
    didier.shoot("designer-procedures")
    didier.follow(PROCEDURE)
    didier.press("Commencer la version suivante")
    didier.reads("Brouillon de ce qui suivra la version 1", "rien à corriger")
    didier.shoot("designer-draft")


def ask_one_more_question(didier: Reader) -> None:
    didier.follow("Demande d'aide régionale à l'investissement")
    group = didier.page.locator("li", has=_titled(didier, "Projet")).last
    adding = group.locator(".ebg-adding").last
    adding.get_by_label("Ajouter à ce groupe").select_option(label="Texte court")
    adding.get_by_role("button", name="Ajouter").click()
    question = didier.page.locator("details.ebg-question[open]").last
    question.get_by_label("Libellé").fill(QUESTION)
    question.get_by_label("Clé").fill("site_access")
    question.get_by_label("Réponse obligatoire").check()
    picture(didier, "designer-form", question)
    _save(didier)
    didier.follow("Brouillon", exact=True)


def add_a_rule(didier: Reader) -> None:
    didier.follow("Contrôles de recevabilité")
    didier.page.get_by_role("button", name="Ajouter une règle", exact=True).click()
    for column, text in (
        ("Constat", '?.department = "58"'),
        ("Motif", '"V01"'),
        ("Libellé", f'"{RULE}"'),
        ("Bloquant", "false"),
    ):
        didier.page.get_by_label(re.compile(rf"^Règle \d+, {column}$")).last.fill(text)
    picture(didier, "designer-table", didier.page.get_by_text("Ajouter une règle").last)
    _save(didier)
    didier.follow("Brouillon", exact=True)


def add_a_step(didier: Reader) -> None:
    didier.follow("Modifier le diagramme")
    page = didier.page
    page.get_by_label("Chercher un élément").fill("Examiner la recevabilité")
    page.get_by_role("treeitem", name="Examiner la recevabilité").first.click()
    page.get_by_role("button", name="Ajouter après").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_label("Quoi").select_option(label="Tâche d’une personne")
    dialog.get_by_label("Nom").fill(STEP)
    didier.shoot("designer-add-step")
    dialog.get_by_role("button", name="Ajouter", exact=True).click()
    didier.reads(STEP)
    page.get_by_label("Formulaire", exact=True).select_option(
        label="Constats (admissibility)"
    )
    didier.shoot("designer-canvas")
    page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(page.locator("body")).to_contain_text("Enregistré à", timeout=LONG)
    didier.follow("Brouillon", exact=True)


def try_it(didier: Reader) -> None:
    didier.follow("Essayer")
    didier.press("Déposer la demande")
    didier.reads("Examiner la recevabilité")
    didier.choose(administration.AREA, "Non")
    didier.choose("La demande est-elle recevable ?", "Recevable")
    didier.shoot("designer-trial")
    didier.press("Terminer la tâche")
    waiting = didier.page.get_by_role("region", name="Tâches à faire")
    expect(waiting).to_contain_text(STEP)
    didier.shoot("designer-trial-step")
    didier.follow("Brouillon", exact=True)


def ask_for_publication(didier: Reader) -> None:
    didier.follow("Demander la publication")
    didier.reads("Ce qui change", QUESTION, RULE, STEP)
    didier.fill("Commentaire", "Une visite du chantier avant de se prononcer.")
    didier.shoot("designer-ask")
    didier.press("Demander la publication")
    didier.reads("La publication est demandée")


def publish(lea: Reader) -> None:
    lea.follow("Démarches")
    lea.follow(PROCEDURE)
    lea.follow("Voir la demande")
    lea.reads("Une visite du chantier avant de se prononcer.", QUESTION, RULE, STEP)
    lea.shoot("designer-request")
    lea.press("Accepter et publier")
    lea.reads("version 2")
    lea.shoot("designer-published")


def file_a_request(lucie: Reader, served: Served, folder: Path) -> str:
    company.open_an_account(lucie, served)
    company.begin_a_request(lucie)
    application.company(lucie)
    lucie.press("Continuer")
    application.contact(lucie, company.EMAIL)
    lucie.press("Continuer")
    application.project(lucie)
    lucie.fill(QUESTION, ANSWER)
    lucie.shoot("designer-applicant")
    lucie.press("Continuer")
    application.financing(lucie)
    lucie.press("Continuer")
    application.past_aids(lucie)
    lucie.press("Continuer")
    lucie.refused_with = {422}  # some papers are refused first
    company.join_the_papers(lucie, folder)
    lucie.press("Continuer")
    application.commitments(lucie)
    lucie.press("Voir le récapitulatif")
    lucie.reads(QUESTION, ANSWER)
    return company.file_the_request(lucie)


def follow_it(claire: Reader, case: str) -> None:
    claire.wait_to_read("Examiner la recevabilité")
    open_task(claire, "Examiner la recevabilité", case)
    claire.reads(RULE)
    claire.press("Prendre en charge")
    claire.choose(administration.AREA, "Non")
    claire.choose("La demande est-elle recevable ?", "Recevable")
    claire.press("Terminer la tâche")
    open_task(claire, STEP, case)
    claire.shoot("designer-followed")


def picture(reader: Reader, shot: str, place: Locator) -> None:
    """The page where something happens, when EBG_SHOTS names a folder."""
    if folder := os.environ.get("EBG_SHOTS"):
        place.evaluate("one => one.scrollIntoView({ block: 'center' })")
        reader.page.screenshot(path=Path(folder) / f"{shot}.png")


def _titled(reader: Reader, title: str):
    return reader.page.locator(".ebg-question-title").get_by_text(title, exact=True)


def _save(reader: Reader) -> None:
    reader.page.get_by_role("button", name="Enregistrer", exact=True).click()
    expect(reader.page.locator("main")).to_contain_text("Enregistré", timeout=LONG)
