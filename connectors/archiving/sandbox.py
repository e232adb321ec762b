"""An as@lae for practice: the same addresses, real checks, and an archivist who takes a moment.

A transfer is refused at the door when it cannot be read (400), when its name is already taken
by other bytes (409), or when the password is wrong (401). Sent again with the same bytes, it is
the same transfer. Each digest is checked then; the acknowledgement appears after a first delay,
the archivist's reply after a second, both counted on the clock we are given.

Settings: `ARCHIVING_SANDBOX_ACK_SECONDS` (2), `ARCHIVING_SANDBOX_REPLY_SECONDS` (6), and
`ARCHIVING_SANDBOX_ANSWER`: accept, warn, refuse or never. `script` or `POST /answer` change the
answer given to the transfers that come next.
"""

import hashlib
import json
import sqlite3
import tarfile
import zipfile
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lxml import etree
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from connectors import sandboxes
from connectors.archiving.archivist import Received, acknowledgement, reply, unpacked
from connectors.faults import refuse_of
from connectors.memory import memory
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

USER, PASSWORD = "e-bourgogne", "essai"
ANSWERS = ("accept", "warn", "refuse", "never")
TABLES = (
    """CREATE TABLE IF NOT EXISTS message (
        organisation TEXT, identifier TEXT, digest TEXT NOT NULL, received_at TEXT NOT NULL,
        answer TEXT NOT NULL, problems TEXT NOT NULL, units TEXT NOT NULL, times INTEGER NOT NULL,
        PRIMARY KEY (organisation, identifier))""",
    "CREATE TABLE IF NOT EXISTS script (id INTEGER PRIMARY KEY, answer TEXT NOT NULL)",
)
ADDRESSES = Map(
    [
        Rule("/", endpoint="page", methods=["GET"]),
        Rule("/answer", endpoint="answer", methods=["POST"]),
        Rule("/ping", endpoint="ping", methods=["GET"]),
        Rule("/versions", endpoint="versions", methods=["GET"]),
        Rule("/sedaMessages", endpoint="receive", methods=["POST"]),
        Rule(
            "/sedaMessages/sequence:ArchiveTransfer/message:<message>"
            "/originOrganizationIdentification:<organisation>"
            "/originMessageIdentifier:<identifier>",
            endpoint="tell",
            methods=["GET"],
        ),
    ]
)


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """The service, seen through its faults."""
    service = _Service(data, settings, clock)
    return sandboxes.faulty(
        service.wsgi, data, "archiving", settings, spared=("/", "/answer")
    )


def script(data: Path, answer: str) -> None:
    """Choose the archivist's answer to the transfers that come next."""
    if answer not in ANSWERS:
        raise ValueError(f"réponse inconnue : {answer}")
    with memory(data, "archiving").opened(*TABLES) as db:
        db.execute("INSERT OR REPLACE INTO script VALUES (1, ?)", [answer])


def received(data: Path) -> list[dict[str, Any]]:
    """Every transfer the sandbox took, and how many times each was sent (`times`)."""
    with memory(data, "archiving").opened(*TABLES) as db:
        rows = db.execute("SELECT * FROM message ORDER BY received_at").fetchall()
    return [dict(row) for row in rows]


