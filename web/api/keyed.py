"""Routes that a key opens: who it is, what it may do, and how often.

A cookie opens none of them. The actor that the key makes is the one that every command and
every rule of access is asked with.
"""

import time
from collections.abc import Callable
from functools import partial

from flask import Response, current_app, g, request
from flask_babel import gettext as _
from limits import RateLimitItem, parse

from engine import api_keys
from engine.access import Actor
from engine.api_keys import ApiKey
from engine.commands import api_keys as commands
from engine.directory import Organisation
from web.api.problems import Problem
from web.auth.guards import Guard, View, declare
from web.limits import limiter

RATE = "600 per minute"
"""Requests of one key, unless `API_RATE` says otherwise."""

_BEARER = {"WWW-Authenticate": 'Bearer realm="e-bourgogne"'}


def keyed(*scopes: str, basic: bool = False) -> Callable[[View], View]:
    """Only with a key that has one of these scopes; any key when none is named.

    A door for callers that know HTTP `basic` alone takes the key as their password.
    """
    check = partial(_admit, scopes, basic=basic)
    return lambda view: declare(view, Guard(check=check, scopes=scopes))


def key() -> ApiKey:
    """The key of this request."""
    found: ApiKey = g.api_key
    return found


def actor() -> Actor:
    """Who acts with it."""
    found: Actor = g.actor
    return found


def organisation() -> Organisation:
    """Whose key it is."""
    return key().organisation


def _admit(scopes: tuple[str, ...], *, basic: bool = False) -> None:
    found = _known(_password() if basic else _token())
    g.api_key, g.actor = found, api_keys.actor_of(found)
    _count(found)
    if scopes:
        need(*scopes)
    commands.used(found)


def need(*scopes: str) -> None:
    """Refuse a key that has none of these scopes. Raises Problem."""
    if not set(scopes) & set(key().scopes):
        said = " ".join(scopes)
        told = f'Bearer error="insufficient_scope", scope="{said}"'
        raise Problem(
            403, "missing-scope",
            _(
                "Cette clé n’a pas le droit « %(scope)s » : faites une clé qui l’a, à "
                "l’adresse /reglages/api.",
                scope=said,
            ),
            headers={"WWW-Authenticate": told},
        )  # fmt: skip


def _token() -> str:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _password() -> str:
    """A caller of another age says its key as a password, whatever its login."""
    given = request.authorization
    return (given.password or "").strip() if given and given.type == "basic" else ""


def _known(token: str) -> ApiKey:
    if not token:
        raise Problem(
            401, "missing-key",
            _(
                "Aucune clé n’est donnée : envoyez l’en-tête « Authorization: Bearer ebg_… ». "
                "Une clé se fait à l’adresse /reglages/api."
            ),
            headers=_BEARER,
        )  # fmt: skip
    found = api_keys.opened_by(token)
    state = found.state if found else "unknown"
    if found is not None and state == "active":
        return found
    told = {
        "expired": _("Cette clé a expiré : remplacez-la à l’adresse /reglages/api."),
        "revoked": _("Cette clé a été révoquée : faites-en une autre à /reglages/api."),
        "unknown": _("Cette clé est inconnue : vérifiez qu’elle est recopiée en entier."),
    }
    headers = {"WWW-Authenticate": f'{_BEARER["WWW-Authenticate"]}, error="invalid_token"'}
    raise Problem(401, f"{state}-key", told[state], headers=headers)


def _count(found: ApiKey) -> None:
    if not limiter.enabled:
        return
    rate = parse(current_app.config.get("API_RATE", RATE))
    passed = limiter.limiter.hit(rate, f"api:{found.person_id}")
    resets, left = limiter.limiter.get_window_stats(rate, f"api:{found.person_id}")
    g.rate = (rate, max(left, 0), resets)
    if not passed:
        raise Problem(429, "too-many", headers={"Retry-After": str(_wait())})


def _wait() -> int:
    resets: float = g.rate[2]
    return max(1, round(resets - time.time()))


def tell_rate(response: Response) -> Response:
    """Say how much of the key's rate is left."""
    told: tuple[RateLimitItem, int, float] | None = g.get("rate")
    if told is not None:
        rate, left, _resets = told
        response.headers["RateLimit-Limit"] = str(rate.amount)
        response.headers["RateLimit-Remaining"] = str(left)
        response.headers["RateLimit-Reset"] = str(_wait())
        policy = f"{rate.amount};w={rate.get_expiry()}"
        response.headers["RateLimit-Policy"] = policy
    return response
