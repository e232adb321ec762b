"""Read a decision table from DMN; every fault says its table, its rule and its column."""

from collections.abc import Callable
from typing import Any

from engine import feel
from engine.decisions import xml
from engine.decisions.hits import AGGREGATIONS, POLICIES
from engine.decisions.problems import Reading
from engine.decisions.tables import Input, Output, Rule, Table
from engine.decisions.typing import Types
from engine.feel.expression import Expression

_NULL = feel.compile("null")
_ALL = feel.compile_unary("-")


def read_table(
    element: xml.Element, decision: str, name: str, types: Types, reading: Reading
) -> Table:
    """The table in `element`; what cannot be read is noted in `reading`."""
    where = f"Table « {name} »"
    policy = " ".join((element.get("hitPolicy") or "UNIQUE").upper().split())
    aggregation = (element.get("aggregation") or "").upper()
    if policy not in POLICIES or aggregation not in AGGREGATIONS:
        asked = f"{policy} {aggregation}".strip()
        reading.refuse(where, f"la politique « {asked} » n'existe pas.")
    inputs = tuple(
        _input(one, f"{where}, colonne {number}", types, reading)
        for number, one in enumerate(xml.children(element, "input"), 1)
    )
    outputs = tuple(
        _output(one, where, types, reading) for one in xml.children(element, "output")
    )
    if not outputs:
        reading.refuse(where, "elle n'a aucune colonne de résultat.")
    if len({one.name for one in outputs}) < len(outputs):
        reading.refuse(where, "ses colonnes de résultat doivent avoir des noms différents.")
    if policy in {"PRIORITY", "OUTPUT ORDER"} and not any(one.values for one in outputs):
        reading.refuse(
            where, f"la politique {policy} veut la liste des valeurs du résultat, en ordre."
        )
    if aggregation and len(outputs) > 1:
        reading.refuse(where, "un cumul (sum, min, max, count) veut un seul résultat.")
    headers = [
        one.get("name") or f"annotation {number}"
        for number, one in enumerate(xml.children(element, "annotation"), 1)
    ]
    rules = tuple(
        _rule(one, number, where, (inputs, outputs, headers), reading)
        for number, one in enumerate(xml.children(element, "rule"), 1)
    )
    return Table(decision, name, inputs, outputs, rules, policy, aggregation)


def _input(element: xml.Element, where: str, types: Types, reading: Reading) -> Input:
    expression = xml.child(element, "inputExpression")
    source = xml.text(expression)
    label = element.get("label") or source
    if not source:
        reading.refuse(where, "elle ne dit pas quelle donnée elle regarde.")
        return Input(label, _NULL, "", None, _ALL)
    _check_language(expression, where, reading)
    compiled = reading.attempt(f"{where} (« {label} »)", source, feel.compile, _NULL)
    declared = xml.type_of(expression)
    allowed = xml.text(xml.child(element, "inputValues"))
    return Input(
        label,
        compiled,
        types.base(declared),
        types.fit(declared),
        reading.attempt(f"{where} (« {label} »)", allowed, feel.compile_unary, _ALL),
    )


def _output(element: xml.Element, where: str, types: Types, reading: Reading) -> Output:
    label = element.get("label") or element.get("name") or "résultat"
    spot = f"{where}, résultat « {label} »"
    default = xml.text(xml.child(element, "defaultOutputEntry"))
    values = xml.text(xml.child(element, "outputValues"))
    allowed: Any = ()
    if values:
        listed = reading.attempt(spot, f"[{values}]", feel.compile, _NULL)
        allowed = listed.evaluate({}) or ()
    return Output(
        name=element.get("name") or label,
        label=label,
        default=reading.attempt(spot, default, feel.compile, _NULL) if default else None,
        values=tuple(allowed),
        type=types.base(xml.type_of(element)),
        fit=types.fit(xml.type_of(element)),
    )


def _rule(
    element: xml.Element,
    number: int,
    where: str,
    columns: tuple[tuple[Input, ...], tuple[Output, ...], list[str]],
    reading: Reading,
) -> Rule:
    inputs, outputs, headers = columns
    spot = f"{where}, règle {number}"
    conditions = _cells(
        list(xml.children(element, "inputEntry")),
        [one.label for one in inputs],
        (spot, "conditions", feel.compile_unary, _ALL),
        reading,
    )
    conclusions = _cells(
        list(xml.children(element, "outputEntry")),
        [one.label for one in outputs],
        (spot, "résultats", _conclusion, _NULL),
        reading,
    )
    notes = [xml.text(one) for one in xml.children(element, "annotationEntry")]
    names = headers + [f"annotation {n}" for n in range(len(headers) + 1, len(notes) + 1)]
    described = xml.child(element, "description")
    return Rule(
        id=element.get("id") or f"rule_{number}",
        number=number,
        description=(described.text or "").strip() if described is not None else "",
        annotations={name: note for name, note in zip(names, notes, strict=False) if note},
        conditions=conditions,
        conclusions=conclusions,
    )


def _conclusion(source: str, names: frozenset[str]) -> Expression:
    return feel.compile(source, names) if source not in {"", "-"} else _NULL


def _cells(
    cells: list[xml.Element],
    labels: list[str],
    what: tuple[str, str, Callable[..., Any], Any],
    reading: Reading,
) -> tuple[Any, ...]:
    spot, family, read, other = what
    if len(cells) != len(labels):
        reading.refuse(spot, f"{len(cells)} {family} pour {len(labels)} colonne(s).")
        return (other,) * len(labels)
    found = []
    for cell, label in zip(cells, labels, strict=True):
        column = f"{spot}, colonne « {label} »"
        _check_language(cell, column, reading)
        found.append(reading.attempt(column, xml.text(cell), read, other))
    return tuple(found)


def _check_language(element: xml.Element | None, where: str, reading: Reading) -> None:
    language = element.get("expressionLanguage") if element is not None else None
    if language and "feel" not in language.lower():
        reading.refuse(where, f"les expressions sont en FEEL, pas en « {language} ».")
