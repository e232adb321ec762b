"""Regular expressions in linear time: no pattern can make an evaluation run for ever.

Python reads the pattern; we follow all its possible matches at once, character by
character (Thompson's and Pike's method), instead of trying them one after the other.
Look-around and back-references, that this method excludes, are refused.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from engine.feel.errors import Undefined
from engine.feel.limits import Run

sre: Any = import_module("re._constants")  # Python's own, that it does not promise
reader: Any = import_module("re._parser")

_MAX_PATTERN = 500
_MAX_PROGRAM = 2000
_READING_COST = 50
_STEP_COST = 10
_FLAGS = {"s": re.DOTALL, "m": re.MULTILINE, "i": re.IGNORECASE, "x": re.VERBOSE}

Found = tuple[int, ...]
Check = Callable[[str, int], bool]


class _TooComplicated(Undefined):
    """All the steps that a pattern may have were written, and it has more."""


class Step(NamedTuple):
    """One instruction: take a character, check the place, remember it, or go elsewhere."""

    kind: str
    check: Check | None = None
    go: tuple[int, ...] = ()
    slot: int = 0


def compile_pattern(pattern: str, flags: str, run: Run) -> tuple[Step, ...]:
    """The program of a pattern; flags are among s, m, i, x, q. Raises Undefined.

    Its making is work of the run, the first time that the run meets it.
    """
    program: tuple[Step, ...] | None = run.patterns.get((pattern, flags))
    if program is None:
        if len(pattern) > _MAX_PATTERN:
            raise Undefined(f"le motif dépasse {_MAX_PATTERN} caractères")
        run.spend(_READING_COST + 2 * len(pattern))
        try:
            program = _compiled(pattern, flags)
        except _TooComplicated:
            run.spend(_STEP_COST * _MAX_PROGRAM)
            raise
        except Undefined:
            run.spend(_MAX_PROGRAM)
            raise
        run.spend(_STEP_COST * len(program))
        run.patterns[pattern, flags] = program
    return program


@lru_cache(maxsize=512)
def _compiled(pattern: str, flags: str) -> tuple[Step, ...]:
    if not set(flags) <= {*_FLAGS, "q"}:
        raise Undefined(f"les options « {flags} » n'existent pas (s, m, i, x, q)")
    options = sum({_FLAGS[one] for one in flags if one != "q"})
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = reader.parse(re.escape(pattern) if "q" in flags else pattern, options)
    except (re.error, OverflowError, RecursionError):
        raise Undefined(f"« {pattern} » n'est pas une expression régulière") from None
    program = _Program(tree.state.flags)
    program.add(Step("save", slot=0))
    program.sequence(tree)
    program.add(Step("save", slot=1))
    program.add(Step("match"))
    return tuple(program.steps)


def search(program: tuple[Step, ...], text: str, start: int, run: Run) -> Found | None:
    """Where the first match from `start` begins and ends, then its groups (-1: none)."""
    run.spend(len(program) // 4)
    slots = 2 + max(step.slot for step in program) // 2 * 2
    best: Found | None = None
    threads = _Threads(program, text, start)
    for place in range(start, len(text) + 1):
        if best is None:
            threads.follow(0, (-1,) * slots)
        elif not threads.alive:
            break
        run.spend(1 + len(threads.seen))
        following = _Threads(program, text, place + 1)
        for number, found in threads.alive:
            step = program[number]
            if step.kind == "match":
                best = found
                break  # the threads that come after would match less to the left
            if place < len(text) and step.check and step.check(text, place):
                following.follow(number + 1, found)
        threads = following
    return best


def matches_of(program: tuple[Step, ...], text: str, run: Run) -> Iterator[Found]:
    """Every match, one after the other. Raises Undefined if one may be empty."""
    if search(program, "", 0, run) is not None:
        raise Undefined("ce motif accepte le texte vide")
    place = 0
    while (found := search(program, text, place, run)) is not None:
        if found[0] == found[1]:
            raise Undefined("ce motif accepte le texte vide")
        yield found
        place = found[1]


class _Threads:
    """All the matches under way at one place of the text, the preferred ones first."""

    def __init__(self, program: tuple[Step, ...], text: str, place: int) -> None:
        self.program, self.text, self.place = program, text, place
        self.alive: list[tuple[int, Found]] = []
        self.seen: set[int] = set()

    def follow(self, number: int, found: Found) -> None:
        """Go on to every step that takes a character; each step is entered once."""
        waiting = [(number, found)]
        while waiting:
            number, found = waiting.pop()
            if number in self.seen:
                continue
            self.seen.add(number)
            step = self.program[number]
            if step.kind == "go":
                waiting.extend((target, found) for target in reversed(step.go))
            elif step.kind == "save":
                kept = (*found[: step.slot], self.place, *found[step.slot + 1 :])
                waiting.append((number + 1, kept))
            elif step.kind == "place":
                if step.check and step.check(self.text, self.place):
                    waiting.append((number + 1, found))
            else:
                self.alive.append((number, found))


class _Program:
    """The steps of a pattern being written, from the tree Python made of it."""

    def __init__(self, flags: int) -> None:
        self.steps: list[Step] = []
        self.flags = flags

    def add(self, step: Step) -> int:
        if len(self.steps) >= _MAX_PROGRAM:
            raise _TooComplicated("ce motif est trop compliqué")
        self.steps.append(step)
        return len(self.steps) - 1

    def sequence(self, items: Any) -> None:
        for kind, value in items:
            self.item(kind, value)

    def item(self, kind: Any, value: Any) -> None:
        if kind in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
            self.repeat(*value, greedy=kind is sre.MAX_REPEAT)
        elif kind is sre.BRANCH:
            self.branches(value[1])
        elif kind is sre.SUBPATTERN and not value[1] and not value[2]:
            self.group(value[0], value[3])
        elif kind is sre.AT:
            self.add(Step("place", _place_check(value, self.flags)))
        elif kind in {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}:
            self.add(Step("take", _character_check(kind, value, self.flags)))
        else:
            raise Undefined("ce motif demande ce que nous refusons (renvoi, regard autour)")

    def group(self, number: int | None, items: Any) -> None:
        if number is not None:
            self.add(Step("save", slot=2 * number))
        self.sequence(items)
        if number is not None:
            self.add(Step("save", slot=2 * number + 1))

    def branches(self, choices: list[Any]) -> None:
        ends: list[int] = []
        for choice in choices[:-1]:
            fork = self.add(Step("go"))
            self.sequence(choice)
            ends.append(self.add(Step("go")))
            self.steps[fork] = Step("go", go=(fork + 1, len(self.steps)))
        self.sequence(choices[-1])
        for end in ends:
            self.steps[end] = Step("go", go=(len(self.steps),))

    def repeat(self, least: int, most: Any, items: Any, *, greedy: bool) -> None:
        for _ in range(least):
            self.sequence(items)
            self.add(Step("go", go=(len(self.steps) + 1,)))  # {1000}{1000} stops here
        if most is sre.MAXREPEAT:
            fork = self.add(Step("go"))
            self.sequence(items)
            self.add(Step("go", go=(fork,)))
            self._fork(fork, greedy=greedy)
            return
        forks: list[int] = []
        for _ in range(most - least):
            forks.append(self.add(Step("go")))
            self.sequence(items)
        for fork in forks:
            self._fork(fork, greedy=greedy)

    def _fork(self, fork: int, *, greedy: bool) -> None:
        ways = (fork + 1, len(self.steps))
        self.steps[fork] = Step("go", go=ways if greedy else ways[::-1])


def _character_check(kind: Any, value: Any, flags: int) -> Check:
    test = _character_test(kind, value, flags)
    if not flags & re.IGNORECASE or kind is sre.ANY:
        return lambda text, place: test(text[place])
    negated = kind is sre.NOT_LITERAL or (kind is sre.IN and value[0][0] is sre.NEGATE)
    decide = all if negated else any
    return lambda text, place: decide(
        test(one) for one in {text[place], text[place].lower(), text[place].upper()}
    )


def _character_test(kind: Any, value: Any, flags: int) -> Callable[[str], bool]:
    if kind is sre.ANY:
        return (lambda _: True) if flags & re.DOTALL else (lambda one: one not in "\r\n")
    if kind is sre.LITERAL:
        return lambda one: one == chr(value)
    if kind is sre.NOT_LITERAL:
        return lambda one: one != chr(value)
    if kind is sre.RANGE:
        low, high = value
        return lambda one: len(one) == 1 and low <= ord(one) <= high
    if kind is sre.CATEGORY:
        return _CATEGORIES[value]
    negated = value[0][0] is sre.NEGATE
    parts = [_character_test(one, part, flags) for one, part in value[negated:]]
    return lambda one: any(part(one) for part in parts) is not negated


def _word(one: str) -> bool:
    return one.isalnum() or one == "_"


_CATEGORIES: dict[Any, Callable[[str], bool]] = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda one: not one.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    sre.CATEGORY_WORD: _word,
    sre.CATEGORY_NOT_WORD: lambda one: not _word(one),
}


def _place_check(where: Any, flags: int) -> Check:
    many = flags & re.MULTILINE
    if where is sre.AT_BEGINNING_STRING or (where is sre.AT_BEGINNING and not many):
        return lambda _, place: place == 0
    if where is sre.AT_END_STRING or (where is sre.AT_END and not many):
        return lambda text, place: place == len(text)
    if where is sre.AT_BEGINNING:
        return lambda text, place: place == 0 or text[place - 1] == "\n"
    if where is sre.AT_END:
        return lambda text, place: place == len(text) or text[place] == "\n"

    def edge(text: str, place: int) -> bool:
        before = place > 0 and _word(text[place - 1])
        after = place < len(text) and _word(text[place])
        return before is not after

    if where is sre.AT_BOUNDARY:
        return edge
    return lambda text, place: not edge(text, place)
