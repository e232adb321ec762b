"""One gesture, many signatures: freeze the documents, have them signed, keep the values.

The PIN lives for the time of the request alone, in its memory: it is neither kept nor logged.
The connector is asked with no transaction open.
"""

import base64
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from connectors import ConnectorError, Misconfigured, Retryable
from connectors.signature import certificates
from connectors.signature.signers import owners
from engine import clock
from engine.access import Actor
from engine.directory import Person
from engine.models import db
from engine.transaction import assert_no_transaction
from web.partners import partner
from workflows.parapheur import signing, stamping
from workflows.parapheur.certificates import admit
from workflows.parapheur.lots import TRIAL, SigningLot

Plain = dict[str, Any]

SLICE = 25
"""Folders whose documents are frozen together."""
TOGETHER = 2
"""Folders frozen at once: PDF are read in processes of their own."""
LOCAL, DEMO = "local", "demo"


def signers() -> list[Plain]:
    """The ways to sign that are set up, for people: seals are the diagrams' own.

    While only the demonstration's authority is trusted, none is worth more than a show.
    """
    connector = partner("signature")
    trial = {"quality": TRIAL} if connector.mode == "sandbox" else {}
    return [one | trial for one in connector.signers() if one["kind"] != "seal"]


def person_of(actor: Actor) -> Plain:
    """Who signs, as the connector takes it."""
    person = db.session.get_one(Person, actor.person_id)
    return {"id": str(person.id), "name": person.name, "email": person.email or ""}


def certificate_for(signer: Plain, person: Plain) -> tuple[bytes, list[str]]:
    """The person's certificate at a signer whose key is reached from here.

    Those above it come along, in base64. Raises Refused.
    """
    assert_no_transaction()
    asked: Plain = {"signer": signer["id"], "person": person}
    certificate: bytes = partner("signature").certificate(**asked)
    above = partner("signature").chain(**asked)
    return certificate, [base64.b64encode(one).decode() for one in above]


def check_owner(certificate: bytes, person: Plain, *, actor: Actor, body: UUID) -> None:
    """Refuse a certificate expired, not for signing, of a retired key, or of another person.

    One that does not bear the agent's name waits for somebody to confirm that it is theirs.
    Raises Refused, OperationRefused.
    """
    certificates.check(certificates.loaded(certificate), clock.now())
    partner("signature").strength(certificate=certificate)
    told, theirs = owners.told(certificate), owners.belongs(certificate, person)
    admit(told, theirs=theirs, actor=actor, organisation_id=body)


def weakness(lot: SigningLot) -> Plain | None:
    """{name, retired}: what the key of a lot is, and when it ends, once it is weakened.

    None for one that holds, and for that of the demonstration.
    """
    if not lot.certificate or lot.kind == DEMO:
        return None
    try:
        told: Plain = partner("signature").strength(certificate=lot.certificate)
    except ConnectorError:  # retired since: each folder says it was refused
        return None
    if told["standing"] != "weakened" or not told["retired"]:
        return None
    return {"name": told["name"], "retired": datetime.fromisoformat(told["retired"])}


def prepare(lot_id: UUID, *, actor: Actor) -> bool:
    """Freeze the next documents of a lot; False when there are none left to freeze.

    A folder whose documents cannot be signed is refused in the lot, with the reason. Raises
    OperationRefused when the lot no longer waits.
    """
    items = signing.to_prepare(lot_id, SLICE)
    if not items:
        return False
    lot = db.session.get_one(SigningLot, lot_id)
    wanted = stamping.documents(items, actor, trial=lot.quality == TRIAL)
    certificate, chain = lot.certificate, list(lot.chain)
    assert_no_transaction()
    prepared, refused = _frozen(wanted, certificate, chain)
    signing.keep_prepared(lot_id, prepared, refused, actor=actor)
    return True


def _frozen(
    wanted: Mapping[int, Sequence[Plain]], certificate: bytes, chain: Sequence[str]
) -> tuple[dict[int, list[Plain]], dict[int, str]]:
    """All together; one by one when one of them is refused."""
    try:
        return _asked(wanted, certificate, chain), {}
    except (Retryable, Misconfigured):
        raise
    except ConnectorError as refusal:  # or a document whose bytes are not what they were
        if len(wanted) == 1:
            return {}, {next(iter(wanted)): str(refusal)}
    prepared, refused = dict[int, list[Plain]](), dict[int, str]()
    for position, documents in wanted.items():
        done, why = _frozen({position: documents}, certificate, chain)
        prepared, refused = prepared | done, refused | why
    return prepared, refused


def _asked(
    wanted: Mapping[int, Sequence[Plain]], certificate: bytes, chain: Sequence[str]
) -> dict[int, list[Plain]]:
    above = [base64.b64decode(one) for one in chain] or None
    prepare = partial(partner("signature").prepare, certificate=certificate, chain=above)
    with ThreadPoolExecutor(TOGETHER) as pool:
        made = pool.map(lambda several: prepare(documents=list(several)), wanted.values())
        return dict(zip(wanted, made, strict=True))


def sign(lot_id: UUID, person: Plain, pin: str | None, *, actor: Actor) -> None:
    """Freeze and sign all of a lot with a key reached from here, and leave it to the workers.

    Raises Refused for a wrong PIN, which may be typed again; OperationRefused when nothing of
    it can be signed, or when it no longer waits.
    """
    while prepare(lot_id, actor=actor):
        pass
    nonce, entries = signing.to_sign(lot_id, actor=actor)
    if not entries:
        signing.nothing_left(lot_id, actor=actor)
        return
    signer = db.session.get_one(SigningLot, lot_id).signer
    assert_no_transaction()
    values = partner("signature").sign(
        signer=signer, person=person, to_sign=entries, pin=pin or None
    )
    signing.keep_values(lot_id, nonce, values, actor=actor)
