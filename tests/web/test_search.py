"""The screens of search and figures: found by forms alone, for those who handle cases."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from engine import search
from engine.commands import people
from engine.models import ProcessInstance, db
from tests.prove import crowd
from tests.prove.crowd import Crowd
from tests.web.visitor import PASSWORD, Visitor
from web.accounts import open_account
from web.cases.search import as_day, as_value, spent

HOW_MANY = 60


@pytest.fixture
def full(app: Flask) -> Crowd:
    made = crowd.open_crowd()
    crowd.multiply(made, HOW_MANY)
    return made


@pytest.fixture
def officer(app: Flask, full: Crowd) -> Visitor:
    return sign_in(app, "officer@bourgogne.example", full, "case_officer")


def sign_in(app: Flask, email: str, full: Crowd, role: str | None) -> Visitor:
    person = open_account(email=email, name="Quelqu'un", password=PASSWORD)
    if role:
        people.grant(person, full.office.region, role)
    visitor = Visitor(app)
    visitor.sign_in(email)
    return visitor


def numbers(page: str) -> list[str]:
    return re.findall(r">(26-[A-Z0-9]{4}-[A-Z0-9]{4})</a>", page)


def pages(visitor: Visitor, address: str) -> Iterator[list[str]]:
    while address:
        answer = visitor.get(address)
        assert answer.status_code == 200
        yield numbers(answer.text)
        following = re.search(r'rel="next" href="([^"]+)"', answer.text)
        address = following.group(1).replace("&amp;", "&") if following else ""


def test_every_case_is_reached_by_following_the_links(officer: Visitor) -> None:
    found = list(pages(officer, "/dossiers/recherche"))
    assert [len(one) for one in found] == [25, 25, 11]
    assert len({number for one in found for number in one}) == HOW_MANY + 1


def test_a_chosen_procedure_offers_its_steps_and_data(officer: Visitor) -> None:
    first = officer.get("/dossiers/recherche").text
    assert "Montant demandé" not in first
    second = officer.get("/dossiers/recherche?procedure=crowd.request").text
    assert "Montant demandé" in second
    assert '<option value="task_4" lang="fr">Task 4</option>' in second
    asked = "/dossiers/recherche?procedure=crowd.request&etape=task_4&v.company=SCIERIE&o.company=^"
    answer = officer.get(asked).text
    found = numbers(answer)
    assert found
    with officer.app.app_context():
        titles = [
            db.session.query(ProcessInstance).filter_by(number=n).one().title for n in found
        ]
    assert all(title.startswith("scierie") for title in titles)
    assert "Aucun dossier" in officer.get(asked + "&version=1&v.amount=1&o.amount=<=").text


def test_what_cannot_be_read_is_said_and_nothing_is_lost(officer: Visitor) -> None:
    answer = officer.get("/dossiers/recherche?mots=scierie&depose_du=hier&entreprise=123")
    assert answer.status_code == 422
    assert "« hier » n&#39;est pas une date." in answer.text
    assert "Aucune entreprise n&#39;a ce numéro SIRET." in answer.text
    assert 'value="scierie"' in answer.text
    assert numbers(answer.text) == []


@pytest.mark.parametrize(
    "query",
    [
        "apres=x",
        "apres=2026-01-01~1",
        "mots=%00",
        "numero=%00'--",
        "version=²",
        "o.amount=drop",
    ],
)
def test_nonsense_in_the_address_breaks_nothing(officer: Visitor, query: str) -> None:
    answer = officer.get(f"/dossiers/recherche?procedure=crowd.request&{query}")
    assert answer.status_code == 200


def test_a_search_that_stops_says_so_and_goes_on(
    officer: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = "/dossiers/recherche?mots=scierie+commune"
    whole = officer.get(address).text
    assert "Continuer la recherche" not in whole
    monkeypatch.setattr(search, "MOST_READ", 4)
    first = officer.get(address).text
    assert "Rien ne manque jusqu’aux dossiers du" in first
    assert "Continuer la recherche" in first
    found = list(pages(officer, address))
    assert len(found) > 1
    assert [number for one in found for number in one] == numbers(whole)


def test_the_list_of_cases_is_found_by_words_without_accents(officer: Visitor) -> None:
    assert numbers(officer.get("/dossiers/?q=SCIÉR").text)
    assert numbers(officer.get("/dossiers/?q=zzz").text) == []
    assert len(numbers(officer.get("/dossiers/?page=3").text)) == 11
    assert numbers(officer.get("/dossiers/?page=99").text) == []


def test_the_figures_tell_where_cases_stand(officer: Visitor, full: Crowd) -> None:
    page = officer.get("/dossiers/chiffres").text
    assert "Dossiers en cours, par étape" in page
    assert re.search(r"Task 4</a></th><td>61</td>", page)
    assert "etape=task_4" in page
    assert "Département 21" in page
    assert "Les demandeurs" in page
    assert "Agent 1" in page
    assert "Claire Martin" in page
    assert officer.get("/dossiers/chiffres?du=hier").status_code == 422
    assert officer.get("/dossiers/chiffres?procedure=unknown").status_code == 200


@pytest.mark.parametrize("address", ["/dossiers/recherche", "/dossiers/chiffres"])
def test_only_those_who_handle_cases_may_look(
    app: Flask, full: Crowd, address: str
) -> None:
    stranger = sign_in(app, "max@bourgogne.example", full, "applicant")
    assert stranger.get(address).status_code == 403
    assert stranger.client.get("/", follow_redirects=True).text.count(address) == 0
    assert "connexion" in Visitor(app).get(address).request.path


def test_durations_are_told_shortly(app: Flask) -> None:
    with app.test_request_context():
        told = [
            spent(timedelta(**d)) for d in ({"seconds": 2}, {"hours": 5}, {"hours": 60})
        ]
    assert told == ["1 min", "5 h", "2,5 j"]


def test_what_people_type_is_understood() -> None:
    assert as_value("12 000,50 €") == 12000.5
    assert as_value("35600000000048") == "35600000000048"
    assert as_value("01004") == "01004"
    assert as_value("nan") == "nan"
    assert as_value("Évry") == "Évry"
    assert as_day("21/11/2026") == as_value("2026-11-21")
    assert as_day("31/02/2026") is None
