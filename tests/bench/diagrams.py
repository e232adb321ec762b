"""The diagrams that are measured, ours and theirs alike."""

from tests.engine.spiff.drawing import (
    chain,
    document,
    end,
    exclusive,
    flow,
    parallel,
    process,
    script,
    start,
    user,
)

LOOP = (
    start(),
    exclusive("merge"),
    user("work", role="case_officer"),
    exclusive("again", default="stop"),
    end(),
    chain("started", "merge", "work", "again"),
    flow("again", "merge", "again"),
    flow("again", "ended", key="stop"),
)
"""A case that comes back to the same officer for as long as wanted."""


def splits(many: int) -> bytes:
    """So many times two tasks side by side, in a row: fifty nodes when there are twelve."""
    parts, before = [start(), end()], "started"
    for n in range(many):
        split, left, right, join = f"split{n}", f"left{n}", f"right{n}", f"join{n}"
        parts += [parallel(split), parallel(join)]
        parts += [user(side, role="case_officer") for side in (left, right)]
        parts += [flow(before, split), flow(split, left), flow(split, right)]
        parts += [flow(left, join), flow(right, join)]
        before = join
    return document(process(*parts, flow(before, "ended")))


def long(nodes: int) -> bytes:
    """A row of user tasks with a choice every ten: `nodes` nodes."""
    parts, before, number = [start(), end()], "started", 2
    while number < nodes:
        name = f"n{number}"
        if number % 10 == 0 and number + 1 < nodes:
            parts += [
                exclusive(name, default=f"d{number}"),
                exclusive(f"m{number}"),
                flow(before, name),
                flow(name, f"m{number}", "montant > 1000"),
                flow(name, f"m{number}", key=f"d{number}"),
            ]
            before, number = f"m{number}", number + 2
        else:
            parts += [user(name, role="case_officer"), flow(before, name)]
            before, number = name, number + 1
    return document(process(*parts, flow(before, "ended")))


def endless() -> bytes:
    """A circle without a stop: nothing in it ever waits."""
    turning = [exclusive("merge"), script("once", "{a: 1}"), script("more", "{b: 2}")]
    around = chain("started", "merge", "once", "more", "merge")
    return document(process(start(), *turning, around, end()))


def bomb() -> bytes:
    """Entities that would unfold to a hundred billion letters."""
    lines = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    return (
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a0 "x">{"".join(lines)}]><d>&a11;</d>'
    ).encode()


def deep() -> bytes:
    """Ten thousand elements, one within the other."""
    return b"<a>" * 10_000 + b"</a>" * 10_000
