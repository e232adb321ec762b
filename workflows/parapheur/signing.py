"""Signing folders, one or many, in one gesture: what is asked, frozen, and given.

    open_lot(lot_id, [task, …], signer=…, actor=actor)   what may be signed is, the rest says why
    keep_prepared(lot_id, {position: prepared})          what each document becomes, frozen
    keep_values(lot_id, nonce, values, actor=actor)      the signatures; the workers finish

No PIN is known here. What is prepared and what comes back pass through the connector with no
transaction open; `workflows.parapheur.concluding` makes the acts.
"""

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import joinedload

from engine import clock, journal
from engine.access import Actor, Forbidden, add_rules, allowed, require
from engine.errors import OperationRefused
from engine.models import IS_OPEN, SUSPENDED, UserTask, db
from engine.transaction import lock, transaction
from workflows.parapheur.lots import (
    DONE,
    EXPIRED,
    FINISHING,
    LASTS,
    MOST,
    OPEN,
    REFUSED,
    STOPPED,
    TO_DO,
    SigningItem,
    SigningLot,
)
from workflows.parapheur.models import DESK_PREFIX, Folder

PAGE = "parapheur"
LOOKED_AT = 50
"""Tasks of a desk among which the next one to sign is looked for."""
LONGEST_NOTE = 2000
Plain = dict[str, Any]

