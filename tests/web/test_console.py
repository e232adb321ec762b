"""The operator's console: what needs a hand, what was exchanged, what is kept, and the proof."""

import csv
import html
import io
import json
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from connectors import sandboxes
from engine import chores as chore
from engine import clock, journal, journal_check, marks, retention
from engine.chores import Chore
from engine.commands import chores
from engine.exchanges import Exchange, Response
from engine.jobs import Job, progress
from engine.journal import JournalEntry
from engine.models import Incident, ProcessInstance, db
from engine.platform_figures import PlatformFigure
from engine.transaction import transaction
from tests.plans import plan_of, sent, whole
from tests.web.browser import Browser
from tests.web.two_offices import TwoOffices, nothing_closed, open_two_offices
from web import tidying
from web.operate import exchanging, needs, reading
from web.operate.exchanging import Wanted
from web.operate.reading import Stopped
from web.worker import Workers

AT = "/exploitation"
WHY = {"motive": "Demande du responsable"}


@pytest.fixture
def office(app: Flask) -> TwoOffices:
    return open_two_offices(app)


@pytest.fixture
def olga(app: Flask, office: TwoOffices) -> Browser:
    return Browser(app, office.actor("operator"))


def said(answer: Any) -> str:
    return html.unescape(answer.text)


def test_what_needs_a_hand_is_told_and_goes_when_it_is_done(
    app: Flask, office: TwoOffices, olga: Browser
) -> None:
    page = said(olga.get(f"{AT}/"))
    assert "incident" in page
    assert "Aucun exécutant ne travaille" in page
    assert "Aucune sauvegarde n’a été signalée" in page
    assert "Le journal n’a pas été vérifié" in page
    marks.note(f"{marks.WORKER}ici:1", swept=0)
    assert app.test_cli_runner().invoke(args=["backup-done"]).exit_code == 0
    chores.finish()
    with transaction():
        db.session.execute(update(Incident).values(resolved_at=clock.now()))
    page = said(olga.get(f"{AT}/"))
    assert "Tout avance : rien ne demande votre main." in page
    clock.advance(timedelta(days=3))
    page = said(olga.get(f"{AT}/"))
    assert "Aucun exécutant ne travaille" in page
    assert "La dernière sauvegarde est ancienne" in page
    assert "Le journal n’a pas été vérifié" in page
    kinds = [one.kind for one in _needs(app)]
    assert kinds == sorted(kinds, key=["late", "warn", "info"].index)
    olga.send(f"{AT}/partenaires/oseo/pause", WHY)
    assert "Avis de Bpifrance (OSEO) : appels suspendus" in said(olga.get(f"{AT}/"))


def _needs(app: Flask) -> list[needs.Need]:
    with app.test_request_context():
        return needs.all_of_them(reading.partners(app.extensions["partners"]))


def test_a_worker_says_that_it_is_alive_and_is_forgotten_when_it_stops(
    app: Flask, office: TwoOffices, olga: Browser
) -> None:
    workers = Workers(app)
    workers.start(1)
    try:
        limit = time.monotonic() + 60
        while not marks.workers() and time.monotonic() < limit:
            time.sleep(0.05)
            db.session.rollback()
        assert "en vie" in said(olga.get(f"{AT}/fonctionnement/"))
    finally:
        workers.stop()
    db.session.rollback()
    assert marks.workers() == []
    marks.note(f"{marks.WORKER}mort:1", swept=0)
    clock.advance(timedelta(minutes=2))
    assert "muet" in said(olga.get(f"{AT}/fonctionnement/"))
    clock.advance(timedelta(days=2))
    tidying.tidy(app.extensions["partners"]["storage"])
    db.session.rollback()
    assert marks.workers() == []


