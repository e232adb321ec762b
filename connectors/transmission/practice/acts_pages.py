"""S²LOW's addresses for acts and letters."""

import json
import sqlite3
from typing import Any

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue

from connectors.faults import refuse_of
from connectors.transmission.practice import counter, ministry, nomenclature
from connectors.transmission.practice.counter import Rejected
from connectors.transmission.practice.held import Held, day, one
from connectors.transmission.practice.latin import file, ko, ok, plain, xml
from connectors.transmission.practice.paper import sheet, stamped

NATURES = {1: "Délibérations", 2: "Actes réglementaires", 3: "Actes individuels",
           4: "Contrats, conventions et avenants", 5: "Documents budgétaires et financiers",
           6: "Autres"}  # fmt: skip
UNKNOWN = "Numéro de transaction invalide."
ROOT = "/modules/actes"


def pages(held: Held) -> Blueprint:  # noqa: PLR0915  one address after the other
    room = Blueprint("acts", __name__, url_prefix=ROOT)

    @room.post("/actes_transac_create.php")
    def create() -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return ko(reason)
        try:
            number = counter.create(held, g.siren, request.form, request.files)
        except Rejected as refusal:
            return ko(str(refusal))
        return ok(number)

    @room.get("/actes_transac_get_status.php")
    def status() -> ResponseReturnValue:
        with held.opened() as db:
            message = _asked(db)
        if message is None:
            return ko(UNKNOWN)
        start = f"OK\n{message['status']}\n".encode()
        rest = message["flux"] or message["said"].encode("iso-8859-1", "replace")
        return Response(start + rest, mimetype="text/plain")

    @room.get("/actes_transac_get_files_list.php")
    def files_list() -> ResponseReturnValue:
        with held.opened() as db:
            message = _asked(db)
            rows = _files(db, message["id"]) if message else []
        if message is None:
            return ko(UNKNOWN)
        return _json(
            [
                {
                    "id": str(row["id"]),
                    "name": row["name"],
                    "posted_filename": row["posted"],
                    "mimetype": row["media_type"],
                    "size": str(len(row["content"])),
                    "sign": "pkcs7" if row["signature"] else "",
                    "code_pj": row["code"],
                }
                for row in rows
            ]
        )

    @room.get("/actes_download_file.php")
    def download() -> ResponseReturnValue:
        with held.opened() as db:
            if envelope := request.args.get("env"):
                return _envelope(db, envelope)
            row = one(db, "file", request.args.get("file", ""))
            message = row and one(db, "message", row["message"])
        if row is None or message is None or message["siren"] != g.siren:
            return redirect("/", 302)
        content = row["content"]
        if request.args.get("tampon") and row["media_type"] == "application/pdf":
            lines = receipt_lines(message, request.args.get("date_affichage"))
            content = stamped(content, lines)
        return file(content, row["name"], row["media_type"])

    @room.get("/actes_create_pdf.php")
    def receipt() -> ResponseReturnValue:
        with held.opened() as db:
            message = _mine(db, request.args.get("trans_id", ""))
        if message is None:
            return ko(UNKNOWN)
        lines = [f"Objet : {message['subject']}", *receipt_lines(message, None)]
        content = sheet("Bordereau d'acquittement", lines)
        return file(content, "bordereau.pdf", "application/pdf")

    @room.post("/actes_transac_cancel.php")
    def cancel() -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return ko(reason)
        try:
            return ok(counter.cancel(held, g.siren, request.form.get("id", "")))
        except Rejected as refusal:
            return ko(str(refusal))

    @room.get("/actes_classification_fetch.php")
    def fetch() -> ResponseReturnValue:
        return xml(nomenclature.classification())

    @room.get("/actes_classification_request.php")
    def ask() -> ResponseReturnValue:
        return ok("Demande de classification envoyée")

    @room.get("/actes_transac_get_document.php")
    def document() -> ResponseReturnValue:
        with held.opened() as db:
            message = _mine(db, request.args.get("id", ""))
            if message is None:
                return ko(UNKNOWN)
            if message["type"] == 1:
                return plain("".join(_related(db, message["id"])))
        return redirect(f"actes_download_file.php?env={message['id']}", 302)

    @room.post("/actes_transac_reponse_create.php")
    def answer() -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return plain(f"KO : {reason}")
        try:
            number = counter.answer(held, g.siren, request.form, request.files)
        except Rejected as refusal:
            return plain(f"KO : {refusal}")
        in_query = request.args.get("api")
        return plain(f"OK : id généré : {number}\n") if in_query else ok(number)

    @room.get("/api/list_document_prefecture.php")
    def letters() -> ResponseReturnValue:
        with held.opened() as db:
            rows = db.execute(
                "SELECT id, type, related, number, unique_id, status FROM message"
                " WHERE siren = ? AND type IN (2, 3, 4, 5) AND answer IS NULL"
                " AND NOT is_read ORDER BY id",
                [g.siren],
            ).fetchall()
        return _json(
            [
                {
                    "id": row["id"],
                    "type": str(row["type"]),
                    "related_transaction_id": row["related"],
                    "number": row["number"],
                    "unique_id": row["unique_id"],
                    "last_status_id": row["status"],
                }
                for row in rows
            ]
        )

    @room.get("/api/document_prefecture_mark_as_read.php")
    def mark() -> ResponseReturnValue:
        with held.opened() as db:
            db.execute(
                "UPDATE message SET is_read = 1 WHERE id = ? AND siren = ?",
                [request.args.get("transaction_id", ""), g.siren],
            )
        return _json({"result": "ok"})

    @room.get("/api/list_actes.php")
    def listed() -> ResponseReturnValue:
        asked = request.args
        offset, limit = asked.get("offset", 0, int), asked.get("limit", 100, int)
        status_id = asked.get("status_id", 0, int)
        with held.opened() as db:
            rows = db.execute(
                "SELECT * FROM message WHERE siren = ? AND status = ? AND submitted_at >= ?"
                " ORDER BY id DESC LIMIT ? OFFSET ?",
                [g.siren, status_id, asked.get("min_date", ""), limit, offset],
            ).fetchall()
        return _json(
            {
                "status_id": status_id,
                "authority_id": int(g.siren),
                "offset": offset,
                "limit": limit,
                "transactions": [_summary(row) for row in rows],
            }
        )

    def _asked(db: sqlite3.Connection) -> Any:
        if unique := request.args.get("unique_id"):
            return db.execute(
                "SELECT * FROM message WHERE unique_id = ? AND siren = ? AND type = 1",
                [unique, g.siren],
            ).fetchone()
        return _mine(db, request.args.get("transaction", ""))

    return room


