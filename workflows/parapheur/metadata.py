"""What must be said of a folder, by its subtype: judged where it is asked for."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from workflows.parapheur.models import (
    AUTO,
    CADES,
    HELIOS,
    PADES,
    PES,
    FolderSubtype,
    FolderType,
)

DEPOSIT, APPROVAL, REFUSAL = "deposit", "approval", "refusal"
"""When a field must be filled in."""
DRAFT = "draft"
"""When none must be yet: what is said must be right all the same."""
TEXT, DATE, NUMBER, CHOICE, BOOLEAN = "text", "date", "number", "choice", "boolean"
KINDS = (TEXT, DATE, NUMBER, CHOICE, BOOLEAN)
LONGEST = 1000
XML = frozenset({"application/xml", "text/xml"})
PDF = "application/pdf"


def errors(subtype: FolderSubtype, values: Mapping[str, Any], when: str) -> dict[str, str]:
    """What is wrong with these values, by `metadata.<key>`, in French sentences."""
    found = {}
    for one in subtype.metadata_fields:
        value = values.get(one["key"])
        if _empty(value) and one.get("default") is not None:
            value = one["default"]
        label = one.get("label") or one["key"]
        if _empty(value):
            if when in one.get("required_at", []):
                found[f"metadata.{one['key']}"] = f"{label} : à remplir."
        elif fault := _fault(one, value):
            found[f"metadata.{one['key']}"] = f"{label} : {fault}"
    known = {one["key"] for one in subtype.metadata_fields}
    for key in values.keys() - known:
        found[f"metadata.{key}"] = f"« {key[:60]} » n’est pas une donnée de ce sous-type."
    return found


def completed(subtype: FolderSubtype, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are said, and those that are so by default."""
    defaults = {
        one["key"]: one["default"]
        for one in subtype.metadata_fields
        if one.get("default") is not None
    }
    return defaults | {key: v for key, v in values.items() if not _empty(v)}


def format_of(of_type: FolderType, given: Any) -> str:
    """How a file will be signed: as its depositor or its type says, else by what it is."""
    said = given.format or of_type.format
    if said and said != AUTO:
        return str(said)
    if given.file.media_type == PDF:
        return PADES
    if given.file.media_type in XML and of_type.protocol == HELIOS:
        return PES
    return CADES


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _fault(field: Mapping[str, Any], value: Any) -> str:
    match field.get("kind", TEXT):
        case "date":
            return _unless(_is_date(value), "une date, comme 2026-11-30.")
        case "number":
            return _unless(_is_number(value), "un nombre.")
        case "choice":
            wanted = [str(one) for one in field.get("values", [])]
            return _unless(str(value) in wanted, f"une valeur parmi {', '.join(wanted)}.")
        case "boolean":
            return _unless(isinstance(value, bool), "oui ou non.")
        case _:
            return _unless(len(str(value)) <= LONGEST, f"{LONGEST} caractères au plus.")


def _unless(right: bool, sentence: str) -> str:
    return "" if right else sentence


def _is_date(value: Any) -> bool:
    try:
        return bool(date.fromisoformat(str(value)))
    except ValueError:
        return False


def _is_number(value: Any) -> bool:
    try:
        return Decimal(str(value).replace(",", ".")).is_finite()
    except InvalidOperation:
        return False