class _Service:
    """One method an address."""

    def __init__(self, data: Path, settings: Settings, clock: Clock) -> None:
        self.data, self.clock = data, clock
        self.memory = memory(data, "archiving")
        self.default = settings.get("ARCHIVING_SANDBOX_ANSWER") or "accept"
        self.delays = {
            "Acknowledgement": _seconds(settings, "ARCHIVING_SANDBOX_ACK_SECONDS", 2),
            "ArchiveTransferReply": _seconds(
                settings, "ARCHIVING_SANDBOX_REPLY_SECONDS", 6
            ),
        }

    def wsgi(self, environ: Any, start: Any) -> Any:
        with Request(environ) as request:  # closes the files received
            return self._answered(request)(environ, start)

    def _answered(self, request: Request) -> Any:
        try:
            endpoint, values = ADDRESSES.bind_to_environ(request.environ).match()
        except HTTPException as error:
            return error
        if endpoint not in {"page", "answer"} and not _known(request):
            return Response("Accès refusé\n", 401)
        return getattr(self, endpoint)(request, **values)

    def ping(self, request: Request) -> Response:
        return Response("OK\n")

    def versions(self, request: Request) -> Response:
        versions = {"application": "as@lae (essai)", "version": "2.1", "seda": "2.2"}
        return Response(json.dumps(versions), mimetype="application/json")

    def receive(self, request: Request) -> Response:
        manifest, attachments = (
            request.files.get("seda_message"),
            request.files.get("attachments"),
        )
        if reason := refuse_of(request.environ):
            return Response(reason, 400)
        if manifest is None or attachments is None:
            return Response("Il manque le bordereau ou les pièces jointes.\n", 400)
        message, files = manifest.read(), attachments.read()
        try:
            transfer = Received(message)
            contents = unpacked(files)
        except (
            etree.XMLSyntaxError,
            ValueError,
            tarfile.TarError,
            zipfile.BadZipFile,
        ) as error:
            return Response(f"Versement illisible : {error}\n", 400)
        digest = hashlib.sha256(message + files).hexdigest()
        with self.memory.opened(*TABLES) as db:
            known = db.execute(
                "SELECT digest FROM message WHERE organisation = ? AND identifier = ?",
                [transfer.organisation, transfer.identifier],
            ).fetchone()
            if known and known["digest"] != digest:
                return Response("Cet identifiant désigne déjà un autre versement.\n", 409)
            if known:
                db.execute(
                    "UPDATE message SET times = times + 1 WHERE organisation = ? AND identifier = ?",
                    [transfer.organisation, transfer.identifier],
                )
            else:
                self._take(db, transfer, digest, contents)
        if not known:
            self._keep(transfer, message, files)
        return Response("<ok/>", mimetype="application/xml")

    def tell(
        self, request: Request, message: str, organisation: str, identifier: str
    ) -> Response:
        with self.memory.opened(*TABLES) as db:
            row = db.execute(
                "SELECT * FROM message WHERE organisation = ? AND identifier = ?",
                [organisation, identifier],
            ).fetchone()
        delay = self.delays.get(message)
        if row is None or delay is None:
            return Response("Message inconnu\n", 404)
        ready = datetime.fromisoformat(row["received_at"]) + delay
        if self.clock() < ready or (
            message == "ArchiveTransferReply" and row["answer"] == "never"
        ):
            return Response("Message non disponible\n", 404)
        build = acknowledgement if message == "Acknowledgement" else reply
        return Response(build(row, ready), mimetype="application/xml")

    def answer(self, request: Request) -> Response:
        try:
            script(self.data, request.form.get("answer", ""))
        except ValueError as error:
            return Response(str(error), 400)
        return Response("", 303, {"Location": f"{request.root_path.rstrip('/')}/"})

    def page(self, request: Request) -> Response:
        rows = "".join(
            f"<tr><td>{escape(it['identifier'])}<td>{escape(it['received_at'])}"
            f"<td>{escape(it['answer'])}<td>{it['times']}</tr>"
            for it in received(self.data)
        )
        choices = "".join(
            f"<button name=answer value={it}>{it}</button> " for it in ANSWERS
        )
        return Response(
            '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Archives d’essai</title>'
            "<h1>Service d’archives d’essai</h1>"
            f'<form method="post" action="answer">Prochaine réponse : {choices}</form>'
            "<table><tr><th>Versement<th>Reçu le<th>Réponse<th>Envois</tr>"
            f"{rows}</table></html>",
            mimetype="text/html",
        )

    def _take(
        self,
        db: sqlite3.Connection,
        transfer: Received,
        digest: str,
        contents: dict[str, bytes],
    ) -> None:
        scripted = db.execute("SELECT answer FROM script WHERE id = 1").fetchone()
        db.execute(
            "INSERT INTO message VALUES (?, ?, ?, ?, ?, ?, ?, 1)",
            [
                transfer.organisation,
                transfer.identifier,
                digest,
                self.clock().astimezone(UTC).isoformat(),
                scripted["answer"] if scripted else self.default,
                json.dumps(transfer.problems(contents)),
                json.dumps(transfer.units()),
            ],
        )

    def _keep(self, transfer: Received, message: bytes, files: bytes) -> None:
        name = hashlib.sha256(
            f"{transfer.organisation}/{transfer.identifier}".encode()
        ).hexdigest()[:24]
        folder = self.data / "sandboxes" / "archiving" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bordereau.xml").write_bytes(message)
        (folder / "archive").write_bytes(files)


def _known(request: Request) -> bool:
    given = request.authorization
    expected = hashlib.sha256(PASSWORD.encode()).hexdigest()
    return bool(given and given.username == USER and given.password == expected)


def _seconds(settings: Settings, name: str, default: float) -> timedelta:
    return timedelta(seconds=float(settings.get(name) or default))
