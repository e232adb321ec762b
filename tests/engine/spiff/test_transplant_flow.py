"""A version changes what open tokens stand on: races, joins, repetitions, what is undone."""

from tests.engine.spiff.drawing import (
    Case,
    boundary,
    catch,
    chain,
    element,
    end,
    exclusive,
    flow,
    many,
    message,
    model,
    over,
    parallel,
    script,
    start,
    throw,
    timer,
    user,
)
from tests.engine.spiff.pieces import COMPENSATE
from tests.engine.spiff.test_surgery import migrate
from tests.engine.spiff.test_transplant import AROUND, awaited, flat, nested, refused


def race(**events: str):
    ways = [catch(key, event) for key, event in events.items()]
    flows = [chain("g", key, f"u_{key}", "x") for key in events]
    tasks = [user(f"u_{key}") for key in events]
    return model(
        start(), element("eventBasedGateway", "g"), *ways, *tasks, exclusive("x"), end(),
        chain("started", "g"), *flows, chain("x", "ended"), around=AROUND,
    )  # fmt: skip


def test_a_race_takes_the_branches_of_the_new_version():
    old = race(a=message("m"), b=timer("duration", "P5D"))
    case = Case(old, {"case": {"number": "1"}})
    notes = migrate(case, race(b=timer("duration", "P5D"), c=message("n"), d=message("o")))
    assert notes == [
        "« a » n'est plus attendu.",
        "« c » est désormais attendu.",
        "« d » est désormais attendu.",
    ]
    assert (awaited(case), len(case.process.timers())) == (["n", "o"], 1)
    case.deliver("d")
    assert (case.names(), awaited(case), case.process.timers()) == (["u_d"], [], [])
    case = Case(old)
    assert "« a »" in refused(case, race(c=message("n"), d=message("o")))
    assert "même type" in refused(
        Case(race(a=message("m"), b=message("n"))),
        race(a=timer("duration", "P1D"), b=timer("duration", "P2D")),
    )


def several(*refs: str, together: bool):
    event = element(
        "intermediateCatchEvent", "w", *map(message, refs),
        parallelMultiple=str(together).lower(),
    )  # fmt: skip
    return model(
        start(), event, user("u"), end(), chain("started", "w", "u", "ended"),
        around=AROUND,
    )  # fmt: skip


def test_events_awaited_together_or_not_keep_what_has_happened():
    case = Case(several("m", "n", together=True), {"case": {"number": "1"}})
    case.deliver("w")
    assert awaited(case) == ["n"]
    migrate(case, several("o", "n", "m", together=True))
    assert awaited(case) == ["n", "o"]
    case.deliver("w")
    case.deliver("w")
    assert case.names() == ["u"]
    case = Case(several("m", "n", together=False), {"case": {"number": "1"}})
    migrate(case, several("n", "o", together=False))
    assert awaited(case) == ["n", "o"]
    case.deliver("w")
    assert (case.names(), awaited(case)) == (["u"], [])


def test_an_edge_that_waits_for_all_its_events_is_not_changed_half_way():
    def edge(*refs: str):
        both = element(
            "boundaryEvent", "t", *map(message, refs), attachedToRef="a",
            parallelMultiple="true",
        )  # fmt: skip
        return flat(both, user("r"), end("re"), chain("t", "r", "re"))

    case = Case(edge("m", "n"), {"case": {"number": "1"}})
    case.deliver("t")
    assert "dont l'un est arrivé" in refused(case, flat())
    migrate(case, edge("n", "m"))
    case.deliver("t")
    assert case.names() == ["r"]


def repeated(kind: str, inner: str):
    return model(
        start(), element("userTask", "a", many(kind, inner)), end(),
        chain("started", "a", "ended"),
    )  # fmt: skip


def test_a_repetition_keeps_its_list_and_what_it_gathers():
    case = Case(repeated("parallel", over("x", "i", "os", "o")), {"x": [1, 2], "y": [1]})
    case.complete("a", {"o": 5})
    other = repeated("parallel", over("y", "i", "os", "o"))
    assert migrate(case, other) == [
        "La répétition de « a » garde la liste avec laquelle elle a commencé."
    ]
    assert "mêmes noms" in refused(case, repeated("parallel", over("x", "i", "os", "q")))
    assert "même type" in refused(case, repeated("sequential", over("x", "i", "os", "o")))
    assert "n'est plus répétée" in refused(case, flat(steps=("a",)))
    assert "désormais répétée" in refused(
        Case(flat(steps=("a",))), repeated("parallel", over("x", "i"))
    )
    case.complete("a", {"o": 6})
    assert case.process.data["os"] == [5, 6]


def joined(*left: str, **more: str):
    return model(
        start(), parallel("g"), *map(user, ("l", *left, "r")), parallel("j"), end(),
        chain("started", "g", "l", *left, "j", "ended"), chain("g", "r", "j"),
        *more.values(),
    )  # fmt: skip


def test_a_branch_that_arrived_stays_arrived_when_steps_are_put_on_it():
    case = Case(joined())
    case.complete("l")
    migrate(case, joined("l2"))
    migrate(case, joined("l2", "l3"))
    migrate(case, joined())
    case.complete("r")
    assert case.process.completed


