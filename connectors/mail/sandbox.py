"""A mail server that delivers to nobody: it keeps what it receives, for us to read.

It holds the real SMTP dialogue. An address at a domain that begins with `refus.` is refused,
one at `attente.` is asked to wait. If asked to sign in, the only account is sandbox/sandbox.
With the fault `refuse`, every recipient is refused for the reason given.
"""

import base64
import hashlib
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from io import BufferedRWPair
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, jsonify, render_template_string

from connectors import sandboxes
from connectors.faults import Fate
from connectors.memory import Memory, memory
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_TABLE = """CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, message_id TEXT NOT NULL, received_at TEXT NOT NULL,
    recipients TEXT NOT NULL, raw BLOB NOT NULL)"""
_INDEX = "CREATE INDEX IF NOT EXISTS message_by_id ON message (message_id)"
_SIGN_IN = base64.b64encode(b"\0sandbox\0sandbox").decode()
_PAGE = """<!doctype html><html lang="fr"><meta charset="utf-8"><title>Messagerie d'essai</title>
<h1>Messagerie d'essai</h1><p>Ces messages n'ont été remis à personne.</p>
{% for m in messages %}<article><h2>{{ m.subject }}</h2>
<p>À {{ m.to|join(", ") }}, le {{ m.received_at }}{% if m.deliveries > 1 %}
 (reçu {{ m.deliveries }} fois){% endif %}</p><pre>{{ m.text }}</pre></article>
{% else %}<p>Aucun message.</p>{% endfor %}</html>"""


def converse(
    data: Path, settings: Settings, clock: Clock
) -> Callable[[socket.socket], None]:
    """The dialogue held with one caller, from greeting to QUIT."""
    faults = sandboxes.faults(data, "mail", settings)
    kept = memory(data, "mail")

    def dialogue(connection: socket.socket) -> None:
        fate = faults.fate()
        with connection.makefile("rwb") as line:
            _Dialogue(line, fate, kept, clock).hold()

    return dialogue


def messages(data: Path, *, limit: int = 200) -> list[dict[str, Any]]:
    """What was received, the latest first, once a Message-ID however often it came.

    Each: message_id, received_at (ISO, UTC), sender, to, reply_to, subject, text,
    deliveries (how many times it was received).
    """
    with memory(data, "mail").opened(_TABLE, _INDEX) as db:
        rows = db.execute(
            "SELECT *, count(*) AS deliveries, min(id) FROM message"
            " GROUP BY message_id ORDER BY id DESC LIMIT ?",
            [limit],
        ).fetchall()
    return [_shown(row) for row in rows]


def older(data: Path, before: datetime, limit: int) -> list[tuple[int, str, datetime]]:
    """The oldest messages received before a moment: number, SHA-256, when."""
    with memory(data, "mail").opened(_TABLE, _INDEX) as db:
        rows = db.execute(
            "SELECT id, raw, received_at FROM message WHERE received_at < ?"
            " ORDER BY id LIMIT ?",
            [sandboxes.moment(before), limit],
        ).fetchall()
    return [
        (
            row["id"],
            hashlib.sha256(row["raw"]).hexdigest(),
            datetime.fromisoformat(row["received_at"]),
        )
        for row in rows
    ]


def forget(data: Path, numbers: list[int]) -> None:
    """Removes messages for good."""
    with memory(data, "mail").opened(_TABLE, _INDEX) as db:
        db.executemany("DELETE FROM message WHERE id = ?", [[one] for one in numbers])


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """Over HTTP, what a mailbox shows: a page at `/`, the same in JSON at `/messages`."""
    app = Flask(__name__)

    @app.get("/")
    def page() -> str:
        return render_template_string(_PAGE, messages=messages(data))

    @app.get("/messages")
    def listing() -> Any:
        return jsonify(messages(data))

    return sandboxes.faulty(app, data, "mail", settings, spared=("/", "/messages"))


@dataclass
class _Dialogue:
    """One caller. Each verb answers with a code and a text, RFC 5321."""

    line: BufferedRWPair
    fate: Fate
    kept: Memory
    clock: Clock
    recipients: list[str] = field(default_factory=list)

    def hold(self) -> None:
        if self.fate.down:
            self._say("421 Service indisponible")
            return
        self._say("220 sandbox ESMTP")
        while words := self.line.readline():
            verb, _, rest = words.decode("ascii", "replace").strip().partition(" ")
            if verb.upper() == "QUIT":
                self._say("221 Au revoir")
                return
            if verb.upper() == "DATA" and self._lost_after_text():
                return
            self._say(self._answer(verb.upper(), rest))

    def _answer(self, verb: str, rest: str) -> str:
        match verb:
            case "EHLO":
                return "250-sandbox\n250-8BITMIME\n250 AUTH PLAIN"
            case "AUTH":
                known = rest == f"PLAIN {_SIGN_IN}"
                return "235 Bienvenue" if known else "535 Identifiants refuses"
            case "MAIL" if self.fate.error or self.fate.throttle:
                return "451 Revenez plus tard"
            case "RCPT":
                return self._recipient(rest)
            case "DATA":
                return "250 Recu" if self.recipients else "503 Il manque un destinataire"
            case "RSET":
                self.recipients.clear()
                return "250 OK"
            case "HELO" | "MAIL" | "NOOP":
                return "250 OK"
            case _:
                return "502 Commande inconnue"

    def _recipient(self, rest: str) -> str:
        address = rest[rest.find("<") + 1 : rest.rfind(">")]
        domain = address.partition("@")[2]
        if self.fate.refuse:
            return f"550 {self.fate.refuse}".encode("ascii", "replace").decode()
        if domain.startswith("attente."):
            return "450 Boite occupee"
        if domain.startswith("refus."):
            return "550 Boite inconnue"
        self.recipients.append(address)
        return "250 OK"

    def _lost_after_text(self) -> bool:
        """Receives the text and keeps it; says whether to hang up without a word."""
        if not self.recipients:
            return False
        self._say("354 A vous")
        text = []
        while (row := self.line.readline()) != b".\r\n":
            if not row:
                return True  # the caller left in the middle of the text
            text.append(row.removeprefix(b"."))
        self._keep(b"".join(text))
        time.sleep(self.fate.slow)
        return self.fate.lost

    def _keep(self, raw: bytes) -> None:
        number = message_from_bytes(raw, policy=policy.default)["Message-ID"] or ""
        row = [
            str(number),
            sandboxes.moment(self.clock()),
            json.dumps(self.recipients),
            raw,
        ]
        with self.kept.opened(_TABLE, _INDEX) as db:
            db.execute(
                "INSERT INTO message (message_id, received_at, recipients, raw)"
                " VALUES (?, ?, ?, ?)",
                row,
            )

    def _say(self, text: str) -> None:
        self.line.write(text.replace("\n", "\r\n").encode() + b"\r\n")
        self.line.flush()


def _shown(row: Any) -> dict[str, Any]:
    message = message_from_bytes(row["raw"], policy=policy.default)
    body = message.get_body(("plain",))
    return {
        "message_id": row["message_id"],
        "received_at": row["received_at"],
        "sender": str(message["From"]),
        "to": json.loads(row["recipients"]),
        "reply_to": str(message["Reply-To"]) if message["Reply-To"] else None,
        "subject": str(message["Subject"]),
        "text": body.get_content().replace("\r\n", "\n") if body else "",
        "deliveries": row["deliveries"],
    }
