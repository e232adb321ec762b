"""What a designer may choose from in a draft, so that nothing is typed from memory."""

from collections.abc import Mapping
from typing import Any

from connectors import catalogue as partners
from engine import definitions, operations
from engine.procedure_drafts import ProcedureDraft
from web import partners as connected
from web.designer import words
from workflows import known_data


def of(draft: ProcedureDraft, files: Mapping[str, bytes]) -> dict[str, Any]:
    """Operations, calls, forms, roles, tables, procedures, data and messages, for JSON."""
    diagrams = known_data.drawn(files, draft.key)
    return {
        "operations": [
            {
                "name": name,
                "about": operations.about(name),
                "parameters": _given(parameters),
            }
            for name, parameters in operations.catalogue().items()
        ],
        "remote_calls": _remote_calls(),
        "forms": [
            {"name": name, "title": title}
            for name, title in known_data.form_titles(files).items()
        ],
        "roles": _roles(diagrams.roles),
        "decisions": _decisions(files),
        "procedures": _procedures(draft, diagrams.processes),
        "data": [
            {"path": one.path, "type": one.type, "from": one.source}
            for one in known_data.data(files, diagrams)
        ],
        "messages": sorted({*diagrams.messages, *_starting(draft)}),
    }


def _starting(draft: ProcedureDraft) -> list[str]:
    """The messages that start the body's other procedures: those a case may send."""
    owners = {one.id: one.owner_id for one in definitions.latest_of_each()}
    starts = definitions.start_messages(but=draft.key)
    return [name for name, (by, _) in starts.items() if owners.get(by) == draft.owner_id]


def _given(parameters: Mapping[str, bool]) -> list[dict[str, Any]]:
    return [{"name": name, "required": needed} for name, needed in parameters.items()]


def _remote_calls() -> list[dict[str, Any]]:
    simulated = connected.sandboxes()
    found = []
    for name, parameters in sorted(operations.remote_catalogue().items()):
        partner = name.partition(".")[0]
        found.append(
            {
                "name": name,
                "about": partners.about(name),
                "parameters": _given(parameters),
                "partner": partner,
                "sandbox": partner in simulated,
            }
        )
    return found


def _roles(drawn: Mapping[str, str]) -> list[dict[str, str]]:
    """Those of current procedures, of this draft's lanes, and those that anyone knows."""
    named = {**definitions.role_names(), **drawn}
    names = sorted({*named, *words.ROLES})
    return [{"name": name, "label": words.role(name, named)} for name in names]


def _decisions(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    found = []
    for key, (file, decision) in sorted(known_data.compiled_tables(files).items()):
        table = decision.part.tables[-1] if decision.part.tables else None
        inputs = table.inputs if table else ()
        outputs = table.outputs if table else ()
        found.append(
            {
                "id": key,
                "name": decision.name,
                "file": file,
                "inputs": [
                    {"expression": i.expression.source, "label": i.label, "type": i.type}
                    for i in inputs
                ],
                "outputs": [
                    {"name": o.name, "label": o.label, "type": o.type} for o in outputs
                ],
            }
        )
    return found


def _procedures(draft: ProcedureDraft, inside: Mapping[str, str]) -> list[dict[str, str]]:
    """What a call may name: the draft's other processes, then other procedures."""
    names = {one.key: one.name for one in definitions.latest_of_each()}
    others = [k for k in definitions.callable_keys(draft.owner_id) if k != draft.key]
    found = {**{key: names.get(key, key) for key in others}, **inside}
    return [{"key": key, "name": name or key} for key, name in found.items()]
