"""A case's sections in a browser: the diagram in its fold, previews, notes, asks, presence,
autosave and two people on one form; without JavaScript too.
"""

from collections.abc import Iterator

import pytest

from tests.browser import furnished
from tests.browser.furnished import House
from tests.browser.reader import Reader

CHOICE = "La demande est-elle recevable ?"


@pytest.fixture(scope="module")
def house(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished.house(tmp_path_factory.mktemp("furnished")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(house: House):
    """`enter` leads to this office."""
    return house.served


@pytest.fixture
def sit(enter, house: House):
    """Somebody already signed in, by the name of their role."""

    def sit_down(role: str, **more: bool) -> Reader:
        reader: Reader = enter(**more)
        house.admit(reader, role)
        return reader

    return sit_down


def test_the_diagram_is_drawn_when_its_fold_is_opened(sit, house: House) -> None:
    officer = sit("officer")
    officer.open(house.address("cases.show case_id=case"))
    assert officer.page.locator("[data-ebg-drawn]").count() == 0
    officer.page.get_by_text("Voir où en est le dossier sur le schéma").click()
    officer.page.wait_for_selector("[data-ebg-drawn]")
    assert officer.page.locator(".ebg-passed").count() > 10
    officer.page.get_by_role("button", name="Tout voir").click()
    officer.look("case-diagram-fold")


def test_a_document_is_seen_on_the_page_and_leads_to_its_neighbours(
    sit, house: House
) -> None:
    officer = sit("officer")
    officer.open(house.address("sections.documents case_id=case"))
    officer.fill("Nom ou titre", "document")
    officer.press("Filtrer")
    officer.look("case-documents")
    officer.follow("internal_document")
    officer.reads("Lu par ceux qui instruisent le dossier", "Empreinte SHA-256")
    officer.page.wait_for_selector("iframe.ebg-preview-frame")
    officer.look("case-preview")
    officer.follow("Plus ancien")
    officer.reads("Plus récent")


def test_those_who_look_at_the_same_case_know_it(sit, house: House) -> None:
    officer, colleague = sit("officer"), sit("colleague")
    for reader in (officer, colleague):
        with reader.page.expect_response("**/presence"):
            reader.open(house.address("cases.show case_id=begun"))
    colleague.reads("Officer consulte aussi ce dossier.")
    with officer.page.expect_response("**/presence"):
        officer.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    officer.page.get_by_text("Colleague consulte aussi ce dossier.").wait_for()
    officer.look("case-present")


def test_what_is_typed_is_kept_by_itself_and_told(sit, house: House) -> None:
    officer, colleague = sit("officer"), sit("colleague")
    colleague.refused_with = {409}
    address = house.address("inbox.show task_id=officer_task")
    officer.open(address)
    colleague.open(address)
    officer.group(CHOICE).get_by_label("Irrecevable").check()
    officer.page.get_by_text("Brouillon enregistré à").wait_for()
    officer.look("task-autosaved")
    officer.open(address)
    assert officer.group(CHOICE).get_by_label("Irrecevable").is_checked()

    with colleague.page.expect_navigation():  # the form follows this answer
        colleague.group(CHOICE).get_by_label("Recevable", exact=True).click()
    colleague.reads("Vous étiez deux sur ce formulaire", "Officer")
    colleague.look("task-conflict")
    colleague.group(CHOICE).get_by_label("La vôtre").check()
    colleague.press("Réunir et reprendre le formulaire")
    colleague.reads("sont réunies ici")
    assert colleague.group(CHOICE).get_by_label("Recevable", exact=True).is_checked()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_note_an_ask_and_its_answer(sit, house: House, javascript: bool) -> None:
    officer = sit("officer", javascript=javascript)
    note = f"Note {'avec' if javascript else 'sans'} script"
    officer.open(house.address("cases.show case_id=case"))
    officer.follow("Notes et avis")
    officer.fill("Votre note", note)
    officer.press("Ajouter la note")
    officer.reads(note, "Modifier ou supprimer")
    if javascript:
        officer.look("case-notes")
    officer.follow("Demander")
    officer.follow("Une pièce")
    officer.reads("La procédure a une étape pour cela", "ne le suspend pas")
    officer.fill("Votre demande", f"Le bilan, s’il vous plaît ({note})")
    officer.press("Envoyer la demande")
    officer.reads("Votre demande est envoyée.", "Le bilan, s’il vous plaît")

    applicant = sit("applicant", javascript=javascript)
    applicant.open(house.address("portal.follow case_id=case"))
    applicant.reads("Ce que le service vous demande")
    with applicant.page.expect_navigation():
        applicant.page.locator("#demandes ~ ul").get_by_role("link").first.click()
    applicant.reads("Cette demande ne suspend pas le délai")
    applicant.fill("Texte", f"Le voici, {note}")
    applicant.press("Envoyer ma réponse")
    applicant.reads("Votre réponse est envoyée.", "Répondu")
    officer.open(house.address("sections.exchanges case_id=case"))
    officer.reads(f"Le voici, {note}")


def test_two_people_on_one_form_without_javascript(sit, house: House) -> None:
    officer, colleague = (
        sit("officer", javascript=False),
        sit("colleague", javascript=False),
    )
    address = house.address("inbox.show task_id=officer_task")
    officer.open(address)
    colleague.open(address)
    officer.group(CHOICE).get_by_label("Irrecevable").check()
    officer.press("Enregistrer le brouillon")
    officer.reads("Votre saisie est gardée.")
    colleague.group(CHOICE).get_by_label("Des pièces manquent").check()
    colleague.press("Enregistrer le brouillon")
    colleague.reads("Vous étiez deux sur ce formulaire")
    colleague.group(CHOICE).get_by_label("La vôtre").check()
    colleague.press("Réunir et reprendre le formulaire")
    assert colleague.group(CHOICE).get_by_label("Des pièces manquent").is_checked()


def test_the_sections_are_read_without_javascript(sit, house: House) -> None:
    officer = sit("officer", javascript=False)
    officer.open(house.address("cases.show case_id=case"))
    for section, told in (
        ("Demande", "La demande, telle que déposée"),
        ("Documents", "internal_document"),
        ("Échanges", "Messages avec l’entreprise"),
        ("Historique", "Examiner la recevabilité"),
        ("Schéma", "Le schéma demande JavaScript"),
    ):
        sections = officer.page.get_by_role("navigation", name="Sections du dossier")
        with officer.page.expect_navigation():
            sections.get_by_role("link", name=section, exact=True).click()
        officer.reads(told)
