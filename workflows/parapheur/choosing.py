"""Which circuit a folder takes, as a table of rules and as the same DMN: two ways to write it.

    write([Rule({"amount": "> 40000"}, "parapheur.big", {"service": "desk:dgs"})], fields)
    read(dmn, fields)                          → the rules, or NotATable says why

The first rule that a folder fits decides; an empty condition is fitted by all.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from lxml import etree

from engine import decisions

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"
SELECTION = "selection"
_COMPARED = re.compile(r"(<=|>=|<|>)?\s*(.+)")
_TYPES = {"number": "number", "date": "date", "boolean": "boolean"}
_MARK = "ebg:list"


class NotATable(ValueError):
    """This table says more than the list of rules can: it is edited as DMN."""


class Unreadable(ValueError):
    """A condition cannot be understood, with a French sentence."""


@dataclass(frozen=True)
class Rule:
    """What a folder must say (text by metadata key, as people type it), and what follows."""

    conditions: Mapping[str, str]
    circuit: str
    desks: Mapping[str, str] = field(default_factory=dict)


def write(rules: Sequence[Rule], fields: Sequence[Mapping[str, Any]]) -> str:
    """The decision table of these rules, on these metadata. Raises Unreadable."""
    variables = list(dict.fromkeys(name for rule in rules for name in rule.desks))
    root = _made(
        None, "definitions", id="selection_definitions", name="Choix du circuit",
        namespace="urn:e-bourgogne:parapheur",
    )  # fmt: skip
    decision = _made(root, "decision", id=SELECTION, name="Choix du circuit")
    _made(decision, "description", _MARK)
    table = _made(decision, "decisionTable", id="table", hitPolicy="FIRST")
    for one in fields:
        entered = _made(table, "input", id=f"in_{one['key']}", label=one["label"])
        kind = _TYPES.get(one["kind"], "string")
        said = _made(entered, "inputExpression", id=f"in_{one['key']}_x", typeRef=kind)
        name = f"metadata.{one['key']}"
        _made(said, "text", f"date({name})" if kind == "date" else name)
    for name in ("circuit", *variables):
        _made(table, "output", id=f"out_{name}", name=name, label=name, typeRef="string")
    for number, rule in enumerate(rules, 1):
        row = _made(table, "rule", id=f"rule_{number}")
        for one in fields:
            typed = rule.conditions.get(one["key"], "")
            cell = _made(row, "inputEntry", id=f"rule_{number}_{one['key']}", label=typed)
            _made(cell, "text", _test(typed, one))
        for name in ("circuit", *variables):
            value = rule.circuit if name == "circuit" else rule.desks.get(name, "")
            cell = _made(row, "outputEntry", id=f"rule_{number}_out_{name}")
            _made(cell, "text", _literal(value) if value else "null")
    written: bytes = etree.tostring(
        root, xml_declaration=True, encoding="UTF-8", pretty_print=True
    )
    decisions.compile(written)
    return written.decode()


def read(source: str, fields: Sequence[Mapping[str, Any]]) -> list[Rule]:
    """The rules of a table that `write` made. Raises NotATable for any other one."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    try:
        root = etree.fromstring(source.encode(), parser)
    except etree.XMLSyntaxError as wrong:
        raise NotATable("La table n’est pas un fichier DMN lisible.") from wrong
    if root.findtext(f".//{{{NAMESPACE}}}description") != _MARK:
        raise NotATable("La table a été écrite comme un DMN : elle se modifie ainsi.")
    keys = [one.get("id", "").removeprefix("in_") for one in _all(root, "input")]
    known = {one["key"] for one in fields}
    outputs = [one.get("name", "") for one in _all(root, "output")]
    rules = []
    for row in _all(root, "rule"):
        typed = [cell.get("label", "") for cell in _all(row, "inputEntry")]
        told = dict(
            zip(outputs, (_plain(c) for c in _all(row, "outputEntry")), strict=True)
        )
        conditions = {k: t for k, t in zip(keys, typed, strict=True) if t and k in known}
        desks = {name: role for name, role in told.items() if name != "circuit" and role}
        rules.append(Rule(conditions, told.get("circuit", ""), desks))
    return rules


def _test(typed: str, one: Mapping[str, Any]) -> str:
    """What a person typed as a test of FEEL."""
    typed = typed.strip()
    if not typed:
        return "-"
    parts = [part.strip() for part in typed.split(";") if part.strip()]
    return ", ".join(_one_test(part, one) for part in parts)


def _one_test(part: str, one: Mapping[str, Any]) -> str:
    kind = one["kind"]
    if kind == "boolean":
        said = {"oui": "true", "non": "false"}.get(part.casefold())
        if said is None:
            raise Unreadable(f"{one['label']} : écrivez oui ou non, au lieu de « {part} ».")
        return said
    if kind not in {"number", "date"}:
        return _literal(part)
    found = _COMPARED.fullmatch(part)
    compared, value = (found[1] or "", found[2].strip()) if found else ("", part)
    try:
        if kind == "date":
            day = date.fromisoformat(value) if "-" in value else _french(value)
            return f'{compared} date("{day.isoformat()}")'.strip()
        number = Decimal(value.replace(",", ".").replace(" ", "").replace("\u202f", ""))
        if not number.is_finite():
            raise ValueError
    except (ValueError, InvalidOperation) as wrong:
        wanted = "> 31/12/2026" if kind == "date" else "> 40000"
        raise Unreadable(
            f"{one['label']} : « {part} » ne se comprend pas ; écrivez par exemple {wanted}."
        ) from wrong
    return f"{compared} {number:f}".strip()


def _french(value: str) -> date:
    day, month, year = value.split("/")
    return date(int(year), int(month), int(day))


def _literal(text: str) -> str:
    kept = "".join(c for c in text if c.isprintable())
    return '"' + kept.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(cell: Any) -> str:
    said = (cell.findtext(f"{{{NAMESPACE}}}text") or "").strip()
    return "" if said in {"null", "-"} else said.strip('"').replace('\\"', '"')


def _made(parent: Any, tag: str, text: str = "", **attributes: str) -> Any:
    named = f"{{{NAMESPACE}}}{tag}"
    if parent is None:
        whole: dict[Any, str] = {None: NAMESPACE}
        return etree.Element(named, attributes, nsmap=whole)
    made = etree.SubElement(parent, named, attributes)
    made.text = text or None
    return made


def _all(root: Any, tag: str) -> list[Any]:
    return list(root.iter(f"{{{NAMESPACE}}}{tag}"))
