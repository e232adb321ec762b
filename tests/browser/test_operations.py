"""An operator's day: incidents corrected, a case mapped to another version, jobs tried first."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from engine import clock
from engine.commands import people
from tests.browser import serving
from tests.browser.reader import Reader
from tests.browser.serving import Served
from tests.engine.drawn_cases import begin, lanes, steps, version
from tests.engine.spiff.drawing import chain, element, end, script, start, user
from tests.office import open_office, publish
from web.accounts import open_account

pytestmark = pytest.mark.timeout(900)

OLGA = "olga@plateforme.demo"
SHARES = element(
    "process", "tests.shares", lanes("review"), start(),
    script("share", "if total = null then null else {share: total}"),
    user("review"), end(), chain("started", "share", "review", "ended"),
    isExecutable="true", name="Partage",
)  # fmt: skip


def furnish(app: Flask) -> None:
    """Three cases at a step that the new version names otherwise; two stopped on their data."""
    office = open_office()
    platform = people.add_organisation("platform", "Exploitation", slug="operators")
    olga = open_account(email=OLGA, name="Olga Durand", password=serving.PASSWORD)
    people.grant(olga, platform, "operator")
    old = version(office, steps("a", "b"))
    for _ in range(3):
        begin(office, old)
    version(office, steps("a2", "b"))
    shares = publish("tests.shares", SHARES, owner=office.region)
    for _ in range(2):
        begin(office, shares)


@pytest.fixture(scope="module")
def busy(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving.office(tmp_path_factory.mktemp("busy"), furnish) as running:
        yield running


@pytest.fixture
def olga(chromium: Browser, busy: Served) -> Iterator[Reader]:
    reader = Reader(chromium, busy.url, javascript=True)
    reader.refused_with.add(422)
    reader.sign_in(OLGA)
    yield reader
    reader.leave()


def select(reader: Reader, field: str, label: str) -> None:
    reader.page.locator(f"#{field}").select_option(label=label)


def test_an_incident_is_corrected_after_a_look(olga: Reader) -> None:
    olga.open("/exploitation/")
    olga.look("operate-index")
    olga.follow("share")
    olga.reads("Incidents ouverts", f"Dossier {clock.today():%y}-")
    olga.look("incidents")
    with olga.page.expect_navigation():
        olga.page.locator("main .ebg-list li").get_by_role("link").first.click()
    olga.fill("Motif", "Le total manquait")
    olga.fill("Données (objet JSON)", "{")
    olga.press("Réessayer avec ces données")
    olga.reads("ce n’est pas du JSON valide")
    olga.fill("Données (objet JSON)", '{"total": 12}')
    olga.press("Réessayer avec ces données")
    olga.reads("Calcul impossible", "Ce qui va se passer", "commence : tâche « review »")
    olga.reads("prend fin : incident « share »")
    olga.look("incident-preview")
    olga.press("Confirmer : Réessayer avec ces données")
    olga.reads("C’est fait : le dossier repart.")


def test_many_incidents_are_tried_first_and_then_skipped(olga: Reader) -> None:
    olga.open("/exploitation/")
    olga.follow("share")
    olga.follow("Agir sur tous ces dossiers")
    select(olga, "act", "Sauter l’étape")
    select(olga, "target", "share")
    olga.fill("Données (objet JSON)", '{"share": 1}')
    olga.fill("Motif", "Saisi ailleurs")
    olga.look("job-new")
    olga.press("Compter les dossiers")
    olga.reads("dossier")
    olga.press("Essai à blanc")
    olga.wait_to_read("Commence : tâche « review ».")
    olga.reads("Rien n’est changé", "possible", "Prend fin : incident « share »")
    olga.look("job-rehearsal")
    olga.press("Le faire : Sauter l’étape")
    olga.wait_to_read("Terminé · ")
    olga.reads("fait :", '{"share": 1}')
    olga.open("/exploitation/")
    olga.reads("Aucun incident")


def test_a_case_goes_to_another_version_with_a_mapping(olga: Reader) -> None:
    olga.open("/exploitation/travaux/nouveau")
    olga.page.locator("#definition_id").select_option(index=1)
    olga.press("Montrer ses étapes")
    olga.open("/exploitation/travaux/")
    olga.look("jobs")
    olga.follow("vers la version 2")
    olga.reads("Correspondance des étapes")
    olga.fill("Motif", "Nouvelle version")
    olga.look("migration")
    olga.press("Continuer : essai à blanc ou migration")
    number = (
        olga.page.locator("#choisis ~ p, section p")
        .filter(has_text=f"{clock.today():%y}-")
        .first
    )
    case = number.inner_text().split(":")[-1].split(",")[0].strip(" .…")
    olga.press("Essai à blanc")
    olga.wait_to_read("serait refusé : 3")
    olga.reads("« a » n'existe plus dans la nouvelle version")
    olga.open(f"/exploitation/dossiers/?numero={case}")
    select(olga, "act", "Passer à une autre version")
    select(olga, "version", "version 2")
    olga.fill("Motif", "Nouvelle version")
    olga.press("Voir ce qui va se passer")
    olga.reads("Rien n’a été changé", "« a » n'existe plus", "Correspondance des étapes")
    select(olga, "map-a", "a2")
    olga.look("case-mapping")
    olga.press("Voir ce qui va se passer")
    olga.reads("Rien ne commence et rien ne prend fin.")
    olga.press("Confirmer : Passer à une autre version")
    olga.reads(
        "C’est fait.", "version 2", "Dossier passé à une autre version", "Olga Durand"
    )
    olga.look("case-journal")


def test_cases_are_suspended_and_resumed_by_their_state(olga: Reader) -> None:
    olga.open("/exploitation/travaux/nouveau")
    for act, state in (
        ("Suspendre le dossier", "En cours"),
        ("Reprendre le dossier", "Suspendu"),
    ):
        olga.open("/exploitation/travaux/nouveau")
        select(olga, "act", act)
        select(olga, "status", state)
        olga.fill("Motif", "Audit")
        olga.press("Compter les dossiers")
        olga.reads("5 dossiers ouverts correspondent")
        olga.press(f"Confirmer : {act}")
        olga.wait_to_read("Terminé · 5 sur 5")
        olga.reads("fait : 5")


def test_a_partner_is_paused_and_limited_with_a_motive(olga: Reader) -> None:
    olga.open("/exploitation/partenaires/oseo")
    olga.fill("Motif", " ")
    olga.press("Suspendre les appels")
    olga.reads("Dites pourquoi")
    olga.fill("Motif", "Maintenance annoncée")
    olga.press("Suspendre les appels")
    olga.reads("Les appels à ce partenaire sont suspendus.")
    olga.open("/exploitation/partenaires/oseo")
    olga.reads(
        "suspendu depuis le", "Appels suspendus", "Maintenance annoncée", "Olga Durand"
    )
    olga.look("partner")
    olga.fill("Motif", "Ils le demandent")
    olga.fill("Appels par minute", "30")
    olga.press("Régler le débit")
    olga.reads("Le débit est réglé.")
    olga.open("/exploitation/partenaires/oseo")
    olga.fill("Motif", "Maintenance finie")
    olga.press("Reprendre les appels")
    olga.reads("Les appels à ce partenaire reprennent.")
