"""What the operations keep and refuse, on the tables, with the clock moved by hand."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from engine import clock, journal
from engine.commands import people
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.transaction import lock, transaction
from workflows.grants import operations
from workflows.grants.models import DeMinimisAid, GrantApplication, GrantDecision, Opinion

SIRET = "73282932000074"
APPLICATION: dict[str, Any] = {
    "siret": "732 829 320 00074",
    "company_name": "Tonnellerie du Morvan",
    "naf": "16.24Z",
    "created_on": "2009-03-12",
    "share_capital": 50_000,
    "equity": 310_000,
    "project": {"title": "Cintrage", "commune": "21054"},
    "expenses": [
        {"item": "equipment", "amount": 100_000},
        {"item": "consulting", "amount": 20_000},
    ],
    "resources": [
        {"kind": "region_aid", "amount": 20_000},
        {"kind": "public_aid", "amount": 4_000},
        {"kind": "own_funds", "amount": 96_000},
    ],
    "requested_amount": 20_000,
    "aid_form": "grant",
    "deggendorf_clear": True,
    "commitments": {"up_to_date": True},
}


@pytest.fixture
def region(app: Flask) -> UUID:
    return people.add_organisation("member", "Région", slug="region", insee="REG-27")


def new_case(region: UUID, key: str = "grants.investment_aid") -> dict[str, Any]:
    """A case of a procedure that is only a name: no operation reads more of it."""
    definition = ProcessDefinition(
        id=uuid4(), key=key, version=uuid4().int % 10**6, name="Aide", owner_id=region,
        start_role="applicant", sha256="0" * 64, origin="folder", model=b"",
    )  # fmt: skip
    db.session.add(definition)
    db.session.flush()
    instance = ProcessInstance(
        id=uuid4(), number=f"26-{uuid4().hex[:8]}", key=key, definition_id=definition.id,
        organisation_id=region,
    )  # fmt: skip
    db.session.add(instance)
    db.session.flush()
    return {
        "id": str(instance.id),
        "number": instance.number,
        "definition": str(definition.id),
        "organisation": {"name": "Région"},
    }


def registered(
    region: UUID, key: str = "grants.investment_aid", **more: Any
) -> dict[str, Any]:
    case = new_case(region, key)
    operations.register_application(case=case, application=APPLICATION | more)
    operations.start_clock(case=case, months=2, warning_days=15)
    return case


def row_of(case: dict[str, Any]) -> GrantApplication:
    return db.session.get_one(GrantApplication, UUID(case["id"]))


def facts(case: dict[str, Any], **more: Any) -> dict[str, Any]:
    return operations.gather_facts(
        case=case,
        application=APPLICATION | more,
        size_class="small",
        eligible_items=["equipment"],
    )


def test_a_request_is_registered_as_it_was_filed(region: UUID) -> None:
    case = new_case(region)
    found = operations.register_application(case=case, application=APPLICATION)
    today = clock.today().isoformat()
    assert found == {"received_on": today, "commune": "21054", "department": "21"}
    row = row_of(case)
    assert (row.siret, row.requested, row.expenses) == (SIRET, 20_000, 120_000)
    assert row.procedure == "grants.investment_aid"


@pytest.mark.parametrize(
    ("commune", "department"), [("21054", "21"), ("2A004", "2A"), ("97105", "971")]
)
def test_the_departement_is_read_from_the_commune(
    region: UUID, commune: str, department: str
) -> None:
    project = {"title": "x", "commune": commune}
    found = operations.register_application(
        case=new_case(region), application=APPLICATION | {"project": project}
    )
    assert found["department"] == department


def test_a_request_without_amount_is_refused_in_french(region: UUID) -> None:
    with pytest.raises(ValueError, match="Montant demandé : un nombre est attendu"):
        operations.register_application(
            case=new_case(region), application=APPLICATION | {"requested_amount": None}
        )


def test_an_unregistered_case_says_which_step_is_missing(region: UUID) -> None:
    with pytest.raises(ValueError, match=r"grants\.register_application"):
        operations.start_clock(case=new_case(region), months=2, warning_days=15)


def test_the_clock_is_suspended_until_the_answer(region: UUID) -> None:
    case = registered(region)
    before = row_of(case).rejection_on
    assert before
    stopped = operations.suspend_clock(case=case, days=15, warning_days=15)
    assert stopped["suspended_until"] == (clock.today() + timedelta(days=15)).isoformat()
    clock.advance(timedelta(days=5))
    resumed = operations.resume_clock(case=case, warning_days=15)
    assert resumed["rejection_on"] == (before + timedelta(days=5)).isoformat()
    assert (resumed["suspended_days"], resumed["documents_late"]) == (5, False)
    assert row_of(case).suspended_on is None


def test_the_clock_is_suspended_no_longer_than_the_time_allowed(region: UUID) -> None:
    case = registered(region)
    before = row_of(case).rejection_on
    assert before
    operations.suspend_clock(case=case, days=15, warning_days=15)
    clock.advance(timedelta(days=40))
    resumed = operations.resume_clock(case=case, warning_days=15)
    assert resumed["rejection_on"] == (before + timedelta(days=15)).isoformat()
    assert resumed["documents_late"] is True
    operations.suspend_clock(case=case, days=10, warning_days=15)
    clock.advance(timedelta(days=2))
    again = operations.resume_clock(case=case, warning_days=15)
    assert (again["suspended_days"], again["documents_late"]) == (17, False)


def test_resuming_a_clock_that_runs_changes_nothing(region: UUID) -> None:
    case = registered(region)
    before = row_of(case).rejection_on
    operations.resume_clock(case=case, warning_days=15)
    assert row_of(case).rejection_on == before


@pytest.mark.parametrize("days", [0, -1, 366])
def test_a_delay_typed_wrong_is_refused(region: UUID, days: int) -> None:
    with pytest.raises(ValueError, match="de 1 à 365 jours"):
        operations.suspend_clock(case=registered(region), days=days, warning_days=15)


def test_facts_are_drawn_from_what_was_filed(region: UUID) -> None:
    found = facts(registered(region))
    assert found == {
        "siret_valid": True,
        "department": "21",
        "naf_division": "16",
        "committed_early": False,
        "obligations_met": True,
        "deggendorf_clear": True,
        "in_difficulty": False,
        "total_expenses": 120_000,
        "eligible_expenses": 100_000,
        "plan_gap": 0,
        "other_public_aid": 4_000,
        "public_rate": 20,
        "size_class": "small",
        "open_applications": 0,
        "months_since_grant": None,
        "documents_late": False,
    }


def test_work_begun_the_day_before_is_early_and_the_same_day_is_not(region: UUID) -> None:
    case = registered(region)
    for days, early in ((0, False), (1, True)):
        committed_on = (clock.today() - timedelta(days=days)).isoformat()
        project = {"title": "x", "commune": "21054", "committed_on": committed_on}
        assert facts(case, project=project)["committed_early"] is early


@pytest.mark.parametrize(
    ("equity", "age_years", "difficult"),
    [(25_000, 10, False), (24_999.99, 10, True), (-1, 2, False), (-1, 10, True)],
)
def test_difficulty_is_half_the_capital_lost_after_three_years(
    region: UUID, equity: float, age_years: int, difficult: bool
) -> None:
    created_on = clock.today().replace(day=1, year=clock.today().year - age_years)
    more = {"equity": equity, "created_on": created_on.isoformat()}
    assert facts(registered(region), **more)["in_difficulty"] is difficult


def test_another_open_request_of_the_same_procedure_is_counted(region: UUID) -> None:
    first = registered(region)
    registered(region, key="grants.other_aid")
    assert facts(first)["open_applications"] == 0
    second = registered(region)
    assert facts(first)["open_applications"] == 1
    operations.record_decision(case=second, outcome="withdrawn")
    assert facts(first)["open_applications"] == 0


def test_months_since_the_last_grant_are_whole_months(region: UUID) -> None:
    first = registered(region)
    operations.record_decision(case=first, outcome="granted", amount=10_000)
    decision = db.session.get_one(GrantDecision, UUID(first["id"]))
    today = clock.today()
    for decided_on, months in (
        (today, 0),
        (date(today.year - 2, today.month, 1), 24),
        (today - timedelta(days=20), None),
    ):
        decision.decided_on = decided_on
        db.session.flush()
        found = facts(registered(region))["months_since_grant"]
        assert found == months if months is not None else found in (0, 1)


def test_an_opinion_is_kept_once_per_body(region: UUID) -> None:
    case = registered(region)
    given = {"opinion": "reserved", "amount": 1_500.5, "remarks": "À suivre."}
    ask = {"case": case, "body": "oseo", "body_name": "OSEO"}
    assert operations.record_opinion(**ask)["label"] == "Réputé sans observation"
    found = operations.record_opinion(**ask, opinion=given)
    assert (found["opinion"], found["amount"]) == ("reserved", 1_500.5)
    [row] = db.session.query(Opinion).all()
    assert (row.opinion, row.amount, row.remarks) == (
        "reserved",
        Decimal("1500.5"),
        "À suivre.",
    )


def test_no_body_no_opinion_and_no_invented_one(region: UUID) -> None:
    case = registered(region)
    assert operations.record_opinion(case=case, body="x", body_name=None) is None
    with pytest.raises(ValueError, match="Avis inconnu : « parfait »"):
        operations.record_opinion(
            case=case, body="x", body_name="X", opinion={"opinion": "parfait"}
        )


def years_ago(years: int, *, days: int = 0) -> str:
    today = clock.today()
    month_end = date(today.year - years, today.month, min(today.day, 28))
    exact = (
        month_end if today.day > 28 else date(today.year - years, today.month, today.day)
    )
    return (exact + timedelta(days=days)).isoformat()


def test_three_rolling_years_leave_out_the_very_day(region: UUID) -> None:
    case = registered(region)
    declared = [
        {"granted_on": years_ago(3, days=-1), "amount": 1, "regulation": "2023/2831"},
        {"granted_on": years_ago(3), "amount": 10, "regulation": "2023/2831"},
        {"granted_on": years_ago(3, days=4), "amount": 100, "regulation": "1407/2013"},
        {"granted_on": years_ago(0), "amount": 1000.5, "regulation": "2023/2831"},
        {"granted_on": years_ago(1), "amount": 10_000, "regulation": "2023/2832"},
    ]
    found = operations.de_minimis_total(case=case, siren=SIRET[:9], declared=declared)
    assert found["total"] == 1100.5
    assert len(found["counted"]) == 2


def test_what_we_granted_counts_even_undeclared_and_only_once(region: UUID) -> None:
    past, case = registered(region), registered(region)
    operations.record_decision(case=past, outcome="granted", amount=12_000)
    ask = {"case": case, "siren": SIRET[:9]}
    assert operations.de_minimis_total(**ask)["total"] == 12_000
    same = {
        "granted_on": clock.today().isoformat(),
        "amount": 12_000,
        "authority": "Région",
    }
    assert operations.de_minimis_total(**ask, declared=[same])["total"] == 12_000
    other = same | {"amount": 500}
    assert operations.de_minimis_total(**ask, declared=[same, other])["total"] == 12_500
    assert operations.de_minimis_total(case=past, siren=SIRET[:9])["total"] == 0
    assert operations.de_minimis_total(case=case, siren="000000000")["total"] == 0


def test_a_decision_enters_the_registers_once(region: UUID) -> None:
    case = registered(region)
    for amount in (9_000, 10_000.5):
        found = operations.record_decision(
            case=case, outcome="granted", amount=amount, basis="RGEC, art. 17",
            conditions="Maintien.", decided_by={"id": "abc", "name": "Hélène"},
        )  # fmt: skip
    assert found["number"] == f"{case['number']}-D"
    [decision] = db.session.query(GrantDecision).all()
    [aid] = db.session.query(DeMinimisAid).all()
    assert decision.amount == aid.amount == Decimal("10000.5")
    assert (decision.decided_by, aid.authority) == ("abc", "Région")
    assert row_of(case).outcome == "granted"


def test_a_tacit_rejection_is_dated_by_the_law(region: UUID) -> None:
    case = registered(region)
    legal_day = row_of(case).rejection_on
    assert legal_day
    clock.advance(timedelta(days=100))
    found = operations.record_decision(case=case, outcome="implicitly_rejected")
    assert found["decided_on"] == legal_day.isoformat()
    assert db.session.query(DeMinimisAid).count() == 0


def test_an_impossible_decision_is_refused(region: UUID) -> None:
    case = registered(region)
    with pytest.raises(ValueError, match="Issue inconnue"):
        operations.record_decision(case=case, outcome="maybe")
    with pytest.raises(ValueError, match="demande un montant"):
        operations.record_decision(case=case, outcome="granted")


def test_the_manifest_lists_the_journal_and_ranks_the_transfer(region: UUID) -> None:
    case = registered(region)
    db.session.commit()
    with transaction():
        instance = lock(ProcessInstance, UUID(case["id"]))
        journal.write_for_case(instance, "case_started", by=None)
    first = operations.archive_manifest(case=case)
    assert (first["transfer"], first["documents"]) == (1, [])
    assert [one["action"] for one in first["journal"]] == ["case_started"]
    assert operations.archive_manifest(case=case, previous=first)["transfer"] == 2
