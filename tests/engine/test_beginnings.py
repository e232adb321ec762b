"""Cases that nobody files: a message, a timer or another pool starts each of them, once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from engine import clock, journal, journal_check
from engine.access import Forbidden
from engine.commands import beginnings, cases, messages, tasks
from engine.commands.operations import Operation, perform
from engine.commands.step import restore
from engine.models import (
    Message,
    ProcessDefinition,
    ProcessInstance,
    StartTimer,
    UserTask,
    db,
)
from engine.spiff import moments
from engine.spiff.errors import DiagramRefused
from engine.sweep import sweep
from tests.engine.drawn_cases import lanes
from tests.engine.spiff.drawing import (
    chain,
    element,
    end,
    extensions,
    message,
    process,
    properties,
    start,
    throw,
    timer,
    user,
)
from tests.engine.test_commands import LANES
from tests.office import Office, open_office, open_tasks, publish

KEY = "tests.timed"
BEGINNING = f"""
<bpmn:message id="M" name="tests.asked"/>
<bpmn:process id="tests.beginning" name="Essai" isExecutable="true">{LANES}
  <bpmn:startEvent id="asked"><bpmn:messageEventDefinition messageRef="M"/></bpmn:startEvent>
  <bpmn:userTask id="review" name="Instruire"/>
  <bpmn:endEvent id="done" name="Terminé"/>
  <bpmn:sequenceFlow id="a" sourceRef="asked" targetRef="review"/>
  <bpmn:sequenceFlow id="b" sourceRef="review" targetRef="done"/>
