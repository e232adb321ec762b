"""What an XML file says that our engine would not do, seen element by element.

Each becomes a sentence at publication, so that nothing a designer drew is ignored in silence:
what is not in `vocabulary` or `extensions` is told, whoever wrote it.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from engine.spiff import extensions, foreign, remedies, vocabulary
from engine.spiff.errors import Problem
from engine.spiff.naming_rules import Names, executable_problems, lane_problems, only_drawn
from engine.spiff.notation import BPMN, SPIFF, name_of
from engine.spiff.reading import local, namespace
from engine.spiff.values import unreadable

_ASSOCIATIONS = {"dataInputAssociation": "sourceRef", "dataOutputAssociation": "targetRef"}
_PLACEHOLDERS = frozenset({"__targetRef_placeholder", "__sourceRef_placeholder"})


class _Remark(NamedTuple):
    message: str
    severity: Literal["error", "warning"] = "error"


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
    names, notes = Names(root), Counter[str]()
    pending = [(root, root)]
    while pending:
        element, owner = pending.pop()
        if local(element) == "process":
            if only_drawn(element, key):
                continue
            if element.get("id") == key:
                yield from executable_problems(file, element)
        for message, severity in _remarks(element, names, notes):
            yield Problem(file, owner.get("id"), name_of(owner) or None, message, severity)
        named = local(element) in vocabulary.THINGS_OF
        inside = [
            (child, child if named and child.get("id") else owner)
            for child in element.iterchildren()
        ]
        for child, around in inside:
            for message, severity in _ignored(element, child, names, notes):
                yield Problem(
                    file, around.get("id"), name_of(around) or None, message, severity
                )
        pending += [pair for pair in reversed(inside) if _is_entered(element, pair[0])]
    for tool, number in notes.items():
        message = f"{number} notes de {tool} ne sont pas lues : elles ne changent rien"
        yield Problem(file, root.get("id"), None, message, "warning")


def _is_entered(element: Any, child: Any) -> bool:
    """Whether what this child holds is looked at, piece by piece."""
    if namespace(child) == SPIFF:
        return _is_extension_read(element, child)
    return namespace(child) == BPMN and (
        local(child) == "extensionElements" or _is_walked(local(element), local(child))
    )


def _is_walked(kind: str, name: str) -> bool:
    return name != "documentation" and vocabulary.is_read(kind, name)


def _is_extension_read(element: Any, child: Any) -> bool:
    kind, name = local(element), local(child)
    if namespace(element) == SPIFF:
        return name in extensions.INSIDE.get(kind, ((), ()))[0]
    around = element.getparent()
    return kind == "extensionElements" and extensions.is_read(local(around), name)


def _ignored(
    element: Any, child: Any, names: Names, notes: Counter[str]
) -> Iterator[_Remark]:
    """A child that the engine would not read."""
    space, name = namespace(child), local(child)
    if space == SPIFF:
        if not _is_extension_read(element, child):
            yield _Remark(_unread_extension(child))
    elif space == BPMN:
        yield from _unread_element(element, child, names)
    elif space in foreign.NOTES:
        notes[foreign.NOTES[space]] += 1
    elif space not in foreign.DRAWN_SPACES:
        shown = f"{child.prefix}:{name}" if child.prefix else name
        yield _Remark(
            f"l'extension {shown[:100]} serait ignorée par ce moteur : {foreign.cure(name)}"
        )


def _unread_element(element: Any, child: Any, names: Names) -> Iterator[_Remark]:
    kind, name = local(element), local(child)
    if vocabulary.is_read(kind, name) or vocabulary.is_drawn(kind, name):
        return
    if name in _ASSOCIATIONS and _is_only_an_arrow(child, names):
        return
    if name == "property" and child.get("name") in _PLACEHOLDERS:
        return
    if name in remedies.WARNED:
        yield _Remark(f"« {name} » {remedies.WARNED[name]}", "warning")
    else:
        yield _Remark(remedies.cure(name, attribute=False))


def _is_only_an_arrow(association: Any, names: Names) -> bool:
    """Drawn between a task and a data object: every step sees all data anyway."""
    end = _ASSOCIATIONS[local(association)]
    found = {local(child): child.text for child in association.iterchildren()}
    return names.is_data(found.get(end)) and not found.keys() & {
        "transformation",
        "assignment",
    }


def _remarks(element: Any, names: Names, notes: Counter[str]) -> Iterator[_Remark]:
    """What is wrong with an element itself: its attributes, its values, its texts."""
    kind = local(element)
    ours = namespace(element) == SPIFF
    for name, value in element.attrib.items():
        if name.startswith("{"):
            yield from _foreign_attribute(element, name, notes)
        elif ours:
            if kind in extensions.INSIDE and name not in extensions.INSIDE[kind][1]:
                yield _Remark(
                    f"l'attribut « {name[:100]} » de {kind} serait ignoré : ôtez-le"
                )
        else:
            yield from _unread_attribute(kind, name, value)
    if ours:
        yield from map(_Remark, _own(element))
        return
    yield from map(_Remark, unreadable(element))
    yield from map(_Remark, names.missing(element))
    if kind == "extensionElements":
        yield from map(_Remark, _twice(element))
    if kind not in vocabulary.TEXTS and (stray := _stray(element)):
        yield _Remark(f"le texte « {stray} » serait ignoré : il n'est dans aucun élément")


def _unread_attribute(kind: str, name: str, value: str) -> Iterator[_Remark]:
    if vocabulary.is_read(kind, name) or vocabulary.is_drawn(kind, name):
        return
    if vocabulary.says_nothing(kind, name, value):
        return
    if name in remedies.WARNED:
        yield _Remark(f"« {name} » {remedies.WARNED[name]}", "warning")
    else:
        yield _Remark(remedies.cure(name, attribute=True))


def _foreign_attribute(element: Any, name: str, notes: Counter[str]) -> Iterator[_Remark]:
    space, _, own = name[1:].partition("}")
    if space in foreign.NOTES:
        notes[foreign.NOTES[space]] += 1
    elif space not in foreign.DRAWN_SPACES:
        prefix = next((p for p, uri in element.nsmap.items() if uri == space and p), "")
        shown = f"{prefix}:{own}" if prefix else own
        yield _Remark(
            f"l'attribut {shown[:100]} serait ignoré par ce moteur : {foreign.cure(own)}"
        )


def _unread_extension(element: Any) -> str:
    name = local(element)
    cure = extensions.CURES.get(
        name, "ôtez-la, ou mettez-la sur l'élément qu'elle concerne"
    )
    return f"l'extension spiffworkflow:{name[:100]} serait ignorée : {cure}"


def _own(element: Any) -> Iterator[str]:
    """What is wrong with one of our own extensions."""
    kind = local(element)
    if kind == "properties":
        yield from _properties(element)
    if kind == "parameters":
        ids = Counter(child.get("id") for child in element.iterchildren())
        yield from (
            f"le paramètre « {i[:100]} » est écrit deux fois"
            for i in ids
            if i and ids[i] > 1
        )
        if None in ids or "" in ids:
            yield "un paramètre n'a pas d'identifiant (id)"


def _properties(element: Any) -> Iterator[str]:
    around = local(element.getparent().getparent())
    given = Counter(child.get("name") for child in element.iterchildren())
    for name, number in given.items():
        if not name:
            yield "une propriété n'a pas de nom (name)"
        elif number > 1:
            yield f"la propriété {name[:100]} est écrite deux fois"
        elif name not in extensions.KEYS[around]:
            known = ", ".join(sorted(extensions.KEYS[around]))
            cure = extensions.CURES.get(name) or f"ici se lisent {known}"
            yield f"la propriété {name[:100]} serait ignorée : {cure}"


def _twice(element: Any) -> Iterator[str]:
    names = [local(child) for child in element.iterchildren(f"{{{SPIFF}}}*")]
    for name, number in Counter(extensions.TWINS.get(n, n) for n in names).items():
        if number > 1:
            yield f"l'extension spiffworkflow:{name[:100]} est écrite deux fois"


def _stray(element: Any) -> str:
    texts = [element.text, *(child.tail for child in element.iterchildren())]
    return " ".join(" ".join(t for t in texts if t).split())[:60]
