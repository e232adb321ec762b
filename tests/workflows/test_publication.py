"""What cannot be published is refused with sentences, and nothing of it is kept."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine import journal
from engine.commands import people
from engine.commands.publishing import PublishedByAnother, PublishedByDesigner
from engine.directory import Organisation
from engine.models import DefinitionFile, DefinitionRole, ProcessDefinition, db
from tests.conftest import build, close, environment
from tests.office import Office, open_office
from workflows import publication
from workflows.publication import FolderRefused

KEY = "grants.investment_aid"
FILES = publication.read_folder(publication.folders()[KEY])
DIAGRAM = FILES["process.bpmn"].decode()


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


@pytest.fixture(scope="module")
def quiet_office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Where nothing gets published, whatever is tried."""
    app = build(environment(tmp_path_factory.mktemp("office")))
    with app.app_context():
        yield open_office()
    close(app)


def rows() -> list[int]:
    db.session.rollback()
    kinds = (ProcessDefinition, DefinitionFile, DefinitionRole, journal.JournalEntry)
    return [db.session.scalar(select(func.count()).select_from(k)) or 0 for k in kinds]


def diagram(old: str, new: str) -> dict[str, bytes]:
    assert old in DIAGRAM, old
    return {**FILES, "process.bpmn": DIAGRAM.replace(old, new, 1).encode()}


def form(change: Any) -> dict[str, bytes]:
    made = json.loads(FILES["opinion.form.json"])
    change(made["components"][1]["components"])
    return {**FILES, "opinion.form.json": json.dumps(made).encode()}


XML = '<?xml version="1.0" encoding="UTF-8"?>'
BOMB = (
    f'{XML}<!DOCTYPE d [<!ENTITY a "{"x" * 1000}">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 100}">' for a, b in zip("abcd", "bcde", strict=True)
    )
    + "]>"
)
ENTITY = f'{XML}<!DOCTYPE d [<!ENTITY passwd SYSTEM "file:///etc/passwd">]>'

