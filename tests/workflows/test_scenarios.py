"""Every story of every procedure, played through the commands; and copying a procedure."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from engine import journal_check
from engine.access import Actor, actor_for
from engine.commands import people, publishing
from engine.models import ProcessDefinition, db
from tests.office import Office, open_office
from workflows import publication, scenarios

FOLDERS = publication.folders()
STORIES = [
    pytest.param(key, title, id=f"{key}: {title}")
    for key, folder in FOLDERS.items()
    for title in scenarios.stories(publication.read_folder(folder)).get("stories", {})
]


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


def published(key: str, folder: Path, office: Office) -> ProcessDefinition:
    publication.publish(key, publication.read_folder(folder), owner_id=office.region)
    contact = {"contact": {"service": "Aides aux entreprises", "address": "17 boulevard de la Trémouille, 21000 Dijon", "email": "aides@region.test", "phone": "03 80 44 33 00"}}  # fmt: skip
    publishing.set_parameters(key, office.region, contact, by=None)
    return db.session.scalars(
        select(ProcessDefinition).where(ProcessDefinition.key == key)
    ).one()


def player(definition: ProcessDefinition, told: dict[str, Any], office: Office) -> Any:
    return scenarios.Player(
        definition.id,
        {
            "applicant": office.applicant,
            "case_officer": office.officer,
            "head_of_service": office.head,
            "cofunder": office.department_officer,
            "legality_officer": office.legality_officer,
            "accountant": _accountant(office),
        },
        office.company,
        told["values"],
        told["partners"],
    )


def _accountant(office: Office) -> Actor:
    person = people.add_person("fatou@region.test", "Fatou Ba")
    people.grant(person, office.region, "accountant")
    return actor_for(person)


@pytest.mark.parametrize("key", FOLDERS)
def test_a_folder_is_fit_to_publish(key: str, app: Flask) -> None:
    problems = publication.check(key, publication.read_folder(FOLDERS[key]))
    assert [f"{p.file} {p.element_id}: {p.message}" for p in problems] == []


@pytest.mark.parametrize(("key", "title"), STORIES)
def test_a_story_goes_as_it_is_told(key: str, title: str, office: Office) -> None:
    told = scenarios.stories(publication.read_folder(FOLDERS[key]))
    definition = published(key, FOLDERS[key], office)
    player(definition, told, office).play(told["stories"][title])
    assert journal_check.verify() == []


def test_a_copied_folder_is_a_second_procedure(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file outside the folder is touched: only its process id changes."""
    copy = tmp_path / "training_aid"
    shutil.copytree(FOLDERS["grants.investment_aid"], copy)
    diagram = copy / "process.bpmn"
    text = diagram.read_text()
    diagram.write_text(text.replace('"grants.investment_aid"', '"grants.training_aid"'))
    published("grants.investment_aid", FOLDERS["grants.investment_aid"], office)
    definition = published("grants.training_aid", copy, office)
    told = scenarios.stories(publication.read_folder(copy))
    for title, steps in list(told["stories"].items())[:2]:
        player(definition, told, office).play(steps)
        assert title
