"""Many people reading a large signature book at once: how long each page makes them wait.

    python -m tests.prove.book [--folders 10000] [--readers 20] [--minutes 5] [--think 2 6]

The book of `tests.bench.book` on PostgreSQL, with as many acts transmitted, payment orders
and letters of the prefecture, served by gunicorn (two processes). Each reader signs in, opens
a page of the book, thinks for some seconds, opens another: desks and their lists, folders,
pictures of pages never drawn and drawn already, search, typology, journals, the registers of
acts, accounts. One reader in ten is an application that asks the API. The same run measures
a page that touches nothing, since the machine's own slowness is in every figure.
"""

import argparse
import itertools
import random
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from flask import Flask
from sqlalchemy import select, update

from engine.commands import people
from engine.documents import Document
from engine.models import db
from tests import servers
from tests.bench import book as books
from tests.bench import transmitted
from tests.browser.parapheur import paper
from tests.conftest import build, close
from tests.prove import office
from tests.prove.load import EVIDENCE, GOAL, Waits, machine, table, together
from tests.prove.people import Person as Someone
from tests.prove.people import Tally
from tests.web.program import make_key
from tests.workflows.parapheur.book import Book
from web.accounts import open_account
from web.demo.people import PASSWORD
from workflows.parapheur.models import FileVersion, Folder, FolderFile

NOTHING = "a page that reads nothing"
DESKS = ("juridique", "dgs", "assemblees", "keeper")
PROGRAM = "program"
PROGRAMS = 10
"""One reader in so many is an application."""
OPENED = 300
"""Folders that readers open, drawn among all."""
PICTURE = "/parapheur/dossiers/{}/fichiers/{}/versions/1/pages/1.png"


@dataclass(frozen=True)
class Plan:
    """How many people read, for how long, in how large a book."""

    folders: int
    readers: int
    minutes: float
    think: tuple[float, float]


@dataclass
class Filled:
    """What there is to read: addresses by who opens them, and pictures never drawn."""

    pages: dict[str, list[tuple[str, str]]]
    fresh: Iterator[str]
    drawn: list[str]
    emails: list[tuple[str, str]]
    key: str
    size: str
    lock: threading.Lock = field(default_factory=threading.Lock)

    def undrawn(self) -> str | None:
        """The address of a picture that nobody has asked for, once."""
        with self.lock:
            return next(self.fresh, None)


def main() -> None:
    plan = _plan()
    lines = prove(plan)
    print("\n".join(lines))
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    page = EVIDENCE / f"{datetime.now(UTC):%Y-%m-%d}-book-readers.md"
    page.write_text("\n".join(lines) + "\n")


