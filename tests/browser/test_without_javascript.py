"""Everything works without JavaScript: search, the wizard, an officer's task."""

from engine import clock
from tests.browser import cases
from tests.browser.administration import AREA
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.browser.steps import follow_row


def test_an_aid_is_found_and_a_request_begun(enter) -> None:
    reader: Reader = enter(cases.APPLICANT_EMAIL, javascript=False)
    reader.open("/aides")
    reader.fill("Votre besoin", "acheter une machine")
    reader.fill("Commune du projet", "Autun")
    reader.press("Chercher")
    reader.reads("pour Autun")
    reader.follow("Aide à l’investissement matériel des PME")
    reader.follow("Déposer une demande")
    reader.press("Commencer une demande")
    follow_the_answers(reader)
    reader.fill("Forme juridique", "SAS")
    reader.press("Continuer")
    reader.reads("points sont à corriger", "Renseignez « Effectif (en UTA) »")
    assert reader.field("Forme juridique").input_value() == "SAS"
    reader.open("/demandes/")
    reader.press_twice("Supprimer le brouillon", "Supprimer définitivement")
    reader.reads("Le brouillon est supprimé")


def follow_the_answers(reader: Reader) -> None:
    """What an answer changes is asked after « Actualiser les questions »; rows come and go."""
    reader.page.get_by_label("Oui", exact=True).check()
    reader.press("Actualiser les questions")
    reader.reads("Entreprises liées ou partenaires, ligne 1")
    reader.group("Entreprises liées ou partenaires, ligne 1").get_by_label("Nom").fill(
        "Bois SA"
    )
    reader.press("Ajouter une ligne à Entreprises liées ou partenaires")
    reader.reads("Entreprises liées ou partenaires, ligne 2")
    first = reader.group("Entreprises liées ou partenaires, ligne 1").get_by_label("Nom")
    assert first.input_value() == "Bois SA"
    reader.press("Retirer la ligne 2 de Entreprises liées ou partenaires")
    reader.page.get_by_label("Non, elle est autonome").check()
    reader.press("Actualiser les questions")
    assert "Entreprises liées" not in reader.text


def test_a_task_is_completed(enter, served: Served) -> None:
    cases.file_request(served, "Séchoir sans JavaScript")
    claire: Reader = enter("claire@region.demo", javascript=False)
    claire.wait_to_read("Séchoir sans JavaScript")
    row = claire.page.locator("tr", has_text="Séchoir sans JavaScript")
    follow_row(claire, row.get_by_role("link"))
    claire.press("Prendre en charge")
    claire.choose("La demande est-elle recevable ?", "Irrecevable")
    claire.press("Actualiser les questions")
    claire.page.get_by_label("R04").check()
    claire.fill("Explication pour l'entreprise", "Le secteur est exclu.")
    claire.press("Terminer la tâche")
    claire.reads("Un point est à corriger", "zone d'aide à finalité régionale")
    assert claire.page.get_by_label("R04").is_checked()
    claire.choose(AREA, "Non")
    claire.press("Terminer la tâche")
    claire.reads("« Examiner la recevabilité » : c'est fait.")
    claire.open("/dossiers/?q=Séchoir sans JavaScript")
    claire.follow(f"{clock.today():%y}-")
    claire.wait_to_read("Clos : Demande irrecevable")
    claire.follow("Schéma", exact=True)
    claire.reads(
        "Le schéma demande JavaScript", "Examiner la recevabilité", "Claire Martin"
    )
