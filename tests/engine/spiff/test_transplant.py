"""A version changes what is awaited beside open steps: what is armed, and what is not any more."""

import pytest

from engine.spiff.transplant import CannotMigrate, transplant
from tests.engine.spiff.drawing import (
    Case,
    Clock,
    boundary,
    chain,
    element,
    end,
    message,
    model,
    start,
    subprocess,
    timer,
    user,
)
from tests.engine.spiff.test_surgery import migrate

AROUND = "".join(f'<bpmn:message id="{m}" name="{m}"/>' for m in "mno")


def refused(case: Case, new, **mapping: str) -> str:
    with pytest.raises(CannotMigrate) as caught:
        transplant(case.state, case.model, new, mapping, host=case.host)
    return str(caught.value)


def awaited(case: Case) -> list[str]:
    return sorted(s.name for s in case.process.subscriptions())


def beside(key: str, event: str, *, stops: bool = False) -> str:
    begin = element("startEvent", f"{key}s", event, isInterrupting=str(stops).lower())
    return element(
        "subProcess", key, begin, user(f"{key}u"), end(f"{key}e"),
        chain(f"{key}s", f"{key}u", f"{key}e"), triggeredByEvent="true",
    )  # fmt: skip


def flat(*more: str, steps: tuple[str, ...] = ("a", "b")):
    return model(
        start(), *map(user, steps), end(), chain("started", *steps, "ended"), *more,
        around=AROUND,
    )  # fmt: skip


def nested(outer: str = "", inner: str = ""):
    sub = subprocess("sp", start("s"), user("c"), end("e"), chain("s", "c", "e"), inner)
    return model(start(), sub, end(), chain("started", "sp", "ended"), outer, around=AROUND)


def test_event_sub_processes_are_armed_in_every_open_scope_and_disarmed():
    case = Case(nested(), {"case": {"number": "1"}})
    both = nested(beside("z", message("m")), beside("i", message("n"), stops=True))
    notes = migrate(case, both)
    assert notes == ["« zs » est désormais attendu.", "« is » est désormais attendu."]
    assert awaited(case) == ["m", "n"]
    case.deliver("zs")
    case.deliver("is")
    assert case.names() == ["iu", "zu"]
    assert refused(case, nested()).count("n'existe plus") == 2
    case.complete("iu")
    case.complete("zu")
    assert case.process.completed
    case = Case(both, {"case": {"number": "1"}})
    assert migrate(case, nested()) == [
        "« zs » n'est plus attendu.",
        "« is » n'est plus attendu.",
    ]
    assert awaited(case) == []
    case.complete("c")
    assert case.process.completed


def test_nothing_more_interrupts_what_was_interrupted():
    case = Case(flat(beside("x", message("m"), stops=True)))
    case.deliver("xs")
    notes = migrate(
        case, flat(beside("x", message("m"), stops=True), beside("y", message("n")))
    )
    assert (notes, awaited(case), case.names()) == ([], [], ["xu"])


def test_a_timer_beside_the_flow_keeps_its_moment_or_counts_from_the_beginning():
    def waits(days: int):
        return flat(beside("x", timer("duration", f"P{days}D")))

    case = Case(waits(10))
    [due] = case.process.timers()
    case.wait(days=4)
    assert (migrate(case, waits(10)), case.process.timers()) == ([], [due])
    assert "« xs » est recalculée : 11/12/2026 à 10:00." in migrate(case, waits(20))[0]
    case.wait(days=17)
    assert case.names() == ["a", "xu"]


def test_a_repetition_that_changed_makes_up_for_nothing():
    def reminds(text: str):
        edge = boundary("t", "a", timer("cycle", text), interrupting=False)
        return flat(edge, user("r"), end("re"), chain("t", "r", "re"))

    case = Case(reminds("R5/P10D"))
    case.wait(days=25)
    assert case.names() == ["a", "r", "r"]
    migrate(case, reminds("R20/P2D"))
    case.move("fire_timers")
    assert case.names() == ["a", "r", "r"]
    case.wait(days=2)
    assert case.names() == ["a", "r", "r", "r"]
    notes = migrate(case, reminds("R2/P1D"))
    assert notes == ["« t » n'est plus attendu : ses moments sont passés."]
    assert case.process.timers() == []


def test_a_moment_that_the_case_cannot_work_out_is_a_reason():
    def edge(days: str):
        return flat(
            boundary("t", "a", timer("duration", days)), user("r"), chain("t", "r", "b")
        )

    case = Case(edge("P3D"))
    assert "« t »" in refused(case, edge("missing.thing + 1"))
    moved = refused(case, flat(steps=("b", "a2")))
    assert moved == (
        "« a » n'existe plus dans la nouvelle version : dites quelle étape la remplace."
    )


def test_an_edge_event_moves_changes_or_follows_its_new_name():
    def edge(event: str, on: str, *, key: str = "t", stops: bool = True):
        return flat(
            boundary(key, on, event, interrupting=stops), user("r"), end("re"),
            chain(key, "r", "re"), steps=("a", "b"),
        )  # fmt: skip

    case = Case(edge(timer("duration", "P9D"), "a"))
    due = case.process.timers()[0].due_at
    case.wait(days=2)
    migrate(case, edge(timer("duration", "P9D"), "a", key="late"), t="late")
    assert [(t.element_id, t.due_at) for t in case.process.timers()] == [("late", due)]
    assert migrate(case, edge(message("m"), "a", key="late")) == [
        "« late » n'est plus attendu.",
        "« late » est désormais attendu.",
    ]
    assert (awaited(case), case.process.timers()) == (["m"], [])
    migrate(case, edge(message("m"), "b", key="late"))
    assert awaited(case) == []
    case.complete("a")
    assert awaited(case) == ["m"]


def test_a_failed_edge_event_is_withdrawn_with_its_failure():
    host = Clock()
    late = boundary("t", "a", timer("duration", "missing.thing + 1"))
    case = Case(flat(late, user("r"), end("re"), chain("t", "r", "re")), {}, host)
    assert [f.element_id for f in case.process.failures()] == ["t"]
    migrate(case, flat())
    assert (case.process.failures(), case.names()) == ([], ["a"])


def test_a_condition_that_changed_is_looked_at_again():
    def waits(condition: str):
        event = (
            "<bpmn:conditionalEventDefinition><bpmn:condition>"
            f"{condition}</bpmn:condition></bpmn:conditionalEventDefinition>"
        )
        return flat(beside("x", event))

    case = Case(waits("k = 5"), {"k": 1})
    assert migrate(case, waits("k = 1")) == ["« xs » attend désormais une autre condition."]
    assert case.names() == ["a", "xu"]
