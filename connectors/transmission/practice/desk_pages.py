"""The page on which a person plays the prefecture and the accountant."""

from typing import Any

from flask import Blueprint, redirect, render_template_string, request, url_for
from flask.typing import ResponseReturnValue

from connectors.transmission.practice import accountant, prefecture
from connectors.transmission.practice.held import Held, day, one

STATUSES = {
    -1: "erreur",
    0: "annulé",
    1: "posté",
    2: "en attente",
    3: "transmis",
    4: "acquitté",
    8: "information disponible",
    11: "réponse reçue",
    21: "reçu",
}
LETTERS = {
    2: "Courrier simple",
    3: "Demander des pièces",
    4: "Observations",
    5: "Déférer au tribunal",
}
PES_ANSWERS = {"ok": "Accepter", "partial": "Accepter en partie", "ko": "Refuser"}
SHOWN = 200
_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8">
<title>Télétransmission d’essai</title><meta name="viewport" content="width=device-width">
<h1>Télétransmission <small>(service d’essai)</small></h1>
<h2>Actes</h2>
{% for it in acts %}<section><h3>{{ it.number }} — {{ it.subject }}</h3>
<p>{{ it.siren }}, type {{ it.type }}{% if it.answer %}, réponse{% endif %}, n° {{ it.id }},
posté le {{ day(it.submitted_at) }} : <strong>{{ statuses.get(it.status, it.status) }}</strong></p>
{% if it.type == 1 and it.status in (1, 2, 3) %}<form method="post" action="{{ url_for('desk.answer') }}">
<input type="hidden" name="act" value="{{ it.id }}">
<button name="answer" value="acknowledge">Accuser réception</button>
<button name="answer" value="refuse">Refuser</button></form>
{% elif it.type == 1 and it.status == 4 %}<form method="post" action="{{ url_for('desk.answer') }}">
<input type="hidden" name="act" value="{{ it.id }}"><label>Texte <input name="text"></label>
{% for kind, label in letters.items() %}<button name="answer" value="{{ kind }}">{{ label }}</button>
{% endfor %}</form>{% endif %}</section>
{% else %}<p>Aucun acte.</p>{% endfor %}
<h2>PES</h2>
{% for it in pes %}<section><h3>{{ it.name or it.filename }}</h3>
<p>{{ it.siren }}, n° {{ it.id }}, posté le {{ day(it.submitted_at) }} :
<strong>{{ statuses.get(it.status, it.status) }}</strong> {{ it.said }}</p>
<form method="post" action="{{ url_for('desk.answer') }}">
<input type="hidden" name="pes" value="{{ it.id }}">
{% if it.status in (1, 3) %}{% for value, label in answers.items() %}
<button name="answer" value="{{ value }}">{{ label }}</button>{% endfor %}{% endif %}
<button name="answer" value="return">Envoyer un retour</button></form></section>
{% else %}<p>Aucun PES.</p>{% endfor %}</html>"""


def pages(held: Held) -> Blueprint:
    room = Blueprint("desk", __name__)

    @room.get("/")
    def page() -> str:
        with held.opened() as db:
            acts = db.execute(
                "SELECT id, siren, type, number, subject, status, answer, submitted_at"
                " FROM message ORDER BY id DESC LIMIT ?",
                [SHOWN],
            ).fetchall()
            pes = db.execute(
                "SELECT id, siren, name, filename, status, said, submitted_at FROM pes"
                " ORDER BY id DESC LIMIT ?",
                [SHOWN],
            ).fetchall()
        return render_template_string(
            _PAGE,
            acts=acts,
            pes=pes,
            day=day,
            statuses=STATUSES,
            letters=LETTERS,
            answers=PES_ANSWERS,
        )

    @room.post("/repondre")
    def answer() -> ResponseReturnValue:
        asked = request.form.get("answer", "")
        if "pes" in request.form:
            done = answer_pes(held, request.form["pes"], asked)
        else:
            text = request.form.get("text", "").strip()
            done = answer_act(held, request.form.get("act", ""), asked, text)
        return redirect(url_for("desk.page"), 303) if done else ("Réponse inconnue.", 422)

    return room


def answer_act(held: Held, number: str, asked: str, text: str = "") -> bool:
    """The prefecture answers at once: acknowledge, refuse, or the type of a letter (2 to 5)."""
    with held.opened() as db:
        act = one(db, "message", number)
        if act is None or act["type"] != 1:
            return False
        at = held.now()
        if asked == "acknowledge":
            prefecture.acknowledge(held, db, act["id"], at)
        elif asked == "refuse":
            prefecture.refuse(held, db, act["id"], at)
        elif asked.isdigit() and int(asked) in LETTERS and act["status"] == 4:  # noqa: PLR2004
            prefecture.write(db, act, int(asked), at, text)
        else:
            return False
    return True


def answer_pes(held: Held, number: str, asked: str) -> bool:
    """The accountant answers at once: ok, partial, ko, or sends a return."""
    with held.opened() as db:
        row: Any = one(db, "pes", number)
        if row is None:
            return False
        if asked == "return":
            db.execute(
                "INSERT INTO pes_return (siren, name, content, dated) VALUES (?, ?, ?, ?)",
                [
                    row["siren"],
                    f"PES_RETOUR_{row['id']}.xml",
                    accountant.returned(row["content"]),
                    day(held.now()),
                ],
            )
        elif asked in PES_ANSWERS:
            accountant.acquit(held, db, row["id"], held.now(), asked)
        else:
            return False
    return True
