"""Fetches what the accountant says of pieces afterwards: by a gesture, and by itself.

No transaction is open while the transmission service answers.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from flask import Flask

from connectors import ConnectorError, Refused
from engine import clock, marks
from engine.directory import Organisation
from engine.models import db
from web.accounting.frame import content
from web.partners import partner
from workflows.accounting import files

log = structlog.get_logger()

EVERY = timedelta(minutes=30)
"""The accountant answers in the night; half an hour is soon enough for whoever waits."""
MARK = "pes_returns"


def collect(app: Flask) -> int:
    """Fetch the returns of every body, when the last round is old enough; how many came.

    A body whose service does not answer waits for the next round.
    """
    with app.app_context():
        last = marks.latest(MARK)
        if last is not None and clock.now() - last.at < EVERY:
            db.session.rollback()
            return 0
        bodies, received = files.bodies_with_accounts(), 0
        marks.note(MARK, bodies=len(bodies))
        for body in bodies:
            try:
                received += fetch(body)
            except ConnectorError as failure:
                log.warning("returns_not_fetched", body=str(body), why=str(failure))
        return received


def fetch(body: UUID) -> int:
    """Take each return of a body that waits at the service, once; how many are new.

    One that cannot be read is left there. Raises ConnectorError.
    """
    account = {"siren": db.session.get_one(Organisation, body).siren}
    db.session.rollback()
    service, number = partner("transmission"), 0
    waiting = [one["id"] for one in service.pes_returns(account=account)]
    for one in sorted(set(waiting) - files.known_returns(body, waiting)):
        db.session.rollback()
        produced = service.pes_return(
            account=account, id=one, key=f"pes_return:{body}:{one}"
        )
        for _kind, _title, file in produced.documents:
            try:
                found = partner("helios").read_return(content=content(file.sha256))
            except Refused as refused:
                log.warning("return_unreadable", body=str(body), id=one, why=str(refused))
                continue
            files.receive_return(one, file, found, organisation_id=body)
            number += 1
    return number
