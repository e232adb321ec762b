"""An act from its transmission to its archive, before the sandbox of the service."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from engine import clock
from engine.commands import tasks
from engine.models import ProcessInstance, db
from tests.workflows.legality.acts_office import ActsOffice, open_acts_office
from workflows.legality import acts, watching
from workflows.legality.clock import term
from workflows.legality.models import (
    ABANDONED,
    ACKNOWLEDGED,
    ANOMALY,
    CANCELLED,
    EXEMPT,
    LegalityLetter,
    LegalityMessage,
)


@pytest.fixture
def office(app: Flask) -> ActsOffice:
    return open_acts_office(app)


def case(office: ActsOffice, case_id: object) -> ProcessInstance:
    db.session.rollback()
    return db.session.get_one(ProcessInstance, case_id)


def codes(act: object) -> list[str]:
    rows = select(LegalityMessage.code).where(LegalityMessage.act_id == act.id)  # type: ignore[attr-defined]
    return sorted(db.session.scalars(rows))


def test_an_act_is_acknowledged_published_then_enforceable(office: ActsOffice) -> None:
    act = office.act("2026_DE_001", files=2)
    assert (act.state, bool(act.unique_id), act.enforceable_on) == (
        ACKNOWLEDGED,
        True,
        None,
    )
    assert act.referral_until == term(act.acknowledged_on, 2, clear=True, postponed=True)
    assert case(office, act.instance_id).outcome == "acknowledged"
    assert case(office, act.watch_id).is_open, "its life goes on in a case of its own"

    task = office.tasks(act.watch_id)["publish_act"]
    chosen = [str(one.id) for one in watching.documents_of(act)][:1]
    tasks.complete(
        task,
        {"means": "online", "published_on": clock.today().isoformat(), "version": "whole",
         "documents": chosen, "names_people": False},
        actor=office.office.legality_officer,
    )  # fmt: skip
    office.settle()
    act = office.found("2026_DE_001")
    assert act.enforceable_on == max(act.published_on, act.acknowledged_on)
    assert [str(one.id) for one in watching.public_documents(act)] == chosen
    assert watching.stamped_copy(act) is not None
    assert codes(act) == ["1-1", "1-2"]


def test_an_act_lives_until_it_is_archived(office: ActsOffice) -> None:
    act = office.act("2026_AI_002", nature=3)
    task = office.tasks(act.watch_id)["publish_act"]
    tasks.complete(
        task, {"means": "notice", "published_on": clock.today().isoformat(), "version": "none"},
        actor=office.office.legality_officer,
    )  # fmt: skip
    office.pass_days(70)
    watch = case(office, act.watch_id)
    assert (watch.status, watch.outcome) == ("completed", "kept")
    assert office.found("2026_AI_002").shown_on is None
    with pytest.raises(acts.TooLate):
        acts.cancel(act.id, actor=office.office.legality_officer, reason="Trop tard")


def test_an_anomaly_waits_for_somebody_who_gives_the_act_up(office: ActsOffice) -> None:
    act = office.act("KO_3")
    assert act.state == ANOMALY
    task = office.tasks(act.instance_id)["correct_act"]
    tasks.complete(task, {"decision": "give_up"}, actor=office.office.legality_officer)
    assert office.found("KO_3").state == ABANDONED
    again = office.act("KO_3")
    assert again.id != act.id, "the number of an act given up is free again"


def test_an_act_is_cancelled_and_leaves_the_public_register(app: Flask) -> None:
    office = open_acts_office(app, publishes=True)
    act = office.act("2026_DE_004")
    assert (act.published_on, act.shown_on) == (clock.today(), clock.today())
    acts.cancel(act.id, actor=office.office.legality_officer, reason="Erreur de visa")
    office.settle()
    office.settle()
    act = office.found("2026_DE_004")
    assert (act.state, act.shown_on, act.enforceable_on) == (CANCELLED, None, None)
    assert act.reason == "Erreur de visa"
    assert codes(act) == ["1-1", "1-2", "6-1", "6-2"]
    assert case(office, act.watch_id).outcome == "cancelled"


def test_an_act_the_law_exempts_is_enforceable_once_published(office: ActsOffice) -> None:
    act = office.act("2026_AU_005", nature=6, transmit=False)
    assert act.state == EXEMPT
    office.settle()
    task = office.tasks(office.found("2026_AU_005").watch_id)["publish_act"]
    tasks.complete(
        task, {"means": "display", "published_on": clock.today().isoformat(), "version": "none"},
        actor=office.office.legality_officer,
    )  # fmt: skip
    assert office.found("2026_AU_005").enforceable_on == clock.today()


def test_documents_asked_for_on_day_59_move_the_clock(office: ActsOffice) -> None:
    act = office.act("PC59_006")
    first = act.referral_until
    office.pass_days(59)
    (letter,) = office.collect()
    act = office.found("PC59_006")
    assert act.referral_open, "the prefect's time waits for the documents"
    assert first is not None and clock.today() <= first

    office.pass_days(10)  # the first time is over: the act may still be referred
    assert clock.today() > first
    assert case(office, act.watch_id).is_open
    task = office.tasks(letter.id)["supply_documents"]
    tasks.complete(
        task, {"decision": "send", "files": [{"file": office.file(9), "document_type": "99_DE"}]},
        actor=office.office.legality_officer,
    )  # fmt: skip
    office.settle()
    office.settle()
    act = office.found("PC59_006")
    received = clock.today()
    assert act.referral_until == term(received, 2, clear=True, postponed=True)
    assert not act.referral_open
    assert codes(act) == ["1-1", "1-2", "3-1", "3-2", "3-4", "3-5"]
    row = db.session.scalars(select(LegalityLetter)).one()
    assert (row.state, row.act_id) == ("answered", act.id)


def test_a_request_that_comes_too_late_moves_nothing(office: ActsOffice) -> None:
    act = office.act("PC70_007")
    first = act.referral_until
    office.pass_days(70)
    (letter,) = office.collect()
    act = office.found("PC70_007")
    assert (act.referral_until, act.referral_open) == (first, False)
    task = office.tasks(letter.id)["supply_documents"]
    tasks.complete(
        task, {"decision": "refuse", "files": [{"file": office.file(9), "document_type": None}]},
        actor=office.office.legality_officer,
    )  # fmt: skip
    office.settle()
    assert office.found("PC70_007").referral_until == first
    assert case(office, letter.id).outcome == "answered"


def test_letters_are_taken_once_and_each_has_its_task(office: ActsOffice) -> None:
    for number in ("CS_8", "LO_8", "TA_8"):
        office.act(number)
    assert len(office.collect()) == 3
    clock.advance(timedelta(hours=1))
    assert len(office.collect()) == 3, "what was read does not come again"
    kinds = {r.kind: r for r in db.session.scalars(select(LegalityLetter))}
    assert set(kinds) == {"letter", "observations", "referral"}
    open_ = {name for row in kinds.values() for name in office.tasks(row.instance_id)}
    assert open_ == {"reply_letter", "answer_observations", "follow_referral"}
    assert office.found("TA_8").referred_on is not None


def test_an_act_says_by_when_it_is_due_and_what_the_law_says(office: ActsOffice) -> None:
    for nature, number, days in ((3, "2026_AI_020", 15), (1, "2026_DE_021", None)):
        act = office.act(number, nature=nature)
        due = act.decided_on + timedelta(days=days) if days else None
        assert (act.due_on, act.confirmed) == (due, False)
        assert "L2131" in act.article
