"""The typed model of a form: what compilation makes and everything else reads.

Plain frozen data; every node has the `id` its designer's editor gave it. Expressions stay FEEL text, so that a form can be written to JSON and
read back; `forms.expressions` compiles each of them once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

JSON = Any
FileRef = Mapping[str, Any]
"""A stored file: {"sha256": hex, "name": str, "media_type": str, "size": bytes}."""

MAX_ROWS = 50
MAX_FILES = 10
MAX_FILE_SIZE = 20 * 1024 * 1024
"""Of one file, in bytes, where the designer says nothing."""


@dataclass(frozen=True)
class FieldError:
    """One thing to put right: the dotted name, the label, a French sentence."""

    path: str
    label: str
    message: str


@dataclass(frozen=True)
class Option:
    """One possible answer: `value` is kept, `label` is read."""

    value: str
    label: str


@dataclass(frozen=True)
class Field:
    """A question. `format` names what the answer is, in `forms.formats`."""

    id: str
    key: str
    kind: str
    format: str
    label: str
    hint: str = ""
    hide: str | None = None
    required: bool = False
    readonly: bool = False
    default: JSON = None
    options: tuple[Option, ...] = ()
    options_from: str | None = None
    minimum: str | None = None
    maximum: str | None = None
    step: str | None = None
    decimals: int | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    pattern_message: str = ""
    future_only: bool = False
    accept: tuple[str, ...] = ()
    multiple: bool = False
    max_size: int = MAX_FILE_SIZE
    max_files: int = MAX_FILES
    check: str | None = None
    check_message: str = ""
    prefix: str = ""
    suffix: str = ""
    autocomplete: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_file(self) -> bool:
        return self.kind == "filepicker"

    @property
    def is_reserved(self) -> bool:
        """Whether those who are only consulted on a case do not read the answer."""
        return self.properties.get("ebg:reserved") == "true"

    @property
    def blank(self) -> JSON:
        """The value of a question left without an answer."""
        return [] if self.is_list else False if self.kind == "checkbox" else None

    @property
    def is_list(self) -> bool:
        return self.kind in {"checklist", "taglist", "filepicker"}


@dataclass(frozen=True)
class Computed:
    """A value the form works out itself; shown only when it has a label."""

    id: str
    key: str
    expression: str
    format: str = "text"
    label: str = ""
    hide: str | None = None


@dataclass(frozen=True)
class Text:
    """Markdown to read, with `{{ FEEL }}` places, or one FEEL expression (`=…`)."""

    id: str
    text: str
    hide: str | None = None


@dataclass(frozen=True)
class Separator:
    """A rule between two parts."""

    id: str
    hide: str | None = None


@dataclass(frozen=True)
class Group:
    """Questions that go together; with a path, their answers form one object."""

    id: str
    label: str
    nodes: tuple["Node", ...]
    path: str = ""
    hide: str | None = None


@dataclass(frozen=True)
class Repeat:
    """Questions asked once a row; the answers form a list of objects."""

    id: str
    label: str
    path: str
    nodes: tuple["Node", ...]
    hide: str | None = None
    first_rows: int = 1
    min_rows: int = 0
    max_rows: int = MAX_ROWS
    open: bool = True
    """Whether a person may add and remove rows."""


Node = Field | Computed | Text | Separator | Group | Repeat


@dataclass(frozen=True)
class Page:
    """One screen of the form: a top-level group and what introduces it.

    `label` is "" when the page stands for the whole form.
    """

    index: int
    label: str
    nodes: tuple[Node, ...]


def pages_of(nodes: tuple[Node, ...]) -> tuple[Page, ...]:
    """Cut a form into pages: one a top-level group.

    What stands between groups introduces the next one; what follows the last one ends
    it. A form with no group, or with one beside other questions, is one page without a
    label.
    """
    groups = sum(isinstance(node, Group) for node in nodes)
    if groups == 1 and any(isinstance(node, Field | Repeat) for node in nodes):
        return (Page(0, "", nodes),)
    pages: list[Page] = []
    loose: tuple[Node, ...] = ()
    for node in nodes:
        loose = (*loose, node)
        if isinstance(node, Group):
            pages.append(Page(len(pages), node.label, loose))
            loose = ()
    if not pages:
        return (Page(0, "", loose),)
    if loose:
        last = pages.pop()
        pages.append(Page(last.index, last.label, (*last.nodes, *loose)))
    return tuple(pages)


def question(nodes: tuple[Node, ...], name: str) -> Field | None:
    """The question with a dotted name, rows included; None for a stranger."""
    for node in nodes:
        match node:
            case Field(key=key) if key == name:
                return node
            case Group(path=path) if not path or name.startswith(f"{path}."):
                rest = name.removeprefix(f"{path}.") if path else name
                if found := question(node.nodes, rest):
                    return found
            case Repeat(path=path) if name.startswith(f"{path}."):
                rest = name.removeprefix(f"{path}.").partition(".")[2]
                if found := question(node.nodes, rest):
                    return found
            case _:
                pass
    return None


def max_file_size(nodes: tuple[Node, ...]) -> int:
    """The most bytes that any question accepts of one file; 0 when none asks for files."""
    sizes = [0]
    for node in nodes:
        match node:
            case Field() if node.is_file:
                sizes.append(node.max_size)
            case Group() | Repeat():
                sizes.append(max_file_size(node.nodes))
            case _:
                pass
    return max(sizes)


def file_labels(nodes: tuple[Node, ...]) -> tuple[str, ...]:
    """The labels of the questions that ask for files, rows included, each once."""
    found: list[str] = []
    for node in nodes:
        match node:
            case Field() if node.is_file:
                found.append(node.label)
            case Group() | Repeat():
                found.extend(file_labels(node.nodes))
            case _:
                pass
    return tuple(dict.fromkeys(found))


def inside(group: Group, prefix: str) -> str:
    """The prefix of the names inside a group."""
    return f"{prefix}{group.path}." if group.path else prefix


def part(values: JSON, path: str) -> dict[str, JSON]:
    """The object under `path`, or `values` itself without a path; {} for another shape."""
    found = values.get(path) if path and isinstance(values, dict) else values
    return found if isinstance(found, dict) else {}


def rows(values: JSON, node: Repeat) -> list[dict[str, JSON]] | None:
    """The rows of a repeated group in `values`; None if it was never answered."""
    found = values.get(node.path) if isinstance(values, dict) else None
    if not isinstance(found, list):
        return None
    return [row if isinstance(row, dict) else {} for row in found]
