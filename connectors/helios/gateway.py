"""Hands PES over to the DGFiP and brings back what it answers, by files.

Each file sent takes the name that the DGFiP expects, once for a given key: the name is
written down before the file leaves.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import Refused, StoredFile
from connectors.helios import pes, reader
from connectors.helios.checks import Asked, Limits
from connectors.helios.exchange import Exchange
from connectors.memory import Memory

Plain = dict[str, Any]

_SENT = """CREATE TABLE IF NOT EXISTS sent (
    key TEXT PRIMARY KEY, name TEXT NOT NULL, sha256 TEXT NOT NULL, code TEXT NOT NULL,
    nomfic TEXT NOT NULL, message TEXT NOT NULL, series TEXT NOT NULL, number INTEGER NOT NULL,
    UNIQUE (code, nomfic), UNIQUE (series, number))"""
_PARIS = ZoneInfo("Europe/Paris")
_A_DAY = 999


@dataclass(frozen=True)
class Naming:
    """How files are called at the DGFiP: its application, who receives, which transport."""

    application: str = "GHELPES2"
    destination: str = "DGFIP"
    passtrans: bool = False

    def name(self, file: str, message: str, content: bytes) -> str:
        """The name under which a file leaves."""
        if not self.passtrans:
            return file
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()
        return f"{self.destination}%%{self.application}%%{message}%%{digest}"


@dataclass(frozen=True)
class Gateway:
    """The exchange with the DGFiP, and what was already sent."""

    exchange: Exchange
    memory: Memory
    naming: Naming
    clock: Callable[[], datetime]
    read: Callable[[str], bytes]
    store: reader.Store
    limits: Limits

    def send(self, document: Plain, key: str) -> Plain:
        """Names a PES, and puts it in the exchange; raises Refused for what is no PES."""
        content = self.read(document["sha256"])
        found = reader.examine(content, Asked(limits=self.limits))
        if blocking := [one["text"] for one in found["problems"] if one["blocking"]]:
            raise Refused(blocking[:20])
        row = self._named(found["header"], content, key)
        self.exchange.write(row["name"], content)
        return _value(row)

    def collect(self) -> list[Plain]:
        """What the DGFiP left, stored and recognised."""
        return [self._collected(name) for name in self.exchange.names()[:500]]

    def _named(self, header: Plain, content: bytes, key: str) -> Plain:
        digest = hashlib.sha256(content).hexdigest()
        day = self.clock().astimezone(_PARIS).strftime("%y%m%d")
        kind = header["type"] or "PESALR2"
        series = f"{kind}_{header['collectivity']}_{day}"
        message = "#".join([kind, header["code"], header["post"], header["budget"]])
        with self.memory.opened(_SENT) as db:
            if held := db.execute("SELECT * FROM sent WHERE key = ?", [key]).fetchone():
                if held["sha256"] != digest:
                    raise Refused(["Cette clé a déjà servi pour un autre PES."])
                return dict(held)
            same = "SELECT 1 FROM sent WHERE code = ? AND nomfic = ?"
            if db.execute(same, [header["code"], header["name"]]).fetchone():
                raise Refused(
                    [f"NomFic « {header['name']} » a déjà servi pour cette collectivité."]
                )
            last = "SELECT coalesce(max(number), 0) FROM sent WHERE series = ?"
            number = db.execute(last, [series]).fetchone()[0] + 1
            if number > _A_DAY:
                raise Refused([f"Plus de {_A_DAY} PES ce jour pour cette collectivité."])
            file = f"{series}_{number:03d}.xml"
            row = {
                "key": key, "name": self.naming.name(file, message, content),
                "sha256": digest, "code": header["code"], "nomfic": header["name"],
                "message": message, "series": series, "number": number,
            }  # fmt: skip
            db.execute(
                "INSERT INTO sent VALUES (:key, :name, :sha256, :code, :nomfic, :message,"
                " :series, :number)",
                row,
            )
        return row

    def _collected(self, name: str) -> Plain:
        content = self.exchange.read(name)
        try:
            root = reader.read(content)
            kind, concerned = pes.kind_of(root), pes.header(root)["name"]
        except Refused:
            kind, concerned = "", ""
        file: StoredFile = self.store(content, name, reader.XML)
        return {"id": name, "kind": kind, "name": concerned, "file": file}


def _value(row: Plain) -> Plain:
    return {"id": row["nomfic"], "name": row["name"], "message": row["message"]}
