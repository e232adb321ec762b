"""What operators do to one case: each act with a motive, its preview, its trace."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from connectors import Refused
from engine import clock, journal, journal_check
from engine.access import Forbidden
from engine.commands import messages, partners, tasks
from engine.commands.operations import Operation, perform
from engine.commands.preview import preview
from engine.errors import OperationRefused, TaskSuspended
from engine.exchanges import Exchange, RemoteCall
from engine.models import History, Incident, Message, Timer, UserTask, db
from tests.engine.drawn_cases import (
    KEY,
    begin,
    case,
    forked,
    lanes,
    steps,
    version,
    waiting,
)
from tests.engine.spiff.drawing import (
    chain,
    end,
    exclusive,
    flow,
    process,
    service,
    start,
    user,
)
from tests.engine.test_commands import Echo, calling
from tests.office import Office, deliver_all, open_office, open_tasks, remote
from web.tidying import tidy


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


def do(office: Office, instance, act: str, target="", **more):
    operation = Operation(act, str(target), **more)
    return perform(instance, operation, actor=office.operator, motive="pour l'essai")


def test_a_step_is_skipped_with_what_it_would_have_given(office: Office) -> None:
    instance = begin(office, version(office, steps("a", "b", late="a")))
    task = open_tasks(instance)["a"]
    shown = preview(instance, Operation("skip", "a"), actor=office.operator)
    assert [(c.kind, c.name, c.begins) for c in shown.changes] == [
        ("task", "a", False),
        ("timer", "deadline", False),
        ("task", "b", True),
    ]
    assert list(open_tasks(instance)) == ["a"], "a preview leaves nothing"
    assert len(journal.of_case(instance)) == 1
    do(office, instance, "skip", task, values={"verdict": "oui"})
    assert list(open_tasks(instance)) == ["b"]
    assert db.session.get_one(UserTask, task).status == "withdrawn"
    assert db.session.scalar(select(func.count()).select_from(Timer)) == 0
    done = db.session.scalars(select(History).where(History.element_id == "a")).one()
    assert done.updates == {"verdict": "oui"}
    entry = journal.of_case(instance)[-1]
    assert (entry.action, entry.detail["motive"]) == ("task_skipped", "pour l'essai")
    assert entry.before != entry.after
    assert entry.actor_id == office.operator.person_id
    assert journal_check.verify() == []


def test_a_motive_and_the_right_are_needed(office: Office) -> None:
    instance = begin(office, version(office, steps("a")))
    with pytest.raises(OperationRefused, match="Dites pourquoi"):
        perform(instance, Operation("skip", "a"), actor=office.operator, motive="  ")
    for stranger in (office.officer, office.applicant, office.stranger, office.head):
        with pytest.raises(Forbidden):
            perform(instance, Operation("cancel"), actor=stranger, motive="par curiosité")
        with pytest.raises(Forbidden):
            preview(instance, Operation("cancel"), actor=stranger)
    with pytest.raises(OperationRefused, match="n'est plus, à cette étape"):
        do(office, instance, "skip", "nowhere")
    with pytest.raises(OperationRefused, match="n'existe pas"):
        do(office, instance, "dance")
    assert list(open_tasks(instance)) == ["a"]


def test_a_token_is_moved_and_the_history_says_so(office: Office) -> None:
    instance = begin(office, version(office, steps("a", "b", "c")))
    tasks.complete(open_tasks(instance)["a"], {"x": 1}, actor=office.officer)
    do(office, instance, "move", "b", to="a", values={"x": 2})
    assert list(open_tasks(instance)) == ["a"]
    states = db.session.execute(
        select(History.element_id, History.state).order_by(History.seq)
    ).all()
    assert list(states) == [
        ("started", "completed"),
        ("a", "completed"),
        ("b", "cancelled"),
    ]
    with pytest.raises(OperationRefused, match="même partie du diagramme"):
        do(office, instance, "move", "a", to="elsewhere")
    for element in ("a", "b", "c"):
        tasks.complete(open_tasks(instance)[element], {}, actor=office.officer)
    assert case(instance).status == "completed"


def test_a_branch_is_dropped_and_the_preview_says_what_will_wait(office: Office) -> None:
    instance = begin(office, version(office, forked()))
    tasks.complete(open_tasks(instance)["left"], {}, actor=office.officer)
    shown = preview(instance, Operation("drop", "right"), actor=office.operator)
    assert [(c.kind, c.begins) for c in shown.changes] == [
        ("task", False),
        ("failure", True),
    ]
    assert "ne viendra pas" in shown.changes[1].detail
    do(office, instance, "drop", "right")
    assert open_tasks(instance) == {}
    do(office, instance, "move", "meet", to="last")
    assert list(open_tasks(instance)) == ["last"]
    incident = db.session.scalars(select(Incident)).one()
    assert incident.resolution == "moved"
    with pytest.raises(OperationRefused, match="dernière branche"):
        do(office, instance, "drop", "last")


def test_a_case_is_cancelled_whole(office: Office) -> None:
    instance = begin(office, version(office, forked()))
    do(office, instance, "cancel")
    assert (case(instance).status, open_tasks(instance)) == ("cancelled", {})
    assert case(instance).ended_at is not None
    with pytest.raises(OperationRefused, match="clos"):
        do(office, instance, "suspend")


def test_a_suspended_case_waits_and_then_catches_up(
    office: Office, either_app: Flask
) -> None:
    instance = begin(office, version(office, waiting()))
    do(office, instance, "suspend")
    with pytest.raises(OperationRefused, match="déjà suspendu"):
        do(office, instance, "suspend")
    assert messages.receive("tests.news", case(instance).number, {"n": 1})
    deliver_all(either_app)
    assert db.session.scalars(select(Message.delivered_at)).one() is None
    clock.advance(timedelta(days=40))
    tidy(either_app.extensions["partners"]["storage"])
    do(office, instance, "resume")
    assert db.session.scalars(select(Message.delivered_at)).one() is not None
    [armed] = db.session.scalars(select(Timer.due_at))
    do(office, instance, "suspend")
    clock.advance(timedelta(days=11))
    deliver_all(either_app)
    assert db.session.scalars(select(Timer.due_at)).one() == armed, "due dates do not move"
    do(office, instance, "resume")
    deliver_all(either_app)
    task = open_tasks(instance)["after"]
    do(office, instance, "suspend")
    with pytest.raises(TaskSuspended):
        tasks.complete(task, {}, actor=office.officer)
    do(office, instance, "resume")
    tasks.complete(task, {}, actor=office.officer)
    assert case(instance).status == "completed"
    assert journal_check.verify() == []


def test_a_suspended_case_calls_nobody_but_hears_answers(
    office: Office, either_app: Flask
) -> None:
    begun, echo = calling(office, either_app, "réponse")
    instance = begun.id
    do(office, instance, "suspend")
    deliver_all(either_app, rounds=3)
    assert echo.keys == []
    do(office, instance, "resume")
    deliver_all(either_app)
    assert len(echo.keys) == 1
    assert list(open_tasks(instance)) == ["review"]


def test_skipping_a_call_that_failed_settles_its_incident(
    office: Office, either_app: Flask
) -> None:
    begun, _ = calling(office, either_app, RuntimeError("cassé"))
    deliver_all(either_app)
    do(office, begun.id, "skip", "ask", values={"answer": "par téléphone"})
    assert list(open_tasks(begun.id)) == ["review"]
    assert db.session.scalars(select(Incident.resolution)).one() == "skipped"
    assert db.session.scalars(select(RemoteCall.status)).one() == "cancelled"


def test_an_answer_by_hand_goes_where_the_partners_would(
    office: Office, either_app: Flask
) -> None:
    begun, echo = calling(office, either_app, RuntimeError("cassé"))
    deliver_all(either_app)
    shown = preview(begun.id, Operation("answer", "ask", values={"par": "fax"}), actor=office.operator)  # fmt: skip
    assert [(c.kind, c.begins) for c in shown.changes] == [("call", False), ("task", True)]
    do(office, begun.id, "retry", "ask")
    with pytest.raises(OperationRefused, match="plus d'incident"):
        do(office, begun.id, "retry", "ask")
    do(office, begun.id, "answer", "ask", values={"par": "fax"})
    deliver_all(either_app)
    assert len(echo.keys) == 1
    answered = db.session.scalars(select(History).where(History.element_id == "ask")).one()
    assert answered.updates == {"answer": {"par": "fax"}}


def test_a_refused_call_is_asked_anew_with_corrected_data(
    office: Office, either_app: Flask
) -> None:
    remote(echo__ask={"question": True})
    body = process(
        lanes("review"), start(), service("ask", "echo.ask", "said", question="total"),
        user("review"), end(), chain("started", "ask", "review", "ended"), key=KEY,
    )  # fmt: skip
    echo = either_app.extensions["partners"]["echo"] = Echo(Refused(["trop"]), "oui")
    instance = begin(office, version(office, body), {"total": 99})
    deliver_all(either_app)
    first = db.session.scalars(select(RemoteCall)).one()
    shown = preview(
        instance, Operation("retry", "refused", values={"total": 4}), actor=office.operator
    )
    assert [(c.kind, c.begins) for c in shown.changes] == [("call", False), ("call", True)]
    assert shown.notes == ["« ask » : l'appel au partenaire est refait, avec ces données."]
    do(office, instance, "retry", "refused", values={"total": 4})
    deliver_all(either_app)
    calls = {c.id: c for c in db.session.scalars(select(RemoteCall))}
    old, [new] = calls.pop(first.id), calls.values()
    assert (old.status, new.status) == ("cancelled", "done")
    assert new.arguments == {"question": 4}
    assert len(set(echo.keys)) == 2, "what is asked is not the same: neither is the key"
    assert list(open_tasks(instance)) == ["review"]
    assert db.session.scalars(select(Incident.resolution)).one() == "corrected"


def test_a_failed_step_is_tried_again_with_corrected_data(office: Office) -> None:
    body = process(
        start(), exclusive("choose"), end(), chain("started", "choose"),
        flow("choose", "ended", "n > 1"), key=KEY,
    )  # fmt: skip
    instance = begin(office, version(office, body))
    assert db.session.scalars(select(Incident.resolved_at)).all() == [None]
    [note] = do(office, instance, "retry", "choose")
    assert "n'est pas passée" in note
    shown = preview(
        instance, Operation("retry", "choose", values={"n": 2}), actor=office.operator
    )
    assert shown.status == "completed"
    do(office, instance, "retry", "choose", values={"n": 2})
    assert case(instance).status == "completed"


def test_moving_away_from_a_call_settles_it(office: Office, either_app: Flask) -> None:
    begun, _ = calling(office, either_app, RuntimeError("cassé"))
    deliver_all(either_app)
    do(office, begun.id, "move", "ask", to="review")
    assert list(open_tasks(begun.id)) == ["review"]
    assert db.session.scalars(select(Incident.resolution)).one() == "moved"


def test_a_partner_takes_so_many_calls_a_minute(office: Office, either_app: Flask) -> None:
    _, echo = calling(office, either_app)
    definition = db.session.scalars(select(RemoteCall.instance_id)).one()
    for _ in range(9):
        begin(office, case(definition).definition_id)
    with pytest.raises(OperationRefused, match="de 1 à"):
        partners.set_rate("echo", 0, actor=office.operator)
    with pytest.raises(Forbidden):
        partners.set_rate("echo", 4, actor=office.officer)
    partners.set_rate("echo", 4, actor=office.operator)
    made = []
    for _ in range(12):
        deliver_all(either_app, rounds=3)
        made.append(len(echo.keys))
        clock.advance(timedelta(seconds=15))
    assert made == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]
    partners.set_rate("echo", None, actor=office.operator)
    assert db.session.scalar(select(func.count()).select_from(Exchange)) == 10
