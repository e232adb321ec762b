"""A designer tries a draft, keeps a scenario, compares, and reads the figures."""

import re
from collections.abc import Iterator

import pytest

from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An office of its own: others write in the draft of the shared one."""
    with serving.office(tmp_path_factory.mktemp("trial")) as running:
        yield running


def draft(reader: Reader) -> str:
    """The page of the draft of the grants procedure, begun if it is not."""
    reader.open("/concepteur/procedures/grants.investment_aid")
    if reader.page.get_by_role("link", name="Ouvrir le brouillon").count():
        reader.follow("Ouvrir le brouillon")
    else:
        reader.press("Commencer la version suivante")
    return re.sub(r"[?#].*", "", reader.page.url)


def test_a_trial_without_a_script(enter) -> None:  # type: ignore[no-untyped-def]
    reader: Reader = enter("didier@region.demo", javascript=False)
    address = draft(reader)
    reader.follow("Essayer")
    reader.reads("Rien ne s’est encore passé.")
    reader.page.get_by_label("Partenaire", exact=True).select_option("oseo.request_opinion")
    reader.press("Le faire attendre")
    reader.press("Déposer la demande")
    reader.press("Terminer la tâche")
    reader.reads("sont à corriger")
    reader.choose(
        "La commune du projet est-elle en zone d'aide à finalité régionale (AFR) ?", "Non"
    )
    reader.choose("La demande est-elle recevable ?", "Recevable")
    reader.press("Terminer la tâche")
    reader.reads("Demander l'avis d'OSEO")
    reader.press("Réponse du bac à sable")
    reader.reads("oseo.request_opinion répond")
    reader.reads("oseo.opinion")
    reader.press("Passer à la prochaine date")
    reader.reads("Le temps passe :")
    reader.press("Annuler la dernière étape")
    reader.fill("Titre du scénario", "OSEO prend son temps")
    reader.press("Garder le scénario")
    reader.reads("« OSEO prend son temps » est gardé")
    reader.open(f"{address}/modifier/scenarios.json")
    reader.press("Jouer « OSEO prend son temps »")
    reader.reads("Un scénario joué")
    reader.reads("va à son bout")
    reader.open(f"{address}/comparer")
    reader.reads("scenarios.json")


def test_what_changes_and_what_happened_is_drawn(enter) -> None:  # type: ignore[no-untyped-def]
    reader: Reader = enter("didier@region.demo")
    address = draft(reader)
    token = reader.page.locator("meta[name=csrf-token]").get_attribute("content")
    saved = reader.page.evaluate(
        """async ([file, token]) => {
            const read = await fetch(file);
            const body = (await read.text()).replace('"Enregistrer la demande"', '"Inscrire"');
            const headers = { "If-Match": read.headers.get("etag"), "X-CSRFToken": token };
            return (await fetch(file, { method: "PUT", body, headers })).status;
        }""",
        [f"{address}/fichiers/process.bpmn", token],
    )
    assert saved == 200
    reader.open(f"{address}/comparer")
    reader.page.wait_for_selector("#apres-dessin[data-ebg-drawn] .ebg-said.changed")
    reader.page.wait_for_selector("#avant-dessin[data-ebg-drawn] .ebg-said.changed")
    reader.page.get_by_role("button", name="Voir sur le schéma : Inscrire").click()
    reader.page.wait_for_selector("#apres-dessin g.ebg-found")
    reader.look("compare")
    reader.open("/concepteur/procedures/grants.investment_aid/statistiques")
    reader.reads("Aucun passage dans cette période")
    reader.look("statistics")
