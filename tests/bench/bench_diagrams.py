"""Conditions, starts and publications, beside the other engines.

python -m tests.bench.bench_diagrams
"""

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.spiff.parser import SpiffBpmnParser

from engine import feel
from engine.commands import publishing
from engine.spiff.errors import DiagramRefused
from engine.spiff.model import compile_model, lint
from engine.spiff.process import Process
from tests.bench import diagrams, node, offices
from tests.bench.figures import durations, figure, milliseconds, not_run
from tests.engine.spiff.drawing import Clock, document, model, process
from tests.office import open_office

CONDITIONS = (
    "again",
    'montant > 1000 and nature = "subvention"',
    "sum(for d in devis return d.montant) * 0.4 > plafond",
)
DATA = {
    "again": True,
    "montant": 25000.5,
    "nature": "subvention",
    "devis": [{"montant": n * 100.5} for n in range(10)],
    "plafond": 20000,
}
MICROSECONDS, START, PUBLICATION, REFUSAL = 1000.0, 100.0, 1000.0, 1000.0
PUBLISHED, TOO_LARGE = 400, 5000
SPLITS = (4, 8, 12)


def main() -> None:
    peers = node.measured(
        {
            "loop.bpmn": document(process(*diagrams.LOOP)),
            **{f"splits-{n}.bpmn": diagrams.splits(n) for n in SPLITS},
            "conditions.json": json.dumps(
                {"expressions": CONDITIONS, "data": DATA}
            ).encode(),
        }
    )
    conditions([p for p in peers if p["what"] == "condition"])
    starts([p for p in peers if p["what"] == "start"])
    steps_of_peers([p for p in peers if p["what"] == "step"])
    publications()


def conditions(peers: list[dict[str, Any]]) -> None:
    """A gateway's condition, compiled once; feelin reads its text each time."""
    theirs = {peer["expression"]: peer["ms"] * 1000 for peer in peers}
    for text in CONDITIONS:
        compiled = feel.compile(text)
        loop = partial(_repeat, partial(compiled.evaluate, DATA), 100)
        ours = milliseconds(loop, 30) * 10
        fresh = iter(text + " " * n for n in range(1, 40))  # no two are the same text
        once = milliseconds(lambda fresh=fresh: feel.compile(next(fresh)), 30) * 1000
        facts = {"expression": text}
        figure("condition", "µs to evaluate", ours, goal=MICROSECONDS, **facts)
        figure("condition", "µs to compile, once", once, **facts)
        if text in theirs:
            figure("condition", "µs to evaluate by feelin", theirs[text], **facts)
            figure("condition", "ours / feelin", ours / theirs[text], **facts)


def _repeat(act: Callable[[], object], times: int) -> None:
    for _ in range(times):
        act()


def starts(peers: list[dict[str, Any]]) -> None:
    """Fifty nodes with twelve successive splits: from nothing to the first user task."""
    source = diagrams.splits(SPLITS[-1])
    compiled = compile_model({"process.bpmn": source}, "p")
    host = Clock()
    ours = milliseconds(lambda: Process.start(compiled, {}, host=host).dump(), 20)
    figure("start", "ms, 50 nodes, 12 splits", ours, goal=START)
    logging.getLogger("spiff").setLevel(logging.WARNING)  # a change of state is a line
    parser = SpiffBpmnParser()
    parser.add_bpmn_str(source)
    spec = parser.get_spec("p")

    def plain() -> None:
        flow = BpmnWorkflow(spec)
        flow.do_engine_steps()

    theirs = milliseconds(plain, 1)
    figure("start", "ms by SpiffWorkflow", theirs)
    figure("start", "ours / SpiffWorkflow", ours / theirs)
    for peer in peers:
        what = "ms by bpmn-engine, its parsing included"
        figure("start", what, peer["ms"], splits=peer["splits"])
    if peers and peers[-1]["splits"] < SPLITS[-1]:
        not_run(
            "start of bpmn-engine with 12 splits", f"stopped: {node.PATIENCE} s were up"
        )


def steps_of_peers(peers: list[dict[str, Any]]) -> None:
    """A step of bpmn-engine from text to text, beside ours from bytes to bytes."""
    if not peers:
        return
    compiled, host = model(*diagrams.LOOP), Clock()
    state = Process.start(compiled, {"again": True}, host=host).dump()

    def step() -> None:
        instance = Process.restore(compiled, state, host=host)
        instance.complete(instance.user_tasks()[0].task_id, {"again": True})
        instance.dump()

    ours = milliseconds(step, 60)
    for peer in peers:
        facts = {"finished": peer["finished"], "state_bytes": peer["state_bytes"]}
        figure("step in memory", "ms by bpmn-engine", peer["ms"], **facts)
        figure("step in memory", "bpmn-engine / ours", peer["ms"] / ours, **facts)


def publications() -> None:
    """Publish what is large, refuse what is too large or hostile, and go on working."""
    with offices.sqlite() as server, offices.opened(server.empty()):
        office = open_office()
        files = {"process.bpmn": diagrams.long(PUBLISHED)}

        def publish() -> None:
            assert not [p for p in _lint(files) if p.severity == "error"]
            compiled = compile_model(files, "p")
            publishing.publish(
                "p", files, compiled, sha256=_next_digest(), owner_id=office.region
            )

        _tell("publish", f"{PUBLISHED} nodes, checked", publish, PUBLICATION)
        refused = {
            f"{TOO_LARGE} nodes": diagrams.long(TOO_LARGE),
            "a circle without a stop": diagrams.endless(),
            "an XML bomb": diagrams.bomb(),
            "ten thousand levels": diagrams.deep(),
            "half a file": diagrams.long(PUBLISHED)[:20_000],
        }
        for name, content in refused.items():
            _tell("refuse", name, partial(_refuse, content), REFUSAL)
        publish()  # and the worker is alive


def _tell(bench: str, name: str, act: Callable[[], None], goal: float) -> None:
    """The worst of three."""
    cost = max(durations(act, 3))
    figure(bench, f"ms of processor, {name}", cost, goal=goal)


def _lint(files: dict[str, bytes]) -> list[Any]:
    return list(lint(files, operations={}, remote_calls={}, forms=()))


def _refuse(content: bytes) -> None:
    files = {"process.bpmn": content}
    try:
        compile_model(files, "p")
    except DiagramRefused:
        return
    errors = [p for p in _lint(files) if p.severity == "error"]
    assert errors, "a hostile diagram was accepted"


_digests = iter(f"{n:064x}" for n in range(10**9))


def _next_digest() -> str:
    return next(_digests)


if __name__ == "__main__":
    main()
