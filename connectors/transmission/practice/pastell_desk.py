"""What Pastell does of its documents: sends them to S²LOW's counter, and tells how they stand."""

import json
import sqlite3
from io import BytesIO
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from connectors.transmission.practice import counter, ministry
from connectors.transmission.practice.acts_pages import receipt_lines
from connectors.transmission.practice.counter import Rejected
from connectors.transmission.practice.held import Held, day, one
from connectors.transmission.practice.paper import sheet, stamped
from connectors.transmission.practice.pes_counter import take

ACTS, PES, LETTERS = "actes-generique", "helios-generique", "actes-reponse-prefecture"
RETURNS = "helios-pes-retour"
FLUXES = {ACTS, PES}
TITLES = {ACTS: "objet", PES: "Objet", LETTERS: "numero_de_lacte"}
EDITABLE = ("creation", "modification", "send-tdt-erreur")
NAMES = {2: "courrier_simple", 3: "demande_piece_complementaire", 4: "lettre_observation"}
Standing = tuple[str, str, dict[str, str]]


def document(db: sqlite3.Connection, entity: str, name: str) -> Any:
    """A document of an entity. Raises LookupError.

    Letters (`L12`) and returns (`R3`) are documents from their arrival.
    """
    if name[1:].isdigit() and entity.isdigit():
        _arrive(db, entity, name)
    row = db.execute(
        "SELECT * FROM pastell WHERE id = ? AND entity = ?",
        [name, int(entity) if entity.isdigit() else -1],
    ).fetchone()
    if row is None:
        raise LookupError(f"Le document {name} n'appartient pas à l'entité {entity}")
    return row


def act_sent(held: Held, row: Any, files: list[sqlite3.Row]) -> int:
    """An act goes to the counter; its number there. Raises Rejected."""
    fields = json.loads(row["fields"])
    form = MultiDict(
        {
            "nature_code": fields.get("acte_nature", ""),
            "number": fields.get("numero_de_lacte", ""),
            "decision_date": fields.get("date_de_lacte", ""),
            "subject": fields.get("objet", ""),
            "document_papier": fields.get("document_papier") or "0",
            "type_acte": fields.get("type_acte", ""),
        }
    )
    for rank, code in enumerate(fields.get("classification", "").split("."), 1):
        form[f"classif{rank}"] = code
    form.setlist("type_pj[]", json.loads(fields.get("type_pj") or "[]"))
    return counter.create(held, _siren(row), form, _posted(files, "arrete"))


def answer_sent(held: Held, row: Any, files: list[sqlite3.Row]) -> int:
    """An answer to a letter goes to the counter. Raises Rejected."""
    fields = json.loads(row["fields"])
    kind = int(fields["type_reponse"])
    name = NAMES[kind]
    form = MultiDict(
        {
            "id": fields["transaction_id"],
            "type_envoie": "3" if fields.get("refus_reponse") else "4",
            "type_acte": fields.get(f"type_acte_{name}", ""),
        }
    )
    form.setlist("type_pj[]", json.loads(fields.get(f"type_pj_{name}") or "[]"))
    return counter.answer(held, _siren(row), form, _posted(files, "reponse"))


def pes_sent(held: Held, row: Any, files: list[sqlite3.Row]) -> int:
    """A PES goes to the counter. Raises Rejected."""
    sent = next((it for it in files if it["field"] == "fichier_pes"), None)
    if sent is None:
        raise Rejected(
            "Le formulaire est incomplet : le champ «Fichier PES» est obligatoire."
        )
    return take(held, _siren(row), sent["name"], sent["content"])


def standing(db: sqlite3.Connection, row: Any) -> Standing:
    """(last action, what is said of it, the fields that came with it)."""
    action = row["action"]
    if row["message"] is None or action in EDITABLE:
        return action, "", {}
    if row["flux"] == PES:
        return _pes(one(db, "pes", row["message"]))
    message: Any = one(db, "message", row["message"])
    if row["flux"] == LETTERS:
        return ("verif-reponse-tdt" if message["status"] == 11 else action), "", {}  # noqa: PLR2004
    return _act(db, message)


def content_of(db: sqlite3.Connection, row: Any, field: str, rank: int) -> bytes | None:
    """A file of a document: one that was put there, or one that came back."""
    put = db.execute(
        "SELECT content FROM pastell_file WHERE document = ? AND field = ? AND rank = ?",
        [row["id"], field, rank],
    ).fetchone()
    if put is not None:
        return bytes(put["content"])
    if row["flux"] == LETTERS:
        number = row["id"].removeprefix("L")
        return _letter(db, number) if field == "reponse_prefecture" else None
    if row["flux"] == RETURNS:
        returned: Any = one(db, "pes_return", row["id"].removeprefix("R"))
        return returned["content"] if field == "fichier_pes" else None
    if row["message"] is None:
        return None
    if row["flux"] == PES:
        pes: Any = one(db, "pes", row["message"])
        return pes["acquit"] if field == "fichier_reponse" else None
    return _of_act(db, row, field)


