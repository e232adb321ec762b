"""Decide on a folder at a step: approve, sign, refuse, advise."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine.access import require
from engine.actors import Actor
from engine.commands import tasks
from workflows.parapheur import files, records
from workflows.parapheur import metadata as said
from workflows.parapheur.circuits import OPINION, PAGE, SEAL
from workflows.parapheur.models import MAIN, REFUSED
from workflows.parapheur.opening import ActRefused, Opened, is_kind, opened

Plain = dict[str, Any]


def approve(
    task_id: UUID,
    *,
    actor: Actor,
    note: str = "",
    private_note: str = "",
    metadata: Mapping[str, Any] | None = None,
    job: UUID | None = None,
) -> UUID:
    """Approve a folder at a step, or put its seal by hand; returns the act's id.

    Raises Forbidden, TaskNotOpen, TaskTaken, TaskSuspended, ActRefused (a field to fill in, a
    step that is signed).
    """
    with opened(task_id) as held:
        require(actor, "complete", held.task)
        if held.task.signature:
            raise ActRefused({"task": "Cette étape se signe : signez, ou refusez."})
        detail = _say(held, metadata, said.APPROVAL)
        kind = "approved"
        if is_kind(held.task, OPINION):
            kind = "opinion_given"
        detail |= {"by_hand": True} if is_kind(held.task, SEAL) else {}
        act = records.write(
            held.folder, kind, actor, task=held.task, note=note,
            private_note=private_note, detail=detail,
        )  # fmt: skip
        _complete(held, {"answer": "approve"}, actor, job)
        return act.id


def advise(
    task_id: UUID,
    *,
    actor: Actor,
    favourable: bool,
    note: str = "",
    private_note: str = "",
) -> UUID:
    """Give the opinion that a step of the circuit asks, which stops nothing.

    Raises as `approve`, and ActRefused when the step asks for something else.
    """
    with opened(task_id) as held:
        require(actor, "complete", held.task)
        if not is_kind(held.task, OPINION):
            raise ActRefused({"task": "Cette étape ne demande pas un avis."})
        act = records.write(
            held.folder, "opinion_given", actor, task=held.task, note=note,
            private_note=private_note, detail={"favourable": favourable},
        )  # fmt: skip
        _complete(held, {"answer": "approve", "favourable": favourable}, actor)
        return act.id


def refuse(
    task_id: UUID,
    *,
    actor: Actor,
    reason: str,
    private_note: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> UUID:
    """Refuse a folder with a reason: it goes back to its author's desk, its versions stay.

    Raises as `approve`.
    """
    with opened(task_id) as held:
        require(actor, "complete", held.task)
        reason = reason.strip()
        if not reason:
            raise ActRefused({"reason": "Dites pourquoi : l’auteur du dossier le lira."})
        if len(reason) > records.LONGEST_NOTE:
            raise ActRefused(
                {"reason": f"Motif : {records.LONGEST_NOTE} caractères au plus."}
            )
        if is_kind(held.task, OPINION):
            raise ActRefused(
                {"task": "Un avis ne refuse pas : donnez un avis défavorable."}
            )
        detail = _say(held, metadata, said.REFUSAL)
        held.folder.state, held.folder.refused_for = REFUSED, reason
        act = records.write(
            held.folder, "refused", actor, task=held.task, note=reason,
            private_note=private_note, detail=detail,
        )  # fmt: skip
        _complete(held, {"answer": "refuse", "reason": reason}, actor)
        return act.id


def sign(
    task_id: UUID,
    signed: Sequence[Plain],
    *,
    actor: Actor,
    note: str = "",
    private_note: str = "",
    metadata: Mapping[str, Any] | None = None,
    job: UUID | None = None,
) -> UUID:
    """Record the signatures of a folder's documents, and move its circuit on; the act's id.

    `signed` holds the answers of `Signature.finish` ({id: the file's, file, level,
    signatures}), with `document_sha256` of what was signed, so that a version made meanwhile
    is not covered by one that does not contain it. Raises as `approve`, and ActRefused when a
    document is missing or was signed in another version.
    """
    with opened(task_id) as held:
        return signed_at(
            held, signed, actor=actor, note=note, private_note=private_note,
            metadata=metadata, job=job,
        )  # fmt: skip


def signed_at(
    held: Opened,
    signed: Sequence[Plain],
    *,
    actor: Actor,
    note: str = "",
    private_note: str = "",
    metadata: Mapping[str, Any] | None = None,
    job: UUID | None = None,
) -> UUID:
    """The same within the open transaction that holds the task: see `sign`."""
    require(actor, "complete", held.task)
    if not held.task.signature:
        raise ActRefused({"task": "Cette étape ne demande pas de signature."})
    there = files.current(held.folder.instance_id)
    _check_signed(there, signed)
    detail = _say(held, metadata, said.APPROVAL)
    act = records.write(
        held.folder, "signed", actor, task=held.task, note=note,
        private_note=private_note, detail=detail,
    )  # fmt: skip
    digests = files.take_signed(held.folder, signed, act, there)
    levels = {str(one["id"]): one.get("level") for one in signed}
    act.detail = {**detail, "digests": digests, "levels": levels}
    _complete(held, {"answer": "approve"}, actor, job)
    return act.id


def _check_signed(there: Sequence[files.Current], signed: Sequence[Plain]) -> None:
    wanted = {str(one.file.id): one for one in there if one.file.kind == MAIN}
    given = {str(one["id"]): one for one in signed}
    if wanted.keys() != given.keys():
        raise ActRefused({"files": "Signez tous les documents du dossier, et eux seuls."})
    for file_id, one in given.items():
        was = one.get("document_sha256")
        if was is not None and was != wanted[file_id].sha256:
            message = "Un document a changé pendant la signature : relisez-le, puis signez."
            raise ActRefused({"files": message})


def _say(held: Opened, metadata: Mapping[str, Any] | None, when: str) -> Plain:
    """Keep what is said of a folder at a step: what the act tells of it.

    Raises ActRefused, naming the fields.
    """
    folder, subtype = held.folder, held.folder.subtype
    known = {**(folder.details.get("metadata") or {}), **(metadata or {})}
    if errors := said.errors(subtype, known, when, held.task):
        raise ActRefused(errors)
    return said.said_with(folder, metadata or {})


def _complete(held: Opened, values: Plain, actor: Actor, job: UUID | None = None) -> None:
    tasks.completed(held.task, values, actor, held.after_commit, page=PAGE, job_id=job)
