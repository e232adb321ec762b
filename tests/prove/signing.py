"""A lot of signatures whose workers are killed again and again: none lost, none doubled.

    python -m tests.prove.signing [number]

Two workers finish a lot; both are killed (SIGKILL) each time that a part of it is done. At the
end each folder was signed once: one act, one new version, one signature in the PDF, one
completed task, and the journal holds together.
"""

import signal
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from engine import clock, journal_check
from engine.models import UserTask, db
from tests import servers
from tests.conftest import ROOT, build, close, environment
from tests.web.browser import Browser
from tests.web.parapheur.lots import (
    asked,
    deposits,
    finish_all,
    results,
    signing_book,
    tasks,
)
from tests.workflows.parapheur.book import Book
from workflows.parapheur import files
from workflows.parapheur.lots import SigningItem
from workflows.parapheur.models import FolderAct

NUMBER, KILLS, PATIENCE = 100, 4, 300


def main(number: int = NUMBER) -> None:
    """Prove it on PostgreSQL, with as many folders."""
    with servers.postgresql(durable=True) as url, tempfile.TemporaryDirectory() as folder:
        prove(environment(Path(folder), DATABASE_URL=url), number, KILLS)
    print(f"{number} folders signed once, their workers killed {KILLS} times")


def prove(env: dict[str, str], number: int, kills: int) -> None:
    """Sign so many folders while their workers are killed so many times."""
    app = build(env)
    with app.app_context():
        book = signing_book(app)
        folders = deposits(book, number)
        marie = Browser(app, book.actor("presidence"))
        lot = asked(marie, tasks(book, folders)).location.rsplit("/", 1)[1]
        for turn in range(1, kills + 1):
            _killed(env, lot, number * turn // (kills + 1))
            clock.advance(timedelta(minutes=2))  # past the leases of the dead
        finish_all(app)
        _check(app, book, folders, lot)
    close(app)


def _killed(env: dict[str, str], lot: str, until: int) -> None:
    """Two workers, dead as soon as so many folders are done."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.prove.signing_worker"],
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), **env},
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    deadline = time.monotonic() + PATIENCE
    try:
        while _done(lot) < until:
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGKILL)
            worker.wait()


def _done(lot: str) -> int:
    db.session.rollback()
    counted = select(func.count()).where(
        SigningItem.lot_id == UUID(lot), SigningItem.result != "to_do"
    )
    return db.session.scalar(counted) or 0


def _check(app: Flask, book: Book, folders: list[UUID], lot: str) -> None:
    assert {one for one, _ in results(lot).values()} == {"done"}, results(lot)
    partners = app.extensions["partners"]
    acts = dict(
        db.session.execute(
            select(FolderAct.instance_id, func.count())
            .where(FolderAct.kind == "signed")
            .group_by(FolderAct.instance_id)
        ).all()
    )
    assert acts == dict.fromkeys(folders, 1)
    for folder in folders:
        (current,) = files.current(folder)
        assert current.version.number == 2
        content = partners["storage"].read(current.sha256)
        told = partners["signature"].examine(content=content, media_type="application/pdf")
        assert told["valid"] and len(told["signatures"]) == 1
    signed = select(func.count()).where(UserTask.signature, UserTask.status == "completed")
    assert db.session.scalar(signed) == len(folders)
    assert journal_check.verify() == []


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
