"""Functions on texts; positions start at 1, and count characters."""

import re
from decimal import Decimal
from functools import partial
from typing import Any

from engine.feel import patterns
from engine.feel.errors import Undefined
from engine.feel.functions import function
from engine.feel.limits import MAX_TEXT, Run, checked_list, checked_text
from engine.feel.values import DECIMAL128
from engine.feel.writing import written

_DOLLAR = re.compile(r"\\(.)|\$(\d)", re.DOTALL)
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@function("string length", "string: string")
def string_length(run: Run, string: str) -> Decimal:
    return Decimal(len(string))


@function("upper case", "string: string")
def upper_case(run: Run, string: str) -> str:
    return checked_text(string.upper())


@function("lower case", "string: string")
def lower_case(run: Run, string: str) -> str:
    return checked_text(string.lower())


@function("substring", "string: string", "start position: number", "length: number?")
def substring(run: Run, string: str, start: Decimal, length: Decimal | None = None) -> str:
    size = len(string)
    if start == 0 or abs(start) > size:
        raise Undefined(f"le texte a {size} caractère(s), pas de position {start}")
    if length is not None and length < 1:
        raise Undefined("la longueur est au moins 1")
    first = int(start) - 1 if start > 0 else size + int(start)
    last = size if length is None else first + int(min(length, Decimal(size)))
    return string[first:last]


@function("substring before", "string: string", "match: string")
def substring_before(run: Run, string: str, match: str) -> str:
    before, found, _ = string.partition(match) if match else ("", "", "")
    return before if found else ""


@function("substring after", "string: string", "match: string")
def substring_after(run: Run, string: str, match: str) -> str:
    return string.partition(match)[2] if match else string


@function("contains", "string: string", "match: string")
def contains(run: Run, string: str, match: str) -> bool:
    return match in string


@function("starts with", "string: string", "match: string")
def starts_with(run: Run, string: str, match: str) -> bool:
    return string.startswith(match)


@function("ends with", "string: string", "match: string")
def ends_with(run: Run, string: str, match: str) -> bool:
    return string.endswith(match)


@function("matches", "input: string", "pattern: string", "flags: any?")
def matches(run: Run, text: str, pattern: str, flags: Any = None) -> bool:
    program = patterns.compile_pattern(pattern, _flags(flags), run)
    return patterns.search(program, text, 0, run) is not None


@function(
    "replace", "input: string", "pattern: string", "replacement: string", "flags: any?"
)
def replace(run: Run, text: str, pattern: str, replacement: str, flags: Any = None) -> str:
    """`$1` in the replacement stands for the first group."""
    program = patterns.compile_pattern(pattern, _flags(flags), run)
    pieces: list[str] = []
    end = size = 0
    for found in patterns.matches_of(program, text, run):
        new = replacement
        if "q" not in _flags(flags):
            new = _DOLLAR.sub(partial(_group, text=text, found=found), new)
        pieces += (text[end : found[0]], new)
        size += len(new)
        if size > MAX_TEXT:
            break
        end = found[1]
    return checked_text("".join(pieces) + text[end:])


@function("split", "string: string", "delimiter: string")
def split(run: Run, string: str, delimiter: str) -> list[str]:
    program = patterns.compile_pattern(delimiter, "", run)
    parts: list[str] = []
    end = 0
    for found in patterns.matches_of(program, string, run):
        parts.append(string[end : found[0]])
        end = found[1]
    return checked_list([*parts, string[end:]])


@function("string join", "list: list", "delimiter: any?")
def string_join(run: Run, items: list[Any], delimiter: Any = None) -> str:
    if not all(item is None or isinstance(item, str) for item in items):
        raise Undefined("la liste ne contient pas que des textes")
    if delimiter is not None and not isinstance(delimiter, str):
        raise Undefined("le séparateur est un texte")
    run.spend(len(items))
    return checked_text((delimiter or "").join(item for item in items if item is not None))


@function("string", "from: any")
def string(run: Run, value: Any) -> str | None:
    return None if value is None else written(value, run)


@function("number", "from: any", "grouping separator: any?", "decimal separator: any?")
def number(run: Run, text: Any, grouping: Any = None, point: Any = None) -> Decimal:
    """Reads a number; separators are a space, a comma or a point, and differ."""
    if grouping not in (None, " ", ",", ".") or point not in (None, ",", "."):
        raise Undefined("ces séparateurs ne sont pas admis")
    if grouping is not None and grouping == point:
        raise Undefined("les deux séparateurs sont les mêmes")
    if isinstance(text, Decimal):
        return text
    if not isinstance(text, str):
        raise Undefined("on lit un nombre dans un texte")
    bare = text.replace(grouping, "") if grouping else text
    bare = bare.replace(point, ".") if point else bare
    if len(bare) > 100 or _NUMBER.fullmatch(bare) is None:  # noqa: PLR2004  digits
        raise Undefined(f"« {text[:40]} » n'est pas un nombre")
    return DECIMAL128.create_decimal(bare)


def _flags(flags: Any) -> str:
    if flags is None:
        return ""
    if not isinstance(flags, str):
        raise Undefined("les options d'un motif sont un texte")
    return flags


def _group(part: re.Match[str], text: str, found: tuple[int, ...]) -> str:
    if part[1] is not None:
        return part[1]
    slot = 2 * int(part[2])
    if slot + 1 >= len(found) or found[slot] < 0 or found[slot + 1] < 0:
        return ""
    return text[found[slot] : found[slot + 1]]
