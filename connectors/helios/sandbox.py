"""The DGFiP's side of the exchange, over HTTP: `out` is where we put, `in` where it answers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask, Response, render_template_string, request
from flask.typing import ResponseReturnValue

from connectors import sandboxes
from connectors.faults import refuse_of
from connectors.helios.accountant import accountant
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_LIMIT = 150 << 20
_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Comptable d'essai</title>
<meta name="viewport" content="width=device-width">
<h1>HELIOS <small>(partenaire d'essai)</small></h1>
<table><tr><th>Fichier<th>Reçu le<th>Acquitté le<th>Retour le</tr>
{% for row in rows %}<tr><td>{{ row.name }}<td>{{ row.received_at }}<td>{{ row.answered_at or "—" }}
<td>{{ row.returned_at or "—" }}</tr>{% else %}<tr><td>Rien reçu.</tr>{% endfor %}</table></html>"""


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = _LIMIT
    held = accountant(data, settings, clock)

    @app.put("/out/<name>")
    def put(name: str) -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return Response(reason, 422, mimetype="text/plain")
        held.receive(name, request.get_data())
        return Response(status=201)

    @app.get("/in/")
    def names() -> ResponseReturnValue:
        held.tick()
        return Response("\n".join(held.left()), mimetype="text/plain")

    @app.get("/in/<name>")
    def read(name: str) -> ResponseReturnValue:
        content = held.file(name)
        if content is None:
            return Response("inconnu", 404, mimetype="text/plain")
        return Response(content, mimetype="application/xml")

    @app.delete("/in/<name>")
    def forget(name: str) -> ResponseReturnValue:
        held.forget(name)
        return Response(status=204)

    @app.get("/")
    def page() -> ResponseReturnValue:
        return render_template_string(_PAGE, rows=held.received())

    return sandboxes.faulty(app.wsgi_app, data, "helios", settings)


def tick(data: Path, settings: Settings, clock: Clock) -> None:
    """Lets the accountant answer."""
    accountant(data, settings, clock).tick()


def received(data: Path) -> list[dict[str, object]]:
    """What the accountant received, the latest first."""
    return accountant(data, {}, lambda: datetime.now(UTC)).received()
