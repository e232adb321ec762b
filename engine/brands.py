"""White label: what a body says on its own pages, and the host names they answer under.

A host is asked for by the body and activated by an operator, since its name must be routed
to us first: until then, pages under it have the platform's look.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import idna
from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime
from engine.directory import Organisation
from engine.models import db

PENDING, ACTIVE = "pending", "active"

TEXTS: Mapping[str, int] = {
    "welcome_title": 120,
    "welcome_text": 600,
    "contact": 600,
    "legal": 3000,
    "footer": 300,
}
"""What a body may say, and in how many characters at most. Plain texts, never HTML."""

MOST_HOSTS = 5
"""Host names of one body."""

_LONGEST_HOST = 253
_LAST_LABEL = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{2,59}")


class Brand(db.Model):  # type: ignore[name-defined]
    """What a body says in its own name. Its colour and logo are the organisation's."""

    __tablename__ = "brand"
    organisation_id: Mapped[UUID] = mapped_column(
        ForeignKey("organisation.id"), primary_key=True
    )
    welcome_title: Mapped[str] = mapped_column(String(120), default="")
    welcome_text: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(Text, default="")
    legal: Mapped[str] = mapped_column(Text, default="")
    footer: Mapped[str] = mapped_column(Text, default="")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class BrandHost(db.Model):  # type: ignore[name-defined]
    """A host name under which pages wear a body's colours, once an operator activated it."""

    __tablename__ = "brand_host"
    __table_args__ = (Index(None, "organisation_id"), Index(None, "status", "asked_at"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    host: Mapped[str] = mapped_column(String(253), unique=True)  # lower case, IDNA
    status: Mapped[str] = mapped_column(String(10), default=PENDING)
    asked_by: Mapped[UUID | None]
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship(lazy="joined", innerjoin=True)

    @property
    def shown(self) -> str:
        """The host name as people read it."""
        return idna.decode(self.host)


@dataclass(frozen=True)
class Look:
    """Everything a page needs to be a body's own."""

    organisation_id: UUID
    name: str
    colour: str | None
    has_logo: bool
    welcome_title: str = ""
    welcome_text: str = ""
    contact: str = ""
    legal: str = ""
    footer: str = ""


class HostRefused(ValueError):
    """This is no host name that may be ours; `reason` is one of `malformed`, `address`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def host_name(typed: str) -> str:
    """A host name in lower case and IDNA, without its last dot.

    Raises HostRefused for anything else: an address with a path or a port, an IP address,
    a name without a dot.
    """
    name = typed.strip().rstrip(".").lower()
    if len(name) > _LONGEST_HOST:
        raise HostRefused("malformed")
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        pass
    else:
        raise HostRefused("address")
    try:
        host = idna.encode(name, uts46=True, std3_rules=True).decode()
    except (idna.IDNAError, UnicodeError):
        raise HostRefused("malformed") from None
    labels = host.split(".")
    if (
        len(labels) == 1
        or len(host) > _LONGEST_HOST
        or not _LAST_LABEL.fullmatch(labels[-1])
    ):
        raise HostRefused("malformed")
    return host


def texts(organisation_id: UUID) -> dict[str, str]:
    """What a body says; "" where it says nothing."""
    brand = db.session.get(Brand, organisation_id)
    return {name: getattr(brand, name) if brand else "" for name in TEXTS}


def hosts_of(organisation_id: UUID) -> list[BrandHost]:
    """The host names of a body, in the order in which they were asked for."""
    asked = select(BrandHost).where(BrandHost.organisation_id == organisation_id)
    return list(db.session.scalars(asked.order_by(BrandHost.asked_at)))


def active_looks() -> dict[str, Look]:
    """Each active host with the look of its body: one query, whatever their number."""
    rows = db.session.execute(
        select(
            BrandHost.host,
            Organisation.id,
            Organisation.name,
            Organisation.brand_colour,
            Organisation.logo.is_not(None),
            Brand,
        )
        .join(Organisation, Organisation.id == BrandHost.organisation_id)
        .outerjoin(Brand, Brand.organisation_id == BrandHost.organisation_id)
        .where(BrandHost.status == ACTIVE)
    )
    return {
        host: Look(
            body, name, colour, bool(has_logo),
            **{text: getattr(brand, text) if brand else "" for text in TEXTS},
        )
        for host, body, name, colour, has_logo, brand in rows
    }  # fmt: skip
