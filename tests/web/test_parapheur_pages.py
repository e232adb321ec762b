"""A folder in its desks' hands, through HTTP: deposit, read, decide, correct; nothing is lost."""

import io
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from connectors.signature import apart
from engine.access import actor_for
from engine.commands import people
from engine.models import db
from tests.browser.parapheur import APPROVED, FIELDS, paper
from tests.conftest import build, close, environment
from tests.web.browser import Browser
from tests.workflows.parapheur.book import Book, with_circuit
from web.parapheur import drawing
from workflows.parapheur import files, typology
from workflows.parapheur.admission import Given
from workflows.parapheur.models import Annotation, Folder, FolderAct

SAID = {"seance": "2026-12-04", "service": "Finances"}


@dataclass
class Desks:
    """A book, and a browser for whoever sits at each desk."""

    app: Flask
    book: Book

    def at(self, desk: str) -> Browser:
        return Browser(self.app, self.book.actor(desk))

    def deposited(self, title: str = "Convention", content: bytes | None = None) -> UUID:
        file = self.book.file(f"{title}.pdf", content or paper(title, 2))
        return self.book.deposit(title, files=[Given(file)], metadata=SAID)

    def form(self) -> str:
        return f"/parapheur/deposer/{self.book.desks['assemblees']}/{self.book.subtype_id}"

    def tray(self, desk: str, name: str = "a-traiter") -> str:
        return f"/parapheur/bureaux/{self.book.desks[desk]}/{name}"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    app = build(environment(tmp_path))
    with app.app_context():
        book = with_circuit(app, *APPROVED)
        typology.change_subtype(
            book.subtype_id, actor=book.actor("keeper"), metadata_fields=FIELDS
        )
        yield Desks(app, book)
    close(app)


def acts_of(folder: UUID) -> list[str]:
    db.session.rollback()
    rows = db.session.scalars(
        db.select(FolderAct.kind)
        .where(FolderAct.instance_id == folder)
        .order_by(FolderAct.seq)
    )
    return list(rows)


def upload(name: str, content: bytes) -> Any:
    return io.BytesIO(content), name


def test_what_was_typed_and_joined_survives_an_error(desks: Desks) -> None:
    author = desks.at("assemblees")
    answer = author.send(
        desks.form(),
        {"_submit": "1", "titre": "", "donnee-service": "Culture", "donnee-montant": "beaucoup",
         "documents": upload("convention.pdf", paper("Convention", 2))},
    )  # fmt: skip
    assert answer.status_code == 422
    text = answer.text
    assert "Donnez un titre" in text or "Date de la séance : à renseigner." in text
    assert "Montant : un nombre, par exemple 1250,50." in text
    assert "convention.pdf" in text
    assert 'value="beaucoup"' in text
    word = re.search(r'name="fichier-0" value="([^"]+)"', text)
    assert word is not None
    sent = {"_submit": "1", "titre": "Convention", "donnee-seance": "2026-12-04",
            "donnee-service": "Culture", "fichiers": "0", "fichier-0": word[1],
            "genre-0": "main", "titre-0": "La convention"}  # fmt: skip
    stranger = desks.at("juridique")
    assert stranger.send(desks.form(), sent).status_code == 403, "not their desk"
    drawn = re.search(r'name="depot" value="([^"]+)"', text)
    assert drawn is not None
    sent["depot"] = drawn[1]
    answer = author.send(desks.form(), sent)
    assert answer.status_code == 302, answer.text
    assert author.send(desks.form(), sent).location == answer.location, (
        "sent twice, one folder"
    )
    other = author.send(desks.form(), {**sent, "titre": "Une autre"})
    assert other.location != answer.location
    folder = UUID(answer.location.rsplit("/", 1)[1])
    (kept,) = files.current(folder)
    assert kept.file.title == "La convention"


