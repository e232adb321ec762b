"""The whole walk, both sides, in the browser: from an account to a closed, archived case."""

import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from forms.model import MAX_FILE_SIZE
from tests.browser import application, archive, by_hand, papers
from tests.browser.reader import Reader
from tests.browser.serving import Served

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

pytestmark = pytest.mark.timeout(900)


def test_an_aid_is_asked_for_examined_granted_and_archived(enter, served, tmp_path):
    lucie = enter()
    open_an_account(lucie, served)
    begin_a_request(lucie)
    sent = fill_the_request(lucie, tmp_path)
    case = file_the_request(lucie)
    check_the_acknowledgement(lucie, case)

    claire = enter("claire@region.demo")
    ask_for_a_document(claire, case)
    sent |= answer_with_the_document(lucie, case)
    find_it_admissible(claire, case)
    give_the_departments_opinion(enter("nadia@cd58.demo"), case)
    assess_and_propose(claire, case)
    decide(enter("helene@region.demo"), case)
    read_the_decision(lucie, case)
    check_the_archive(claire, case, sent)
    operate(enter("olga@plateforme.demo"))


# The company


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
    lucie.press("Continuer")
    application.project(lucie)
    lucie.press("Enregistrer le brouillon")
    lucie.reads("Votre brouillon est gardé")
    resume(lucie)
    lucie.press("Continuer")
    lucie.look()
    sent = application.financing(lucie)
    lucie.press("Enregistrer le brouillon")
    lucie.reads("Total des dépenses", "77 000,00 €")
    lucie.look("financing-plan")
    lucie.press("Continuer")
    application.past_aids(lucie)
    lucie.look()
    lucie.press("Continuer")
    sent |= join_the_papers(lucie, folder)
    lucie.press("Continuer")
    application.commitments(lucie)
    lucie.look()
    lucie.press("Voir le récapitulatif")
    return sent


def resume(lucie: Reader) -> None:
    lucie.open("/demandes/")
    lucie.reads("Brouillons", "Pas encore déposé")
    lucie.look()
    lucie.follow("Aide à l'investissement des entreprises")
    assert lucie.field("Intitulé du projet").input_value() == application.TITLE
    assert lucie.field("Commune de réalisation du projet").input_value() == "58079"


def join_the_papers(lucie: Reader, folder: Path) -> dict[str, bytes]:
    """Files that must be refused are, one after the other; then the good ones."""
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
    lucie.look("acknowledged")
    letter = papers.text_of(lucie.download(link_to(lucie, "Accusé de réception")))
    today = datetime.now(PARIS).date()
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
    assert lucie.field("Pièce fournie").input_value() == "Bilan 2025"
    paper = papers.pdf("bilan 2025")
    lucie.field("Fichier").set_input_files(paper)
    lucie.fill("Message au service instructeur", "Voici le bilan, certifié ce matin.")
    lucie.press("Envoyer ma réponse")
    lucie.reads("« Fournir les pièces manquantes » : c'est fait.", "bilan 2025.pdf")
    lucie.look()
    return {paper["name"]: paper["buffer"]}


def read_the_decision(lucie: Reader, case: str) -> None:
    follow_up(lucie, case)
    lucie.wait_to_read("Clos : Aide accordée")
    aid = f"{granted():,.2f}".replace(",", " ").replace(".", ",")
    lucie.reads("Aide accordée", f"{aid} €", "Plus rien n’est attendu")
    lucie.look()
    letter = papers.text_of(lucie.download(link_to(lucie, "Attribution d'une aide")))
    assert squeezed(f"{aid} €") in squeezed(letter), letter


# The administration


