"""What a designer may name, so that nothing is typed from memory: data, tables, forms, roles."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson

from engine import decisions
from engine.spiff import names_written
from engine.spiff.errors import DiagramRefused
from engine.spiff.names_written import Drawn, Written
from forms import Form, FormRefused, compile_form
from forms.formats import FORMATS
from forms.model import Computed, Field, Group, Node, Repeat
from workflows.publication import COMMON_FORMS

CASE = ("number", "id", "procedure", "started_at")
"""What every case says of itself, under the name `case`."""
ORGANISATION = ("id", "name", "siren", "siret", "insee", "naf", "address", "email", "phone")
"""What it says of the body that handles it and of who asks, as `case.organisation`…"""
_TYPES = {"number": "number", "integer": "number", "boolean": "boolean", "array": "list"}


@dataclass(frozen=True)
class Known:
    """A name that exists at run time, with its FEEL type and where it comes from."""

    path: str
    type: str
    source: str


def drawn(files: Mapping[str, bytes], key: str) -> Drawn:
    """What the diagrams name; nothing from those that cannot be read."""
    try:
        return names_written.drawn(files, key)
    except DiagramRefused:
        return Drawn((), {}, (), {})


def data(files: Mapping[str, bytes], diagrams: Drawn) -> list[Known]:
    """Every name that expressions of these files may read, each once."""
    forms = compiled_forms(files)
    tables = compiled_tables(files)
    found = [Known(f"case.{name}", "text", "dossier") for name in CASE]
    found += [
        Known(f"case.{who}.{name}", "text", source)
        for who, source in (("applicant", "demandeur"), ("organisation", "organisme"))
        for name in ORGANISATION
    ]
    found.append(Known("case.parameters", "context", "réglages de la démarche"))
    for written in diagrams.data:
        found += _written(written, forms, tables)
    return list({one.path: one for one in reversed(found)}.values())[::-1]


def _written(
    written: Written, forms: Mapping[str, Form], tables: Mapping[str, Any]
) -> Iterator[Known]:
    if written.form in forms:
        source = f"formulaire {written.form}"
        if written.name:
            yield Known(written.name, "context", source)
        yield from answers(forms[written.form], written.name, source)
    elif written.decision in tables:
        yield from _outputs(written, tables[written.decision][1])
    elif written.name:
        source = f"opération {written.operation}" if written.operation else written.by
        yield Known(written.name, "list" if written.listed else "any", source)


def answers(form: Form, into: str, source: str = "") -> Iterator[Known]:
    """What a form's answers are called, kept under `into`."""
    return _answers(form.nodes, into, source)


def _answers(nodes: tuple[Node, ...], above: str, source: str) -> Iterator[Known]:
    for node in nodes:
        match node:
            case Group(path=path):
                yield from _answers(node.nodes, _join(above, path), source)
            case Repeat(path=path):
                yield Known(_join(above, path), "list", source)
            case Field() | Computed():
                yield Known(_join(above, node.key), _type(node), source)


def _join(above: str, key: str) -> str:
    return ".".join(part for part in (above, key) if part)


def _type(node: Field | Computed) -> str:
    if isinstance(node, Field) and node.is_list:
        return "list"
    schema = FORMATS[node.format].schema if node.format in FORMATS else {}
    if schema.get("format") == "date":
        return "date"
    return _TYPES.get(str(schema.get("type")), "text")


def _outputs(written: Written, decision: Any) -> Iterator[Known]:
    source = f"décision {written.decision}"
    tables = decision.part.tables
    columns: list[Any] = list(tables[-1].outputs) if tables else []
    if len(columns) == 1:
        yield Known(written.name, columns[0].type or "any", source)
        return
    yield Known(written.name, "context", source)
    for column in columns:
        yield Known(f"{written.name}.{column.name}", column.type or "any", source)


def compiled_forms(files: Mapping[str, bytes]) -> dict[str, Form]:
    """The forms that are right, by name."""
    shared = {found.name: found.read_bytes() for found in COMMON_FORMS.glob("*.json")}
    found: dict[str, Form] = {}
    for name in sorted(files):
        if name.endswith(".form.json"):
            with suppress(FormRefused):
                form = compile_form(files[name], shared=shared)
                found[name.removesuffix(".form.json")] = form
    return found


def form_titles(files: Mapping[str, bytes]) -> dict[str, str]:
    """How each form of the folder is headed, by name."""
    forms = {name.removesuffix(".form.json"): name for name in sorted(files)}
    return {s: _title(files[n], s) for s, n in forms.items() if n.endswith(".form.json")}


def _title(content: bytes, otherwise: str) -> str:
    """Its first heading, else its first group's label."""
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError:
        return otherwise
    parts = found.get("components") if isinstance(found, dict) else None
    parts = [one for one in parts or () if isinstance(one, dict)]
    heads = (str(one.get("text", "")).partition("\n")[0] for one in parts)
    titles = [head.strip("# ") for head in heads if head.startswith("# ")]
    labels = [str(one["label"]) for one in parts if one.get("label")]
    return next(iter([*titles, *labels]), otherwise)


def compiled_tables(files: Mapping[str, bytes]) -> dict[str, tuple[str, Any]]:
    """Each decision that can be read, by id: its file, and what it compiles to."""
    names = [name for name in sorted(files) if name.endswith(".dmn")]
    found: dict[str, tuple[str, Any]] = {}
    for name in names:
        others = [files[one] for one in names if one != name]
        try:
            made = decisions.compile(files[name], others)
        except decisions.DecisionRefused:
            continue
        found |= {key: (name, decision) for key, decision in made.items()}
    return found
