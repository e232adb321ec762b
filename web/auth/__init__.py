"""Who is signed in, for whom they act, and who may use which route."""

from web.auth.actor import act_for, acting_for, current_actor, forget_actor, organisations
from web.auth.guards import guard, public, signed_in

__all__ = [
    "act_for",
    "acting_for",
    "current_actor",
    "forget_actor",
    "guard",
    "organisations",
    "public",
    "signed_in",
]
