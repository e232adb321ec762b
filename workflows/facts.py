"""What a domain wants people to see first on a case: dates, amounts, statuses.

A domain that has such facts holds a `facts.py` with `of(instance_id) -> list[Fact]`.
"""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from engine.models import ProcessInstance


@dataclass(frozen=True)
class Fact:
    """One line of a case's summary. `value` is a date, a Decimal of euros, or a text."""

    label: str
    value: Any
    hint: str = ""
    internal: bool = False
    """Hidden from the applicant."""


def of(instance: ProcessInstance) -> list[Fact]:
    """The facts of a case, in the order its domain gives them."""
    module = f"workflows.{instance.key.split('.')[0]}.facts"
    if find_spec(module) is None:
        return []
    found: list[Fact] = import_module(module).of(instance.id)
    return found
