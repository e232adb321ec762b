"""A day in the inbox: filters, columns, views, the preview, next and previous, the keyboard."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser import cases, serving
from tests.browser.administration import AREA
from tests.browser.reader import NARROW, Reader
from tests.browser.serving import Served

CLAIRE, PAUL = "claire@region.demo", "paul@region.demo"
TITLES = ("Affûteuse", "Bobineuse", "Cintreuse", "Dégauchisseuse")
PROCEDURE = "grants.investment_aid"
TO_TAKE = "/corbeille/?panier=a-prendre"


@pytest.fixture(scope="module")
def served(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of these tests' own, where four requests have come."""
    with serving.office(tmp_path_factory.mktemp("inbox")) as running:
        for title in TITLES:
            cases.file_request(running, title)
        cases.wait_for_tasks(running, len(TITLES))
        yield running


def lines(reader: Reader) -> list[str]:
    """The titles of the list, in order."""
    text = reader.page.locator("table.ebg-worklist tbody").inner_text()
    return re.findall("|".join(TITLES), text)


def unfold(reader: Reader, name: str) -> None:
    reader.page.locator("summary", has_text=name).click()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_filters_become_chips_that_come_off(enter, javascript: bool) -> None:
    claire: Reader = enter(CLAIRE, javascript=javascript)
    claire.open(TO_TAKE)
    unfold(claire, "Filtrer et trier")
    if javascript:
        claire.look("inbox-filters")
    claire.page.locator("#f-procedure").select_option(PROCEDURE)
    claire.press("Appliquer")
    unfold(claire, "Filtrer et trier")
    claire.page.locator("#f-etape").select_option(label="Examiner la recevabilité")
    claire.page.locator("#f-tri").select_option("-titre")
    claire.press("Appliquer")
    assert lines(claire) == sorted(TITLES, reverse=True)
    claire.fill("Chercher dans ce panier", "degauchi")
    claire.press("Chercher")
    assert lines(claire) == ["Dégauchisseuse"]
    claire.reads("Étape : Examiner la recevabilité", "Recherche : degauchi")
    if javascript:
        claire.look()
    claire.follow("Recherche : degauchi")
    assert len(lines(claire)) == 4
    claire.follow("Procédure :")
    assert not claire.page.locator(".ebg-chips").count(), "a step goes with its procedure"
    assert len(lines(claire)) == 4
    claire.open(f"{TO_TAKE}&procedure=disparue&page=40000")
    claire.reads("La procédure demandée n’existe plus", "La liste ne va pas si loin")
    claire.follow("Aller à la première page")
    assert len(lines(claire)) == 4


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_columns_are_chosen_and_put_in_order(enter, javascript: bool) -> None:
    reader: Reader = enter(PAUL, javascript=javascript)
    reader.open(f"{TO_TAKE}&procedure={PROCEDURE}")
    unfold(reader, "Colonnes")
    reader.press("Revenir aux colonnes habituelles")
    reader.page.get_by_role("checkbox", name="Montant demandé").check()
    reader.page.get_by_role("checkbox", name="SIRET").check()
    if javascript:
        reader.look("inbox-columns")
    reader.press("Monter SIRET")
    reader.press("Afficher ces colonnes")
    heads = reader.page.locator("thead th").all_inner_texts()
    assert heads == ["Étape", "Demande", "Numéro", "Échéance", "SIRET", "Montant demandé"]
    reader.reads("999 991 011 00019", "20 000,00 €")
    if javascript:
        reader.page.set_viewport_size({"width": NARROW, "height": 900})
        reader.look("inbox-narrow")


