"""The aid as an officer works it out on paper, from the tables of rules and nothing of ours.

The tables are the CSV files of the reference data where they are; otherwise the same
figures, each with its source.
"""

import csv
from decimal import Decimal
from pathlib import Path

from tests.conftest import REFERENCE

RULES = REFERENCE / "grants/rules"
PUBLIC_SHARE = Decimal(80)
"""Percent: the model règlement of the demonstration (regulation.dmn), which no law fixes."""
DE_MINIMIS = Decimal(300_000)
"""Euros in three years: regulation (EU) 2023/2831, article 3(2)."""

# Recommendation 2003/361/CE, annex, article 2: under so many people, and so much turnover.
_SIZES = [
    (10, 2_000_000, "micro"),
    (50, 10_000_000, "petite"),
    (250, 50_000_000, "moyenne"),
]
# RGEC, article 17: 20 % for small companies, 10 % for medium ones.
_RATES = {"micro": 20, "petite": 20, "moyenne": 10, "grande": 0}


def size(headcount: int, turnover: int) -> str:
    """The size of a company on its own, whose balance sheet is not below its turnover's line."""
    for most, money, name in _sizes():
        if headcount < most and turnover <= money:
            return name
    return "grande"


def rate(size_class: str) -> Decimal:
    """Percent of the base that aid to an SME's investment may reach, outside AFR areas."""
    table = RULES / "02_intensite_max_investissement.csv"
    if not table.exists():
        return Decimal(_RATES[size_class])
    for row in _read(table):
        if (row["regime"], row["taille"], row["zone_afr"]) == (
            "investissement PME", size_class, "non",
        ):  # fmt: skip
            return Decimal(row["intensite_max_pct"])
    raise LookupError(size_class)


def highest_aid(
    *, accepted: list[int], requested: int, other_public_aid: int, size_class: str
) -> Decimal:
    """The lowest of every limit: requested, rate, public share, de minimis."""
    base = Decimal(sum(accepted))
    return min(
        Decimal(requested),
        base * rate(size_class) / 100 - other_public_aid,
        base * PUBLIC_SHARE / 100 - other_public_aid,
        DE_MINIMIS,
    )


def _sizes() -> list[tuple[int, int, str]]:
    table = RULES / "01_taille_entreprise.csv"
    if not table.exists():
        return _SIZES
    return [
        (int(row["effectif_uta"][1:]), int(row["chiffre_affaires_eur"][2:]), row["taille"])
        for row in _read(table)
        if row["chiffre_affaires_eur"] != "-"
    ]


def _read(table: Path) -> list[dict[str, str]]:
    with table.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
