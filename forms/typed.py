"""Values as a person would have typed them: the way back from `reading`.

One reader judges everything, whatever it comes from: a draft submitted at last, or JSON
sent to the API, is first written as a submission.
"""

from collections.abc import Mapping

from forms.formats import FORMATS
from forms.model import JSON, Computed, Field, Group, Node, Repeat, inside
from forms.numbers import exact


def typed(
    nodes: tuple[Node, ...], values: JSON, *, first_rows: bool
) -> tuple[dict[str, list[str]], set[str]]:
    """The submission that gives these values, and the names whose shape is wrong.

    `first_rows` asks a list that was never answered with its first rows. Keys that are no
    question are kept as names, for the reader to refuse.
    """
    writer = _Writer(first_rows=first_rows)
    writer.nodes(nodes, values, "")
    return writer.texts, writer.misshapen


class _Writer:
    def __init__(self, *, first_rows: bool) -> None:
        self.first_rows = first_rows
        self.texts: dict[str, list[str]] = {}
        self.misshapen: set[str] = set()

    def nodes(self, nodes: tuple[Node, ...], values: JSON, prefix: str) -> None:
        self._known(nodes, values, prefix)
        self._strangers([(nodes, values)], prefix)

    def _known(self, nodes: tuple[Node, ...], values: JSON, prefix: str) -> None:
        found = values if isinstance(values, Mapping) else {}
        for node in nodes:
            match node:
                case Field() if node.key in found:
                    self._field(node, found[node.key], prefix + node.key)
                case Group(path=""):
                    self._known(node.nodes, values, prefix)
                case Group():
                    self._known(node.nodes, found.get(node.path), inside(node, prefix))
                case Repeat():
                    self._repeat(node, found.get(node.path), prefix + node.path)
                case _:
                    pass

    def _repeat(self, node: Repeat, found: JSON, name: str) -> None:
        if found is None and not self.first_rows:
            return
        rows: JSON = [{}] * node.first_rows if found is None else found
        if not isinstance(rows, list):
            self.texts[name] = [""]
            rows = []
        rows = rows[: node.max_rows + 1]
        self.texts[f"_rows:{name}"] = [str(len(rows))]
        for index, row in enumerate(rows):
            if isinstance(row, Mapping):
                self.nodes(node.nodes, row, f"{name}.{index}.")
            else:
                self.texts[f"{name}.{index}"] = [""]

    def _field(self, node: Field, value: JSON, name: str) -> None:
        texts = _texts(node, value)
        if texts is None:
            self.misshapen.add(name)
        self.texts[name] = texts or [""]

    def _strangers(self, scopes: list[tuple[tuple[Node, ...], JSON]], prefix: str) -> None:
        """Name what is in an object and is no question of it, group by group."""
        while scopes:
            nodes, values = scopes.pop()
            if values is not None and not isinstance(values, Mapping):
                self.texts[prefix.rstrip(".") or "?"] = [""]
                continue
            known, groups = _names(nodes)
            for key in values or {}:
                if key not in known and key not in groups:
                    self.texts[f"{prefix}{key}".lstrip("_") or "?"] = [""]
            for path, inner in groups.items():
                deeper = (values or {}).get(path)
                self._strangers([(inner, deeper)], f"{prefix}{path}.")


def _names(nodes: tuple[Node, ...]) -> tuple[set[str], dict[str, tuple[Node, ...]]]:
    """The keys that an object may have, and the questions of those that are groups."""
    keys: set[str] = set()
    groups: dict[str, tuple[Node, ...]] = {}
    for node in nodes:
        match node:
            case Field() | Computed():
                keys.add(node.key)
            case Repeat():
                keys.add(node.path)
            case Group(path=""):
                inner_keys, inner_groups = _names(node.nodes)
                keys |= inner_keys
                for path, inner in inner_groups.items():
                    groups[path] = groups.get(path, ()) + inner
            case Group():
                groups[node.path] = groups.get(node.path, ()) + node.nodes
            case _:
                pass
    return keys, groups


def _texts(node: Field, value: JSON) -> list[str] | None:
    """The texts one would type for a value; None when its shape is wrong."""
    if value is None:
        return [""]
    if node.is_file:
        digests = (
            [file.get("sha256") for file in value if isinstance(file, Mapping)]
            if (isinstance(value, list))
            else [None]
        )
        good = isinstance(value, list) and len(digests) == len(value)
        return _strings(digests) if good else None
    if node.is_list:
        return _strings(value) if isinstance(value, list) else None
    if node.kind == "checkbox":
        return [FORMATS["boolean"].edit(value)] if isinstance(value, bool) else None
    if isinstance(value, str):
        return [FORMATS[node.format].edit(value)]
    numeric = FORMATS[node.format].schema.get("type") == "number"
    return (
        [FORMATS[node.format].edit(value)] if numeric and exact(value) is not None else None
    )


def _strings(found: list[JSON]) -> list[str] | None:
    return [*found] if all(isinstance(each, str) for each in found) else None
