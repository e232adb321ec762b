"""Every page there is, looked at by somebody who may open it: not one fault on any.

A page that is neither looked at here nor exempt for a reason fails the first test.
"""

import re
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from passlib.totp import TOTP
from playwright.sync_api import expect

from tests.browser import furnished
from tests.browser.furnished import CAREFUL, FORGETFUL, House
from tests.browser.reader import Reader
from tests.browser.serving import PASSWORD
from tests.conftest import ROOT

PAGES = {
    "visitor": [
        "pages.home",
        "pages.accessibility",
        "pages.legal",
        "pages.site_map",
        "catalogue.index",
        "catalogue.index besoin=machine commune=Autun effectif=dix ape=faux",
        "catalogue.index besoin=introuvable",
        "catalogue.show slug=aid",
        "registry.index",
        "registry.acts_of body=region",
        "registry.acts_of body=region q=introuvable",
        "registry.show body=region act_id=act",
        "security.login",
        "security.forgot_password",
        "security.reset_password token=reset_token",
        "following.index",
        "verifying.index",
        "verifying.show code=folder_code",
        "delivering.show secret=mail_secret",
        "delivering.show secret=opened_secret",
        "api_reference.index",
        "registration.start",
        "registration.finish token=registration_token",
        "registration.invitation token=invitation_token",
        "news.letter_preferences token=letters_token",
    ],
    "act_officer": [
        "act_register.index",
        "act_register.index q=introuvable",
        "act_register.show act_id=act",
        "new_act.ask",
        "letters.index",
        "letters.show letter_id=letter",
        "classification.show",
    ],
    "newcomer": [
        "pages.home",
        "company.new",
        "registration.invitation token=invitation_token",
        "security.account",
        "security.change_password",
        "security.verify",
    ],
    "applicant": [
        "space.index",
        "pages.site_map",
        "vault.index organisation_id=company",
        "vault.index organisation_id=company type=bank_details",
        "vault.show document_id=vault_document",
        "vault.choose case_id=case",
        "tracking.show case_id=case",
        "portal.index",
        "portal.index q=rien etat=en-cours annee=2026",
        "portal.start definition=key",
        *(f"portal.fill draft_id=draft page={number}" for number in range(1, 8)),
        "portal.recap draft_id=draft",
        "portal.follow case_id=case",
        "portal.follow case_id=begun",
        "sections.documents case_id=case",
        "sections.history case_id=case",
        "asks.show ask_id=ask",
        "exports.choose case_id=case",
        "previews.show document_id=document",
        "inbox.show task_id=applicant_task",
        "company.show organisation_id=company",
        "news.index",
        "news.preferences",
    ],
    "administrator": [
        "company.show organisation_id=company",
        "rights.history organisation_id=company",
        "space.index",
        "api_settings.show organisation_id=company",
        "api_settings.webhook webhook_id=webhook",
    ],
    "brander": [
        "pages.home",
        "branding.show organisation_id=region",
        "bodies.show organisation_id=region",
        "bodies.edit organisation_id=region",
        "body_people.index organisation_id=region",
        "body_people.index organisation_id=region q=rien role=case_officer etat=anciens",
        "body_people.show organisation_id=region person_id=officer_person",
        "body_people.new organisation_id=region",
        "body_ending.ask organisation_id=region holding_id=holding",
        "body_roles.index organisation_id=region",
        "body_services.index organisation_id=region",
        "people_imports.new organisation_id=region",
        "people_imports.show organisation_id=region import_id=people_file",
        "body_procedures.index organisation_id=region",
        "body_procedures.show organisation_id=region key=key",
        "body_journal.index organisation_id=region",
        "api_settings.show organisation_id=region",
    ],
    "officer": [
        "inbox.index panier=a-prendre",
        "inbox.index panier=a-moi",
        "inbox.index panier=equipe",
        "inbox.index panier=en-retard",
        "inbox.index panier=faits",
        "inbox.index panier=en-attente",
        "inbox.index panier=reportees",
        "inbox.index panier=suivis",
        "inbox.index panier=a-prendre procedure=key echeance=mois tri=titre q=chaine",
        "inbox.index panier=a-prendre procedure=gone page=40000",
        "inbox.index vue=shared_view",
        "inbox.preview task_id=officer_task",
        "worklist.views",
        "worklist.preferences",
        "inbox.show task_id=officer_task",
        "inbox.show task_id=held_task",
        "inbox.show task_id=applicant_task",
        "cases.index",
        "pages.site_map",
        "search.index mots=rien",
        "cases.show case_id=case",
        "cases.diagram case_id=case",
        "sections.filed case_id=case",
        "sections.documents case_id=case",
        "sections.exchanges case_id=case",
        "sections.private case_id=case",
        "sections.history case_id=case",
        "sections.history case_id=case genre=exploitation",
        "notes.show note_id=note",
        "asks.new case_id=case",
        "asks.new case_id=case quoi=document",
        "asks.new case_id=case quoi=opinion",
        "asks.show ask_id=opinion",
        "exports.choose case_id=case",
        "previews.show document_id=internal_document",
        "search.index",
        "search.index procedure=key mots=chaine numero=26",
        "search.show_figures",
        "absences.index",
        "bulk.index",
        "bulk.show job_id=lot",
        "parapheur.index",
        "parapheur.desk desk_id=juridique state=a-traiter",
        "parapheur.desk desk_id=juridique state=suivis mots=rien",
        "parapheur_folders.show folder_id=folder",
        "parapheur_folders.show folder_id=passed zoom=200",
        "parapheur_search.index mots=folder",
        "parapheur_delegations.index",
        "parapheur_signatures.show lot_id=signing_lot",
        "parapheur_signatures.helper",
        "parapheur_certificates.index",
        "inbox.show task_id=held_task geste=reporter",
    ],
    "head": [
        "parapheur_typology.index",
        "parapheur_typology.new_desk",
        "parapheur_typology.show_desk desk_id=juridique",
        "parapheur_kinds.new_type",
        "parapheur_kinds.show_type type_id=folder_type",
        "parapheur_kinds.new_subtype type_id=folder_type",
        "parapheur_kinds.show_subtype subtype_id=folder_subtype",
        "parapheur_circuits.new",
        "parapheur_circuits.show key=circuit",
        "accounting.index",
        "payment_orders.index",
        "payment_orders.new",
        "pes.new",
        "pes.show pes_id=pes",
        "pes.batch pes_id=pes position=0",
        "pes_returns.index",
        "pes_returns.show return_id=return",
        "budgets.index",
        "budgets.new",
        "budgets.edit budget_id=budget",
        "contracts.index",
        "contracts.new",
        "contracts.show contract_id=contract",
        "invoices.index",
        "invoices.new contract_id=contract",
        "inbox.show task_id=held_task geste=reporter",
        "parapheur_typology.index",
        "parapheur_typology.new_desk",
        "parapheur_typology.show_desk desk_id=juridique",
        "parapheur_kinds.new_type",
        "parapheur_kinds.show_type type_id=folder_type",
        "parapheur_kinds.new_subtype type_id=folder_type",
        "parapheur_kinds.show_subtype subtype_id=folder_subtype",
        "parapheur_circuits.new",
        "parapheur_circuits.show key=circuit",
        "inbox.index",
        "cases.show case_id=begun",
        "inbox.show task_id=officer_task",
        "inbox.show task_id=held_task geste=attribuer",
        "inbox.show task_id=held_task geste=remettre",
        "absences.index",
        "team.index",
        "team.agent person_id=officer_person",
        "team.untaken role=case_officer",
    ],
    "colleague": [
        "parapheur_deposit.choose",
        "parapheur_deposit.start desk_id=assemblees subtype_id=folder_subtype",
        "parapheur_correction.correct folder_id=refused_folder",
        "parapheur_folders.show folder_id=refused_folder",
        "absences.index",
        "inbox.index",
        "news.index",
        "news.index non-lues=1",
        "news.preferences",
    ],
    "cofunder": [
        "inbox.index",
        "inbox.show task_id=cofunder_task",
        "cases.show case_id=case",
        "sections.filed case_id=case",
    ],
    "other_cofunder": ["asks.index", "asks.show ask_id=opinion", "cases.show case_id=held"],
    "designer": [
        "designer.index",
        "designer.index q=rien",
        "designer.procedure key=key",
        "designer.journal key=key",
        "designer.version definition_id=definition",
        "designer.draft draft_id=procedure_draft",
        "designer_canvas.edit draft_id=procedure_draft name=process",
        "designer_publication.choose draft_id=procedure_draft",
        "designer_publication.compare_apart draft_id=procedure_draft",
        "designer_publication.withdrawing definition_id=next_definition",
        "designer_transfers.choose draft_id=procedure_draft",
        "designer_transfers.new",
        "designer_tables.edit draft_id=procedure_draft stem=size_class",
        "designer_forms.edit draft_id=procedure_draft stem=application",
        "designer_letters.edit draft_id=procedure_draft stem=acknowledgement",
        "designer_feel.page draft_id=procedure_draft",
        "designer_migrating.choose definition_id=definition",
        "designer_migrating.show job_id=migration",
        "trial.show draft_id=procedure_draft",
        "scenarios.show draft_id=procedure_draft",
        "comparing.show de=definition a=next_definition",
        "comparing.of_draft draft_id=procedure_draft",
        "statistics.show key=key",
        "news.preferences",
    ],
    "legal_officer": [
        "designer.index",
        "designer.draft draft_id=new_draft",
        "designer_publication.show request_id=publication",
    ],
    "operator": [
        "operate.index",
        "operate.mails",
        "host_names.index",
        "partners.show name=oseo",
        "partners.show name=storage",
        "partners.index",
        "exchanges.index",
        "exchanges.index partenaire=oseo issue=answered",
        "exchanges.show exchange_id=exchange",
        "relaying.index",
        "relaying.show transmission_id=transmission",
        "relaying.account_list",
        "journal.index",
        "journal.index exploitation=1",
        "journal.checks",
        "running.show",
        "running.chore chore_id=chore",
        "retaining.index",
        "retaining.rule subject=cases",
        "retaining.rule subject=drafts",
        "retaining.new sorte=cases",
        "retaining.holds",
        "retaining.case case_id=case",
        "measured.show",
        "bodies.index",
        "bodies.index q=rien type=state etat=fermees",
        "bodies.new",
        "bodies.closing organisation_id=region",
        "body_procedures.index organisation_id=region_2",
        "api_settings.mine",
        "operate.incident_list",
        "operate.incident incident_id=incident",
        "case_operations.show case_id=stuck",
        "case_operations.show case_id=case target=next_definition",
        "jobs.index",
        "jobs.new",
        "jobs.new definition_id=definition act=migrate",
        "jobs.new cause=unexpected act=retry",
        "jobs.show job_id=job",
        "jobs.migrate source_id=definition target_id=next_definition",
        "security.two_factor_setup",
    ],
}
"""Who looks at what, as `House.address` reads it."""