def ask_for_a_document(claire: Reader, case: str) -> None:
    claire.reads("Corbeille", "Examiner la recevabilité")
    claire.look("inbox")
    open_task(claire, "Examiner la recevabilité", case)
    claire.reads("Aucun motif de rejet relevé automatiquement", "Instructeur, Région")
    claire.look()
    claire.press("Prendre en charge")
    claire.reads("Cette tâche est à vous")
    claire.page.get_by_text("La demande, telle que déposée").click()
    claire.reads(application.TITLE, "Élec Morvan")
    claire.look()
    claire.choose(
        "La commune du projet est-elle en zone d'aide à finalité régionale (AFR) ?", "Non"
    )
    claire.choose("La demande est-elle recevable ?", "Des pièces manquent")
    claire.fill("Pièce", "Dernier bilan certifié")
    claire.page.get_by_label("Indispensable").check()
    claire.fill("Délai accordé (jours)", "15")
    claire.look("admissibility")
    claire.press("Terminer la tâche")
    claire.reads("« Examiner la recevabilité » : c'est fait.")


def find_it_admissible(claire: Reader, case: str) -> None:
    claire.open("/corbeille/")
    claire.wait_to_read("Examiner la recevabilité")
    open_task(claire, "Examiner la recevabilité", case)
    claire.reads("Fournir les pièces manquantes", "bilan 2025.pdf")
    claire.choose(
        "La commune du projet est-elle en zone d'aide à finalité régionale (AFR) ?", "Non"
    )
    claire.choose("La demande est-elle recevable ?", "Recevable")
    claire.press("Terminer la tâche")
    claire.reads("c'est fait")


def give_the_departments_opinion(nadia: Reader, case: str) -> None:
    nadia.wait_to_read("Donner l'avis du département")
    nadia.look()
    open_task(nadia, "Donner l'avis du département", case)
    nadia.reads(application.COMPANY, application.TITLE)
    nadia.look()
    nadia.choose("Avis", "Favorable")
    nadia.fill("Observations", "Projet attendu à Clamecy.")
    nadia.press("Terminer la tâche")
    nadia.reads("c'est fait")
    nadia.look()


def assess_and_propose(claire: Reader, case: str) -> None:
    """OSEO has answered by its signed call-back meanwhile; the aid is that worked out by hand."""
    claire.open("/corbeille/")
    claire.wait_to_read("Retenir les dépenses éligibles")
    open_task(claire, "Retenir les dépenses éligibles", case)
    claire.reads("OSEO : Favorable", "Département de la Nièvre : Favorable")
    claire.look()
    row = claire.group("Dépenses du plan de financement, ligne 2")
    row.get_by_label("Montant retenu").fill("10000")
    claire.tap("Actualiser les questions")
    for number, reason in ((2, "Devis négocié"), (3, "Conseil non éligible")):
        row = claire.group(f"Dépenses du plan de financement, ligne {number}")
        row.get_by_label("Motif de l'écart").fill(reason)
    claire.look()
    claire.press("Terminer la tâche")

    open_task(claire, "Proposer une décision", case)
    highest = euros(granted())
    claire.reads(
        "Aide calculée", f"Aide possible {highest}", "Régime Investissement des PME"
    )
    claire.choose("Vous proposez", "D'accorder l'aide")
    claire.fill("Motivation de la proposition", "Projet structurant pour le bourg-centre.")
    claire.fill("Montant proposé", str(granted() + 1))
    claire.refused_with = {422}
    claire.press("Terminer la tâche")
    claire.reads("Un point est à corriger")
    claire.fill("Montant proposé", str(granted()))
    claire.look("proposal")
    claire.press("Terminer la tâche")
    claire.reads("c'est fait")
    open_case(claire, case)
    stage(claire, "Décision")
    claire.reads("Attendu de : Chef de service, Région Bourgogne-Franche-Comté")
    claire.look()
    look_at_the_diagram(claire, "decide")


def decide(helene: Reader, case: str) -> None:
    helene.wait_to_read("Décider")
    open_task(helene, "Décider", case)
    helene.reads(f"Accorder {euros(granted())}", "Projet structurant", "Avis recueillis")
    helene.look()
    helene.choose("Votre décision", "Approuver la proposition d'accorder")
    helene.fill("Numéro de la délibération", "26CP-118")
    helene.press("Terminer la tâche")
    helene.reads("c'est fait")


