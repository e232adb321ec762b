"""What the diagrams of the signature book ask of us.

Each function runs inside the transaction of the step, takes and returns plain values. Errors
are sentences in French, read in the incident.
"""

from typing import Any
from uuid import UUID

from engine import clock, decisions, definitions, feel
from engine.models import ProcessInstance, db
from engine.operations import operation
from workflows.parapheur import called, chaining, records, standings
from workflows.parapheur.called import prepare_folder, signed_files
from workflows.parapheur.mails import compose_mail, record_mailed
from workflows.parapheur.models import FINISHED, IN_PROGRESS, Folder, FolderSubtype
from workflows.parapheur.passing_on import (
    archive_manifest,
    files_to_send,
    record_archived,
    record_transmission,
    remind,
)
from workflows.parapheur.proving import (
    compose_evidence,
    evidence_wanted,
    record_evidence,
    to_seal,
)
from workflows.parapheur.sealing import (
    files_to_close,
    files_to_seal,
    files_to_strengthen,
    record_closed,
    record_sealed,
)

__all__ = [
    "archive_manifest",
    "choose_circuits",
    "compose_evidence",
    "compose_mail",
    "enter",
    "evidence_wanted",
    "files_to_close",
    "files_to_seal",
    "files_to_send",
    "files_to_strengthen",
    "finish",
    "prepare_folder",
    "record_archived",
    "record_closed",
    "record_evidence",
    "record_mailed",
    "record_sealed",
    "record_transmission",
    "remind",
    "signed_files",
    "to_seal",
]

Plain = dict[str, Any]
SELECTION = "selection"


@operation
def enter(*, case: Plain, folder: Plain) -> Plain:
    """Enter a folder in the book: one that is chained, or that another procedure asks for,
    begins here; the others are there already.
    """
    if db.session.get(Folder, UUID(case["id"])) is not None:
        return folder
    begin = chaining.begin if "after" in folder else called.begin
    return begin(case, folder)


@operation
def choose_circuits(*, case: Plain, folder: Plain) -> Plain:
    """Say by which circuits a folder goes: {creation, circuit, desks}.

    The subtype's decision table decides when it has one, on {folder, metadata, …}; the desks
    of the circuits see the folder from now on.
    """
    row = records.locked(UUID(case["id"]))
    subtype = db.session.get_one(FolderSubtype, row.subtype_id)
    route: Plain = {
        "creation": subtype.creation_circuit,
        "circuit": subtype.circuit,
        "desks": {},
    }
    if subtype.selection:
        route |= _selected(subtype, folder)
    if not route["circuit"]:
        raise ValueError(
            f"Le sous-type « {subtype.name} » ne désigne aucun circuit pour ce dossier : "
            "complétez son circuit ou sa table de choix, puis relancez."
        )
    row.state, row.refused_for = IN_PROGRESS, ""
    row.details = {**row.details, "route": route}
    for key in (route["creation"], route["circuit"]):
        if key:
            standings.enter(row, _desks_of(key, row, {"folder": folder, "route": route}))
    return route


def _selected(subtype: FolderSubtype, folder: Plain) -> Plain:
    """What the decision table answers: {circuit, desks}, and {creation} when it says so."""
    tables = decisions.compile((subtype.selection or "").encode(), [])
    metadata = folder.get("metadata") or {}
    known = {**metadata, "folder": folder, "metadata": metadata}
    name = SELECTION if SELECTION in tables else next(iter(tables))
    found = feel.plain(decisions.evaluate(tables, name, known))
    if not isinstance(found, dict):
        return {"circuit": found if isinstance(found, str) else None}
    desks = {k: v for k, v in found.items() if k not in {"circuit", "creation", "desks"}}
    said = {k: found[k] for k in ("circuit", "creation") if found.get(k)}
    return {**said, "desks": {**desks, **(found.get("desks") or {})}}


def _desks_of(key: str, folder: Folder, data: Plain) -> list[str]:
    """The desks that a circuit's steps name, as far as is known before it starts."""
    version = definitions.callable_by(folder.organisation_id, key)
    if version is None:
        return []
    found: list[str] = []
    for node in (
        n for s in definitions.model(version.id).diagram.scopes.values() for n in s.nodes
    ):
        if node.kind != "userTask":
            continue
        text = node.loop.collection if node.loop else node.role
        found += _known(text or "", data, computed=node.loop is not None)
    return [role for role in dict.fromkeys(found) if role.startswith("desk:")]


def _known(text: str, data: Plain, *, computed: bool) -> list[str]:
    if not (computed or text.startswith("=")):
        return [text]
    try:
        value = feel.plain(feel.compile(text).evaluate(data))
    except feel.FeelError:
        return []  # it depends on what will be said along the way
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]


@operation
def finish(*, case: Plain, folder: Plain) -> Plain | None:
    """Close a folder that has gone through its circuits; what follows it, or nothing."""
    row = records.locked(UUID(case["id"]))
    row.state, row.ended_at = FINISHED, clock.now()
    standings.leave(row)
    records.write(row, "finished", None)
    return chaining.next_of(
        row, db.session.get_one(ProcessInstance, row.instance_id).number
    )
