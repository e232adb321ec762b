"""Give a request a secret to follow it by, take it back, and note each use."""

from uuid import UUID

from engine import clock, journal, tracking
from engine.access import Actor, require
from engine.models import ProcessInstance, db
from engine.tracking import TrackingSecret
from engine.transaction import lock, transaction


def issue(instance_id: UUID, *, actor: Actor) -> str:
    """A new secret for a request, told here and never again; the one before opens nothing.

    Raises Forbidden.
    """
    secret = tracking.new_secret()
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        require(actor, "share", instance)
        kept = db.session.get(TrackingSecret, instance_id)
        if kept is None:
            kept = TrackingSecret(instance_id=instance_id)
            db.session.add(kept)
        kept.digest, kept.revoked_at = tracking.digest(secret), None
        kept.made_at, kept.made_by = clock.now(), actor.person_id
        journal.write_for_case(instance, "tracking_secret_made", by=actor.person_id)
    return secret


def revoke(instance_id: UUID, *, actor: Actor) -> None:
    """Have the secret of a request open nothing any more. Raises Forbidden."""
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        require(actor, "share", instance)
        kept = tracking.of_case(instance_id)
        if kept is not None:
            kept.revoked_at = clock.now()
            journal.write_for_case(instance, "tracking_secret_revoked", by=actor.person_id)


def enter(number: str, secret: str) -> TrackingSecret | None:
    """Open a request with its number and secret, and note it; None if either is wrong."""
    instance_id = tracking.opened_by(number, secret)
    if instance_id is None:
        return None
    with transaction():
        instance = lock(ProcessInstance, instance_id)
        kept = tracking.of_case(instance_id)
        if kept is None or kept.digest != tracking.digest(secret):
            return None  # renewed or revoked at this very moment
        journal.write_for_case(instance, "followed_by_secret", by=None)
        db.session.flush()
        db.session.expunge(kept)
        return kept
