"""Checks a procedure's folder, and freezes it as a numbered version.

The one lint exists here: diagrams, decision tables, forms and letters are checked
together, and a folder with a single error is not published.
"""

from collections.abc import Collection, Iterator, Mapping
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path
from uuid import UUID

from engine import decisions, definitions, operations, procedure_drafts, variables
from engine.commands import publishing
from engine.definitions import COMPILED_FORM
from engine.procedure_drafts import MOST_FILES
from engine.spiff.model import DiagramRefused, Model, Problem, compile_model, lint
from forms import FormRefused, compile_form
from workflows.letters import operations as letters

WORKFLOWS = Path(__file__).parent
COMMON_FORMS = Path(__file__).parent.parent / "forms" / "common"
KEPT = (".bpmn", ".dmn", ".form.json", ".letter.md", "scenarios.json")
LARGEST_FILE = 5 * 1024 * 1024


class FolderRefused(Exception):
    """This folder cannot be published."""

    def __init__(self, key: str, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.key = key
        self.problems = problems


def folders() -> dict[str, Path]:
    """Every procedure's folder of the repository, by its process id, the called ones first."""
    found = {
        ".".join(drawn.parent.relative_to(WORKFLOWS).parts): drawn.parent
        for drawn in sorted(WORKFLOWS.rglob("process.bpmn"))
    }
    named = {
        key: [other for other in found if other != key and _calls(folder, other)]
        for key, folder in found.items()
    }
    return {key: found[key] for key in TopologicalSorter(named).static_order()}


def _calls(folder: Path, key: str) -> bool:
    text = f'calledElement="{key}"'.encode()
    return any(text in drawn.read_bytes() for drawn in folder.glob("*.bpmn"))


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder that make a version; notes for people stay outside it."""
    return {
        found.name: found.read_bytes()
        for found in sorted(folder.iterdir())
        if found.is_file() and found.name.endswith(KEPT)
    }


def load_operations() -> None:
    """Import every domain's operations, so that diagrams may name them."""
    for found in sorted(WORKFLOWS.glob("*/operations.py")):
        import_module(f"workflows.{found.parent.name}.operations")


def check(
    key: str, files: Mapping[str, bytes], procedures: Collection[str] | None = None
) -> list[Problem]:
    """Everything wrong with a folder's files, errors and warnings, in sentences.

    `procedures`, when given, are those that its calls may name.
    """
    problems = list(_check_sizes(files))
    if problems:
        return problems
    problems += _check_decisions(files)
    problems += [p for name in _names(files, ".form.json") for p in _form(files, name)[1]]
    problems += [
        _problem(name, fault)
        for name in _names(files, ".letter.md")
        for fault in letters.faults(files[name])
    ]
    drawn = lint(
        files,
        key=key,
        operations=operations.catalogue(),
        remote_calls=operations.remote_catalogue(),
        forms={name.removesuffix(".form.json") for name in _names(files, ".form.json")},
        procedures=procedures,
    )
    told = {p.file for p in problems if p.severity == "error"}
    problems += [p for p in drawn if not (p.file in told and p.file.endswith(".dmn"))]
    if not any(p.severity == "error" for p in problems):
        problems += _check_searchable(files, key)
    return problems


def publish(
    key: str,
    files: Mapping[str, bytes],
    *,
    owner_id: UUID,
    origin: str = "folder",
    by: UUID | None = None,
    over_designer: bool = False,
) -> int | None:
    """Freeze checked files as version n+1; None when nothing changed.

    Raises FolderRefused with every problem, PublishedByDesigner, PublishedByAnother.
    """
    procedures = definitions.callable_keys(owner_id)
    errors = [p for p in check(key, files, procedures) if p.severity == "error"]
    if errors:
        raise FolderRefused(key, errors)
    try:
        whole, model = compiled(key, files)
        return publishing.publish(
            key,
            whole,
            model,
            sha256=procedure_drafts.digest(files),
            owner_id=owner_id,
            origin=origin,
            by=by,
            over_designer=over_designer,
        )
    except DiagramRefused as refused:
        raise FolderRefused(key, refused.problems) from refused


def compiled(key: str, files: Mapping[str, bytes]) -> tuple[dict[str, bytes], Model]:
    """The files of a version, those made of its forms included, and its model.

    Raises DiagramRefused.
    """
    made = {
        name.removesuffix(".form.json") + COMPILED_FORM: _form(files, name)[0]
        for name in _names(files, ".form.json")
    }
    return {**files, **made}, compile_model(files, key)


def _names(files: Mapping[str, bytes], suffix: str) -> list[str]:
    return [name for name in sorted(files) if name.endswith(suffix)]


def _check_sizes(files: Mapping[str, bytes]) -> Iterator[Problem]:
    if len(files) > MOST_FILES:
        yield _problem("", f"Le dossier contient plus de {MOST_FILES} fichiers.")
    for name, content in files.items():
        if len(content) > LARGEST_FILE:
            yield _problem(name, "Ce fichier dépasse 5 Mo : allégez-le.")


def _check_decisions(files: Mapping[str, bytes]) -> Iterator[Problem]:
    for name in _names(files, ".dmn"):
        others = [files[one] for one in _names(files, ".dmn") if one != name]
        try:
            compiled = decisions.compile(files[name], others)
        except decisions.DecisionRefused as refused:
            yield from (_problem(name, message) for message in refused.problems)
            continue
        for remark in decisions.review(compiled):
            yield Problem(
                file=name,
                element_id="",
                element_name=remark.table,
                message=remark.message,
                severity="warning",
            )


def _check_searchable(files: Mapping[str, bytes], key: str) -> Iterator[Problem]:
    """A search that would find less than the diagram promises."""
    named = compile_model(files, key).properties.get(variables.PROPERTY, "")
    for message in variables.left_out(named):
        yield Problem(
            file="process.bpmn",
            element_id=key,
            element_name=variables.PROPERTY,
            message=message,
            severity="warning",
        )


def _form(files: Mapping[str, bytes], name: str) -> tuple[bytes, list[Problem]]:
    """A form compiled, or the reasons why it cannot be."""
    shared = {found.name: found.read_bytes() for found in COMMON_FORMS.glob("*.json")}
    try:
        return compile_form(files[name], shared=shared).to_json(), []
    except FormRefused as refused:
        return b"", [_problem(name, p.message, p.path) for p in refused.problems]


def _problem(file: str, message: str, element: str = "") -> Problem:
    return Problem(
        file=file, element_id=element, element_name="", message=message, severity="error"
    )