def test_a_row_changed_by_hand_is_found_and_told_with_its_place(
    office: TwoOffices, olga: Browser
) -> None:
    chain = f"case:{office.ids['case']}"
    with db.engine.begin() as connection:
        connection.execute(
            update(JournalEntry)
            .where(JournalEntry.chain == chain, JournalEntry.seq == 2)
            .values(action="task_completed_by_another")
        )
    refused = olga.send(f"{AT}/journal/verifications", {"motive": " "})
    assert refused.status_code == 422
    olga.send(f"{AT}/fonctionnement/{office.ids['chore']}/arret", WHY)
    asked = olga.send(f"{AT}/journal/verifications", WHY)
    where = asked.location
    assert "en cours" in said(olga.get(where))
    chores.finish()
    page = said(olga.get(where))
    assert "Une anomalie" in page
    assert chain in page
    assert "L’entrée a été modifiée" in page
    assert "Une anomalie dans le journal" in said(olga.get(f"{AT}/"))
    assert "alert-danger" in page
    acts = said(olga.get(f"{AT}/journal/?exploitation=1"))
    assert "Travail de la plateforme demandé" in acts
    assert WHY["motive"] in acts


def test_the_platform_verifies_and_counts_by_itself(
    office: TwoOffices, olga: Browser
) -> None:
    tidying.plan()
    chores.finish()
    done = db.session.scalars(select(Chore).where(Chore.status == chore.DONE)).all()
    assert {one.kind for one in done} >= {chore.JOURNAL, chore.FIGURES}
    page = said(olga.get(f"{AT}/chiffres/"))
    opened = db.session.scalars(select(ProcessInstance)).all()
    assert f"<dd>{len(opened)}</dd>" in page
    assert "Comptés le" in page
    bodies = {case.organisation_id for case in opened}
    assert len(bodies) == 2
    rows = list(
        csv.reader(io.StringIO(olga.get(f"{AT}/chiffres/fichier.csv").text), delimiter=";")
    )
    assert rows[0][-1] == "incidents"
    assert sum(int(row[4]) for row in rows[1:]) == len(opened)
    first = {
        (one.name, one.key, one.organisation_id): one.value
        for one in db.session.scalars(select(PlatformFigure))
    }
    clock.advance(timedelta(hours=1))
    tidying.plan()
    chores.finish()
    again = {
        (one.name, one.key, one.organisation_id): one.value
        for one in db.session.scalars(select(PlatformFigure))
    }
    assert again.keys() == first.keys(), "counted anew, not twice"
    for odd in ("du=hier", "du=31/02/2026", "au=" + "9" * 300, "du=%00", "du='; DROP"):
        assert olga.get(f"{AT}/chiffres/?{odd}").status_code in {200, 422}
        assert olga.get(f"{AT}/chiffres/fichier.csv?{odd}").status_code == 200
    assert olga.get(f"{AT}/chiffres/?du=01/01/0001&au=31/12/9999").status_code == 200


@pytest.fixture
def exchange(office: TwoOffices) -> Exchange:
    """An attempt whose answer is kept."""
    found = db.session.get_one(Exchange, office.ids["exchange"])
    with transaction():
        kept = db.session.get_one(Exchange, found.id)
        kept.response = Response(content=b'{"avis":"<b>oui</b>"}', at=clock.now())
        kept.response_sha512 = "0" * 128
        kept.outcome = "answered"
    db.session.rollback()
    return db.session.get_one(Exchange, found.id)


def test_what_was_exchanged_is_found_and_read_with_a_motive_alone(
    office: TwoOffices, olga: Browser, exchange: Exchange
) -> None:
    case = db.session.get_one(ProcessInstance, exchange.call.instance_id)
    where = f"{AT}/echanges/{exchange.id}"
    for asked in (
        f"numero={case.number.lower()}",
        f"cle={exchange.call_id}",
        f"partenaire={exchange.partner}&issue=answered",
        f"du={clock.today():%d/%m/%Y}&au={clock.today().isoformat()}",
    ):
        assert where in olga.get(f"{AT}/echanges/?{asked}").text, asked
    for asked in ("issue=refused", "partenaire=sirene", "au=2001-01-01"):
        assert where not in olga.get(f"{AT}/echanges/?{asked}").text, asked
    page = said(olga.get(where))
    assert exchange.request_sha512 in page
    assert "ne porte plus cette empreinte" in page, "we wrote a false digest"
    assert "<b>oui" not in page, "what was said is not shown"
    acts = len(journal.of_case(case.id))
    assert olga.send(f"{where}/recu", {"motive": ""}).status_code == 422
    assert len(journal.of_case(case.id)) == acts
    taken = olga.send(f"{where}/recu", WHY)
    assert taken.data == b'{"avis":"<b>oui</b>"}'
    assert taken.headers["Content-Disposition"].startswith("attachment")
    assert taken.headers["Cache-Control"] == "no-store"
    told = journal.of_case(case.id)[-1]
    assert (told.action, told.detail["motive"]) == ("exchange_read", WHY["motive"])
    assert json.loads(olga.send(f"{where}/envoye", WHY).data) == exchange.call.arguments
    with transaction():
        db.session.delete(db.session.get_one(Response, exchange.id))
    assert olga.send(f"{where}/recu", WHY).status_code == 410
    assert journal_check.verify() == []