IN_ENGLISH = {
    "visitor": ["pages.home", "catalogue.index", "security.login", "registration.start"],
    "applicant": ["portal.index", "portal.fill draft_id=draft page=4"],
    "designer": [
        "designer.procedure key=key",
        "designer.draft draft_id=procedure_draft",
        "designer_publication.show request_id=publication",
        "designer_migrating.show job_id=migration",
        "trial.show draft_id=procedure_draft",
        "scenarios.show draft_id=procedure_draft",
        "comparing.show de=definition a=next_definition",
        "statistics.show key=key",
    ],
    "officer": [
        "parapheur_folders.show folder_id=folder",
        "inbox.index panier=a-prendre procedure=key",
        "inbox.show task_id=held_task",
        "cases.show case_id=case",
        "sections.history case_id=case",
        "asks.new case_id=case quoi=document",
    ],
    "operator": ["operate.index", "case_operations.show case_id=stuck"],
}

FRENCH = [
    "Aide à l'investissement des entreprises", "Examiner la recevabilité", "Compléter le dossier",
    "Donner l'avis du département", "Éditer le récapitulatif", "Une aide accordée",
    "Aide à l’investissement matériel des PME",
]  # fmt: skip
"""Names that procedures, stories and aids have in French alone."""

BY_ANOTHER_TEST = {
    "following.show": "a request followed by secret: test_company_tracking.py",
    "security.two_factor_token_validation": "a second factor, below",
    "security.mf_recovery": "a second factor, below",
    "security.mf_recovery_codes": "a second factor, below",
}

