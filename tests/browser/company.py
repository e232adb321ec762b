"""What the company does in the walk, and what it reads."""

import re
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from forms.model import MAX_FILE_SIZE
from tests.browser import application, papers
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.browser.steps import euros, granted, link_to, stage

EMAIL = "lucie@boulangerie.example"
SECRET = "farine levain et fournil"
PARIS = ZoneInfo("Europe/Paris")
MONTHS = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
]


def open_an_account(lucie: Reader, served: Served) -> None:
    lucie.open("/")
    lucie.look()
    lucie.follow("Ouvrir un compte")
    lucie.look()
    lucie.fill("Adresse de courriel", EMAIL)
    lucie.press("Recevoir le lien")
    lucie.look()
    (letter,) = served.mails_to(EMAIL)
    lucie.open(re.search(r"https?://\S+", letter["text"])[0])
    lucie.look()
    lucie.fill("Prénom et nom", "Lucie Picard")
    lucie.fill("Mot de passe", SECRET)
    lucie.press("Ouvrir mon compte")
    lucie.look()
    lucie.fill("Numéro SIRET", application.SIRET)
    lucie.press("Chercher")
    lucie.look()
    lucie.reads(application.COMPANY, "58500 CLAMECY")
    lucie.press("Oui, l’inscrire")
    lucie.look()
    lucie.open("/")
    lucie.reads("Mes demandes", "Aucune demande déposée")
    lucie.look()


def begin_a_request(lucie: Reader) -> None:
    lucie.follow("Trouver une aide")
    lucie.look()
    lucie.fill("Votre besoin", "acheter une machine")
    lucie.fill("Commune du projet", "Clamecy")
    lucie.press("Chercher")
    lucie.reads("pour Clamecy", "Demande en ligne ici")
    lucie.look("search")
    lucie.follow("Aide à l’investissement matériel des PME")
    lucie.look()
    lucie.follow("Déposer une demande")
    lucie.reads("Ce qui vous sera demandé", "Pièces à préparer", "Devis")
    lucie.look()
    lucie.press("Commencer une demande")


def fill_the_request(lucie: Reader, folder: Path) -> dict[str, bytes]:
    """Every page; half-way the company leaves and comes back. Returns the files sent."""
    lucie.look()
    application.company(lucie)
    lucie.press("Continuer")
    lucie.refused_with = {422}
    lucie.press("Continuer")
    lucie.reads("points sont à corriger")
    lucie.look()
    application.contact(lucie, EMAIL)
    lucie.look()
    lucie.press("Continuer")
    application.project(lucie)
    lucie.look()
    lucie.press("Enregistrer le brouillon")
    lucie.reads("Votre brouillon est gardé")
    lucie.look()
    resume(lucie)
    lucie.press("Continuer")
    lucie.look()
    sent = application.financing(lucie)
    lucie.press("Enregistrer le brouillon")
    lucie.reads("Total des dépenses", "77 000,00 €")
    lucie.look("financing-plan")
    lucie.press("Continuer")
    lucie.look()
    application.past_aids(lucie)
    lucie.look()
    lucie.press("Continuer")
    sent |= join_the_papers(lucie, folder)
    lucie.press("Continuer")
    lucie.look()
    application.commitments(lucie)
    lucie.look()
    lucie.press("Voir le récapitulatif")
    return sent


def resume(lucie: Reader) -> None:
    lucie.open("/demandes/")
    lucie.reads("Brouillons", "Pas encore déposé")
    lucie.look()
    lucie.follow("Aide à l'investissement des entreprises")
    lucie.look()
    assert lucie.field("Intitulé du projet").input_value() == application.TITLE
    assert lucie.field("Commune de réalisation du projet").input_value() == "58079"


def join_the_papers(lucie: Reader, folder: Path) -> dict[str, bytes]:
    """Files that must be refused are, one after the other; then the good ones."""
    lucie.look()
    lucie.fill("IBAN", "FR7630006000011234567890189")
    for paper, reason in (
        (papers.infected(), "contient un virus"),
        (papers.program(), "n’est pas d’un type accepté"),
        (papers.oversized(folder, MAX_FILE_SIZE), "réduisez-le à 20 Mo au plus"),
    ):
        lucie.field("RIB").set_input_files(paper)
        lucie.press("Enregistrer le brouillon")
        lucie.reads(reason)
        lucie.look()
    assert lucie.field("IBAN").input_value().replace(" ", "").endswith("0189")

    bank, hostile = papers.pdf("RIB"), papers.named(papers.pdf("Kbis"), papers.HOSTILE_NAME)
    returns = papers.pdf("liasse 2025")
    lucie.field("RIB").set_input_files(bank)
    lucie.field("Trois dernières liasses fiscales").set_input_files(returns)
    lucie.field("Extrait Kbis de moins de trois mois").set_input_files(hostile)
    lucie.press("Enregistrer le brouillon")
    lucie.reads(
        "Votre brouillon est gardé", "RIB.pdf", "liasse 2025.pdf", "onerror=alert(1)"
    )
    lucie.look()
    kept_name = lucie.page.get_by_role("link", name="onerror").inner_text()
    return {
        "RIB.pdf": bank["buffer"],
        "liasse 2025.pdf": returns["buffer"],
        kept_name: hostile["buffer"],
    }


