"""Random structured diagrams that both engines read, each written twice.

Every task writes its own keys, so that what stock SpiffWorkflow loses at its joins does not
hide a real difference; gateways read values fixed at the start, loops count their turns.
"""

import random
from dataclasses import dataclass, field

from tests.engine.spiff.drawing import (
    boundary,
    chain,
    document,
    element,
    end,
    exclusive,
    flow,
    inclusive,
    many,
    message,
    over,
    parallel,
    process,
    start,
    subprocess,
    timer,
    user,
)


@dataclass
class Piece:
    """A part of a diagram with one way in and one way out."""

    nodes: str
    flows: str
    first: str
    last: str


@dataclass
class Drawn:
    """A whole diagram: for our engine, for the plain one, and the data it starts with."""

    ours: bytes
    plain: bytes
    data: dict[str, object]


@dataclass
class Generator:
    random: random.Random
    joins_in_loops: bool = False
    count: int = 0
    data: dict[str, object] = field(default_factory=dict)

    def draw(self, depth: int = 4) -> Drawn:
        piece = self.piece(depth, loops=True, inside=False)
        body = (
            piece.nodes
            + piece.flows
            + start("S0")
            + end("E0")
            + flow("S0", piece.first)
            + flow(piece.last, "E0")
        )
        around = '<bpmn:message id="M1" name="M1"/>'
        ours = document(around, process(body))
        return Drawn(ours, to_python(ours), self.data)

    def name(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}{self.count}"

    def piece(self, depth: int, *, loops: bool, inside: bool) -> Piece:
        kinds = ["task"] * 5 + ["script"] * 2
        if depth:
            kinds += ["sequence"] * 5 + ["choice"] * 3 + ["sub"] * 3
            if not inside or self.joins_in_loops:
                # the plain engine refuses to fill the same output list twice
                kinds += ["fork"] * 4 + ["many"]
            if loops:
                kinds += ["loop"] * 2
        kind = self.random.choice(kinds)
        return getattr(self, f"_{kind}")(depth, loops=loops, inside=inside)

    def _task(self, depth: int, **_: bool) -> Piece:
        task = self.name("u")
        nodes, flows = user(task), ""
        if self.random.random() < 0.3:
            more_nodes, flows = self._boundary(task)
            nodes += more_nodes
        return Piece(nodes, flows, task, task)

    def _boundary(self, on: str) -> tuple[str, str]:
        event, task, stop = self.name("b"), self.name("u"), self.name("e")
        kind = self.random.choice(["now", "far", "message"])
        inner = {
            "now": timer("duration", '"PT0S"'),
            "far": timer("duration", '"P1D"'),
            "message": message("M1"),
        }[kind]
        # The plain engine hears a message beside its activity only once; ours, each time.
        interrupting = kind == "message" and (
            not self.joins_in_loops or self.random.random() < 0.5
        )
        nodes = (
            boundary(event, on, inner, interrupting=interrupting) + user(task) + end(stop)
        )
        return nodes, chain(event, task, stop)

    def _script(self, depth: int, **_: bool) -> Piece:
        task = self.name("sc")
        text = f"{{w_{task}: 1 + 1}}"
        return Piece(
            element("scriptTask", task, f"<bpmn:script>{text}</bpmn:script>"),
            "",
            task,
            task,
        )

    def _sequence(self, depth: int, **where: bool) -> Piece:
        one, two = self.piece(depth - 1, **where), self.piece(depth - 1, **where)
        flows = one.flows + two.flows + flow(one.last, two.first)
        return Piece(one.nodes + two.nodes, flows, one.first, two.last)

    def _choice(self, depth: int, **where: bool) -> Piece:
        split, join, default = self.name("x"), self.name("x"), self.name("d")
        one, two = self.piece(depth - 1, **where), self.piece(depth - 1, **where)
        self.data[f"c_{split}"] = self.random.choice([0, 1])
        flows = (
            flow(split, one.first, f"c_{split} > 0")
            + flow(split, two.first, key=default)
            + flow(one.last, join)
            + flow(two.last, join)
        )
        nodes = exclusive(split, default=default) + exclusive(join) + one.nodes + two.nodes
        return Piece(nodes, one.flows + two.flows + flows, split, join)

    def _fork(self, depth: int, **where: bool) -> Piece:
        split, join = self.name("p"), self.name("p")
        branches = [
            self.piece(depth - 1, **where) for _ in range(self.random.choice([2, 3]))
        ]
        nodes = "".join(branch.nodes for branch in branches)
        flows = "".join(branch.flows + flow(branch.last, join) for branch in branches)
        if self.random.random() < 0.66:
            flows += "".join(flow(split, branch.first) for branch in branches)
            return Piece(nodes + parallel(split) + parallel(join), flows, split, join)
        default = self.name("d")
        self.data[f"c_{split}"] = self.random.choice([0, 1, 2])
        flows += flow(split, branches[0].first, key=default)
        for number, branch in enumerate(branches[1:]):
            flows += flow(split, branch.first, f"c_{split} > {number}")
        gates = inclusive(split, default=default) + inclusive(join)
        return Piece(nodes + gates, flows, split, join)

    def _loop(self, depth: int, **where: bool) -> Piece:
        merge, counter, again, out = (self.name(p) for p in ("x", "sc", "x", "x"))
        default = self.name("d")
        body = self.piece(depth - 1, loops=where["loops"], inside=True)
        key = f"n_{again}"
        self.data[key] = 0
        count = element(
            "scriptTask", counter, f"<bpmn:script>{{{key}: {key} + 1}}</bpmn:script>"
        )
        nodes = (
            exclusive(merge) + count + exclusive(again, default=default) + exclusive(out)
        )
        flows = (
            flow(merge, body.first)
            + flow(body.last, counter)
            + flow(counter, again)
            + flow(again, merge, f"{key} < {self.random.choice([1, 2, 3])}")
            + flow(again, out, key=default)
        )
        return Piece(nodes + body.nodes, body.flows + flows, merge, out)

    def _sub(self, depth: int, **where: bool) -> Piece:
        name, first, last = self.name("sp"), self.name("ss"), self.name("se")
        body = self.piece(depth - 1, loops=False, inside=where["inside"])
        inner = body.nodes + body.flows + flow(first, body.first) + flow(body.last, last)
        nodes, flows = subprocess(name, start(first), end(last), inner), ""
        if self.joins_in_loops and self.random.random() < 0.3:
            # The plain engine forgets what was said inside when the sub-process is stopped.
            event, task, stop = self.name("b"), self.name("u"), self.name("e")
            interrupting = self.random.random() < 0.5
            nodes += boundary(event, name, message("M1"), interrupting=interrupting)
            nodes += user(task) + end(stop)
            flows = chain(event, task, stop)
        return Piece(nodes, flows, name, name)

    def _many(self, depth: int, **_: bool) -> Piece:
        task = self.name("u")
        kind = self.random.choice(["parallel", "sequential"])
        self.data["items"] = [1, 2, 3]
        inner = over("items", f"it_{task}", f"outs_{task}", f"ot_{task}")
        return Piece(user(task, many(kind, inner)), "", task, task)


def to_python(xml: bytes) -> bytes:
    """The same diagram with its scripts as Python statements."""
    text = xml.decode()
    while "<bpmn:script>{" in text:
        before, rest = text.split("<bpmn:script>{", 1)
        inside, after = rest.split("}</bpmn:script>", 1)
        key, value = inside.split(":", 1)
        text = f"{before}<bpmn:script>{key.strip()} = {value.strip()}</bpmn:script>{after}"
    return text.encode()
