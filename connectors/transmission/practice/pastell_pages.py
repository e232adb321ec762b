"""Pastell's API v2, in front of the same counter: its documents, their fields and actions.

The account is `e-bourgogne`, its password `sandbox`; the entities are named by SIREN.
"""

import json
import secrets
import sqlite3
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from connectors.faults import refuse_of
from connectors.transmission.practice import nomenclature
from connectors.transmission.practice.counter import Rejected, cancel
from connectors.transmission.practice.held import Held
from connectors.transmission.practice.known import PASSWORD
from connectors.transmission.practice.latin import file
from connectors.transmission.practice.pastell_desk import (
    EDITABLE,
    FLUXES,
    LETTERS,
    RETURNS,
    TITLES,
    act_sent,
    answer_sent,
    content_of,
    document,
    pes_sent,
    standing,
)

USER = "e-bourgogne"
BASE = "/api/v2"
TDT = 7  # the number of each entity's connector


def pages(held: Held) -> Blueprint:  # noqa: PLR0915  one address after the other
    room = Blueprint("pastell", __name__, url_prefix=BASE)

    @room.before_request
    def enter() -> ResponseReturnValue | None:
        given = request.authorization
        if given and (given.username, given.password) == (USER, PASSWORD):
            return None
        return _error("Accès interdit", 401)

    @room.get("/version")
    def version() -> ResponseReturnValue:
        return _json({"version": "4.1.0", "version_complete": "Pastell (essai) 4.1.0"})

    @room.get("/entite/<entity>/")
    def entity(entity: str) -> ResponseReturnValue:
        return _json({"id_e": entity, "siren": entity})

    @room.get("/entite/<entity>/connecteur")
    def connectors(entity: str) -> ResponseReturnValue:
        return _json([{"id_ce": TDT, "id_e": entity, "type": "TdT", "libelle": "S2LOW"}])

    @room.get(f"/entite/<entity>/connecteur/{TDT}/file/classification_file")
    def classification(entity: str) -> ResponseReturnValue:
        return file(nomenclature.classification(), "classification.xml", "text/xml")

    @room.get("/entite/<entity>/document")
    def listed(entity: str) -> ResponseReturnValue:
        flux, state = request.args.get("type", ""), request.args.get("lastetat", "")
        limit, offset = (
            request.args.get("limit", 100, int),
            request.args.get("offset", 0, int),
        )
        with held.opened() as db:
            found = [
                {"id_d": name, "type": flux, "titre": title, "last_action": action,
                 "last_action_date": at}
                for name, title, action, at in _listed(db, entity, flux)
                if not state or action == state
            ]  # fmt: skip
        return _json(found[offset : offset + limit])

    @room.post("/entite/<entity>/document")
    def create(entity: str) -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return _error(reason)
        flux = request.form.get("type", "")
        if flux not in FLUXES:
            return _error(f"Le type {flux} n'existe pas")
        name = secrets.token_urlsafe(5).replace("_", "x").replace("-", "y")
        with held.opened() as db:
            db.execute(
                "INSERT INTO pastell VALUES (?, ?, ?, '{}', 'creation', NULL, ?)",
                [name, int(entity), flux, held.now()],
            )
            return _json({**_detail(db, entity, name), "id_d": name}, 201)

    @room.get("/entite/<entity>/document/<name>")
    def detail(entity: str, name: str) -> ResponseReturnValue:
        with held.opened() as db:
            return _json(_detail(db, entity, name))

    @room.patch("/entite/<entity>/document/<name>")
    def fill(entity: str, name: str) -> ResponseReturnValue:
        with held.opened() as db:
            return _json(_filled(db, entity, name, dict(request.form.items())))

    @room.patch("/entite/<entity>/document/<name>/externalData/<field>")
    def choose(entity: str, name: str, field: str) -> ResponseReturnValue:
        main, *others = request.form.getlist("type_pj[]") or [""]
        suffix = field.removeprefix("type_piece")
        chosen = {
            f"type_acte{suffix}": main,
            f"type_pj{suffix}": json.dumps(others),
            field: f"{len(others) + 1} fichier(s) typé(s)",
        }
        with held.opened() as db:
            return _json(_filled(db, entity, name, chosen))

    @room.post("/entite/<entity>/document/<name>/file/<field>/<int:rank>")
    def put(entity: str, name: str, field: str, rank: int) -> ResponseReturnValue:
        given = request.files.get("file_content")
        content = given.read() if given else request.form.get("file_content", "").encode()
        posted = request.form.get("file_name", "")
        with held.opened() as db:
            _editable(db, entity, name)
            db.execute(
                "INSERT OR REPLACE INTO pastell_file VALUES (?, ?, ?, ?, ?)",
                [name, field, rank, posted, content],
            )
            return _json({"result": "ok", "content": _detail(db, entity, name)}, 201)

    @room.get("/entite/<entity>/document/<name>/file/<field>/<int:rank>")
    def take(entity: str, name: str, field: str, rank: int) -> ResponseReturnValue:
        with held.opened() as db:
            row = document(db, entity, name)
            content = content_of(db, row, field, rank)
        if content is None:
            return _error("Ce fichier n'existe pas", 404)
        return file(content, field, "application/octet-stream")

    @room.post("/entite/<entity>/document/<name>/action/<action>")
    def act(entity: str, name: str, action: str) -> ResponseReturnValue:
        if reason := refuse_of(request.environ):
            return _error(reason)
        with held.opened() as db:
            row = document(db, entity, name)
            state = standing(db, row)[0]
            files = db.execute(
                "SELECT * FROM pastell_file WHERE document = ? ORDER BY field, rank", [name]
            ).fetchall()
        wanted = _ALLOWED.get(action, ())
        if state not in wanted or (action in _OF_LETTERS) != (row["flux"] == LETTERS):
            return _error(f"L'action « {action} »  n'est pas permise")
        try:
            message = _done(action, row, files)
        except Rejected as refusal:
            with held.opened() as db:
                if action == "send-tdt":
                    _moved(db, name, "send-tdt-erreur")
            return _error(
                f"Erreur lors de la transmission, S²low a répondu : KO\n{refusal}"
            )
        return _json({"result": True, "message": message}, 201)

    def _done(action: str, row: Any, files: list[sqlite3.Row]) -> str:
        match action:
            case "supression":
                with held.opened() as db:
                    db.execute("DELETE FROM pastell WHERE id = ?", [row["id"]])
                return "Le document a été supprimé"
            case "annulation-tdt":
                cancel(held, str(row["entity"]).zfill(9), str(row["message"]))
            case "tamponner-tdt":
                return "Le document a été tamponné"
            case "repondre":
                with held.opened() as db:
                    _filled(db, str(row["entity"]), row["id"], {"repondre": "1"})
            case "send-reponse-prefecture":
                number = answer_sent(held, row, files)
                with held.opened() as db:
                    _moved(db, row["id"], action, number)
            case _:
                send = act_sent if row["flux"] == "actes-generique" else pes_sent
                number = send(held, row, files)
                with held.opened() as db:
                    _moved(db, row["id"], action, number)
        return "Le document a été envoyé"

    @room.errorhandler(LookupError)
    def missing(error: LookupError) -> ResponseReturnValue:
        return _error(str(error.args[0]), 404)

    @room.errorhandler(Rejected)
    def rejected(error: Rejected) -> ResponseReturnValue:
        return _error(str(error))

    return room


