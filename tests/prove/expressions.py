"""Hostile FEEL: expressions grown from the grammar, and the TCK's own, disfigured.

Everything comes from the random generator it is given: a seed and a number make the
same expression again.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from random import Random

from lxml import etree

from engine.feel import functions, library

assert library  # importing it declares the functions

ROOT = Path(__file__).parents[2]
REFERENCE = Path(os.environ.get("EBG_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
VECTORS = ROOT / "tests" / "engine" / "feel" / "vectors.json"
NAMES = ("n", "s", "b", "d", "t", "m", "nul", "liste", "rows", "deep", "big", "item", "?")
OPERATORS = ("+", "-", "*", "/", "**", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in")
LITERALS = (
    *("0", "1", "-1", "2", "0.1", "3.14", "1e6144", "-1e-6143", "1e34", "10**12", "99999"),
    *("true", "false", "null", '""', '"a"', '"é🐎"', '"(a+)+$"', '"' + "a" * 200 + '"'),
    *('@"2026-11-21"', '@"9999-12-31"', '@"-999999999-01-01"', '@"P999999999D"'),
    *('@"2026-10-25T02:30:00@Europe/Paris"', '@"10:00:00Z"', '@"P1Y"', '@"PT0.000001S"'),
    *("[]", "{}", "[1..3]", "(1..10**9)", "[1,[2,[3]]]", '{a: 1, "b c": 2}', "1..10**12"),
    *('"__class__"', '"../../etc/passwd"', '@"10:00:00@../../etc/passwd"'),
)
TYPES = (
    "number",
    "string",
    "list<number>",
    "context<a: number>",
    "date",
    "Any",
    "function",
)
PATHS = ("a", "year", "start", "time offset", "__class__", "__globals__", "months", "f")
PIECE = re.compile(r'"(?:[^"\\]|\\.)*"|\w+|\s+|\*\*|\.\.|.', re.DOTALL)


def expression(random: Random) -> str:
    """One expression, as likely to be read as to be refused."""
    way = random.random()
    if way < 0.5:
        return grown(random, random.randint(1, 6))
    text = random.choice(known())
    for _ in range(random.randint(0 if way < 0.6 else 1, 5)):
        text = disfigured(random, text)
    return text


def grown(random: Random, depth: int) -> str:
    """An expression of the grammar, at most so deep."""
    if depth <= 0:
        return random.choice(LITERALS if random.random() < 0.6 else NAMES)

    def part() -> str:
        return grown(random, depth - random.randint(1, 3))

    def several() -> list[str]:
        return [part() for _ in range(random.randint(0, 4))]

    builtin = functions.BUILTINS[random.choice(sorted(functions.BUILTINS))]
    signature = random.choice(builtin.signatures)
    count = random.choice((len(signature.parameters), random.randint(0, 4)))
    ways = (
        lambda: f"{part()} {random.choice(OPERATORS)} {part()}",
        lambda: f"{builtin.name}({', '.join(part() for _ in range(count))})",
        lambda: f"{builtin.name}({', '.join(part() for _ in range(count))})",
        lambda: f"{part()}[{part()}]",
        lambda: f"({part()})[item {random.choice(OPERATORS)} {part()}]",
        lambda: f"({part()}).{random.choice(PATHS)}",
        lambda: f"if {part()} then {part()} else {part()}",
        lambda: f"for i in {part()}, j in {part()} return {part()}",
        lambda: f"for i in {part()} return [i, partial, {part()}]",
        lambda: f"{random.choice(('some', 'every'))} i in {part()} satisfies {part()}",
        lambda: f"[{', '.join(several())}]",
        lambda: "{" + ", ".join(f"k{n}: {one}" for n, one in enumerate(several())) + "}",
        lambda: f"{{f: function(x) {part()}, r: f({part()}) + f(f)}}",
        lambda: f"{{f: function(x) [f(x), f({part()})], r: f(1)}}.r",
        lambda: f"{part()} between {part()} and {part()}",
        lambda: f"{part()} in ({', '.join(several()) or part()})",
        lambda: f"{part()} instance of {random.choice(TYPES)}",
        lambda: f"sort({part()}, function(x, y) {part()})",
        lambda: f"not({part()})",
        lambda: f"-({part()})",
    )
    return random.choice(ways)()


def disfigured(random: Random, text: str) -> str:
    """`text` with one thing removed, doubled, exchanged, wrapped or spliced."""
    pieces = PIECE.findall(text) or [""]
    place, other = random.randrange(len(pieces)), random.randrange(len(pieces))
    way = random.randrange(8)
    if way == 0:
        del pieces[place]
    elif way == 1:
        pieces[place:place] = pieces[min(place, other) : max(place, other) + 1]
    elif way == 2:
        pieces[place], pieces[other] = pieces[other], pieces[place]
    elif way == 3:
        pieces[place] = random.choice((*LITERALS, *OPERATORS, *NAMES))
    elif way == 4:
        pieces[place] = f"({grown(random, 3)})"
    elif way == 5:
        pieces = pieces[:place] + PIECE.findall(random.choice(known()))[other:]
    elif way == 6:
        pieces[place] = chr(random.choice((0, 9, 10, 39, 0x2019, 0x200B, 0xD7FF, 0x1F40E)))
    else:
        times = random.randint(1, 80)
        begin, end = random.choice((("(", ")"), ("[", "]"), ("not(", ")"), ("-", "")))
        return begin * times + text + end * times
    return "".join(pieces)


@cache
def known() -> tuple[str, ...]:
    """The expressions of the TCK when the reference data are there, and feelin's."""
    found = {one["e"] for one in json.loads(VECTORS.read_text())["expressions"]}
    for file in sorted(REFERENCE.glob("conformance/tck/*/*/*.dmn")):
        root = etree.parse(file, etree.XMLParser(resolve_entities=False))
        found.update(one.text or "" for one in root.iter("{*}text"))
    return tuple(sorted(found))


@cache
def tables() -> tuple[bytes, ...]:
    """Decision files: this project's, and the TCK's when they are there."""
    files = [*ROOT.glob("workflows/**/*.dmn"), *REFERENCE.glob("conformance/tck/*/*/*.dmn")]
    return tuple(
        file.read_bytes() for file in sorted(files) if file.stat().st_size < 30_000
    )


def table(random: Random) -> bytes:
    """A decision file whose cells were exchanged, or replaced by hostile expressions."""
    text = random.choice(tables()).decode()
    parts = re.split(r"(?<=<text>)([^<]*)(?=</text>)", text)
    cells = range(1, len(parts), 2)
    for place in random.sample(cells, min(len(cells), random.randint(0, 3))):
        parts[place] = (
            expression(random).replace("&", "&amp;").replace("<", "&lt;").replace("\0", "")
        )
    text = "".join(parts)
    if random.random() < 0.3:
        pieces = text.split(">")
        place, other = random.randrange(len(pieces)), random.randrange(len(pieces))
        pieces[place], pieces[other] = pieces[other], pieces[place]
        text = ">".join(pieces)
    return text.encode("utf-8", "replace")
