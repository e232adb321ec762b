"""The designer's pages: publish by two, take back, bring in and out, migrate running cases."""

import io
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from zipfile import ZipFile, ZipInfo

import pytest

from engine import procedure_drafts
from engine.access import Forbidden
from engine.commands import cases, jobs
from engine.commands import procedure_drafts as drafts
from engine.commands.jobs import Selection
from engine.commands.operations import Operation
from engine.models import ProcessInstance, db
from tests.conftest import ROOT
from tests.web.browser import Browser
from tests.web.designing import KEY, NAME, Studio, opened, small_files, version
from tests.web.test_performance import selects, statements
from workflows import archives, designing, publication

FOREIGN = ROOT / "tests/engine/spiff/foreign"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    with opened(tmp_path) as studio:
        yield studio


def upload(browser: Browser, studio: Studio, name: str, content: bytes) -> Any:
    address = f"/concepteur/brouillons/{studio.draft}/importer"
    return browser.send(address, {"file": (io.BytesIO(content), name)})


def zipped(files: dict[str, bytes], **entries: Any) -> bytes:
    """An archive, with stranger entries than `pack` writes."""
    packed = io.BytesIO()
    with ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for entry, content in entries.pop("infos", []):
            archive.writestr(entry, content)
    return packed.getvalue()


def link() -> ZipInfo:
    entry = ZipInfo("rates.dmn")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def test_a_procedure_is_published_by_two_then_taken_back(studio: Studio) -> None:
    didier, lea = studio.browser(studio.didier), studio.browser(studio.lea)
    address = f"/concepteur/brouillons/{studio.draft}"
    drafts.save_file(
        studio.draft, "process.bpmn",
        small_files()["process.bpmn"].replace("Demande traitée".encode(), b"Fini"),
        1, actor=studio.didier,
    )  # fmt: skip
    page = didier.get(f"{address}/publier").text
    assert "+" in page
    assert "Fini" in page, "what changes is shown before asking"
    empty = didier.send(f"{address}/publier", {"comment": ""})
    assert empty.status_code == 422
    assert "dites ce qui change" in empty.text
    asked = didier.send(f"{address}/publier", {"comment": "Un mot plus court"})
    request = asked.location
    assert lea.get("/nouvelles/").text.count("demande la publication") >= 1
    page = lea.get(request).text
    assert "Accepter et publier" in page
    assert "Un mot plus court" in page
    assert "Accepter et publier" not in didier.get(request).text
    refused = lea.send(f"{request}/refuser", {"reason": ""})
    assert refused.status_code == 422
    assert "doit corriger" in refused.text
    assert "version 2" in lea.post(f"{request}/accepter").text
    found = didier.get(f"/concepteur/procedures/{KEY}").text
    assert "validée par Léa Colin" in found
    assert "Un mot plus court" in found
    second = version(KEY, 2)
    withdrawing = f"/concepteur/versions/{second}/retirer"
    assert "suivront la version 1" in didier.get(withdrawing).text
    assert didier.send(withdrawing, {"motive": ""}).status_code == 422
    page = didier.post(withdrawing, {"motive": "Erreur de mot"}).text
    assert "Version retirée : les nouveaux dossiers suivent la version 1." in page
    assert "Erreur de mot" in page, "the journal says why"
    assert "retirée" in didier.get(f"/concepteur/versions/{second}").text


