"""Whose certificates are: what was seen, and what somebody of the body confirmed.

A certificate that bears the agent's name or e-mail is theirs at once. Another signs nothing
for a body until the functional administrator of that body's book confirms that it is that
agent's: a maiden name, a pseudonym of a ministry. What one body confirmed binds no other; but
a certificate has one holder, and what any body knows to be somebody's is nobody else's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from engine import clock, journal
from engine.access import Actor, Forbidden, require
from engine.directory import Organisation
from engine.errors import OperationRefused
from engine.models import db
from engine.transaction import transaction
from workflows.parapheur.lots import SigningCertificate, SigningLot


def admit(
    told: Mapping[str, Any], *, theirs: bool, actor: Actor, organisation_id: UUID
) -> None:
    """Note a certificate that this person would sign with for a body; refuse another's.

    `theirs` says that it bears their name. Raises OperationRefused.
    """
    if actor.person_id is None:
        raise Forbidden
    with transaction():
        known = db.session.scalars(
            select(SigningCertificate).where(SigningCertificate.sha256 == told["sha256"])
        ).all()
        here = (actor.person_id, organisation_id)
        mine = next((o for o in known if (o.person_id, o.organisation_id) == here), None)
        taken = any(o.confirmed_at for o in known if o.person_id != actor.person_id)
        if mine is None:
            mine = SigningCertificate(
                sha256=told["sha256"],
                person_id=actor.person_id,
                organisation_id=organisation_id,
                name=told["name"][:300],
                issuer=told["issuer"][:400],
                valid_to=datetime.fromisoformat(told["valid_to"]),
                confirmed_at=clock.now() if theirs and not taken else None,
            )
            db.session.add(mine)
        admitted, name = mine.confirmed_at is not None and not taken, mine.name
        body = db.session.get_one(Organisation, organisation_id).name
    if taken:
        raise OperationRefused(f"Le certificat de {name} est celui d’un autre agent.")
    if not admitted:
        raise OperationRefused(
            f"Ce certificat est au nom de {name}, pas au vôtre. S’il est bien à vous, "
            f"l’administrateur du parapheur de {body} peut le confirmer."
        )


def owner(sha256: str, organisation_id: UUID) -> UUID | None:
    """Whose certificate this is in a body; None while nobody's, or of several agents."""
    asked = select(SigningCertificate.person_id).where(
        SigningCertificate.sha256 == sha256,
        SigningCertificate.organisation_id == organisation_id,
        SigningCertificate.confirmed_at.is_not(None),
    )
    found = db.session.scalars(asked.limit(2)).all()
    return found[0] if len(found) == 1 else None


def chain_of(certificate: bytes, person_id: UUID) -> list[str]:
    """What is above a certificate, as this person last signed with it; DER in base64."""
    asked = select(SigningLot.chain).where(
        SigningLot.person_id == person_id, SigningLot.certificate == certificate
    )
    latest = asked.order_by(SigningLot.created_at.desc(), SigningLot.id).limit(1)
    return list(db.session.scalar(latest) or [])


def waiting(bodies: Sequence[UUID]) -> Select[tuple[SigningCertificate]]:
    """The certificates of bodies that nobody has confirmed, the latest seen first."""
    return (
        select(SigningCertificate)
        .where(
            SigningCertificate.organisation_id.in_(bodies),
            SigningCertificate.confirmed_at.is_(None),
        )
        .order_by(SigningCertificate.seen_at.desc())
    )


def confirm(sha256: str, person_id: UUID, organisation_id: UUID, *, actor: Actor) -> None:
    """Say that a certificate is that agent's in a body, though it does not bear their name.

    Nobody confirms their own. Raises Forbidden, NoResultFound.
    """
    with transaction():
        one = db.session.get_one(SigningCertificate, (sha256, person_id, organisation_id))
        body = db.session.get_one(Organisation, one.organisation_id)
        require(actor, "keep the book", body)
        if one.person_id == actor.person_id:
            raise Forbidden
        one.confirmed_at, one.confirmed_by = clock.now(), actor.person_id
        journal.write(
            f"signing:{one.person_id}", "certificate_confirmed", by=actor.person_id,
            detail={
                "certificate": one.sha256, "person": str(one.person_id), "body": str(body.id),
            },
        )  # fmt: skip
