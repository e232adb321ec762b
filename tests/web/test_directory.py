"""Bodies and their people, looked after by an operator and by each body's administrator."""

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import agents, clock, imports, journal_check
from engine.access import actor_for
from engine.commands import imports as import_commands
from engine.commands import people, tasks
from engine.directory import (
    ADMINISTRATOR,
    Holding,
    Organisation,
    Person,
    person_by_email,
    resolve,
)
from engine.imports import PeopleImport, PeopleImportLine
from engine.models import UserTask, db
from tests.engine.test_commands import SIMPLE
from tests.office import Office, open_office, open_tasks, publish
from tests.web.browser import Browser
from tests.web.visitor import PASSWORD, Visitor, letters
from web.accounts import account_of

HEADER = "courriel;nom;role;service;debut;fin\n"
BAD = [
    "anne;Anne Un;case_officer;;;",
    "b@autun.fr;;case_officer;;;",
    "c@autun.fr;=1+1;case_officer;;;",
    "d@autun.fr;Dora Roi;roi;;;",
    "e@autun.fr;Ève Trop;case_officer;;;31/12/2020",
]
"""A wrong address, no name, a formula, an unknown role, a day that is past."""


@pytest.fixture
def office(app: Flask) -> Office:
    opened = open_office()
    publish("tests.simple", SIMPLE, owner=opened.region)
    return opened


@pytest.fixture
def olga(app: Flask, office: Office) -> Browser:
    return Browser(app, office.operator)


def administrator(body: UUID, email: str = "inès@region.test") -> Any:
    person = people.add_person(email, "Inès Perrin")
    people.grant(person, body, ADMINISTRATOR)
    return actor_for(person)


def brought(browser: Browser, body: UUID, content: str | bytes) -> str:
    """Send a file; the address of its trial."""
    raw = content if isinstance(content, bytes) else content.encode()
    answer = browser.send(
        f"/annuaire/{body}/import",
        {"file": (io.BytesIO(raw), "personnes.csv"), "new_services": "1"},
    )
    assert answer.status_code == 302, answer.text
    return str(answer.location)


def verdicts() -> dict[str, int]:
    rows = select(PeopleImportLine.verdict, func.count()).group_by(PeopleImportLine.verdict)
    return {verdict: number for verdict, number in db.session.execute(rows)}


def test_an_operator_enters_a_body_checked_field_by_field(olga: Browser) -> None:
    typed = {
        "kind": "member", "name": "Ville d’Autun", "slug": "Ville Autun", "siren": "12",
        "siret": "123", "insee": "Nulle-Part", "email": "mairie", "parent": "personne",
        "phone": "03 85 86 80 00",
    }  # fmt: skip
    wrong = olga.send("/annuaire/nouvelle", typed)
    assert wrong.status_code == 422
    for field in ("Nom court", "SIREN", "SIRET", "Territoire", "Courriel", "Rattachement"):
        assert f"{field} : " in wrong.text
    assert "03 85 86 80 00" in wrong.text, "nothing typed is lost"
    right = typed | {
        "slug": "ville-autun", "siren": "217100148", "siret": "", "insee": "71014",
        "email": "mairie@autun.fr", "parent": "region",
    }  # fmt: skip
    assert "est dans l’annuaire" in olga.post("/annuaire/nouvelle", right).text
    autun = resolve("ville-autun")
    assert autun is not None
    assert autun.insee == "COM-71014"
    assert "une autre collectivité l’a déjà" in olga.send("/annuaire/nouvelle", right).text
    for said in ("ville d autun", "VILLE D'AUTUN", "217 100 148", "71014", "COM-71014"):
        assert "ville-autun" in olga.get("/annuaire/", query_string={"q": said}).text
    for said in ("nulle part", "%", "'; --", "999999999"):
        assert "ville-autun" not in olga.get("/annuaire/", query_string={"q": said}).text


