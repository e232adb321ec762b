"""Comparing versions and reading the figures of a procedure, over HTTP."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import select

from engine import clock
from engine.commands import cases, procedure_drafts, tasks
from engine.models import UserTask, db
from tests.web.designing import KEY, Studio, opened, small_files, version
from workflows import publication


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    with opened(tmp_path_factory.mktemp("figures")) as studio:
        yield studio


def test_a_draft_is_compared_with_its_base_and_two_versions_with_each_other(
    studio: Studio,
) -> None:
    didier = studio.browser(studio.didier)
    address = f"/concepteur/brouillons/{studio.draft}/comparer"
    assert "Aucune différence" in didier.get(address).text
    files = small_files()
    hostile = files["process.bpmn"].replace(
        b'name="Calculer le taux"', b'name="&lt;script&gt;alert(1)&lt;/script&gt;"'
    )
    assert hostile != files["process.bpmn"]
    changed = {
        "process.bpmn": hostile,
        "rates.dmn": files["rates.dmn"].replace(b"<text>0.5<", b"<text>0.6<"),
    }
    procedure_drafts.replace_files(studio.draft, changed, whole=False, actor=studio.didier)
    page = didier.get(address).text
    assert "<script>alert(1)" not in page
    assert "Petite aide" in page
    for said in (
        "Taux de l&#39;aide, règle 1",
        "0.5",
        "0.6",
        "Calculer le taux",
        "modifié",
    ):
        assert said in page, said
    publication.publish(
        KEY, {**files, **changed}, owner_id=studio.office.region, over_designer=True
    )
    second = version(KEY, 2)
    both = f"/concepteur/comparer?de={studio.definition}&a={second}"
    assert "Calculer le taux" in didier.get(both).text
    for bad in ("", "?de=x&a=y", f"?de={studio.definition}&a={studio.office.region}"):
        assert didier.get(f"/concepteur/comparer{bad}").status_code == 404
    stranger = studio.browser(studio.stranger)
    assert stranger.get(both).status_code == 403
    assert stranger.get(address).status_code == 403
    assert studio.browser(studio.office.officer).get(both).status_code == 403
    assert studio.browser(studio.lea).get(both).status_code == 200


def test_figures_are_shown_sorted_and_exported(studio: Studio) -> None:
    office, browser = studio.office, studio.browser(studio.didier)
    definition = studio.definition
    address = f"/concepteur/procedures/{KEY}/statistiques"
    assert "Aucun passage" in browser.get(address).text
    for days in (1, 2, 3):
        case = cases.start(
            definition, {"title": "A", "amount": 10}, actor=office.applicant,
            applicant_id=office.company,
        )  # fmt: skip
        clock.advance(timedelta(days=days))
        task = db.session.scalars(
            select(UserTask.id).where(UserTask.instance_id == case.id)
        ).one()
        if days < 3:
            tasks.complete(task, {"title": "Oui"}, actor=office.officer)
    page = browser.get(address).text
    assert "Étape par étape" in page
    assert 'aria-sort="descending"' in browser.get(f"{address}?tri=-mediane").text
    written = browser.get(f"{address}.csv?tri=-mediane").data.decode("utf-8-sig")
    heads, first, *others = csv.reader(io.StringIO(written), delimiter=";")
    assert heads[:3] == ["Élément", "Identifiant", "Dossiers passés"]
    row = dict(zip(heads, first, strict=True))
    assert row["Identifiant"] == "review"
    assert (row["Dossiers passés"], row["Dossiers qui y attendent"]) == ("2", "1")
    assert row["Durée médiane (heures)"].startswith("24")
    assert row["Neuf sur dix, au plus (heures)"].startswith("48")
    names = {line[1]: line[0] for line in others}
    assert names["rate"].startswith("<script>")
    only = browser.get(f"{address}.csv?version=2").data.decode("utf-8-sig")
    assert "review" not in only, "the cases are those of the first version"
    assert browser.get(f"{address}.bpmn").status_code == 200
    for asked, said in (
        ("du=hier", "Du : un jour est attendu"),
        ("au=2026-13-45", "Au : un jour est attendu"),
        ("du=2020-01-01", "un an au plus"),
        ("du=2026-01-02&au=2026-01-01", "après la fin"),
        ("version=77", "Version : choisissez"),
        ("au=9999-12-31", "Au : un jour est attendu"),
    ):
        answer = browser.get(f"{address}?{asked}")
        assert answer.status_code == 422, asked
        assert said in answer.text.replace("&#39;", "'"), asked
        assert browser.get(f"{address}.csv?{asked}").status_code == 400


def test_who_reads_the_figures(studio: Studio) -> None:
    office = studio.office
    for actor, status in (
        (studio.didier, 200),
        (office.operator, 200),
        (studio.lea, 403),
        (studio.stranger, 403),
        (office.officer, 403),
        (office.applicant, 403),
        (office.head, 403),  # no role of this procedure is theirs
    ):
        for end in ("", ".csv", ".bpmn"):
            address = f"/concepteur/procedures/{KEY}/statistiques{end}"
            assert studio.browser(actor).get(address).status_code == status, actor.name
    nowhere = f"/concepteur/procedures/{quote('grants.no/where', safe='')}/statistiques"
    assert studio.browser(studio.didier).get(nowhere).status_code == 404
    gone = "/concepteur/procedures/grants.nowhere/statistiques"
    assert studio.browser(studio.didier).get(gone).status_code == 404
