"""Everything a designer should correct before publishing, as French sentences."""

from collections.abc import Collection, Mapping

from engine.spiff import dialect
from engine.spiff.diagram import Diagram
from engine.spiff.errors import DiagramRefused, Problem

Catalogue = Mapping[str, Mapping[str, bool]]


def lint(
    files: Mapping[str, bytes],
    *,
    operations: Catalogue,
    remote_calls: Catalogue,
    forms: Collection[str],
    roles: Collection[str] | None = None,
    key: str | None = None,
) -> list[Problem]:
    """All problems of a procedure's folder."""
    try:
        facts, problems = dialect.read(files, key or "")
    except DiagramRefused as refusal:
        return refusal.problems
    return problems + structure_problems(facts)


def structure_problems(facts: Diagram) -> list[Problem]:
    """Problems of the drawing itself, whatever the catalogues."""
    if facts.key not in facts.scopes:
        return [
            Problem("process.bpmn", None, None, f"le processus « {facts.key} » est absent")
        ]
    return []