def test_a_view_is_shared_with_a_colleague(enter) -> None:
    claire: Reader = enter(CLAIRE)
    claire.open(f"{TO_TAKE}&procedure={PROCEDURE}&tri=-titre&q=euse")
    claire.open(f"{TO_TAKE}&procedure={PROCEDURE}&tri=-titre")
    unfold(claire, "Vues")
    claire.look()
    claire.fill("Garder cette liste sous le nom", "À l’envers <b>")
    team = "Instructeur, Région Bourgogne-Franche-Comté"
    claire.page.get_by_label("Pour", exact=True).select_option(label=team)
    claire.press("Garder la vue")
    claire.reads("La vue « À l’envers <b> » est gardée.")
    paul: Reader = enter(PAUL)
    paul.open("/corbeille/")
    unfold(paul, "Vues")
    paul.reads("partagée par Claire Martin")
    paul.follow("À l’envers <b>")
    assert lines(paul) == sorted(TITLES, reverse=True)
    unfold(paul, "À l’envers <b>")
    paul.follow("Gérer les vues")
    paul.look("inbox-views")
    paul.press("Ouvrir d’abord", exact=False)
    paul.open("/corbeille/")
    assert "vue=" in paul.page.url
    assert lines(paul) == sorted(TITLES, reverse=True)
    claire.open("/corbeille/vues")
    claire.press_twice("Supprimer : À l’envers <b>", "Supprimer définitivement")
    paul.open("/corbeille/")
    assert "vue=" not in paul.page.url


def test_the_preview_keeps_the_list_and_back_works(enter) -> None:
    claire: Reader = enter(CLAIRE)
    page = claire.page
    claire.open(f"{TO_TAKE}&tri=titre")
    page.set_viewport_size({"width": 1280, "height": 420})
    link = page.locator("tr", has_text="Cintreuse").get_by_role("link")
    link.scroll_into_view_if_needed()
    page.evaluate("window.scrollBy(0, 60)")
    place = page.evaluate("window.scrollY")
    pane = page.locator("[data-ebg-pane]")
    link.click()
    expect(pane).to_contain_text("Cintreuse")
    assert page.evaluate("window.scrollY") == place
    assert "apercu=" in page.url
    assert "tri=titre" in page.url
    page.locator("tr", has_text="Bobineuse").get_by_role("link").click()
    expect(pane).to_contain_text("Bobineuse")
    expect(page.locator("tr[aria-current=true]")).to_contain_text("Bobineuse")
    page.go_back()
    expect(pane).to_contain_text("Cintreuse")
    page.reload()
    expect(pane).to_contain_text("Cintreuse")
    claire.look("inbox-preview")
    with page.expect_navigation():
        pane.get_by_role("link", name="Ouvrir").click()
    claire.reads("Retour à la liste", "Suivante (4/4)")
    claire.look("inbox-around")
    page.go_back()
    expect(pane).to_contain_text("Cintreuse")


@pytest.mark.parametrize("javascript", [True, False], ids=["narrow", "without"])
def test_a_narrow_screen_opens_the_task_and_walks_the_list(enter, javascript: bool) -> None:
    claire: Reader = enter(CLAIRE, javascript=javascript)
    page = claire.page
    claire.open(f"{TO_TAKE}&tri=titre")
    page.set_viewport_size({"width": NARROW, "height": 700})
    with page.expect_navigation():
        page.locator("tr", has_text="Affûteuse").get_by_role("link").click()
    claire.reads("Examiner la recevabilité", "Affûteuse")
    claire.follow("Suivante (2/4)")
    claire.reads("Bobineuse")
    claire.follow("Suivante (3/4)")
    claire.reads("Cintreuse")
    claire.follow("Précédente")
    claire.reads("Bobineuse")
    claire.follow("Retour à la liste")
    assert lines(claire) == sorted(TITLES)


