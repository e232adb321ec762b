"""Answers that running cases hold, or that expressions name, and that a draft asks no more.

A form's question that is renamed or taken out breaks nothing at once: a case that is already
under way keeps what was answered. But whatever names it then reads nothing, in silence.
"""

import re
from collections.abc import Iterator, Mapping

from engine import passed, procedure_drafts
from engine.procedure_drafts import ProcedureDraft
from engine.spiff.errors import Problem
from engine.spiff.names_written import Written
from workflows import known_data


def warnings(draft: ProcedureDraft, files: Mapping[str, bytes]) -> list[Problem]:
    """A warning for each form whose questions are renamed or gone since the base version."""
    if draft.base_id is None:
        return []
    base = procedure_drafts.published(draft.base_id)
    now = _asked(files, draft.key)
    kept = {path for _, paths in now.values() for path in paths}
    found = []
    for form, (written, paths) in _asked(base, draft.key).items():
        lost = sorted(path for path in paths if path not in kept)
        if lost:
            message = _message(draft, files, lost, written)
            found.append(Problem(f"{form}.form.json", "", "", message, "warning"))
    return found


def _asked(
    files: Mapping[str, bytes], key: str
) -> dict[str, tuple[list[Written], set[str]]]:
    """For each form, who fills it in and the paths under which its answers are kept."""
    forms = known_data.compiled_forms(files)
    found: dict[str, tuple[list[Written], set[str]]] = {}
    for written in known_data.drawn(files, key).data:
        if written.form in forms:
            by, paths = found.setdefault(written.form, ([], set()))
            by.append(written)
            answers = known_data.answers(forms[written.form], written.name)
            paths.update(one.path for one in answers)
    return found


def _message(
    draft: ProcedureDraft,
    files: Mapping[str, bytes],
    lost: list[str],
    written: list[Written],
) -> str:
    said = [f"ces réponses ne sont plus demandées, ou ont changé de nom : {_listed(lost)}"]
    cases = passed.count(draft.key, [one.element_id for one in written])
    if cases:
        number = f"{cases} ou plus" if cases >= passed.MOST else str(cases)
        said.append(f"dossiers en cours qui les ont déjà : {number}")
    said += _still_named(files, lost)
    return " ; ".join(said) + "."


def _still_named(files: Mapping[str, bytes], lost: list[str]) -> Iterator[str]:
    for name, content in files.items():
        text = content.decode(errors="replace")
        named = [p for p in lost if re.search(rf"(?<![\w.]){re.escape(p)}(?!\w)", text)]
        if named:
            yield f"{name} nomme encore {_listed(named)}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:5])
    return shown if len(names) <= 5 else f"{shown} et {len(names) - 5} autres"  # noqa: PLR2004  five are read
