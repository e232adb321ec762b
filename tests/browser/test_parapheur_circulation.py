"""The signature book in browsers: a folder deposited, refused, corrected; remarks; many at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import FilePayload, expect

from tests.browser import parapheur, serving
from tests.browser.parapheur import APPROVED, desk_address, email, paper
from tests.browser.reader import NARROW, Reader
from tests.browser.serving import Served
from tests.workflows.parapheur.book import Book

HOUSE: dict[str, Any] = {}


@pytest.fixture(scope="module")
def served(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of these tests' own, whose book waits."""

    def furnish(app: Any) -> None:
        book = parapheur.furnish(app, *APPROVED)
        for title in ("Digues", "Festival", "Budget"):
            HOUSE[title] = parapheur.deposit(book, title)
        HOUSE["book"] = book
        HOUSE["dispute"] = parapheur.dispute(book)

    with serving.office(tmp_path_factory.mktemp("book"), furnish) as running:
        yield running


def book() -> Book:
    found: Book = HOUSE["book"]
    return found


def file(title: str) -> FilePayload:
    content = paper(title, 2)
    return {"name": f"{title}.pdf", "mimeType": "application/pdf", "buffer": content}


def test_a_folder_is_deposited_refused_and_corrected(enter) -> None:
    author: Reader = enter(email("assemblees"))
    author.refused_with = {422}
    author.open("/parapheur/")
    author.look("book-desks")
    author.follow("Déposer un dossier")
    author.look("book-deposit-choice")
    author.follow("Ordinaire")
    author.page.set_input_files("#documents", file("Convention"))
    author.page.locator("#titre").fill("Convention de rivière")
    author.press("Déposer le dossier")
    author.reads("Date de la séance : à renseigner.", "Service : à renseigner.")
    author.reads("Convention.pdf")
    author.page.get_by_text("Placer le timbre de signature…").click()
    page = author.page.get_by_alt_text("Page où placer le timbre")
    page.scroll_into_view_if_needed()
    expect(page).to_have_js_property("complete", True)
    page.click(position={"x": 100, "y": 120})
    assert author.page.locator("[data-ebg-stamp-x]").input_value() != ""
    author.look("book-deposit-wrong")
    author.page.locator("#depot-seance").fill("2026-12-04")
    author.page.locator("#depot-service").select_option("Finances")
    author.press("Déposer le dossier")
    author.reads("Le dossier est déposé", "Convention de rivière", "Visa juridique")
    author.look("book-folder-author")
    address = author.page.url

    jurist: Reader = enter(email("juridique"))
    jurist.refused_with = {422}
    jurist.page.goto(address)
    jurist.page.get_by_text("Refuser…").click()
    jurist.press("Refuser le dossier")
    jurist.reads("Motif du refus : dites pourquoi en une phrase.")
    jurist.look("book-refusal-wrong")
    jurist.page.locator("#motif-refus-1").fill("La surface manque.")
    jurist.press("Refuser le dossier")
    jurist.reads("Le dossier est refusé")

    author.page.goto(address)
    author.wait_to_read("La surface manque.", seconds=60)
    author.look("book-folder-refused")
    author.follow("Corriger et déposer à nouveau")
    author.reads("Motif du refus", "La surface manque.")
    author.look("book-correction")
    author.page.locator("#remplacer-0").set_input_files(file("Convention-2"))
    author.press("Déposer à nouveau")
    author.reads("Le dossier corrigé est reparti", "2 versions")
    jurist.page.goto(address)
    jurist.wait_to_read("Votre visa est demandé", seconds=60)
    jurist.press("Viser")
    jurist.reads("Le dossier est visé.")


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_a_remark_is_written_on_a_page_with_the_keyboard(enter, javascript: bool) -> None:
    jurist: Reader = enter(email("juridique"), javascript=javascript)
    jurist.refused_with = {422}
    jurist.open(f"/parapheur/dossiers/{HOUSE['Digues']}")
    jurist.reads("Page 1 sur 3", "Lire le texte")
    jurist.page.locator("#annoter summary").focus()
    jurist.page.keyboard.press("Enter")
    jurist.fill("Gauche (%)", "cent")
    jurist.press("Annoter la page")
    jurist.reads("Gauche : un nombre de 0 à 100.", "Annotation : écrivez votre remarque.")
    jurist.fill("Gauche (%)", "20")
    jurist.page.locator("#annotation-page").fill("2")
    said = f"Revoir l’alinéa ({'souris' if javascript else 'clavier'})"
    jurist.page.locator("#annotation-texte").fill(said)
    jurist.press("Annoter la page")
    jurist.reads(said)
    assert jurist.page.locator("#page-2 svg circle").count() >= 1
    if javascript:
        jurist.look("book-annotated")
        jurist.page.set_viewport_size({"width": NARROW, "height": 800})
        jurist.look("book-annotated-narrow")


