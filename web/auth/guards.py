"""Every route says who may use it; one that says nothing is refused.

    @bp.get("/aides")
    @public                                              # anyone

    @bp.get("/compte")
    @signed_in                                           # anyone with an account

    @bp.get("/exploitation")
    @guard("operate")                                    # engine.access.allowed(actor, "operate")

    @bp.get("/dossiers/<uuid:case_id>")
    @guard("see", ProcessInstance, "case_id")            # … on the row that the address names

The row is read before the view runs: 404 when there is none, 403 when it is not for you.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from engine.access import require
from engine.columns import Base
from engine.models import db
from web.auth.actor import current_actor
from web.security import here

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True)
class Guard:
    """Who may use a route. Without an act: anyone (`visitors`), or anyone signed in.

    With a `check`, whoever passes it, signed in or not: the API's routes are opened by keys
    with one of their `scopes` (see `web.api.keyed`).
    """

    visitors: bool = False
    act: str | None = None
    row_type: type[Base] | None = None
    argument: str = ""
    check: Callable[[], None] | None = None
    scopes: tuple[str, ...] = ()


PUBLIC, SIGNED_IN = Guard(visitors=True), Guard()


class Undeclared(RuntimeError):
    """A route does not say who may use it."""


def public(view: View) -> View:
    """Anyone may use this route."""
    return declare(view, PUBLIC)


def signed_in(view: View) -> View:
    """Anyone with an account may use this route; the view asks for more if need be."""
    return declare(view, SIGNED_IN)


def guard(
    act: str, row_type: type[Base] | None = None, argument: str = ""
) -> Callable[[View], View]:
    """Only who may do `act`, on the platform or on the row that `argument` names."""
    return lambda view: declare(view, Guard(False, act, row_type, argument))


def declare(view: View, declared: Guard) -> View:
    """Say who may use this route."""
    view.guard = declared  # type: ignore[attr-defined]
    return view


def of(app: Flask, endpoint: str) -> Guard | None:
    """What the route declares, or None."""
    if endpoint == "static":
        return PUBLIC
    view = app.view_functions[endpoint]
    declared = getattr(view, "guard", None)
    return declared if isinstance(declared, Guard) else None


def init_app(app: Flask) -> None:
    """Check every request before its view."""
    app.before_request(_check)


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page: Flask says so
    declared = of(current_app, request.endpoint)
    if declared is None:
        raise Undeclared(request.endpoint)
    if declared.check is not None:
        declared.check()
        return None
    if declared.visitors:
        return None
    actor = current_actor()
    if actor.person_id is None:
        return sign_in_first()
    if declared.act is None:
        return None
    subject = None
    if declared.row_type is not None:
        key = (request.view_args or {})[declared.argument]
        subject = db.session.get(declared.row_type, key) or abort(404)
    require(actor, declared.act, subject)
    return None


def sign_in_first() -> ResponseReturnValue:
    """Send to the sign-in page, which comes back here; a fragment reloads its page."""
    if request.path.startswith("/api/"):
        abort(401)
    back = here() if request.method == "GET" else None
    address = url_for("security.login", next=back)
    if request.headers.get("HX-Request"):
        return "", 204, {"HX-Redirect": address}
    return redirect(address)
