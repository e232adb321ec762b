"""What the agents of the region, of the département and of the platform do in the walk."""

from tests.browser import application, archive
from tests.browser.reader import Reader
from tests.browser.steps import (
    document,
    euros,
    granted,
    link_to,
    open_case,
    open_task,
    stage,
)

AREA = "La commune du projet est-elle en zone d'aide à finalité régionale (AFR) ?"


def ask_for_a_document(claire: Reader, case: str) -> None:
    claire.reads("Corbeille", "Examiner la recevabilité")
    claire.look("inbox")
    open_task(claire, "Examiner la recevabilité", case)
    claire.reads("Aucun motif de rejet relevé automatiquement", "Instructeur, Région")
    claire.look()
    claire.press("Prendre en charge")
    claire.reads("Cette tâche est à vous")
    claire.look()
    claire.page.get_by_text("La demande, telle que déposée").click()
    claire.reads(application.TITLE, "Élec Morvan")
    claire.look()
    claire.choose(AREA, "Non")
    claire.choose("La demande est-elle recevable ?", "Des pièces manquent")
    claire.fill("Pièce", "Dernier bilan certifié")
    claire.page.get_by_label("Indispensable").check()
    claire.fill("Délai accordé (jours)", "15")
    claire.look("admissibility")
    claire.press("Terminer la tâche")
    claire.reads("« Examiner la recevabilité » : c'est fait.")
    claire.look()


def find_it_admissible(claire: Reader, case: str) -> None:
    claire.open("/corbeille/")
    claire.wait_to_read("Examiner la recevabilité")
    open_task(claire, "Examiner la recevabilité", case)
    claire.reads("Fournir les pièces manquantes", "bilan 2025.pdf")
    claire.look()
    claire.choose(AREA, "Non")
    claire.choose("La demande est-elle recevable ?", "Recevable")
    claire.look()
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
    nadia.look()
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
    claire.look()
    claire.choose("Vous proposez", "D'accorder l'aide")
    claire.fill("Motivation de la proposition", "Projet structurant pour le bourg-centre.")
    claire.fill("Montant proposé", str(granted() + 1))
    claire.refused_with = {422}
    claire.press("Terminer la tâche")
    claire.reads("Un point est à corriger")
    claire.look()
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
    helene.look()
    helene.press("Terminer la tâche")
    helene.reads("c'est fait")
    helene.look()


def settle_the_payment(claire: Reader, case: str) -> None:
    claire.open("/corbeille/")
    claire.wait_to_read("Liquider le versement")
    open_task(claire, "Liquider le versement", case)
    claire.reads("Solde demandé par", "Dépenses déclarées", "facture du four.pdf")
    claire.choose("Après contrôle des justificatifs", "Le service est fait : verser")
    assert claire.field("Ville").input_value().upper() == "CLAMECY"
    claire.fill("Montant à verser", str(granted() + 1))
    claire.refused_with = {422}
    claire.press("Terminer la tâche")
    claire.reads("Un point est à corriger")
    claire.fill("Montant à verser", str(granted() // 2))
    claire.look("settlement")
    claire.press("Terminer la tâche")
    claire.reads("c'est fait")


def find_the_order(fatou: Reader, case: str) -> None:
    """It waits for a PES, with the aid's decision, the bank details and the invoice."""
    fatou.open("/comptabilite/mandats/")
    fatou.wait_to_read(f"{case}/1")
    row = fatou.page.locator("tr", has_text=case)
    assert euros(granted() // 2) in row.inner_text().replace("\u202f", " ").replace(
        "\xa0", " "
    )
    assert "3 pièces" in row.inner_text()


def check_the_archive(claire: Reader, case: str, sent: dict[str, bytes]) -> None:
    """Closed once the archivist has accepted; every file has the digest it had when sent."""
    open_case(claire, case)
    claire.reads("Clos : Aide accordée", "Décisions et courriers", "Tout l’historique")
    claire.look()
    claire.follow("Documents", exact=True)
    claire.look()
    manifest = claire.download(link_to(claire, "Bordereau"))
    archived = archive.digests(manifest)
    letters = {name for name in archived if case in name and name.endswith(".pdf")}
    assert len(letters) == 4, "request, acknowledgement, missing document, decision"
    read = {name: document(claire, name) for name in letters}
    for name, content in {**sent, **read}.items():
        assert archive.sha512(content) in archived.values(), f"{name} not in {archived}"
    look_at_the_diagram(claire, None)
    archive.assert_official(manifest)


def look_at_the_diagram(claire: Reader, here: str | None) -> None:
    claire.follow("Schéma", exact=True)
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


def operate(olga: Reader, somebody: str) -> None:
    olga.reads("Aucun incident", "Avis de Bpifrance (OSEO) simulé en service")
    olga.look("operate")
    olga.follow("Avis de Bpifrance (OSEO)")
    olga.reads("Partenaire simulé", "a répondu")
    olga.look("partners")
    olga.press("Éprouver", exact=False)
    olga.look()
    olga.open("/exploitation/")
    olga.follow("Courriels simulés")
    olga.reads(somebody)
    olga.look()
