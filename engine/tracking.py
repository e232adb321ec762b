"""Following a request with its number and a secret, without an account.

The secret is random: sixteen characters of thirty, 78 bits, so that its SHA-256 is all that
is kept and nobody finds it by trying. It is told once, when it is made.
"""

import hashlib
import hmac
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.criteria import case_number
from engine.models import ProcessInstance, db
from engine.words import SPOKEN

GROUPS, GROUP = 4, 4

_NOBODY = hashlib.sha256(secrets.token_bytes(32)).hexdigest()
"""What a secret is compared with when there is no such request: it takes as long."""


class TrackingSecret(db.Model):  # type: ignore[name-defined]
    """The secret of a request, as its digest. A revoked one opens nothing."""

    __tablename__ = "tracking_secret"
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(64))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    made_by: Mapped[UUID | None]
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def new_secret() -> str:
    """A secret that can be read out on the telephone: `K7M3-9QX2-…`."""
    drawn = (
        "".join(secrets.choice(SPOKEN) for _ in range(GROUP)) for _group in range(GROUPS)
    )
    return "-".join(drawn)


def digest(secret: str) -> str:
    """What is kept of a secret, however its hyphens, spaces and capitals were typed."""
    bare = "".join(char for char in secret[:200].upper() if char.isalnum())
    return hashlib.sha256(bare.encode()).hexdigest()


def of_case(instance_id: UUID) -> TrackingSecret | None:
    """The secret of a request that can still be used; None when it has none."""
    found = db.session.get(TrackingSecret, instance_id)
    return found if found is not None and found.revoked_at is None else None


def opened_by(number: str, secret: str) -> UUID | None:
    """The request that this number and this secret open; None if either is wrong.

    A wrong number and a wrong secret cost the same.
    """
    asked = (
        select(TrackingSecret.instance_id, TrackingSecret.digest)
        .join(ProcessInstance, ProcessInstance.id == TrackingSecret.instance_id)
        .where(
            ProcessInstance.number == case_number(number[:40]),
            TrackingSecret.revoked_at.is_(None),
        )
    )
    row = db.session.execute(asked).first()
    right = hmac.compare_digest(digest(secret), row.digest if row else _NOBODY)
    return row.instance_id if row is not None and right else None


def still_opens(instance_id: UUID, version: str) -> bool:
    """Whether the secret with which a visit began is still the request's."""
    found = of_case(instance_id)
    return found is not None and hmac.compare_digest(version, found.digest[:16])
