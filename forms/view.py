"""A page as plain data, so that the templates only write it down.

Every label, text, choice, error and button name is decided here; the macros of
`forms/templates/forms/form.html` add nothing but HTML.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from forms import markdown, rules
from forms.formats import FORMATS
from forms.hints import hint
from forms.items import Choice, ErrorLink, FileView, Item, PageView, Row, Step
from forms.model import (
    JSON,
    Computed,
    Field,
    FieldError,
    FileRef,
    Group,
    Node,
    Page,
    Repeat,
    Separator,
    Text,
    inside,
    part,
    rows,
)
from forms.reading import Reading
from forms.territories import Lookups
from forms.visibility import Settled, settle

FileUrl = Callable[[FileRef], str]


def view(
    pages: tuple[Page, ...],
    page: int | None,
    values: Mapping[str, JSON],
    *,
    reading: Reading | None,
    context: Mapping[str, Any],
    lookups: Lookups,
    file_url: FileUrl | None,
    decisive: frozenset[str],
    kept: Sequence[tuple[str, str]] = (),
) -> PageView:
    """One page (or all of them, as groups) filled with values and errors.

    `decisive` names the questions on which something else depends; `kept` are the files
    (value, label) that a question may be given without sending them again.
    """
    nodes = tuple(node for each in pages for node in each.nodes)
    settled = settle(nodes, with_defaults(nodes, values), context)
    writer = _Writer(settled, reading, lookups, file_url, decisive, kept)
    visible = [each for each in pages if settled.shows_page(each)]
    steps = tuple(
        Step(each.index, number, each.label, each.index == page)
        for number, each in enumerate(visible, 1)
    )
    if page is None and len(pages) > 1:
        items, label = writer.nodes(nodes, settled.values, context, ""), ""
    else:
        shown = pages[page or 0]
        items, label = writer.page(shown, settled.values, context), shown.label
    at = next((rank for rank, step in enumerate(steps) if step.current), 0)
    alone = page is None
    return PageView(
        index=page,
        label=label,
        items=items,
        steps=steps,
        errors=tuple(map(writer.link, reading.errors if reading else ())),
        previous=None if alone or at == 0 else steps[at - 1].index,
        next=None if alone or at + 1 >= len(steps) else steps[at + 1].index,
        refreshable=writer.refreshable,
    )


def with_defaults(nodes: tuple[Node, ...], values: JSON) -> dict[str, JSON]:
    """The values, with what the designer proposes where nothing was ever answered."""
    filled = dict(values) if isinstance(values, Mapping) else {}
    for node in nodes:
        match node:
            case Field() if node.default is not None:
                filled.setdefault(node.key, node.default)
            case Group(path=""):
                filled = with_defaults(node.nodes, filled)
            case Group():
                filled[node.path] = with_defaults(node.nodes, part(filled, node.path))
            case Repeat():
                known = rows(filled, node)
                known = [{}] * node.first_rows if known is None else known
                filled[node.path] = [with_defaults(node.nodes, row) for row in known]
            case _:
                pass
    return filled


class _Writer:
    """Turns nodes into items, for one reading."""

    def __init__(
        self,
        settled: Settled,
        reading: Reading | None,
        lookups: Lookups,
        file_url: FileUrl | None,
        decisive: frozenset[str],
        kept: Sequence[tuple[str, str]],
    ) -> None:
        self.settled, self.lookups = settled, lookups
        self.file_url, self.decisive, self.kept = file_url, decisive, kept
        self.raw = reading.raw if reading else {}
        self.messages: dict[str, str] = {}
        for error in reading.errors if reading else ():
            self.messages.setdefault(error.path, error.message)
        self.anchors: dict[str, str] = {}
        self.refreshable = False

    def link(self, error: FieldError) -> ErrorLink:
        return ErrorLink(self.anchors.get(error.path, ""), error.message)

    def page(
        self, page: Page, values: Mapping[str, JSON], context: Mapping[str, Any]
    ) -> tuple[Item, ...]:
        """A page whose group is not written as one: its label is the page's title."""
        if not page.label:
            return self.nodes(page.nodes, values, context, "")
        items: tuple[Item, ...] = ()
        for node in page.nodes:
            if isinstance(node, Group) and self.settled.shows(node):
                scope = {**context, **values}
                under = part(values, node.path)
                items += self.nodes(node.nodes, under, scope, inside(node, ""))
            elif not isinstance(node, Group):
                items += self.nodes((node,), values, context, "")
        return items

    def nodes(
        self,
        nodes: tuple[Node, ...],
        values: Mapping[str, JSON],
        outer: Mapping[str, Any],
        prefix: str,
    ) -> tuple[Item, ...]:
        scope = {**outer, **values}
        return tuple(
            item
            for node in nodes
            if self.settled.shows(node, prefix)
            and (item := self._item(node, values, scope, prefix)) is not None
        )

    def _item(
        self, node: Node, values: Mapping[str, JSON], scope: Mapping[str, Any], prefix: str
    ) -> Item | None:
        match node:
            case Field():
                return self._field(node, values.get(node.key), scope, prefix)
            case Computed():
                return self._computed(node, values.get(node.key), prefix)
            case Text():
                return Item("text", html=markdown.render(node.text, scope))
            case Separator():
                return Item("separator")
            case Group():
                names = inside(node, prefix)
                items = self.nodes(node.nodes, part(values, node.path), scope, names)
                return Item(
                    "group", id="g-" + _id(prefix + node.id), label=node.label, items=items
                )
            case Repeat():
                return self._repeat(node, values, scope, prefix)

    def _computed(self, node: Computed, value: JSON, prefix: str) -> Item | None:
        if not node.label:
            return None
        name = prefix + node.key
        return Item(
            "output",
            name,
            _id(name),
            node.label,
            value=shown_result(node, value, self.lookups) or "Non calculé",
        )

    def _repeat(
        self,
        node: Repeat,
        values: Mapping[str, JSON],
        scope: Mapping[str, Any],
        prefix: str,
    ) -> Item:
        name = prefix + node.path
        found = rows(values, node) or []
        made = tuple(
            Row(
                index + 1,
                self.nodes(node.nodes, row, scope, f"{name}.{index}."),
                f"_del:{name}:{index}" if node.open and len(found) > node.min_rows else "",
            )
            for index, row in enumerate(found)
        )
        self.anchors[name] = _id(name)
        return Item(
            "repeat",
            name,
            _id(name),
            node.label,
            error=self.messages.get(name, ""),
            required=node.min_rows > 0,
            rows=made,
            add=f"_add:{name}" if node.open and len(found) < node.max_rows else "",
        )

    def _field(
        self, node: Field, value: JSON, scope: Mapping[str, Any], prefix: str
    ) -> Item:
        name = prefix + node.key
        made = FORMATS[node.format]
        typed = self.raw.get(name)
        text = typed[0] if typed else "" if value is None else made.edit(value)
        self.anchors[name] = _id(name)
        path = {*name.split("."), *name.split(".")[:-1]}
        refreshes = bool(self.decisive & path)
        self.refreshable = self.refreshable or refreshes
        choices = (
            self._kept(name) if node.is_file else self._choices(node, name, value, scope)
        )
        return Item(
            _widget(node),
            name,
            _id(name),
            node.label,
            hint=" ".join(filter(None, (hint(node), self._meaning(node, value)))),
            error=self.messages.get(name, ""),
            value="" if choices or node.is_file else text,
            required=node.required,
            readonly=node.readonly,
            input_type=made.input_type,
            inputmode="numeric" if node.decimals == 0 else made.inputmode,
            autocomplete=node.autocomplete or made.autocomplete,
            prefix=node.prefix,
            suffix=node.suffix or ("€" if node.format == "montant" else ""),
            accept=",".join(node.accept),
            multiple=node.multiple,
            refreshes=refreshes,
            choices=choices,
            files=self._files(node, name, value),
        )

    def _meaning(self, node: Field, value: JSON) -> str:
        """What a code stands for, since the box holds the code."""
        if value is None or node.format == "pays" or FORMATS[node.format].column != "code":
            return ""
        meant = FORMATS[node.format].show(value, self.lookups)
        return "" if meant == str(value) else f"{value} : {meant}."

    def _choices(
        self, node: Field, name: str, value: JSON, scope: Mapping[str, Any]
    ) -> tuple[Choice, ...]:
        chosen = set(value if isinstance(value, list) else [value])
        return tuple(
            Choice(
                _id(name) if at == 0 else f"{_id(name)}-{at}",
                option.value,
                option.label,
                option.value in chosen,
            )
            for at, option in enumerate(rules.options(node, scope))
        )

    def _kept(self, name: str) -> tuple[Choice, ...]:
        return tuple(Choice(f"{_id(name)}-kept", *one, chosen=False) for one in self.kept)

    def _files(self, node: Field, name: str, value: JSON) -> tuple[FileView, ...]:
        if not node.is_file or not isinstance(value, list):
            return ()
        return tuple(
            FileView(
                str(file["name"]),
                rules.file_size(int(file.get("size") or 0)),
                str(file["sha256"]),
                f"_remove:{name}:{file['sha256']}",
                self.file_url(file) if self.file_url else "",
            )
            for file in value
        )


def shown_result(node: Computed, value: JSON, lookups: Lookups) -> str:
    """What a form computed, as one reads it."""
    if value is None:
        return ""
    if node.format == "text":
        return markdown.plain(value)
    return FORMATS[node.format].show(value, lookups)


def _widget(node: Field) -> str:
    match node.kind:
        case "textarea":
            return "textarea"
        case "checkbox" | "radio" | "select":
            return node.kind
        case "checklist" | "taglist":
            return "checklist"
        case "filepicker":
            return "file"
        case _:
            return "select" if node.format == "pays" else "input"


def _id(name: str) -> str:
    return "f-" + "".join(char if char.isalnum() or char in "_-" else "-" for char in name)