HOSTILE = [
    "'; DROP TABLE exchange; --", "%00", "😀" * 80, "../../etc/passwd", "{{7*7}}",
    "<script>alert(1)</script>", "x" * 5000, "99999999999999999999",
]  # fmt: skip


def test_hostile_searches_are_answered_quietly(office: TwoOffices, olga: Browser) -> None:
    lists = {
        "echanges/": ["partenaire", "issue", "numero", "cle", "du", "au", "page"],
        "journal/": ["numero", "sujet", "personne", "acte", "du", "au", "apres"],
        "incidents": ["cause", "step_name", "key", "partner", "since", "numero", "page"],
        "travaux/": ["etat", "page"],
        "fonctionnement/": ["sorte", "etat", "page"],
        "journal/verifications": ["page"],
        "conservation/gels/": ["page"],
        "conservation/regles/nouvelle": ["sorte", "procedure", "duree"],
    }
    for address, names in lists.items():
        for typed in HOSTILE:
            asked = dict.fromkeys(names, typed)
            answer = olga.client.get(f"{AT}/{address}", query_string=asked)
            assert answer.status_code in {200, 422}, (address, typed[:20])
            assert "<script>alert" not in answer.text
    for odd in ("2026-01-01T00:00:00+00:00|1|case:x", "2026-01-01|1|x", "|||", "x|9e9|y"):
        answer = olga.client.get(f"{AT}/journal/", query_string={"apres": odd})
        assert answer.status_code == 200
    for address in ("echanges/99999999999", "echanges/-1", "conservation/nawak",
                    "conservation/cases:nawak", "partenaires/nawak"):  # fmt: skip
        assert olga.get(f"{AT}/{address}").status_code == 404


def test_the_journal_taken_away_can_be_opened_without_harm(
    office: TwoOffices, olga: Browser, tmp_path: Any
) -> None:
    olga.send(f"{AT}/partenaires/oseo/pause", {"motive": "=1+1"})
    olga.send(f"{AT}/partenaires/oseo/resume", {"motive": "@formule"})
    lines = olga.send(f"{AT}/journal/export", {"format": "jsonl", "exploitation": "1"})
    file = tmp_path / "journal.jsonl"
    file.write_bytes(lines.data)
    from engine import journal_export

    assert journal_export.verify(file) == []
    sheet = olga.send(f"{AT}/journal/export", {"format": "csv", "sujet": "partner:oseo"})
    rows = list(csv.reader(io.StringIO(sheet.text), delimiter=";"))
    assert len(rows) == 3
    assert all(not cell.startswith(("=", "@")) for row in rows for cell in row)
    told = journal.latest("journal")
    assert [one.detail["format"] for one in told] == ["csv", "jsonl"]
    person = office.actor("operator").person_id
    assert {one.actor_id for one in told} == {person}
    mine = said(olga.get(f"{AT}/journal/?personne=OPERATOR@essai.test&acte=partner_paused"))
    assert "=1+1" in mine
    assert olga.get(f"{AT}/journal/?personne=nulle@part.test").status_code == 422


