"""The letters by which a folder is sent to people outside, each with a link of its own."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db


class SecureMail(db.Model):  # type: ignore[name-defined]
    """One letter of a folder to one address, and whether its link was opened."""

    __tablename__ = "parapheur_mail"
    __table_args__ = (Index(None, "instance_id", "sent_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_folder.instance_id"))
    address: Mapped[str] = mapped_column(String(254))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    @property
    def opens(self) -> bool:
        """Whether the link still serves."""
        return self.revoked_at is None and clock.now() < self.expires_at
