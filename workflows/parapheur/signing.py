"""Signing folders, one or many, in one gesture: what is frozen, and the values given.

    gathering.open_lot(lot_id, [task, …], signer=…)   what may be signed is, the rest says why
    keep_prepared(lot_id, {position: prepared})       what each document becomes, frozen
    keep_values(lot_id, nonce, values, actor=actor)   the signatures; the workers finish

No PIN is known here. What is prepared and what comes back pass through the connector with no
transaction open; `workflows.parapheur.concluding` makes the acts.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from engine import clock, journal
from engine.access import Actor, add_rules, require
from engine.errors import OperationRefused
from engine.models import db
from engine.transaction import lock, transaction
from workflows.parapheur.lots import (
    DONE,
    EXPIRED,
    FINISHING,
    LASTS,
    LONGEST_NOTE,
    OPEN,
    REFUSED,
    STOPPED,
    TO_DO,
    SigningItem,
    SigningLot,
)

Plain = dict[str, Any]

add_rules({(SigningLot, "sign"): lambda actor, lot: lot.person_id == actor.person_id})


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
        lot.certificate, lot.chain, lot.nonce = certificate, list(chain), drawn()
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

    Raises Forbidden, OperationRefused when the lot no longer waits.
    """
    with transaction():
        lot = _waiting(lot_id, actor)
        return lot.nonce, [
            {**entry, "id": key, "title": item.title}
            for item in _prepared(lot_id)
            for key, entry in _entries(item)
        ]


def drawn() -> str:
    """What goes with the bytes to be signed, and comes back once with their values."""
    return secrets.token_urlsafe(32)


def keep_values(
    lot_id: UUID,
    nonce: str,
    values: Mapping[str, str],
    *,
    actor: Actor,
    note: str = "",
    private_note: str = "",
) -> None:
    """Keep the signatures of everything that was to be signed; the workers do the rest.

    What is noted with them stands in for what was when the lot was opened.

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
        lot.note = note.strip()[:LONGEST_NOTE] or lot.note
        lot.private_note = private_note.strip()[:LONGEST_NOTE] or lot.private_note


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