def test_what_a_colleague_published_is_taken_over_from_the_page(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    other = {
        **small_files(),
        "rates.dmn": small_files()["rates.dmn"].replace(b"0.5", b"0.6"),
    }
    publication.publish(KEY, other, owner_id=studio.office.region, origin="designer")
    drafts.save_file(
        studio.draft, "rates.dmn", small_files()["rates.dmn"].replace(b"0.2", b"0.1"), 1,
        actor=studio.didier,
    )  # fmt: skip
    page = didier.get(f"/concepteur/brouillons/{studio.draft}").text
    assert "La version 2 a été publiée depuis" in page
    address = f"/concepteur/brouillons/{studio.draft}/rattraper"
    assert "Changés des deux côtés" in didier.get(address).text
    last = str(version(KEY, 2))
    assert didier.send(address, {"last": last}).status_code == 422
    assert didier.send(address, {"last": "x"}).status_code == 400
    kept = didier.post(address, {"last": last, "keep-rates.dmn": "theirs"})
    assert "contient maintenant les changements" in kept.text
    assert procedure_drafts.files(studio.draft)["rates.dmn"] == other["rates.dmn"]


def test_a_new_procedure_begins_from_nothing_or_from_another(studio: Studio) -> None:
    dora, region = studio.browser(studio.dora), str(studio.office.region)
    good = {"name": "Aide & Cie", "key": "grants.other_aid", "owner": region, "source": ""}
    for wrong, said in (
        ({"name": ""}, "Nom : "),
        ({"key": "Grants.Été"}, "en minuscules sans accent"),
        ({"key": "nowhere.aid"}, "l’un des domaines"),
        ({"key": KEY}, "porte déjà cet identifiant"),
        ({"owner": str(studio.office.department)}, "Organisme : "),
        ({"owner": "x"}, "Organisme : "),
        ({"source": str(uuid4())}, "Modèle : "),
    ):
        answer = dora.send("/concepteur/nouvelle", {**good, **wrong})
        assert answer.status_code == 422
        assert said in answer.text
        assert wrong.get("name", "Aide &amp; Cie") in answer.text, "nothing typed is lost"
    page = dora.post("/concepteur/nouvelle", good).text
    assert "Aide &amp; Cie" in page
    assert "rien à corriger" in page
    copy = {**good, "key": "grants.copied_aid", "source": str(studio.definition)}
    page = dora.post("/concepteur/nouvelle", copy).text
    assert "rien à corriger" in page
    draft = procedure_drafts.of_key("grants.copied_aid")
    assert draft
    assert draft.name == "Aide & Cie"
    assert procedure_drafts.files(draft.id)["rates.dmn"] == small_files()["rates.dmn"]
    listed = dora.get("/concepteur/?q=COPIED").text
    assert "grants.copied_aid" in listed
    assert NAME not in listed
    assert (
        "grants.copied_aid" not in studio.browser(studio.stranger).get("/concepteur/").text
    )


def test_a_folder_goes_out_and_comes_back_the_same(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    packed = didier.client.get(f"/concepteur/versions/{studio.definition}/archive.zip").data
    assert packed == archives.pack(small_files()), "the same bytes for the same files"
    assert archives.unpack(packed).files == small_files()
    address = f"/concepteur/brouillons/{studio.draft}/archive.zip"
    assert didier.client.get(address).data == packed
    nested = {f"aide/{n}": c for n, c in small_files().items() if n != "rates.dmn"}
    nested |= {
        "aide/README.md": b"# Notes",
        "__MACOSX/aide/._x": b"x",
        "aide/new.dmn": b"<a/>",
    }
    answer = didier.post(
        f"/concepteur/brouillons/{studio.draft}/importer",
        {"file": (io.BytesIO(zipped(nested)), "aide.zip")},
    )
    assert "Laissés de côté" in answer.text
    assert "README.md" in answer.text
    names = {file.name for file in procedure_drafts.listed(studio.draft)}
    assert names == {"application.form.json", "new.dmn", "process.bpmn", "review.form.json"}


def test_a_hostile_archive_brings_nothing_in(studio: Studio) -> None:
    didier, good = studio.browser(studio.didier), small_files()
    before = procedure_drafts.files(studio.draft)
    bomb = zipped(good | {"big.letter.md": b"0" * (60 * 1024 * 1024)})
    encrypted = bytearray(zipped(good))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = encrypted.find(mark)
        encrypted[at + place] |= 1
    many = {f"n{i}.letter.md": b"# a\n\nb" for i in range(201)}
    for content, said in (
        (zipped(good | {"../process.bpmn": b"<a/>"}), "sort de l’archive"),
        (zipped(good | {"a\\b.dmn": b"<a/>"}), "sort de l’archive"),
        (zipped(good | {"deep/er.dmn": b"<a/>"}), "sans dossier dedans"),
        (zipped(good | {"wrong.dmn": b"<a"}), "wrong.dmn : "),
        (zipped(good | {"été.dmn": b"<a/>"}), "Nom du fichier"),
        (zipped({"process.bpmn": b"<a/>"}, infos=[(link(), b"/etc/passwd")]), "un lien"),
        (zipped({"rates.dmn": good["rates.dmn"]}), "ne contient pas process.bpmn"),
        (zipped({"a.txt": b"x"}), "aucun fichier d’une démarche"),
        (zipped(good | many), "200 fichiers au plus"),
        (zipped(good | {f"f{i}.txt": b"" for i in range(5000)}), "plus de 1000 fichiers"),
        (bytes(encrypted), "chiffré"),
        (b"PK\x03\x04 no archive at all", "archive ZIP lisible"),
        (bomb, "5 Mo"),
    ):
        answer = upload(didier, studio, "a.zip", content)
        assert answer.status_code == 422, said
        assert said in answer.text
        assert "Rien n’a été importé" in answer.text
    assert procedure_drafts.files(studio.draft) == before
    assert upload(didier, studio, "", b"").status_code == 422
    dora = upload(studio.browser(studio.dora), studio, "a.zip", zipped(good))
    assert dora.status_code == 422
    assert "Didier Faure écrit dans ce brouillon" in dora.text


def test_another_tool_s_diagram_is_reported_on_before_it_is_kept(studio: Studio) -> None:
    didier, before = studio.browser(studio.didier), procedure_drafts.files(studio.draft)
    answer = upload(didier, studio, "aide.bpmn", (FOREIGN / "camunda7.bpmn").read_bytes())
    assert answer.status_code == 200
    assert "devenu ebg:form « instruction »" in answer.text
    assert "script groovy" in answer.text
    assert procedure_drafts.files(studio.draft) == before, "nothing is kept yet"
    carried = re.search(r'name="content" value="([^"]+)"', answer.text)
    assert carried
    address = f"/concepteur/brouillons/{studio.draft}/importer/diagramme"
    bad = didier.send(address, {"content": carried[1], "name": "été"})
    assert bad.status_code == 422
    assert "Nom du fichier" in bad.text
    for content in ("", "AAAA", carried[1][:-8]):
        assert didier.send(address, {"content": content, "name": "a"}).status_code == 422
    page = didier.post(address, {"content": carried[1], "name": "process.bpmn"}).text
    assert "Importé dans le brouillon : process.bpmn." in page
    kept = procedure_drafts.files(studio.draft)["process.bpmn"]
    assert b"camunda:" not in kept
    assert KEY.encode() in kept
    for content, said in (
        (b"<html/>", "pas du BPMN"),
        (b"<a", "XML lisible"),
        (b"<!DOCTYPE a><a/>", "DOCTYPE"),
    ):
        answer = upload(didier, studio, "aide.bpmn", content)
        assert answer.status_code == 422
        assert said in answer.text
    table = upload(didier, studio, "taux.dmn", small_files()["rates.dmn"])
    assert table.status_code == 302
    assert "taux.dmn" in procedure_drafts.files(studio.draft)


def test_files_are_renamed_and_taken_out(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    address = f"/concepteur/brouillons/{studio.draft}/fichiers"
    assert "taux.dmn" in didier.post(f"{address}/rates.dmn/renommer", {"to": "taux"}).text
    assert (
        "Nom du fichier" in didier.post(f"{address}/taux.dmn/renommer", {"to": "é è"}).text
    )
    assert "gardez-le" in didier.post(f"{address}/process.bpmn/supprimer").text
    assert "taux.dmn" not in didier.post(f"{address}/taux.dmn/supprimer").text
    page = didier.post(f"/concepteur/brouillons/{studio.draft}/laisser").text
    assert "Prendre en main" in page
    dora = studio.browser(studio.dora)
    dora.post(f"/concepteur/brouillons/{studio.draft}/prendre")
    assert (
        "Dora Leroy écrit dans ce brouillon"
        in didier.post(f"/concepteur/brouillons/{studio.draft}/abandonner").text
    )
    didier.post(f"/concepteur/brouillons/{studio.draft}/reprendre")
    page = didier.post(f"/concepteur/brouillons/{studio.draft}/abandonner").text
    assert "Le brouillon est abandonné." in page
    assert "Brouillon repris à un collègue" in page
    assert "Commencer la version suivante" in page


def started(studio: Studio, number: int) -> list[Any]:
    return [
        cases.start(
            studio.definition, {"title": "Une scie", "amount": 10},
            actor=studio.office.applicant, applicant_id=studio.office.company,
        ).id
        for _ in range(number)
    ]  # fmt: skip


def test_running_cases_follow_another_version_after_a_dry_run(studio: Studio) -> None:
    ids, didier = started(studio, 3), studio.browser(studio.didier)
    changed = {
        name: content.replace(b'"review"', b'"examine"').replace(b">review<", b">examine<")
        for name, content in small_files().items()
    } | {"review.form.json": small_files()["review.form.json"]}
    changed["process.bpmn"] = changed["process.bpmn"].replace(
        b'name="ebg:form" value="examine"', b'name="ebg:form" value="review"'
    )
    assert publication.publish(KEY, changed, owner_id=studio.office.region) == 2
    second = version(KEY, 2)
    assert "Migrer" in didier.get(f"/concepteur/procedures/{KEY}").text
    address = f"/concepteur/versions/{studio.definition}/migrer"
    page = didier.get(address).text
    assert "Instruire la demande (3)" in page
    job = {"to": str(second), "job": str(uuid4()), "map-review": "examine"}
    assert didier.send(address, {**job, "motive": ""}).status_code == 422
    assert didier.send(address, {**job, "motive": "x", "to": "y"}).status_code == 422
    tried = didier.send(address, {**job, "motive": "Nouveau nom"}).location
    soon = didier.post(f"{tried}/faire", {"job": str(uuid4())}).text
    assert "Attendez la fin de l’essai" in soon
    while jobs.advance(100):
        pass
    page = didier.get(tried).text
    assert "possible : 3" in page
    assert followed(ids) == {studio.definition}, "a dry run keeps nothing"
    for stranger in (studio.stranger, studio.office.officer, studio.office.head):
        assert studio.browser(stranger).get(tried).status_code == 403
    assert studio.browser(studio.office.operator).get(tried).status_code == 200
    done = didier.send(f"{tried}/faire", {"job": str(uuid4())}).location
    didier.post(f"{done}/arret")
    didier.post(f"{done}/suite")
    while jobs.advance(100):
        pass
    assert "fait : 3" in didier.get(done).text
    assert followed(ids) == {second}


def followed(ids: list[Any]) -> set[Any]:
    db.session.rollback()
    return {db.session.get_one(ProcessInstance, one).definition_id for one in ids}


def test_a_designer_asks_nothing_else_of_cases(studio: Studio) -> None:

    started(studio, 1)
    mine = Selection(definition_id=str(studio.definition))
    for who, chosen, act in (
        (studio.didier, mine, "cancel"),
        (studio.didier, Selection(status="active"), "migrate"),
        (studio.lea, mine, "migrate"),
        (studio.stranger, mine, "migrate"),
        (studio.office.head, mine, "migrate"),
    ):
        with pytest.raises(Forbidden):
            jobs.create(uuid4(), chosen, Operation(act), actor=who, motive="Essai")


def test_the_first_files_are_right() -> None:
    files = designing.first_files("grants.tried", 'Aide « <b>"été"</b> »')
    assert publication.check("grants.tried", files) == []


def test_lists_send_as_many_statements_for_more_rows(studio: Studio) -> None:
    didier = studio.browser(studio.didier)
    pages = ("/concepteur/", f"/concepteur/procedures/{KEY}")

    def cost() -> list[int]:
        found = []
        for page in pages:
            assert didier.get(page).status_code == 200
            with statements(studio.app) as sent:
                didier.get(page)
            found.append(len(selects(sent)))
        return found

    publish(studio, 2)
    before = cost()
    for number in range(3, 9):
        publish(studio, number)
        drafts.begin(
            f"grants.new_{number}", studio.office.region, small_files(), actor=studio.dora
        )
    assert cost() == before


def publish(studio: Studio, number: int) -> None:
    letter = {"more.letter.md": f"# Objet {number}\n\nBonjour".encode()}
    region, files = studio.office.region, {**small_files(), **letter}
    assert publication.publish(KEY, files, owner_id=region) == number
