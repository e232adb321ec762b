"""« Mes données »: what the office knows of one person, as JSON sent while it is read."""

from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, stream_with_context
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from engine import clock
from engine.directory import Holding, Organisation, Person
from engine.journal import JournalEntry
from engine.membership import JoinRequest
from engine.models import db
from web.attachments import disposition
from web.auth import signed_in
from web.company.export import entry_told

bp = Blueprint("mine", __name__)

_AT_ONCE = 500


@bp.get("/compte/mes-donnees")
@signed_in
def data() -> ResponseReturnValue:
    """Who I am, my rights, and every act noted under my name (GDPR, article 15)."""
    person_id: UUID = current_user.person_id
    answer = Response(stream_with_context(_sent(person_id)), mimetype="application/json")
    answer.headers["Content-Disposition"] = disposition("mes-donnees.json", inline=False)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _sent(person_id: UUID) -> Iterator[bytes]:
    known = {
        "made_at": clock.now().isoformat(),
        "person": _person(person_id),
        "account": {
            "second_factor": bool(current_user.tf_primary_method),
        },
        "rights": _rights(person_id),
        "requests_to_join": _requests(person_id),
    }
    yield orjson.dumps(known)[:-1] + b',"acts":['
    for number, act in enumerate(chain.from_iterable(_acts(person_id))):
        yield (b"," if number else b"") + orjson.dumps(act)
    yield b"]}"


def _person(person_id: UUID) -> dict[str, Any]:
    person = db.session.get_one(Person, person_id)
    return {
        "id": str(person.id),
        "name": person.name,
        "email": person.email,
        "since": person.created_at.isoformat(),
    }


def _rights(person_id: UUID) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(Holding, Organisation.name)
        .join(Organisation, Organisation.id == Holding.organisation_id)
        .where(Holding.person_id == person_id)
        .order_by(Holding.valid_from)
    )
    return [
        {
            "organisation": name,
            "role": holding.role,
            "from": holding.valid_from.isoformat(),
            "until": holding.valid_to.isoformat() if holding.valid_to else None,
        }
        for holding, name in rows
    ]


def _requests(person_id: UUID) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(JoinRequest, Organisation.name)
        .join(Organisation, Organisation.id == JoinRequest.organisation_id)
        .where(JoinRequest.person_id == person_id)
    )
    return [
        {"organisation": name, "status": asked.status, "at": asked.asked_at.isoformat()}
        for asked, name in rows
    ]


def _acts(person_id: UUID) -> Iterator[list[dict[str, Any]]]:
    """Every act by this person, a page at a time, the oldest first."""
    row, last = JournalEntry, None
    while True:
        asked = select(row).where(row.actor_id == person_id)
        if last is not None:
            later = (row.at == last[0]) & (
                (row.chain > last[1]) | ((row.chain == last[1]) & (row.seq > last[2]))
            )
            asked = asked.where(row.at >= last[0], (row.at > last[0]) | later)
        ordered = asked.order_by(row.at, row.chain, row.seq).limit(_AT_ONCE)
        some = list(db.session.scalars(ordered))
        if not some:
            return
        last = some[-1].at, some[-1].chain, some[-1].seq
        yield [entry_told(entry) for entry in some]
        db.session.expunge_all()
        db.session.rollback()
