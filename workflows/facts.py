"""What a domain wants people to see on a case: dates, amounts, statuses, computations.

A domain that has such facts holds a `facts.py` with `of(instance_id) -> list[Fact]`; one
that lays out more for those who decide, a `panels.py` with `of(data) -> list[Panel]`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from engine.models import ProcessInstance
from workflows.domains import module_of


@dataclass(frozen=True)
class Fact:
    """One line of a case's summary. `value` is a date, a Decimal of euros, or a text."""

    label: str
    value: Any
    hint: str = ""
    internal: bool = False
    """Hidden from the applicant."""


@dataclass(frozen=True)
class Panel:
    """Something computed or gathered, for those who handle the case: facts, then a table.

    Cells are dates, Decimals of euros or texts; `marked` is the row that decided, if one did.
    """

    id: str
    title: str
    facts: list[Fact] = field(default_factory=list)
    headers: tuple[str, ...] = ()
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    marked: int | None = None


@dataclass(frozen=True)
class Deadline:
    """The day by which the law waits for something, and what happens on it, in French."""

    label: str
    day: date


def deadlines(instances: Iterable[ProcessInstance]) -> dict[UUID, Deadline]:
    """The legal deadline of each case that has one: one query a domain."""
    by_domain: dict[str, list[ProcessInstance]] = {}
    for instance in instances:
        by_domain.setdefault(instance.key.split(".")[0], []).append(instance)
    found: dict[UUID, Deadline] = {}
    for cases in by_domain.values():
        module = module_of(cases[0], "facts")
        if module is not None and hasattr(module, "deadlines"):
            found |= module.deadlines([case.id for case in cases])
    return found


def of(instance: ProcessInstance) -> list[Fact]:
    """The facts of a case, in the order its domain gives them."""
    module = module_of(instance, "facts")
    found: list[Fact] = module.of(instance.id) if module else []
    return found


def panels(instance: ProcessInstance, data: Mapping[str, Any]) -> list[Panel]:
    """What a case's domain lays out of its process data."""
    module = module_of(instance, "panels")
    found: list[Panel] = module.of(data) if module else []
    return found