def test_a_rectangle_drawn_with_the_mouse_fills_the_form(enter) -> None:
    jurist: Reader = enter(email("juridique"))
    jurist.refused_with = {422}
    jurist.open(f"/parapheur/dossiers/{HOUSE['Festival']}")
    jurist.page.get_by_role("button", name="Annoter", exact=True).click()
    place = jurist.page.locator("[data-ebg-sheet='1']").bounding_box()
    assert place is not None
    mouse = jurist.page.mouse
    mouse.move(place["x"] + place["width"] * 0.2, place["y"] + 80)
    mouse.down()
    mouse.move(place["x"] + place["width"] * 0.6, place["y"] + 140, steps=4)
    mouse.up()
    expect(jurist.page.locator("#annotation-texte")).to_be_focused()
    assert jurist.page.locator("#annotation-x").input_value() == "20,0"
    jurist.page.keyboard.type("Ici")
    jurist.press("Annoter la page")
    assert jurist.page.locator("#page-1 svg rect").count() == 1


def test_many_are_approved_together_then_the_desk_is_empty_of_them(enter) -> None:
    jurist: Reader = enter(email("juridique"))
    jurist.refused_with = {422}
    jurist.open(desk_address(book(), "juridique"))
    jurist.look("book-tray")
    for title in ("Festival", "Budget"):
        jurist.page.get_by_role("checkbox", name=f"Sélectionner {title}").check()
    jurist.press("Viser")
    jurist.reads("2 dossiers seront traités ; rien n’est encore fait.")
    jurist.look("book-together")
    jurist.press("Viser 2 dossiers")
    jurist.reads("2 sur 2.")
    jurist.look("book-together-done")
    jurist.follow("Retour à la liste")
    assert "Festival" not in jurist.page.locator("main").inner_text()


@pytest.mark.parametrize("javascript", [True, False], ids=["javascript", "without"])
def test_a_circuit_is_written_as_a_list(enter, javascript: bool) -> None:
    keeper: Reader = enter(email("keeper"), javascript=javascript)
    keeper.refused_with = {422}
    name = f"Courriers {'dessinés' if javascript else 'sans dessin'}"
    keeper.open("/parapheur/typologie/")
    keeper.follow("Écrire un circuit")
    keeper.press("Publier ce circuit")
    keeper.reads("Ajoutez au moins une étape.", "Nom du circuit : donnez-lui un nom.")
    keeper.page.locator("#nom").fill(name)
    keeper.press("Visa")
    keeper.press("Signature")
    keeper.press("Publier ce circuit")
    keeper.reads("Étape 1 : choisissez au moins un bureau.")
    keeper.page.locator("[name=bureau-0][value='desk:juridique']").check()
    keeper.page.locator("[name=bureau-0][value='desk:dgs']").check()
    keeper.page.locator("#mode-0").select_option("or")
    keeper.page.locator("[name=bureau-1][value='desk:presidence']").check()
    keeper.press("Descendre l’étape 1")
    keeper.press("Monter l’étape 2")
    assert keeper.page.locator("#mode-0").input_value() == "or"
    if javascript:
        keeper.page.wait_for_selector("[data-ebg-drawn]")
        keeper.look("book-circuit")
    keeper.press("Publier ce circuit")
    keeper.reads("Le circuit est publié", name, "version 1")
    keeper.page.locator("#nom-1").fill("Signature de la présidente")
    keeper.press("Publier ce circuit")
    keeper.reads("version 2")
    assert keeper.page.locator("#nom-1").input_value() == "Signature de la présidente"


