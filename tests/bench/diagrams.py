"""The diagrams that are measured, ours and theirs alike."""

from tests.engine.spiff.drawing import (
    chain,
    document,
    end,
    exclusive,
    flow,
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
    """So many successive choices between two tasks: fifty nodes when there are twelve."""
    parts = [start(), end()]
    before = "started"
    for n in range(many):
        names = f"split{n}", f"left{n}", f"right{n}", f"merge{n}"
        split, left, right, merge = names
        parts += [
            exclusive(split, default=f"to{n}"),
            user(left, role="case_officer"),
            user(right, role="case_officer"),
            exclusive(merge),
            flow(before, split),
            flow(split, left, "x"),
            flow(split, right, key=f"to{n}"),
            flow(left, merge),
            flow(right, merge),
        ]
        before = merge
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
