"""OSEO's side of the exchange contract (docs/partners/oseo.md), and a page to answer from.

`/` lists the requests with a button for each opinion. The token is `sandbox`.
"""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify, redirect, render_template_string, request, url_for
from flask.typing import ResponseReturnValue

from connectors import sandboxes
from connectors.faults import refuse_of
from connectors.oseo.desk import Conflict, desk, secret
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

__all__ = ["application", "desk", "secret", "tick"]

_TOKEN = "Bearer sandbox"  # noqa: S105 - a sandbox's, known to all
_OPINIONS = {
    "favourable": "Favorable",
    "reserved": "Réservé",
    "unfavourable": "Défavorable",
}
_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>OSEO, partenaire d'essai</title>
<meta name="viewport" content="width=device-width">
<h1>OSEO <small>(partenaire d'essai)</small></h1>
{% for r in requests %}<section><h2>{{ r.reference }} — dossier {{ r.content.case_number }}</h2>
<p>Reçu le {{ r.received_at }}, avis attendu avant le {{ r.content.deadline }}.
{{ r.documents|length }} pièce(s).</p><p>{{ r.content.question }}</p>
{% if r.opinion %}<p><strong>Avis : {{ opinions[r.opinion] }}</strong>
{% if r.delivered_at %}transmis le {{ r.delivered_at }}{% else %}pas encore transmis
({{ r.attempts }} essais) {{ r.detail }}{% endif %}</p>
{% else %}<form method="post" action="{{ url_for('give') }}">
<input type="hidden" name="reference" value="{{ r.reference }}">
<label>Montant proposé (€) <input name="amount" inputmode="decimal"></label>
<label>Observations <input name="remarks"></label>
{% for value, label in opinions.items() %}<button name="opinion" value="{{ value }}">{{ label }}</button>
{% endfor %}</form>{% endif %}</section>
{% else %}<p>Aucune demande d'avis.</p>{% endfor %}</html>"""


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    app = Flask(__name__)
    held = desk(data, settings, clock)

    @app.get("/v1/ping")
    def ping() -> ResponseReturnValue:
        return _unauthorised() or jsonify(status="ok")

    @app.post("/v1/opinion-requests")
    def receive() -> ResponseReturnValue:
        if refusal := _unauthorised():
            return refusal
        if reason := refuse_of(request.environ):
            return _errors([reason], 422)
        key = request.headers.get("Idempotency-Key", "")
        content, manifest = _part("request"), _part("manifest")
        if problems := _problems(key, content, manifest):
            return _errors(problems, 422)
        try:
            acknowledgement, new = held.receive(
                key, json.loads(content), json.loads(manifest)["documents"]
            )
        except Conflict:
            return _errors(["Cette clé a déjà servi pour une autre demande."], 409)
        return jsonify(acknowledgement), 201 if new else 200

    @app.get("/v1/opinion-requests")
    def lookup() -> ResponseReturnValue:
        key = request.args.get("idempotency_key", "")
        return _unauthorised() or jsonify(items=held.find(key))

    @app.get("/")
    def console() -> str:
        return render_template_string(_PAGE, requests=held.requests(), opinions=_OPINIONS)

    @app.post("/answers")
    def give() -> ResponseReturnValue:
        opinion = request.form.get("opinion", "")
        typed = request.form.get("amount", "").replace(" ", "").replace(",", ".")
        try:
            amount = float(typed) if typed else None
        except ValueError:
            return "Le montant n'est pas un nombre.", 422
        if opinion not in _OPINIONS:
            return "Avis inconnu.", 422
        held.answer(
            request.form.get("reference", ""),
            opinion,
            amount=amount,
            remarks=request.form.get("remarks", ""),
        )
        return redirect(url_for("console"), 303)

    return sandboxes.faulty(app, data, "oseo", settings, spared=("/", "/answers"))


def tick(data: Path, settings: Settings, clock: Clock) -> None:
    desk(data, settings, clock).tick()


def _unauthorised() -> ResponseReturnValue | None:
    if request.headers.get("Authorization") == _TOKEN:
        return None
    return _errors(["Jeton inconnu."], 401)


def _errors(messages: list[str], status: int) -> ResponseReturnValue:
    return jsonify(errors=[{"message": message} for message in messages]), status


def _part(name: str) -> bytes:
    part = request.files.get(name)
    return part.read() if part else b""


def _problems(key: str, content: bytes, manifest: bytes) -> list[str]:
    """What is wrong with a request; its documents are compared with its manifest."""
    if not key:
        return ["L'en-tête Idempotency-Key manque."]
    try:
        asked, listed = json.loads(content), json.loads(manifest)
        expected = [one["sha256"] for one in listed["documents"]]
        same_request = listed["request"] == hashlib.sha256(content).hexdigest()
    except (ValueError, KeyError, TypeError):
        return ["La demande ou son bordereau est illisible."]
    problems = [] if same_request else ["La demande ne correspond pas au bordereau."]
    received = [
        hashlib.sha256(part.read()).hexdigest()
        for part in request.files.getlist("document")
    ]
    if received != expected:
        problems.append("Les pièces reçues ne correspondent pas au bordereau.")
    return problems + _missing(asked)


def _missing(asked: Any) -> list[str]:
    names = {"case_number": str, "question": str, "applicant": dict, "project": dict}
    problems = [
        f"« {name} » manque."
        for name, kind in names.items()
        if not isinstance(asked.get(name), kind) or not asked[name]
    ]
    try:
        date.fromisoformat(asked.get("deadline", ""))
    except (ValueError, TypeError):
        problems.append("« deadline » doit être une date.")
    return problems
