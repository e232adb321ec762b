"""The sandbox's prefecture: what it does of the acts it receives, as time passes.

The number of an act says what happens: `KO…` is refused, `LENT…` acknowledged after three
days, `CS…`, `PC…`, `LO…` and `TA…` are acknowledged, then written about (simple letter,
documents asked for, observations, referral). `PC59_…` waits fifty-nine days before it does.
"""

import re
import sqlite3
from datetime import timedelta
from typing import Any

from connectors.transmission.practice import ministry
from connectors.transmission.practice.held import Held, day, later, one, plan
from connectors.transmission.practice.nomenclature import VERSION
from connectors.transmission.practice.paper import sheet

LETTERS = {"CS": 2, "PC": 3, "LO": 4, "TA": 5}
TEXTS = {
    2: "La préfecture souhaite des précisions sur cet acte.",
    3: "Transmettre le plan de situation et l’avis de la commission.",
    4: "La délibération ne vise pas le texte qui fonde la compétence.",
    5: "Incompétence de l’auteur de l’acte.",
}
TITLES = {
    2: "Courrier",
    3: "Demande de pièces complémentaires",
    4: "Lettre d’observations",
    5: "Déféré au tribunal administratif",
}
STALE = (
    "ODT-VERIF-01 : Votre acte a été transmis avec une date de classification qui n'est "
    "pas à jour"
)
UNKNOWN = "PREF-VERIF-02 : Votre numéro de SIREN n'est pas encore enregistré."
_SCRIPT = re.compile(r"(KOSIREN|KO|LENT|CS|PC|LO|TA)(?:(\d{1,3})_)?")
SLOW = timedelta(days=3)


def post(held: Held, db: sqlite3.Connection, number: int) -> None:
    """An act leaves for the prefecture, which will answer."""
    act: Any = one(db, "message", number)
    at, script = held.now(), _script(act["number"])
    plan(db, later(at, held.delay / 2), "transmit", number)
    if script.startswith("KO"):
        plan(db, later(at, held.delay), f"refuse:{script}", number)
    else:
        delay = SLOW if script == "LENT" else held.delay
        plan(db, later(at, delay), "acknowledge", number)


def pass_time(held: Held, more: dict[str, Any]) -> None:
    """Do everything that should have happened by now, in its order and at its date.

    `more` are the events of the accountant.
    """
    happens = {**_EVENTS, **more}
    with held.opened() as db:
        now = held.now()
        while event := db.execute(
            "SELECT * FROM event WHERE at <= ? ORDER BY at, id LIMIT 1", [now]
        ).fetchone():
            db.execute("DELETE FROM event WHERE id = ?", [event["id"]])
            kind, _, detail = event["kind"].partition(":")
            happens[kind](held, db, event["subject"], event["at"], detail)


def write(db: sqlite3.Connection, act: Any, kind: int, at: str, text: str = "") -> int:
    """The prefecture writes about an act; the number of its letter."""
    dated = day(at)
    stem = f"{act['unique_id']}-{kind}-1"
    said = text or TEXTS[kind]
    received = {3: 8, 4: 8}.get(kind, 21)  # S²LOW acknowledges by itself where it must
    number = db.execute(
        "INSERT INTO message (siren, type, nature, number, decided_on, subject, matter,"
        " paper, unique_id, status, related, dated, submitted_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) RETURNING id",
        [
            act["siren"], kind, act["nature"], act["number"], act["decided_on"],
            act["subject"], act["matter"], act["unique_id"], received, act["id"], dated, at,
        ],
    ).fetchone()[0]  # fmt: skip
    message = ministry.letter(kind, act["unique_id"], dated, said, f"{stem}_1.pdf")
    paper = sheet(f"{TITLES[kind]} — {act['unique_id']}", [f"Le {dated}", said])
    keep(db, number, f"{stem}_0.xml", "", "text/xml", message)
    keep(db, number, f"{stem}_1.pdf", "courrier.pdf", "application/pdf", paper)
    return int(number)


