"""A signature book with thousands of folders in progress, and what its pages cost.

    python -m tests.bench.book 10000                                 # on SQLite
    DATABASE_URL=postgresql://… python -m tests.bench.book 10000

Every folder is a copy of a real one, row by row; pages are asked of the application itself,
without a network, one after the other.
"""

import os
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, text

from engine import clock
from engine.documents import Document
from engine.models import ProcessInstance, UserTask, db
from engine.words import fold
from tests.browser.parapheur import FIELDS, paper
from tests.conftest import build, close, environment
from tests.web.browser import Browser
from tests.workflows.parapheur.book import Book, with_circuit
from workflows.parapheur import typology
from workflows.parapheur.admission import Given
from workflows.parapheur.circuits import APPROVE, Step
from workflows.parapheur.models import (
    FileVersion,
    Folder,
    FolderAct,
    FolderDesk,
    FolderFile,
    FolderReading,
)

STEPS = (
    Step(APPROVE, "Visa juridique", ("desk:juridique",), working_days=3),
    Step(APPROVE, "Visa de la direction générale", ("desk:dgs",)),
)
SAID = {"seance": "2026-12-04", "service": "Finances", "montant": 1250.5}
ROUNDS = 20
THINGS = ("digue", "festival", "budget", "lycée", "convention", "route", "marché", "musée")


def open_book(app: Any) -> tuple[Book, UUID]:
    """A book with one real folder, which is what the others are like."""
    book = with_circuit(app, *STEPS)
    typology.change_subtype(
        book.subtype_id, actor=book.actor("keeper"), metadata_fields=FIELDS, working_days=15
    )
    real = book.deposit(
        "Le vrai", files=[Given(book.file("acte.pdf", paper("Acte", 2)))], metadata=SAID
    )
    return book, real


def fill(book: Book, real: UUID, many: int) -> None:
    """Add folders like the real one: a third at each desk, a third finished once over."""
    db.session.rollback()
    at, people = clock.now(), list(book.people.values())
    task = db.session.scalars(
        select(UserTask).where(UserTask.id == book.tasks(real)["juridique"])
    ).one()
    models: dict[Any, list[Any]] = {
        kind: list(db.session.scalars(select(kind).where(of)))
        for kind, of in (
            (ProcessInstance, ProcessInstance.id.in_([real, task.instance_id])),
            (Folder, Folder.instance_id == real),
            (FolderAct, FolderAct.instance_id == real),
            (FolderFile, FolderFile.instance_id == real),
            (Document, Document.instance_id == real),
            (UserTask, UserTask.id == task.id),
        )
    }
    version = db.session.scalars(select(FileVersion)).first()
    assert version is not None
    rows: dict[Any, list[dict[str, Any]]] = {kind: [] for kind in (*models, FolderDesk, FileVersion, FolderReading)}  # fmt: skip
    for number in range(many):
        ids = {real: uuid4(), task.instance_id: uuid4(), version.document_id: uuid4()}
        when = at - timedelta(minutes=7 * number)
        desk = ("juridique", "dgs", "done")[number % 3]
        for kind, found in models.items():
            for one in found:
                rows[kind].append(_copied(one, ids, number, when, desk))
        folder = ids[real]
        file = rows[FolderFile][-1]["id"]
        rows[FileVersion].append({**_columns(version), "id": uuid4(), "file_id": file,
                                  "document_id": ids[version.document_id], "act_id": None})  # fmt: skip
        standings = {"assemblees": "done", "juridique": "now" if desk == "juridique" else "done",
                     "dgs": {"juridique": "to_come", "dgs": "now", "done": "done"}[desk]}  # fmt: skip
        rows[FolderDesk] += [
            {"instance_id": folder, "role": f"desk:{role}", "organisation_id": book.body,
             "standing": standing, "at": when}
            for role, standing in standings.items()
        ]  # fmt: skip
        if number % 2:
            rows[FolderReading].append(
                {
                    "instance_id": folder,
                    "person_id": people[number % len(people)],
                    "at": when,
                }
            )
    order = (ProcessInstance, Folder, Document, FolderAct, FolderFile, FileVersion, FolderDesk,
             FolderReading, UserTask)  # fmt: skip
    rows[ProcessInstance].sort(key=lambda row: row["parent_id"] is not None)
    for kind in order:
        for start in range(0, len(rows[kind]), 2000):
            db.session.execute(insert(kind), rows[kind][start : start + 2000])
    db.session.commit()
    analyse()


def _columns(one: Any) -> dict[str, Any]:
    return {c.key: getattr(one, c.key) for c in type(one).__mapper__.column_attrs}


