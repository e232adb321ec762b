"""A published diagram, ready to run: compiled once, immutable, shared by all instances.

compile_model(files, key)   a procedure's folder becomes a Model, or DiagramRefused says why
lint(files, ...)            everything a designer should correct, as French sentences
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Self

from engine.spiff import diagram, dialect
from engine.spiff.building import build
from engine.spiff.diagram import Diagram, Event, Node, is_computed, starting
from engine.spiff.errors import DiagramRefused, Problem
from engine.spiff.lint import Catalogue, lint, structure_problems

__all__ = [
    "Catalogue",
    "DiagramRefused",
    "Element",
    "Model",
    "Problem",
    "Start",
    "compile_model",
    "lint",
]


@dataclass(frozen=True)
class Element:
    """One element of the diagram, for screens; `properties` are the `ebg:` keys."""

    id: str
    kind: str
    name: str
    lane: str | None
    role: str | None
    documentation: str | None = None
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Start:
    """One way to start a case: by hand (an event of kind `none`), by a message, a timer…"""

    element_id: str
    event: Event


class Model:
    """A compiled diagram. Instances and threads share it: nothing in it ever changes."""

    def __init__(self, facts: Diagram) -> None:
        self.diagram = facts
        self.key = facts.key
        self.specs: dict[str, Any] = dict(build(facts))

    def to_bytes(self) -> bytes:
        """The compiled form, stored with the published version."""
        return self.diagram.to_bytes()

    @classmethod
    def from_bytes(cls, compiled: bytes) -> Self:
        """The model that `to_bytes` wrote."""
        return cls(diagram.from_bytes(compiled))

    @property
    def name(self) -> str:
        """The process' French name."""
        return self.diagram.scopes[self.key].name

    @property
    def documentation(self) -> str | None:
        """The process' documentation, as the designer wrote it."""
        return self.diagram.scopes[self.key].documentation

    @property
    def properties(self) -> Mapping[str, str]:
        """The `ebg:` keys of the process."""
        return MappingProxyType(dict(self.diagram.scopes[self.key].properties))

    @cached_property
    def elements(self) -> Mapping[str, Element]:
        """Every element of every process of the folder, by id."""
        return MappingProxyType(
            {
                node.id: Element(
                    id=node.id,
                    kind=node.kind,
                    name=node.name,
                    lane=node.lane,
                    role=node.role,
                    documentation=node.documentation,
                    properties=MappingProxyType(dict(node.properties)),
                )
                for scope in self.diagram.scopes.values()
                for node in scope.nodes
            }
        )

    @cached_property
    def roles(self) -> Mapping[str, str]:
        """The French name of each role that a lane bears."""
        scopes = self.diagram.scopes.values()
        return {
            role: name
            for scope in scopes
            for role, name in scope.roles.items()
            if name and not is_computed(role)
        }

    @cached_property
    def milestones(self) -> tuple[str, ...]:
        """The stages shown to people (`ebg:milestone`), as the flow reaches them."""
        said = (n.properties.get("ebg:milestone") for n in self.diagram.in_order())
        return tuple(dict.fromkeys(label for label in said if label))

    @cached_property
    def starts(self) -> Mapping[str, Node]:
        """The elements that may start a case, by id: those of the folder's process first."""
        return {n.id: n for pool in self.diagram.pools for n in starting(pool)}

    @cached_property
    def start_events(self) -> list[Start]:
        """What may start a case, one row an event."""
        return [
            Start(node.id, event)
            for node in self.starts.values()
            for event in node.events or (Event("none"),)
        ]

    @property
    def by_hand(self) -> bool:
        """Whether a person may start a case: a start waits for nothing."""
        return any(not node.events for node in self.starts.values())

    @property
    def start(self) -> Node | None:
        """The start event that waits for nothing, else the first."""
        found = sorted(self.starts.values(), key=lambda node: bool(node.events))
        return next(iter(found), None)

    @property
    def starts_plainly(self) -> bool:
        """Whether the process has a start event that waits for nothing."""
        return self.start is not None and not self.start.events

    @cached_property
    def called_procedures(self) -> frozenset[str]:
        """The keys of the other procedures that its calls name, those that are computed aside."""
        named = (
            node.called
            for scope in self.diagram.scopes.values()
            for node in scope.nodes
            if node.kind == "callActivity"
        )
        return frozenset(
            name
            for name in named
            if name and name not in self.diagram.scopes and not name.startswith("=")
        )

    @property
    def start_form(self) -> str | None:
        """`ebg:form` of the start event: the form that starts a case."""
        return self.start.properties.get("ebg:form") if self.start else None

    @property
    def start_message(self) -> str | None:
        """The message that starts a case, when the start event waits for one."""
        events = self.start.events if self.start else ()
        return next((event.name for event in events if event.kind == "message"), None)


def compile_model(files: Mapping[str, bytes], key: str) -> Model:
    """The model of a procedure's folder (file name → content), whose process id is `key`.

    Refuses whatever could not run exactly as drawn. Raises DiagramRefused.
    """
    facts, problems = dialect.read(files, key)
    problems += structure_problems(facts)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise DiagramRefused(errors)
    return Model(facts)
