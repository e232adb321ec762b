"""Our engine beside SpiffWorkflow as it comes: the same diagrams, the same moves, the same waits.

Ours is dumped and restored after every move. `EBG_SPIFF_SEEDS` asks for more random diagrams
than the usual 150. Joins inside loops are left out: there the plain engine fires too early.
So are values written again and again (the counters of loops): its joins bring old ones back.
"""

import os
import random

import pytest

from engine.spiff.model import Model, compile_model
from tests.engine.spiff.plain import Kept, Ours, Plain, signature
from tests.engine.spiff.random_models import Drawn, Generator

SEEDS = int(os.environ.get("EBG_SPIFF_SEEDS", "150"))
STEPS = 40


def play(drawn: Drawn, seed: int, *, beside_plain: bool = True) -> bool:
    """Play both to the end or `STEPS`; whether they ended."""
    chance = random.Random(seed)
    compiled = compile_model({"process.bpmn": drawn.ours}, "p")
    model = Model.from_bytes(compiled.to_bytes())
    ours = Ours(model, drawn.data)
    plain = Plain(drawn.plain, drawn.data) if beside_plain else Kept(model, drawn.data)
    moves: list[str] = []
    for step in range(STEPS):
        left, right = signature(plain), signature(ours)
        assert left == right, f"after {moves[-5:]}"
        ready = ours.ready()
        if not ready:
            return ours.over()
        if ours.waiting()[0] and chance.random() < 0.35:
            moves.append("message")
            plain.message()
            ours.message()
            continue
        number = chance.randrange(len(ready))
        name = ready[number][0]
        values = {f"k_{name}_{step}": step}
        if "it_" in ready[number][1]:
            values[f"ot_{name}"] = step
        moves.append(name)
        plain.complete(number, values)
        ours.complete(number, values)
    return False


@pytest.mark.parametrize("block", range(10))
def test_random_diagrams_run_as_in_the_plain_engine(block):
    for seed in range(block, SEEDS, 10):
        drawn = Generator(random.Random(seed)).draw()
        try:
            play(drawn, seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.parametrize("block", range(4))
def test_saving_and_restoring_changes_nothing_even_with_joins_in_loops(block):
    ended = 0
    for seed in range(block, SEEDS, 4):
        drawn = Generator(random.Random(seed), joins_in_loops=True).draw()
        try:
            ended += play(drawn, seed, beside_plain=False)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise
    assert ended > SEEDS / 16, "most diagrams run to their end"
