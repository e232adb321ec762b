"""The accountant of the sandbox: receives PES, judges them for real, and answers late or wrong
when a name says so.

The beginning of NomFic commands: `KO` refuses the file, `PARTIEL` its last batch, `TARD`
answers three days later, `MUET` never does. A piece whose subject begins with `KO` has its
batch refused; a document whose name begins with `KO` is refused alone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lxml import etree

from connectors import Misconfigured, references
from connectors.helios.answers import (
    acquit,
    batches,
    document,
    element,
    returned,
    safe,
    subject,
    unique_ids,
    value,
)
from connectors.memory import Memory, memory
from connectors.sandboxes import Clock, Settings, moment
from connectors.signature.xml_examination import examine as examine_signatures

_RECEIVED = """CREATE TABLE IF NOT EXISTS received (
    name TEXT PRIMARY KEY, content BLOB NOT NULL, received_at TEXT NOT NULL,
    nomfic TEXT NOT NULL DEFAULT '', answered_at TEXT, returned_at TEXT)"""
_LEFT = (
    "CREATE TABLE IF NOT EXISTS left_file (name TEXT PRIMARY KEY, content BLOB NOT NULL)"
)
_KNOWN = "CREATE TABLE IF NOT EXISTS known (kind TEXT, value TEXT, UNIQUE (kind, value))"
TABLES = (_RECEIVED, _LEFT, _KNOWN)
LATE, RETURN_AFTER = timedelta(days=3), timedelta(days=1)
_ACK = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour/v2"
_RETURN = "http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour"


@dataclass(frozen=True)
class Accountant:
    memory: Memory
    clock: Clock
    schemas: Path | None
    delay: timedelta

    def receive(self, name: str, content: bytes) -> None:
        with self.memory.opened(*TABLES) as db:
            db.execute(
                "INSERT INTO received (name, content, received_at) VALUES (?, ?, ?)"
                " ON CONFLICT (name) DO NOTHING",
                [name, content, moment(self.clock())],
            )

    def received(self) -> list[dict[str, Any]]:
        """Every file received, the latest first."""
        with self.memory.opened(*TABLES) as db:
            rows = db.execute("SELECT * FROM received ORDER BY rowid DESC").fetchall()
        return [dict(row) for row in rows]

    def left(self) -> list[str]:
        with self.memory.opened(*TABLES) as db:
            rows = db.execute("SELECT name FROM left_file ORDER BY name").fetchall()
        return [row["name"] for row in rows]

    def file(self, name: str) -> bytes | None:
        with self.memory.opened(*TABLES) as db:
            row = db.execute(
                "SELECT content FROM left_file WHERE name = ?", [name]
            ).fetchone()
        return bytes(row["content"]) if row else None

    def forget(self, name: str) -> None:
        with self.memory.opened(*TABLES) as db:
            db.execute("DELETE FROM left_file WHERE name = ?", [name])

    def tick(self) -> None:
        """Answers what has waited long enough, then says what became of the pieces."""
        now = self.clock()
        for row in self.received():
            since = datetime.fromisoformat(row["received_at"])
            if row["answered_at"] is None:
                self._answer(row, now - since)
            elif row["returned_at"] is None and row["nomfic"]:
                answered = datetime.fromisoformat(row["answered_at"])
                if now - answered >= RETURN_AFTER:
                    self._return(row)

    def _answer(self, row: dict[str, Any], waited: timedelta) -> None:
        root, refusals = self._judged(row["content"])
        name = value(root, "Enveloppe/Parametres/NomFic")
        late = LATE if name.startswith("TARD") else timedelta()
        if name.startswith("MUET") or waited < self.delay + late:
            return
        elements = (
            [element("0", refused=refusals)] if refusals else self._elements(root, name)
        )
        text = document("PES_ACQUIT", _ACK, root, acquit(elements))
        stamp = self.clock().astimezone(UTC).strftime("%y%m%d%H%M%S")
        post = value(root, "EnTetePES/IdPost") or "000000"
        self._leave(row, f"{post}_{stamp}-ACK-{safe(name or row['name'])}.xml", text)
        with self.memory.opened(*TABLES) as db:
            known = [] if refusals else [("name", self._name_key(root))]
            known += [] if refusals else [("document", one) for one in unique_ids(root)]
            db.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", known)
            db.execute(
                "UPDATE received SET answered_at = ?, nomfic = ? WHERE name = ?",
                [moment(self.clock()), "" if refusals else name, row["name"]],
            )

    def _judged(self, content: bytes) -> tuple[etree._Element, list[tuple[str, str]]]:
        """The file, and why it cannot be taken at all."""
        empty = etree.Element("PES_Aller")
        if not re.match(rb"<\?xml[^>]*ISO-8859-1", content[:50], re.IGNORECASE):
            return empty, [("ERREUR_ENCODING", "Prologue sans ISO-8859-1")]
        try:
            parser = etree.XMLParser(
                resolve_entities=False, no_network=True, huge_tree=True
            )
            root = etree.fromstring(content, parser)
        except etree.XMLSyntaxError as error:
            return empty, [("ERREUR_SCHEMA_INCOMPLET", str(error)[:200])]
        refusals = []
        if value(root, "EnTetePES/CodCol") == "000":
            refusals.append(("ERREUR_CODE_COLLECTIVITE_BUDGET", "CodCol 000"))
        if self._knows("name", self._name_key(root)):
            refusals.append(("ERREUR_PES_PARAM", "NomFic déjà transmis pour ce CodCol"))
        if not batches(root) and root.find("PES_PJ/PJ") is None:
            refusals.append(("ERREUR_FLUX_VIDE", "Le flux est vide"))
        if objection := self._objection(root):
            refusals.append(("ERREUR_SCHEMA_INCOMPLET", objection))
        signatures = examine_signatures(content, now=self.clock())
        if signatures["signed"] and not signatures["valid"]:
            said = " ".join(signatures["refusals"])[:300]
            refusals.append(("ERREUR_SIGNATURE_INVALIDE", said))
        if value(root, "Enveloppe/Parametres/NomFic").startswith("KO"):
            refusals.append(("ERREUR_AUTRE", "Refus demandé par le nom du fichier"))
        return root, refusals

    def _objection(self, root: etree._Element) -> str:
        try:
            schema = references.schema(self.schemas, "PES_V2/Rev0/PES_Aller.xsd")
        except Misconfigured:
            return ""
        if schema is None or schema.validate(root):
            return ""
        log: Any = schema.error_log
        return str(log[0].message)[:300]

    def _elements(self, root: etree._Element, name: str) -> list[str]:
        listed, found = batches(root), []
        for position, (batch, domain) in enumerate(listed):
            last = position == len(listed) - 1
            wrong = [one for one in batch.findall("Piece") if subject(one).startswith("KO")]
            partial = last and name.startswith("PARTIEL")
            pieces = wrong or (batch.findall("Piece")[:1] if partial else [])
            found.append(element(domain, batch=batch, pieces=pieces))
        for joined in root.iterfind("PES_PJ/PJ"):
            identifier = value(joined, "IdUnique")
            refused = []
            if self._knows("document", identifier):
                said = "1984 - L'identifiant unique de la PJ a déjà été intégré dans HELIOS"
                refused = [("ERREUR_DOUBLON_PJ", said)]
            elif value(joined, "NomPJ").startswith("KO"):
                refused = [("ERREUR_PJ", "La pièce est illisible")]
            found.append(element("4", joined=identifier, refused=refused))
        return found

    def _return(self, row: dict[str, Any]) -> None:
        root, _ = self._judged(row["content"])
        pieces = "".join(
            returned(batch) for batch, domain in batches(root) if domain == "5"
        )
        if pieces:
            body = (
                '<PES_DepenseRetour><EnTeteDepense><TypRestit V="01"/><IdVer V="2"/>'
                f'<NatInf V="2"/></EnTeteDepense>{pieces}</PES_DepenseRetour>'
            )
            text = document("PES_Retour", _RETURN, root, body)
            self._leave(row, f"RETOUR-{safe(row['nomfic'])}.xml", text)
        with self.memory.opened(*TABLES) as db:
            db.execute(
                "UPDATE received SET returned_at = ? WHERE name = ?",
                [moment(self.clock()), row["name"]],
            )

    def _leave(self, row: dict[str, Any], name: str, text: str) -> None:
        content = text.encode("iso-8859-1", "xmlcharrefreplace")
        with self.memory.opened(*TABLES) as db:
            db.execute("INSERT OR REPLACE INTO left_file VALUES (?, ?)", [name, content])

    def _knows(self, kind: str, known: str) -> bool:
        with self.memory.opened(*TABLES) as db:
            found = db.execute(
                "SELECT 1 FROM known WHERE kind = ? AND value = ?", [kind, known]
            ).fetchone()
        return found is not None

    def _name_key(self, root: etree._Element) -> str:
        code = value(root, "EnTetePES/CodCol")
        return f"{code} {value(root, 'Enveloppe/Parametres/NomFic')}"


def accountant(data: Path, settings: Settings, clock: Clock) -> Accountant:
    """The accountant of this sandbox; `HELIOS_ANSWER_SECONDS` is how long it takes (0)."""
    seconds = float(settings.get("HELIOS_ANSWER_SECONDS") or 0)
    schemas = references.folder(settings, data)
    return Accountant(memory(data, "helios"), clock, schemas, timedelta(seconds=seconds))
