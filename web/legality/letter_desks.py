"""Who answers the prefecture, as the page of settings asks it: rows of nature, matter, desk, days.

The desks are those of the signature book, which acts themselves know nothing of.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from engine import clock
from engine.models import db
from web.typed import text
from workflows.legality.checking import NATURES, matter_of
from workflows.legality.clock import read_day
from workflows.legality.models import LEGALITY_OFFICER
from workflows.legality.routing import stands
from workflows.parapheur.models import Desk, FolderSubtype, FolderType

MOST_ROWS = 20
NAMES = ("nature", "matter", "role", "from", "until")
REMOVED = "-"
"""Chosen in place of a desk to take a row away."""


@dataclass(frozen=True)
class Choices:
    """What may be chosen: roles with their names, subtypes of folders with theirs."""

    roles: dict[str, str]
    subtypes: dict[str, str]


def choices(organisation_id: UUID) -> Choices:
    """The desks and subtypes of a body that are in use."""
    desks = (
        select(Desk)
        .where(Desk.organisation_id == organisation_id, Desk.closed_at.is_(None))
        .order_by(Desk.name)
    )
    subtypes = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == organisation_id,
            FolderType.closed_at.is_(None),
            FolderSubtype.closed_at.is_(None),
        )
        .order_by(FolderType.name, FolderSubtype.name)
    )
    return Choices(
        {one.role: one.name for one in db.session.scalars(desks)}
        | {LEGALITY_OFFICER: _("Chargés des actes")},
        {
            str(one.id): f"{one.type.name} – {one.name}"
            for one in db.session.scalars(subtypes)
        },
    )


def role_name(organisation_id: UUID, role: str) -> str:
    """Who has a role, in the words of people."""
    return choices(organisation_id).roles.get(role, role)


def typed_rows(form: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows as they were typed, those left empty or taken away aside."""
    rows = [{name: text(form, f"{name}_{n}") for name in NAMES} for n in range(MOST_ROWS)]
    return [row for row in rows if any(row.values()) and row["role"] != REMOVED]


def read(form: Mapping[str, str], known: Choices) -> tuple[dict[str, Any], dict[str, str]]:
    """What is chosen, as `accounts.set_letters` takes it, and a sentence for each wrong input."""
    errors: dict[str, str] = {}
    rows = []
    for n, row in enumerate(typed_rows(form)):
        if row["role"] not in known.roles:
            errors[f"role_{n}"] = _("Bureau : choisissez-en un dans la liste.")
        matter = ".".join(map(str, matter_of(row["matter"])))
        if row["matter"] and not matter:
            errors[f"matter_{n}"] = _(
                "Matière : écrivez un code de la classification, par exemple 7.5."
            )
        nature = int(row["nature"]) if row["nature"] in {str(n) for n in NATURES} else None
        days = {name: _day(row, name, n, errors) for name in ("from", "until")}
        if days["from"] and days["until"] and days["until"] < days["from"]:
            errors[f"until_{n}"] = _("Jusqu’au : choisissez un jour après le premier.")
        rows.append({"nature": nature, "matter": matter, "role": row["role"], **days})
    subtype = text(form, "reply_subtype_id")
    if subtype and subtype not in known.subtypes:
        errors["reply_subtype_id"] = _("Sous-type : choisissez-en un dans la liste.")
    chosen = {
        "to_issuer": bool(text(form, "to_issuer")),
        "desks": rows,
        "reply_subtype_id": UUID(subtype) if subtype in known.subtypes else None,
    }
    return chosen, errors


def _day(row: Mapping[str, str], name: str, n: int, errors: dict[str, str]) -> str | None:
    """A day typed in a row, as ISO; None when it is left empty, or is none (an error)."""
    typed = row[name]
    day = read_day(typed)
    if typed and (day is None or "T" in typed):
        errors[f"{name}_{n}"] = _("Jour : choisissez une date, par exemple 2026-11-30.")
    return day.isoformat() if day else None


def standing(row: Mapping[str, Any]) -> str:
    """Where a row is from its days: `ended`, `to_come`, or neither."""
    today = clock.today()
    if stands(row, today):
        return ""
    ends = read_day(row.get("until"))
    return "ended" if ends is not None and ends < today else "to_come"
