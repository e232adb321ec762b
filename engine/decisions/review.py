"""What a decision table forgets, says twice or never reaches, with an example of each.

Only what is certain is said: a rule whose cells cannot be judged may apply anywhere, so
it fills gaps, and overlaps with nothing. Missing values (null) are not looked at.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations, islice
from operator import and_
from typing import Any

from engine import feel
from engine.decisions.columns import Column, TooLarge, columns, constants, is_constant
from engine.decisions.model import Decision
from engine.decisions.parts import tables_below
from engine.decisions.tables import Rule, Table
from engine.feel import functions
from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import Run
from engine.feel.parser import parse
from engine.feel.values import KINDS, equal
from engine.feel.writing import written

_BUDGET = 20_000  # combinations looked at in one search
_MOST_PAIRS = 100_000
_MOST_EXAMPLES = 3
_MOST_SHOWN = 8
_MOST_REMARKS = 20  # on one table
_ONE_ANSWER = ("UNIQUE", "ANY", "FIRST", "PRIORITY")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to look at in a table; `rules` are the numbers of those concerned.

    `example` gives, by column, values that show it; `severity` is "warning", or "note"
    when the table could not be judged.
    """

    table: str
    rules: tuple[int, ...]
    message: str
    severity: str = "warning"
    example: dict[str, Any] = field(default_factory=dict)


def review(compiled: Mapping[str, Decision]) -> list[Remark]:
    """The remarks on every table of the decisions, with those of their functions."""
    found = {
        id(table): table for one in compiled.values() for table in tables_below(one.part)
    }
    return [
        remark
        for table in found.values()
        for remark in islice(_table(table), _MOST_REMARKS)
    ]


def _table(table: Table) -> Iterator[Remark]:
    yield from _kinds(table)
    if not table.rules or not table.inputs:
        return
    try:
        seen = columns(table)
        if table.policy in _ONE_ANSWER and not any(one.default for one in table.outputs):
            yield from _gaps(table, seen)
        if table.policy in {"UNIQUE", "ANY"}:
            yield from _overlaps(table, seen)
        if table.policy == "FIRST":
            yield from _unreachable(table, seen)
    except (TooLarge, RecursionError):
        yield Remark(table.name, (), "La table est trop grande pour être vérifiée.", "note")


# -- gaps, overlaps, rules that never apply -----------------------------------------------


def _gaps(table: Table, seen: tuple[Column, ...]) -> Iterator[Remark]:
    expected = [[(p.value, p.maybe) for p in one.pieces if p.expected] for one in seen]
    for values in _uncovered(expected, (1 << len(table.rules)) - 1):
        example = _example(seen, values)
        yield Remark(
            table.name,
            (),
            f"Aucune règle ne s'applique{_shown(example)}.",
            example=example,
        )


def _overlaps(table: Table, seen: tuple[Column, ...]) -> Iterator[Remark]:
    if len(table.rules) ** 2 > 2 * _MOST_PAIRS:
        raise TooLarge
    told = 0
    for one, other in combinations(table.rules, 2):
        both = 1 << (one.number - 1) | 1 << (other.number - 1)
        if table.policy == "ANY" and _conclude_alike(one, other):
            continue
        values = [_first(column, both) for column in seen]
        if any(value is None for value in values):
            continue
        example = _example(seen, [value[0] for value in values if value])
        yield Remark(
            table.name,
            (one.number, other.number),
            f"Les règles {one.number} et {other.number} s'appliquent ensemble"
            f"{_shown(example)}, alors que la politique {table.policy} n'admet qu'une réponse.",
            example=example,
        )
        told += 1
        if told == _MOST_EXAMPLES:
            return


def _first(column: Column, rules: int) -> tuple[Any] | None:
    """A value of the column that all these rules certainly accept."""
    return next(((one.value,) for one in column.pieces if one.sure & rules == rules), None)


