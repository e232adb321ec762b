"""What somebody chose to sign: what may be, why the rest may not, and what comes next."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from engine import clock, journal
from engine.access import Actor, Forbidden, allowed, require
from engine.errors import OperationRefused
from engine.models import IS_OPEN, SUSPENDED, UserTask, db
from engine.transaction import transaction
from workflows.parapheur import metadata
from workflows.parapheur.circuits import PAGE
from workflows.parapheur.lots import (
    LASTS,
    LONGEST_NOTE,
    MOST,
    REFUSED,
    TO_DO,
    SigningItem,
    SigningLot,
)
from workflows.parapheur.models import DESK_PREFIX, Folder
from workflows.parapheur.signing import drawn
from workflows.parapheur.standings import folder_of

LOOKED_AT = 50
"""Tasks of a desk among which the next one to sign is looked for."""


def open_lot(
    lot_id: UUID,
    task_ids: Sequence[UUID],
    *,
    signer: Mapping[str, Any],
    actor: Actor,
    note: str = "",
    private_note: str = "",
    certificate: bytes = b"",
    chain: Sequence[str] = (),
    answers: Mapping[str, Any] | None = None,
    application: str = "",
) -> UUID:
    """Open a lot for the tasks chosen: those that may not be signed are refused in it, each
    with its reason; those that are not one's to see are left out.

    `lot_id` is drawn by the page: asking twice makes one lot. `signer` is one of the
    connector's; `application` carries what they sign elsewhere. Raises Forbidden,
    OperationRefused when nothing is chosen, too much is, or folders are of several bodies.
    """
    if actor.person_id is None:
        raise Forbidden
    with transaction():
        known = db.session.get(SigningLot, lot_id)
        if known is not None:
            require(actor, "sign", known)
            return lot_id
        chosen = seen(task_ids, actor)
        bodies = {task.organisation_id for task, _ in chosen}
        if not chosen:
            raise OperationRefused("Cochez au moins un dossier à signer.")
        check_number(len(chosen))
        if len(bodies) > 1:
            raise OperationRefused("Signez les dossiers d’un seul organisme à la fois.")
        lot = SigningLot(
            id=lot_id,
            organisation_id=bodies.pop(),
            person_id=actor.person_id,
            signer=signer["id"],
            kind=signer["kind"],
            quality=signer["quality"],
            nonce=drawn(),
            certificate=certificate,
            chain=list(chain),
            note=note.strip()[:LONGEST_NOTE],
            private_note=private_note.strip()[:LONGEST_NOTE],
            answers=dict(answers or {}),
            total=len(chosen),
            expires_at=clock.now() + LASTS,
        )
        db.session.add(lot)
        db.session.flush()
        for position, (task, folder) in enumerate(chosen, 1):
            why = refusal(task, actor) or unsaid(task, folder, answers or {})
            db.session.add(
                SigningItem(
                    lot_id=lot_id, position=position, task_id=task.id,
                    instance_id=folder.instance_id, title=folder.title,
                    prepared=[], signatures={},
                    result=REFUSED if why else TO_DO, note=why,
                    at=clock.now() if why else None,
                )
            )  # fmt: skip
        detail = {"signer": signer["id"], "folders": len(chosen)}
        if application:
            detail["application"] = application
        journal.write(
            f"signing:{lot_id}", "signing_opened", by=actor.person_id, detail=detail
        )
    return lot_id


def check_number(number: int) -> None:
    """Refuse more folders than a lot holds. Raises OperationRefused."""
    if number > MOST:
        raise OperationRefused(f"Signez {MOST} dossiers au plus à la fois.")


def seen(task_ids: Iterable[UUID], actor: Actor) -> list[tuple[UserTask, Folder]]:
    """The tasks of the book among these that come to a desk of this person, with their
    folders, in the order of the choice; one more than a lot holds at most.
    """
    wanted = list(dict.fromkeys(task_ids))[: MOST + 1]
    asked = select(UserTask).where(UserTask.id.in_(wanted), UserTask.page == PAGE)
    rows = db.session.scalars(asked.options(joinedload(UserTask.instance)))
    tasks = {task.id: task for task in rows if actor.role_for(task)}
    kept = [tasks[one] for one in wanted if one in tasks]
    ids = {_folder_id(task) for task in kept}
    rows_of = select(Folder).where(Folder.instance_id.in_(ids))
    folders = {one.instance_id: one for one in db.session.scalars(rows_of)}
    return [(t, folders[_folder_id(t)]) for t in kept if _folder_id(t) in folders]


def refusal(task: UserTask, actor: Actor) -> str:
    """Why this person may not sign this now, in French; nothing when they may."""
    if not task.signature:
        return "Ce dossier n’est pas à signer."
    if task.status != "open":
        return "Ce dossier n’est plus à signer."
    if task.instance.status == SUSPENDED:
        return "Ce dossier est suspendu."
    if allowed(actor, "complete", task):
        return ""
    role = actor.role_for(task)
    if role is not None and not role.signs:
        return "Vous n’avez pas de délégation de signature pour ce dossier."
    return "Ce dossier est entre les mains de quelqu’un d’autre."


def unsaid(task: UserTask, folder: Folder, answers: Mapping[str, Any]) -> str:
    """What must be filled in before a folder is signed at this step, in French, or nothing."""
    known = {**(folder.details.get("metadata") or {}), **answers}
    labels = metadata.missing(folder.subtype, known, metadata.APPROVAL, task)
    if not labels:
        return ""
    told = ", ".join(f"« {label} »" for label in labels.values())
    return f"À remplir d’abord : {told}. Ouvrez ce dossier pour le signer."


def following(lot_id: UUID, actor: Actor) -> UserTask | None:
    """The most urgent folder that still comes to a desk of this person to be signed."""
    desks = {
        (r.organisation_id, r.name)
        for r in actor.roles
        if r.name.startswith(DESK_PREFIX) and r.signs
    }
    signed = set(
        db.session.scalars(select(SigningItem.task_id).where(SigningItem.lot_id == lot_id))
    )
    found = [
        task
        for body, role in desks
        for task in db.session.scalars(
            select(UserTask)
            .where(IS_OPEN, UserTask.assignee_id.is_(None))
            .where(UserTask.organisation_id == body, UserTask.role == role)
            .order_by(UserTask.due_at, UserTask.opened_at)
            .limit(LOOKED_AT + len(signed))
        )
        if task.signature and task.id not in signed and actor.role_for(task)
    ]
    return min(found, key=lambda task: (task.due_at is None, task.due_at or task.opened_at),
               default=None)  # fmt: skip


def _folder_id(task: UserTask) -> UUID:
    """The folder is the case that called the circuit in which the task waits."""
    return folder_of(task.instance) or task.instance_id