def check_the_archive(claire: Reader, case: str, sent: dict[str, bytes]) -> None:
    """Closed once the archivist has accepted; every file has the digest it had when sent."""
    open_case(claire, case)
    claire.reads("Clos : Aide accordée", "Toutes les étapes, y compris automatiques")
    claire.look()
    manifest = claire.download(link_to(claire, "Bordereau"))
    archived = archive.digests(manifest)
    letters = {
        "acknowledgement",
        "missing_documents",
        "notification_granted",
        "application",
    }
    for name in archived.keys() & {f"{one}-{case}.pdf" for one in letters}:
        sent = {**sent, name: document(claire, name)}
    missing = sent.keys() - archived.keys()
    assert not missing, f"{missing} not in {sorted(archived)}"
    for name, content in sent.items():
        assert archived[name] == archive.digest_of(content, archived[name]), name
    look_at_the_diagram(claire, None)
    archive.assert_official(manifest)


def look_at_the_diagram(claire: Reader, here: str | None) -> None:
    claire.follow("Voir le schéma")
    claire.page.wait_for_selector("[data-ebg-drawn]")
    mark = claire.page.locator(".bjs-powered-by")
    assert mark.is_visible()
    box, place = mark.bounding_box(), claire.page.locator(".ebg-diagram").bounding_box()
    assert box["x"] + box["width"] <= place["x"] + place["width"]
    assert box["y"] + box["height"] <= place["y"] + place["height"]
    live = claire.page.locator(".ebg-here")
    assert [one.get_attribute("data-element-id") for one in live.all()] == [here] * bool(
        here
    )
    assert (
        claire.page.locator(".ebg-done[data-element-id=check_admissibility]").count() == 1
    )
    claire.look("diagram" if here else "")
    claire.page.go_back()


def operate(olga: Reader) -> None:
    olga.reads("Aucun incident", "Avis de Bpifrance (OSEO) simulé", "a répondu")
    olga.look("partners")
    olga.press("Essayer", exact=False)
    olga.look()
    olga.follow("Lire les courriels")
    olga.reads(EMAIL)
    olga.look()


# Pieces of the story


def open_task(reader: Reader, name: str, case: str) -> None:
    """The task of this case, which may already be the page one is on."""
    if name not in reader.page.title():
        reader.open("/corbeille/")
        with reader.page.expect_navigation():
            reader.page.locator("li", has_text=case).get_by_role("link", name=name).click()
    reader.reads(name)


def open_case(reader: Reader, case: str) -> None:
    reader.open(f"/dossiers/?q={case}")
    reader.look()
    reader.follow(case)


def follow_up(lucie: Reader, case: str) -> None:
    lucie.open("/demandes/")
    with lucie.page.expect_navigation():
        lucie.page.locator("li", has_text=case).get_by_role("link").last.click()


def stage(reader: Reader, label: str) -> None:
    current = reader.page.locator(".ebg-stepper [aria-current=step]")
    assert label in current.inner_text()
    reader.reads(f"En cours : {label}")


def link_to(reader: Reader, title: str):
    return reader.page.get_by_role("link", name=re.compile(f"^{re.escape(title)}")).first


def document(reader: Reader, name: str) -> bytes:
    """A document by its file's name."""
    item = reader.page.locator(".ebg-document", has_text=name)
    return reader.download(item.get_by_role("link").first)


def granted() -> int:
    """The aid by hand: 60 000 and 10 000 euros accepted, consulting left out."""
    highest = by_hand.highest_aid(
        accepted=[60_000, 10_000],
        requested=application.REQUESTED,
        other_public_aid=application.OTHER_PUBLIC_AID,
        size_class=by_hand.size(application.HEADCOUNT, application.TURNOVER),
    )
    assert highest == int(highest) == 10_000
    return int(highest)


def euros(amount: int) -> str:
    return f"{amount:,}".replace(",", " ") + ",00 €"


def french(day) -> str:
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {MONTHS[day.month - 1]} {day.year}"


def two_months_after(day):
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
