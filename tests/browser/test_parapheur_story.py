"""A resolution, from its author's desk to the archive, and the other ways it may go.

Everybody is at a browser of their own, in the demonstration's office, before the sandbox of
the transmission service; the clock of the office is moved where the law waits.
"""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from engine import clock
from tests.browser import serving
from tests.browser.parapheur import paper
from tests.browser.reader import Reader
from tests.browser.serving import Served

Enter = Callable[..., Reader]
AGATHE, CELINE, BRUNO = "agathe@region.demo", "celine@region.demo", "bruno@region.demo"
MARIE, VICTOR = "marie@region.demo", "victor@region.demo"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of its own, whose partners answer at once."""
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    soon = {
        "TRANSMISSION_POLL_SECONDS": "1",
        "TRANSMISSION_SANDBOX_SECONDS": "1",
        "TRANSMISSION_SANDBOX_LETTER_SECONDS": "1",
    }
    with serving.office(tmp_path_factory.mktemp("book"), **soon) as running:
        yield running


def deposit(reader: Reader, title: str, number: str, tmp_path: Path) -> str:
    """Agathe deposits a resolution with its annex; returns the address of its folder."""
    act, annex = tmp_path / "acte.pdf", tmp_path / "annexe.pdf"
    act.write_bytes(paper(title, 2))
    annex.write_bytes(paper("Rapport", 1))
    reader.open("/parapheur/deposer")
    reader.follow("Commission permanente")
    reader.page.get_by_label("Documents à signer").set_input_files(act)
    reader.page.get_by_label("Annexes").set_input_files(annex)
    reader.fill("Titre du dossier", title)
    reader.fill("Date de la séance", clock.today().isoformat())
    page = reader.page
    page.locator("#act_nature").select_option("1")
    page.locator("#act_matter").select_option("7.5")
    page.locator("#act_number").fill(number)
    page.locator("#act_decided_on").fill(clock.today().isoformat())
    page.locator("#act_subject").fill(title)
    reader.press("Joindre, sans déposer encore")
    page.get_by_label("Type de pièce").nth(1).select_option("21_RP")
    reader.press("Déposer le dossier")
    reader.reads(title, "En cours")
    return page.url


def folder_of(reader: Reader, address: str) -> None:
    reader.page.goto(address)


def approve(reader: Reader, address: str, note: str = "") -> None:
    folder_of(reader, address)
    if note:
        reader.page.locator("main textarea").first.fill(note)
    reader.press("Viser")


def sign(reader: Reader, address: str) -> None:
    """Sign with the key of the demonstration, and wait until it is done."""
    folder_of(reader, address)
    reader.press("Signer…")
    reader.page.get_by_label("Signature de démonstration").check()
    reader.press("Signer 1 dossier")
    reader.wait_to_read("Terminé", seconds=60)


def act_page(reader: Reader, number: str) -> None:
    reader.open(f"/actes/?q={number}")
    reader.follow(number)


def public_register(anybody: Reader, words: str) -> str:
    """What anybody reads of the acts of the region."""
    anybody.open("/registre/")
    anybody.follow("Région Bourgogne-Franche-Comté")
    anybody.page.goto(f"{anybody.page.url}?q={words}")
    anybody.look("parapheur-registre")
    return anybody.text


def pass_days(served: Served, days: int) -> None:
    """Move the clock of the office, which reads it in its data folder."""
    clock.configure(served.data / "clock")
    try:
        clock.advance(timedelta(days=days))
    finally:
        clock.configure(None)  # this process is not that office


def text_of(pdf: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages)


def test_a_resolution_from_its_deposit_to_the_archive(
    enter: Enter, served: Served, tmp_path: Path
) -> None:
    agathe, celine, bruno = enter(AGATHE), enter(CELINE), enter(BRUNO)
    folder = deposit(agathe, "Garantie pour le canal", "2026_DE_501", tmp_path)
    approve(celine, folder, "Conforme au droit")
    approve(bruno, folder)

    victor = enter(VICTOR)
    sign(victor, folder)
    folder_of(agathe, folder)
    agathe.wait_to_read("Circuit terminé", seconds=60)
    agathe.reads("Acquitté")
    agathe.reads("par délégation de Marie Vasseur", "arrêté n° 2026-118")
    agathe.look("parapheur-dossier")
    signed = agathe.download(agathe.page.get_by_role("link", name="Télécharger").first)
    if shutil.which("pdfsig") is None:
        pytest.skip("pdfsig is not installed")
    path = tmp_path / "signed.pdf"
    path.write_bytes(signed)
    said = subprocess.run(["pdfsig", path], capture_output=True, text=True, check=False)
    assert "Signature is Valid" in said.stdout
    assert "Victor Aubry" in said.stdout

    agathe.follow("2026_DE_501")
    agathe.wait_to_read("Exécutoire depuis le", seconds=60)
    agathe.look("parapheur-acte")
    stamped = agathe.page.get_by_role("link", name="tampon").first
    assert "Garantie" in text_of(agathe.download(stamped))

    assert "Garantie pour le canal" in public_register(enter(), "canal")

    pass_days(served, 63)
    act_page(agathe, "2026_DE_501")
    agathe.wait_to_read("Bordereau de versement SEDA", seconds=90)


def transmitted(enter: Enter, title: str, number: str, tmp_path: Path) -> Reader:
    """The secretary before an act that the prefecture has acknowledged."""
    agathe, celine, bruno = enter(AGATHE), enter(CELINE), enter(BRUNO)
    folder = deposit(agathe, title, number, tmp_path)
    approve(celine, folder)
    approve(bruno, folder)
    sign(enter(MARIE), folder)
    folder_of(agathe, folder)
    agathe.wait_to_read("Circuit terminé", seconds=60)
    act_page(agathe, number)
    agathe.wait_to_read("Exécutoire depuis le", seconds=60)
    return agathe


def test_an_approval_is_taken_back_and_the_folder_given_to_another_desk(
    enter: Enter, tmp_path: Path
) -> None:
    agathe, celine, bruno = enter(AGATHE), enter(CELINE), enter(BRUNO)
    folder = deposit(agathe, "Voirie communale", "2026_DE_502", tmp_path)
    approve(celine, folder, "Un peu vite")
    celine.reads("Droit de remords")
    celine.press("Reprendre mon acte")
    celine.reads("Votre visa est demandé au bureau « Direction juridique »")
    celine.page.get_by_text("Transférer à un autre bureau…").click()
    celine.page.get_by_label("Transférer à").select_option(label="Direction générale")
    celine.press("Transférer")
    folder_of(bruno, folder)
    bruno.reads("Votre visa est demandé au bureau « Direction générale »", "Transféré")
    bruno.press("Viser")
    folder_of(bruno, folder)
    bruno.reads("Votre visa est demandé au bureau « Direction générale »")
    bruno.page.get_by_text("Refuser…").click()
    bruno.page.locator("#motif-refus-1").fill("La carte manque.")
    bruno.press("Refuser le dossier")
    folder_of(bruno, folder)
    bruno.wait_to_read("reprendre votre refus", seconds=60)
    bruno.press("Reprendre mon acte")
    bruno.wait_to_read("Votre visa est demandé", seconds=60)
    bruno.page.get_by_text("Refuser…").click()
    bruno.page.locator("#motif-refus-1").fill("La carte manque.")
    bruno.press("Refuser le dossier")
    folder_of(agathe, folder)
    agathe.wait_to_read("La carte manque.")
    agathe.page.get_by_text("Abandonner ce dossier").click()
    agathe.press("Abandonner définitivement")
    agathe.reads("Abandonné")


def test_a_transmission_is_cancelled_with_its_reason(enter: Enter, tmp_path: Path) -> None:
    agathe = transmitted(enter, "Tarifs du port", "2026_DE_503", tmp_path)
    agathe.page.get_by_text("Demander à la préfecture de ne plus").click()
    agathe.page.locator("main textarea").last.fill("Erreur sur le tarif d'hiver")
    agathe.press("Demander l’annulation")
    act_page(agathe, "2026_DE_503")
    agathe.wait_to_read("Annulé le", seconds=60)
    agathe.reads("Erreur sur le tarif")
    assert "Tarifs du port" not in public_register(enter(), "tarifs")


def test_the_prefect_asks_for_a_document_on_day_59(
    enter: Enter, served: Served, tmp_path: Path
) -> None:
    agathe = transmitted(enter, "Vente du moulin", "PC59_DE_504", tmp_path)
    agathe.reads("Déféré possible jusqu’au")
    first = agathe.page.locator("dt", has_text="Déféré possible").locator("+ dd")
    before = first.inner_text()
    pass_days(served, 59)
    agathe.open("/actes/courriers/")
    agathe.press("Relever maintenant")
    agathe.wait_to_read("Demande de pièces", seconds=60)
    act_page(agathe, "PC59_DE_504")
    agathe.reads("Le délai repart quand la préfecture aura reçu votre réponse.")
    agathe.follow("Demande de pièces")
    agathe.look("parapheur-courrier")
    agathe.follow("Faire cette tâche")
    plan = tmp_path / "plan.pdf"
    plan.write_bytes(paper("Plan du moulin", 1))
    agathe.choose("Que faire ?", "Transmettre les pièces")
    agathe.page.locator("input[type=file]").first.set_input_files(plan)
    agathe.fill("Type de pièce", "99_DE")
    with agathe.page.expect_navigation():
        agathe.page.locator("button[name=_submit]:not([tabindex])").click()
    act_page(agathe, "PC59_DE_504")
    agathe.wait_to_read("Déféré possible jusqu’au", seconds=60)
    after = agathe.page.locator("dt", has_text="Déféré possible").locator("+ dd")
    assert after.inner_text() != before
