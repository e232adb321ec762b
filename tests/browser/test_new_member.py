"""An operator brings in a new member: ten minutes by docs/new-member.md, first case included.

Its pictures are taken here (`EBG_SHOTS=docs/images pytest tests/browser/test_new_member.py`).
"""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask

from engine.commands import people
from engine.directory import APPLICANT, COMPANY
from tests.browser import application, papers, serving
from tests.browser.administration import AREA
from tests.browser.reader import Reader
from tests.browser.serving import PASSWORD, Served
from tests.browser.steps import open_task
from web import demo
from web.accounts import open_account

pytestmark = pytest.mark.timeout(900)

LUCIE, NINA = "lucie@boulangerie.example", "nina.roux@clamecy.fr"
SECRET = "un canal et ses péniches"
BODY = "Commune de Clamecy"

GOOD = [
    (NINA, "Nina Roux", "Instructeur", "Économie"),
    ("marc.loire@clamecy.fr", "Marc Loire", "Chef de service", "Économie"),
    ("ines.allier@clamecy.fr", "Inès Allier", "Administrateur", ""),
    *(
        (f"agent{n}@clamecy.fr", f"Agent Numéro {n}", "case_officer", "Économie")
        for n in range(4, 31)
    ),
]
BAD = [
    ("jean.dupont", "Jean Dupont", "Instructeur", ""),
    ("sans.nom@clamecy.fr", "", "Instructeur", ""),
    ("formule@clamecy.fr", "=1+1", "Instructeur", ""),
    ("roi@clamecy.fr", "Léo Roi", "Roi", ""),
    ("scierie@entreprise.demo", "Sacha Scieur", "Instructeur", ""),
]
REASONS = [
    "« jean.dupont » n’est pas un courriel",
    "donnez le nom de la personne",
    "« =1+1 » commence comme une formule",
    "rôle « Roi » inconnu",
    "quelqu’un qui agit pour une entreprise",
]


def with_a_company(app: Flask) -> None:
    """The demonstration without cases, and a bakery whose manager has an account."""
    demo.seed(app, cases=False)
    company = people.add_organisation(
        COMPANY, application.COMPANY, siret=application.SIRET, siren=application.SIRET[:9],
        naf="10.71C", address="79 ZA des Grands Champs\n58500 Clamecy",
    )  # fmt: skip
    lucie = open_account(email=LUCIE, name="Lucie Picard", password=PASSWORD)
    people.grant(lucie, company, APPLICANT)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """`enter` leads to this office."""
    with serving.office(tmp_path_factory.mktemp("member"), with_a_company) as running:
        yield running


def test_a_new_member_is_brought_in_and_its_first_case_runs(enter, served: Served) -> None:
    olga: Reader = enter("olga@plateforme.demo")
    enter_the_body(olga)
    body = olga.page.url
    bring_its_people(olga)
    brand_it(olga, body)
    give_it_a_procedure(olga, body)
    olga.open(body)
    assert "Des rôles que personne ne tient" not in olga.text
    olga.look("new-member-ready")
    olga.follow("30 personnes")
    olga.press("Envoyer 30 invitations")
    olga.reads("30 invitations sont envoyées")
    olga.look()

    nina: Reader = enter()
    open_the_account(nina, served)
    lucie: Reader = enter(LUCIE)
    case = file_a_request(lucie)
    handle_it(nina, case)
    lucie.open("/demandes/")
    lucie.reads(application.TITLE)


def enter_the_body(olga: Reader) -> None:
    olga.follow("Annuaire")
    olga.look("new-member-directory")
    olga.follow("Ajouter une collectivité")
    olga.fill("Nom", BODY)
    olga.fill("Nom court", "commune-clamecy")
    olga.fill("Territoire", "Clamecy")
    olga.fill("Adresse postale", "Place du 19 Août\n58500 Clamecy")
    olga.fill("Courriel", "mairie@clamecy.fr")
    olga.fill("Téléphone", "03 86 27 50 50")
    olga.look("new-member-body")
    olga.press("Ajouter à l’annuaire")
    olga.reads("est dans l’annuaire", "COM-58079")


def bring_its_people(olga: Reader) -> None:
    olga.follow("Importer un fichier")
    olga.look()
    send(olga, mixed(), "agents-clamecy.csv")
    olga.reads("35 lignes", "5 lignes sont refusées")
    olga.follow("refusée : 5")
    olga.reads(*REASONS)
    olga.look("new-member-import")
    link = olga.page.get_by_role("link", name="Télécharger les lignes à corriger")
    back = olga.download(link).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(back), delimiter=";"))
    assert [row["courriel"] for row in rows] == [line[0] for line in BAD]
    olga.press("Importer les 30 lignes bonnes")
    olga.reads("30 lignes sont importées")


