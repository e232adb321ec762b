"""What the connector answers: plain values of signatures made and found."""

import base64
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors import Produced, Refused, StoredFile
from connectors.memory import Memory
from connectors.signature import formats
from connectors.signature.formats import INDETERMINATE

Plain = dict[str, Any]
LEVELS = ["B-B", "B-T", "B-LT", "B-LTA"]
FILE = ("sha256", "name", "media_type", "size")
# No call is tried again after that.
REMEMBERED = timedelta(days=90)
TABLE = "CREATE TABLE IF NOT EXISTS answer (key TEXT PRIMARY KEY, at TEXT, value TEXT)"


def decoded(value: str | None) -> bytes:
    """The bytes of a value in base64. Raises Refused."""
    try:
        return base64.b64decode(value or "", validate=True)
    except ValueError as error:
        raise Refused(["La signature reçue n’est pas en base64."], code="value") from error


def named(document: Plain) -> tuple[str, str]:
    """How the file made is called: a detached signature is another file."""
    if document["format"] == "cades":
        return f"{document['name']}.p7s", "application/pkcs7-signature"
    if document["format"] == "xades":
        return f"{document['name']}.xml", "application/xml"
    return document["name"], document["media_type"]


def summed(found: Plain, now: datetime) -> Plain:
    """What `examine` answers of what a format found."""
    signatures, refusals = found["signatures"], found["refusals"]
    indications = [one["indication"] for one in signatures]
    worst = next(
        (one for one in (formats.FAILED, INDETERMINATE) if one in indications),
        formats.PASSED,
    )
    levels = [one["level"] for one in signatures if one["level"]]
    return {
        "signed": bool(signatures),
        "valid": bool(signatures) and not refusals and worst == formats.PASSED,
        "level": min(levels, key=LEVELS.index) if levels else "",
        "indication": "" if not signatures else formats.FAILED if refusals else worst,
        **found,
        "checked_at": now.isoformat(),
    }


def closing(found: Plain, *, whole: bool) -> list[Plain]:
    """The facts of the timestamp that closes a file, which say what level it gives it.

    `whole`: those before it as well, which nobody told.
    """
    *before, last = found["signatures"]
    return [*(before if whole else []), {**last, "level": found["level"]}]


def produced(made: list[Plain], kind: str, title: str, **told: Any) -> Produced:
    """Files made, as a diagram receives them and as documents of its case."""
    files = [{**one, "file": {it: getattr(one["file"], it) for it in FILE}} for one in made]
    return Produced(
        {"files": files, **told},
        [(kind, f"{title} : {one['file'].name}", one["file"]) for one in made],
    )


def once(file: Path, key: str, now: datetime, act: Callable[[], Produced]) -> Produced:
    """What was answered to this key, else what `act` answers, remembered in a file."""
    memory = Memory(file)
    with memory.opened(TABLE) as db:
        db.execute("DELETE FROM answer WHERE at < ?", [(now - REMEMBERED).isoformat()])
        row = db.execute("SELECT value FROM answer WHERE key = ?", [key]).fetchone()
    if row:
        value, documents = json.loads(row["value"])
        return Produced(value, [(a, b, StoredFile(**file)) for a, b, file in documents])
    answer = act()
    documents = [
        (a, b, {it: getattr(file, it) for it in FILE}) for a, b, file in answer.documents
    ]
    with memory.opened(TABLE) as db:
        db.execute(
            "INSERT OR IGNORE INTO answer VALUES (?, ?, ?)",
            [key, now.isoformat(), json.dumps([answer.value, documents])],
        )
    return answer
