"""The facts that the admissibility table judges, drawn from what the applicant filed."""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from stdnum.fr import siret as siret_numbers

from workflows.grants import amounts, silence
from workflows.grants.models import GrantApplication

YOUNG_YEARS = 3
"""A younger company is never « in difficulty » (RGEC, art. 2, point 18)."""


def siret(application: Mapping[str, Any]) -> str:
    """The establishment's number, without the spaces people type."""
    return "".join(str(application.get("siret") or "").split())[:14]


def department(commune: str) -> str:
    """The département of a commune's INSEE code: 21, 2A, 971."""
    return commune[:3] if commune.startswith("97") else commune[:2]


def facts(
    application: Mapping[str, Any],
    row: GrantApplication,
    eligible_items: Collection[str] | None,
) -> dict[str, Any]:
    """What can be said of an application from itself: amounts in euros, rates in %."""
    expenses, resources = (
        application.get("expenses") or [],
        application.get("resources") or [],
    )
    eligible = [
        e for e in expenses if not eligible_items or e.get("item") in eligible_items
    ]
    others = [r for r in resources if r.get("kind") == "public_aid"]
    public = others + [r for r in resources if r.get("kind") == "region_aid"]
    spent = amounts.total(expenses, "amount", "Montant d'une dépense")
    public_aid = amounts.total(public, "amount", "Montant d'une ressource")
    funded = amounts.total(resources, "amount", "Montant d'une ressource")
    return {
        "siret_valid": siret_numbers.is_valid(row.siret),
        "department": row.department,
        "naf_division": row.naf[:2],
        "committed_early": _committed_early(application, row.received_on),
        "obligations_met": (application.get("commitments") or {}).get("up_to_date") is True,
        "deggendorf_clear": application.get("deggendorf_clear") is True,
        "in_difficulty": _in_difficulty(application, row.received_on),
        "total_expenses": spent,
        "eligible_expenses": amounts.total(eligible, "amount", "Montant d'une dépense"),
        "plan_gap": spent - funded,
        "other_public_aid": amounts.total(others, "amount", "Montant d'une ressource"),
        "public_rate": (public_aid / spent * 100).quantize(amounts.CENT)
        if spent
        else Decimal(0),
    }


def _committed_early(application: Mapping[str, Any], received_on: date) -> bool:
    committed_on = (application.get("project") or {}).get("committed_on")
    return committed_on is not None and date.fromisoformat(committed_on) < received_on


def _in_difficulty(application: Mapping[str, Any], received_on: date) -> bool:
    """Equity below half the share capital, for a company more than three years old."""
    created_on = application.get("created_on")
    if created_on is None:
        return False
    grown_up = silence.months_after(date.fromisoformat(created_on), 12 * YOUNG_YEARS)
    capital = amounts.number(application.get("share_capital") or 0, "Capital social")
    equity = amounts.number(application.get("equity") or 0, "Capitaux propres")
    return grown_up < received_on and equity < capital / 2