def complex_gate(*names: str, gate: str):
    condition = "<bpmn:activationCondition>activationCount >= 1</bpmn:activationCondition>"
    return model(
        start(), parallel("g"), *map(user, names), element("complexGateway", gate, condition),
        user("z"), end(), chain("started", "g"), chain(gate, "z", "ended"),
        *(chain("g", name, gate) for name in names),
    )  # fmt: skip


def test_late_branches_still_vanish_under_other_names():
    case = Case(complex_gate("u", "v", gate="k"))
    case.complete("u")
    migrate(case, complex_gate("u", "w", gate="k2"), v="w", k="k2")
    assert case.names() == ["w", "z"]
    case.complete("w")
    assert case.names() == ["z"]


def ad_hoc(*tasks: str, **attributes: str):
    return model(
        start(), element("adHocSubProcess", "ah", *map(user, tasks), **attributes), end(),
        chain("started", "ah", "ended"),
    )  # fmt: skip


def test_an_ad_hoc_sub_process_offers_what_is_new_and_keeps_its_turn():
    case = Case(ad_hoc("a", "b"))
    case.complete("a")
    assert migrate(case, ad_hoc("a", "b", "c")) == ["« c » est désormais proposée."]
    assert case.names() == ["b", "c"]
    case.complete("b")
    case.complete("c")
    assert case.process.completed
    turns = {"ordering": "Sequential"}
    case = Case(ad_hoc("a", "b", **turns))
    case.complete("a")
    migrate(case, ad_hoc("z", "a", "b", "c", **turns))
    case.complete("b")
    assert case.names() == ["c"]
    assert "même ordre" in refused(case, ad_hoc("a", "b", "c"))


def undone(key: str, handler: str, *, handled: bool = True):
    edge = (
        boundary("cb", key, COMPENSATE)
        + element("userTask", handler, isForCompensation="true")
        + f'<bpmn:association id="as" sourceRef="cb" targetRef="{handler}"/>'
    )
    return model(
        start(), user(key), user("b"), throw("back", COMPENSATE), end(),
        chain("started", key, "b", "back", "ended"), edge if handled else "",
    )  # fmt: skip


def test_what_is_done_is_still_undone_under_its_new_name():
    case = Case(undone("a", "h"))
    case.complete("a")
    assert migrate(case, undone("a2", "h2"), a="a2", h="h2") == []
    case.complete("b")
    assert case.names() == ["h2"]
    migrate(case, undone("a3", "h3"), a2="a3", h2="h3")
    case.complete("h3")
    assert case.process.completed
    case = Case(undone("a", "h"))
    case.complete("a")
    [note] = migrate(case, undone("a", "h", handled=False))
    assert note == "« a » est faite, et ne pourra plus être annulée par compensation."
    case = Case(undone("a", "h"))
    case.complete("a")
    case.complete("b")
    assert "« back » a ouvert « a »" in refused(case, undone("a", "h", handled=False))


def test_an_open_task_keeps_what_it_showed_and_says_so():
    def asks(**ebg: str):
        return model(start(), user("a", **ebg), end(), chain("started", "a", "ended"))

    case = Case(asks(role="r", form="f", due="P3D", priority="1"))
    due = case.task("a").due
    notes = migrate(case, asks(role="s", form="g", due="P9D", priority="2"))
    assert [note.split(" : ")[-1] for note in notes] == [
        "la tâche ouverte garde le sien.",
        "la tâche ouverte reste au rôle « r ».",
        "la tâche ouverte garde son échéance.",
        "la tâche ouverte garde sa priorité.",
    ]
    assert case.task("a").due == due


def test_a_computed_call_goes_on_where_it_was():
    def calls(*steps: str):
        inner = element(
            "process", "q", start("s"), *map(user, steps), end("e"),
            chain("s", *steps, "e"), isExecutable="true",
        )  # fmt: skip
        return model(
            start(), element("callActivity", "call", calledElement="=target"), end(),
            chain("started", "call", "ended") + "</bpmn:process>" + inner.removesuffix(
                "</bpmn:process>"
            ),
        )  # fmt: skip

    case = Case(calls("c"), {"target": "q"})
    assert "« c » n'existe plus" in refused(case, calls("d"))
    migrate(case, calls("c", "d"))
    case.complete("c")
    assert case.names() == ["d"]


def test_what_moved_elsewhere_and_what_was_mistyped_are_said():
    case = Case(flat(steps=("c",)))
    assert "une autre partie du diagramme" in refused(case, nested())
    said = refused(case, flat(steps=("d",)), c="nowhere", zz="d")
    assert "« nowhere » n'est pas une étape de la nouvelle version" in said
    assert "« zz » n'est pas une étape de l'ancienne version" in said


def test_a_join_that_would_starve_already_is_no_reason_to_stay():
    stuck = model(
        start(), script("k", "{n: 1}"), exclusive("x", default="d"), user("a"), parallel("j"),
        user("b"), end(), chain("started", "k", "x"), flow("x", "a", "n = 1"),
        flow("x", "b", key="d"), chain("a", "j"), chain("b", "j", "ended"),
    )  # fmt: skip
    case = Case(stuck)
    assert migrate(case, stuck) == []
