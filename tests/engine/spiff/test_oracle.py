"""The engine beside an independent token game, on random diagrams of every element that runs.

Ours is dumped and restored after every move; `EBG_SPIFF_SEEDS` asks for more diagrams an element.
"""

import json
import os
import random
from typing import Any

import pytest

from engine.spiff.model import Model, compile_model
from tests.engine.spiff.drawing import Case, Clock
from tests.engine.spiff.pieces import OTHER, VARIANTS, Pieces
from tests.oracle.game import CARRIED, SEEN, Game

SEEDS = int(os.environ.get("EBG_SPIFF_SEEDS", "3"))
STEPS = 30
MOVES = ("users", "users", "messages", "signals", "timers", "calls")


class Ours:
    def __init__(self, xml: bytes, data: dict[str, object]) -> None:
        compiled = compile_model({"process.bpmn": xml}, "p")
        self.host = Clock()
        self.host.decisions["size"] = lambda given: 7
        self.host.procedures[OTHER] = "published"
        model = Model.from_bytes(compiled.to_bytes())
        begins = model.starts["S0"].events
        brought = CARRIED.get(begins[0].kind) if begins else None
        self.case = Case(model, data, self.host, start_id="S0", payload=brought)

    def rows(self, found, *names):
        seen = self.case.process.task_data
        return sorted(
            (
                (
                    row.element_id,
                    *(getattr(row, name) for name in names),
                    shown(seen(row.task_id)),
                    row.task_id,
                )
                for row in found
            ),
            key=lambda row: row[:-1],
        )

    def state(self):
        process = self.case.process
        awaited = {"message": [], "signal": []}
        for row in process.subscriptions():
            awaited[row.kind].append(row)
        return {
            "users": self.rows(process.user_tasks()),
            "messages": self.rows(awaited["message"], "name"),
            "signals": self.rows(awaited["signal"], "name"),
            "timers": self.rows(process.timers()),
            "calls": self.rows(process.calls()),
        }


def shown(data):
    return json.dumps({k: v for k, v in data.items() if k[:2] in SEEN}, sort_keys=True)


def picture(ours: Ours, game: Game):
    state = ours.state()
    left = {
        "users": [(t.box.id, data) for _, data, t in game.ready()],
        "messages": [(t.box.id, t.sign.name) for t in game.waiting("message")],
        "signals": [(t.box.id, t.sign.name) for t in game.waiting("signal")],
        "timers": [t.box.id for t in game.waiting("timer")],
        "calls": [t.box.id for t in game.waiting("call")],
        "over": game.over(),
    }
    events = {
        t.notes["armed"].id: t.box.id for t in game.everywhere() if "armed" in t.notes
    }
    right = {
        "users": [row[:2] for row in state["users"]],
        **{
            kind: sorted((events.get(row[0], row[0]), row[1]) for row in state[kind])
            for kind in ("messages", "signals")
        },
        "timers": sorted(events.get(row[0], row[0]) for row in state["timers"]),
        "calls": [row[0] for row in state["calls"]],
        "over": ours.case.process.completed,
    }
    return left, right, state


def play(xml: bytes, data: dict[str, object], seed: int) -> bool:
    """Play both to the end or `STEPS`; whether they ended."""
    chance = random.Random(seed)
    game, ours = Game(xml, "p", data), Ours(xml, data)
    moves: list[str] = []
    for step in range(STEPS):
        left, right, state = picture(ours, game)
        failures = [f.message for f in ours.case.process.failures()]
        assert (left, failures) == (right, []), f"after {moves}"
        if left["over"]:
            return True
        moves.append(act(ours, game, state, chance, step, xml))
    return False


def act(
    ours: Ours, game: Game, state: Any, chance: random.Random, step: int, xml: bytes
) -> str:
    """One move, drawn from what is open, on both sides; says which."""
    chosen = chance.choice([key for key in MOVES if state[key]])
    number = chance.randrange(len(state[chosen]))
    task = state[chosen][number][-1]
    if chosen == "users":
        token = game.ready()[number][2]
        values = {f"k_{token.box.id}": step, f"k_{token.box.id}_{step}": step}
        if token.loop is not None and token.loop.notes.get("given"):
            values[token.loop.notes["given"]] = step
        if not wanted(xml, token.box.id):
            del values[f"k_{token.box.id}"]
        game.complete(token, values)
        ours.case.move("complete", task, values)
    elif chosen == "messages":
        name = state[chosen][number][1]
        here = [t for t in game.waiting("message") if t.sign.name == name]
        same = [row for row in state[chosen] if row[1] == name]
        place = min(same.index(state[chosen][number]), len(here) - 1)
        game.happen(here[place])
        ours.case.move("deliver", task, CARRIED["message"])
    elif chosen == "signals":
        name = state[chosen][number][1]
        heard = {row[-1] for row in state[chosen] if row[1] == name}
        game.signal(name)
        ours.case.move("signal", name, heard, CARRIED["signal"])
    elif chosen == "timers":
        days = chance.choice([1, 3, 9])
        game.pass_days(days)
        ours.case.wait(days=days)
    else:
        token = game.waiting("call")[number]
        if token.box.edge and chance.random() < 0.5:
            game.refuse(token)
            ours.case.move("refuse", task, "boom", ["no"])
        else:
            game.answer(token)
            ours.case.move("answer", task, None)
    return f"{chosen} {state[chosen][number][0]}"


def wanted(xml: bytes, key: str) -> bool:
    """Whether a condition of the diagram reads what this task writes."""
    return f">k_{key} ".encode() in xml


@pytest.mark.parametrize("kind", VARIANTS)
def test_an_element_runs_as_the_standard_says(kind):
    for seed in range(SEEDS * VARIANTS[kind]):
        pieces = Pieces(random.Random(f"{kind} {seed}"))
        xml = pieces.draw(kind, depth=1 if seed < 2 else 2)
        try:
            play(xml, pieces.data, seed)
        except Exception as error:
            error.add_note(f"seed {kind} {seed}")
            raise