def test_a_file_is_named_by_who_joined_it_alone(desks: Desks) -> None:
    """The sealed word of another person, or of nobody, opens nothing."""
    author = desks.at("assemblees")
    answer = author.send(desks.form(), {"documents": upload("a.pdf", paper("A", 1))})
    word = re.search(r'name="fichier-0" value="([^"]+)"', answer.text)
    assert word is not None
    picture = "/parapheur/deposer/pages/1.png"
    assert author.client.get(picture, query_string={"f": word[1]}).status_code == 200
    for other, said in (
        ("dgs", word[1]),
        ("assemblees", word[1] + "x"),
        ("assemblees", ""),
    ):
        seen = desks.at(other).client.get(picture, query_string={"f": said})
        assert seen.status_code == 404


def test_hostile_files_are_refused_with_a_sentence(desks: Desks) -> None:
    author = desks.at("assemblees")
    locked = PdfWriter(clone_from=PdfReader(io.BytesIO(paper("Secret", 1))))
    locked.encrypt("secret", algorithm="AES-256")
    kept = io.BytesIO()
    locked.write(kept)
    running = PdfWriter(clone_from=PdfReader(io.BytesIO(paper("Script", 1))))
    script = {"/S": NameObject("/JavaScript"), "/JS": TextStringObject("app.alert(1)")}
    running._root_object[NameObject("/OpenAction")] = DictionaryObject(
        {NameObject(name): value for name, value in script.items()}
    )
    acts = io.BytesIO()
    running.write(acts)
    bomb = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    for name, content, told in (
        ("secret.pdf", kept.getvalue(), "sans mot de passe ni restriction"),
        ("script.pdf", acts.getvalue(), "script.pdf »"),
        ("tronque.pdf", paper("Tronque", 3)[:400], "abîmé"),
        ("programme.exe", b"MZ" * 90, "n’est pas d’un type accepté"),
        ("bombe.xml", bomb, "abîmé"),
    ):
        answer = author.send(desks.form(), {"documents": upload(name, content)})
        assert answer.status_code == 422, name
        assert told in answer.text, name


def test_when_the_readers_are_busy_what_was_typed_stays(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "WAITS", 0.01)
    given = {"documents": upload("acte.pdf", paper("Acte", 1)), "titre": "Bail du moulin"}
    with ExitStack() as held:
        for _ in range(apart.AT_ONCE):
            held.enter_context(apart._room)
        answer = desks.at("assemblees").send(desks.form(), given)
    assert answer.status_code == 422
    assert "« acte.pdf » : Trop de PDF sont lus en ce moment" in answer.text
    assert "Bail du moulin" in answer.text