def test_a_sandbox_is_told_to_misbehave_and_a_live_partner_never(
    app: Flask, office: TwoOffices, olga: Browser
) -> None:
    where = f"{AT}/partenaires/oseo/repetition"
    data = app.extensions["settings"].data
    typed = {"down": "1", "slow": "3", "error": "40", "ambiguous": "60", "refuse": "Non",
             "motif_repetition": "Exercice"}  # fmt: skip
    for wrong in (
        {"motif_repetition": ""},
        {"slow": "121"},
        {"slow": "-1"},
        {"error": "²"},
        {"error": "41"},
        {"throttle": "9" * 400},
    ):
        answer = olga.send(where, {**typed, **wrong})
        assert answer.status_code == 422, wrong
        assert 'value="Non"' in answer.text, "nothing typed is lost"
    assert not sandboxes.faults(data, "oseo").now().down
    assert olga.send(where, typed).status_code == 302
    weather = sandboxes.faults(data, "oseo").now()
    assert (weather.down, weather.slow, weather.ambiguous) == (True, 3, 0.6)
    assert journal.latest("partner:oseo")[0].action == "partner_rehearsed"
    assert "alert-danger" in olga.post(f"{AT}/partenaires/oseo/essai").text
    for name in ("storage", "rendering"):
        assert olga.send(f"{AT}/partenaires/{name}/repetition", typed).status_code == 404
        assert "Répéter des pannes" not in said(olga.get(f"{AT}/partenaires/{name}"))
    partners = app.extensions["partners"]
    partners["oseo"] = replace(partners["oseo"], mode="live")
    assert olga.send(where, typed).status_code == 404
    assert "Répéter des pannes" not in said(olga.get(f"{AT}/partenaires/oseo"))


