"""What a domain's law says of a case that no diagram says: its clock, its decisions, its asks.

A domain that has such things holds a `landmarks.py` with `clock_of(instance_id)`,
`DECISIONS` (ids of the steps at which something is decided) and `ASKS` (what may be asked →
id of the step of the diagram that asks it with the force of the law).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from engine.models import ProcessInstance
from workflows.domains import module_of


@dataclass(frozen=True)
class LegalClock:
    """When silence decides a request, and whether the clock stands still.

    `effect` is rejection or acceptance; `basis` the article. `awaited` says, in French, what
    the clock waits for since `suspended_on`, until `suspended_until` at the latest.
    """

    effect: str
    on: date
    basis: str
    received_on: date
    suspended_on: date | None = None
    suspended_until: date | None = None
    awaited: str = ""


def clock_of(instance: ProcessInstance) -> LegalClock | None:
    """The legal clock that runs on an open case; None when there is none."""
    module = module_of(instance, "landmarks") if instance.is_open else None
    found: LegalClock | None = module.clock_of(instance.id) if module else None
    return found


def decisions_of(instance: ProcessInstance) -> frozenset[str]:
    """The steps of a case at which something is decided, by its domain."""
    module = module_of(instance, "landmarks")
    found: frozenset[str] = module.DECISIONS if module else frozenset()
    return found


def asks_of(instance: ProcessInstance) -> Mapping[str, str]:
    """What the diagram itself asks with the force of the law: kind → id of the step."""
    module = module_of(instance, "landmarks")
    found: Mapping[str, str] = module.ASKS if module else {}
    return found
