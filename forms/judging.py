"""What is wrong in an answer, said in the order in which questions are displayed."""

from collections.abc import Mapping
from typing import Any

from forms import rules
from forms.answers import Answers
from forms.model import JSON, Computed, Field, FieldError, Group, Node, Repeat, inside
from forms.visibility import Settled


class Judge:
    """Walks what is visible, in the order it is displayed, and says what is wrong."""

    def __init__(self, answers: Answers, settled: Settled, *, strict: bool) -> None:
        self.answers, self.settled, self.strict = answers, settled, strict
        self.errors: list[FieldError] = []
        self.visible: set[str] = set()

    def nodes(
        self,
        nodes: tuple[Node, ...],
        values: dict[str, JSON],
        outer: Mapping[str, Any],
        prefix: str,
        where: str,
    ) -> None:
        scope = {**outer, **values}
        for node in nodes:
            if not self.settled.shows(node, prefix):
                continue
            match node:
                case Field():
                    self._field(node, values, scope, prefix, where)
                case Group():
                    within = values.get(node.path) if node.path else values
                    if isinstance(within, dict):
                        self.nodes(node.nodes, within, scope, inside(node, prefix), where)
                case Repeat():
                    self._repeat(node, values, scope, prefix)
                case Computed():
                    scope[node.key] = values.get(node.key)
                case _:
                    pass

    def _repeat(
        self, node: Repeat, values: dict[str, JSON], scope: Mapping[str, Any], prefix: str
    ) -> None:
        name = prefix + node.path
        found = values.get(node.path)
        if name in self.answers.full:
            self._say(name, node.label, rules.wrong_rows(node, node.max_rows + 1))
        elif self.strict and self._revealed(name):
            self._say(name, node.label, _appeared(f"« {node.label} »"))
        elif self.strict:
            values.setdefault(node.path, [])
            self._say(name, node.label, rules.wrong_rows(node, len(found or [])))
        for index, row in enumerate(found or []):
            where = f" (« {node.label} », ligne {index + 1})"
            self.nodes(node.nodes, row, scope, f"{name}.{index}.", where)

    def _field(
        self,
        node: Field,
        values: dict[str, JSON],
        scope: Mapping[str, Any],
        prefix: str,
        where: str,
    ) -> None:
        name, called = prefix + node.key, f"« {node.label} »{where}"
        self.visible.add(name)
        if name in self.answers.wrong:
            self._say(name, node.label, f"{called} : {self.answers.wrong[name]}.")
            return
        refused = self.answers.refused.get(name)
        sentences = rules.refused_files(*refused, called) if refused else []
        for sentence in sentences:
            self._say(name, node.label, sentence)
        if sentences or not self.strict:
            return
        if not node.readonly and self._revealed(name):
            self._say(name, node.label, _appeared(called))
            return
        value = values.setdefault(node.key, node.blank)
        if not node.readonly:
            self._say(name, node.label, rules.broken(node, value, called, scope))

    def _revealed(self, name: str) -> bool:
        """Whether a question was not on the page that was sent."""
        return self.answers.shown and name not in self.answers.asked

    def _say(self, path: str, label: str, message: str | None) -> None:
        if message is not None:
            self.errors.append(FieldError(path, label, message))


def _appeared(called: str) -> str:
    return f"{called} vient d’apparaître selon vos réponses : vérifiez cette question."
