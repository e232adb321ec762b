r"""Designers' `pattern`s, matched in a time that grows with the text and nothing else.

Python's `re` may take for ever on `(a+)+$`; here every path is followed at once (Thompson
1968), so no pattern can block a server. The syntax is the part of JavaScript's that
designers use: literals, classes, `.`, groups, `|`, `* + ? {n,m}`, `^`, `$`, `\d \w \s`.
Look-around, back-references and named groups are refused.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

MAX_PATTERN, MAX_STATES, MAX_TEXT = 300, 800, 1000
"""Characters of a pattern, states of its automaton, characters of a text it judges."""

_DIGIT = ((48, 57),)
_WORD = ((48, 57), (65, 90), (95, 95), (97, 122))
_SPACE = ((9, 13), (32, 32), (160, 160), (8239, 8239))
_CLASSES = {"d": _DIGIT, "w": _WORD, "s": _SPACE}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r"}

Ranges = tuple[tuple[int, int], ...]


class PatternRefused(ValueError):
    """A pattern outside the syntax; the message says why, in French."""


@dataclass(frozen=True)
class Chars:
    """One character among ranges, or outside them."""

    ranges: Ranges
    negated: bool = False

    def has(self, char: str) -> bool:
        code = ord(char)
        return any(low <= code <= high for low, high in self.ranges) is not self.negated


@dataclass(frozen=True)
class Split:
    """Go on at each of these steps at once."""

    to: tuple[int, ...]


@dataclass(frozen=True)
class Edge:
    """Go on only at the start (`^`) or at the end (`$`) of the text."""

    start: bool


Step = Chars | Split | Edge | None
"""None accepts."""

Part = Callable[[list[Step]], None]
"""Writes its steps at the end of a program; what follows is the next step."""


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Callable[[str], bool]:
    """A test: does the text (at most MAX_TEXT characters) hold the pattern?

    Raises PatternRefused.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"le motif dépasse {MAX_PATTERN} caractères")
    program: list[Step] = []
    _Parser(pattern).whole()(program)
    program.append(None)
    return lambda text: len(text) <= MAX_TEXT and _run(program, text)


def _run(program: list[Step], text: str) -> bool:
    present: set[int] = set()
    for at in range(len(text) + 1):
        present = _reach(program, {0, *present}, first=at == 0, last=at == len(text))
        if any(program[step] is None for step in present):
            return True
        if at < len(text):
            present = {step + 1 for step in present if _eats(program[step], text[at])}
    return False


def _eats(step: Step, char: str) -> bool:
    return isinstance(step, Chars) and step.has(char)


def _reach(
    program: list[Step], steps: Iterable[int], *, first: bool, last: bool
) -> set[int]:
    reached: set[int] = set()
    waiting = list(steps)
    while waiting:
        at = waiting.pop()
        if at in reached:
            continue
        reached.add(at)
        match program[at]:
            case Split(to):
                waiting.extend(to)
            case Edge(start) if first if start else last:
                waiting.append(at + 1)
            case _:
                pass
    return reached


def _add(program: list[Step], step: Step) -> None:
    if len(program) >= MAX_STATES:
        raise PatternRefused("le motif est trop compliqué : simplifiez ses répétitions")
    program.append(step)


def _sequence(parts: list[Part]) -> Part:
    def write(program: list[Step]) -> None:
        for part in parts:
            part(program)

    return write


def _either(parts: list[Part]) -> Part:
    def write(program: list[Step]) -> None:
        fork = len(program)
        _add(program, Split(()))
        starts, ends = [], []
        for part in parts:
            starts.append(len(program))
            part(program)
            ends.append(len(program))
            _add(program, Split(()))
        program[fork] = Split(tuple(starts))
        for end in ends:
            program[end] = Split((len(program),))

    return parts[0] if len(parts) == 1 else write


def _times(part: Part, low: int, high: int | None) -> Part:
    def maybe(program: list[Step], *, again: bool) -> None:
        fork = len(program)
        _add(program, Split(()))
        part(program)
        if again:
            _add(program, Split((fork,)))
        program[fork] = Split((fork + 1, len(program)))

    def write(program: list[Step]) -> None:
        for _ in range(low):
            before = len(program)
            part(program)
            if len(program) == before:
                break  # repeating nothing is nothing
        if high is None:
            maybe(program, again=True)
        else:
            for _ in range(high - low):
                maybe(program, again=False)

    return write


