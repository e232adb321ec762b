"""The letter of the day: one for each person, of what concerns them, whatever is killed."""

import re
import subprocess
import sys
import textwrap
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import mail
from engine import clock, vault
from engine.access import Actor
from engine.commands import cases, digests, people, tasks
from engine.commands import notices as commands
from engine.commands import vault as keep
from engine.digests import Digest
from engine.directory import Holding
from engine.models import ProcessInstance, UserTask, db
from engine.notices import Notice
from tests.conftest import ROOT, build, close, environment
from tests.engine.test_notices import BODY, KEY
from tests.office import Office, open_office, open_tasks, publish
from tests.web.browser import Browser
from web.news.post import post

LINK = re.compile(r"http://localhost(/\S+)")


@pytest.fixture
def office(either_app: Flask) -> Office:
    return settled()


def settled() -> Office:
    """On a working day, after the hour of the letters."""
    office = open_office()
    now = clock.now().astimezone(clock.PARIS)
    noon = now.replace(hour=12, minute=0)
    days = next(n for n in range(1, 8) if (now + timedelta(days=n)).isoweekday() < 6)
    clock.advance(noon + timedelta(days=days) - now)
    return office


def begin(office: Office, number: int = 1) -> list[ProcessInstance]:
    """Cases that Claire has taken, and asked something of the company."""
    definition = publish(KEY, BODY, owner=office.region)
    made = []
    for _ in range(number):
        case = cases.start(
            definition, {}, actor=office.applicant, applicant_id=office.company
        )
        tasks.complete(open_tasks(case.id)["review"], {}, actor=office.officer)
        made.append(db.session.get_one(ProcessInstance, case.id))
    return made


def send(app: Flask) -> None:
    """As a worker does, until nothing is due."""
    while post(app):
        pass
    db.session.rollback()


def mails(app: Flask, actor: Actor) -> list[dict[str, Any]]:
    person = db.session.get_one(people.Person, actor.person_id)
    found = mail.messages({}, app.extensions["settings"].data)
    return [one for one in found if person.email in one["to"]]


def test_three_hundred_events_are_one_letter_each(
    either_app: Flask, office: Office
) -> None:
    made = begin(office, 30)
    for case in made:
        for turn in range(4):
            cases.write_message(case.id, f"Question {turn}", actor=office.applicant)
            cases.write_message(case.id, f"Réponse {turn}", actor=office.officer)
        tasks.complete(open_tasks(case.id)["supply"], {}, actor=office.applicant)
    for case in made[:6]:
        tasks.complete(open_tasks(case.id)["advise"], {}, actor=office.department_officer)
    for case in made[:3]:
        tasks.complete(open_tasks(case.id)["decide"], {}, actor=office.second_officer)
    assert db.session.scalar(select(func.count()).select_from(Notice)) >= 300
    send(either_app)
    send(either_app)
    everything = mail.messages({}, either_app.extensions["settings"].data)
    told = {
        office.officer, office.applicant, office.second_officer, office.department_officer,
    }  # fmt: skip
    assert len(everything) == len(told)
    for actor in told:
        (letter,) = mails(either_app, actor)
        addresses = LINK.findall(letter["text"])
        assert len(addresses) > 2
        browser = Browser(either_app, actor)
        for address in set(addresses):
            answer = browser.client.get(address)
            assert answer.status_code == 200, (actor.name, address)
    (claire,), (anne,), (paul,), (denis,) = (
        mails(either_app, one)
        for one in (
            office.officer, office.applicant, office.second_officer, office.department_officer,
        )
    )  # fmt: skip
    assert paul["text"].count("vous confie « Décider »") == 3, "the others are done"
    assert denis["text"].count("Dossier clos") == 3
    assert "Anne Morvan vous a écrit" in claire["text"]
    assert "Claire Martin vous a écrit" in anne["text"]
    assert "On attend de vous" not in claire["text"]
    assert "L’entreprise a répondu" not in anne["text"]


def test_a_letter_says_only_what_is_new(either_app: Flask, office: Office) -> None:
    (case,) = begin(office)
    send(either_app)
    (first,) = mails(either_app, office.applicant)
    assert case.number in first["text"]
    clock.advance(timedelta(days=7))
    send(either_app)
    assert len(mails(either_app, office.applicant)) == 1, "nothing to say, no letter"
    cases.write_message(case.id, "Bonjour", actor=office.officer)
    clock.advance(timedelta(days=7))
    send(either_app)
    latest, _ = mails(either_app, office.applicant)
    assert "Claire Martin vous a écrit" in latest["text"]
    assert "  - On attend de vous" not in latest["text"], "told once"
    assert "Fournir le RIB" in latest["text"], "and still awaited"


def test_what_is_due_is_told_until_it_is_done(either_app: Flask, office: Office) -> None:
    (case,) = begin(office)
    tasks.complete(open_tasks(case.id)["supply"], {}, actor=office.applicant)
    tasks.complete(open_tasks(case.id)["advise"], {}, actor=office.department_officer)
    task = db.session.get_one(UserTask, open_tasks(case.id)["decide"])
    task.due_at = clock.now() - timedelta(days=3)
    db.session.commit()
    commands.read_all(actor=office.second_officer)
    for number in (1, 2):
        send(either_app)
        found = mails(either_app, office.second_officer)
        assert len(found) == number
        assert "en retard depuis" in found[0]["text"]
        clock.advance(timedelta(days=7))
    commands.choose({"due": "nothing"}, [], "fr_FR", actor=office.second_officer)
    send(either_app)
    assert len(mails(either_app, office.second_officer)) == 2


