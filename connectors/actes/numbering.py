"""What an act, its files and its envelopes may be called, and the rules of its fields.

A message is named `{department}-{SIREN}-{yyyymmdd of the decision}-{number}-{NA}-{t}-{m}_{n}`;
the first five parts are the act's identifier, the last is 0 for the XML and counts the files.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from connectors import Refused
from connectors.actes.latin import line
from connectors.actes.messages.values import Act, File
from connectors.actes.vocabulary import NATURES

LONGEST_SUBJECT = 499
_NUMBER = re.compile(r"([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]")
_ID = re.compile(r"[0-9][0-9][AB0-9]-[0-9]{9}-[0-9]{8}-[a-zA-Z0-9_]{1,15}-[A-Z]{2}")
_FIRST = re.compile(r"[09][0-9][AB0-9]")
_SIREN = re.compile(r"[0-9]{9}")
_TYPE = re.compile(r"[0-9]{2}_[A-Z]{2}")
_TRIGRAM = re.compile(r"[A-Z]{3}")
_FILE = re.compile(r"[A-Za-z0-9_.\-]{1,150}")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{2,4})\Z")
_LEVELS = range(2, 6)
_MATTER = range(1000)
_YEARS = range(1900, 2200)
EXTENSIONS = ("pdf", "xml", "jpg", "jpeg", "png")


@dataclass(frozen=True)
class Body:
    """A body as the State knows it. `department` has three signs ("021", "02A", "971")."""

    siren: str
    department: str
    district: str
    nature: str

    def problems(self) -> list[str]:
        """What is wrong with it, in sentences."""
        wrong = {
            f"SIREN « {self.siren} » : neuf chiffres sont attendus.": _SIREN.fullmatch(
                self.siren
            ),
            f"Département « {self.department} » : trois signes, comme 021 ou 02A.": (
                _FIRST.fullmatch(self.department)
            ),
            f"Arrondissement « {self.district} » : un chiffre est attendu.": re.fullmatch(
                r"[0-9]", self.district
            ),
            f"Nature « {self.nature} » : deux chiffres, comme 31 pour une commune.": (
                re.fullmatch(r"[0-9]{2}", self.nature)
            ),
        }
        return [sentence for sentence, fine in wrong.items() if not fine]


def problems(
    *,
    number: str,
    decided_on: date,
    nature: int,
    matter: Sequence[int],
    subject: str,
    today: date | None = None,
) -> dict[str, str]:
    """What is wrong with what is said of an act: {field: sentence}."""
    found = {}
    if not _NUMBER.fullmatch(number):
        found["number"] = (
            f"Numéro de l’acte « {number} » : de 1 à 15 capitales sans accent, chiffres ou "
            "tirets bas, sans tiret bas au début ni à la fin."
        )
    if nature not in NATURES:
        found["nature"] = (
            f"Nature de l’acte « {nature} » : un chiffre de 1 à 6 est attendu."
        )
    if len(matter) not in _LEVELS or not _plain(matter):
        found["matter"] = (
            "Matière : de deux à cinq niveaux, chacun un nombre, sont attendus."
        )
    try:
        written = line(subject, "Objet")
    except Refused as refused:
        found["subject"] = refused.reasons[0]
    else:
        if not 1 <= len(written) <= LONGEST_SUBJECT:
            found["subject"] = (
                f"Objet : de 1 à {LONGEST_SUBJECT} caractères sont attendus, "
                f"il y en a {len(written)}."
            )
    if decided_on.year not in _YEARS:
        found["decided_on"] = (
            f"Date de la décision : l’année {decided_on.year} est impossible."
        )
    elif today is not None and decided_on > today:
        found["decided_on"] = "Date de la décision : elle ne peut être à venir."
    return found


def _plain(matter: Sequence[int]) -> bool:
    inside = all(code in _MATTER for code in matter)
    return inside and all(matter[:2]) and bool(matter[-1])


def check(act: Act) -> None:
    """Raise Refused with every reason for which an act cannot be written."""
    found = problems(
        number=act.number, decided_on=act.decided_on, nature=act.nature,
        matter=act.matter, subject=act.subject,
    )  # fmt: skip
    reasons = list(found.values())
    reasons += _files([act.document, *act.annexes])
    if act.on_paper not in {"", "O", "N"}:
        reasons.append("Document papier : O ou N est attendu.")
    if reasons:
        raise Refused(reasons)


def check_files(code: str, files: Sequence[File]) -> None:
    """Raise Refused unless a letter comes with the files that it must have."""
    many = code == "3-4"
    reasons = _files(files)
    if not files or (len(files) > 1 and not many):
        wanted = "au moins un document" if many else "un document, et un seul,"
        reasons.append(f"Message {code} : {wanted} est attendu.")
    if reasons:
        raise Refused(reasons)


def _files(files: Sequence[File]) -> list[str]:
    return [
        f"Nom de fichier « {one.name} » : lettres, chiffres, points et tirets seulement."
        for one in files
        if not _FILE.fullmatch(one.name)
    ]


def act_id(text: str) -> str:
    """The identifier of an act, checked. Raises Refused."""
    if not (_ID.fullmatch(text) and _FIRST.match(text)):
        raise Refused([f"Identifiant d’acte « {text} » : il est mal formé."])
    return text


def anomaly_nature(text: str) -> str:
    """A code of three digits. Raises Refused."""
    if not re.fullmatch(r"[0-9]{3}", text):
        raise Refused([f"Nature d’anomalie « {text} » : trois chiffres."])
    return text


def identifier(body: Body, decided_on: date, number: str, nature: int) -> str:
    """The identifier that an act will go by: IDActe."""
    parts = (body.department, body.siren, f"{decided_on:%Y%m%d}", number, NATURES[nature])
    return act_id("-".join(parts))


def message_name(stem: str, code: str, serial: int = 0) -> str:
    """The name of a message's file; `stem` is the act's identifier (or `bare`)."""
    return f"{stem}-{code}_{serial}.xml"


def bare(body: Body) -> str:
    """What stands for the identifier in messages that are about no act."""
    return f"{body.department}-{body.siren}---"


def file_name(stem: str, code: str, rank: int, document_type: str, given: str) -> str:
    """The name of the file number `rank` of a message; `given` is what people call it.

    Raises Refused for a type or an extension that ACTES does not take.
    """
    extension = _EXTENSION.search(given)
    kind = extension.group(1).lower() if extension else ""
    if kind not in EXTENSIONS:
        admitted = ", ".join(EXTENSIONS)
        raise Refused([f"« {given} » : la préfecture n’accepte que {admitted}."])
    if document_type and not _TYPE.fullmatch(document_type):
        raise Refused(
            [f"« {given} » : le type de pièce « {document_type} » est mal formé."],
        )
    prefix = f"{document_type}-" if document_type else ""
    return f"{prefix}{stem}-{code}_{rank}.{kind}"


def envelope_name(siren: str, day: date, serial: int, application: str = "EACT") -> str:
    """The name of an envelope: one serial a day and a body."""
    return f"{application}--{siren}--{day:%Y%m%d}-{serial}.xml"


def archive_name(trigram: str, envelope: str) -> str:
    """The name of the archive that carries an envelope. Raises Refused for a bad trigram."""
    if not _TRIGRAM.fullmatch(trigram):
        raise Refused([f"Trigramme « {trigram} » : trois capitales."])
    return f"{trigram}-{envelope.removesuffix('.xml')}.tar.gz"


@dataclass(frozen=True)
class Named:
    """What a message's name tells: the stem (the act's identifier, or not), code, rank."""

    stem: str
    code: str
    rank: int


_NAME = re.compile(r"(?:[0-9]{2}_[A-Z]{2}-)?(.+)-([1-7]-[1-5])(?:_([0-9]+))?\.[A-Za-z]+")


def named(name: str) -> Named | None:
    """What the name of a message or of its file tells; None when it is another's."""
    found = _NAME.fullmatch(name)
    return Named(found[1], found[2], int(found[3] or 0)) if found else None