def test_five_bad_lines_are_told_one_by_one_and_the_others_entered(
    olga: Browser, office: Office
) -> None:
    good = [f"agent{n}@autun.fr;Agent {n};case_officer;Économie;;" for n in range(30)]
    lines = good[:]
    for place, line in zip((0, 7, 14, 21, 30), BAD, strict=True):
        lines.insert(place, line)
    trial = brought(olga, office.department, HEADER + "\n".join(lines))
    page = olga.get(trial).text
    assert verdicts() == {"new": 30, "refused": 5}
    assert "Importer les 30 lignes bonnes" in page
    assert db.session.scalar(select(func.count(Holding.id))) == 8, "nothing is entered yet"
    told = olga.get(trial, query_string={"verdict": "refused"}).text
    for reason in (
        "Courriel : « anne » n’est pas un courriel",
        "Nom : donnez le nom",
        "commence comme une formule",
        "rôle « roi » inconnu",
        "Fin : ce dernier jour est passé",
    ):
        assert reason in told
    back = olga.client.get(trial + "/refus.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(back), delimiter=";"))
    assert [row["courriel"] for row in rows] == [line.split(";")[0] for line in BAD]
    assert rows[2]["nom"] == "'=1+1", "no spreadsheet takes it for a formula"
    assert rows[0]["motif"].startswith("ligne 2 : ")
    assert "30 lignes sont importées" in olga.post(trial + "/confirmer").text
    assert agents.count(agents.found(office.department)) == 31
    assert "n’est plus dans cet état" in olga.post(trial + "/confirmer").text
    again = brought(olga, office.department, HEADER + "\n".join(good))
    assert "déjà là : 30" in olga.get(again).text
    assert journal_check.verify() == []


def test_people_of_elsewhere_keep_their_name_and_those_of_companies_are_refused(
    olga: Browser, office: Office
) -> None:
    for email, name, body, role in (
        ("claire@region.fr", "Claire Martin", office.region, "case_officer"),
        ("anne@morvan.fr", "Anne Morvan", office.company, "applicant"),
        ("denis@cd21.fr", "Denis Blanc", office.department, "cofunder"),
    ):
        people.grant(people.add_person(email, name), body, role)
    trial = brought(
        olga,
        office.department,
        HEADER
        + "claire@region.fr;Autre Nom;case_officer;;;\n"
        + "anne@morvan.fr;Anne Morvan;case_officer;;;\n"
        + "denis@cd21.fr;Denis Blanc-Roy;case_officer;;;\n",
    )
    page = olga.get(trial).text
    assert "garde le nom de son compte, « Claire Martin »" in page
    assert "ce rôle s’y ajoute" in page
    assert "agit pour une entreprise" in page
    assert "s’appelait « Denis Blanc »" in page
    olga.post(trial + "/confirmer")
    claire = person_by_email("claire@region.fr")
    assert claire is not None
    assert claire.name == "Claire Martin"
    assert actor_for(claire.id).holds(office.department, "case_officer")
    assert person_by_email("denis@cd21.fr").name == "Denis Blanc-Roy"  # type: ignore[union-attr]
    anne = person_by_email("anne@morvan.fr")
    assert anne is not None
    assert not actor_for(anne.id).handles_cases


def test_a_long_file_is_entered_by_the_workers_who_go_on_where_they_stood(
    olga: Browser, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"a{n}@autun.fr;Agent {n};case_officer;;;" for n in range(250)]
    lines[100] = BAD[0]
    trial = brought(olga, office.department, HEADER + "\n".join(lines))
    assert "lecture en cours" in olga.get(trial).text
    while import_commands.advance():
        db.session.rollback()
    assert verdicts() == {"new": 249, "refused": 1}
    assert "à confirmer" in olga.get(trial, query_string={"page": "5"}).text
    olga.post(trial + "/confirmer")
    assert import_commands.advance() == import_commands.AT_ONCE
    assert "import en cours" in olga.get(trial).text
    failing = import_commands.apply

    def apply(wanted: Any, place: Any, known: Any, *, by: Any) -> None:
        if wanted.email == "a150@autun.fr":
            raise RuntimeError
        failing(wanted, place, known, by=by)

    monkeypatch.setattr(import_commands, "apply", apply)
    while import_commands.advance():
        db.session.rollback()
    one = db.session.scalars(select(PeopleImport)).one()
    assert (one.status, imports.progress(one).entered) == (imports.DONE, 248)
    page = olga.get(trial, query_string={"verdict": "refused"}).text
    assert "erreur imprévue" in page


def test_a_file_whose_author_lost_the_right_is_given_up(app: Flask, office: Office) -> None:
    ines = administrator(office.region)
    content = HEADER + "\n".join(f"a{n}@r.fr;Agent {n};case_officer;;;" for n in range(210))
    trial = brought(Browser(app, ines), office.region, content)
    while import_commands.advance():
        db.session.rollback()
    Browser(app, ines).post(trial + "/confirmer")
    for holding in db.session.scalars(
        select(Holding).where(Holding.person_id == ines.person_id)
    ).all():
        people.withdraw(holding.id, by=None)
    assert import_commands.advance() == 0
    assert db.session.scalars(select(PeopleImport.status)).one() == imports.ABANDONED


def test_somebody_invited_opens_their_account_once_and_finds_their_work(
    app: Flask, olga: Browser, office: Office
) -> None:
    olga.post(
        f"/annuaire/{office.region}/personnes/nouvelle",
        {"name": "Zoé Lenoir", "email": "Zoe@Region.fr", "role": "case_officer",
         "invite": "1"},
    )  # fmt: skip
    (letter,) = [m for m in letters(app) if "zoe@region.fr" in m["to"]]
    link = next(word for word in letter["text"].split() if "/invitation/" in word)
    path = "/invitation/" + link.rsplit("/", 1)[1]
    zoe = Visitor(app)
    page = zoe.get(path).text
    assert 'value="Zoé Lenoir"' in page
    opened = zoe.post(path, {"name": "Zoé Lenoir", "password": PASSWORD})
    assert "Corbeille" in opened.text
    assert Visitor(app).get(path).status_code == 410, "once"
    person = person_by_email("zoe@region.fr")
    assert person is not None
    told = olga.get(f"/annuaire/{office.region}/personnes/{person.id}").text
    assert "Rôle donné : Instructeur" in told
    assert "Invitation envoyée" in told


def test_an_ended_role_tells_what_it_leaves_and_hands_it_back(
    app: Flask, office: Office
) -> None:
    from engine.commands import cases
    from engine.definitions import latest

    ines = Browser(app, administrator(office.region))
    case = cases.start(
        latest("tests.simple").id, {}, actor=office.applicant, applicant_id=office.company
    )
    (task,) = open_tasks(case.id).values()
    tasks.claim(task, actor=office.officer)
    (holding,) = db.session.scalars(
        select(Holding.id).where(Holding.person_id == office.officer.person_id)
    )
    address = f"/annuaire/{office.region}/roles/{holding}/fin"
    assert "Une tâche de ce rôle est entre ses mains" in ines.get(address).text
    yesterday = clock.today() - timedelta(days=1)
    past = ines.send(address, {"until": f"{yesterday:%d/%m/%Y}"})
    assert past.status_code == 422
    assert "cette date est passée" in past.text
    later = clock.today() + timedelta(days=9)
    ines.post(address, {"until": f"{later:%d/%m/%Y}", "hand_back": "1"})
    assert db.session.get_one(Holding, holding).valid_to == later
    assert db.session.get_one(UserTask, task).assignee_id is not None, "not yet"
    Browser(app, office.officer)  # opens an account, whose sessions end with the role
    before = account_of("claire@region.test").fs_uniquifier  # type: ignore[union-attr]
    assert "Le rôle est retiré" in ines.post(address, {"hand_back": "1"}).text
    assert db.session.get_one(UserTask, task).assignee_id is None
    assert account_of("claire@region.test").fs_uniquifier != before  # type: ignore[union-attr]
    assert not actor_for(office.officer.person_id).roles  # type: ignore[arg-type]
    assert journal_check.verify() == []


def test_the_last_administrator_stays_and_nobody_names_an_operator_but_an_operator(
    app: Flask, olga: Browser, office: Office
) -> None:
    ines = administrator(office.region)
    (holding,) = db.session.scalars(
        select(Holding.id).where(Holding.person_id == ines.person_id)
    )
    for last in ("", f"{clock.today() + timedelta(days=3):%d/%m/%Y}"):
        for who in (Browser(app, ines), olga):
            answer = who.send(
                f"/annuaire/{office.region}/roles/{holding}/fin", {"until": last}
            )
            assert answer.status_code == 422
            assert "Il faut garder une personne" in answer.text
    platform = next(iter(office.operator.roles)).organisation_id
    keeper = administrator(platform, "garde@ebg.fr")
    typed = {"name": "Intrus Un", "email": "intrus@ebg.fr", "role": "operator"}
    for body in (platform, office.region):
        Browser(app, keeper).send(f"/annuaire/{body}/personnes/nouvelle", typed)
        Browser(app, ines).send(f"/annuaire/{body}/personnes/nouvelle", typed)
    content = HEADER + "intrus@ebg.fr;Intrus Un;operator;;;\n"
    Browser(app, keeper).send(
        f"/annuaire/{platform}/import", {"file": (io.BytesIO(content.encode()), "a.csv")}
    )
    assert person_by_email("intrus@ebg.fr") is None
    olga.post(f"/annuaire/{platform}/personnes/nouvelle", typed)
    assert person_by_email("intrus@ebg.fr") is not None


def test_an_address_is_changed_only_by_the_body_of_somebody_who_has_no_other(
    app: Flask, olga: Browser, office: Office
) -> None:
    ines = Browser(app, administrator(office.region))
    claire = office.officer.person_id
    assert claire is not None
    Browser(app, office.officer)
    before = account_of("claire@region.test").fs_uniquifier  # type: ignore[union-attr]
    address = f"/annuaire/{office.region}/personnes/{claire}/identite"
    people.add_person("denis@cd21.fr", "Denis Blanc")
    taken = ines.send(address, {"name": "Claire", "email": "denis@cd21.fr"})
    assert taken.status_code == 422
    assert "une autre personne a cette adresse" in taken.text
    ines.post(address, {"name": "Claire Durand", "email": "claire.durand@region.fr"})
    assert db.session.get_one(Person, claire).email == "claire.durand@region.fr"
    assert any("claire@region.test" in m["to"] for m in letters(app)), "told"
    account = account_of("claire.durand@region.fr")
    assert account is not None
    assert account.fs_uniquifier != before
    people.grant(claire, office.department, "case_officer")
    refused = ines.send(address, {"name": "Volée", "email": "vol@region.fr"})
    assert refused.status_code == 403
    company = people.add_person("x@y.test", "X Y")
    people.grant(company, office.region, "case_officer")
    people.grant(company, office.company, "applicant")
    for who in (ines, olga):
        stolen = who.send(
            f"/annuaire/{office.region}/personnes/{company}/identite",
            {"name": "X Y", "email": "vol@region.fr"},
        )
        assert stolen.status_code == 403


def test_services_are_renamed_and_closed_with_their_people_moved(
    app: Flask, office: Office
) -> None:
    ines = Browser(app, administrator(office.region))
    address = f"/annuaire/{office.region}/services"
    for name in ("Économie", "Culture"):
        ines.post(address, {"name": name})
    assert "existe déjà" in ines.send(address, {"name": "ECONOMIE"}).text
    one, other = agents.services(office.region)
    claire = office.officer.person_id
    ines.post(
        f"/annuaire/{office.region}/personnes/{claire}/service", {"service": str(one.id)}
    )
    ines.post(f"{address}/{one.id}/fermeture", {"to": str(other.id)})
    held = agents.held(office.region, [claire])[claire]  # type: ignore[list-item, index]
    assert [h.service_id for h in held] == [other.id]
    assert [s.name for s in agents.services(office.region)] == [other.name]
    foreign = people.add_service(office.department, "Ailleurs")
    stolen = ines.send(f"{address}/{other.id}/fermeture", {"to": str(foreign)})
    assert stolen.status_code == 302
    assert [s.id for s in agents.services(office.region)] == [other.id], "nothing changed"


def test_a_company_chooses_with_whom_it_files(
    app: Flask, olga: Browser, office: Office
) -> None:
    olga.post(f"/annuaire/{office.department}/demarches", {"key": "tests.simple"})
    page = olga.get(f"/annuaire/{office.department}").text
    assert "Des rôles que personne ne tient" in page
    assert "Instructeur" in page
    anne = Browser(app, office.applicant)
    start = "/demarches/tests.simple/demande"
    assert "Choisissez celle qui instruira" in anne.get(start).text
    assert anne.send(start).location.endswith(start), "one has to choose"
    for body in (office.region, office.department):
        name = db.session.get_one(Organisation, body).name
        asked = anne.get(start, query_string={"collectivite": str(body)}).text
        assert f"<strong>{name}</strong>" in asked
    for hostile in (str(office.other_company), "x" * 500, "\u0000", "../region"):
        asked = anne.get(start, query_string={"collectivite": hostile}).text
        assert "Choisissez celle qui instruira" in asked
