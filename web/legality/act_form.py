"""The questions about an act: what other pages include, and what they read of it.

    {% include "legality/act_fields.html" %}        with act=act_form.asked(body, values)
    values, errors = act_form.read(request.form, organisation_id=body)

`values` is what a folder keeps: {nature, matter, number, decided_on, subject, on_paper}.
`errors` are sentences by name of field, those of `act_fields.html`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from engine import clock
from web.legality import words
from web.typed import text
from workflows.legality import accounts, checking, register
from workflows.legality.models import LegalityClassification

FIELDS = ("nature", "matter", "number", "decided_on", "subject", "on_paper")
PREFIX = "act_"
"""Of the names of the fields: `act_nature`…"""


@dataclass(frozen=True)
class Asked:
    """What the questions show: what is typed already, and what may be chosen."""

    organisation_id: UUID
    typed: Mapping[str, Any]
    classification: LegalityClassification | None
    suggested: str

    @property
    def today(self) -> date:
        """The latest day on which an act may have been decided."""
        return clock.today()

    @property
    def natures(self) -> list[tuple[int, str]]:
        """The natures of acts, those of the classification when there is one."""
        if self.classification is None:
            return [(code, str(label)) for code, label in words.NATURES.items()]
        return [(int(one["code"]), one["label"]) for one in self.classification.natures]

    @property
    def matters(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The matters under each of the first level: (its label, [(code, label)])."""
        return grouped(self.classification)

    @property
    def types(self) -> list[tuple[int, str, list[tuple[str, str]]]]:
        """The types of documents of each nature: (nature, label, [(code, label)])."""
        return [
            (code, label, list(checking.types_of(code, self.classification).items()))
            for code, label in self.natures
        ]


def asked(organisation_id: UUID, values: Mapping[str, Any] | None = None) -> Asked:
    """The questions about an act of a body, `values` being known or typed already."""
    typed = dict(values or {})
    matter = typed.get("matter")
    if isinstance(matter, list):
        typed["matter"] = ".".join(map(str, matter))
    nature = _integer(typed.get("nature"))
    typed["nature"] = nature
    return Asked(
        organisation_id,
        typed,
        accounts.current(organisation_id),
        register.suggested_number(organisation_id, nature) if nature else "",
    )


def grouped(
    classification: LegalityClassification | None,
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The matters that may be chosen, two levels at least, under those of the first level."""
    found: dict[str, tuple[str, list[tuple[str, str]]]] = {}
    matters = classification.matters if classification else []
    for one in sorted(matters, key=lambda m: checking.matter_of(m["code"])):
        first, dot, _rest = one["code"].partition(".")
        if not dot:
            found[first] = (f"{first} – {one['label']}", [])
        else:
            found.setdefault(first, (first, []))[1].append((one["code"], one["label"]))
    return [group for group in found.values() if group[1]]


def typed_of(form: Mapping[str, str]) -> dict[str, Any]:
    """What was typed, as it was, to be shown again."""
    return {name: text(form, PREFIX + name) for name in FIELDS}


def read(
    form: Mapping[str, str], *, organisation_id: UUID, but: UUID | None = None
) -> tuple[dict[str, Any], dict[str, str]]:
    """An act's values, and a sentence for each field that is wrong.

    `but` is the act that is being corrected, which keeps its number.
    """
    typed = typed_of(form)
    values: dict[str, Any] = {
        "nature": _integer(typed["nature"]),
        "matter": checking.matter_of(typed["matter"]),
        "number": typed["number"].upper(),
        "decided_on": _day(typed["decided_on"]),
        "subject": " ".join(typed["subject"].split()),
        "on_paper": bool(typed["on_paper"]),
    }
    known = accounts.current(organisation_id)
    found = checking.faults(values, today=clock.today(), classification=known)
    if "number" not in found and register.is_taken(organisation_id, values["number"], but):
        found["number"] = "number_taken"
    errors = {
        PREFIX + name: str(words.PROBLEMS[problem]) for name, problem in found.items()
    }
    day = values["decided_on"]
    return {**values, "decided_on": day.isoformat() if day else ""}, errors


def read_types(
    types: list[str], nature: int | None, *, organisation_id: UUID
) -> dict[int, str]:
    """A sentence for each place of `types` that an act of this nature may not have."""
    known = accounts.current(organisation_id)
    wrong = checking.type_faults(nature or 0, types, known)
    return {place: str(words.PROBLEMS["document_type"]) for place in wrong}


def _integer(said: object) -> int | None:
    written = str(said or "")
    return int(written) if len(written) == 1 and written in "123456789" else None


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
