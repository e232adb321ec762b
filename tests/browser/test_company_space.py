"""A company's people without JavaScript: their space, their vault, their rights, their data."""

import io
import json
import zipfile
from datetime import timedelta

from engine import clock
from tests.browser import cases, papers
from tests.browser.reader import Reader
from tests.browser.serving import Served

EMAIL = cases.APPLICANT_EMAIL


def test_a_company_keeps_a_document_and_files_it_again(enter, served: Served) -> None:
    reader: Reader = enter(EMAIL, javascript=False)
    reader.open("/mon-espace/")
    reader.reads("Rien n’est attendu de vous en ce moment.")
    reader.look("company-space")
    reader.follow("Ouvrir le coffre")
    reader.look("company-vault-empty")
    keep(reader, "Kbis de novembre", "Extrait Kbis ou avis SIRENE", 12)
    keep(reader, "Kbis ancien", "Extrait Kbis ou avis SIRENE", -20)
    reader.reads("expire dans 12 jours", "expiré le")
    reader.look("company-vault")
    reader.follow("Kbis de novembre")
    reader.fill("Valide jusqu’au", in_days(300))
    reader.page.get_by_label("Fichier").set_input_files(papers.pdf("kbis neuf"))
    reader.press("Remplacer")
    reader.reads("La nouvelle version remplace l’ancienne.", "remplacée")
    reader.look("company-vault-document")

    draft = cases.draft_request(served, "Scie du coffre")
    reader.open(f"/brouillons/{draft}/6")
    reader.look("company-reuse")
    chosen = reader.page.get_by_label("ou depuis mon coffre").first
    chosen.select_option(label=option(chosen, "Kbis ancien"))
    reader.press("Joindre", exact=False)
    reader.reads("a expiré le", "le service verra qu’il a expiré")
    reader.look("company-reuse-expired")


def keep(reader: Reader, title: str, kind: str, days: int) -> None:
    reader.page.get_by_label("Type de document").select_option(label=kind)
    reader.fill("Intitulé", title)
    reader.fill("Valide jusqu’au", in_days(days))
    reader.page.get_by_label("Fichier").set_input_files(papers.pdf(title))
    reader.press("Garder dans le coffre")
    reader.reads(f"« {title} » est dans votre coffre.")


def option(select, beginning: str) -> str:
    """The whole label of the option that holds these words."""
    labels = select.locator("option").all_inner_texts()
    return next(label for label in labels if beginning in label)


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).isoformat()


def test_requests_are_found_again(enter, served: Served) -> None:
    cases.file_request(served, "Raboteuse à retrouver")
    reader: Reader = enter(EMAIL, javascript=False)
    reader.open("/mon-espace/")
    reader.reads("Raboteuse à retrouver", "Étape suivante", "Suivie par")
    reader.fill("Numéro ou mots du titre", "raboteuse")
    reader.press("Chercher")
    reader.reads("Raboteuse à retrouver")
    reader.look("company-requests")
    reader.fill("Numéro ou mots du titre", "introuvable")
    reader.press("Chercher")
    reader.reads("Aucune demande ne correspond")
    reader.look()


def test_rights_change_and_the_last_administrator_stays(enter, served: Served) -> None:
    reader: Reader = enter(EMAIL, javascript=False)
    reader.open("/mon-espace/")
    reader.follow("Personnes et droits")
    reader.page.get_by_text("Changer les droits").click()
    reader.look("company-rights")
    reader.page.get_by_label("Gérer qui agit pour l’entreprise, exporter").uncheck()
    reader.press("Enregistrer les droits", exact=False)
    reader.reads("Une entreprise garde au moins un administrateur sans date de fin")
    reader.look()
    reader.follow("Qui a fait quoi")
    reader.look("company-history")


def test_a_company_takes_its_data(enter, served: Served) -> None:
    reader: Reader = enter(EMAIL, javascript=False)
    reader.open("/mon-espace/")
    reader.follow("Personnes et droits")
    with reader.page.expect_download() as downloading:
        reader.page.get_by_role("button", name="Télécharger toutes les données").click()
    content = downloading.value.path().read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert manifest["siret"] == cases.SIRET
        assert archive.testzip() is None
    reader.open("/compte")
    with reader.page.expect_download() as downloading:
        reader.page.get_by_role("link", name="Mes données").click()
    mine = json.loads(downloading.value.path().read_bytes())
    assert mine["person"]["email"] == EMAIL
