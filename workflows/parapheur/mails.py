"""Secure mail: a link for one address, to read the files of a folder and nothing else.

A link has one purpose, an end, and can be revoked; its secret is in the letter alone, and
here its digest. Opening it is an act of the folder: that is what proves the delivery.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from engine import clock, directory
from engine.access import Actor, require
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import ProcessInstance, db
from engine.operations import operation
from engine.transaction import lock, transaction
from workflows.parapheur import files, records
from workflows.parapheur.files import Current
from workflows.parapheur.mail_models import SecureMail
from workflows.parapheur.models import Folder

Plain = dict[str, Any]

LASTS = timedelta(days=30)
"""How long a link opens: twice as long as the post keeps a registered letter."""
PAGE = "/courrier-securise/"


class LinkClosed(EngineError):
    """This link no longer opens anything."""


@operation
def compose_mail(*, case: Plain, folder: Plain, to: list[str]) -> list[Plain]:
    """A letter with a link of its own for each address: [{to, subject, text, page}]."""
    row = db.session.get_one(Folder, UUID(folder["id"]))
    body = db.session.get_one(Organisation, row.organisation_id)
    return [_letter(row, folder, body, address.strip()) for address in to]


def _letter(row: Folder, folder: Plain, body: Organisation, address: str) -> Plain:
    secret = secrets.token_urlsafe(32)
    now = clock.now()
    db.session.add(
        SecureMail(
            id=uuid4(), instance_id=row.instance_id, address=address[:254],
            digest=_digest(secret), sent_at=now, expires_at=now + LASTS,
        )
    )  # fmt: skip
    until = (now + LASTS).astimezone(clock.PARIS)
    return {
        "to": [address],
        "subject": f"{body.name} : document à consulter – {folder['number']}"[:200],
        "text": f"Bonjour,\n\n{body.name} vous adresse les documents du dossier « "
        f"{folder['title']} » ({folder['number']}).\n\nCe lien n’est que pour vous et sert "
        f"jusqu’au {until:%d/%m/%Y} ; l’ouvrir vaut réception :",
        "page": f"{PAGE}{secret}",
    }


@operation
def record_mailed(*, case: Plain, folder: Plain, mailed: list[Plain]) -> None:
    """Note to whom the letters were handed over."""
    row = records.locked(UUID(folder["id"]))
    to = [address for one in mailed for address in one.get("accepted") or []]
    records.write(row, "mailed", None, detail={"addresses": to})


def found(secret: str) -> SecureMail | None:
    """The letter that a secret opens, even when it opens no more."""
    asked = select(SecureMail).where(SecureMail.digest == _digest(secret))
    return db.session.scalar(asked)


def of_folder(folder_id: UUID) -> list[SecureMail]:
    """The letters of a folder, the latest first."""
    asked = (
        select(SecureMail)
        .where(SecureMail.instance_id == folder_id)
        .order_by(SecureMail.sent_at.desc(), SecureMail.id)
        .limit(100)
    )
    return list(db.session.scalars(asked))


def readable(mail: SecureMail) -> list[Current]:
    """The files that a letter shows: those of the folder but its proofs."""
    return files.current(mail.instance_id)


def describe(mail: SecureMail) -> Plain:
    """What its page says of the folder: {title, number, body}."""
    folder = db.session.get_one(Folder, mail.instance_id)
    case = db.session.get_one(ProcessInstance, mail.instance_id)
    body = db.session.get_one(Organisation, folder.organisation_id)
    return {
        "title": folder.title,
        "number": case.number,
        "body": directory.describe(body),
    }


def open_link(secret: str) -> SecureMail:
    """Take delivery: the first opening is an act of the folder. Raises LinkClosed."""
    mail = found(secret)
    if mail is None or not mail.opens:
        raise LinkClosed
    with transaction():
        folder = records.locked(mail.instance_id)
        mail = lock(SecureMail, mail.id)
        if not mail.opens:
            raise LinkClosed
        if mail.opened_at is None:
            mail.opened_at = clock.now()
            records.write(folder, "read", None, detail={"addresses": [mail.address]})
        return mail


def revoke(mail_id: UUID, *, actor: Actor) -> None:
    """Close a link before its end. Raises Forbidden, NoResultFound."""
    mail = db.session.get_one(SecureMail, mail_id)
    with transaction():
        folder = records.locked(mail.instance_id)
        mail = lock(SecureMail, mail_id)
        require(actor, "revoke", mail)
        if mail.revoked_at is None:
            mail.revoked_at = clock.now()
            said = {"addresses": [mail.address]}
            records.write(folder, "revoked", actor, detail=said)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
