"""A compiled form: pages to show, answers to read, recaps to print.

Everything is pure: no request, no database, no file. `context` is the process data that
expressions may read; `lookups` checks territorial codes (see `forms.territories`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from forms import frozen, reading, recap, schema, view
from forms.compile import compile_nodes, free_names, read_names
from forms.items import PageView
from forms.model import (
    JSON,
    Field,
    FileRef,
    Group,
    Node,
    Page,
    Repeat,
    file_labels,
    max_file_size,
    pages_of,
    part,
    question,
)
from forms.reading import Reading
from forms.recap import Column, RecapPage
from forms.territories import Lookups
from forms.typed import typed
from forms.view import FileUrl
from forms.visibility import settle


@dataclass(frozen=True)
class Form:
    """One form. `pages` are its screens; a form without top-level groups has one."""

    id: str
    nodes: tuple[Node, ...]

    @cached_property
    def pages(self) -> tuple[Page, ...]:
        return pages_of(self.nodes)

    @cached_property
    def needs(self) -> frozenset[str]:
        """The names its expressions read in the process data."""
        return free_names(self.nodes)

    @cached_property
    def _decisive(self) -> frozenset[str]:
        return read_names(self.nodes)

    @cached_property
    def max_file_size(self) -> int:
        """The most bytes that any of its questions accepts of one file."""
        return max_file_size(self.nodes)

    @property
    def file_labels(self) -> tuple[str, ...]:
        """What files it may ask for, in its order."""
        return file_labels(self.nodes)

    def question(self, name: str) -> Field | None:
        """The question a submitted name stands for; None for a stranger."""
        return question(self.nodes, name)

    def label_of(self, name: str) -> str:
        """The label of the question a submitted name stands for; the name for a stranger."""
        found = self.question(name)
        return found.label if found else name

    def read(
        self,
        submitted: Mapping[str, list[str]],
        *,
        previous: Mapping[str, JSON] | None = None,
        files: Mapping[str, list[FileRef]] | None = None,
        page: int | None = None,
        draft: bool = False,
        held: Iterable[FileRef] = (),
        context: Mapping[str, Any] | None = None,
        lookups: Lookups | None = None,
    ) -> Reading:
        """What was submitted, typed and checked, over the `previous` values.

        `page` reads one page (an index of `pages`, IndexError outside) and keeps the
        others as they were; `draft` checks types only. `files` are those that came with
        this submission, by field name; those kept are named by their digest, and must be
        in `previous` or among those `held`. Never raises on what was submitted.
        """
        return reading.read(
            self.pages,
            submitted,
            previous=previous or {},
            files=files or {},
            page=page,
            draft=draft,
            held=held,
            context=context or {},
            lookups=lookups or {},
        )

    def check(
        self,
        values: JSON,
        *,
        previous: Mapping[str, JSON] | None = None,
        draft: bool = False,
        context: Mapping[str, Any] | None = None,
        lookups: Lookups | None = None,
    ) -> Reading:
        """Values judged as if they had just been typed, on every page.

        For a draft that is submitted at last, and for JSON of any shape from the API
        (give the draft whose files it may name as `previous`, or {}).
        """
        submitted, misshapen = typed(self.nodes, values, first_rows=not draft)
        known = values if previous is None and isinstance(values, Mapping) else previous
        return reading.read(
            self.pages,
            submitted,
            previous=known or {},
            files={},
            page=None,
            draft=draft,
            context=context or {},
            lookups=lookups or {},
            misshapen=misshapen,
        )

    def view(
        self,
        page: int | None,
        values: Mapping[str, JSON],
        *,
        reading: Reading | None = None,
        context: Mapping[str, Any] | None = None,
        lookups: Lookups | None = None,
        file_url: FileUrl | None = None,
        kept: Sequence[tuple[str, str]] = (),
    ) -> PageView:
        """A page (all of them, as groups, for None) as data for the macros.

        `reading` brings its errors and the texts that could not be read; `kept` are files
        (value, label) offered beside each file question, as `_kept:<name>`.
        """
        return view.view(
            self.pages,
            page,
            values,
            reading=reading,
            context=context or {},
            lookups=lookups or {},
            file_url=file_url,
            decisive=self._decisive,
            kept=kept,
        )

    def visible_pages(
        self, values: Mapping[str, JSON], *, context: Mapping[str, Any] | None = None
    ) -> tuple[Page, ...]:
        """The pages whose group is not hidden, in order."""
        filled = view.with_defaults(self.nodes, values)
        settled = settle(self.nodes, filled, context or {})
        return tuple(page for page in self.pages if settled.shows_page(page))

    def recap(
        self,
        values: Mapping[str, JSON],
        *,
        context: Mapping[str, Any] | None = None,
        lookups: Lookups | None = None,
        file_url: FileUrl | None = None,
        reserved: bool = True,
    ) -> list[RecapPage]:
        """What was answered and is visible, page by page, in French.

        Without the `reserved` answers, it may be read by those who are only consulted.
        """
        return recap.recap(
            self.pages,
            values,
            context=context or {},
            lookups=lookups or {},
            file_url=file_url,
            reserved=reserved,
        )

    def columns(self) -> tuple[Column, ...]:
        """Its answers as columns, for lists, filters, sorts and exports."""
        return recap.columns(self.nodes)

    def prefill(
        self, values: Mapping[str, JSON], sources: Mapping[str, JSON]
    ) -> dict[str, JSON]:
        """The values, completed where nothing was answered by what directories know.

        `ebg:source` of a field is a path in `sources`: `siret.nom_raison_sociale`.
        """
        return _prefilled(self.nodes, values, sources)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of its values."""
        return schema.json_schema(self.id, self.nodes)

    def to_json(self) -> bytes:
        """The bytes kept with a published version."""
        return frozen.to_json(self.id, self.nodes)

    @classmethod
    def from_json(cls, source: bytes) -> "Form":
        """The form that `to_json` wrote. Raises ValueError."""
        return cls(*frozen.from_json(source))


def compile_form(source: bytes, *, shared: Mapping[str, bytes] | None = None) -> Form:
    """The form of a form-js file. Raises FormRefused with every problem in French.

    `shared` gives the sources of pieces named by `ebg:shared`; those of `forms/common`
    are always known.
    """
    return Form(*compile_nodes(source, shared=shared))


def _prefilled(
    nodes: Iterable[Node], values: JSON, sources: Mapping[str, JSON]
) -> dict[str, JSON]:
    filled = dict(values) if isinstance(values, Mapping) else {}
    for node in nodes:
        match node:
            case Field() if path := node.properties.get("ebg:source"):
                found: JSON = sources
                for key in path.split("."):
                    found = found.get(key) if isinstance(found, Mapping) else None
                if found is not None and filled.get(node.key) is None:
                    filled[node.key] = found
            case Group(path=""):
                filled = _prefilled(node.nodes, filled, sources)
            case Group():
                under = _prefilled(node.nodes, part(filled, node.path), sources)
                if under:
                    filled[node.path] = under
            case Repeat():
                pass  # a row belongs to whoever adds it
            case _:
                pass
    return filled
