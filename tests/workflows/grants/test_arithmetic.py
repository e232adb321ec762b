"""The arithmetic of an aid and of the legal clock, without a case or a database."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from workflows.grants import amounts, silence
from workflows.grants.operations import compute_aid, consolidate_size

EXPENSES = [{"accepted": 100_000}, {"accepted": 20_000.5}, {"accepted": None}, {}]


def test_the_lowest_limit_decides_and_is_named() -> None:
    found = compute_aid(
        expenses=EXPENSES,
        requested=50_000,
        rate=20,
        ceiling=250_000,
        other_public_aid=4_000,
        public_share=80,
        de_minimis_room=30_000,
    )
    assert found["base"] == 120_000.5
    assert found["limits"] == [
        {"label": "Montant demandé", "amount": 50_000},
        {
            "label": "Taux maximal de 20 % de l'assiette, autres aides publiques déduites",
            "amount": 20_000.1,
        },
        {"label": "Part publique maximale de 80 % de l'assiette", "amount": 92_000.4},
        {"label": "Plafond du régime", "amount": 250_000},
        {"label": "Possible sous le plafond de minimis", "amount": 30_000},
    ]
    assert found["maximum"] == 20_000.1
    assert found["binding"].startswith("Taux maximal")


@pytest.mark.parametrize(
    ("changed", "maximum", "binding"),
    [
        ({"requested": 1_000}, 1_000, "Montant demandé"),
        ({"ceiling": 999.99}, 999.99, "Plafond du régime"),
        ({"de_minimis_room": 0}, 0, "Possible sous le plafond de minimis"),
        ({"public_share": 5}, 5_000, "Part publique maximale de 5 % de l'assiette"),
        ({"other_public_aid": 25_000}, 0, "Taux maximal de 20 %"),
        ({"rate": 0}, 0, "Taux maximal de 0 %"),
        ({"rate": 7.5}, 7_500, "Taux maximal de 7,5 %"),
        ({"expenses": []}, 0, "Taux maximal de 20 %"),
        ({"requested": 20_000}, 20_000, "Montant demandé"),
    ],
)
def test_each_limit_in_turn(changed: dict[str, Any], maximum: float, binding: str) -> None:
    asked = {"expenses": [{"accepted": 100_000}], "requested": 90_000, "rate": 20} | changed
    found = compute_aid(**asked)
    assert found["maximum"] == maximum
    assert found["binding"].startswith(binding)


def test_an_aid_is_rounded_down_to_the_cent() -> None:
    found = compute_aid(expenses=[{"accepted": 0.33}], requested=1, rate=33)
    assert found["maximum"] == 0.1


def test_tenths_of_euros_are_exact() -> None:
    found = compute_aid(
        expenses=[{"accepted": 0.1}, {"accepted": 0.2}], requested=1, rate=100
    )
    assert (found["base"], found["maximum"]) == (0.3, 0.3)


@pytest.mark.parametrize("wrong", ["beaucoup", True, None, float("nan"), [1]])
def test_what_is_not_a_number_is_refused_in_french(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"Montant demandé : un nombre est attendu"):
        amounts.number(wrong, "Montant demandé")


@pytest.mark.parametrize(
    ("share", "counted"),
    [(0, 0), (24.99, 0), (25, 25), (49.5, 49.5), (50, 50), (50.01, 100), (100, 100)],
)
def test_partners_count_in_proportion_and_linked_companies_whole(
    share: float, counted: float
) -> None:
    found = consolidate_size(
        headcount=5,
        turnover=1_000,
        balance_sheet=500,
        related=[
            {"share": share, "headcount": 100, "turnover": 10_000, "balance_sheet": 0}
        ],
    )
    assert found == {
        "headcount": 5 + counted,
        "turnover": 1_000 + 100 * counted,
        "balance_sheet": 500,
    }


def test_an_autonomous_company_is_its_own_group() -> None:
    own = {"headcount": 4.5, "turnover": 10, "balance_sheet": 20}
    assert consolidate_size(**own) == own


@pytest.mark.parametrize(
    ("received_on", "months", "expected"),
    [
        ("2026-11-21", 2, "2027-01-21"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2027-12-31", 2, "2028-02-29"),
        ("2026-10-31", 2, "2026-12-31"),
        ("2026-11-21", -36, "2023-11-21"),
        ("2028-02-29", -36, "2025-02-28"),
        ("2027-01-15", -2, "2026-11-15"),
    ],
)
def test_months_keep_the_day_or_end_the_month(
    received_on: str, months: int, expected: str
) -> None:
    found = silence.months_after(date.fromisoformat(received_on), months)
    assert found.isoformat() == expected


def test_a_legal_day_is_a_paris_day() -> None:
    assert silence.end_of(date(2027, 1, 21)) == "2027-01-21T23:00:00Z"
    assert silence.end_of(date(2026, 7, 14)) == "2026-07-14T22:00:00Z"
    assert silence.end_of(date(2026, 3, 28)) == "2026-03-28T23:00:00Z"
    assert silence.end_of(date(2026, 3, 29)) == "2026-03-29T22:00:00Z"


@pytest.mark.parametrize(
    ("resumed_on", "days"), [(1, 0), (2, 1), (15, 14), (16, 15), (17, 15), (30, 15)]
)
def test_the_clock_stands_still_at_most_for_the_time_allowed(
    resumed_on: int, days: int
) -> None:
    since, until = date(2026, 9, 1), date(2026, 9, 16)
    assert silence.suspended_days(since, until, date(2026, 9, resumed_on)) == days


def test_totals_ignore_empty_cells() -> None:
    rows = [{"amount": 1.1}, {"amount": None}, {}]
    assert amounts.total(rows, "amount", "Montant") == Decimal("1.1")
    assert amounts.total(None, "amount", "Montant") == 0