def prove(plan: Plan) -> list[str]:
    """The report of a run, in Markdown."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        more = {
            "DATABASE_URL": stack.enter_context(servers.postgresql()),
            "REDIS_URL": stack.enter_context(servers.redis(Path(folder))),
        }
        environment = office.environment(Path(folder) / "data", **more)
        app = build(environment)
        with app.app_context():
            filled = fill(app, plan)
        close(app)
        with office.running(environment, Path(folder), web=2, workers=1):
            waits = _read(plan, environment["PUBLIC_URL"], filled)
    return _report(plan, filled, waits)


def fill(app: Flask, plan: Plan) -> Filled:
    """The book, and accounts for those who read it."""
    book, real = books.open_book(app)
    books.fill(book, real, plan.folders)
    act = transmitted.transmit(book, real, plan.folders)
    people.grant(book.keeper, book.body, "administrator")
    emails = _accounts(book, plan.readers)
    asked = select(Folder.instance_id, FolderFile.id, FileVersion.document_id).join(
        FolderFile, FolderFile.instance_id == Folder.instance_id
    ).join(FileVersion, FileVersion.file_id == FolderFile.id)  # fmt: skip
    some = db.session.execute(asked.order_by(Folder.instance_id).limit(OPENED)).all()
    for number, (_folder, _file, document) in enumerate(some):
        kept = book.file("acte.pdf", paper("Acte", 2) + b"\n%%%d\n" % number)
        db.session.execute(
            update(Document).where(Document.id == document)
            .values(sha256=kept.sha256, size=kept.size)
        )  # fmt: skip
    db.session.commit()
    books.analyse()
    pages: dict[str, list[tuple[str, str]]] = {who: [] for who in (*DESKS, PROGRAM)}
    known = {**books.pages(book, real), **transmitted.pages(book, act)}
    for name, (who, address) in known.items():
        pages[who].append((name, address))
    for folder, _file, _document in some:
        pages["juridique"].append(("a folder, any", f"/parapheur/dossiers/{folder}"))
    pages["keeper"].append(("journal", f"/annuaire/{book.body}/journal"))
    pages[PROGRAM] = _of_programs(book, [folder for folder, *_ in some])
    key = make_key(book.body, roles=["desk:assemblees"])[1]
    pictures = [PICTURE.format(folder, file) for folder, file, _document in some]
    size = (
        f"{plan.folders:,} folders, as many acts and payment orders, {office.database(app)}"
    )
    db.session.rollback()
    return Filled(pages, iter(pictures[1:]), pictures[:1], emails, key, size)


def _of_programs(book: Book, folders: Sequence[Any]) -> list[tuple[str, str]]:
    desk = f"/api/standard/v1/tenant/{book.body}/desk/{book.desks['assemblees']}"
    return [
        ("API, folders", "/api/v1/folders"),
        ("API, folders by state", "/api/v1/folders?state=in_progress&limit=100"),
        ("API, folders by type", "/api/v1/folders?type=deliberations"),
        *(("API, a folder", f"/api/v1/folders/{one}") for one in folders[:5]),
        ("API, cases", "/api/v1/cases"),
        ("i-Parapheur, pending", f"{desk}/PENDING"),
        ("i-Parapheur, finished", f"{desk}/FINISHED"),
    ]


def _accounts(book: Book, readers: int) -> list[tuple[str, str]]:
    """(who they are like, e-mail) of people with accounts, in turn at each desk."""
    found = []
    for number, who in zip(range(readers), itertools.cycle(DESKS), strict=False):
        if number % PROGRAMS == PROGRAMS - 1:
            found.append((PROGRAM, ""))
            continue
        email = f"lecteur{number}@bourgogne.example"
        person = people.add_person(email, f"Lecteur {number}")
        for role in {one.name for one in book.actor(who).roles}:
            people.grant(person, book.body, role)
        open_account(email=email, name=f"Lecteur {number}", password=PASSWORD)
        found.append((who, email))
    return found


@dataclass
class Reader:
    """Somebody, or an application, who opens one page after the other."""

    http: httpx.Client
    who: str
    filled: Filled
    dice: random.Random
    waits: Waits

    def work(self, think: tuple[float, float], over: threading.Event) -> None:
        """Read, think, and read again until it is over."""
        over.wait(self.dice.uniform(0, think[1]))  # nobody arrives at the same moment
        known = self.filled.pages[self.who]
        names = sorted({name for name, _address in known})
        while not over.is_set():
            name = self.dice.choice([*names, "picture", NOTHING])
            if name == NOTHING:
                self.get(NOTHING, "/healthz")
            elif name == "picture":
                self.look()
            else:
                self.get(name, self.dice.choice([a for n, a in known if n == name]))
            over.wait(self.dice.uniform(*think))

    def get(self, kind: str, address: str) -> None:
        """Ask for a page, and note how long it took."""
        began = time.perf_counter()
        try:
            answer = self.http.get(address)
        except httpx.TransportError:  # an idle connection was let go: as browsers do
            answer = self.http.get(address)
        self.waits.add(kind, time.perf_counter() - began, answer.status_code)

    def look(self) -> None:
        """See a page of a PDF that nobody has seen, then one that somebody has."""
        if self.who != "juridique":
            return
        if fresh := self.filled.undrawn():
            self.get("picture, first time", fresh)
            self.filled.drawn.append(fresh)
        self.get(
            "picture, drawn already", self.dice.choice(self.filled.drawn[1:] or [fresh])
        )


def _read(plan: Plan, address: str, filled: Filled) -> Waits:
    waits, works = Waits(), []
    for number, (who, email) in enumerate(filled.emails):
        if who == PROGRAM:
            headers = {"Authorization": f"Bearer {filled.key}"}
            http = httpx.Client(
                base_url=address, headers=headers, trust_env=False, timeout=60
            )
        else:
            someone = Someone(address, email, Tally())
            someone.sign_in()
            http = someone.http
        one = Reader(http, who, filled, random.Random(1000 + number), waits)
        works.append(partial(one.work, plan.think))
    together(works, plan.minutes)
    return waits


def _plan() -> Plan:
    asked = argparse.ArgumentParser()
    asked.add_argument("--folders", type=int, default=10_000)
    asked.add_argument("--readers", type=int, default=20)
    asked.add_argument("--minutes", type=float, default=5)
    asked.add_argument("--think", type=float, nargs=2, default=(2, 6))
    given = asked.parse_args()
    return Plan(given.folders, given.readers, given.minutes, tuple(given.think))


def _report(plan: Plan, filled: Filled, waits: Waits) -> list[str]:
    total = sum(map(len, waits.found.values()))
    return [
        f"# {plan.readers} people reading the signature book at once",
        "",
        machine(
            f"book --folders {plan.folders} --readers {plan.readers} "
            f"--minutes {plan.minutes:g} --think {plan.think[0]:g} {plan.think[1]:g}"
        ),
        "",
        (
            f"{filled.size}; think time {plan.think[0]:g} to {plan.think[1]:g} s, "
            f"{plan.minutes:g} minutes, {total:,} answers ({total / plan.minutes / 60:.1f} a "
            f"second), one reader in {PROGRAMS} an application; goal: {GOAL} ms at the 95th "
            f"percentile. « {NOTHING} » touches no table: it calibrates the machine."
        ),
        "",
        *table(waits),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
