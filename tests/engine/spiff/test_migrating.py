"""Running cases go to other versions of random diagrams, beside the independent token game.

The game never migrates: it plays the version in which the case ends, from the beginning. What
differs between the two versions has not happened yet when the case changes version, so the two
must agree from there on. `EBG_MIGRATION_SEEDS` asks for more diagrams an element.
"""

import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from engine.spiff.model import Model, compile_model
from engine.spiff.transplant import transplant
from tests.engine.spiff.other_versions import NEW, OTHER, grown, renamed
from tests.engine.spiff.pieces import VARIANTS, Pieces
from tests.engine.spiff.test_oracle import Ours, act, picture
from tests.oracle.game import Game

SEEDS = int(os.environ.get("EBG_MIGRATION_SEEDS", "1"))
STEPS = 30


class Moved(Ours):
    """Shows the ids of the first version, whichever it follows."""

    def rows(self, found, *names):
        return sorted(
            ((row[0].removeprefix(OTHER), *row[1:]) for row in super().rows(found, *names)),
            key=lambda row: row[:-1],
        )


def compiled(xml: bytes) -> Model:
    return Model.from_bytes(compile_model({"process.bpmn": xml}, "p").to_bytes())


def migrate(ours: Ours, new: Model, mapping: dict[str, str]) -> None:
    case = ours.case
    if case.process.completed:
        return
    process, _ = transplant(case.state, case.model, new, mapping, host=case.host)
    case.model = new
    case._keep(process)


Change = Callable[[Ours, int], None]


def play(begins: bytes, ends: bytes, data: Any, seed: int, change: Change, at: int) -> bool:
    """Play both to the end or `STEPS`; before move `at` what is new is left out."""
    chance, moves = random.Random(seed), list[str]()
    game, ours = Game(ends, "p", data), Moved(begins, data)
    for step in range(STEPS):
        change(ours, step)
        left, right, state = picture(ours, game)
        if step < at:
            left, right = without_new(left), without_new(right)
            state["messages"] = [m for m in state["messages"] if NEW not in m[0]]
        failures = [f.message for f in ours.case.process.failures()]
        if not any(left.values()) and all("ne peut plus avancer" in f for f in failures):
            return True  # what interrupted a branch keeps a join waiting, in both
        assert (left, failures) == (right, []), f"after {moves}"
        if left["over"]:
            return True
        moves.append(act(ours, game, state, chance, step, ends))
    return False


def without_new(shown: dict[str, Any]) -> dict[str, Any]:
    kept = [m for m in shown["messages"] if NEW not in m[0]]
    return {**shown, "messages": kept}


def stay(old: bytes, new: bytes, at: int) -> Change:
    """To the same version, at every wait."""
    model = compiled(old)
    return lambda ours, step: migrate(ours, model, {})


def rename(old: bytes, new: bytes, at: int) -> Change:
    """To other ids, and back, at every wait."""
    other, there = renamed(old)
    back = {new: old for old, new in there.items()}
    models = compiled(other), compiled(old)

    def change(ours: Ours, step: int) -> None:
        migrate(ours, models[step % 2], back if step % 2 else there)

    return change


def follow(old: bytes, new: bytes, at: int) -> Change:
    """To the other version, at one wait."""
    model = compiled(new)

    def change(ours: Ours, step: int) -> None:
        if step == at:
            migrate(ours, model, {})

    return change


WAYS = {
    "the same": (stay, False, False),
    "other ids": (rename, False, False),
    "more": (follow, False, True),
    "less": (follow, True, False),
}
"""How the case changes version, whether it begins with more and ends with more."""


@pytest.mark.parametrize("kind", VARIANTS)
@pytest.mark.parametrize("way", WAYS)
def test_a_case_goes_on_as_if_it_had_always_followed_its_version(way, kind):
    change, more_before, more_after = WAYS[way]
    for seed in range(SEEDS):
        pieces = Pieces(random.Random(f"{kind} {seed}"))
        xml = pieces.draw(kind, depth=1 if seed % 3 == 0 else 2)
        chance = random.Random(f"{way} {kind} {seed}")
        more = grown(xml, chance) if more_before or more_after else xml
        begins, ends = more if more_before else xml, more if more_after else xml
        at = chance.randrange(7) if begins != ends else 0
        try:
            play(begins, ends, pieces.data, seed, change(begins, ends, at), at)
        except Exception as error:
            error.add_note(f"seed {way} {kind} {seed}, at {at}")
            raise
