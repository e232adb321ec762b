"""What the platform asks the transmission service by itself: letters, and the classification.

No transaction is open while a partner answers; each letter then begins its case in one.
"""

from uuid import UUID

import structlog
from flask import Flask

from connectors import ConnectorError
from engine.directory import Organisation
from engine.models import db
from web.partners import partner
from workflows.legality import accounts, receiving

log = structlog.get_logger()

AT_ONCE = 50
"""Bodies asked for in one go."""


def collect(app: Flask) -> int:
    """Ask for what is due of each body; how many letters came. A failure waits for the next."""
    received = 0
    with app.app_context():
        for body in _ids(accounts.to_collect(AT_ONCE)):
            try:
                received += letters_of(body)
            except ConnectorError as failure:
                log.warning("letters_not_collected", body=str(body), why=str(failure))
        for body in _ids(accounts.to_classify(AT_ONCE)):
            try:
                classification_of(body)
            except ConnectorError as failure:
                log.warning("classification_not_asked", body=str(body), why=str(failure))
    return received


def letters_of(organisation_id: UUID) -> int:
    """Take the letters of one body that wait at the service; how many are new.

    Raises ConnectorError.
    """
    account = _account(organisation_id)
    waiting = partner("transmission").letters(account=account)
    received = sum(receiving.receive(organisation_id, one) is not None for one in waiting)
    accounts.collected(organisation_id)
    return received


def classification_of(organisation_id: UUID, *, whole: bool = False) -> bool:
    """Ask for the classification of one body; whether another version came.

    `whole`: ask for all of it, whatever is known already. Raises ConnectorError.
    """
    known = accounts.current(organisation_id)
    since = known.version_date.isoformat() if known and not whole else None
    account = _account(organisation_id)
    answer = partner("transmission").classification(
        account=account, since=since, key=f"classification:{organisation_id}"
    )
    return accounts.keep_classification(organisation_id, answer.value)


def _account(organisation_id: UUID) -> dict[str, str]:
    found = accounts.account_of(db.session.get_one(Organisation, organisation_id))
    db.session.rollback()
    return found


def _ids(found: list[Organisation]) -> list[UUID]:
    ids = [one.id for one in found]
    db.session.rollback()
    return ids