def test_settings_are_shown_without_their_secrets(
    app: Flask, office: TwoOffices, olga: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.extensions["settings"]
    given = {
        **settings.partners, "OSEO_TOKEN": "s3cr3t-token", "MAIL_PASSWORD": "s3cr3t-mail",
        "ASALAE_URL": "https://nous:s3cr3t-url@archives.test/", "MAIL_SERVER": "smtp.test",
        "SECRET_KEY": "s3cr3t-key",
    }  # fmt: skip
    known = settings.model_copy(update={"partners": given})
    monkeypatch.setitem(app.extensions, "settings", known)
    pages = [said(olga.get(f"{AT}/partenaires/{name}"))
             for name in app.extensions["partners"]]  # fmt: skip
    assert not [page for page in pages if "s3cr3t" in page]
    whole_text = "".join(pages)
    assert "smtp.test" in whole_text
    assert "https://…@archives.test/" in whole_text
    assert "renseigné, caché" in whole_text


def test_incidents_are_filtered_and_the_whole_list_acted_on(
    office: TwoOffices, olga: Browser
) -> None:
    incident = db.session.get_one(Incident, office.ids["incident"])
    case = db.session.get_one(ProcessInstance, incident.instance_id)
    where = f"{AT}/incidents/{incident.id}"
    today = f"{clock.today():%d/%m/%Y}"
    found = f"key={case.key}&since={today}&step_name={incident.element_name}"
    for asked in (found, f"numero={case.number}", "cause=unexpected"):
        assert where in olga.get(f"{AT}/incidents?{asked}").text, asked
    tomorrow = f"{clock.today() + timedelta(days=1):%d/%m/%Y}"
    for asked in ("key=tests.autre", f"since={tomorrow}", "partner=sirene",
                  "step_name=Autre"):  # fmt: skip
        assert where not in olga.get(f"{AT}/incidents?{asked}").text, asked
    partner = db.session.scalar(
        select(Exchange.partner).where(Exchange.call_id == incident.call_id)
    )
    typed = {"act": "retry", "cause": "unexpected", "target": "unexpected",
             "partner": partner, "since": today, "key": case.key, **WHY}  # fmt: skip
    counted = said(olga.send(f"{AT}/travaux/nouveau", typed))
    assert "Un dossier ouvert correspond" in counted
    none = said(olga.send(f"{AT}/travaux/nouveau", {**typed, "since": tomorrow}))
    assert "0 dossiers ouverts correspondent" in none
    odd = olga.send(f"{AT}/travaux/nouveau", {**typed, "since": "hier"})
    assert odd.status_code == 422


def test_a_job_is_given_up_or_done_again_where_it_failed(
    office: TwoOffices, olga: Browser
) -> None:
    from engine.commands import jobs

    tried = f"{AT}/travaux/{office.ids['job']}"
    olga.send(f"{tried}/abandon", WHY)
    job = db.session.get_one(Job, office.ids["job"])
    assert job.status == "cancelled"
    settled = progress([job])[job.id].settled
    jobs.advance(50)
    job = db.session.get_one(Job, office.ids["job"])
    assert progress([job])[job.id].settled == settled, "it goes no further"
    assert olga.send(f"{tried}/abandon", WHY).status_code == 422
    assert "Travail abandonné" in said(olga.get(tried))
    assert tried in olga.get(f"{AT}/travaux/?etat=cancelled").text
    assert tried not in olga.get(f"{AT}/travaux/?etat=running").text
    typed = {"act": "suspend", "definition_id": str(office.ids["definition"]), **WHY,
             "job": "00000000-0000-4000-8000-00000000000a", "_confirm": "1"}  # fmt: skip
    made = olga.send(f"{AT}/travaux/nouveau", typed).location
    with transaction():
        db.session.get_one(ProcessInstance, office.ids["begun"]).status = "suspended"
    jobs.advance(50)
    page = said(olga.get(made))
    assert "Refaire sur le dossier sans succès" in page
    with transaction():
        db.session.get_one(ProcessInstance, office.ids["begun"]).status = "active"
    again = {"job": "00000000-0000-4000-8000-00000000000b", **WHY}
    second = olga.send(f"{made}/reprise", again)
    assert second.status_code == 302
    assert second.location != made
    jobs.advance(50)
    done = db.session.get_one(Job, UUID("00000000-0000-4000-8000-00000000000b"))
    assert (done.total, done.status) == (1, "done")
    assert olga.send(f"{made}/reprise", {"job": "x", **WHY}).status_code == 422


def test_a_rule_is_shown_tried_and_applied_with_a_motive(
    office: TwoOffices, olga: Browser
) -> None:
    with transaction():
        nothing_closed()
        case = db.session.get_one(ProcessInstance, office.ids["begun"])
        case.status, case.ended_at = "completed", clock.now()
        number = case.number
    clock.advance(timedelta(days=365 * 11))
    assert "Dossiers clos" in said(olga.get(f"{AT}/conservation/"))
    where = f"{AT}/conservation/cases"
    page = said(olga.get(where))
    assert number in page
    assert "connaissance, à vérifier" in page
    assert olga.send(where, {"motive": ""}).status_code == 422
    shown = said(olga.send(where, WHY))
    assert "Un élément va être éliminé" in shown
    assert (
        db.session.scalars(select(Chore).where(Chore.kind == chore.RETENTION)).all() == []
    )
    # Held by the head of the body, from the case itself.
    head = Browser(olga.client.application, office.actor("head"))
    held = f"/dossiers/{office.ids['begun']}/conservation"
    assert held in head.get(f"/dossiers/{office.ids['begun']}").text
    assert head.send(held, {"motive": ""}).status_code == 422
    assert head.send(held, {"motive": "Recours"}).status_code == 302
    olga.send(where, {**WHY, "_confirm": "1"})
    chores.finish()
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, office.ids["begun"]).eliminated_at is None
    assert "Recours" in said(olga.get(f"{AT}/conservation/gels/"))
    assert olga.send(held, {"motive": "Jugé", "lever": "1"}).status_code == 302
    olga.send(where, {**WHY, "_confirm": "1"})
    chores.finish()
    db.session.rollback()
    assert db.session.get_one(ProcessInstance, office.ids["begun"]).eliminated_at
    assert "Seuls son numéro, ses dates et son journal restent." in said(olga.get(held))
    assert olga.get(f"{AT}/dossiers/{office.ids['begun']}").status_code == 200
    assert head.client.get(f"/dossiers/{office.ids['begun']}").status_code == 403
    assert journal_check.verify() == []


def test_a_rule_is_decided_on_screen(office: TwoOffices, olga: Browser) -> None:
    where = f"{AT}/conservation/regles/nouvelle"
    typed = {"sorte": "notices", "duree": "30", "unite": "D", "sort": "destroy",
             "article": "Délibération <26-12>", "statut": "lu", "automatique": "1", **WHY}  # fmt: skip
    for wrong in ({"duree": "-1"}, {"duree": "²"}, {"duree": "9" * 50}, {"sorte": "x"},
                  {"motive": ""}, {"article": ""}, {"a_partir_du": "hier"},
                  {"a_partir_du": "01/01/2020"}, {"procedure": "nawak"}):  # fmt: skip
        answer = olga.send(where, {**typed, **wrong})
        assert answer.status_code == 422, wrong
        if "article" not in wrong:
            assert "Délibération &lt;26-12&gt;" in answer.text
    assert olga.send(where, typed).status_code == 302
    rule = retention.named("notices")
    assert (rule.duration, rule.automatic, rule.decided) == ("P30D", True, True)
    page = olga.get(f"{AT}/conservation/notices").text
    assert "Délibération &lt;26-12&gt;" in page