def test_whoever_lost_their_role_gets_no_letter(either_app: Flask, office: Office) -> None:
    (case,) = begin(office)
    cases.write_message(case.id, "Secret", actor=office.applicant)
    held = select(Holding.id).where(Holding.person_id == office.officer.person_id)
    people.withdraw(db.session.scalars(held).one(), by=None)
    send(either_app)
    assert mails(either_app, office.officer) == []
    assert mails(either_app, office.applicant)


def test_a_document_of_the_vault_is_warned_about_once(
    either_app: Flask, office: Office
) -> None:
    store = either_app.extensions["partners"]["storage"]
    file = store.put(
        BytesIO(b"%PDF-1.7 extrait"), name="kbis.pdf", media_type="application/pdf"
    )
    ends = clock.today() + vault.WARNED
    kept = keep.add(
        office.company, file, keep.Label("kbis", "Extrait Kbis", expires_on=ends),
        actor=office.applicant,
    )  # fmt: skip
    send(either_app)
    (letter,) = mails(either_app, office.applicant)
    assert "« Extrait Kbis » expire le" in letter["text"]
    assert f"/coffre/{kept.id}" in letter["text"]
    assert not mails(either_app, office.stranger)
    clock.advance(timedelta(days=7))
    send(either_app)
    assert len(mails(either_app, office.applicant)) == 1


def test_quiet_days_and_languages(either_app: Flask, office: Office) -> None:
    begin(office)
    today = clock.today().isoweekday()
    commands.choose({}, [today], "en_GB", actor=office.applicant)
    send(either_app)
    assert mails(either_app, office.applicant) == []
    commands.choose({}, [], "en_GB", actor=office.applicant)
    clock.advance(timedelta(days=1))
    send(either_app)
    (letter,) = mails(either_app, office.applicant)
    assert letter["subject"] == "Your day on e-bourgogne"
    assert "Hello Anne Morvan" in letter["text"]


def test_a_letter_at_once_is_sent_once_and_not_to_whoever_has_read(
    either_app: Flask, office: Office
) -> None:
    (case,) = begin(office)
    commands.choose({"message": "now"}, [], "fr_FR", actor=office.officer)
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    send(either_app)
    send(either_app)
    at_once = [m for m in mails(either_app, office.officer) if "a écrit" in m["subject"]]
    (letter,) = at_once
    assert case.number in letter["subject"]
    assert f"/dossiers/{case.id}" in letter["text"]
    cases.write_message(case.id, "Encore", actor=office.applicant)
    commands.read_case(case.id, actor=office.officer)
    send(either_app)
    again = [m for m in mails(either_app, office.officer) if "a écrit" in m["subject"]]
    assert len(again) == 1


def test_a_letter_begins_no_line_of_its_own(either_app: Flask, office: Office) -> None:
    (case,) = begin(office)
    case = db.session.get_one(ProcessInstance, case.id)
    case.title = "Titre\r\nBcc: tous@ailleurs.test\n\nhttp://ailleurs.test"
    db.session.commit()
    commands.choose({"message": "now"}, [], "fr_FR", actor=office.officer)
    cases.write_message(case.id, "Bonjour", actor=office.applicant)
    send(either_app)
    for letter in mails(either_app, office.officer):
        assert "\nhttp://ailleurs" not in letter["text"]
        assert letter["to"] == ["claire@region.test"]


def test_two_workers_plan_a_day_once(either_app: Flask, office: Office) -> None:
    begin(office)
    at = either_app.extensions["settings"].digest_at
    assert [digests.plan(at), digests.plan(at)] == [True, False]
    taken = digests.take(10)
    assert len(taken) == 1
    assert digests.take(10) == [], "left to whoever took it"
    clock.advance(digests.LEASE + timedelta(seconds=1))
    assert digests.take(10) == taken, "who is dead"


def test_nothing_leaves_before_its_hour(either_app: Flask, office: Office) -> None:
    begin(office)
    now = clock.now().astimezone(clock.PARIS)
    assert not digests.plan((now + timedelta(hours=1)).time())


WORKER = """
    import sys, time
    from tests.conftest import build, environment
    from pathlib import Path
    app = build(environment(Path(sys.argv[1])))
    from web.news import post
    was = post.commands.sent
    def slowly(*told):
        print("handed over", flush=True)
        time.sleep(60)
    post.commands.sent = slowly
    with app.app_context():
        post.post(app)
"""


def test_a_worker_killed_after_handing_over_sends_no_second_letter(tmp_path: Path) -> None:
    """Killed at the worst moment: the letter has left, and nobody has noted it."""
    app = build(environment(tmp_path))
    with app.app_context():
        office = settled()
        begin(office, 3)
        db.session.remove()
        script = [sys.executable, "-c", textwrap.dedent(WORKER), str(tmp_path)]
        worker = subprocess.Popen(script, cwd=ROOT, stdout=subprocess.PIPE)
        assert worker.stdout is not None
        while worker.stdout.readline().strip() != b"handed over":
            assert worker.poll() is None
        worker.kill()
        worker.wait()
        worker.stdout.close()
        assert len(mails(app, office.applicant)) == 1
        (owed,) = db.session.scalars(select(Digest)).all()
        assert owed.sent_at is None
        clock.advance(digests.LEASE + timedelta(seconds=1))
        send(app)
        assert len(mails(app, office.applicant)) == 1
        db.session.refresh(owed)
        assert owed.sent_at is not None
    close(app)


def test_people_without_anything_to_tell_are_not_read(
    either_app: Flask, office: Office
) -> None:
    """Thousands of agents hold roles; only those with something are planned for."""
    begin(office)
    rows = [{"email": f"a{n}@region.test", "name": f"Agent {n}"} for n in range(2000)]
    db.session.execute(db.insert(people.Person), rows)
    db.session.commit()
    send(either_app)
    planned = db.session.scalars(select(Digest.person_id)).all()
    assert planned == [office.applicant.person_id]