NOT_A_PAGE = {
    "delivering.download": "files",
    "pes.download": "files",
    "pes.acknowledgement": "files",
    "pes.document": "files",
    "pes_returns.download": "files",
    "static": "files",
    "cases.download": "files",
    "act_register.export": "a file",
    "act_register.number": "a piece of the form of an act",
    "act_register.document": "files",
    "letters.document": "files",
    "registry.feed": "an Atom feed",
    "registry.document": "files",
    "parapheur_signatures.to_sign": "JSON",
    "parapheur_signatures.download": "a program",
    "parapheur.task": "an address that leads to a folder",
    "parapheur_folders.picture": "an image",
    "parapheur_folders.download": "files",
    "parapheur_folders.supporting": "files",
    "parapheur_folders.bundle": "a ZIP",
    "parapheur_deposit.picture": "an image",
    "parapheur_circuits.diagram": "a BPMN file",
    "parapheur_circuits.drawing": "a BPMN file",
    "cases.diagram_file": "a BPMN file",
    "designer_files.read": "files",
    "statistics.export": "a file",
    "statistics.diagram": "a BPMN file",
    "designer_files.published": "files",
    "designer_files.show_catalogue": "JSON",
    "designer_publication.file": "files",
    "designer_beginning.begin": "on to an editor",
    "designer_transfers.pack_draft": "a ZIP",
    "designer_transfers.pack_version": "a ZIP",
    "previews.content": "files",
    "pages.logo": "an image",
    "pages.theme_css": "a style sheet",
    "catalogue.communes": "JSON, or the options of a list",
    "news.signal": "JSON",
    "people_imports.example": "a CSV file",
    "people_imports.refused": "a CSV file",
    "branding.preview": "a fragment of branding.show",
    "branding.mine": "leads to the page of one's body",
    "branding.preview_css": "a style sheet",
    "mine.data": "a file",
    "vault.download": "files",
    "health.healthz": "for machines",
    "health.readyz": "for machines",
    "case_operations.find": "leads to a case's page",
    "measured.export": "a file",
    "security.two_factor_rescue": "leads to the recovery codes",
}

