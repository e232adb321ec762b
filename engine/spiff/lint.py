"""Everything a designer should correct before publishing, as French sentences.

Errors refuse the publication; warnings are shown. Three families of rules: the drawing and the
single elements (they also guard `compile_model`), and the meaning, which needs the catalogues.
"""

from collections.abc import Collection, Iterator, Mapping

from engine.spiff import data_rules, dialect, meaning_rules, notation
from engine.spiff.diagram import Diagram
from engine.spiff.drawing_rules import drawing_problems
from engine.spiff.element_rules import element_problems
from engine.spiff.errors import DiagramRefused, Problem, gathered
from engine.spiff.reading import local, parse

Catalogue = Mapping[str, Mapping[str, bool]]
"""Operation name → {parameter name: whether it is required}."""

_MAIN = "process.bpmn"


def lint(
    files: Mapping[str, bytes],
    *,
    operations: Catalogue,
    remote_calls: Catalogue,
    forms: Collection[str],
    roles: Collection[str] | None = None,
    procedures: Collection[str] | None = None,
    key: str | None = None,
) -> list[Problem]:
    """All problems of a procedure's folder, errors first.

    `forms` are names without `.form.json`; `roles`, when given, are those that exist, and
    `procedures` those that may be called; `key` is the folder's process id, by default that
    of `process.bpmn`.
    """
    try:
        facts, problems = dialect.read(files, key or _main_process(files))
    except DiagramRefused as refusal:
        return refusal.problems
    problems += structure_problems(facts)
    decisions, unreadable = _decisions(files)
    problems += unreadable
    too_long = meaning_rules.too_long(facts)
    problems += [too_long] if too_long else []
    for scope in facts.scopes.values():
        problems += meaning_rules.drawing_warnings(scope, facts.nodes.get(scope.id))
        problems += meaning_rules.service_problems(scope, operations, remote_calls)
        problems += meaning_rules.people_problems(scope, forms, roles)
        if procedures is not None:
            problems += meaning_rules.call_problems(scope, {*facts.scopes, *procedures})
        if not unreadable:
            problems += meaning_rules.decision_problems(scope, decisions)
        if not too_long:
            problems += meaning_rules.expression_problems(scope)
            problems += data_rules.data_problems(scope)
    return gathered(problems)


def structure_problems(facts: Diagram) -> list[Problem]:
    """What could not run exactly as drawn, whatever the catalogues."""
    return list(_structure(facts))


def _structure(facts: Diagram) -> Iterator[Problem]:
    yield from drawing_problems(facts)
    yield from element_problems(facts)


def _main_process(files: Mapping[str, bytes]) -> str:
    name = (
        _MAIN
        if _MAIN in files
        else next((n for n in sorted(files) if n.endswith(".bpmn")), "")
    )
    root = parse(name, files.get(name, b""))
    found = root.find(f"{{{notation.BPMN}}}process")
    return str(found.get("id")) if found is not None else ""


def _decisions(files: Mapping[str, bytes]) -> tuple[set[str], list[Problem]]:
    """The ids of the decisions of the folder's tables, and the files that cannot be read.

    Their content is another room's.
    """
    found: set[str] = set()
    unreadable: list[Problem] = []
    for name, content in files.items():
        if name.endswith(".dmn"):
            try:
                elements = list(parse(name, content).iter())
            except DiagramRefused as refusal:
                unreadable += refusal.problems
            else:
                found |= {str(e.get("id")) for e in elements if local(e) == "decision"}
    return found, unreadable