def test_a_case_is_done_with_the_keyboard_alone(enter) -> None:
    """From the sign-in to the next task: j, Enter, c, then the form; never a click."""
    claire: Reader = enter(CLAIRE)
    page = claire.page
    claire.open(f"{TO_TAKE}&tri=titre")
    page.keyboard.press("?")
    dialog = page.locator("dialog")
    expect(dialog).to_be_visible()
    claire.look("inbox-shortcuts")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("jckx affut")
    assert page.locator("#q").input_value() == "jckx affut", "no shortcut while one types"
    page.keyboard.press("Escape")
    for key in ("j", "j", "k", "k"):
        page.keyboard.press(key)
    focused = page.evaluate("document.activeElement.closest('tr').innerText")
    assert "Affûteuse" in focused
    with page.expect_navigation():
        page.keyboard.press("Enter")
    claire.reads("Affûteuse")
    with page.expect_navigation():
        page.keyboard.press("c")
    claire.reads("Cette tâche est à vous")
    assert "liste=" in page.url
    page.keyboard.press("r")
    assert page.evaluate("!!document.activeElement.closest('[data-ebg-form]')")
    claire.group(AREA).get_by_label("Non", exact=True).press("Space")
    claire.settle()
    choice = claire.group("La demande est-elle recevable ?")
    choice.get_by_label("Irrecevable", exact=True).press("Space")
    claire.settle()
    page.get_by_label("R04").press("Space")
    why = claire.field("Explication pour l'entreprise")
    why.press("c")
    why.press_sequentially("ause : secteur exclu")
    with page.expect_navigation():
        page.get_by_role("button", name="Terminer la tâche").press("Enter")
    claire.reads("« Examiner la recevabilité » : c'est fait.", "Bobineuse")


def test_shortcuts_are_switched_off(enter) -> None:
    claire: Reader = enter(CLAIRE)
    page = claire.page
    claire.open(TO_TAKE)
    page.keyboard.press("?")
    claire.press("Désactiver les raccourcis", within="dialog")
    claire.reads("Vos préférences sont gardées.")
    claire.look("inbox-preferences")
    claire.open(TO_TAKE)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert not page.get_by_role("button", name="Raccourcis").is_visible()
    claire.open("/corbeille/preferences")
    claire.page.get_by_label("Raccourcis d’une touche").check()
    claire.press("Garder mes préférences")


def test_a_list_prints_as_a_table_alone(enter) -> None:
    claire: Reader = enter(CLAIRE)
    claire.open(TO_TAKE)
    claire.page.emulate_media(media="print")
    text = claire.text
    assert "Bobineuse" in text
    for hidden in ("Exporter", "Filtrer et trier", "Mentions légales", "Se déconnecter"):
        assert hidden not in text
    claire.page.emulate_media(media="screen")


def test_exports_are_downloaded(enter) -> None:
    claire: Reader = enter(CLAIRE)
    claire.open(TO_TAKE)
    unfold(claire, "Exporter")
    for name, ending in (("CSV", ".csv"), ("Excel (XLSX)", ".xlsx")):
        with claire.page.expect_download() as download:
            claire.page.get_by_role("button", name=name).click()
        assert download.value.suggested_filename.endswith(ending)


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_several_are_taken_together(enter, javascript: bool) -> None:
    """Those that are left are taken by one, then put back by the same way."""
    paul: Reader = enter(PAUL, javascript=javascript)
    paul.open(f"{TO_TAKE}&tri=titre")
    ticks = paul.page.locator("input[name=tache]")
    for tick in ticks.all():
        tick.check()
    number = ticks.count()
    assert number > 1
    paul.press("Prendre", within="[data-ebg-bulk]")
    paul.reads(f"seront faites {number}", "Rien n’est encore fait")
    paul.press(f"Prendre en charge : {number} tâches")
    paul.wait_to_read(f"{number} sur {number}")
    paul.open("/corbeille/?panier=a-moi")
    for tick in paul.page.locator("input[name=tache]").all():
        tick.check()
    paul.press("Remettre", within="[data-ebg-bulk]")
    paul.fill("Motif", "Partagées autrement")
    paul.press(f"Remettre dans la corbeille : {number} tâches")
    paul.wait_to_read(f"{number} sur {number}")
    paul.open(TO_TAKE)
    assert ticks.count() == number
