"""What an act must say to be transmitted: its number, nature, matter, dates and files."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from workflows.legality.models import LegalityClassification

NUMBER = re.compile(r"([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]")
"""What services take, narrower than the schema: capitals, digits and `_` inside."""

LONGEST_SUBJECT = 499
NATURES = {1: "DE", 2: "AR", 3: "AI", 4: "CC", 5: "BF", 6: "AU"}
DEFAULT_TYPES = {1: "99_DE", 2: "99_AR", 3: "99_AI", 4: "99_DC", 5: "99_BU", 6: "99_AU"}
"""The type of the act's own file when none is chosen, by nature."""
SIGNATURE_TYPE = "99_SE"
"""The type of a detached signature's file."""

_TYPE = re.compile(r"[0-9]{2}_[A-Z0-9]{2}")

PROBLEMS = {
    "nature": "Nature : choisissez-en une dans la liste.",
    "matter": "Matière : choisissez-la dans la classification, à deux niveaux au moins.",
    "matter_unknown": "Matière : ce code n’est pas dans la classification en vigueur.",
    "number": "Numéro : 15 lettres capitales, chiffres ou « _ » au plus, sans espace ni "
    "tiret, et sans « _ » au début ou à la fin.",
    "number_taken": "Numéro : un autre acte de cette collectivité le porte déjà.",
    "decided_on": "Date de la décision : indiquez un jour, par exemple 14/03/2026.",
    "decided_later": "Date de la décision : elle ne peut pas être dans l’avenir.",
    "subject": "Objet : dites-le en 1 à 499 caractères.",
    "document_type": "Type de pièce : choisissez-en un de la nature de l’acte.",
    "no_file": "Fichier de l’acte : joignez l’acte au format PDF.",
}


def matter_of(said: object) -> list[int]:
    """A matter as numbers, from `[1, 1, 2]` or "1.1.2"; none when it cannot be read."""
    parts: Iterable[object] = said if isinstance(said, list) else str(said or "").split(".")
    try:
        found = [int(str(part)) for part in parts]
    except ValueError:
        return []
    return found if 1 <= len(found) <= 5 and all(n > 0 for n in found) else []  # noqa: PLR2004  levels


def faults(
    values: Mapping[str, Any],
    *,
    today: date,
    classification: LegalityClassification | None = None,
) -> dict[str, str]:
    """What is wrong with an act: field → the problem's name in PROBLEMS.

    `values` is {nature, matter, number, decided_on, subject}, the date as a date or None.
    """
    found: dict[str, str] = {}
    if values.get("nature") not in NATURES:
        found["nature"] = "nature"
    if problem := _matter(matter_of(values.get("matter")), classification):
        found["matter"] = problem
    if not NUMBER.fullmatch(str(values.get("number") or "")):
        found["number"] = "number"
    decided = values.get("decided_on")
    if not isinstance(decided, date):
        found["decided_on"] = "decided_on"
    elif decided > today:
        found["decided_on"] = "decided_later"
    if not 1 <= len(str(values.get("subject") or "").strip()) <= LONGEST_SUBJECT:
        found["subject"] = "subject"
    return found


def _matter(matter: list[int], classification: LegalityClassification | None) -> str:
    if len(matter) < 2:  # noqa: PLR2004  two levels are mandatory
        return "matter"
    if classification is None:
        return ""
    code = ".".join(map(str, matter))
    known = {one["code"] for one in classification.matters}
    return "" if code in known else "matter_unknown"


def types_of(nature: int, classification: LegalityClassification | None) -> dict[str, str]:
    """The types that a file of an act of this nature may have: code → label."""
    if classification is None:
        code = DEFAULT_TYPES.get(nature)
        return {code: code} if code else {}
    return {
        one["code"]: one["label"]
        for one in classification.document_types
        if one["nature"] == nature
    }


def type_faults(
    nature: int, types: Sequence[str], classification: LegalityClassification | None
) -> list[int]:
    """The places of those of these types that an act of this nature may not have."""
    known = types_of(nature, classification)
    return [
        place
        for place, code in enumerate(types)
        if not _TYPE.fullmatch(code) or (classification is not None and code not in known)
    ]