def test_a_step_asks_for_data_to_approve_and_others_to_refuse(enter) -> None:
    """From the list of steps to the desk, nothing typed lost; then what the subtype lacks."""
    keeper: Reader = enter(email("keeper"))
    keeper.open(f"/parapheur/circuits/{HOUSE['dispute'][1]}")
    keeper.page.locator("#donnees-0 summary").click()
    keeper.page.locator("[name=viser-0][value=cote]").check()
    keeper.page.locator("[name=refuser-0][value=cause]").check()
    keeper.press("Publier ce circuit")
    keeper.reads("version 2")
    assert keeper.page.locator("[name=refuser-0][value=cause]").is_checked()
    keeper.look("book-circuit-data")

    author: Reader = enter(email("assemblees"))
    author.open("/parapheur/deposer")
    author.follow("Contentieux")
    author.page.set_input_files("#documents", file("Mémoire"))
    author.page.locator("#titre").fill("Mémoire en défense")
    author.press("Déposer le dossier")
    address = author.page.url

    jurist: Reader = enter(email("juridique"))
    jurist.refused_with = {422}
    jurist.page.goto(address)
    jurist.page.get_by_text("Refuser…").click()
    jurist.page.locator("#motif-refus-1").fill("Hors délai.")
    jurist.press("Refuser le dossier")
    jurist.reads("Cause du refus : à renseigner.")
    assert jurist.page.locator("#motif-refus-1").input_value() == "Hors délai."
    jurist.look("book-refusal-data")
    jurist.page.locator("#viser-note-1").fill("Bien vu.")
    jurist.press("Viser")
    jurist.reads("Cote : à renseigner.")
    assert jurist.page.locator("#viser-note-1").input_value() == "Bien vu."
    jurist.follow("Cote : à renseigner.")
    expect(jurist.page.locator("#approval-cote")).to_be_focused()
    jurist.page.locator("#approval-cote").fill("B 12")
    jurist.look("book-approval-data")
    jurist.press("Viser")
    jurist.reads("Le dossier est visé.")
    jurist.page.goto(address)
    jurist.reads("Cote : B 12", "Bien vu.")

    keeper.open(f"/parapheur/typologie/sous-types/{HOUSE['dispute'][0]}")
    keeper.press("Retirer la donnée 1")
    with keeper.page.expect_navigation():
        keeper.page.locator("button[name=_enregistrer]").click()
    keeper.reads("elle demande la donnée « cote », que ce sous-type n’a pas")
    keeper.look("book-subtype-lacking")
    keeper.open(f"/parapheur/circuits/{HOUSE['dispute'][1]}")
    keeper.press("Cachet")
    keeper.press("Publier ce circuit")
    keeper.reads("Sous-type « Contentieux », qui suit ce circuit", "choisissez le cachet")
    keeper.open("/parapheur/typologie/")
    keeper.reads("Rien ne peut y être déposé")
    keeper.look("book-typology-lacking")
    author.open("/parapheur/deposer")
    author.reads("pas encore prêt", "Prévenez l’administrateur du parapheur.")
    author.look("book-deposit-lacking")


def test_those_who_keep_the_book_see_no_fault(enter) -> None:
    keeper: Reader = enter(email("keeper"))
    keeper.refused_with = {422}
    subtype, kind = book().subtype_id, book().type_id
    for place in (
        "/parapheur/typologie/",
        f"/parapheur/typologie/bureaux/{book().desks['dgs']}",
        f"/parapheur/typologie/types/{kind}",
        f"/parapheur/typologie/sous-types/{subtype}",
        "/parapheur/recherche?mots=digues",
        "/parapheur/delegations/",
    ):
        keeper.open(place)
        keeper.look()
    keeper.open(f"/parapheur/typologie/sous-types/{subtype}")
    keeper.press("Ajouter une règle")
    keeper.page.locator("#regle-si-0-montant").fill("beaucoup")
    keeper.page.locator("#regle-circuit-0").select_option(index=1)
    keeper.press("Enregistrer le sous-type", exact=True)
    keeper.reads("Montant : « beaucoup » ne se comprend pas ; écrivez par exemple > 40000.")
    keeper.page.locator("#regle-si-0-montant").fill("> 40000")
    with keeper.page.expect_navigation():
        keeper.page.locator("button[name=_enregistrer]").click()
    keeper.reads("Le sous-type est modifié")
    assert keeper.page.locator("#regle-si-0-montant").input_value() == "> 40000"
    keeper.look("book-subtype-rules")
