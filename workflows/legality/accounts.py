"""What each body goes by at the prefecture, and the classification that is in force for it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from engine import clock
from engine.access import Actor, require
from engine.directory import Organisation
from engine.models import db
from engine.transaction import lock, transaction
from workflows.legality.clock import read_day
from workflows.legality.models import LegalityAccount, LegalityClassification

KINDS = {"COM": "commune", "DEP": "department", "REG": "region", "EPCI": "group"}
NATURES = {"commune": "31", "region": "11"}
"""What the protocol calls the kinds of bodies that we know; the others are typed."""

COLLECTED_EVERY = timedelta(minutes=30)
CLASSIFIED_EVERY = timedelta(hours=23)


def kind_of(body: Organisation) -> str:
    """commune, department, region or group, by its geographic code; commune when unknown."""
    return KINDS.get((body.insee or "").partition("-")[0], "commune")


def account_of(body: Organisation) -> dict[str, str]:
    """What a body goes by, as a transmission service takes it."""
    row = db.session.get(LegalityAccount, body.id)
    known = row or _guessed(body)
    return {
        "siren": body.siren or (body.siret or "")[:9],
        "department": known.department,
        "district": known.district,
        "nature": known.nature,
    }


def _guessed(body: Organisation) -> LegalityAccount:
    kind, _, code = (body.insee or "").partition("-")
    department = code[:2] if kind in {"COM", "DEP"} else ""
    return LegalityAccount(
        department=department.rjust(3, "0") if department else "000",
        district="0",
        nature=NATURES.get(kind_of(body), "31"),
    )


def set_account(
    organisation_id: UUID,
    *,
    department: str,
    district: str,
    nature: str,
    publishes: bool,
    actor: Actor,
) -> None:
    """Say what a body goes by, and whether its acts are published as soon as acknowledged.

    Raises Forbidden.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "set up acts", body)
        row = db.session.get(LegalityAccount, organisation_id) or LegalityAccount(
            organisation_id=organisation_id
        )
        row.department, row.district, row.nature = department, district, nature
        row.publishes = publishes
        db.session.add(row)


def set_letters(
    organisation_id: UUID,
    *,
    to_issuer: bool,
    desks: Sequence[Mapping[str, Any]],
    reply_subtype_id: UUID | None,
    actor: Actor,
) -> None:
    """Say who answers the prefecture, and in which folders answers may be signed.

    `desks` is [{nature, matter, role, from, until}], days as ISO or None: the first in force
    that suits is chosen. Raises Forbidden.
    """
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "set up acts", body)
        row = db.session.get(LegalityAccount, organisation_id) or _guessed(body)
        row.organisation_id = organisation_id
        row.to_issuer, row.letter_desks = to_issuer, [dict(one) for one in desks]
        row.reply_subtype_id = reply_subtype_id
        db.session.add(row)


def current(organisation_id: UUID) -> LegalityClassification | None:
    """The classification in force for a body; None while none was received."""
    return db.session.scalars(
        select(LegalityClassification).where(
            LegalityClassification.organisation_id == organisation_id,
            LegalityClassification.until.is_(None),
        )
    ).first()


def versions(organisation_id: UUID) -> list[LegalityClassification]:
    """The classifications that a body received, the latest first; the last twenty."""
    return list(
        db.session.scalars(
            select(LegalityClassification)
            .where(LegalityClassification.organisation_id == organisation_id)
            .order_by(LegalityClassification.version_date.desc())
            .limit(20)
        )
    )


def keep_classification(organisation_id: UUID, given: Mapping[str, Any]) -> bool:
    """Keep what the service answered; whether another version is in force now.

    Raises ValueError for an answer without a date.
    """
    with transaction():
        lock(Organisation, organisation_id)
        _noted(organisation_id, classified_at=clock.now())
        before = current(organisation_id)
        day = read_day(given.get("version_date"))
        if before and (not given.get("changed", True) or day == before.version_date):
            return False
        if day is None:
            raise ValueError("La classification reçue n’a pas de date.")
        if before is not None:
            before.until = clock.now()
            db.session.flush()
        known = db.session.scalars(
            select(LegalityClassification).where(
                LegalityClassification.organisation_id == organisation_id,
                LegalityClassification.version_date == day,
            )
        ).first()
        row = known or LegalityClassification(
            organisation_id=organisation_id, version_date=day
        )
        row.natures = list(given["natures"])
        row.document_types = list(given["document_types"])
        row.matters = [_matter(one) for one in given["matters"]]
        row.until = None
        db.session.add(row)
    return True


def _noted(organisation_id: UUID, **when: Any) -> None:
    """On the body's account, if it has one: what is asked by hand needs none."""
    db.session.execute(
        update(LegalityAccount)
        .where(LegalityAccount.organisation_id == organisation_id)
        .values(**when)
    )


def _matter(one: Mapping[str, Any]) -> dict[str, str]:
    code = one["code"]
    written = ".".join(map(str, code)) if isinstance(code, Sequence) else str(code)
    return {"code": code if isinstance(code, str) else written, "label": str(one["label"])}


def to_collect(limit: int) -> list[Organisation]:
    """The bodies whose letters have not been collected for a while."""
    return _due(LegalityAccount.collected_at, COLLECTED_EVERY, limit)


def to_classify(limit: int) -> list[Organisation]:
    """The bodies whose classification has not been asked for since yesterday."""
    return _due(LegalityAccount.classified_at, CLASSIFIED_EVERY, limit)


def _due(column: Any, every: timedelta, limit: int) -> list[Organisation]:
    return list(
        db.session.scalars(
            select(Organisation)
            .join(LegalityAccount, LegalityAccount.organisation_id == Organisation.id)
            .where(
                or_(column.is_(None), column < clock.now() - every),
                Organisation.closed_at.is_(None),
            )
            .order_by(column)
            .limit(limit)
        )
    )


def collected(organisation_id: UUID) -> None:
    """Note that a body's letters have just been collected."""
    with transaction():
        _noted(organisation_id, collected_at=clock.now())


def settings_of(body: Organisation) -> dict[str, Any]:
    """What a body decided, or what would be guessed for it, as its page shows it."""
    row = db.session.get(LegalityAccount, body.id) or _guessed(body)
    return {
        "department": row.department,
        "district": row.district,
        "nature": row.nature,
        "publishes": bool(row.publishes),
        "to_issuer": bool(row.to_issuer),
        "letter_desks": list(row.letter_desks or []),
        "reply_subtype_id": row.reply_subtype_id,
    }