_OF_LETTERS = {"repondre", "send-reponse-prefecture"}
_ALLOWED = {
    "supression": EDITABLE,
    "send-tdt": EDITABLE,
    "annulation-tdt": ("acquiter-tdt",),
    "tamponner-tdt": ("acquiter-tdt",),
    "repondre": ("attente-reponse-prefecture",),
    "send-reponse-prefecture": ("attente-reponse-prefecture", "modification"),
}


def _listed(db: sqlite3.Connection, entity: str, flux: str) -> list[tuple[str, ...]]:
    """(id, title, state, moment) of an entity's documents of a kind, the latest first."""
    if flux == LETTERS:
        for row in db.execute(
            "SELECT id FROM message WHERE siren = ? AND type IN (2, 3, 4, 5)"
            " AND answer IS NULL AND related IS NOT NULL",
            [entity],
        ).fetchall():
            document(db, entity, f"L{row['id']}")
    if flux == RETURNS:
        return [
            (f"R{row['id']}", row["name"], "creation", row["dated"])
            for row in db.execute(
                "SELECT * FROM pes_return WHERE siren = ? ORDER BY id DESC", [entity]
            )
        ]
    rows = db.execute(
        "SELECT * FROM pastell WHERE entity = ? AND flux = ? ORDER BY created_at DESC, id",
        [int(entity), flux],
    ).fetchall()
    return [
        (row["id"], json.loads(row["fields"]).get(TITLES[flux], ""), standing(db, row)[0],
         row["created_at"])
        for row in rows
    ]  # fmt: skip


def _detail(db: sqlite3.Connection, entity: str, name: str) -> dict[str, Any]:
    row = document(db, entity, name)
    action, said, more = standing(db, row)
    return {
        "info": {"id_d": name, "type": row["flux"], "creation": row["created_at"]},
        "data": {**json.loads(row["fields"]), **more},
        "action_possible": [it for it, states in _ALLOWED.items() if action in states],
        "last_action": {"action": action, "message": said, "date": row["created_at"]},
    }


def _editable(db: sqlite3.Connection, entity: str, name: str) -> Any:
    row = document(db, entity, name)
    state = standing(db, row)[0]
    if state not in (*EDITABLE, "attente-reponse-prefecture", "acquiter-tdt"):
        raise Rejected("L'action « modification »  n'est pas permise")
    return row


def _filled(
    db: sqlite3.Connection, entity: str, name: str, fields: dict[str, str]
) -> dict[str, Any]:
    row = _editable(db, entity, name)
    db.execute(
        "UPDATE pastell SET fields = ?, action = CASE action WHEN 'creation' THEN"
        " 'modification' ELSE action END WHERE id = ?",
        [json.dumps({**json.loads(row["fields"]), **fields}), name],
    )
    detail = _detail(db, entity, name)
    return {"result": "ok", "formulaire_ok": 1, "message": "", "content": detail, **detail}


def _moved(
    db: sqlite3.Connection, name: str, action: str, message: int | None = None
) -> None:
    db.execute(
        "UPDATE pastell SET action = ?, message = coalesce(?, message) WHERE id = ?",
        [action, message, name],
    )


def _json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, mimetype="application/json")


def _error(message: str, status: int = 400) -> Response:
    return _json({"status": "error", "error-message": message}, status)