def test_accounts_and_simulated_mail_go_when_their_time_is_over(
    app: Flask, office: TwoOffices, olga: Browser
) -> None:
    mail = app.extensions["partners"]["mail"]
    mail.send(to=["a@essai.test"], subject="x", text="y", key="k")
    former = office.actor("former_officer").person_id
    kinds = retention.named("accounts"), retention.named("mails")
    from engine.commands import eliminating
    from engine.directory import Person

    assert [eliminating.kind_of(one).count(one) for one in kinds] == [0, 0]
    clock.advance(timedelta(days=365 * 4))
    operator = office.actor("operator")
    for subject in ("accounts", "mails"):
        chores.ask(chore.RETENTION, subject, actor=operator, motive="Durée passée")
    chores.finish()
    db.session.rollback()
    gone = db.session.get_one(Person, former)
    assert (gone.name, gone.email) == ("Personne effacée", f"{former.hex}@efface.invalid")
    kept = db.session.get_one(Person, office.actor("officer").person_id)
    assert kept.name == "Officer", "who holds a role stays"
    assert "n° " not in said(olga.get(f"{AT}/conservation/mails"))
    assert [eliminating.kind_of(one).count(one) for one in kinds] == [0, 0]
    assert journal_check.verify() == []


LARGE = (
    "exchange", "journal_entry", "process_instance", "incident", "draft", "notice", "chore",
    "job", "exchange_response", "history", "person",
)  # fmt: skip


def test_every_list_of_the_console_is_read_on_an_index(either_app: Flask) -> None:
    office = open_two_offices(either_app)
    olga = Browser(either_app, office.actor("operator"))
    olga.get("/")
    if db.engine.dialect.name == "postgresql":
        name = db.session.scalar(text("SELECT current_database()"))
        db.session.execute(text(f'ALTER DATABASE "{name}" SET enable_seqscan = off'))
        db.session.commit()
        db.engine.dispose()
    number = db.session.get_one(ProcessInstance, office.ids["case"]).number
    asked = [
        "", "incidents?cause=unexpected&page=2", f"incidents?numero={number}",
        "incidents?partner=oseo&key=x", "partenaires/oseo", "echanges/",
        "echanges/?partenaire=oseo&issue=answered", f"echanges/?numero={number}",
        "echanges/?du=2026-01-01&au=2026-01-02", "journal/", "journal/?exploitation=1",
        f"journal/?numero={number}", "journal/?acte=case_started",
        "journal/?personne=officer@essai.test", "journal/verifications", "travaux/?etat=done",
        "fonctionnement/?sorte=journal", "conservation/", "conservation/cases",
        "conservation/gels/", "chiffres/",
    ]  # fmt: skip
    wrong = []
    for one in asked:

        def page(one: str = one) -> None:
            answer = olga.client.get(f"{AT}/{one}")
            assert answer.status_code == 200, one

        for statement, values in sent(page):
            if statement.startswith("SELECT pg_database_size"):
                continue
            wrong += [
                (one, line, statement) for line in whole(plan_of(statement, values), LARGE)
            ]
    assert not wrong, wrong[0]


def test_lists_are_read_in_their_order(app: Flask) -> None:
    for wanted in (Wanted(), Wanted("oseo"), Wanted("oseo", "answered")):
        branch = exchanging.branch(wanted).limit(50)
        ((statement, values),) = sent(lambda b=branch: db.session.scalars(b).all())
        assert "B-TREE FOR ORDER BY" not in plan_of(statement, values), wanted
    for stopped in (Stopped(), Stopped(cause="unexpected")):
        found = select(Incident.id).where(*reading._stopped(stopped))
        ordered = found.order_by(Incident.raised_at, Incident.id).limit(50)
        ((statement, values),) = sent(lambda o=ordered: db.session.scalars(o).all())
        plan = plan_of(statement, values)
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan, (stopped, plan)
