"""One request for an investment aid, as a baker of Clamecy fills it in, page after page."""

from typing import Any

from tests.browser import papers
from tests.browser.reader import Reader
from web.demo.people import NEWCOMER

SIRET = NEWCOMER
COMPANY = "BOULANGERIE FICTIVE DE CLAMECY"
TITLE = "Four à sole économe en énergie"

HEADCOUNT, TURNOVER, BALANCE_SHEET = 8, 900_000, 450_000
REQUESTED = 16_000
OTHER_PUBLIC_AID = 4_000
EXPENSES = [
    ("Matériel neuf", "Fours du Nivernais", 60_000),
    ("Installation", "Élec Morvan", 12_000),
    ("Conseil", "Cabinet Arroux", 5_000),
]
RESOURCES = [
    ("Aide demandée à la Région", "Région", REQUESTED, "Sollicité"),
    ("Autre aide publique", "Département de la Nièvre", OTHER_PUBLIC_AID, "Envisagé"),
    ("Fonds propres", "Entreprise", 57_000, "Acquis"),
]
DESCRIPTION = (
    "Remplacer le four à gaz par un four électrique à sole, mieux isolé, pour diviser la "
    "consommation par deux, cuire deux fournées de plus par jour et embaucher un apprenti."
)


def company(reader: Reader) -> None:
    """The first page: what the directory knows is there already."""
    assert reader.field("Numéro SIRET de l'établissement porteur").input_value() == SIRET
    assert reader.field("Code NAF").input_value() == "10.71C"
    assert reader.field("Date de création").input_value() == "10/09/2018"
    reader.fill("Forme juridique", "Entrepreneur individuel")
    reader.fill("Effectif (en UTA)", str(HEADCOUNT))
    reader.fill("Chiffre d'affaires HT du dernier exercice clos", f"{TURNOVER}")
    reader.fill("Total du bilan du dernier exercice clos", "450 000")
    reader.fill("Capital social", "10000")
    reader.fill("Capitaux propres du dernier exercice clos", "85000")
    reader.page.get_by_label("Non, elle est autonome").check()
    reader.settle()


def contact(reader: Reader, email: str) -> None:
    reader.choose("Civilité", "Madame")
    reader.fill("Nom du représentant légal", "Picard")
    reader.fill("Prénom", "Lucie")
    reader.fill("Qualité", "Gérante")
    reader.fill("Adresse électronique", email)
    reader.fill("Téléphone", "03 86 27 00 00")


def project(reader: Reader) -> None:
    reader.fill("Intitulé du projet", TITLE)
    reader.fill("Description du projet et de ses objectifs", DESCRIPTION)
    reader.fill("Commune de réalisation du projet", "58079")
    reader.fill("Début prévisionnel", "01/03/2027")
    reader.fill("Fin prévisionnelle", "30/09/2027")
    reader.choose(
        "Avez-vous déjà signé un devis, un bon de commande ou commencé les travaux ?", "Non"
    )
    reader.fill("Emplois créés (ETP)", "1")


def financing(reader: Reader) -> dict[str, Any]:
    """The plan, row after row; returns the quotes by the name they were sent with."""
    sent = {}
    for number, (item, supplier, amount) in enumerate(EXPENSES, 1):
        if number > 1:
            _add_row(reader, "Dépenses")
        row = reader.group(f"Dépenses, ligne {number}")
        row.get_by_label("Poste").select_option(label=item)
        row.get_by_label("Fournisseur pressenti").fill(supplier)
        row.get_by_label("Montant HT").fill(str(amount))
        quote = papers.pdf(f"devis {number}")
        row.get_by_label("Devis").set_input_files(quote)
        sent[quote["name"]] = quote["buffer"]
    for number, (kind, funder, money, state) in enumerate(RESOURCES, 1):
        if number > 1:
            _add_row(reader, "Ressources")
        row = reader.group(f"Ressources, ligne {number}")
        row.get_by_label("Nature").select_option(label=kind)
        row.get_by_label("Financeur").fill(funder)
        row.get_by_label("Montant").fill(str(money))
        row.get_by_label("État").select_option(label=state)
    reader.fill("Montant de l'aide demandée", str(REQUESTED))
    reader.field("Forme d'aide souhaitée").select_option(label="Subvention")
    return sent


def past_aids(reader: Reader) -> None:
    reader.page.get_by_role("group", name="L'entreprise unique").get_by_label("Non").check()
    reader.settle()
    reader.page.get_by_label("Aucune aide illégale").check()


def commitments(reader: Reader) -> None:
    for label in ("J'atteste", "L'entreprise est à jour", "J'ai pris connaissance"):
        reader.page.get_by_label(label).check()


def _add_row(reader: Reader, what: str) -> None:
    reader.tap(f"Ajouter une ligne à {what}")
