"""The decision tables of the investment aid, by hand, on both sides of each boundary."""

from pathlib import Path
from typing import Any

import pytest

from engine import decisions
from workflows import grants

FOLDER = Path(grants.__file__).parent / "investment_aid"
TODAY = "2026-11-21"


def decide(name: str, **context: Any) -> Any:
    tables = decisions.compile((FOLDER / f"{name}.dmn").read_bytes())
    context = {"registration": {"received_on": TODAY}} | context
    return decisions.evaluate(tables, name, context)


@pytest.mark.parametrize(
    ("headcount", "turnover", "balance_sheet", "size"),
    [
        (0, 0, 0, "micro"),
        (9.9, 2_000_000, 99_000_000, "micro"),
        (9.9, 99_000_000, 2_000_000, "micro"),
        (9.9, 2_000_000.01, 2_000_000.01, "small"),
        (10, 1, 1, "small"),
        (49.9, 10_000_000, 99_000_000, "small"),
        (49.9, 99_000_000, 10_000_000, "small"),
        (49.9, 10_000_000.01, 10_000_000.01, "medium"),
        (50, 1, 1, "medium"),
        (249.9, 50_000_000, 99_000_000, "medium"),
        (249.9, 50_000_000.01, 43_000_000, "medium"),
        (249.9, 50_000_000.01, 43_000_000.01, "large"),
        (250, 1, 1, "large"),
    ],
)
def test_size(headcount: float, turnover: float, balance_sheet: float, size: str) -> None:
    figures = {"headcount": headcount, "turnover": turnover, "balance_sheet": balance_sheet}
    assert decide("size_class", consolidated=figures) == size


@pytest.mark.parametrize(
    ("form", "size", "assisted", "rate", "ceiling"),
    [
        ("grant", "micro", "no", 20, None),
        ("grant", "small", "no", 20, None),
        ("grant", "medium", "no", 10, None),
        ("grant", "large", "no", 0, None),
        ("grant", "micro", "yes", 35, None),
        ("grant", "small", "yes", 35, None),
        ("grant", "medium", "yes", 25, None),
        ("grant", "large", "yes", 15, None),
        ("mixed", "small", "no", 20, None),
        ("mixed", "medium", "yes", 25, None),
        ("advance", "micro", "no", 20, 250_000),
        ("advance", "medium", "no", 20, 250_000),
        ("advance", "small", "yes", 30, 250_000),
        ("advance", "large", "no", 0, None),
        ("advance", "large", "yes", 0, None),
        ("gift", "small", "no", 0, None),
    ],
)
def test_intensity(
    form: str, size: str, assisted: str, rate: float, ceiling: float | None
) -> None:
    found = decide(
        "intensity",
        application={"aid_form": form},
        size_class=size,
        admissibility={"assisted_area": assisted},
    )
    assert (found["rate"], found["ceiling"]) == (rate, ceiling)
    assert found["scheme"]
    assert found["basis"]


@pytest.mark.parametrize(
    ("received_on", "rate"),
    [("2021-12-31", 0), ("2022-01-01", 35), ("2027-12-31", 35), ("2028-01-01", 0)],
)
def test_the_regional_aid_map_has_its_years(received_on: str, rate: float) -> None:
    found = decide(
        "intensity",
        registration={"received_on": received_on},
        application={"aid_form": "grant"},
        size_class="small",
        admissibility={"assisted_area": "yes"},
    )
    assert found["rate"] == rate


@pytest.mark.parametrize(
    ("regime", "naf", "total", "requested", "outcome", "maximum"),
    [
        ("general", "25.62B", 270_000, 29_999.99, "possible", 29_999.99),
        ("general", "25.62B", 270_000, 30_000, "possible", 30_000),
        ("general", "25.62B", 270_000, 30_000.01, "capped", 30_000),
        ("general", "25.62B", 299_999.99, 5_000, "capped", 0.01),
        ("general", "25.62B", 300_000, 5_000, "capped", 0),
        ("general", "25.62B", 310_000, 5_000, "capped", 0),
        ("general", "25.62B", 0, 300_000, "possible", 300_000),
        ("general", "01.11Z", 0, 1_000, "excluded_sector", 0),
        ("general", "03.11Z", 0, 1_000, "excluded_sector", 0),
        ("general", "02.10Z", 0, 1_000, "possible", 1_000),
        ("sgei", "25.62B", 700_000, 50_000, "possible", 50_000),
        ("sgei", "25.62B", 700_000, 50_000.01, "capped", 50_000),
    ],
)
def test_de_minimis(
    regime: str, naf: str, total: float, requested: float, outcome: str, maximum: float
) -> None:
    found = decide(
        "de_minimis",
        regulation={"de_minimis_regime": regime},
        application={"naf": naf, "requested_amount": requested},
        past_aids={"total": total},
    )
    assert (found["outcome"], found["maximum"]) == (outcome, maximum)
    assert found["basis"].startswith("Règlement (UE) 2023/283")