def _arrive(db: sqlite3.Connection, entity: str, name: str) -> None:
    """What came from the State for an entity becomes a document of its own."""
    if name.startswith("R"):
        came: Any = one(db, "pes_return", name[1:])
        facts = (RETURNS, {"objet": came["name"]}, "creation") if came else None
    else:
        came = one(db, "message", name[1:]) if name.startswith("L") else None
        facts = (LETTERS, _of_letter(came), _arrived(came)) if came else None
    if came is None or facts is None or came["siren"] != entity:
        return
    flux, fields, action = facts
    db.execute(
        "INSERT OR IGNORE INTO pastell VALUES (?, ?, ?, ?, ?, NULL, ?)",
        [name, int(entity), flux, json.dumps(fields), action, came["dated"]],
    )


def _of_letter(letter: Any) -> dict[str, str]:
    return {
        "acte_nature": str(letter["nature"]),
        "numero_de_lacte": letter["number"],
        "type_reponse": str(letter["type"]),
        "related_transaction_id": str(letter["related"]),
        "transaction_id": str(letter["id"]),
        "date": letter["submitted_at"][:10],
    }


def _arrived(letter: Any) -> str:
    return "termine" if letter["type"] == 5 else "attente-reponse-prefecture"  # noqa: PLR2004


def _of_act(db: sqlite3.Connection, row: Any, field: str) -> bytes | None:
    message: Any = one(db, "message", row["message"])
    if field == "aractes":
        return message["flux"]  # type: ignore[no-any-return]
    if field == "aractes_annulation":
        cancelled = _cancellation(db, message["id"])
        return cancelled["flux"] if cancelled else None
    if field not in {"acte_tamponne", "bordereau"} or message["flux"] is None:
        return None
    if field == "bordereau":
        return sheet("Bordereau d'acquittement", receipt_lines(message, None))
    act = db.execute(
        "SELECT content FROM file WHERE message = ? AND code <> '' ORDER BY id",
        [message["id"]],
    ).fetchone()
    published = json.loads(row["fields"]).get("acte_publication_date")
    return stamped(act["content"], receipt_lines(message, published))


def _act(db: sqlite3.Connection, message: Any) -> Standing:
    if message["status"] == -1:
        said = message["said"] or "Anomalie relevée par la préfecture"
        return "tdt-error", said, {}
    if message["flux"] is None:
        return "send-tdt", "", {}
    more = {"acte_unique_id": message["unique_id"]}
    if message["status"] == 0:
        return "annuler-tdt", "", more
    return (
        ("annulation-tdt" if _cancellation(db, message["id"]) else "acquiter-tdt"),
        "",
        more,
    )


def _cancellation(db: sqlite3.Connection, number: int) -> Any:
    return db.execute(
        "SELECT * FROM message WHERE related = ? AND type = 6", [number]
    ).fetchone()


def _pes(pes: Any) -> Standing:
    states = {1: "send-tdt", 3: "verif-tdt", 8: "info-tdt", -1: "tdt-error"}
    return states[pes["status"]], pes["said"], {}


def _letter(db: sqlite3.Connection, number: str) -> bytes:
    letter: Any = one(db, "message", number)
    rows = db.execute(
        "SELECT name, content FROM file WHERE message = ? ORDER BY id", [letter["id"]]
    ).fetchall()
    compact = day(letter["submitted_at"]).replace("-", "")
    name = f"EACT--SPREF0211-{letter['siren']}-{compact}-{letter['id']}.xml"
    wrapped = {name: ministry.envelope(rows[0]["name"], letter["siren"])}
    return ministry.archive(wrapped | {row["name"]: row["content"] for row in rows})


def _posted(files: list[sqlite3.Row], main: str) -> MultiDict[str, FileStorage]:
    """The files of a document as a form of S²LOW's carries them."""
    posted: MultiDict[str, FileStorage] = MultiDict()
    for row in files:
        field = "acte_pdf_file" if row["field"] == main else "acte_attachments[]"
        kind = "application/pdf" if row["content"][:4] == b"%PDF" else "text/xml"
        posted.add(
            field, FileStorage(BytesIO(row["content"]), row["name"], content_type=kind)
        )
    return posted


def _siren(row: Any) -> str:
    return str(row["entity"]).zfill(9)