def test_pages_are_pictures_and_their_text_is_read(desks: Desks) -> None:
    folder = desks.deposited()
    reader = desks.at("juridique")
    page = reader.client.get(f"/parapheur/dossiers/{folder}").text
    assert "Page 2 sur 2" in page
    assert "apres en avoir delibere" in page, "the text alternative"
    source = re.search(r'src="(/parapheur/dossiers/[^"]+\.png)"', page)
    assert source is not None
    answer = reader.client.get(source[1])
    assert answer.data.startswith(b"\x89PNG")
    assert answer.headers["Cache-Control"].startswith("private")
    again = reader.client.get(source[1], headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert reader.client.get(source[1].replace("/1.png", "/9.png")).status_code == 404
    stranger = people.add_person("max@region.test", "Max")
    people.grant(stranger, desks.book.body, "case_officer")
    outside = Browser(desks.app, actor_for(stranger))
    assert outside.client.get(source[1]).status_code == 403


def test_a_file_that_cannot_be_drawn_is_told_not_raised(desks: Desks) -> None:
    folder = desks.deposited(content=b"%PDF-1.7 nothing")
    page = desks.at("juridique").client.get(f"/parapheur/dossiers/{folder}")
    assert page.status_code == 200
    assert "Ce PDF est abîmé" in page.text


def test_a_desk_decides_and_the_next_folder_opens(desks: Desks) -> None:
    first, second = desks.deposited("Un"), desks.deposited("Deux")
    jurist = desks.at("juridique")
    tray = desks.tray("juridique")
    listed = jurist.client.get(tray).text
    assert listed.index(">Un<") < listed.index(">Deux<")
    assert listed.count("Non lu") == 2
    liste = f"{desks.book.desks['juridique']}/a-traiter?"
    place = f"/parapheur/dossiers/{first}"
    assert "Suivant (2/2)" in jurist.client.get(place, query_string={"liste": liste}).text
    answer = jurist.send(f"{place}/visa", {"note": "Conforme", "liste": liste})
    assert answer.location.startswith(f"/parapheur/dossiers/{second}")
    desks.book.settle()
    assert acts_of(first)[-1] == "approved"
    assert "Conforme" in desks.at("dgs").client.get(place).text
    listed = jurist.client.get(tray).text
    assert ">Un<" not in listed
    again = jurist.send(f"{place}/visa", {"tache": str(desks.book.tasks(first)["dgs"])})
    assert again.status_code == 403


def test_a_refusal_says_why_and_its_author_corrects(desks: Desks) -> None:
    folder = desks.deposited()
    place = f"/parapheur/dossiers/{folder}"
    jurist, author = desks.at("juridique"), desks.at("assemblees")
    nothing = jurist.send(f"{place}/refus", {"motif": "  "})
    assert nothing.status_code == 422
    assert "Motif du refus : dites pourquoi" in nothing.text
    jurist.send(f"{place}/refus", {"motif": "Il manque l’annexe 2."})
    desks.book.settle()
    page = author.client.get(f"{place}/corriger").text
    assert "Il manque l’annexe 2." in page
    word = re.search(r'name="fichier-0" value="([^"]+)"', page)
    held = re.search(r'name="existant-0" value="([^"]+)"', page)
    assert word and held
    better = paper("Convention mieux", 1)
    answer = author.send(
        f"{place}/corriger",
        {"_submit": "1", "titre": "Convention corrigée", "donnee-seance": "2026-12-05",
         "donnee-service": "Finances", "fichiers": "0", "fichier-0": word[1],
         "existant-0": held[1], "genre-0": "main", "titre-0": "Convention",
         "remplacer-0": upload("mieux.pdf", better),
         "annexes": upload("annexe.pdf", paper("Annexe", 1))},
    )  # fmt: skip
    assert answer.status_code == 302, answer.text
    desks.book.settle()
    row = db.session.get_one(Folder, folder, populate_existing=True)
    assert (row.state, row.round, row.title) == ("in_progress", 2, "Convention corrigée")
    names = [one.version.document.name for one in files.current(folder)]
    assert names == ["mieux.pdf", "annexe.pdf"]
    assert len(files.versions(UUID(held[1]))) == 2, "the first stays"
    assert set(desks.book.tasks(folder)) == {"juridique"}


def test_a_draft_stays_at_its_desk_until_it_is_deposited(desks: Desks) -> None:
    author, jurist = desks.at("assemblees"), desks.at("juridique")
    keeper = desks.book.actor("keeper")
    typology.change_subtype(desks.book.subtype_id, actor=keeper, visibility="public")
    sent = {"_brouillon": "1", "titre": "Digues", "donnee-service": "Finances"}
    wrong = author.send(desks.form(), sent | {"donnee-montant": "beaucoup"})
    assert wrong.status_code == 422, "what is said must be right all the same"
    joined = {"documents": upload("digues.pdf", paper("Digues", 1))}
    answer = author.send(desks.form(), sent | joined)
    assert answer.status_code == 302, answer.text
    folder = UUID(answer.location.rsplit("/", 1)[1])
    desks.book.settle()
    place = f"/parapheur/dossiers/{folder}"
    assert "Brouillon de votre bureau" in author.client.get(place).text
    assert "Digues" in author.client.get(desks.tray("assemblees")).text
    assert jurist.client.get(place).status_code == 403, "public, once it is deposited"
    assert "Digues" not in jurist.client.get("/parapheur/recherche").text
    page = author.client.get(f"{place}/corriger").text
    word = re.search(r'name="fichier-0" value="([^"]+)"', page)
    held = re.search(r'name="existant-0" value="([^"]+)"', page)
    assert word and held
    kept = {"donnee-service": "Culture", "fichiers": "0", "fichier-0": word[1],
            "existant-0": held[1], "genre-0": "main", "titre-0": "Digues"}  # fmt: skip
    assert (
        author.send(
            f"{place}/corriger", kept | {"_brouillon": "1", "titre": "Digues 2"}
        ).status_code
        == 302
    )
    assert (
        author.send(
            f"{place}/corriger", kept | {"_submit": "1", "titre": "Digues 3"}
        ).status_code
        == 422
    ), "no date yet"
    whole = kept | {"_submit": "1", "titre": "Digues 3", "donnee-seance": "2026-12-05"}
    assert author.send(f"{place}/corriger", whole).status_code == 302
    desks.book.settle()
    assert acts_of(folder) == ["drafted", "drafted", "deposited"]
    assert "Digues 3" in jurist.client.get("/parapheur/recherche").text
    # Nobody has acted: its author may take the deposit back.
    assert "Reprendre mon acte" in author.client.get(place).text
    assert author.send(f"{place}/remords").status_code == 302
    desks.book.settle()
    assert set(desks.book.tasks(folder)) == {"assemblees"}
    assert jurist.client.get(place).status_code == 403
    author.send(f"{place}/abandon")
    desks.book.settle()
    assert db.session.get_one(Folder, folder, populate_existing=True).state == "abandoned"


def test_remorse_transfer_and_opinions(desks: Desks) -> None:
    folder = desks.deposited()
    place = f"/parapheur/dossiers/{folder}"
    jurist = desks.at("juridique")
    jurist.send(f"{place}/visa")
    desks.book.settle()
    assert "Droit de remords" in jurist.client.get(place).text
    jurist.send(f"{place}/remords")
    desks.book.settle()
    assert set(desks.book.tasks(folder)) == {"juridique"}
    jurist.send(f"{place}/avis", {"bureau": "desk:presidence", "question": "D’accord ?"})
    president = desks.at("presidence")
    asked = president.client.get(place).text
    assert "D’accord ?" in asked
    target = re.search(r'action="([^"]+/avis/[^"]+)"', asked)
    assert target is not None
    assert president.send(target[1], {"avis": ""}).status_code == 422
    president.send(target[1], {"avis": "defavorable", "reponse": "Trop cher"})
    assert "Trop cher" in jurist.client.get(place).text
    jurist.send(f"{place}/transfert", {"bureau": "desk:nulle"})
    assert set(desks.book.tasks(folder)) == {"juridique"}
    jurist.send(f"{place}/transfert", {"bureau": "desk:presidence", "note": "À vous"})
    assert set(desks.book.tasks(folder)) == {"presidence"}


def test_a_private_remark_stays_at_its_desk(desks: Desks) -> None:
    folder = desks.deposited()
    place = f"/parapheur/dossiers/{folder}"
    jurist, author = desks.at("juridique"), desks.at("assemblees")
    file = str(files.current(folder)[0].file.id)
    base = {
        "fichier": file,
        "page": "1",
        "x": "10",
        "y": "12,5",
        "largeur": "30",
        "hauteur": "5",
    }
    wrong = jurist.send(
        f"{place}/annotations", {**base, "x": "130", "page": "7", "texte": ""}
    )
    assert wrong.status_code == 422
    for told in (
        "Gauche : un nombre de 0 à 100.",
        "Page : un numéro de 1 à 2.",
        "Annotation : écrivez",
    ):
        assert told in wrong.text
    jurist.send(f"{place}/annotations", {**base, "texte": "Voir <b>l’article 3</b>"})
    jurist.send(f"{place}/annotations", {**base, "texte": "Entre nous", "privee": "1"})
    assert "Entre nous" in jurist.client.get(place).text
    theirs = author.client.get(place).text
    assert "Voir &lt;b&gt;l’article 3&lt;/b&gt;" in theirs
    assert "Entre nous" not in theirs
    notes = db.session.scalars(db.select(Annotation).order_by(Annotation.at)).all()
    assert notes[0].y == pytest.approx(0.125)
    removal = f"{place}/annotations/{notes[0].id}/retrait"
    assert author.send(removal).status_code == 403
    jurist.send(removal, {"next": place})
    assert "article 3" not in author.client.get(place).text


def test_many_are_approved_in_one_gesture_each_told(desks: Desks) -> None:
    for title in ("Un", "Deux", "Trois"):
        desks.deposited(title)
    jurist = desks.at("juridique")
    ticked = re.findall(
        r'name="tache" value="([^"]+)"', jurist.client.get(desks.tray("juridique")).text
    )
    assert len(ticked) == 3
    together = f"/parapheur/bureaux/{desks.book.desks['juridique']}/ensemble"
    shown = jurist.send(f"{together}/apercu", {"acte": "viser", "tache": ticked})
    assert "3 dossiers seront traités" in shown.text
    desks.book.approve(
        db.session.scalars(db.select(Folder.instance_id)).first(), "juridique"
    )
    done = jurist.send(together, {"acte": "viser", "tache": ticked})
    assert "2 sur 2." in done.text, "one was done meanwhile"
    assert "Rien ici" in jurist.client.get(desks.tray("juridique")).text
    elsewhere = desks.at("dgs").send(
        f"/parapheur/bureaux/{desks.book.desks['dgs']}/ensemble",
        {"acte": "viser", "tache": ticked},
    )
    assert elsewhere.status_code == 302, "another desk’s tasks are not there"


def test_search_finds_what_one_may_see_and_takes_it_out(desks: Desks) -> None:
    desks.deposited("Convention des digues")
    desks.deposited("=2+3")
    jurist = desks.at("juridique")
    found = jurist.client.get("/parapheur/recherche?mots=digues").text
    assert "Convention des digues" in found
    assert ">=2+3<" not in found
    narrowed = (
        f"/parapheur/recherche?sous_type={desks.book.subtype_id}&donnee-service=culture"
    )
    assert "Aucun dossier ne répond" in jurist.client.get(narrowed).text
    assert "digues" in jurist.client.get(narrowed.replace("culture", "finances")).text
    assert "un jour, par exemple" in jurist.client.get("/parapheur/recherche?du=hier").text
    sent = jurist.send(
        "/parapheur/recherche/export", {"sous_type": str(desks.book.subtype_id)}
    )
    lines = sent.get_data(as_text=True).splitlines()
    assert len(lines) == 3
    assert "'=2+3" in "".join(lines), "no formula"
    assert (
        "Convention des digues"
        not in desks.at("presidence").client.get("/parapheur/recherche").text
    )


def test_an_archive_holds_what_is_there(desks: Desks) -> None:
    folder = desks.deposited("Lot")
    answer = desks.at("juridique").client.get(f"/parapheur/dossiers/{folder}/dossier.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.namelist() == ["Lot.pdf"]


def test_the_program_that_draws_binds_itself(tmp_path: Path) -> None:
    """It can write no file, however hostile what it reads."""
    source = Path(drawing.__file__).parent
    script = (
        f"import sys; sys.path.insert(0, {str(source)!r}); import drawing; drawing.bind();"
        f"open({str(tmp_path / 'out')!r}, 'w').write('x' * 10)"
    )
    subprocess.run([sys.executable, "-c", script], check=False, capture_output=True)
    assert not (tmp_path / "out").read_bytes()
