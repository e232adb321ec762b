"""A member and a transmission service, two whole offices that know each other by HTTP alone.

The member runs its own procedures and speaks S²LOW to the service's address; the service runs
in another process, on another database, and speaks to the ministry and the accountant.
"""

import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest

from engine import clock
from engine.commands import tasks
from engine.models import db
from tests.conftest import ROOT, build, close, environment
from tests.connectors.helios.orders import order
from tests.workflows.accounting.accounts import open_accounts
from tests.workflows.legality.acts_office import SIREN, open_acts_office
from workflows.legality import acts
from workflows.legality.models import (
    ACKNOWLEDGED,
    ANOMALY,
    CANCELLED,
    LegalityMessage,
)

LOGIN, SECRET = "region", "un-secret-de-service"
PATIENCE = 120
"""Seconds for what takes two, on a machine where others work."""


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The address of a service in another process."""
    folder, port = tmp_path_factory.mktemp("service"), free_port()
    said = (folder / "log").open("wb")
    command = [
        sys.executable, "-m", "tests.web.transmission.deployment", str(folder), str(port),
        f"{LOGIN}={SECRET}={SIREN}",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=said)
    try:
        line = process.stdout.readline()
        assert line == b"ready\n", (folder / "log").read_text()[-3000:]
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()
        said.close()


@pytest.fixture
def member(service, tmp_path):
    """A member's office, whose transmission service is the other one."""
    app = build(
        environment(
            tmp_path, S2LOW_URL=service, S2LOW_LOGIN=LOGIN, S2LOW_PASSWORD=SECRET,
        )
    )  # fmt: skip
    with app.app_context():
        yield app
    close(app)


def until(settle, done):
    """Let the member work until something is so, for as long as it may take."""
    pause, deadline = threading.Event(), time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, "it never came"
        pause.wait(0.3)  # the other process works in real time
        clock.advance(timedelta(minutes=5))  # the member asks again when its clock says so
        settle()
        db.session.rollback()


def test_acts_go_from_member_to_service_to_the_state_and_back(service, member):
    office = open_acts_office(member)
    partner = member.extensions["partners"]["transmission"]
    assert (partner.mode, partner.check()) == ("live", [])

    decided_on = (clock.today() - timedelta(days=1)).isoformat()

    def sent(number):
        office.transmit(number, files=2, decided_on=decided_on)
        return number

    def reached(number, state):
        until(lambda: office.settle(2), lambda: office.found(number).state == state)
        return office.found(number)

    # Acknowledged, then cancelled.
    act = reached(sent("RC_1"), ACKNOWLEDGED)
    assert act.unique_id.startswith(f"021-{SIREN}-")
    assert act.unique_id.endswith("-RC_1-DE")
    acts.cancel(act.id, actor=office.office.legality_officer, reason="Erreur de visa")
    reached("RC_1", CANCELLED)

    # The ministry finds something wrong with the envelope, then with the act.
    for number, words in (("KOSIREN1", "PREF-VERIF-02"), ("KOCLASS1", "ODT-VERIF-01")):
        refused = reached(sent(number), ANOMALY)
        assert words in refused.reason

    # The prefect asks for documents; they are sent; the receipt comes back.
    asked = reached(sent("PC_1"), ACKNOWLEDGED)
    letters = []
    until(lambda: letters.extend(office.collect()), lambda: letters)
    (letter,) = letters[-1:]
    task = office.tasks(letter.id)["supply_documents"]
    supplied = [{"file": office.file(9), "document_type": "99_DE"}]
    tasks.complete(
        task, {"decision": "send", "files": supplied}, actor=office.office.legality_officer
    )
    until(lambda: office.settle(2), lambda: "3-5" in codes(asked))
    assert codes(asked) == ["1-1", "1-2", "3-1", "3-2", "3-4", "3-5"]


def codes(act):
    rows = db.session.query(LegalityMessage.code).filter_by(act_id=act.id)
    return sorted(code for (code,) in rows)


def test_a_pes_goes_from_member_to_service_to_the_accountant_and_back(member):
    accounts = open_accounts(member)
    case = accounts.transmit(accounts.signed("BON-D1"))
    until(accounts.settle, lambda: accounts.latest(case).state == "acknowledged")
    partial = accounts.transmit(
        accounts.signed("PARTIEL-D1", order(31), order(37, kind="revenue"))
    )
    until(accounts.settle, lambda: accounts.latest(partial).state == "partial")
    assert accounts.latest(partial).acknowledgement_sha256


def test_a_stranger_is_told_that_its_settings_are_wrong(service, tmp_path):
    app = build(
        environment(tmp_path, S2LOW_URL=service, S2LOW_LOGIN=LOGIN, S2LOW_PASSWORD="faux")
    )
    with app.app_context():
        (problem,) = app.extensions["partners"]["transmission"].check()
        assert "identifiants" in problem
    close(app)


def test_the_nonce_opens_the_same_door(service, tmp_path):
    app = build(
        environment(
            tmp_path, S2LOW_URL=service, S2LOW_LOGIN=LOGIN, S2LOW_PASSWORD=SECRET,
            S2LOW_AUTH="nonce",
        )
    )  # fmt: skip
    with app.app_context():
        assert app.extensions["partners"]["transmission"].check() == []
    close(app)
