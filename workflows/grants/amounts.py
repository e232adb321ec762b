"""The arithmetic of an aid: the group's size, the base, and the lowest of its limits.

Amounts are euros as Decimal, rates are percentages; nothing here knows a case or a
database. Thresholds come from the decision tables, never from here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

CENT = Decimal("0.01")
LINKED = Decimal(50)  # above, the other company counts whole (2003/361/CE, annexe, art. 3)
PARTNER = Decimal(25)  # from there, it counts in proportion (same article)
HUNDRED = Decimal(100)

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Limit:
    """One ceiling of the aid, with the words an officer reads."""

    label: str
    amount: Decimal


def number(value: Any, what: str) -> Decimal:
    """A number from process data. Raises ValueError, in French, for anything else."""
    try:
        read = Decimal("NaN" if isinstance(value, bool) else str(value))
    except InvalidOperation:
        read = Decimal("NaN")
    if not read.is_finite():
        raise ValueError(f"{what} : un nombre est attendu, pas « {value} ».")
    return read


def total(rows: Iterable[Row] | None, key: str, what: str) -> Decimal:
    """The sum of one column; an empty cell counts for nothing."""
    return sum(
        (number(row[key], what) for row in rows or () if row.get(key) is not None),
        start=Decimal(0),
    )


def consolidated(own: Mapping[str, Decimal], related: Iterable[Row]) -> dict[str, Decimal]:
    """Figures of the group: linked companies whole, partners in proportion.

    `own` and each row of `related` hold the same keys; a row also holds its `share`, in %.
    Recommendation 2003/361/CE, annex, articles 3 and 6.
    """
    figures = dict(own)
    for row in related:
        share = number(row.get("share", 0), "Part détenue (%)")
        weight = HUNDRED if share > LINKED else share if share >= PARTNER else Decimal(0)
        for key in figures:
            figures[key] += number(row.get(key) or 0, "Entreprise liée") * weight / HUNDRED
    return figures


def limits(
    *,
    base: Decimal,
    requested: Decimal,
    rate: Decimal,
    other_public_aid: Decimal,
    ceiling: Decimal | None,
    public_share: Decimal | None,
    de_minimis_room: Decimal | None,
) -> list[Limit]:
    """Every ceiling that applies, none below zero, each rounded down to the cent."""
    found = [
        ("Montant demandé", requested),
        (
            f"Taux maximal de {_percent(rate)} de l'assiette, autres aides publiques déduites",
            base * rate / HUNDRED - other_public_aid,
        ),
    ]
    if public_share is not None:
        found.append(
            (
                f"Part publique maximale de {_percent(public_share)} de l'assiette",
                base * public_share / HUNDRED - other_public_aid,
            )
        )
    if ceiling is not None:
        found.append(("Plafond du régime", ceiling))
    if de_minimis_room is not None:
        found.append(("Possible sous le plafond de minimis", de_minimis_room))
    return [
        Limit(label, max(Decimal(0), amount).quantize(CENT, ROUND_DOWN))
        for label, amount in found
    ]


def lowest(found: Iterable[Limit]) -> Limit:
    """The limit that decides; the first one named where several are equal."""
    return min(found, key=lambda limit: limit.amount)


def _percent(rate: Decimal) -> str:
    return f"{rate.normalize():f} %".replace(".", ",")
