"""S²LOW's addresses for PES and what comes back of them."""

import json
import sqlite3
from typing import Any

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue
from lxml import etree

from connectors.faults import refuse_of
from connectors.transmission.practice.counter import Rejected
from connectors.transmission.practice.held import Held, one
from connectors.transmission.practice.latin import file, xml
from connectors.transmission.practice.pes_counter import take

ROOT = "/modules/helios"


def pages(held: Held) -> Blueprint:
    room = Blueprint("pes", __name__, url_prefix=ROOT)

    @room.post("/api/helios_importer_fichier.php")
    def receive() -> ResponseReturnValue:
        posted = request.files.get("enveloppe")
        if reason := refuse_of(request.environ):
            return _said("import", id="", resultat="KO", message=reason)
        try:
            if posted is None:
                raise Rejected("Échec lors du téléchargement du fichier")
            number = take(held, g.siren, posted.filename or "", posted.read())
        except Rejected as refusal:
            return _said("import", id="", resultat="KO", message=str(refusal))
        said = "Téléchargement du fichier réussi."
        return _said("import", id=str(number), resultat="OK", message=said)

    @room.get("/api/helios_transac_get_status.php")
    def status() -> ResponseReturnValue:
        number = request.args.get("transaction", "")
        with held.opened() as db:
            row = _mine(db, "pes", number)
        if row is None:
            said = "Numéro de transaction invalide"
            return _said("transaction", id=number, resultat="KO", message=said, status="")
        return _said(
            "transaction",
            id=number,
            resultat="OK",
            message=row["said"],
            status=str(row["status"]),
        )

    @room.get("/api/list_pes_aller.php")
    def listed() -> ResponseReturnValue:
        asked = request.args
        with held.opened() as db:
            rows = db.execute(
                "SELECT id FROM pes WHERE siren = ? AND status = ? AND submitted_at >= ?"
                " ORDER BY id DESC LIMIT ? OFFSET ?",
                [g.siren, asked.get("status_id", 0, int), asked.get("min_date", ""),
                 asked.get("limit", 100, int), asked.get("offset", 0, int)],
            ).fetchall()  # fmt: skip
        value = {"transactions": [{"id": row["id"]} for row in rows]}
        return Response(json.dumps(value), mimetype="application/json")

    @room.get("/helios_download_file.php")
    def sent() -> ResponseReturnValue:
        with held.opened() as db:
            row = _mine(db, "pes", request.args.get("id", ""))
        if row is None:
            return redirect("/", 302)
        return file(row["content"], row["filename"], "text/xml")

    @room.get("/helios_download_acquit.php")
    def acquit() -> ResponseReturnValue:
        with held.opened() as db:
            row = _mine(db, "pes", request.args.get("id", ""))
        if row is None or row["acquit"] is None:
            return redirect("/modules/helios/index.php", 302)
        return file(row["acquit"], f"acquit-{row['id']}.xml", "text/xml")

    @room.get("/api/helios_get_list.php")
    def returns() -> ResponseReturnValue:
        with held.opened() as db:
            rows = db.execute(
                "SELECT * FROM pes_return WHERE siren = ? AND NOT is_read ORDER BY id",
                [g.siren],
            ).fetchall()
        root = _element("liste", idColl=g.siren, dateDemande=held.now(), resultat="OK",
                        message="")  # fmt: skip
        for row in rows:
            root.append(
                _element(
                    "pes_retour", id=str(row["id"]), nom=row["name"], date=row["dated"]
                )
            )
        return xml(etree.tostring(root, xml_declaration=True, encoding="utf-8"))

    @room.get("/api/helios_get_retour.php")
    def returned() -> ResponseReturnValue:
        with held.opened() as db:
            row = _mine(db, "pes_return", request.args.get("id", ""))
        if row is None:
            return redirect("/", 302)
        return file(row["content"], row["name"], "text/xml")

    @room.get("/api/helios_change_status.php")
    def read() -> ResponseReturnValue:
        number = request.args.get("id", "")
        with held.opened() as db:
            row = _mine(db, "pes_return", number)
            if row is not None:
                db.execute("UPDATE pes_return SET is_read = 1 WHERE id = ?", [row["id"]])
        if row is None:
            said = "Changement de status est echoué."
            return _said("transaction", idRetour=number, resultat="KO", message=said)
        return _said("transaction", idRetour=number, resultat="OK", message="reussi")

    return room


def _mine(db: sqlite3.Connection, table: str, number: str) -> Any:
    row = one(db, table, number)
    return row if row is not None and row["siren"] == g.siren else None


def _said(name: str, **parts: str) -> Response:
    return xml(
        etree.tostring(_element(name, **parts), xml_declaration=True, encoding="utf-8")
    )


def _element(name: str, **parts: str) -> Any:
    element = etree.Element(name)
    for part, value in parts.items():
        etree.SubElement(element, part).text = value
    return element