def keep(
    db: sqlite3.Connection,
    message: int,
    name: str,
    posted: str,
    media_type: str,
    content: bytes,
    *,
    signature: bytes | None = None,
    code: str = "",
) -> None:
    """A file of a message."""
    db.execute(
        "INSERT INTO file (message, name, posted, media_type, content, signature, code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [message, name, posted, media_type, content, signature, code],
    )


def settle(db: sqlite3.Connection, number: int, status: int, **facts: Any) -> None:
    """A message has a new status."""
    db.execute(
        "UPDATE message SET status = ?, flux = ?, said = ? WHERE id = ?",
        [status, facts.get("flux"), facts.get("said", ""), number],
    )


def _transmit(
    held: Held, db: sqlite3.Connection, number: int, at: str, detail: str
) -> None:
    db.execute("UPDATE message SET status = 3 WHERE id = ? AND status < 3", [number])


def acknowledge(
    held: Held, db: sqlite3.Connection, number: int, at: str, detail: str = ""
) -> None:
    """The prefecture acknowledges an act."""
    act: Any = one(db, "message", number)
    if act["status"] not in (1, 2, 3):
        return
    flux = ministry.acknowledgement(dict(act), _files(db, number), day(at), VERSION)
    settle(db, number, 4, flux=flux)
    script = _SCRIPT.match(act["number"])
    if script and script[1] in LETTERS:
        wait = timedelta(days=int(script[2])) if script[2] else held.letter_delay
        plan(db, later(at, wait), f"write:{LETTERS[script[1]]}", number)


def refuse(
    held: Held, db: sqlite3.Connection, number: int, at: str, detail: str = "KO"
) -> None:
    """The prefecture, or the ministry before it, refuses an act."""
    act: Any = one(db, "message", number)
    if act["status"] not in (1, 2, 3):
        return
    if detail == "KOSIREN":
        settle(db, number, -1, said=UNKNOWN)
        return
    flux = ministry.anomaly(dict(act), _files(db, number), day(at), VERSION, STALE)
    settle(db, number, -1, flux=flux)


def _write(held: Held, db: sqlite3.Connection, number: int, at: str, detail: str) -> None:
    act = one(db, "message", number)
    if act is not None and act["status"] == 4:  # noqa: PLR2004  not if cancelled meanwhile
        write(db, act, int(detail), at)


def _cancel(held: Held, db: sqlite3.Connection, number: int, at: str, detail: str) -> None:
    """The prefecture has received a cancellation."""
    message: Any = one(db, "message", number)
    flux = ministry.cancelled(message["unique_id"], day(at))
    settle(db, number, 4, flux=flux)
    db.execute("UPDATE message SET status = 0 WHERE id = ?", [message["related"]])


def _answered(
    held: Held, db: sqlite3.Connection, number: int, at: str, detail: str
) -> None:
    """The prefecture has received an answer to one of its letters."""
    message: Any = one(db, "message", number)
    kind = message["type"]
    if kind not in (3, 4):
        settle(db, number, 3)
        return
    unique_id, dated = message["unique_id"], message["dated"]
    flux = ministry.answer_received(kind, unique_id, dated, day(at))
    settle(db, number, 11, flux=flux)


def _script(number: str) -> str:
    found = _SCRIPT.match(number)
    return found[1] if found else ""


def _files(db: sqlite3.Connection, number: int) -> list[str]:
    """The names of an act's files, without its message."""
    rows = db.execute("SELECT name FROM file WHERE message = ? ORDER BY id", [number])
    return [row["name"] for row in rows][1:]


_EVENTS: dict[str, Any] = {
    "transmit": _transmit,
    "acknowledge": acknowledge,
    "refuse": refuse,
    "write": _write,
    "cancel": _cancel,
    "answered": _answered,
}
