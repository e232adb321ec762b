"""Pieces of diagrams, one for each element that runs, put together at random.

A piece has one way in and one way out, never waits for something that cannot come, and writes
names of its own; so any piece may stand in any other.
"""

import random
from collections import Counter
from dataclasses import dataclass, field

from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    decision,
    document,
    element,
    end,
    error,
    exclusive,
    flow,
    inclusive,
    many,
    over,
    parallel,
    process,
    script,
    service,
    start,
    subprocess,
    throw,
    timer,
    user,
)

COMPENSATE = "<bpmn:compensateEventDefinition/>"
CANCEL = "<bpmn:cancelEventDefinition/>"
AD_HOC = ("plain", "turn", "again", "again and wait", "turn again")
EVENTS = ("message", "timer", "signal", "error", "escalation", "conditional")
FROM_OUTSIDE = ("message", "timer", "signal")
OTHER = "tests.other"
"""A procedure that is published elsewhere."""
TERMINATE = "<bpmn:terminateEventDefinition/>"


@dataclass
class Piece:
    """A part of a diagram with one way in and one way out."""

    nodes: str
    flows: str
    first: str
    last: str


@dataclass
class Pieces:
    """Draws pieces; `inside` counts how deep, `safe` says that no counter may run twice at once."""

    random: random.Random
    around: list[str] = field(default_factory=list)
    data: dict[str, object] = field(default_factory=lambda: {"items": [1, 2, 3]})
    processes: dict[str, str] = field(default_factory=dict)
    used: Counter[str] = field(default_factory=Counter)
    count: int = 0
    begins: str = ""
    """The event that starts the whole diagram, if one does."""

    def draw(self, variant: str, depth: int) -> bytes:
        """A whole diagram around one element, in one of its forms if the name says which."""
        kind, _, form = variant.partition(" ")
        only = [("" if form == "none" else form,)] if form else []
        return self.around_piece(getattr(self, f"_{kind}")(depth - 1, *only))

    def around_piece(self, piece: Piece) -> bytes:
        """A whole diagram of one piece."""
        body = piece.nodes + piece.flows + start("S0", self.begins) + end("E0")
        body += flow("S0", piece.first) + flow(piece.last, "E0")
        drawn = process(body)
        for called, text in reversed(self.processes.items()):
            if (
                f'calledElement="{called}"' in drawn
            ):  # else its caller was drawn and not kept
                drawn += text
        return document(*self.around, drawn)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def piece(self, depth: int, kind: str = "") -> Piece:
        if not kind:
            kind = (
                self.random.choice(("user", "sequence") if depth == 2 else KINDS)
                if depth
                else "user"
            )
        self.used[kind] += 1
        made: Piece = getattr(self, f"_{kind}")(depth - 1)
        return made

    # Definitions beside the process

    def named(self, kind: str) -> str:
        """Define a message, signal, error or escalation; its id, which is also its name."""
        key = self.name(
            {"message": "M_", "signal": "G_", "error": "R_", "escalation": "X_"}[kind]
        )
        code = {"error": "errorCode", "escalation": "escalationCode"}.get(kind, "name")
        self.around.append(f'<bpmn:{kind} id="{key}" {code}="{key}"/>')
        return key

    def event(self, kind: str) -> str:
        if kind == "timer":
            return timer("duration", f"P{self.random.choice([3, 5, 8])}D")
        if kind == "terminate":
            return TERMINATE
        if kind == "conditional":
            key = f"w_{self.name('c')}"
            return f"<bpmn:conditionalEventDefinition><bpmn:condition>{key} = 1</bpmn:condition></bpmn:conditionalEventDefinition>"
        return f'<bpmn:{kind}EventDefinition {kind}Ref="{self.named(kind)}"/>'

    def thrower(self, event: str) -> tuple[str, str]:
        """What makes an event happen: a throw event, or a script for a condition."""
        key = self.name("t")
        if "conditional" in event:
            wanted = event.split("<bpmn:condition>")[1].split(" ", maxsplit=1)[0]
            return key, script(key, "{" + wanted + ": 1}")
        if "error" in event:
            return key, element("endEvent", key, event)
        return key, throw(key, event)

    # Tasks

    def _user(self, depth: int) -> Piece:
        key = self.name("u")
        return Piece(user(key), "", key, key)

    def _manual(self, depth: int) -> Piece:
        key = self.name("u")
        return Piece(element("manualTask", key), "", key, key)

    def _task(self, depth: int) -> Piece:
        key = self.name("t")
        return Piece(element("task", key), "", key, key)

    def _script(self, depth: int) -> Piece:
        key = self.name("s")
        return Piece(script(key, f"{{w_{key}: 1 + 1}}"), "", key, key)

    def _service(self, depth: int) -> Piece:
        key = self.name("r")
        return self.answered(key, service(key, "x.ask"))

    def _other(self, depth: int) -> Piece:
        """A call of another procedure."""
        key = self.name("ca")
        return self.answered(key, element("callActivity", key, calledElement=OTHER))

    def answered(self, key: str, nodes: str) -> Piece:
        """What waits for an answer from outside, which may be an error."""
        edge, stop = self.name("b"), self.name("u")
        if self.random.random() < 0.5:
            return Piece(nodes, "", key, key)
        out = self.name("x")
        nodes += boundary(edge, key, error()) + user(stop) + exclusive(out)
        return Piece(nodes, chain(edge, stop, out) + flow(key, out), key, out)

    def _rule(self, depth: int) -> Piece:
        key = self.name("d")
        return Piece(decision(key, "size"), "", key, key)

    def _send(self, depth: int) -> Piece:
        key = self.name("t")
        return Piece(
            element("sendTask", key, messageRef=self.named("message")), "", key, key
        )

    def _receive(self, depth: int) -> Piece:
        key = self.name("m")
        return Piece(
            element("receiveTask", key, messageRef=self.named("message")), "", key, key
        )

    # Flow

    def _sequence(self, depth: int) -> Piece:
        one, two = self.piece(depth), self.piece(depth)
        return Piece(
            one.nodes + two.nodes,
            one.flows + two.flows + flow(one.last, two.first),
            one.first,
            two.last,
        )

    def _fork(
        self,
        depth: int,
        split: str = "",
        join: str = "",
        conditions: tuple[str, ...] = ("", "", ""),
    ) -> Piece:
        first, last = self.name("p"), self.name("p")
        branches = [self.piece(depth) for _ in conditions]
        nodes = (split or parallel("{}")).replace("{}", first) + (
            join or parallel("{}")
        ).replace("{}", last)
        flows = ""
        for branch, condition in zip(branches, conditions, strict=True):
            nodes += branch.nodes
            key = f"{first}d" if condition == "default" else ""
            flows += branch.flows + flow(branch.last, last)
            flows += flow(first, branch.first, "" if key else condition, key=key)
        return Piece(nodes, flows, first, last)

    def condition(self) -> str:
        key = f"c_{self.name('q')}"
        self.data[key] = self.random.choice([0, 1])
        return f"{key} > 0"

    def _parallel(self, depth: int) -> Piece:
        return self._fork(depth, conditions=("", "") if depth else ("", "", ""))

    def _choice(self, depth: int) -> Piece:
        return self._fork(
            depth,
            exclusive("{}", default="{}d"),
            exclusive("{}"),
            (self.condition(), "default"),
        )

    def _inclusive(self, depth: int) -> Piece:
        gate = inclusive("{}", default="{}d")
        return self._fork(
            depth, gate, inclusive("{}"), (self.condition(), self.condition(), "default")
        )

    def _complex(self, depth: int) -> Piece:
        wanted = self.random.choice([1, 2, 3])
        activation = f"<bpmn:activationCondition>activationCount >= {wanted}</bpmn:activationCondition>"
        # Late branches may still work when the others are gone: nothing after may count on them.
        gate = element("complexGateway", "{}", activation)
        return self._fork(0, "", gate, ("", "", ""))

    def _complex_split(self, depth: int) -> Piece:
        gate = element("complexGateway", "{}", default="{}d")
        return self._fork(
            depth, gate, inclusive("{}"), (self.condition(), self.condition(), "default")
        )

    def _implicit(self, depth: int) -> Piece:
        """Several flows out of a task, meeting at an inclusive gateway."""
        task = element("userTask", "{}", default="{}d")
        choice = self.random.choice(
            [("", ""), (self.condition(), "default"), ("", self.condition(), "default")]
        )
        if "default" not in choice:
            task = element("userTask", "{}")
        return self._fork(depth, task, inclusive("{}"), choice)

    def _race(self, depth: int) -> Piece:
        gate, out = self.name("g"), self.name("x")
        ways = [self.name("e") for _ in range(3)]
        nodes = element("eventBasedGateway", gate) + exclusive(out)
        nodes += catch(ways[0], self.event("message")) + catch(ways[1], self.event("timer"))
        nodes += self.random.choice(
            [
                element("receiveTask", ways[2], messageRef=self.named("message")),
                catch(ways[2], self.event("timer")),
                catch(ways[2], self.event("signal")),
            ]
        )
        flows = ""
        for way in ways:
            after = self.piece(depth)
            nodes += after.nodes
            flows += after.flows + chain(gate, way, after.first) + flow(after.last, out)
        return Piece(nodes, flows, gate, out)

    def _loop(self, depth: int) -> Piece:
        merge, count, again = self.name("x"), self.name("s"), self.name("x")
        body, key = self.piece(depth), f"n_{again}"
        self.data[key] = 0
        nodes = (
            exclusive(merge)
            + script(count, f"{{{key}: {key} + 1}}")
            + exclusive(again, default=f"{again}d")
        )
        out = self.name("x")
        flows = chain(merge, body.first) + chain(body.last, count, again)
        flows += flow(again, merge, f"{key} < 2") + flow(again, out, key=f"{again}d")
        return Piece(nodes + exclusive(out) + body.nodes, body.flows + flows, merge, out)

    def _quantity(self, depth: int) -> Piece:
        one, two = self.name("u"), self.name("u")
        number = str(self.random.choice([2, 3]))
        nodes = element("userTask", one, completionQuantity=number) + element(
            "userTask", two, startQuantity=number
        )
        return Piece(nodes, flow(one, two), one, two)

    def _link(self, depth: int) -> Piece:
        out, into = self.name("k"), self.name("k")
        event = f'<bpmn:linkEventDefinition name="{out}"/>'
        return Piece(throw(out, event) + catch(into, event), "", out, into)

    # Events in the flow

    def _start(self, depth: int, kinds: tuple[str, ...] = FROM_OUTSIDE) -> Piece:
        """Anything, in a diagram that an event starts."""
        self.begins = self.event(self.random.choice(kinds))
        return self.piece(depth)

    def _catch(self, depth: int, kinds: tuple[str, ...] = FROM_OUTSIDE) -> Piece:
        key = self.name("e")
        return Piece(catch(key, self.event(self.random.choice(kinds))), "", key, key)

    def _catch_thrown(
        self, depth: int, kinds: tuple[str, ...] = ("signal", "conditional")
    ) -> Piece:
        """A signal or a condition awaited beside what makes it happen."""
        event = self.event(self.random.choice(kinds))
        first, last, waits, works = (self.name(p) for p in "ppeu")
        key, thrower = self.thrower(event)
        nodes = (
            parallel(first) + parallel(last) + catch(waits, event) + user(works) + thrower
        )
        return Piece(
            nodes, chain(first, waits, last) + chain(first, works, key, last), first, last
        )

    def _several(self, depth: int, kinds: tuple[str, ...] = ("true", "false")) -> Piece:
        key, together = self.name("e"), self.random.choice(kinds)
        other = self.random.choice(["message", "signal"])
        events = self.event("message") + self.event(other) + self.event("timer")
        return Piece(
            element("intermediateCatchEvent", key, events, parallelMultiple=together),
            "",
            key,
            key,
        )

    def _throw(
        self, depth: int, kinds: tuple[str, ...] = ("", "message", "signal", "escalation")
    ) -> Piece:
        key, kind = self.name("t"), self.random.choice(kinds)
        return Piece(throw(key, self.event(kind) if kind else ""), "", key, key)

    # Sub-processes

    def inner(self, body: Piece, *more: str, last: str = "") -> str:
        first, stop = self.name("s"), self.name("z")
        ending = element("endEvent", stop, last) if last else end(stop)
        return (
            start(first)
            + ending
            + body.nodes
            + body.flows
            + flow(first, body.first)
            + flow(body.last, stop)
            + "".join(more)
        )

    def _sub(self, depth: int) -> Piece:
        key = self.name("sp")
        return Piece(subprocess(key, self.inner(self.piece(depth))), "", key, key)

    def _call(self, depth: int) -> Piece:
        key, called = self.name("ca"), self.name("process")
        self.processes[called] = process(self.inner(self.piece(depth)), key=called)
        return Piece(element("callActivity", key, calledElement=called), "", key, key)

    def _ends(
        self,
        depth: int,
        kinds: tuple[str, ...] = ("terminate", "signal", "message", "escalation"),
    ) -> Piece:
        """A sub-process in which one branch reaches an end that does something."""
        key, split, other = self.name("sp"), self.name("p"), self.name("z")
        kind = self.random.choice(kinds)
        one, two = self.piece(depth), self.piece(depth)
        whole = Piece(
            parallel(split) + one.nodes + two.nodes + end(other),
            one.flows
            + two.flows
            + flow(split, one.first)
            + flow(split, two.first)
            + flow(two.last, other),
            split,
            one.last,
        )
        return Piece(
            subprocess(key, self.inner(whole, last=self.event(kind))), "", key, key
        )

    def _boundary(
        self,
        depth: int,
        kinds: tuple[str, ...] = EVENTS,
    ) -> Piece:
        """An activity with an event on its edge; the event's way ends by itself or comes back."""
        kind, key, edge, aside = (
            self.random.choice(kinds),
            self.name("sp"),
            self.name("b"),
            self.name("u"),
        )
        event, stops = self.event(kind), kind == "error" or self.random.random() < 0.5
        work, body = self.name("u"), self.piece(depth)
        nodes, flows, out = "", "", self.name("x")
        if kind in ("message", "timer"):
            activity = self.random.choice(
                [
                    user(key),
                    subprocess(key, self.inner(body)),
                    element("receiveTask", key, messageRef=self.named("message")),
                ]
            )
        else:
            thrown, thrower = self.thrower(event)
            if kind == "error":
                split = self.name("p")
                inside = Piece(
                    parallel(split) + user(work) + thrower + body.nodes,
                    body.flows + flow(split, body.first) + chain(split, work, thrown),
                    split,
                    body.last,
                )
            else:
                inside = Piece(
                    user(work) + thrower + body.nodes,
                    body.flows + chain(work, thrown, body.first),
                    work,
                    body.last,
                )
            activity = subprocess(key, self.inner(inside))
        nodes += activity + boundary(edge, key, event, interrupting=stops) + user(aside)
        if stops:
            nodes += exclusive(out)
            flows += chain(edge, aside, out) + flow(key, out)
            return Piece(nodes, flows, key, out)
        stop = self.name("z")
        return Piece(nodes + end(stop), chain(edge, aside, stop), key, key)

    def _reminder(self, depth: int) -> Piece:
        key, edge, aside, stop = (
            self.name("u"),
            self.name("b"),
            self.name("u"),
            self.name("z"),
        )
        nodes = (
            user(key)
            + boundary(edge, key, timer("cycle", "R2/P4D"), interrupting=False)
            + user(aside)
            + end(stop)
        )
        return Piece(nodes, chain(edge, aside, stop), key, key)

    def _event_sub(self, depth: int, kinds: tuple[str, ...] = EVENTS) -> Piece:
        """A sub-process that an event may interrupt, or accompany."""
        kind = self.random.choice(kinds)
        key, handler, first, stop, work = (
            self.name("sp"),
            self.name("sp"),
            self.name("s"),
            self.name("z"),
            self.name("u"),
        )
        event = self.event(kind)
        stops = kind == "error" or self.random.random() < 0.5
        aside = self.piece(0)
        begin = element(
            "startEvent", first, event, isInterrupting="true" if stops else "false"
        )
        sub = element(
            "subProcess",
            handler,
            begin,
            aside.nodes,
            aside.flows,
            end(stop),
            flow(first, aside.first),
            flow(aside.last, stop),
            triggeredByEvent="true",
        )
        body = self.piece(depth)
        if kind in ("message", "timer"):
            return Piece(subprocess(key, self.inner(body, sub)), "", key, key)
        split = self.name("p")
        thrown, thrower = self.thrower(event)
        ending, ended = self.name("z"), kind == "error"
        nodes = (
            parallel(split)
            + user(work)
            + thrower
            + body.nodes
            + ("" if ended else end(ending))
        )
        flows = (
            body.flows
            + flow(split, body.first)
            + chain(split, work, thrown)
            + ("" if ended else flow(thrown, ending))
        )
        return Piece(
            subprocess(key, self.inner(Piece(nodes, flows, split, body.last), sub)),
            "",
            key,
            key,
        )

    def undone(self, activity: str, key: str) -> str:
        edge, handler = self.name("b"), self.name("u")
        return (
            activity
            + boundary(edge, key, COMPENSATE)
            + element("userTask", handler, isForCompensation="true")
            + f'<bpmn:association id="{self.name("as")}" sourceRef="{edge}" targetRef="{handler}"/>'
        )

    def _compensation(self, depth: int) -> Piece:
        one, two, sub, back, three = (self.name(p) for p in ("u", "u", "sp", "t", "u"))
        inside = self.inner(Piece(self.undone(user(two), two), "", two, two))
        if self.random.random() < 0.3:
            first, stop, again, last = (self.name(p) for p in ("s", "z", "u", "t"))
            inside += element(
                "subProcess",
                self.name("sp"),
                element("startEvent", first, COMPENSATE),
                user(again),
                throw(last, COMPENSATE),
                end(stop),
                chain(first, again, last, stop),
                triggeredByEvent="true",
            )
        only = (
            f' activityRef="{self.random.choice([one, sub])}"'
            if self.random.random() < 0.4
            else ""
        )
        event = f"<bpmn:compensateEventDefinition{only}/>"
        nodes = (
            self.undone(user(one), one)
            + subprocess(sub, inside)
            + throw(back, event)
            + user(three)
        )
        return Piece(nodes, chain(one, sub, back, three), one, three)

    def _transaction(self, depth: int) -> Piece:
        key, edge, after, out, one, gate, stop = (
            self.name(p) for p in ("tx", "b", "u", "x", "u", "x", "z")
        )
        body, condition = self.piece(depth), self.condition()
        nodes = (
            self.undone(user(one), one)
            + exclusive(gate, default=f"{gate}d")
            + element("endEvent", stop, CANCEL)
            + body.nodes
        )
        flows = (
            flow(one, gate)
            + flow(gate, stop, condition)
            + flow(gate, body.first, key=f"{gate}d")
            + body.flows
        )
        inside = self.inner(Piece(nodes, flows, one, body.last))
        whole = (
            element("transaction", key, inside)
            + boundary(edge, key, CANCEL)
            + user(after)
            + exclusive(out)
        )
        return Piece(whole, chain(edge, after, out) + flow(key, out), key, out)

    def _ad_hoc(self, depth: int, kinds: tuple[str, ...] = AD_HOC) -> Piece:
        key, one, two = self.name("ah"), self.name("u"), self.name("u")
        how = self.random.choice(kinds)
        attributes = {"ordering": "Sequential"} if "turn" in how else {}
        if "wait" in how:
            attributes["cancelRemainingInstances"] = "false"
        wanted = f"k_{one}"
        condition = (
            f"<bpmn:completionCondition>{wanted} > {self.random.choice([0, 4, 9])}</bpmn:completionCondition>"
            if "again" in how
            else ""
        )
        return Piece(
            element("adHocSubProcess", key, user(one), user(two), condition, **attributes),
            "",
            key,
            key,
        )

    # Repetition

    def repeated(self, key: str, loop: str, *, simple: bool) -> str:
        if simple:
            return user(key, loop)
        body = self.piece(0)
        return subprocess(key, self.inner(body), loop)

    def _many(
        self, depth: int, kinds: tuple[str, ...] = ("parallel", "sequential")
    ) -> Piece:
        key, kind = self.name("u"), self.random.choice(kinds)
        simple = self.random.random() < 0.5
        until = (
            "<bpmn:completionCondition>numberOfCompletedInstances >= 2</bpmn:completionCondition>"
            if self.random.random() < 0.4
            else ""
        )
        if self.random.random() < 0.3:
            loop = many(kind, "<bpmn:loopCardinality>3</bpmn:loopCardinality>", until)
        else:
            gathers = simple and self.random.random() < 0.7
            loop = many(
                kind,
                over(
                    "items",
                    f"it_{key}",
                    f"ots_{key}" if gathers else "",
                    f"ot_{key}" if gathers else "",
                ),
                until,
            )
        return Piece(self.repeated(key, loop, simple=simple), "", key, key)

    def _while(self, depth: int) -> Piece:
        key, before = self.name("u"), self.random.choice(["true", "false"])
        self.data[f"k_{key}"] = 0
        inner = f"<bpmn:loopCondition>k_{key} < {self.random.choice([0, 3, 6])}</bpmn:loopCondition>".replace(
            " < ", " &lt; "
        )
        loop = f'<bpmn:standardLoopCharacteristics testBefore="{before}" loopMaximum="3">{inner}</bpmn:standardLoopCharacteristics>'
        return Piece(user(key, loop), "", key, key)

    def _behavior(
        self, depth: int, kinds: tuple[str, ...] = ("None", "One", "Complex")
    ) -> Piece:
        key, edge, aside, stop, named = (self.name(p) for p in ("u", "b", "u", "z", "V"))
        signal = self.event("signal")
        self.around.append(
            signal.replace(
                "<bpmn:signalEventDefinition", f'<bpmn:signalEventDefinition id="{named}"'
            )
        )
        how = self.random.choice(kinds)
        inner = over("items", f"it_{key}")
        if how == "Complex":
            inner += f'<bpmn:complexBehaviorDefinition id="{named}c"><bpmn:condition>numberOfCompletedInstances = 2</bpmn:condition><bpmn:event id="{named}e">{signal}</bpmn:event></bpmn:complexBehaviorDefinition>'
        refers = {
            "None": f' noneBehaviorEventRef="{named}"',
            "One": f' oneBehaviorEventRef="{named}"',
        }.get(how, "")
        loop = many("parallel", inner).replace(
            " isSequential", f' behavior="{how}"{refers} isSequential'
        )
        nodes = (
            user(key, loop)
            + boundary(edge, key, signal, interrupting=False)
            + user(aside)
            + end(stop)
        )
        return Piece(nodes, chain(edge, aside, stop), key, key)


KINDS = tuple(
    name[1:]
    for name in vars(Pieces)
    if name.startswith("_") and not name.startswith(("__", "_fork"))
)

VARIANTS = {
    **dict.fromkeys(KINDS, 1),
    # Each of these interrupts or not: twice as many diagrams.
    **{f"{kind} {event}": 2 for kind in ("boundary", "event_sub") for event in EVENTS},
    **{f"throw {event}": 1 for event in ("none", "message", "signal", "escalation")},
    **{f"ends {event}": 1 for event in ("terminate", "message", "signal", "escalation")},
    **{f"{kind} {event}": 1 for kind in ("catch", "start") for event in FROM_OUTSIDE},
    **{f"catch_thrown {event}": 1 for event in ("signal", "conditional")},
    **{f"many {kind}": 1 for kind in ("parallel", "sequential")},
    **{f"behavior {kind}": 1 for kind in ("None", "One", "Complex")},
    **{f"ad_hoc {kind}": 1 for kind in AD_HOC},
    **{f"several {kind}": 1 for kind in ("true", "false")},
    "compensation": 3,
    "race": 2,
}
"""What to draw, and how many times as many diagrams it takes to see all its forms."""
