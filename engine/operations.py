"""The operations a diagram may name.

A service task names `<namespace>.<function>`. A namespace that is a folder of workflows/
is an *operation*: it runs inside the transaction of the step. A namespace that is a folder
of connectors/ is a *remote call*: it is written to the outbox and made after the commit.
Nothing else decides it.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Operation = Callable[..., Any]
Declared = TypeVar("Declared", bound=Operation)

_operations: dict[str, Operation] = {}
_remote: dict[str, Mapping[str, bool]] = {}


class UnknownOperation(LookupError):
    """This procedure names an operation that does not exist."""


def operation(function: Declared) -> Declared:
    """Let diagrams name this function `<domain>.<function>`.

    Raises ValueError when two functions claim one name.
    """
    domain = function.__module__.split(".")[1]
    name = f"{domain}.{function.__name__}"
    if _operations.get(name, function).__code__ is not function.__code__:
        raise ValueError(f"The operation {name} is declared twice.")
    _operations[name] = function
    return function


def allow_remote_calls(catalogue: Mapping[str, Mapping[str, bool]]) -> None:
    """Say which remote calls exist: name → parameters, each required or not."""
    _remote.clear()
    _remote.update(catalogue)


def is_remote(name: str) -> bool:
    """Whether this name is a call to a partner."""
    return name in _remote


def call(name: str, arguments: Mapping[str, Any]) -> Any:
    """Run an operation. Raises UnknownOperation, or whatever the operation raises."""
    if name not in _operations:
        raise UnknownOperation(f"L'opération « {name} » n'existe pas.")
    return _operations[name](**arguments)


def catalogue() -> dict[str, dict[str, bool]]:
    """Every operation with its parameters: name → {parameter: required}."""
    return {
        name: {
            parameter.name: parameter.default is inspect.Parameter.empty
            for parameter in inspect.signature(function).parameters.values()
        }
        for name, function in sorted(_operations.items())
    }


def about(name: str) -> str:
    """The first line that an operation's author wrote about it; empty for an unknown one."""
    function = _operations.get(name)
    return (inspect.getdoc(function) or "").partition("\n")[0] if function else ""


def remote_catalogue() -> dict[str, Mapping[str, bool]]:
    """Every remote call with its parameters: name → {parameter: required}."""
    return dict(_remote)
