"""What a procedure's domain adds in Python, when it adds anything: facts, panels, clocks."""

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from engine.models import ProcessInstance


def module_of(instance: ProcessInstance, what: str) -> ModuleType | None:
    """The module of this name that the domain of a case holds; None when it has none."""
    domain = f"workflows.{instance.key.split('.')[0]}"
    if find_spec(domain) is None:  # a procedure drawn here needs no Python of its own
        return None
    return import_module(f"{domain}.{what}") if find_spec(f"{domain}.{what}") else None
