"""A ministry for practice: it reads envelopes for real, and answers in its own time.

An act's number says what will happen to it: `KOSIREN…` the body is unknown, `KOCLASS…` the
classification is not the current one, `KO…` another anomaly, `LENT…` ten days of silence;
`PC_…`, `LO_…`, `TA_…`, `CS_…` a request for documents, observations, a referral, a plain
letter after the acknowledgement, at once or after so many days (`PC59_1`).
"""

import io
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from connectors.actes.ministry_letters import CLASSIFIED_ON, letter, made
from connectors.memory import Memory

TABLES = (
    "CREATE TABLE IF NOT EXISTS arrival (name TEXT PRIMARY KEY, at TEXT, problem TEXT)",
    """CREATE TABLE IF NOT EXISTS act (act_id TEXT PRIMARY KEY, siren TEXT, department TEXT,
    district TEXT, subject TEXT, received_on TEXT, cancelled INTEGER DEFAULT 0)""",
    """CREATE TABLE IF NOT EXISTS answer (id INTEGER PRIMARY KEY, due_at TEXT, envelope TEXT,
    archive BLOB, sent INTEGER DEFAULT 0)""",
)
KINDS = {
    "CS": ("2-1", "Courrier simple", "Je souhaite attirer votre attention sur cet acte."),
    "PC": ("3-1", "Demande de pièces complémentaires",
           "Le rapport de présentation et le plan de financement."),
    "LO": ("4-1", "Lettre d'observations",
           "La convention n'est pas jointe à la délibération qui l'approuve."),
    "TA": ("5-1", "Déféré au tribunal administratif", "Incompétence de l'auteur de l'acte."),
}  # fmt: skip
_SCRIPT = re.compile(r"(CS|PC|LO|TA)(\d{1,3})?_")
_SLOW = timedelta(days=10)
_PARIS = ZoneInfo("Europe/Paris")
_LARGEST = 200 * 1024 * 1024

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Ministry:
    """What it remembers, its clock, how long it takes, and the official schema if it is here."""

    memory: Memory
    clock: Callable[[], datetime]
    patience: timedelta
    schema: Any = None

    def receive(self, name: str, content: bytes) -> None:
        """Read an archive, once a name, and prepare what will be answered."""
        with self.memory.opened(*TABLES) as db:
            known = db.execute("SELECT 1 FROM arrival WHERE name = ?", [name]).fetchone()
        if known:
            return
        try:
            problem = self._read(name, _untarred(content))
        except (tarfile.TarError, OSError, EOFError, ValueError, KeyError, AttributeError,
                etree.XMLSyntaxError) as error:  # fmt: skip
            problem = f"illisible : {error}"
        with self.memory.opened(*TABLES) as db:
            row = [name, self.clock().isoformat(), problem]
            db.execute("INSERT OR IGNORE INTO arrival VALUES (?, ?, ?)", row)

    def _read(self, name: str, files: Files) -> str:
        envelope_name = next(one for one in files if "ACT--" in one)
        envelope = _parsed(files[envelope_name])
        sender = _Sender.of(envelope)
        forms = [e.text or "" for e in envelope.iter("{*}NomFichier")]
        for form in forms:
            root = _parsed(files[form]) if form in files else None
            if refusal := self._refusal(name, envelope, root, form, files):
                nature, detail = refusal
                self._refuse(envelope_name, envelope, nature, f"{name} -> {detail}")
                return detail
            assert root is not None
            self._answer(sender, root, form)
        return ""

    def _refusal(
        self, name: str, envelope: Any, root: Any, form: str, files: Files
    ) -> tuple[str, str] | None:
        if root is None:
            return "3", f"le formulaire {form} est absent de l'archive"
        for one in (envelope, root):
            if self.schema is not None and not self.schema.validate(one):
                return (
                    "1",
                    f"structure XML non conforme : {self.schema.error_log.last_error}",
                )
        missing = [e.text for e in root.iter("{*}NomFichier") if e.text not in files]
        if missing:
            return "4", f"fichier absent de l'archive : {missing[0]}"
        if _attribute(root, "NumeroInterne").startswith("KOSIREN"):
            return "5", (
                "PREF-VERIF-02 : Votre numéro de SIREN n'est pas encore enregistré dans "
                "l'application ACTES. Veuillez réessayez ultérieurement."
            )
        if _local(root) == "Annulation" and not self._knows(_attribute(root, "IDActe")):
            return "999", "ODT-VERIF-17 : la transaction n'existe pas"
        return None

    def _answer(self, sender: "_Sender", root: Any, form: str) -> None:
        act_id = _attribute(root, "IDActe")
        match _local(root):
            case "Acte":
                self._judge(sender, root, form)
            case "Annulation":
                with self.memory.opened(*TABLES) as db:
                    db.execute("UPDATE act SET cancelled = 1 WHERE act_id = ?", [act_id])
                self._say(sender, "6-2", act_id, {})
            case "DemandeClassification":
                held = [e.text for e in root.iter("{*}DateClassification")]
                self._say(sender, "7-3" if held == [CLASSIFIED_ON] else "7-2", "", {})
            case "RefusPieceComplementaire" | "PieceComplementaire":
                self._say(sender, "3-5", act_id, _letter_on(root))
            case "RejetLettreObservations" | "ReponseLettreObservations":
                self._say(sender, "4-5", act_id, _letter_on(root))

    def _judge(self, sender: "_Sender", root: Any, form: str) -> None:
        number, day = _attribute(root, "NumeroInterne"), _attribute(root, "Date")
        act_id = form.rpartition("-1-1_")[0]
        classified = root.findtext("{*}ClassificationDateVersion")
        anomaly = None
        if classified != CLASSIFIED_ON or number.startswith("KOCLASS"):
            anomaly = (
                "002",
                (
                    "ODT-VERIF-01 : Votre acte a été transmis avec une date de classification "
                    "qui n'est pas à jour"
                ),
            )
        elif day > self._today().isoformat():
            anomaly = "003", "La date de l'acte est postérieure à celle de sa transmission"
        elif number.startswith("KO"):
            anomaly = "100", "Le document de l'acte n'est pas exploitable"
        elif self._knows(act_id):
            anomaly = "100", "Un acte a déjà été transmis sous cet identifiant"
        if anomaly:
            said = {"nature": anomaly[0], "detail": anomaly[1]}
            self._say(sender, "1-3", "", said, echoed=root)
            return
        wait = _SLOW if number.startswith("LENT") else timedelta()
        with self.memory.opened(*TABLES) as db:
            db.execute(
                "INSERT INTO act VALUES (?, ?, ?, ?, ?, ?, 0)",
                [act_id, sender.siren, sender.department, sender.district,
                 root.findtext("{*}Objet"), self._today().isoformat()],
            )  # fmt: skip
        self._say(sender, "1-2", act_id, {}, echoed=root, after=wait)
        if script := _SCRIPT.match(number):
            later = wait + timedelta(days=int(script[2] or 0), seconds=1)
            self.write(act_id, script[1], after=later)

    def _knows(self, act_id: str) -> bool:
        with self.memory.opened(*TABLES) as db:
            found = db.execute("SELECT 1 FROM act WHERE act_id = ?", [act_id]).fetchone()
        return found is not None

    def write(self, act_id: str, kind: str, *, after: timedelta = timedelta()) -> None:
        """Have the prefect write about an act that was received. Raises KeyError."""
        with self.memory.opened(*TABLES) as db:
            row = db.execute("SELECT * FROM act WHERE act_id = ?", [act_id]).fetchone()
        if row is None:
            raise KeyError(act_id)
        code, title, text = KINDS[kind]
        name = f"{act_id}-{code}_1.pdf"
        day = (self.clock() + self.patience + after).astimezone(_PARIS).date().isoformat()
        self._say(
            _Sender(row["siren"], row["department"], row["district"]),
            code, act_id, {"detail": text, "file": name}, after=after,
            files={name: letter(title, act_id, text, day)},
        )  # fmt: skip

    def _say(
        self, sender: "_Sender", code: str, act_id: str, said: Mapping[str, str], *,
        echoed: Any = None, after: timedelta = timedelta(), files: Files | None = None,
    ) -> None:  # fmt: skip
        due = self.clock() + self.patience + after
        day = due.astimezone(_PARIS).date().isoformat()
        common = {"today": day, "day": day, "act_id": act_id, "classified": CLASSIFIED_ON}
        rank = self._count() + 1
        stem = act_id or f"{sender.department}-{sender.siren}---"
        message = f"{stem}-{code}_{rank}.xml"
        address = {
            "department": sender.department, "district": sender.district,
            "siren": sender.siren, "message": message,
        }  # fmt: skip
        office = f"SPREF{sender.department}{sender.district}"
        envelope = f"EACT--{office}-{sender.siren}-{day.replace('-', '')}-{rank}.xml"
        contents = {
            envelope: made("envelope", address),
            message: made(code, {**common, **said}, echoed),
            **(files or {}),
        }
        self._keep(due, envelope.removesuffix(".xml"), contents)

    def _refuse(self, name: str, envelope: Any, nature: str, detail: str) -> None:
        due = self.clock() + self.patience
        said = {"day": self._today().isoformat(), "nature": nature, "detail": detail}
        content = made("anomaly", said, envelope)
        self._keep(due, f"ANO_{name.removesuffix('.xml')}", {f"ANO_{name}": content})

    def _keep(self, due: datetime, name: str, contents: Files) -> None:
        with self.memory.opened(*TABLES) as db:
            db.execute(
                "INSERT INTO answer (due_at, envelope, archive) VALUES (?, ?, ?)",
                [due.isoformat(), name, _tarred(contents)],
            )

    def _count(self) -> int:
        with self.memory.opened(*TABLES) as db:
            return int(db.execute("SELECT count(*) FROM answer").fetchone()[0])

    def _today(self) -> date:
        return self.clock().astimezone(_PARIS).date()

    def due(self) -> Iterator[tuple[str, bytes]]:
        """What must leave now: (name of the archive, its bytes), each given once."""
        with self.memory.opened(*TABLES) as db:
            rows = db.execute("SELECT * FROM answer WHERE sent = 0 ORDER BY id").fetchall()
        for row in rows:
            if datetime.fromisoformat(row["due_at"]) <= self.clock():
                yield f"{row['envelope']}.tar.gz", row["archive"]
                with self.memory.opened(*TABLES) as db:
                    db.execute("UPDATE answer SET sent = 1 WHERE id = ?", [row["id"]])


@dataclass(frozen=True)
class _Sender:
    siren: str
    department: str
    district: str

    @classmethod
    def of(cls, envelope: Any) -> "_Sender":
        body = envelope.find(".//{*}IDCL")
        names = ("SIREN", "Departement", "Arrondissement")
        return cls(*(_attribute(body, name) for name in names))


def _letter_on(root: Any) -> dict[str, str]:
    return {"letter_on": _attribute(root, "DateCourrierPref")}


def _attribute(element: Any, name: str) -> str:
    found = (v for k, v in element.attrib.items() if k.rpartition("}")[2] == name)
    return str(next(found, ""))


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _parsed(content: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(content, parser)


def _untarred(content: bytes) -> dict[str, bytes]:
    found, size = {}, 0
    with tarfile.open(fileobj=io.BytesIO(content), mode="r|gz") as tar:
        for entry in tar:
            size += entry.size
            held = tar.extractfile(entry) if entry.isreg() else None
            if held is None or size > _LARGEST:
                raise ValueError(f"entrée refusée : {entry.name}")
            found[entry.name] = held.read()
    return found


def _tarred(contents: Files) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        for name, content in contents.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return held.getvalue()
