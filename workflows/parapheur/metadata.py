"""What must be said of a folder, by its subtype and by each step: judged where it is asked."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from engine import definitions
from engine.models import UserTask
from workflows.parapheur.models import (
    AUTO,
    CADES,
    HELIOS,
    PADES,
    PES,
    Folder,
    FolderAct,
    FolderSubtype,
    FolderType,
)

DEPOSIT, APPROVAL, REFUSAL = "deposit", "approval", "refusal"
"""When a field must be filled in."""
DRAFT = "draft"
"""When none must be yet: what is said must be right all the same."""
TEXT, DATE, NUMBER, CHOICE, BOOLEAN = "text", "date", "number", "choice", "boolean"
NAMED_BY = {APPROVAL: "ebg:to_approve", REFUSAL: "ebg:to_refuse"}
"""Where a step of a circuit names what it asks, besides what its subtype asks everywhere."""
KINDS = (TEXT, DATE, NUMBER, CHOICE, BOOLEAN)
LONGEST = 1000
XML = frozenset({"application/xml", "text/xml"})
PDF = "application/pdf"


def required(
    subtype: FolderSubtype, when: str, task: UserTask | None = None
) -> list[dict[str, Any]]:
    """The fields that must be filled in at a moment: the subtype's, and those of the step.

    A step may name what the subtype does not know: nobody could fill it in, so it is not
    asked (`workflows.parapheur.readiness` says so to whoever keeps the book).
    """
    named = set(_named_by(task, when)) if task is not None else set()
    return [
        one
        for one in subtype.metadata_fields
        if when in one.get("required_at", ()) or one["key"] in named
    ]


def missing(
    subtype: FolderSubtype, values: Mapping[str, Any], when: str, task: UserTask
) -> dict[str, str]:
    """What must still be filled in before this step is done so: labels by key."""
    return {
        one["key"]: one.get("label") or one["key"]
        for one in required(subtype, when, task)
        if _empty(_value(one, values))
    }


def errors(
    subtype: FolderSubtype,
    values: Mapping[str, Any],
    when: str,
    task: UserTask | None = None,
) -> dict[str, str]:
    """What is wrong with these values, by `metadata.<key>`, in French sentences."""
    found = {}
    asked = {one["key"] for one in required(subtype, when, task)}
    for one in subtype.metadata_fields:
        value = _value(one, values)
        label = one.get("label") or one["key"]
        if _empty(value):
            if one["key"] in asked:
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


def said_with(folder: Folder, values: Mapping[str, Any]) -> dict[str, Any]:
    """What an act that says these values keeps of them, so that it can be taken back:
    {metadata, before}. They are now the folder's.
    """
    if not values:
        return {}
    known = folder.details.get("metadata") or {}
    now = completed(folder.subtype, {**known, **values})
    folder.details = {**folder.details, "metadata": now}
    return {"metadata": dict(values), "before": {key: known.get(key) for key in values}}


def given_back(folder: Folder, act: FolderAct) -> dict[str, Any]:
    """Give a folder the values that it had before an act: {restored}, nothing if it said none."""
    before = act.detail.get("before")
    if not before:
        return {}
    known = {**(folder.details.get("metadata") or {}), **before}
    folder.details = {
        **folder.details, "metadata": {k: v for k, v in known.items() if not _empty(v)},
    }  # fmt: skip
    return {"restored": before}


def worded(subtype: FolderSubtype, values: Mapping[str, Any]) -> list[str]:
    """What was said, as the proofs tell it: « Montant : 1250.5 », in the subtype's order."""
    words = {True: "oui", False: "non"}
    return [
        f"{one.get('label') or one['key']} : "
        f"{words[value] if isinstance(value, bool) else value}"
        for one in subtype.metadata_fields
        if not _empty(value := values.get(one["key"]))
    ]


def _named_by(task: UserTask, when: str) -> Iterator[str]:
    """What the step of a task names, in the version of the circuit that its case follows."""
    step = definitions.model(task.instance.definition_id).elements.get(task.element_id)
    text = step.properties.get(NAMED_BY[when], "") if step is not None else ""
    return (key.strip() for key in text.split(","))


def _value(one: Mapping[str, Any], values: Mapping[str, Any]) -> Any:
    """What is said of a field, or what is so by default."""
    value = values.get(one["key"])
    return one.get("default") if _empty(value) else value


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