def test_the_de_minimis_regulation_begins_in_2024() -> None:
    before = decide(
        "de_minimis",
        registration={"received_on": "2023-12-31"},
        regulation={"de_minimis_regime": "general"},
        application={"naf": "25.62B", "requested_amount": 1},
        past_aids={"total": 0},
    )
    assert before is None


@pytest.mark.parametrize(
    ("amount", "form", "agreement", "publication"),
    [
        (23_000, "grant", False, False),
        (23_000.01, "grant", True, False),
        (99_999.99, "grant", True, False),
        (100_000, "grant", True, True),
        (1_000, "advance", True, False),
        (99_999.99, "advance", True, False),
        (100_000, "advance", True, True),
        (23_000, "mixed", False, False),
    ],
)
def test_circuit(amount: float, form: str, agreement: bool, publication: bool) -> None:
    found = decide(
        "decision_circuit", proposal={"amount": amount}, application={"aid_form": form}
    )
    assert found["agreement_required"] is agreement
    assert ("publication" in found["opinions"]) is publication
    assert ("échéancier" in found["act"]) is (form == "advance")


def test_deadlines_carry_their_articles() -> None:
    found = decide("deadlines")
    assert found["rejection_months"] == 2
    assert found["rejection_article"] == "CRPA, art. L231-4, 3°"
    assert (found["opinion_delay"], found["opinion_reminder"]) == ("P21D", "P14D")
    assert found["de_minimis_years"] == 3
    assert found["retention_years"] == 10
    assert decide("deadlines", registration={"received_on": "2015-11-06"}) is None


def test_a_member_body_sets_its_own_figures() -> None:
    assert decide("regulation", case={"parameters": {}})["floor"] == 10_000
    own = decide("regulation", case={"parameters": {"floor": 5_000, "public_share": 60}})
    assert (own["floor"], own["public_share"], own["waiting_months"]) == (5_000, 60, 24)


@pytest.mark.parametrize("department", ["21", "58", "71", "89"])
def test_each_departement_is_found_in_the_directory(department: str) -> None:
    found = decide("cofunder", registration={"department": department})
    assert found["reference"] == f"DEP-{department}"
    assert found["name"].startswith("Département")


def test_elsewhere_there_is_no_cofunder() -> None:
    assert decide("cofunder", registration={"department": "75"}) is None


SOUND = {
    "siret_valid": True,
    "department": "21",
    "size_class": "small",
    "naf_division": "25",
    "committed_early": False,
    "obligations_met": True,
    "in_difficulty": False,
    "deggendorf_clear": True,
    "eligible_expenses": 10_000,
    "plan_gap": 0,
    "public_rate": 80,
    "open_applications": 0,
    "documents_late": False,
    "months_since_grant": None,
}


def reasons(**wrong: Any) -> list[str]:
    regulation = decide("regulation", case={"parameters": {}})
    found = decide("admissibility", regulation=regulation, facts=SOUND | wrong)
    return [one["code"] for one in found or []]


def test_a_sound_request_has_no_reason_to_be_rejected() -> None:
    assert reasons() == []
    assert reasons(months_since_grant=24) == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"siret_valid": False}, "R01"),
        ({"department": "75"}, "R02"),
        ({"size_class": "large"}, "R03"),
        ({"naf_division": "64"}, "R04"),
        ({"committed_early": True}, "R05"),
        ({"obligations_met": False}, "R06"),
        ({"in_difficulty": True}, "R07"),
        ({"deggendorf_clear": False}, "R08"),
        ({"eligible_expenses": 9_999.99}, "R09"),
        ({"plan_gap": 0.01}, "R10"),
        ({"plan_gap": -0.01}, "R10"),
        ({"public_rate": 80.01}, "R11"),
        ({"open_applications": 1}, "R12"),
        ({"documents_late": True}, "R13"),
        ({"months_since_grant": 23}, "R14"),
    ],
)
def test_each_reason_is_found_alone(wrong: dict[str, Any], code: str) -> None:
    assert reasons(**wrong) == [code]


def test_reasons_add_up_and_a_duplicate_only_warns() -> None:
    regulation = decide("regulation", case={"parameters": {}})
    facts = SOUND | {"size_class": "large", "open_applications": 2, "plan_gap": 5}
    found = decide("admissibility", regulation=regulation, facts=facts)
    assert [(one["code"], one["blocking"]) for one in found] == [
        ("R03", True),
        ("R10", True),
        ("R12", False),
    ]
