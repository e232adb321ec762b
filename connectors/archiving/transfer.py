"""One closed case, read strictly from the plain values of a diagram.

`read` accepts what is fit for an archive and says in French what is not. Texts come out safe
for XML and for the eye: no control characters, no invisible reordering, no excess.
"""

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors import Refused

TITLE_LENGTH = 1000
NAME_LENGTH = 180
IDENTIFIER_LENGTH = 120
PARIS = ZoneInfo("Europe/Paris")
FINAL_ACTIONS = {"keep": "Keep", "destroy": "Destroy"}


@dataclass(frozen=True)
class Piece:
    """One document of the case, as the case recorded it. `size` is in bytes."""

    sha256: str
    name: str
    media_type: str
    size: int
    title: str
    kind: str
    created_at: str


@dataclass(frozen=True)
class Transfer:
    """One case to hand over. Moments are ISO UTC; `closed_on` is the day in Paris."""

    message_identifier: str
    related_identifiers: tuple[str, ...]
    case_number: str
    title: str
    procedure: str
    organisation_name: str
    siren: str
    applicant_name: str
    applicant_siret: str
    opened_at: str
    closed_at: str
    closed_on: str
    pieces: tuple[Piece, ...]
    journal: tuple[Mapping[str, Any], ...]
    retention_years: int
    final_action: str
    access_rule: str


def read(
    *,
    case_number: str,
    title: str,
    procedure: str,
    organisation: Mapping[str, Any],
    applicant: Mapping[str, Any] | None,
    opened_at: str,
    closed_at: str,
    documents: Sequence[Mapping[str, Any]],
    journal: Sequence[Mapping[str, Any]] | None,
    retention_years: int,
    final_disposition: str,
    access_rule: str,
    transfer: int,
) -> Transfer:
    """Return the case as a Transfer; raises Refused with every problem at once."""
    problems: list[str] = []

    def required(value: object, problem: str) -> str:
        text = clean(value)
        if not text:
            problems.append(problem)
        return text

    def at(value: object, problem: str) -> str:
        try:
            return moment(str(value))
        except ValueError:
            problems.append(problem)
            return ""

    number = required(case_number, "Le dossier n’a pas de numéro.")
    siren = required(organisation.get("siren"), "L’organisme n’a pas de numéro SIREN.")
    if final_disposition not in FINAL_ACTIONS:
        problems.append(
            "Le sort final du dossier doit être la conservation ou l’élimination."
        )
    if not isinstance(retention_years, int) or retention_years < 0:
        problems.append("La durée de conservation n’est pas un nombre d’années.")
    if not isinstance(transfer, int) or transfer < 1:
        problems.append("Le rang du versement commence à 1.")
    if not documents:
        problems.append("Le dossier ne contient aucun document à archiver.")
    pieces = tuple(_piece(rank, it, problems) for rank, it in enumerate(documents, 1))
    opened = at(opened_at, "La date d’ouverture du dossier n’est pas lisible.")
    closed = at(closed_at, "La date de clôture du dossier n’est pas lisible.")
    if opened > closed > "":
        problems.append("Le dossier serait clos avant d’avoir été ouvert.")
    read_title = required(title, "Le dossier n’a pas d’intitulé.")
    rule = required(access_rule, "La règle de communicabilité n’est pas indiquée.")
    if problems:
        raise Refused(problems)
    return Transfer(
        message_identifier=message_identifier(siren, number, transfer),
        related_identifiers=tuple(
            message_identifier(siren, number, earlier) for earlier in range(1, transfer)
        ),
        case_number=number,
        title=read_title,
        procedure=clean(procedure),
        organisation_name=clean(organisation.get("name")),
        siren=siren,
        applicant_name=clean((applicant or {}).get("name")),
        applicant_siret=clean((applicant or {}).get("siret")),
        opened_at=opened,
        closed_at=closed,
        closed_on=datetime.fromisoformat(closed).astimezone(PARIS).date().isoformat(),
        pieces=pieces,
        journal=tuple(journal or ()),
        retention_years=retention_years,
        final_action=FINAL_ACTIONS[final_disposition],
        access_rule=rule,
    )


def message_identifier(siren: str, case_number: str, transfer: int) -> str:
    """Name a transfer for ever: `<siren>-<case>-<rank>` in [A-Za-z0-9_-].

    A number that had to be altered keeps a digest of the original, so that two cases never
    share a name.
    """
    original = f"{siren}-{case_number}"
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", original)
    if plain != original or len(plain) > IDENTIFIER_LENGTH:
        digest = hashlib.sha256(original.encode()).hexdigest()[:8]
        plain = f"{plain[: IDENTIFIER_LENGTH - 10].strip('-')}-{digest}"
    return f"{plain}-{transfer}"


def clean(value: object, length: int = TITLE_LENGTH) -> str:
    """Return one line of text fit for XML and for reading, cut at `length` characters."""
    kept = (_shown(c) for c in unicodedata.normalize("NFC", str(value or "")))
    text = " ".join("".join(kept).split())
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def file_name(name: object, fallback: str) -> str:
    """Return a name any archive accepts: no path, no leading dot or dash, 180 characters.

    as@lae refuses names that begin with a dot or a dash.
    """
    text = re.sub(r'[/\\:*?"<>|]+', "_", clean(name, 10_000)).lstrip(".-_ ")
    stem, dot, suffix = text.rpartition(".")
    if not dot or not 0 < len(suffix) <= 10:  # noqa: PLR2004  (the length of a suffix)
        stem, dot, suffix = text, "", ""
    return (
        f"{stem[: NAME_LENGTH - len(suffix) - 1].rstrip()}{dot}{suffix}".strip() or fallback
    )


def moment(text: str) -> str:
    """Return an ISO date or moment as ISO UTC with Z; raises ValueError."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        day = date.fromisoformat(text)
        parsed = datetime(day.year, day.month, day.day, tzinfo=PARIS)
    else:
        parsed = datetime.fromisoformat(text)
        parsed = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _piece(rank: int, document: Mapping[str, Any], problems: list[str]) -> Piece:
    name = clean(document.get("name"), 10_000)
    label = f"Le document n° {rank} (« {clean(name, 80) or 'sans nom'} »)"
    sha256 = str(document.get("sha256") or "")
    if not re.fullmatch(r"[0-9a-f]{64}", sha256):
        problems.append(f"{label} n’a pas d’empreinte.")
    title = clean(document.get("title")) or clean(name)
    if not title:
        problems.append(f"{label} n’a pas d’intitulé.")
    try:
        created_at = moment(str(document.get("created_at")))
    except ValueError:
        created_at = ""
        problems.append(f"{label} n’a pas de date lisible.")
    size = document.get("size")
    if not isinstance(size, int) or size <= 0:
        problems.append(f"{label} est vide ou sa taille n’est pas connue.")
    return Piece(
        sha256=sha256,
        name=file_name(name, f"document-{rank}"),
        media_type=clean(document.get("media_type"), 127) or "application/octet-stream",
        size=size if isinstance(size, int) else 0,
        title=title,
        kind=clean(document.get("kind"), 200),
        created_at=created_at,
    )


def _shown(character: str) -> str:
    """Keep what is seen; controls become spaces, invisible formatting disappears."""
    category = unicodedata.category(character)
    if category in {"Cc", "Zl", "Zp"}:
        return " "
    if category in {"Cf", "Cs", "Co", "Cn"}:
        # Joiners shape Arabic, Indic scripts and emoji; the others only mislead the reader.
        return character if character in "\u200c\u200d" else ""
    return character