def _mine(db: sqlite3.Connection, number: str) -> Any:
    message = one(db, "message", number)
    return message if message is not None and message["siren"] == g.siren else None


def _files(db: sqlite3.Connection, number: int) -> list[sqlite3.Row]:
    return db.execute(
        "SELECT * FROM file WHERE message = ? ORDER BY id", [number]
    ).fetchall()


def _envelope(db: sqlite3.Connection, number: str) -> ResponseReturnValue:
    message = _mine(db, number)
    if message is None:
        return redirect("/", 302)
    rows = _files(db, message["id"])
    compact = day(message["submitted_at"]).replace("-", "")
    name = f"EACT--SPREF0211-{message['siren']}-{compact}-{message['id']}"
    wrapped = {f"{name}.xml": ministry.envelope(rows[0]["name"], message["siren"])}
    files = wrapped | {row["name"]: row["content"] for row in rows}
    return file(ministry.archive(files), f"{name}.tar.gz", "application/x-gzip")


def _related(db: sqlite3.Connection, number: int) -> list[str]:
    """A line a message about an act; an answered letter shows as its answer."""
    rows = db.execute(
        "SELECT letter.type AS type, coalesce(reply.status, letter.status) AS status,"
        " coalesce(reply.id, letter.id) AS id FROM message letter LEFT JOIN message reply"
        " ON reply.related = letter.id WHERE letter.related = ? ORDER BY letter.id",
        [number],
    )
    return [f"{row['type']}-{row['status']}-{row['id']}\n" for row in rows]


def receipt_lines(message: Any, published_on: str | None) -> list[str]:
    """What the stamp of an act says."""
    received = "non encore reçu"
    if flux := message["flux"]:
        found = flux.partition(b'DateReception="')[2][:10]
        received = found.decode("ascii", "replace") or received
    return [
        f"Envoyé en préfecture le {day(message['submitted_at'])}",
        f"Reçu en préfecture le {received}",
        *([f"Publié le {published_on}"] if published_on else []),
        f"ID : {message['unique_id']}",
    ]


def _summary(row: Any) -> dict[str, Any]:
    return {
        "id": row["id"],
        "subject": row["subject"],
        "number": row["number"],
        "date": row["decided_on"],
        "nature_descr": NATURES[row["nature"]],
        "classification": row["matter"],
        "type": str(row["type"]),
    }


def _json(value: Any) -> Response:
    return Response(json.dumps(value), mimetype="application/json")