REFUSALS = [
    ("officer", "/dossiers/recherche?depose_du=hier", 422),
    ("officer", "/dossiers/chiffres?du=hier", 422),
    ("visitor", "/nulle-part", 404),
    ("visitor", "/deconnexion", 405),
    ("visitor", "/invitation/faux", 410),
    ("applicant", "/exploitation/", 403),
]


@pytest.fixture(scope="module")
def house(chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with furnished.house(tmp_path_factory.mktemp("furnished")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(house: House):
    """`enter` leads to this office."""
    return house.served


def test_no_page_is_forgotten(app: Flask) -> None:
    there = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in rule.methods and not rule.endpoint.startswith(("api.", "iparapheur"))
        if "GET" in rule.methods
        and not rule.endpoint.startswith(("api.", "transmission_"))  # for programs
    }
    looked_at = {line.split()[0] for lines in PAGES.values() for line in lines}
    known = [looked_at, BY_ANOTHER_TEST.keys(), NOT_A_PAGE.keys()]
    assert there == set().union(*known)
    assert len(there) == sum(map(len, known)), "each once"


@pytest.mark.parametrize("role", PAGES)
def test_a_page_has_no_fault(enter, house: House, role: str) -> None:
    reader: Reader = enter()
    house.admit(reader, role)
    wrong = [
        fault
        for number, line in enumerate(PAGES[role])
        for fault in visit(reader, house.address(line), shot=f"{role}-{number}")
    ]
    unfold(reader, "header details")
    wrong += reader.faults()
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("role", IN_ENGLISH)
def test_a_page_in_english_has_no_fault(enter, house: House, role: str) -> None:
    reader = in_english(enter, house, role)
    wrong = [
        fault
        for number, line in enumerate(IN_ENGLISH[role])
        for fault in (
            *visit(reader, house.address(line), shot=f"english-{role}-{number}"),
            *unmarked(reader),
        )
    ]
    assert language(reader, "main") == "en"
    assert not wrong, "\n".join(wrong)


def test_the_questions_of_an_english_page_are_said_to_be_french(
    enter, house: House
) -> None:
    reader = in_english(enter, house, "applicant")
    reader.open(house.address("portal.fill draft_id=draft page=4"))
    assert language(reader, "main legend") == "fr"
    reader.open(house.address("portal.recap draft_id=draft"))
    assert language(reader, "dt") == "fr"


@pytest.mark.parametrize(("role", "path", "status"), REFUSALS)
def test_a_refusal_has_no_fault(
    enter, house: House, role: str, path: str, status: int
) -> None:
    reader: Reader = enter()
    house.admit(reader, role)
    reader.refused_with = {status}
    assert not list(visit(reader, path, status, shot=f"refusal-{status}-{role}"))


def test_what_a_designer_is_answered_has_no_fault(enter, house: House) -> None:
    """Pages that only a form shows: the report of an import, and what is refused."""
    reader: Reader = enter()
    house.admit(reader, "designer")
    reader.refused_with = {422}
    for file, told in (
        ("tests/engine/spiff/foreign/camunda7.bpmn", "Rapport d’import"),
        ("README.md", "Rien n’a été importé"),
    ):
        reader.open(house.address("designer_transfers.choose draft_id=new_draft"))
        reader.page.set_input_files("#file", ROOT / file)
        reader.press("Importer")
        reader.reads(told)
        reader.look("import")
    for page, button in (
        ("designer_publication.choose draft_id=procedure_draft", "Demander la publication"),
        (
            "designer_publication.compare_apart draft_id=procedure_draft",
            "Reprendre ces changements",
        ),
        (
            "designer_publication.withdrawing definition_id=next_definition",
            "Retirer cette version",
        ),
        ("designer_transfers.new", "Commencer le brouillon"),
        ("designer_migrating.choose definition_id=definition", "Lancer l’essai à blanc"),
    ):
        reader.open(house.address(page))
        reader.page.evaluate("for (const one of document.forms) one.noValidate = true")
        reader.press(button)
        reader.look(button)


def test_a_form_refused_whole_has_no_fault(enter, house: House) -> None:
    """Sent from a page open for too long, or too heavy."""
    reader: Reader = enter()
    reader.refused_with = {400, 413}
    for name, value, told in (
        ("csrf_token", "'old'", "Formulaire expiré"),
        ("email", "'x'.repeat(5_000_000)", "Envoi trop volumineux"),
    ):
        reader.open("/inscription")
        reader.page.evaluate(
            f"""const form = document.querySelector("main form");
            form.elements.{name}.type = "hidden";
            form.elements.{name}.value = {value};
            form.enctype = "multipart/form-data"; form.noValidate = true"""
        )
        reader.press("Recevoir le lien")
        reader.reads(told)
        reader.look()


def test_the_barest_page_has_no_fault(enter, house: House) -> None:
    """What is shown when the frame itself fails."""
    reader: Reader = enter()
    reader.refused_with = {503}
    reader.page.route(
        "**/panne",
        lambda route: route.fulfill(status=503, content_type="text/html", body=house.bare),
    )
    assert not list(visit(reader, "/panne", 503, shot="bare"))


def test_the_pages_of_a_second_factor_have_no_fault(enter, house: House) -> None:
    reader: Reader = enter(CAREFUL)
    reader.open("/compte/double-authentification")
    reader.press("Commencer")
    reader.look("second-factor")
    key = reader.page.locator(".ebg-reference").inner_text()
    reader.fill("Code à six chiffres", code(key))
    reader.press("Activer")
    for page in ("compte", "compte/double-authentification", "compte/codes-de-secours"):
        reader.open(f"/{page}")
        reader.look()
    reader.press("Créer de nouveaux codes")
    reader.look("recovery-codes")

    elsewhere: Reader = enter(CAREFUL)
    elsewhere.look("code")
    elsewhere.follow("Utiliser un code de secours")
    elsewhere.look()
    elsewhere.fill("Code de secours", "faux")
    elsewhere.press("Se connecter")
    elsewhere.reads("Ce code est faux ou a déjà servi.")
    elsewhere.look()


def test_a_visit_about_to_end_says_so_and_loses_nothing_typed(enter, house: House) -> None:
    reader: Reader = enter(FORGETFUL)
    reader.page.clock.install()
    reader.open(house.address("company.new"))
    reader.fill("Numéro SIRET", "123")
    soon = reader.page.get_by_text("votre visite se ferme à")
    over = reader.page.get_by_text("Votre visite est fermée.")
    stay = reader.page.get_by_role("button", name="Rester ici")

    reader.page.route(re.compile(r"/nouvelles/signal\?"), lambda route: None)  # away
    reader.page.clock.fast_forward("09:50:00")
    expect(soon).to_be_visible(timeout=60_000)
    reader.page.clock.resume()
    reader.look("session-soon")
    stay.click()
    expect(soon).to_be_hidden(timeout=60_000)
    reader.page.clock.fast_forward("10:00:10")
    expect(over).to_be_visible(timeout=60_000)
    reader.look("session-over")

    reader.context.clear_cookies()
    with reader.context.expect_page() as opened:
        reader.page.get_by_role("link", name="Se reconnecter").click()
    beside = opened.value
    beside.get_by_label("Adresse de courriel").fill(FORGETFUL)
    beside.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    with beside.expect_navigation():
        beside.locator("main").get_by_role("button", name="Se connecter").click()
    expect(over).to_be_hidden(timeout=60_000)
    reader.refused_with = {422}
    reader.press("Chercher")
    assert reader.page.get_by_label("Numéro SIRET").input_value() == "123"


def visit(reader: Reader, path: str, status: int = 200, shot: str = "") -> Iterator[str]:
    """What is wrong at an address, all that can be unfolded there unfolded."""
    answer = reader.page.goto(path)
    here = urlsplit(reader.page.url).path
    if answer.status != status or here != urlsplit(path).path:
        yield f"{path}: {answer.status} at {here}"
        return
    if reader.page.locator("[data-ebg-diagram]").count():
        reader.page.wait_for_selector("[data-ebg-drawn]")
    unfold(reader, "main details")
    yield from (f"{path}: {fault}" for fault in reader.faults())
    reader.shoot(shot)


def in_english(enter, house: House, role: str) -> Reader:
    reader: Reader = enter()
    house.admit(reader, role)
    reader.open("/mentions-legales")
    reader.press("English", within="footer")
    return reader


def language(reader: Reader, where: str) -> str:
    """The language a screen reader speaks there."""
    return reader.page.locator(where).first.evaluate("one => one.closest('[lang]').lang")


def unmarked(reader: Reader) -> list[str]:
    """What procedures name, read there without being said to be French."""
    found = reader.page.evaluate(
        """names => {
            const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
            const wrong = [];
            for (let one = texts.nextNode(); one; one = texts.nextNode())
                if (names.some((name) => one.data.includes(name)) && !one.parentElement.closest("textarea"))
                    if (one.parentElement.closest("[lang]").getAttribute("lang") !== "fr")
                        wrong.push(one.data.trim());
            return wrong;
        }""",
        FRENCH,
    )
    return [f"{reader.page.url}: not said to be French: {words}" for words in found]


def unfold(reader: Reader, which: str) -> None:
    reader.page.evaluate(
        "which => document.querySelectorAll(which).forEach(fold => { fold.open = true })",
        which,
    )


def code(key: str) -> str:
    """The code that a telephone shows for this key."""
    seed = re.sub(r"[\s-]", "", key)
    return str(TOTP(key=seed).generate(time.time()).token)
