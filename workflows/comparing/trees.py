"""XML files as things that bear facts: whatever is written is said of one of them.

A thing is an element that people name (a task, a rule); everything below it, down to the next
thing, is one of its facts, under a label made of the tags on the way.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from engine.spiff.reading import local, namespace

Facts = list[tuple[str, str]]
IsThing = Callable[[Any], bool]


def facts(
    element: Any, is_thing: IsThing, words: Mapping[str, str], hidden: frozenset[str]
) -> Facts:
    """What is said of a thing: its attributes, its text, and what is below it."""
    found = _own(element, "", words, hidden | {"id"})
    for child in element:
        found += _below(child, (), is_thing, words, hidden)
    return found


def _below(
    element: Any,
    path: tuple[str, ...],
    is_thing: IsThing,
    words: Mapping[str, str],
    hidden: frozenset[str],
) -> Facts:
    tag = local(element)
    if is_thing(element) or tag in hidden:
        return []
    path = (*path, tag)
    if (pair := _pair(element, words)) is not None:
        return [pair]
    found = _own(element, _label(path, words), words, hidden)
    for child in element:
        found += _below(child, path, is_thing, words, hidden)
    if not found and not len(element) and (label := _label(path, words)):
        found = [(label, "oui")]
    return found


def _pair(element: Any, words: Mapping[str, str]) -> tuple[str, str] | None:
    """A property or a parameter: it is called by its name."""
    tag, given = local(element), dict(element.attrib)
    key = {"property": "name", "parameter": "id"}.get(tag)
    if key is None or key not in given or len(element):
        return None
    name = given.pop(key)
    value = given.pop("value", "")
    label = words.get(name, name) if tag == "property" else f"{words['parameter']} {name}"
    rest = ", ".join(
        f"{k} {v}" for k, v in sorted(given.items()) if (k, v) != ("type", "any")
    )
    return label, f"{value} ({rest})" if rest else value


def _own(
    element: Any, label: str, words: Mapping[str, str], hidden: frozenset[str]
) -> Facts:
    found = []
    for name, value in element.attrib.items():
        short = name.rpartition("}")[2]
        if short in hidden or (short == "type" and "XMLSchema-instance" in name):
            continue
        found.append((" : ".join(filter(None, (label, words.get(short, short)))), value))
    text = (element.text or "").strip()
    if text:
        found.append((label or words["text"], text))
    return found


def _label(path: tuple[str, ...], words: Mapping[str, str]) -> str:
    said = [words.get(tag, tag) for tag in path if tag not in _BETWEEN]
    return " : ".join(said)


_BETWEEN = frozenset({"extensionElements", "properties", "parameters"})


def named(root: Any) -> Iterator[tuple[str, str]]:
    """Each id of a file, with the name people read there."""
    for element in root.iter():
        if isinstance(element.tag, str) and (key := element.get("id")):
            yield key, element.get("name") or key


def in_namespace(element: Any, *uris: str) -> bool:
    """Whether an element is of one of these languages, whatever their version."""
    return any(uri in namespace(element) for uri in uris)