def _copied(
    one: Any, ids: dict[UUID, UUID], number: int, when: Any, desk: str
) -> dict[str, Any]:
    """A row like this one, in another folder."""
    row = {
        name: ids.get(value, value) if isinstance(value, UUID) else value
        for name, value in _columns(one).items()
    }
    title = f"{THINGS[number % 8].title()} n° {number}"
    finished = desk == "done" and number % 2
    match one:
        case ProcessInstance():
            row |= {
                "number": f"B{ids[one.id].hex[:18]}",
                "title": title,
            }
        case Folder():
            row |= {
                "title": title, "folded": fold(f"{title} B{number:07}"), "code": uuid4().hex,
                "deposited_at": when, "external_id": None,
                "state": "finished" if finished else "in_progress",
                "due_at": when + timedelta(days=20),
                "step": {"juridique": STEPS[0].name, "dgs": STEPS[1].name}.get(desk, ""),
            }  # fmt: skip
        case UserTask():
            role = "desk:dgs" if desk == "dgs" else "desk:juridique"
            row |= {"id": uuid4(), "role": role, "opened_at": when,
                    "status": "completed" if desk == "done" else "open"}  # fmt: skip
        case FolderAct() | FolderFile():
            row["id"] = uuid4()
    return row


def analyse() -> None:
    """Let the database count what it holds, as it does by itself in time."""
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            one.execute(text("VACUUM ANALYZE"))
    else:
        db.session.execute(text("ANALYZE"))
        db.session.commit()


def pages(book: Book, folder: UUID) -> dict[str, tuple[str, str]]:
    """Every page that a list or a folder makes: who opens it, and its address."""
    jurist, author = (
        f"/parapheur/bureaux/{book.desks[d]}" for d in ("juridique", "assemblees")
    )
    return {
        "desks": ("juridique", "/parapheur/"),
        "to do": ("juridique", f"{jurist}/a-traiter"),
        "to do, by title": ("juridique", f"{jurist}/a-traiter?tri=titre"),
        "to do, by due date": ("juridique", f"{jurist}/a-traiter?tri=echeance"),
        "to do, searched": ("juridique", f"{jurist}/a-traiter?mots=musee"),
        "late": ("juridique", f"{jurist}/en-retard"),
        "to come": ("dgs", f"/parapheur/bureaux/{book.desks['dgs']}/a-venir"),
        "followed": ("assemblees", f"{author}/suivis"),
        "finished": ("assemblees", f"{author}/termines"),
        "refused": ("assemblees", f"{author}/refuses"),
        "a folder": ("juridique", f"/parapheur/dossiers/{folder}"),
        "a folder of a list": (
            "juridique",
            f"/parapheur/dossiers/{folder}?liste={book.desks['juridique']}/a-traiter%3F",
        ),
        "search": ("juridique", "/parapheur/recherche"),
        "search, a word": ("juridique", "/parapheur/recherche?mots=musee"),
        "search, nothing found": ("juridique", "/parapheur/recherche?mots=introuvable"),
        "search, metadata": (
            "juridique",
            f"/parapheur/recherche?sous_type={book.subtype_id}&donnee-service=finances",
        ),
        "search, the keeper": (
            "keeper",
            "/parapheur/recherche?mots=musee&etat=in_progress",
        ),
        "deposit": (
            "assemblees",
            f"/parapheur/deposer/{book.desks['assemblees']}/{book.subtype_id}",
        ),
        "typology": ("keeper", "/parapheur/typologie/"),
        "delegations": ("juridique", "/parapheur/delegations/"),
    }


def main(many: int) -> None:
    """Fill a book and print what each page takes, in milliseconds, waiting and working."""
    folder = Path(tempfile.mkdtemp(prefix="book-"))
    more = {"DATABASE_URL": url} if (url := os.environ.get("DATABASE_URL")) else {}
    app = build(environment(folder, **more))
    with app.app_context():
        book, real = open_book(app)
        fill(book, real, many)
        browsers = {who: Browser(app, book.actor(who)) for who in ("juridique", "dgs", "assemblees", "keeper")}  # fmt: skip
        print(f"{many} folders, {db.engine.dialect.name}")
        print(f"{'page':<24}{'median':>8}{'p95':>8}{'p95 cpu':>8}")
        for name, (who, address) in pages(book, real).items():
            times, worked = [], []
            for _ in range(ROUNDS):
                begun, busy = time.perf_counter(), time.process_time()
                answer = browsers[who].client.get(address)
                times.append(1000 * (time.perf_counter() - begun))
                worked.append(1000 * (time.process_time() - busy))
                assert answer.status_code == 200, (name, answer.status_code)
            p95, busy95 = (sorted(one)[int(0.95 * ROUNDS) - 1] for one in (times, worked))
            print(f"{name:<24}{statistics.median(times):>8.0f}{p95:>8.0f}{busy95:>8.0f}")
    close(app)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