class _Parser:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self.text, self.at, self.depth = pattern, 0, 0

    def whole(self) -> Part:
        part = self.choice()
        if self.at < len(self.text):
            raise PatternRefused("une parenthèse du motif n’est pas ouverte")
        return part

    def choice(self) -> Part:
        parts = [self.sequence()]
        while self.take("|"):
            parts.append(self.sequence())
        return _either(parts)

    def sequence(self) -> Part:
        parts = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self.repeated(self.atom()))
        return _sequence(parts)

    def take(self, expected: str) -> bool:
        if self.text.startswith(expected, self.at):
            self.at += len(expected)
            return True
        return False

    def next(self) -> str:
        if self.at >= len(self.text):
            raise PatternRefused("le motif est incomplet")
        self.at += 1
        return self.text[self.at - 1]

    def atom(self) -> Part:
        char = self.next()
        match char:
            case "(":
                return self.group()
            case "[":
                step: Step = self.char_class()
            case ".":
                step = Chars(((10, 10), (13, 13)), negated=True)
            case "^" | "$":
                step = Edge(start=char == "^")
            case "\\":
                step = self.escape()
            case "*" | "+" | "?" | "{":
                raise PatternRefused(f"« {char} » ne suit rien qu’il puisse répéter")
            case _:
                step = Chars(((ord(char), ord(char)),))
        return lambda program: _add(program, step)

    def group(self) -> Part:
        if self.take("?") and not self.take(":"):
            raise PatternRefused("les groupes « (?…) » ne sont pas admis, sauf « (?:…) »")
        self.depth += 1
        if self.depth > 20:  # noqa: PLR2004
            raise PatternRefused("le motif a trop de parenthèses imbriquées")
        part = self.choice()
        if not self.take(")"):
            raise PatternRefused("une parenthèse du motif n’est pas fermée")
        self.depth -= 1
        return part

    def escape(self) -> Chars:
        char = self.next()
        if char.lower() in _CLASSES:
            return Chars(_CLASSES[char.lower()], negated=char.isupper())
        if char.isalnum() and char not in _CONTROLS:
            raise PatternRefused(f"« \\{char} » n’est pas admis dans un motif")
        code = ord(_CONTROLS.get(char, char))
        return Chars(((code, code),))

    def char_class(self) -> Chars:
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            low = self.class_item()
            between = self.text[self.at : self.at + 2]
            if len(low) == 1 and between.startswith("-") and between not in {"-]", "-"}:
                self.at += 1
                high = self.class_item()
                if len(high) != 1 or high[0][1] < low[0][0]:
                    raise PatternRefused("un intervalle du motif est à l’envers")
                low = ((low[0][0], high[0][1]),)
            ranges.extend(low)
        return Chars(tuple(ranges), negated)

    def class_item(self) -> Ranges:
        char = self.next()
        if char != "\\":
            return ((ord(char), ord(char)),)
        found = self.escape()
        if found.negated:
            raise PatternRefused("« \\D », « \\W » et « \\S » ne vont pas entre crochets")
        return found.ranges

    def repeated(self, part: Part) -> Part:
        if self.take("*"):
            part = _times(part, 0, None)
        elif self.take("+"):
            part = _times(part, 1, None)
        elif self.take("?"):
            part = _times(part, 0, 1)
        elif self.take("{"):
            part = _times(part, *self.bounds())
        else:
            return part
        self.take("?")
        if self.at < len(self.text) and self.text[self.at] in "*+?{":
            raise PatternRefused("deux répétitions se suivent dans le motif")
        return part

    def bounds(self) -> tuple[int, int | None]:
        end = self.text.find("}", self.at)
        low, comma, high = self.text[self.at : max(end, 0)].partition(",")
        wrong = PatternRefused("écrivez {n}, {n,} ou {n,m} dans le motif")
        if end < 0 or not low.isdecimal() or not (high.isdecimal() or not high):
            raise wrong
        self.at = end + 1
        least = int(low[:4])
        most = least if not comma else int(high[:4]) if high else None
        if most is not None and most < least:
            raise wrong
        if max(least, most or 0) > MAX_STATES:
            raise PatternRefused("le motif est trop compliqué : simplifiez ses répétitions")
        return least, most
