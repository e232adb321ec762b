"""Boxed expressions: DMN's XML forms of contexts, lists, functions, loops, as FEEL trees."""

from collections.abc import Callable, Iterator
from functools import partial

from engine.decisions import xml
from engine.decisions.hits import apply
from engine.decisions.problems import Reading
from engine.decisions.reading import read_table
from engine.decisions.tables import Table
from engine.decisions.typing import Fit, Types
from engine.feel import tree
from engine.feel.expression import read_tree
from engine.feel.tree import Node

_NULL = tree.Literal(0, None)


class Boxes:
    """Reads the logic of one decision (or function), named in French as `name`."""

    def __init__(self, decision: str, name: str, types: Types, reading: Reading) -> None:
        self.decision = decision
        self.name = name
        self.types = types
        self.tables: list[Table] = []
        self.reading = reading
        self.where = f"Décision « {name} »"

    def inside(self, element: xml.Element | None) -> Node:
        """The expression that `element` holds; null, and a problem, when there is none."""
        found = xml.child(element, *_READERS)
        if found is None:
            self.reading.refuse(self.where, "elle n'a ni table ni expression.")
            return _NULL
        return self.read(found)

    def read(self, element: xml.Element) -> Node:
        """The tree of one boxed expression, under the type it declares."""
        node = _READERS[xml.kind(element)](self, element)
        if xml.kind(element) == "functionDefinition":
            return node  # the type is its result's
        return self.typed(node, self.types.fit(xml.type_of(element)))

    def typed(self, node: Node, fit: Fit | None) -> Node:
        return node if fit is None else tree.Fitted(node.position, node, fit)

    @staticmethod
    def logics(element: xml.Element) -> Iterator[xml.Element]:
        """The boxed expressions directly under `element`."""
        return xml.children(element, *_READERS)

    def literal(self, element: xml.Element) -> Node:
        source = xml.text(element)
        language = element.get("expressionLanguage") or "feel"
        if "feel" not in language.lower():
            self.reading.refuse(self.where, f"elle est en « {language} », pas en FEEL.")
            return _NULL
        if not source:
            self.reading.refuse(self.where, "son expression est vide.")
            return _NULL
        return self.reading.attempt(self.where, source, read_tree, _NULL)

    def table(self, element: xml.Element) -> Node:
        table = read_table(element, self.decision, self.name, self.types, self.reading)
        self.tables.append(table)
        return tree.Built(0, partial(apply, table), table.names)

    def context(self, element: xml.Element) -> Node:
        """Its entries; the last one, when it has no name, is the result."""
        entries: list[tree.Entry] = []
        for entry in xml.children(element, "contextEntry"):
            variable = xml.child(entry, "variable")
            key = variable.get("name") if variable is not None else None
            fit = self.types.fit(xml.type_of(variable))
            entries.append(tree.Entry(0, key or "", self.typed(self.inside(entry), fit)))
        made = tree.ContextOf(0, tuple(entries))
        return tree.Path(0, made, "") if entries and not entries[-1].key else made

    def list(self, element: xml.Element) -> Node:
        items = (self.read(one) for one in xml.children(element, *_READERS))
        return tree.ListOf(0, tuple(items))

    def relation(self, element: xml.Element) -> Node:
        keys = [one.get("name") or "" for one in xml.children(element, "column")]
        rows = []
        for row in xml.children(element, "row"):
            cells = [self.read(one) for one in xml.children(row, *_READERS)]
            if len(cells) != len(keys):
                self.reading.refuse(
                    self.where, "une ligne n'a pas autant de cases que de colonnes."
                )
                continue
            entries = (tree.Entry(0, *pair) for pair in zip(keys, cells, strict=True))
            rows.append(tree.ContextOf(0, tuple(entries)))
        return tree.ListOf(0, tuple(rows))

    def invocation(self, element: xml.Element) -> Node:
        names, values = [], []
        for binding in xml.children(element, "binding"):
            parameter = xml.child(binding, "parameter")
            names.append((parameter.get("name") if parameter is not None else "") or "")
            values.append(self.inside(binding))
        return tree.Call(0, self.inside(element), tuple(values), tuple(names))

    def function(self, element: xml.Element, result: Fit | None = None) -> Node:
        """A function; `result` is the type that its name declares, if any."""
        if (element.get("kind") or "FEEL") != "FEEL":
            self.reading.refuse(self.where, "les fonctions externes sont refusées.")
            return _NULL
        parameters = list(xml.children(element, "formalParameter"))
        names = tuple(one.get("name") or "" for one in parameters)
        fits = tuple(self.types.fit(xml.type_of(one)) for one in parameters)
        body = self.typed(self.inside(element), self.types.fit(xml.type_of(element)))
        return tree.Lambda(0, names, fits, self.typed(body, result))

    def conditional(self, element: xml.Element) -> Node:
        parts = (self.inside(xml.child(element, part)) for part in ("if", "then", "else"))
        return tree.If(0, *parts)

    def filter(self, element: xml.Element) -> Node:
        source = self.inside(xml.child(element, "in"))
        return tree.Filter(0, source, self.inside(xml.child(element, "match")))

    def loop(self, element: xml.Element) -> Node:
        name = element.get("iteratorVariable") or "item"
        turn = tree.Each(0, name, self.inside(xml.child(element, "in")), None)
        if xml.kind(element) == "for":
            return tree.For(0, (turn,), self.inside(xml.child(element, "return")))
        body = self.inside(xml.child(element, "satisfies"))
        return tree.Quantified(0, xml.kind(element) == "every", (turn,), body)


_READERS: dict[str, Callable[[Boxes, xml.Element], Node]] = {
    "literalExpression": Boxes.literal,
    "decisionTable": Boxes.table,
    "context": Boxes.context,
    "list": Boxes.list,
    "relation": Boxes.relation,
    "invocation": Boxes.invocation,
    "functionDefinition": Boxes.function,
    "conditional": Boxes.conditional,
    "filter": Boxes.filter,
    "for": Boxes.loop,
    "some": Boxes.loop,
    "every": Boxes.loop,
}
