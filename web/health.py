"""Is this process alive (/healthz), and can it serve (/readyz)?

Another part adds a check with `app.extensions["readiness"]["name"] = function`, a function
that returns a sentence when something is wrong and None otherwise.
"""

from collections.abc import Callable

import redis
from flask import Blueprint, current_app, jsonify
from flask.sansio.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue
from sqlalchemy import text

from engine.models import db
from web.auth.guards import public

bp = Blueprint("health", __name__)

Check = Callable[[], str | None]


@bp.record
def _first_checks(state: BlueprintSetupState) -> None:
    checks: dict[str, Check] = state.app.extensions.setdefault("readiness", {})
    checks["database"] = _database
    if state.app.extensions["settings"].redis_url:
        checks["redis"] = _redis


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Everything this process needs answers; 503 otherwise, naming what does not."""
    answers = {
        name: check() or "ok" for name, check in current_app.extensions["readiness"].items()
    }
    ready = all(answer == "ok" for answer in answers.values())
    return jsonify(status="ok" if ready else "unavailable", checks=answers), (
        200 if ready else 503
    )


def _database() -> str | None:
    try:
        db.session.execute(text("SELECT 1"))
    except Exception as failure:  # whatever it is, we cannot serve
        return type(failure).__name__
    return None


def _redis() -> str | None:
    try:
        with redis.Redis.from_url(
            current_app.extensions["settings"].redis_url, socket_timeout=2
        ) as connection:
            connection.ping()
    except redis.RedisError as failure:
        return type(failure).__name__
    return None
