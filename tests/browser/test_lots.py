"""Five hundred cases moved in one act: shown before, killed in the middle, told one by one."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from engine.commands import assigning, drafts, operations, tasks
from engine.commands.operations import Operation
from engine.jobs import TO_DO, JobItem
from engine.models import History, UserTask, db
from tests.browser import serving
from tests.browser.reader import Reader
from tests.conftest import build, close, environment
from tests.engine.drawn_cases import begin, steps, version
from tests.office import Office, open_office
from tests.prove.processes import Service
from tests.servers import free_port
from tests.web.browser import client

pytestmark = pytest.mark.timeout(900)

MANY = 500


@contextmanager
def supervised(data: Path, port: int) -> Iterator[Service]:
    """The office, started again at once whenever it is killed."""
    url = f"http://127.0.0.1:{port}"
    command = [
        sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1",
        "--threads", "16", "--worker-class", "gthread", "--log-level", "warning", "web.wsgi:app",
    ]  # fmt: skip
    settings = environment(data, PUBLIC_URL=url, PATH=os.environ["PATH"])
    service = Service("web", command, settings, data / "gunicorn.log")
    service.start()
    try:
        serving._wait_for(url, service.log)
        yield service
    finally:
        service.stop()


def furnish(app: Flask) -> tuple[Office, list[UUID]]:
    """Claire has five hundred tasks at one step; five of their cases are suspended, and for
    five others Paul has begun to answer.
    """
    office = open_office()
    definition = version(office, steps("a", "b"))
    begun = [begin(office, definition) for _ in range(MANY)]
    rows = db.session.execute(
        select(UserTask.instance_id, UserTask.id).where(UserTask.element_id == "a")
    )
    of_case = {case: task for case, task in rows}
    chosen = [of_case[case] for case in begun]
    for task in chosen[5:10]:
        drafts.open_for_task(task, actor=office.second_officer, values={"a": 1})
    for task in chosen:
        tasks.claim(task, actor=office.officer)
    for case in begun[:5]:
        operations.perform(case, Operation("suspend"), actor=office.operator, motive="x")
    return office, chosen


def admit(app: Flask, office: Office, reader: Reader, url: str) -> None:
    """Claire, signed in already."""
    kept = client(app, office.officer).get_cookie("session").value
    reader.context.add_cookies([{"name": "session", "value": kept, "url": url}])


def meanwhile(office: Office, chosen: list[UUID]) -> None:
    """Between the preview and the act: five are done, five go to Paul."""
    for task in chosen[10:15]:
        tasks.complete(task, {}, actor=office.officer)
    for task in chosen[15:20]:
        assigning.assign(
            task, office.second_officer.person_id, actor=office.head, motive="Urgent"
        )
    db.session.rollback()


def left() -> int:
    """Tasks whose turn has not come."""
    db.session.rollback()
    waiting = select(func.count()).select_from(JobItem).where(JobItem.result == TO_DO)
    return db.session.scalar(waiting) or 0


def strike(service: Service) -> None:
    """Kill -9 the office, whole."""
    for _name, pid in service.pids():
        os.kill(pid, signal.SIGKILL)


def test_five_hundred_cases_are_moved_and_a_kill_loses_none(
    chromium, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = build(environment(tmp_path, PUBLIC_URL=url))
    with app.app_context():
        office, chosen = furnish(app)
        with supervised(tmp_path, port) as service:
            claire = Reader(chromium, url, javascript=True)
            admit(app, office, claire, url)
            claire.open("/corbeille/?panier=a-moi")
            claire.page.get_by_label("Toute la liste : 500 tâches").check()
            claire.press("Terminer", within="[data-ebg-bulk]")
            claire.reads(
                "seront faites 490", "seront refusées 10", "Rien n’est encore fait"
            )
            claire.look("lot-of-500")
            meanwhile(office, chosen)
            claire.press("Terminer : 490 tâches")
            while left() > MANY * 9 // 10:
                claire.page.wait_for_timeout(50)
            strike(service)
            assert left() > 0, "killed in the middle"
            serving._wait_for(url, service.log)
            claire.wait_to_read("500 sur 500", seconds=240)
            claire.wrong.clear()  # the page had asked an office that was away
            claire.reads("480", "20")
            claire.open(f"{claire.page.url.partition('?')[0]}?resultat=refused")
            claire.reads(
                "Le dossier est suspendu depuis le",
                "Paul Roy a commencé à répondre pour ce dossier",
                "Paul Roy l'a prise en charge le",
                "déjà terminée le",
            )
            assert claire.page.locator("main tbody tr").count() == 20
            claire.look("lot-of-500-refused")
            claire.leave()
        assert left() == 0
        done = select(History.instance_id, func.count()).where(
            History.element_id == "a", History.state == "completed"
        )
        counted = dict(db.session.execute(done.group_by(History.instance_id)).all())
        assert len(counted) == 485, "480 by the lot, 5 meanwhile"
        assert set(counted.values()) == {1}, "each once"
        assert service.starts == 2
    close(app)