def _unreachable(table: Table, seen: tuple[Column, ...]) -> Iterator[Remark]:
    for rule in table.rules[1:]:
        own, earlier = 1 << (rule.number - 1), (1 << (rule.number - 1)) - 1
        within = [[(p.value, p.sure) for p in one.pieces if p.maybe & own] for one in seen]
        if not all(within):
            message = "ne peut s'appliquer à aucune valeur"
        elif not _uncovered(within, earlier, most=1):
            message = "ne s'applique jamais : les règles précédentes répondent avant elle"
        else:
            continue
        yield Remark(table.name, (rule.number,), f"La règle {rule.number} {message}.")


def _uncovered(
    pieces: list[list[tuple[Any, int]]], rules: int, most: int = _MOST_EXAMPLES
) -> list[list[Any]]:
    """Values, one a column, that none of these rules (bits) covers; at most so many.

    The list is shorter than the columns when any value of the last ones will do.
    """
    # The rules that accept all that is left from each column on: nothing escapes them.
    whole = [reduce(and_, (mask for _, mask in one), rules) for one in pieces]
    ahead = [reduce(and_, whole[place:], rules) for place in range(len(pieces) + 1)]
    found: list[list[Any]] = []
    budget = _BUDGET

    def search(place: int, left: int, values: list[Any]) -> None:
        nonlocal budget
        budget -= 1
        if budget < 0:
            raise TooLarge
        if not left:
            found.append(values)
            return
        if left & ahead[place] or place == len(pieces):
            return
        for value, mask in pieces[place]:
            if len(found) < most:
                search(place + 1, left & mask, [*values, value])

    search(0, rules, [])
    return found


def _example(seen: tuple[Column, ...], values: list[Any]) -> dict[str, Any]:
    return {
        column.label: feel.plain(value)
        for column, value in zip(seen, values, strict=False)
        if column.known
    }


def _shown(example: Mapping[str, Any]) -> str:
    pairs = [f"{label} = {_said(value)}" for label, value in example.items()]
    told = ", ".join(pairs[:_MOST_SHOWN]) + (", …" if len(pairs) > _MOST_SHOWN else "")
    return f", par exemple pour {told}" if told else ""


def _said(value: Any) -> str:
    words = {True: "vrai", False: "faux"}
    if isinstance(value, bool):
        return words[value]
    return f"« {value} »" if isinstance(value, str) else str(value)


# -- kinds of cells -----------------------------------------------------------------------


def _kinds(table: Table) -> Iterator[Remark]:
    for rule in table.rules:
        for column, cell in zip(table.inputs, rule.conditions, strict=True):
            for value in constants(cell) or ():
                if value is not None and column.type and KINDS[type(value)] != column.type:
                    why = f"la colonne attend « {column.type} »"
                elif value is not None and column.values.matches(value, {}) is False:
                    why = "elle n'est pas parmi les valeurs admises"
                else:
                    continue
                yield _cell(table, rule, column.label, value, why)
        for output, conclusion in zip(table.outputs, rule.conclusions, strict=True):
            value = _constant(conclusion.source)
            if value is None:
                continue
            if output.fit is not None and output.fit(value, Run()) is None:
                yield _cell(
                    table, rule, output.label, value, "elle n'est pas du type déclaré"
                )
            elif output.values and not any(
                equal(value, one, Run()) for one in output.values
            ):
                why = "elle n'est pas parmi les valeurs admises"
                yield _cell(table, rule, output.label, value, why)


def _cell(table: Table, rule: Rule, label: str, value: Any, why: str) -> Remark:
    return Remark(
        table.name,
        (rule.number,),
        f"Règle {rule.number}, colonne « {label} » : la valeur {written(value, Run())} ne "
        f"convient pas, {why}.",
        example={label: feel.plain(value)},
    )


def _constant(source: str) -> Any:
    """The value of a conclusion written in full, else None."""
    try:
        node = parse(source, functions.NAMES)
    except FeelSyntaxError:
        return None
    return feel.compile(source).evaluate({}) if is_constant(node) else None


def _conclude_alike(one: Rule, other: Rule) -> bool:
    """Whether two rules may well give the same results; certain only for constants."""
    for left, right in zip(one.conclusions, other.conclusions, strict=True):
        values = _constant(left.source), _constant(right.source)
        if None not in values and equal(*values, Run()) is not True:
            return False
    return True