# what is wrong → the files, the file named, what the sentence or its element must hold
REFUSED: dict[str, tuple[dict[str, bytes], str, str]] = {
    "no diagram": (
        {k: v for k, v in FILES.items() if k != "process.bpmn"}, "process.bpmn", "",
    ),
    "a diagram that is no XML": (
        {**FILES, "process.bpmn": b"<bpmn:definitions"}, "process.bpmn", "",
    ),
    "a diagram that is a picture": (
        {**FILES, "process.bpmn": b"\x89PNG\r\n\x1a\n" * 100}, "process.bpmn", "",
    ),
    "an empty diagram": ({**FILES, "process.bpmn": b""}, "process.bpmn", ""),
    "an XML bomb": (
        {**FILES, "process.bpmn": DIAGRAM.replace(XML, BOMB).encode()}, "process.bpmn", "",
    ),
    "an external entity": (
        {**FILES, "process.bpmn": DIAGRAM.replace(XML, ENTITY).replace(
            'name="Demande déposée"', 'name="&passwd;"').encode()}, "process.bpmn", "",
    ),
    "an operation that does not exist": (
        diagram('id="grants.compute_aid"', 'id="grants.compute_everything"'),
        "process.bpmn", "grants.compute_everything",
    ),
    "a Python name": (
        diagram('id="grants.compute_aid"', 'id="os.system"'), "process.bpmn", "os.system",
    ),
    "a wrong parameter": (
        diagram('parameter id="body_name"', 'parameter id="corps"'),
        "process.bpmn", "corps",
    ),
    "a condition that does not parse": (
        diagram("duration(deadlines.opinion_reminder)", "duration(("), "process.bpmn", "",
    ),
    "a form that does not exist": (
        diagram('name="ebg:form" value="opinion"', 'name="ebg:form" value="avis"'),
        "process.bpmn", "avis",
    ),
    "a process that is not the folder": (
        diagram(f'id="{KEY}"', 'id="grants.other"'), "process.bpmn", KEY,
    ),
    "a form that is no JSON": (
        {**FILES, "opinion.form.json": b"{"}, "opinion.form.json", "",
    ),
    "a form with a bad key": (
        form(lambda c: c[0].update(key="case.number; DROP")), "opinion.form.json", "",
    ),
    "a form with the same key twice": (
        form(lambda c: c[2].update(key="opinion")), "opinion.form.json", "opinion",
    ),
    "a form of an unknown component": (
        form(lambda c: c[2].update(type="html")), "opinion.form.json", "html",
    ),
    "a decision with a bad cell": (
        {**FILES, "deadlines.dmn": FILES["deadlines.dmn"].replace(
            b"</text>", b" ((</text>", 1)}, "deadlines.dmn", "",
    ),
    "a decision that is a bomb": (
        {**FILES, "deadlines.dmn": FILES["deadlines.dmn"].replace(
            XML.encode(), BOMB.encode(), 1)}, "deadlines.dmn", "",
    ),
    "a letter that names nothing": (
        {**FILES, "notification_refused.letter.md": b"\xff\xfe {{ ((("},
        "notification_refused.letter.md", "",
    ),
    "a file of more than 5 MB": (
        {**FILES, "opinion.form.json": b" " * (5 * 1024 * 1024 + 1)},
        "opinion.form.json", "5 Mo",
    ),
    "too many files": (
        {**FILES, **{f"f{n}.form.json": b"{}" for n in range(201)}}, "", "200",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_folder_is_refused_and_nothing_is_kept(
    quiet_office: Office, name: str
) -> None:
    files, file, holds = REFUSED[name]
    before = rows()
    with pytest.raises(FolderRefused) as refused:
        publication.publish(KEY, files, owner_id=quiet_office.region)
    assert rows() == before
    told = [p for p in refused.value.problems if p.file == file]
    assert told, refused.value.problems
    words = [f"{p.message} {p.element_id} {p.element_name}" for p in told]
    assert any(holds in one for one in words), words
    for problem in refused.value.problems:
        assert len(problem.message) < 2000
        assert len(problem.message.split()) > 3, problem.message
        assert "Traceback" not in problem.message
        assert "root:" not in str(problem)


def test_a_step_that_is_wrong_is_named(office: Office) -> None:
    files = diagram('id="grants.compute_aid"', 'id="grants.compute_everything"')
    with pytest.raises(FolderRefused, match=r"process\.bpmn · .+ : .+") as refused:
        publication.publish(KEY, files, owner_id=office.region)
    assert {p.element_name for p in refused.value.problems} - {""}


def test_every_problem_is_told_at_once(office: Office) -> None:
    files = diagram('id="grants.compute_aid"', 'id="grants.compute_everything"')
    files["opinion.form.json"] = b"{"
    files["notification_refused.letter.md"] = b"Sans objet {{ (( }}"
    with pytest.raises(FolderRefused) as refused:
        publication.publish(KEY, files, owner_id=office.region)
    assert {p.file for p in refused.value.problems} == {
        "process.bpmn", "opinion.form.json", "notification_refused.letter.md",
    }  # fmt: skip


def test_a_broken_table_does_not_hide_what_is_wrong_with_the_diagram(
    quiet_office: Office,
) -> None:
    wrong = {
        **FILES,
        "intensity.dmn": b"<a>",
        "process.bpmn": DIAGRAM.replace(
            '"grants.start_clock"', '"grants.nothing"'
        ).encode(),
    }
    problems = publication.check(KEY, wrong)
    assert sorted((p.file, p.element_id) for p in problems if p.severity == "error") == [
        ("intensity.dmn", ""), ("process.bpmn", "start_clock"),
    ]  # fmt: skip


def test_data_named_in_vain_for_the_search_are_told(quiet_office: Office) -> None:
    names = ", ".join(f"data.n{number}" for number in range(21))
    found = re.sub(
        'name="ebg:searchable" value="[^"]*"',
        f'name="ebg:searchable" value="1x, {names}"',
        DIAGRAM,
    )
    assert found != DIAGRAM
    problems = publication.check(KEY, {**FILES, "process.bpmn": found.encode()})
    told = [(p.severity, p.message) for p in problems if p.element_name == "ebg:searchable"]
    assert told == [
        ("warning", "« 1x » n'est pas un nom de donnée"),
        ("warning", "20 données au plus : data.n20 ne servira pas"),
    ]


def test_the_same_folder_is_published_once(office: Office) -> None:
    assert publication.publish(KEY, FILES, owner_id=office.region) == 1
    before = rows()
    assert publication.publish(KEY, FILES, owner_id=office.region) is None
    assert rows() == before
    changed = {**FILES, "opinion.form.json": FILES["opinion.form.json"] + b"\n"}
    assert publication.publish(KEY, changed, owner_id=office.region) == 2
    assert publication.publish(KEY, FILES, owner_id=office.region) == 3, "and back again"


def test_a_version_made_in_the_designer_is_not_replaced_unasked(office: Office) -> None:
    drawn = {**FILES, "opinion.form.json": FILES["opinion.form.json"] + b"\n"}
    publication.publish(KEY, drawn, owner_id=office.region, origin="designer")
    before = rows()
    with pytest.raises(PublishedByDesigner):
        publication.publish(KEY, FILES, owner_id=office.region)
    assert rows() == before
    assert publication.publish(
        KEY, FILES, owner_id=office.region, over_designer=True
    ) == 2  # fmt: skip


def test_a_procedure_stays_with_who_published_it(office: Office) -> None:
    publication.publish(KEY, FILES, owner_id=office.region)
    other = people.add_organisation("member", "Autre région", slug="autre")
    before = rows()
    with pytest.raises(PublishedByAnother, match=re.escape(office_name(office))):
        publication.publish(KEY, FILES, owner_id=other)
    assert rows() == before


def office_name(office: Office) -> str:
    return db.session.get_one(Organisation, office.region).name


# The command


@pytest.fixture
def workflows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workflows/ of this test's own, with one procedure in it."""
    folder = tmp_path / "workflows"
    shutil.copytree(publication.folders()[KEY], folder / "grants" / "investment_aid")
    monkeypatch.setattr(publication, "WORKFLOWS", folder)
    people.add_organisation("member", "Région", slug="region-bfc", insee="REG-27")
    return folder


def test_flask_publish_publishes_once(app: Flask, workflows: Path) -> None:
    run = app.test_cli_runner().invoke
    first = run(args=["publish"])
    assert (first.exit_code, first.output) == (0, f"{KEY}: version 1\n")
    again = run(args=["publish"])
    assert (again.exit_code, again.output) == (0, f"{KEY}: inchangée\n")


def test_flask_publish_tells_what_is_wrong_and_exits_1(app: Flask, workflows: Path) -> None:
    shutil.copytree(workflows / "grants/investment_aid", workflows / "grants/bad_aid")
    before = rows()
    result = app.test_cli_runner().invoke(args=["publish"])
    assert result.exit_code == 1
    assert "grants.bad_aid: refusée" in result.output
    assert "process.bpmn · " in result.output
    assert f"{KEY}: version 1" in result.output, "the others are published all the same"
    assert rows()[0] == before[0] + 1


def test_flask_publish_leaves_a_designer_s_version(app: Flask, workflows: Path) -> None:
    """One procedure kept from being replaced does not keep the others from being published."""
    region = select(Organisation.id).where(Organisation.slug == "region-bfc")
    owner = db.session.scalars(region).one()
    drawn = {**FILES, "opinion.form.json": FILES["opinion.form.json"] + b"\n"}
    publication.publish(KEY, drawn, owner_id=owner, origin="designer")
    run = app.test_cli_runner().invoke
    result = run(args=["publish"])
    assert result.exit_code == 1
    assert "--over-designer" in result.output
    assert "Traceback" not in result.output
    assert run(args=["publish", "--over-designer"]).output == f"{KEY}: version 2\n"


def test_flask_publish_does_not_take_a_procedure_from_another(
    app: Flask, workflows: Path
) -> None:
    owner = people.add_organisation("member", "Autre région", slug="autre")
    publication.publish(KEY, FILES, owner_id=owner)
    result = app.test_cli_runner().invoke(args=["publish"])
    assert result.exit_code == 1
    assert f"{KEY}: appartient à Autre région" in result.output
    result = app.test_cli_runner().invoke(args=["publish", "--owner", "autre"])
    assert result.output == f"{KEY}: inchangée\n"


def test_flask_publish_for_nobody_says_so(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["publish", "--owner", "inconnue"])
    assert result.exit_code == 1
    assert "Aucune organisation « inconnue »" in result.output
