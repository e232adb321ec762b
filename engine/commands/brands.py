"""Change what a body's pages look like, and the host names they answer under."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from engine import brands, clock, journal
from engine.access import Actor, require
from engine.brands import ACTIVE, PENDING, Brand, BrandHost
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction


class HostTaken(EngineError):
    """Another body has this host name, or asked for it."""


class TooManyHosts(EngineError):
    """The body has as many host names as it may."""


def set_look(
    organisation_id: UUID, *, colour: str | None, texts: Mapping[str, str], actor: Actor
) -> None:
    """Give a body its colour (`#rrggbb`, or None) and its texts. Raises Forbidden."""
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "brand", body)
        brand = db.session.get(Brand, organisation_id)
        if brand is None:
            brand = Brand(organisation_id=organisation_id)
            db.session.add(brand)
        for name, longest in brands.TEXTS.items():
            setattr(brand, name, texts.get(name, "")[:longest])
        brand.updated_at = clock.now()
        body.brand_colour = colour
        _tell(organisation_id, "brand_changed", actor, colour=colour or "")


def set_logo(organisation_id: UUID, image: bytes | None, *, actor: Actor) -> None:
    """Give a body its logo, or take it away. Raises Forbidden."""
    with transaction():
        body = lock(Organisation, organisation_id)
        require(actor, "brand", body)
        body.logo = image
        _tell(organisation_id, "logo_changed" if image else "logo_removed", actor)


def ask_host(organisation_id: UUID, host: str, *, actor: Actor) -> UUID:
    """Ask for a host name (`brands.host_name` has read it); an operator activates it.

    Raises Forbidden, HostTaken, TooManyHosts.
    """
    try:
        with transaction():
            body = lock(Organisation, organisation_id)
            require(actor, "brand", body)
            known = db.session.scalars(
                select(BrandHost).where(BrandHost.host == host)
            ).first()
            if known is not None:
                if known.organisation_id == organisation_id:
                    return known.id
                raise HostTaken
            if len(brands.hosts_of(organisation_id)) >= brands.MOST_HOSTS:
                raise TooManyHosts
            asked = BrandHost(
                organisation_id=organisation_id,
                host=host,
                status=PENDING,
                asked_by=actor.person_id,
            )
            db.session.add(asked)
            db.session.flush()
            _tell(organisation_id, "host_asked", actor, host=host)
            return asked.id
    except IntegrityError:  # another body asked for it at the same moment
        raise HostTaken from None


def drop_host(host_id: UUID, *, actor: Actor) -> None:
    """Give a host name up: pages under it have the platform's look. Raises Forbidden."""
    with transaction():
        asked = lock(BrandHost, host_id)
        require(actor, "brand", db.session.get_one(Organisation, asked.organisation_id))
        _tell(asked.organisation_id, "host_dropped", actor, host=asked.host)
        db.session.delete(asked)


def decide_host(host_id: UUID, *, active: bool, actor: Actor) -> None:
    """Activate a host name that is routed to us, or stop it. Raises Forbidden."""
    require(actor, "operate")
    with transaction():
        asked = lock(BrandHost, host_id)
        asked.status = ACTIVE if active else PENDING
        asked.decided_at = clock.now()
        act = "host_activated" if active else "host_stopped"
        _tell(asked.organisation_id, act, actor, host=asked.host)


def _tell(organisation_id: UUID, act: str, actor: Actor, **detail: str) -> None:
    journal.write(f"organisation:{organisation_id}", act, by=actor.person_id, detail=detail)
