"""A S²LOW for practice, with the prefecture and the accountant behind it; and a Pastell.

Any SIREN is a login, the password is `sandbox`. The number of an act and the name of a PES
say what becomes of them (`practice/prefecture.py`, `practice/accountant.py`); `/` lists what
was received, with buttons to answer at once.

Settings: `TRANSMISSION_SANDBOX_SECONDS` before the State answers (4), and
`TRANSMISSION_SANDBOX_LETTER_SECONDS` before the prefecture writes (6), on the office's clock.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, g, request
from flask.typing import ResponseReturnValue

from connectors import sandboxes
from connectors.sandboxes import Clock, Settings
from connectors.transmission.practice import (
    accountant,
    acts_pages,
    desk_pages,
    known,
    pastell_pages,
    pes_pages,
    prefecture,
)
from connectors.transmission.practice.held import Held, held
from connectors.transmission.practice.latin import LatinRequest, ko, ok

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["application", "held", "received", "tick"]

_ACCOUNTANT = {"check": accountant.check, "acquit": accountant.acquit}
_OURS = ("/modules/", "/api/test", "/api/get-nounce", "/admin/")


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """The service, seen through its faults."""
    app = Flask(__name__)
    app.request_class = LatinRequest
    app.config["MAX_FORM_MEMORY_SIZE"] = None
    holding = held(data, settings, clock)

    @app.before_request
    def arrive() -> ResponseReturnValue | None:
        _pass_time(holding)
        if not request.path.startswith(_OURS):
            return None
        siren = known.caller(holding, request)
        if siren is None:
            return ko("Échec de l'authentification")
        g.siren = siren
        return None

    @app.get("/api/test-connexion.php")
    def test() -> ResponseReturnValue:
        return ok("Connexion réussie")

    @app.get("/admin/users/api-list-login.php")
    def logins() -> ResponseReturnValue:
        return ok(g.siren)

    @app.get("/api/get-nounce.php")
    def nonce() -> dict[str, Any]:
        return {"nounce": known.nonce(holding, g.siren)}

    app.register_blueprint(acts_pages.pages(holding))
    app.register_blueprint(pes_pages.pages(holding))
    app.register_blueprint(desk_pages.pages(holding))
    app.register_blueprint(pastell_pages.pages(holding))
    spared = ("/", "/repondre")
    return sandboxes.faulty(app, data, "transmission", settings, spared=spared)


def tick(data: Path, settings: Settings, clock: Clock) -> None:
    """Let time pass for the prefecture and the accountant."""
    _pass_time(held(data, settings, clock))


def received(data: Path) -> list[dict[str, Any]]:
    """Every message and PES that the sandbox took from members."""
    with held(data, {}, sandboxes._utc_now).opened() as db:
        acts = db.execute(
            "SELECT id, siren, type, number, unique_id, status FROM message"
            " WHERE type IN (1, 6) OR answer IS NOT NULL ORDER BY id"
        ).fetchall()
        pes = db.execute(
            "SELECT id, siren, filename, status FROM pes ORDER BY id"
        ).fetchall()
    return [dict(row) for row in (*acts, *pes)]


def _pass_time(holding: Held) -> None:
    prefecture.pass_time(holding, _ACCOUNTANT)
