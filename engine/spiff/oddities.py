"""What an XML file says that our engine would not do, seen element by element.

Each becomes a sentence at publication, so that nothing a designer drew is ignored in silence:
what is not in `vocabulary` or `extensions` is told, whoever wrote it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any, Literal

from engine.spiff import extensions, foreign, remedies, vocabulary
from engine.spiff.errors import Problem
from engine.spiff.naming_rules import Names, executable_problems, lane_problems, only_drawn
from engine.spiff.notation import BPMN, SPIFF, name_of
from engine.spiff.reading import local, namespace
from engine.spiff.values import unreadable

_ASSOCIATIONS = {"dataInputAssociation": "sourceRef", "dataOutputAssociation": "targetRef"}
_PLACEHOLDERS = frozenset({"__targetRef_placeholder", "__sourceRef_placeholder"})


def oddities(file: str, root: Any, key: str) -> Iterator[Problem]:
    """Problems of one file: foreign extensions, ignored attributes, unsupported elements.

    `key` is the folder's process; another one that is not executable is only drawn.
    """
    if root.tag != f"{{{BPMN}}}definitions":
        message = (
            f"ce fichier n'est pas du BPMN 2.0 : il commence par « {local(root)[:100]} »"
        )
        yield Problem(file, None, None, message)
        return
    yield from lane_problems(file, root)
    yield from _Walk(file, root, key).problems()


class _Walk:
    """One pass over a file; remembers what other tools wrote, to say it once an element."""

    def __init__(self, file: str, root: Any, key: str) -> None:
        self.file, self.root, self.key = file, root, key
        self.names = Names(root)
        self.notes = Counter[str]()
        self.foreign: dict[Any, dict[str, list[str]]] = defaultdict(dict)

    def problems(self) -> Iterator[Problem]:
        pending = [(self.root, self.root)]
        while pending:
            element, owner = pending.pop()
            if local(element) == "process" and only_drawn(element, self.key):
                continue
            yield from self._of(element, owner)
            named = local(element) in vocabulary.THINGS_OF
            inside = [
                (child, child if named and child.get("id") else owner)
                for child in element.iterchildren()
            ]
            for child, around in inside:
                yield from self._ignored(element, child, around)
            pending += [pair for pair in reversed(inside) if _is_entered(element, pair[0])]
        for owner, written in self.foreign.items():
            yield self._told(owner, foreign.sentence(written))
        for tool, number in self.notes.items():
            message = f"{number} notes de {tool} ne sont pas lues : elles ne changent rien"
            yield self._told(self.root, message, "warning")

    def _told(
        self, owner: Any, message: str, severity: Literal["error", "warning"] = "error"
    ) -> Problem:
        return Problem(
            self.file, owner.get("id"), name_of(owner) or None, message, severity
        )

    def _of(self, element: Any, owner: Any) -> Iterator[Problem]:
        """What is wrong with an element itself: its attributes, its values, its texts."""
        kind = local(element)
        if namespace(element) == SPIFF:
            for message in extensions.faults(element):
                yield self._told(owner, message)
            return
        if kind == "process" and element.get("id") == self.key:
            yield from executable_problems(self.file, element)
        for name, value in element.attrib.items():
            if name.startswith("{"):
                self._foreign_attribute(element, name, owner)
            elif not _is_known(kind, name, value):
                yield self._unread(name, owner, attribute=True)
        said = (*unreadable(element), *self.names.missing(element))
        for message in said if kind != "extensionElements" else extensions.twice(element):
            yield self._told(owner, message)
        if kind not in vocabulary.TEXTS and (stray := _stray(element)):
            message = f"le texte « {stray} » serait ignoré : il n'est dans aucun élément"
            yield self._told(owner, message)

    def _ignored(self, element: Any, child: Any, owner: Any) -> Iterator[Problem]:
        """A child that the engine would not read."""
        space, name = namespace(child), local(child)
        if space == SPIFF:
            if not extensions.is_read(element, child):
                yield self._told(owner, extensions.unread(child))
        elif space != BPMN:
            shown = f"{child.prefix}:{name}" if child.prefix else name
            self._foreign(space, name, shown, owner)
        elif not self._is_drawn(element, child):
            yield self._unread(name, owner, attribute=False)

    def _unread(self, name: str, owner: Any, *, attribute: bool) -> Problem:
        if name in remedies.WARNED:
            return self._told(owner, f"« {name} » {remedies.WARNED[name]}", "warning")
        return self._told(owner, remedies.cure(name, attribute=attribute))

    def _is_drawn(self, element: Any, child: Any) -> bool:
        kind, name = local(element), local(child)
        return (
            _is_known(kind, name, None)
            or (name in _ASSOCIATIONS and self._is_only_an_arrow(child))
            or (name == "property" and child.get("name") in _PLACEHOLDERS)
        )

    def _is_only_an_arrow(self, association: Any) -> bool:
        """Drawn between a task and a data object: every step sees all data anyway."""
        found = {local(child): child.text for child in association.iterchildren()}
        end = found.get(_ASSOCIATIONS[local(association)])
        copies = found.keys() & {"transformation", "assignment"}
        return self.names.is_data(end) and not copies

    def _foreign_attribute(self, element: Any, name: str, owner: Any) -> None:
        space, _, own = name[1:].partition("}")
        prefix = next((p for p, uri in element.nsmap.items() if uri == space and p), "")
        self._foreign(space, own, f"{prefix}:{own}" if prefix else own, owner)

    def _foreign(self, space: str, name: str, shown: str, owner: Any) -> None:
        if space in foreign.NOTES:
            self.notes[foreign.NOTES[space]] += 1
        elif space not in foreign.DRAWN_SPACES:
            alike = self.foreign[owner].setdefault(foreign.cure(name), [])
            if len(alike) < foreign.MOST_SHOWN and shown[:100] not in alike:
                alike.append(shown[:100])


def _is_known(kind: str, name: str, value: str | None) -> bool:
    return (
        vocabulary.is_read(kind, name)
        or vocabulary.is_drawn(kind, name)
        or (value is not None and vocabulary.says_nothing(kind, name, value))
    )


def _is_entered(element: Any, child: Any) -> bool:
    """Whether what this child holds is looked at, piece by piece."""
    if namespace(child) == SPIFF:
        return extensions.is_read(element, child)
    kind, name = local(element), local(child)
    return (
        namespace(child) == BPMN
        and name != "documentation"
        and (name != "flowNodeRef" or bool(child.attrib) or len(child) > 0)
        and vocabulary.is_read(kind, name)
    )


def _stray(element: Any) -> str:
    texts = [element.text, *(child.tail for child in element.iterchildren())]
    return " ".join(" ".join(t for t in texts if t).split())[:60]