def file_the_request(lucie: Reader) -> str:
    """Read it again and file it; returns the case's number."""
    lucie.reads("Relisez votre demande", application.TITLE, "60 000,00 €", "Clamecy")
    lucie.look()
    lucie.press("Déposer la demande")
    number = re.search(r"Votre demande (\S+) est déposée", lucie.text)[1]
    lucie.look()
    return number


def check_the_acknowledgement(lucie: Reader, case: str) -> None:
    """CRPA, article R112-5: date of receipt, service, implicit decision, remedies."""
    lucie.wait_to_read("Accusé de réception de votre demande")
    lucie.look()
    letter = papers.text_of(lucie.download(link_to(lucie, "Accusé de réception")))
    today = datetime.now(PARIS).date()
    if squeezed(f"bien reçu le {french(today)}") not in squeezed(letter):
        today -= timedelta(days=1)  # it was filed before midnight
    for mention in (
        f"demande d'aide n° {case}",
        f"bien reçu le {french(today)}",
        "autorisé à commencer les travaux",
        "Direction de l'économie, pôle aides aux entreprises",
        "17 boulevard de la Trémouille",
        "aides@region.demo",
        "03 80 44 33 00",
        "décision implicite de rejet",
        f"En l'absence de réponse au {french(two_months_after(today))}, elle est réputée rejetée",
        "L231-4",
        "recours gracieux",
        "tribunal administratif",
    ):
        assert squeezed(mention) in squeezed(letter), f"{mention}\n\n{letter}"


def answer_with_the_document(lucie: Reader, case: str) -> dict[str, bytes]:
    follow_up(lucie, case)
    lucie.wait_to_read("On attend une réponse de vous")
    lucie.reads("Délai suspendu depuis le", "Fournir les pièces manquantes")
    stage(lucie, "Recevabilité")
    lucie.look("document-asked")
    lucie.follow("Répondre")
    lucie.reads("Dernier bilan certifié (indispensable)", "suspendue jusqu'à votre réponse")
    lucie.look()
    lucie.fill("Pièce fournie", "Bilan 2025")
    lucie.field("Fichier").set_input_files(papers.infected())
    lucie.press("Envoyer ma réponse")
    lucie.reads("contient un virus")
    lucie.look()
    assert lucie.field("Pièce fournie").input_value() == "Bilan 2025"
    paper = papers.pdf("bilan 2025")
    lucie.field("Fichier").set_input_files(paper)
    lucie.fill("Message au service instructeur", "Voici le bilan, certifié ce matin.")
    lucie.press("Envoyer ma réponse")
    lucie.reads("« Fournir les pièces manquantes » : c'est fait.", "bilan 2025.pdf")
    lucie.look()
    return {paper["name"]: paper["buffer"]}


def claim_the_payment(lucie: Reader, case: str) -> dict[str, bytes]:
    """Half of the accepted expenses is paid for: the balance is half of the aid."""
    follow_up(lucie, case)
    lucie.wait_to_read("En cours : Versement")
    lucie.follow("Répondre")
    lucie.reads("Reste à verser", euros(granted()))
    assert lucie.field("IBAN du compte à créditer").input_value().startswith("FR76")
    lucie.fill("Dépenses payées depuis le début du projet, hors taxes", "35 000")
    paper = papers.pdf("facture du four")
    lucie.field("Factures acquittées et état récapitulatif").set_input_files(paper)
    lucie.look()
    lucie.press("Envoyer ma réponse")
    lucie.reads("« Demander le versement » : c'est fait.")
    return {paper["name"]: paper["buffer"]}


def read_the_decision(lucie: Reader, case: str) -> None:
    follow_up(lucie, case)
    lucie.wait_to_read("Clos : Aide accordée")
    lucie.reads("Aide accordée", euros(granted()), "Plus rien n’est attendu")
    lucie.look()
    letter = papers.text_of(lucie.download(link_to(lucie, "Attribution d'une aide")))
    assert squeezed(euros(granted())) in squeezed(letter), letter


def sees_the_stage(lucie: Reader, case: str, label: str) -> None:
    """The company sees how far its request is, and of whom something is awaited."""
    follow_up(lucie, case)
    lucie.wait_to_read(f"En cours : {label}")
    stage(lucie, label)
    lucie.look()


def follow_up(lucie: Reader, case: str) -> None:
    lucie.open("/demandes/")
    with lucie.page.expect_navigation():
        filed = lucie.page.locator("section", has_text="Demandes déposées")
        filed.locator("li", has_text=case).get_by_role("link").first.click()


def french(day: date) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {MONTHS[day.month - 1]} {day.year}"


def two_months_after(day: date):
    """CRPA, article L231-4: two months from the day of receipt, to the same day."""
    month, year = (day.month + 1) % 12 + 1, day.year + (day.month > 10)
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month, day=last)
        except ValueError:
            continue
    raise AssertionError


def squeezed(text: str) -> str:
    """Letters and figures alone: a PDF breaks lines and spaces as it likes."""
    return re.sub(r"[\s\u202f\xa0]", "", text).replace("’", "'")