def mixed() -> list[tuple[str, ...]]:
    """The wrong lines among the right ones."""
    lines: list[tuple[str, ...]] = list(GOOD)
    for place, line in zip((3, 9, 15, 21, 34), BAD, strict=True):
        lines.insert(place, line)
    return lines


def send(olga: Reader, lines: list[tuple[str, ...]], name: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerows([("courriel", "nom", "role", "service"), *lines])
    content = out.getvalue().encode("utf-8-sig")
    file = {"name": name, "mimeType": "text/csv", "buffer": content}
    olga.field("Fichier CSV").set_input_files(file)
    olga.press("Essayer le fichier")


def brand_it(olga: Reader, body: str) -> None:
    olga.open(body)
    olga.follow("Couleur, logo, textes, adresses")
    olga.page.get_by_label("Couleur", exact=True).fill("#7a1f3d")
    olga.page.get_by_text("#7a1f3d", exact=False).first.wait_for()
    olga.fill("Titre de l’accueil", "Les démarches de la ville de Clamecy")
    olga.look("new-member-brand")
    olga.press("Enregistrer")
    olga.reads("La marque est enregistrée")


def give_it_a_procedure(olga: Reader, body: str) -> None:
    olga.open(body)
    olga.follow("Voir et donner des démarches")
    olga.field("Démarche").select_option(
        label="Aide à l'investissement des entreprises – Région Bourgogne-Franche-Comté"
    )
    olga.press("Donner cette démarche")
    assert olga.field("Courriel du service").input_value() == "mairie@clamecy.fr"
    olga.fill("Lieu de signature", "Clamecy")
    olga.fill("Montant plancher", "5000")
    olga.look("new-member-procedure")
    olga.press("Enregistrer")
    olga.reads("C’est enregistré", "publiée par Région Bourgogne-Franche-Comté")


def open_the_account(nina: Reader, served: Served) -> None:
    (letter,) = served.mails_to(NINA)
    nina.open(re.search(r"https?://\S+", letter["text"])[0])
    assert nina.field("Prénom et nom").input_value() == "Nina Roux"
    nina.fill("Mot de passe", SECRET)
    nina.look("new-member-account")
    nina.press("Ouvrir mon compte")
    nina.reads("Bienvenue : votre compte est ouvert.", "Corbeille")
    nina.look()


def file_a_request(lucie: Reader) -> str:
    """The whole form, with the new body; returns the case's number."""
    lucie.open("/aides?besoin=acheter une machine")
    lucie.follow("Aide à l’investissement matériel des PME")
    lucie.look()
    lucie.follow(f"Déposer une demande : {BODY}")
    lucie.reads("Votre demande sera déposée auprès de :", BODY)
    lucie.look("new-member-offer")
    lucie.press("Commencer une demande")
    application.company(lucie)
    lucie.press("Continuer")
    application.contact(lucie, LUCIE)
    lucie.press("Continuer")
    application.project(lucie)
    lucie.press("Continuer")
    application.financing(lucie)
    lucie.press("Continuer")
    application.past_aids(lucie)
    lucie.press("Continuer")
    lucie.fill("IBAN", "FR7630006000011234567890189")
    for label in (
        "RIB",
        "Trois dernières liasses fiscales",
        "Extrait Kbis de moins de trois mois",
    ):
        lucie.field(label).set_input_files(papers.pdf(label))
    lucie.press("Continuer")
    application.commitments(lucie)
    lucie.press("Voir le récapitulatif")
    lucie.reads("Votre demande sera déposée auprès de :", BODY)
    lucie.look()
    lucie.press("Déposer la demande")
    return re.search(r"Votre demande (\S+) est déposée", lucie.text)[1]


def handle_it(nina: Reader, case: str) -> None:
    nina.follow("Corbeille")
    nina.wait_to_read("Examiner la recevabilité")
    nina.look("new-member-inbox")
    open_task(nina, "Examiner la recevabilité", case)
    nina.reads(f"Instructeur, {BODY}")
    nina.press("Prendre en charge")
    nina.choose(AREA, "Non")
    nina.choose("La demande est-elle recevable ?", "Recevable")
    nina.press("Terminer la tâche")
    nina.reads("« Examiner la recevabilité » : c'est fait.")
    nina.look()