</bpmn:process>"""


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def timed(*timers: tuple[str, str], by_hand: bool = False, more: str = "") -> str:
    """A process that timers start, `begun0`, `begun1`…, each leading to one task."""
    starts = "".join(
        element("startEvent", f"begun{number}", timer(kind, said))
        + chain(f"begun{number}", "review")
        for number, (kind, said) in enumerate(timers)
    )
    plain = start() + chain("started", "review") if by_hand else ""
    return process(
        lanes("review"), starts, plain, user("review"), end(), chain("review", "ended"),
        more, key=KEY,
    )  # fmt: skip


def version(office: Office, body: str) -> UUID:
    return publish(KEY, body, owner=office.region)


def swept() -> None:
    for _ in range(300):
        if not sweep(lambda call: None):
            return
    pytest.fail("the sweep never ends")


def started(key: str = KEY) -> list[ProcessInstance]:
    db.session.rollback()
    return list(
        db.session.scalars(select(ProcessInstance).where(ProcessInstance.key == key))
    )


def occurrences(key: str = KEY) -> list[datetime]:
    """What each case says of the moment for which it was started, in the order of starting."""
    found = sorted(started(key), key=lambda case: case.started_at)
    first = [journal.of_case(case.id)[0].detail["timer"] for case in found]
    return [datetime.fromisoformat(moment) for moment in first]


def test_a_message_starts_a_case_once(office: Office) -> None:
    publish("tests.beginning", BEGINNING, owner=office.region)
    for _ in range(2):
        messages.receive("tests.asked", None, {"amount": 5}, external_id="x1")
    messages.receive("tests.unknown", None, {})
    sweep(lambda call: None)
    sweep(lambda call: None)
    (case,) = db.session.scalars(select(ProcessInstance))
    (task,) = db.session.scalars(select(UserTask))
    assert (case.key, task.element_id) == ("tests.beginning", "review")
    assert case.started_by is None
    assert case.organisation_id == office.region


def test_nobody_takes_the_message_with_which_another_procedure_begins(
    office: Office,
) -> None:
    publish("tests.beginning", BEGINNING, owner=office.region)
    for owner in (office.region, office.department):
        with pytest.raises(
            DiagramRefused, match=r"« tests\.asked » démarre déjà"
        ) as refused:
            publish(
                "tests.thief", BEGINNING.replace("tests.beginning", "tests.thief"),
                owner=owner,
            )  # fmt: skip
        assert refused.value.problems[0].element_id == "asked"
    publish("tests.beginning", BEGINNING + "<!-- 2 -->", owner=office.region)


def test_a_message_too_big_for_its_case_keeps_nobody_waiting(office: Office) -> None:
    publish("tests.beginning", BEGINNING, owner=office.region)
    messages.receive("tests.asked", None, {"filler": "x" * 300_000})
    messages.receive("tests.asked", None, {"amount": 5})
    swept()
    assert len(started("tests.beginning")) == 1
    assert beginnings.waiting_to_begin(10) == []
    clock.advance(timedelta(minutes=6))
    assert len(beginnings.waiting_to_begin(10)) == 1, "it is tried again later"


# Timers


@pytest.mark.parametrize(
    ("kind", "said", "after"),
    [
        ("date", "{soon}", timedelta(days=3)),
        ("date", 'date and time("{soon}")', timedelta(days=3)),
        ("duration", "P3D", timedelta(days=3)),
        ("duration", 'duration("PT72H")', timedelta(days=3)),
        ("cycle", "R/P3D", timedelta(days=3)),
        ("cycle", 'duration("P3D")', timedelta(days=3)),
        ("cycle", "R/P1Y", moments.duration("P1Y").after(clock.now()) - clock.now()),
    ],
)
def test_a_timer_starts_a_case_of_the_body_that_owns_the_procedure(
    office: Office, kind: str, said: str, after: timedelta
) -> None:
    soon = clock.now() + timedelta(days=3)
    version(office, timed((kind, said.format(soon=soon.isoformat()))))
    clock.advance(after - timedelta(hours=2))
    swept()
    assert started() == []
    clock.advance(timedelta(hours=3))
    swept()
    (case,) = started()
    assert (case.organisation_id, case.started_by, case.applicant_id) == (
        office.region, None, None,
    )  # fmt: skip
    assert sorted(open_tasks(case.id)) == ["review"]
    swept()
    assert len(started()) == 1
    assert journal_check.verify() == []


def test_one_start_that_says_the_same_twice_is_one_timer(office: Office) -> None:
    once = timer("duration", "P1D")
    body = timed(("duration", "P1D")).replace(once, once * 2)
    for more in ("", "<!-- 2 -->"):
        version(office, body + more)
    clock.advance(timedelta(days=1, hours=1))
    swept()
    assert len(started()) == 1
    version(office, timed(("duration", "P1Y")))
    assert db.session.scalars(select(StartTimer.expression)).all() == ["P1Y"]


def test_a_timer_reads_the_calendar_of_working_days(office: Office) -> None:
    version(office, timed(("date", "working days after(today(), 5)")))
    armed = db.session.scalars(select(StartTimer)).one()
    assert armed.due_at is not None
    due = armed.due_at.astimezone(clock.PARIS)
    assert (due.hour, due.weekday() < 5) == (0, True)
    assert timedelta(days=5) < armed.due_at - clock.now() < timedelta(days=12)


def test_occurrences_missed_all_happen_in_their_order(office: Office) -> None:
    version(office, timed(("cycle", "R4/P1D"), ("cycle", "R/P2D")))
    armed = {t.element_id: t.first_at for t in db.session.scalars(select(StartTimer))}
    clock.advance(timedelta(days=5, hours=1))
    swept()
    daily, other = armed["begun0"], armed["begun1"]
    wanted = [daily + timedelta(days=n) for n in range(4)]
    wanted += [other + timedelta(days=2 * n) for n in range(2)]
    assert sorted(occurrences()) == sorted(wanted)
    by_start = [
        [e.detail["timer"] for e in (journal.of_case(c.id)[0],) if e.detail["start"] == s]
        for s in ("begun0", "begun1")
        for c in sorted(started(), key=lambda case: case.started_at)
    ]
    moments = [moment for found in by_start for moment in found]
    assert moments[:4] == sorted(moments[:4])
    assert moments[4:] == sorted(moments[4:])
    clock.advance(timedelta(days=30))
    swept()
    assert len(occurrences()) == 4 + 17, "four times only, and for ever"


def test_of_too_many_missed_occurrences_the_last_ones_happen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beginnings, "MOST_MISSED", 3)
    version(office, timed(("cycle", "R/P1D")))
    first = db.session.scalars(select(StartTimer.first_at)).one()
    clock.advance(timedelta(days=10, hours=1))
    swept()
    assert occurrences() == [first + timedelta(days=n) for n in (7, 8, 9)]
    (said,) = db.session.scalars(
        select(journal.JournalEntry).where(
            journal.JournalEntry.action == "occurrences_passed_over"
        )
    )
    assert (said.detail["count"], said.detail["from"]) == (7, first.isoformat())
    clock.advance(timedelta(days=3))
    swept()
    assert len(occurrences()) == 6
    assert journal_check.verify() == []


def test_only_the_current_version_starts_cases_and_keeps_the_rhythm(
    office: Office,
) -> None:
    version(office, timed(("cycle", "R/P3D"), ("duration", "P1D"), ("cycle", "R/P9D")))
    clock.advance(timedelta(days=1, hours=1))
    swept()
    assert len(started()) == 1
    clock.advance(timedelta(days=1))
    second = version(office, timed(("cycle", "R/P3D"), ("duration", "P1D")))
    clock.advance(timedelta(days=1))
    swept()
    assert len(started()) == 2, "on the third day, and the day after publication is over"
    assert [case.definition_id for case in started()].count(second) == 1
    clock.advance(timedelta(days=7))
    swept()
    assert len(started()) == 4, "the sixth and the ninth; the third timer is gone"
    version(office, timed(("cycle", "R/P4D")))
    clock.advance(timedelta(days=3))
    swept()
    assert len(started()) == 4, "another rhythm is counted anew"
    db.session.execute(update(ProcessDefinition).values(withdrawn_at=clock.now()))
    db.session.commit()
    clock.advance(timedelta(days=30))
    swept()
    assert len(started()) == 4, "what is withdrawn starts nothing"


def test_what_is_past_when_it_is_published_is_past(office: Office) -> None:
    for kind, said in (("date", "2020-01-01"), ("cycle", "R3/2020-01-01/P1Y")):
        with pytest.raises(DiagramRefused, match="déjà passé") as refused:
            version(office, timed((kind, said)))
        assert refused.value.problems[0].element_id == "begun0"
    assert db.session.scalars(select(StartTimer)).first() is None
    version(office, timed(("cycle", "R/2020-01-01T00:00:00Z/PT1M")))
    timer_id, due = db.session.execute(select(StartTimer.id, StartTimer.due_at)).one()
    assert timedelta(0) < due - clock.now() <= timedelta(minutes=1)
    assert beginnings.begin_on_time(timer_id) is None
    assert started() == []


def test_a_cycle_keeps_its_hour_in_paris(office: Office) -> None:
    now = clock.now()
    year = now.year + 1
    version(office, timed(("cycle", f"R/{year}-02-01T09:00/P1M")))
    clock.advance(datetime(year, 5, 2, tzinfo=UTC) - now)
    swept()
    local = [moment.astimezone(clock.PARIS) for moment in occurrences()]
    assert [(m.month, m.day, m.hour) for m in local] == [
        (2, 1, 9), (3, 1, 9), (4, 1, 9), (5, 1, 9),
    ]  # fmt: skip


def test_a_start_by_hand_a_timer_and_a_message_live_together(office: Office) -> None:
    news = '<bpmn:message id="M" name="tests.asked"/>'
    asked = element("startEvent", "asked", message("M")) + chain("asked", "review")
    body = news + timed(("cycle", "R/P1D"), by_hand=True, more=asked)
    definition = version(office, body)
    cases.start(definition, {}, actor=office.applicant, applicant_id=office.company)
    messages.receive("tests.asked", None, {})
    clock.advance(timedelta(days=1, hours=1))
    swept()
    assert len(started()) == 3
    starts = [journal.of_case(case.id)[0].detail.get("start") for case in started()]
    assert sorted(map(str, starts)) == ["None", "asked", "begun0"]


def test_a_procedure_whose_every_start_waits_is_not_filed_by_hand(office: Office) -> None:
    definition = version(office, timed(("cycle", "R/P1D")))
    for actor in (office.applicant, office.officer, office.operator):
        with pytest.raises(Forbidden):
            cases.start(definition, {}, actor=actor, applicant_id=office.company)


def test_a_start_that_fails_keeps_no_other_waiting(office: Office) -> None:
    version(office, timed(("cycle", "R/P1D"), ("cycle", "R/P1D")))
    clock.advance(timedelta(days=1, hours=1))
    (broken, *_) = db.session.scalars(select(StartTimer).order_by(StartTimer.element_id))
    broken.expression = "what the version does not say"
    db.session.commit()
    swept()
    assert len(started()) == 1
    assert beginnings.due(10) == []
    clock.advance(timedelta(minutes=6))
    assert len(beginnings.due(10)) == 1, "it is tried again later"


# Pools and versions


def correlated(event: str, key: str, by: str, *, catching: bool) -> str:
    kind = "intermediateCatchEvent" if catching else "intermediateThrowEvent"
    return element(kind, key, extensions(properties(correlation=by)), message(event))


def sending(key: str, event: str, payload: str, by: str) -> str:
    inside = f"<spiffworkflow:messagePayload>{payload}</spiffworkflow:messagePayload>"
    return element(
        "sendTask", key, extensions(properties(correlation=by), inside), messageRef=event
    )


TALK = "tests.talk"
TALKING = (
    '<bpmn:message id="Q" name="talk.question"/><bpmn:message id="A" name="talk.answer"/>'
    '<bpmn:message id="T" name="talk.thanks"/>'
    + process(
        lanes("ask", "read"), start(), user("ask"),
        sending("question", "Q", '{"number": case.number, "what": what}', "case.number"),
        correlated("A", "answer", "case.number", catching=True), user("read"),
        sending("thanks", "T", '{"mark": 5}', "case.number"), end(),
        chain("started", "ask", "question", "answer", "read", "thanks", "ended"), key=TALK,
    )
    + element(
        "process", "advice",
        extensions(properties(title='"Avis sur " + talk_question.what')),
        '<bpmn:laneSet id="ls"><bpmn:lane id="adviser" name="Instructeur">',
        extensions(properties(role="case_officer")),
        "<bpmn:flowNodeRef>advise</bpmn:flowNodeRef></bpmn:lane></bpmn:laneSet>",
        element("startEvent", "asked", message("Q")), user("advise"),
        sending("reply", "A", '{"advice": advice}', "talk_question.number"),
        correlated("T", "thanked", "talk_question.number", catching=True), end("advised"),
        chain("asked", "advise", "reply", "thanked", "advised"), isExecutable="true",
    )
)  # fmt: skip


def advice(asking: UUID) -> ProcessInstance:
    return next(case for case in started(TALK) if case.id != asking)


def test_two_pools_of_one_folder_speak_to_each_other(office: Office) -> None:
    definition = publish(TALK, TALKING, owner=office.region)
    asking = cases.start(
        definition, {}, actor=office.applicant, applicant_id=office.company
    ).id
    tasks.complete(open_tasks(asking)["ask"], {"what": "le toit"}, actor=office.officer)
    swept()
    other = advice(asking)
    assert (other.definition_id, other.title) == (definition, "Avis sur le toit")
    advise = open_tasks(other.id)["advise"]
    assert restore(other).task_data(advise)["talk_question"]["what"] == "le toit"
    perform(asking, Operation("suspend"), actor=office.operator, motive="essai")
    tasks.complete(advise, {"advice": "oui"}, actor=office.officer)
    swept()
    assert sorted(open_tasks(asking)) == []
    perform(asking, Operation("resume"), actor=office.operator, motive="essai")
    read = open_tasks(asking)["read"]
    first = db.session.get_one(ProcessInstance, asking)
    assert restore(first).task_data(read)["talk_answer"] == {"advice": "oui"}
    tasks.complete(read, {}, actor=office.officer)
    swept()
    ended = [(case.status, case.outcome) for case in started(TALK)]
    assert sorted(ended) == [("completed", "advised"), ("completed", "ended")]
    assert len(db.session.scalars(select(Message)).all()) == 3
    assert journal_check.verify() == []


def test_cases_of_two_versions_hear_each_other(office: Office) -> None:
    first = publish(TALK, TALKING, owner=office.region)
    asking = cases.start(first, {}, actor=office.applicant, applicant_id=office.company).id
    second = publish(TALK, TALKING + "<!-- 2 -->", owner=office.region)
    tasks.complete(open_tasks(asking)["ask"], {"what": "x"}, actor=office.officer)
    swept()
    other = advice(asking)
    assert other.definition_id == second, "a new case takes the current version"
    tasks.complete(open_tasks(other.id)["advise"], {"advice": 1}, actor=office.officer)
    swept()
    tasks.complete(open_tasks(asking)["read"], {}, actor=office.officer)
    swept()
    assert {case.status for case in started(TALK)} == {"completed"}


def test_a_case_of_another_pool_goes_on_under_the_next_version(office: Office) -> None:
    definition = publish(TALK, TALKING, owner=office.region)
    asking = cases.start(
        definition, {}, actor=office.applicant, applicant_id=office.company
    ).id
    tasks.complete(open_tasks(asking)["ask"], {"what": "x"}, actor=office.officer)
    swept()
    second = publish(TALK, TALKING + "<!-- 2 -->", owner=office.region)
    other = advice(asking).id
    to_second = Operation("migrate", to=str(second))
    perform(other, to_second, actor=office.operator, motive="essai")
    tasks.complete(open_tasks(other)["advise"], {"advice": 1}, actor=office.officer)
    assert restore(db.session.get_one(ProcessInstance, other)).markers() == ["thanked"]
    alone = process(
        lanes("ask"), start(), user("ask"), throw("t"), end(),
        chain("started", "ask", "t", "ended"), key=TALK,
    )  # fmt: skip
    third = Operation("migrate", to=str(publish(TALK, alone, owner=office.region)))
    with pytest.raises(Exception, match="« advice » n'est plus dans la nouvelle version"):
        perform(other, third, actor=office.operator, motive="essai")
