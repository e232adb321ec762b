"""What a circuit asks of those who use it: desks, data, a seal, addresses, other procedures.

Read in the diagram itself, so that a circuit of the designer tells it as a list does.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from engine.spiff.diagram import Node
from workflows.parapheur.metadata import NAMED_BY
from workflows.parapheur.models import DESK_PREFIX
from workflows.parapheur.routes import Plain, desks_of, said_of, steps_of

_VARIABLE = re.compile(r"\broute\.desks\.(\w+)")
_NOBODY = frozenset({"", "[]", "null", '""', '[""]'})


@dataclass(frozen=True)
class Seated:
    """A step that desks do; `variables` are names that a rule replaces by a desk."""

    step: str
    node: Node
    variables: tuple[str, ...]
    one_is_enough: bool

    def roles(self, way: Plain) -> list[str]:
        """The desks that do it, as far as is known before a folder starts."""
        data = {"route": way, "folder": {"metadata": {}}}
        found = dict.fromkeys(desks_of(self.node, data))
        return [role for role in found if role.startswith(DESK_PREFIX)]


@dataclass(frozen=True)
class Demands:
    """What a version of a circuit asks. Names are those of its steps."""

    desks: Sequence[Seated]
    data: Mapping[str, str]  # the key of a datum → the first step that asks it
    operations: Mapping[str, Sequence[str]]  # an operation → the steps that do it
    unaddressed: Sequence[str]  # mails that go to nobody
    called: Mapping[str, str]  # the key of another procedure → the step


@lru_cache(maxsize=512)
def of(version_id: UUID) -> Demands:
    """What a version asks, which never changes."""
    nodes = list(steps_of(version_id))
    data, called = dict[str, str](), dict[str, str]()
    operations: dict[str, list[str]] = {}
    for node in nodes:
        name = node.name or node.id
        for kind in NAMED_BY.values():
            for key in node.properties.get(kind, "").split(","):
                if key.strip():
                    data.setdefault(key.strip(), name)
        if node.operator is not None:
            operations.setdefault(node.operator.name, []).append(name)
        if "." in (node.called or "") and not (node.called or "").startswith("="):
            called.setdefault(node.called or "", name)
    return Demands(
        [_seated(one) for one in nodes if one.kind == "userTask"],
        data,
        operations,
        [one.name or one.id for one in nodes if _to_nobody(one)],
        called,
    )


def _seated(node: Node) -> Seated:
    enough = node.loop is not None and (node.loop.condition or "").strip() == "true"
    found = _VARIABLE.findall(said_of(node))
    return Seated(node.name or node.id, node, tuple(dict.fromkeys(found)), enough)


def _to_nobody(node: Node) -> bool:
    if node.operator is None or node.operator.name != "parapheur.compose_mail":
        return False
    return "".join(node.operator.parameters.get("to", "").split()) in _NOBODY
