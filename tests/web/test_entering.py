"""A real office begins with its bodies and agents: entered by commands, all or none."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import clock, journal_check
from engine.access import actor_for
from engine.directory import Holding, Person, Service, holdings_of, person_by_email
from engine.models import db
from tests.web.browser import Browser
from tests.web.small_procedure import prepare

HEADER = "organisation;service;courriel;nom;role;fin\n"
CLAIRE = "autun;Économie;Claire@Autun.fr;Claire Martin;case_officer;\n"


@pytest.fixture
def office(app: Flask) -> Flask:
    """A procedure is published: its lanes say which roles there are."""
    prepare(app)
    assert run(app, "add-organisation", "autun", "Commune d'Autun", "--insee", "COM-71014")
    return app


def run(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=list(arguments))
    assert "Traceback" not in result.output, result.output
    db.session.rollback()
    return result.output


def imported(app: Flask, folder: Path, content: str | bytes) -> str:
    file = folder / "agents.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return run(app, "import-agents", str(file))


def count() -> tuple[int, ...]:
    return tuple(
        db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in (Person, Holding, Service)
    )


def test_an_agent_is_entered_with_a_role_in_a_service(
    office: Flask, tmp_path: Path
) -> None:
    assert "1 lignes" in imported(office, tmp_path, HEADER + CLAIRE)
    person = person_by_email("claire@autun.fr")
    assert person is not None
    (held,) = holdings_of(person.id)
    assert (held.organisation.slug, held.role) == ("autun", "case_officer")
    assert held.service is not None
    assert held.service.name == "Économie"
    before = count()
    imported(office, tmp_path, "\ufeff" + (HEADER + CLAIRE).replace(";", ","))
    assert count() == before, "entered twice, there once"
    page = Browser(office, actor_for(person.id)).get("/compte").text
    assert "Commune d&#39;Autun" in page
    assert "(Économie)" in page
    assert journal_check.verify() == []


def test_a_role_ends_on_the_day_that_the_file_says(office: Flask, tmp_path: Path) -> None:
    imported(office, tmp_path, HEADER + CLAIRE)
    last = (clock.today() + timedelta(days=3)).isoformat()
    imported(office, tmp_path, HEADER + CLAIRE.replace(";\n", f";{last}\n"))
    person = person_by_email("claire@autun.fr")
    assert person is not None
    (held,) = holdings_of(person.id)
    assert held.valid_to == clock.today() + timedelta(days=3)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (CLAIRE.replace("autun;", "nulle-part;"), "aucune collectivité « nulle-part »"),
        (
            CLAIRE.replace("Claire@Autun.fr", "claire"),
            "Courriel : « claire » n’est pas un courriel",
        ),
        (CLAIRE.replace("Claire Martin", " "), "donnez le nom"),
        (
            CLAIRE.replace("case_officer", "roi"),
            "Rôle : rôle « roi » inconnu",
        ),
        (CLAIRE.replace("case_officer", "applicant"), "rôle « applicant » inconnu"),
        (CLAIRE.replace("case_officer", "operator"), "rôle « operator » inconnu"),
        (CLAIRE.replace(";\n", ";demain\n"), "Fin : « demain » n’est pas une date"),
        ("autun\n", "donnez le nom"),
        (CLAIRE.replace("Claire Martin", "x" * 201), "200 caractères au plus"),
        (CLAIRE.replace("Économie", "x" * 201), "Service : 201 caractères"),
        (CLAIRE.replace("Claire Martin", "Claire\x00"), "un caractère invisible"),
    ],
)
def test_a_wrong_line_is_told_and_nothing_is_entered(
    office: Flask, tmp_path: Path, line: str, told: str
) -> None:
    before = count()
    output = imported(office, tmp_path, HEADER + CLAIRE + line)
    assert "rien n'est entré" in output
    assert "ligne 3 :" in output
    assert told in output
    assert count() == before


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "il manque les colonnes courriel, nom, role"),
        (b"organisation;nom\n", "il manque les colonnes courriel, role"),
        ((HEADER + CLAIRE).encode("latin-1").replace(b"Claire M", b"\xe9 M"), "UTF-8"),
        (HEADER.encode() + b'"' + b"x" * 200_000 + b'";;;;;\n', "ligne"),
    ],
    ids=["empty", "columns", "encoding", "a field without end"],
)
def test_a_file_that_cannot_be_read_is_told(
    office: Flask, tmp_path: Path, content: bytes, told: str
) -> None:
    before = count()
    assert told in imported(office, tmp_path, content)
    assert count() == before


def test_a_body_is_entered_once_and_rightly(office: Flask) -> None:
    assert "déjà dans l'annuaire" in run(office, "add-organisation", "autun", "Autun")
    assert "minuscules" in run(office, "add-organisation", "../Autun", "Autun")
    assert "neuf chiffres" in run(
        office, "add-organisation", "dijon", "Dijon", "--siren", "12"
    )
    assert "dans l'annuaire" in run(
        office, "add-organisation", "plateforme", "e-bourgogne", "--platform"
    )