add_rules({(SigningLot, "sign"): lambda actor, lot: lot.person_id == actor.person_id})


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
) -> UUID:
    """Open a lot for the tasks chosen: those that may not be signed are refused in it, each
    with its reason; those that are not one's to see are left out.

    `lot_id` is drawn by the page: asking twice makes one lot. `signer` is one of the
    connector's. Raises Forbidden, OperationRefused when nothing is chosen, too much is, or
    folders are of several bodies.
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
        if len(chosen) > MOST:
            raise OperationRefused(f"Cochez {MOST} dossiers au plus.")
        if len(bodies) > 1:
            raise OperationRefused("Signez les dossiers d’un seul organisme à la fois.")
        lot = SigningLot(
            id=lot_id,
            organisation_id=bodies.pop(),
            person_id=actor.person_id,
            signer=signer["id"],
            kind=signer["kind"],
            quality=signer["quality"],
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
            why = refusal(task, actor)
            db.session.add(
                SigningItem(
                    lot_id=lot_id, position=position, task_id=task.id,
                    instance_id=folder.instance_id, title=folder.title,
                    prepared=[], signatures={},
                    result=REFUSED if why else TO_DO, note=why,
                    at=clock.now() if why else None,
                )
            )  # fmt: skip
        journal.write(
            f"signing:{lot_id}", "signing_opened", by=actor.person_id,
            detail={"signer": signer["id"], "folders": len(chosen)},
        )  # fmt: skip
    return lot_id


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


def give_certificate(
    lot_id: UUID, certificate: bytes, chain: Sequence[str], *, actor: Actor
) -> None:
    """Say with which certificate an open lot is signed; what was prepared is forgotten.

    Raises Forbidden, OperationRefused when the lot no longer waits.
    """
    with transaction():
        lot = _waiting(lot_id, actor)
        if lot.certificate == certificate:
            return
        lot.certificate, lot.chain, lot.nonce = certificate, list(chain), ""
        lot.expires_at = clock.now() + LASTS
        _of(lot_id, prepared=[], signatures={})


def to_prepare(lot_id: UUID, most: int) -> list[SigningItem]:
    """The next folders of a lot whose documents are not frozen yet."""
    items = select(SigningItem).where(
        SigningItem.lot_id == lot_id, SigningItem.result == TO_DO
    )
    waiting = [one for one in db.session.scalars(items.order_by(SigningItem.position))
               if not one.prepared]  # fmt: skip
    return waiting[:most]


def keep_prepared(
    lot_id: UUID,
    prepared: Mapping[int, Sequence[Plain]],
    refused: Mapping[int, str],
    *,
    actor: Actor,
) -> None:
    """Keep what each folder's documents become, and why some cannot be signed.

    Raises Forbidden, OperationRefused when the lot no longer waits.
    """
    with transaction():
        _waiting(lot_id, actor)
        for position, documents in prepared.items():
            item = db.session.get_one(SigningItem, (lot_id, position))
            item.prepared = list(documents)
        for position, why in refused.items():
            item = db.session.get_one(SigningItem, (lot_id, position))
            item.result, item.note, item.at = REFUSED, why[:LONGEST_NOTE], clock.now()


def to_sign(lot_id: UUID, *, actor: Actor) -> tuple[str, list[Plain]]:
    """The nonce of an open lot and what is to be signed: [{id, title, data, digest}].

    The nonce is drawn anew each time: values fit the last one alone. Raises Forbidden,
    OperationRefused when the lot no longer waits.
    """
    with transaction():
        lot = _waiting(lot_id, actor)
        lot.nonce = secrets.token_urlsafe(32)
        return lot.nonce, [
            {**entry, "id": key, "title": item.title}
            for item in _prepared(lot_id)
            for key, entry in _entries(item)
        ]


def keep_values(
    lot_id: UUID, nonce: str, values: Mapping[str, str], *, actor: Actor
) -> None:
    """Keep the signatures of everything that was to be signed; the workers do the rest.

    Whether each fits its certificate is seen when its file is made. Raises Forbidden,
    OperationRefused for another nonce, a lot that no longer waits, or values missing.
    """
    with transaction():
        lot = _waiting(lot_id, actor)
        if not lot.nonce or not hmac.compare_digest(lot.nonce.encode(), nonce.encode()):
            raise OperationRefused(
                "Ces signatures répondent à une demande dépassée : recommencez."
            )
        items = _prepared(lot_id)
        expected = {key for item in items for key, _ in _entries(item)}
        if not expected or expected != values.keys():
            raise OperationRefused("Il manque des signatures : recommencez.")
        for item in items:
            item.signatures = {key: values[key] for key, _ in _entries(item)}
        lot.nonce, lot.state = "", FINISHING


def values_of(item: SigningItem) -> list[tuple[Plain, dict[str, str]]]:
    """Each prepared document of a folder, with the values of its own entries."""
    return [
        (
            document,
            {
                entry["id"]: item.signatures[_key(item, number, entry)]
                for entry in document["to_sign"]
            },
        )
        for number, document in enumerate(item.prepared)
    ]


def stop(lot_id: UUID, *, actor: Actor) -> None:
    """Leave the folders that are not signed yet as they are. Raises Forbidden,
    OperationRefused when the lot is over.
    """
    with transaction():
        lot = lock(SigningLot, lot_id)
        require(actor, "sign", lot)
        if lot.state not in {OPEN, FINISHING}:
            raise OperationRefused("Cette signature est déjà terminée.")
        over(lot, STOPPED)
        journal.write(f"signing:{lot_id}", "signing_stopped", by=actor.person_id, detail={})


def nothing_left(lot_id: UUID, *, actor: Actor) -> None:
    """Close an open lot in which every folder was refused. Raises as the others."""
    with transaction():
        over(_waiting(lot_id, actor), DONE)


def over(lot: SigningLot, state: str) -> None:
    """Close a locked lot; what was frozen for it is forgotten."""
    lot.state, lot.nonce, lot.finished_at = state, "", clock.now()
    _of(lot.id, prepared=[], signatures={}, lease_until=None)


def left(lot_id: UUID) -> list[UUID]:
    """The tasks of a lot that it did not sign, to sign again."""
    asked = select(SigningItem.task_id).where(
        SigningItem.lot_id == lot_id, SigningItem.result != DONE
    )
    return list(db.session.scalars(asked.order_by(SigningItem.position)))


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


def counts(lot_id: UUID) -> dict[str, int]:
    """How many folders of a lot have each result."""
    rows = db.session.execute(
        select(SigningItem.result, func.count())
        .where(SigningItem.lot_id == lot_id)
        .group_by(SigningItem.result)
    )
    return {result: number for result, number in rows}


def _waiting(lot_id: UUID, actor: Actor) -> SigningLot:
    lot = lock(SigningLot, lot_id)
    require(actor, "sign", lot)
    if lot.state == OPEN and lot.expires_at > clock.now():
        return lot
    if lot.state in {OPEN, EXPIRED}:
        raise OperationRefused("Le délai pour signer est passé : recommencez.")
    raise OperationRefused("Cette signature n’attend plus rien.")


def _prepared(lot_id: UUID) -> list[SigningItem]:
    items = select(SigningItem).where(
        SigningItem.lot_id == lot_id, SigningItem.result == TO_DO
    )
    return list(db.session.scalars(items.order_by(SigningItem.position)))


def _entries(item: SigningItem) -> list[tuple[str, Plain]]:
    return [
        (_key(item, number, entry), entry)
        for number, document in enumerate(item.prepared)
        for entry in document["to_sign"]
    ]


def _key(item: SigningItem, number: int, entry: Plain) -> str:
    return f"{item.position}.{number}.{entry['id']}"


def _of(lot_id: UUID, **values: Any) -> None:
    db.session.execute(
        update(SigningItem)
        .where(SigningItem.lot_id == lot_id, SigningItem.result == TO_DO)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


def _folder_id(task: UserTask) -> UUID:
    """The folder is the case that called the circuit in which the task waits."""
    return task.instance.parent_id or task.instance_id
