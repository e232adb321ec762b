"""Signing in two phases through another application (`dataToSign`), as i-Parapheur has it.

The application asks for the bytes with the agent's certificate, has them signed where the
agent's key is, and brings the values back. It never signs for anybody: the certificate must
be confirmed as that of an agent who sits at the desk and may sign the folder, and each value
must fit it. The identifiers handed out hold the nonce of the lot: they serve once.
"""

import base64
import binascii
from typing import Annotated, Any
from uuid import UUID, uuid4

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _
from pydantic import Field

from connectors import ConnectorError, Refused
from connectors.signature.signers import owners
from engine.access import Actor, actor_for
from engine.api_keys import FOLDERS_SIGN
from engine.errors import OperationRefused
from engine.models import db
from web.api import keyed, receiving
from web.api.problems import RETRY, Problem
from web.api.shapes import Shape, plain_text
from web.iparapheur import steps
from web.iparapheur.addresses import desk_of, folder_of, json, shaped, tenant_of
from web.parapheur import finishing, gesture
from workflows.parapheur import certificates, gathering, lists, signing
from workflows.parapheur.lots import DONE, TO_DO, SigningItem, SigningLot
from workflows.parapheur.models import Desk, Folder

bp = Blueprint("iparapheur_internal", __name__, url_prefix="/api/v1/tenant")
shaped(bp)

SIGN = keyed.keyed(FOLDERS_SIGN)
MOST_ABOVE = 10
ROUNDS = 3
"""Of the work of lots that a request does while its own waits."""
_PARTS = 3  # of an identifier: the lot, its nonce, what it signs


class Signed(Shape):
    """One signature: the identifier that was handed out, and its value."""

    id: Annotated[str, Field(max_length=400)]
    signatureValue: Annotated[str, Field(max_length=8192)]  # noqa: N815
    dataToSignBase64: str | None = None  # noqa: N815


class SignedDocument(Shape):
    """The signatures of one document."""

    documentId: str | None = None  # noqa: N815
    signatureDateTime: Any = None  # noqa: N815
    dataToSignList: Annotated[list[Signed], Field(max_length=100)]  # noqa: N815


class SignatureTaskParams(Shape):
    """What an application brings back."""

    publicAnnotation: Annotated[str, plain_text(2000)] | None = None  # noqa: N815
    privateAnnotation: Annotated[str, plain_text(2000)] | None = None  # noqa: N815
    metadata: Annotated[dict[str, str], Field(max_length=100)] | None = None
    certificateBase64: str  # noqa: N815
    dataToSignHolderList: Annotated[  # noqa: N815
        list[SignedDocument], Field(min_length=1, max_length=100)
    ]


@bp.get("/<uuid:tenant>/folder/<uuid:folder_id>/dataToSign")
@SIGN
def data_to_sign(tenant: UUID, folder_id: UUID) -> Response:
    """What is to be signed of a folder that waits at a desk, with a certificate."""
    tenant_of(tenant)
    try:
        desk = desk_of(tenant, UUID(request.args.get("deskId", "")))
    except ValueError:
        raise Problem(422, "bad-query", _("deskId : valeur incorrecte.")) from None
    folder = folder_of(tenant, desk.id, folder_id)
    certificate = _decoded(request.args.get("certBase64", "").replace(" ", "+"))
    actor = _signatory(certificate, desk)
    signer = next((it for it in gesture.signers() if it["kind"] == gesture.LOCAL), None)
    if signer is None:
        sentence = _("La signature avec la clé d’un agent n’est pas mise en place ici.")
        raise Problem(409, "not-offered", sentence)
    lot_id = uuid4()
    try:
        gathering.open_lot(
            lot_id, [_task(folder, desk)], signer=signer, actor=actor,
            certificate=certificate, chain=_above(certificate, actor),
            application=keyed.key().prefix,
        )  # fmt: skip
        while gesture.prepare(lot_id, actor=actor):
            pass
        nonce, entries = signing.to_sign(lot_id, actor=actor)
    except OperationRefused as refusal:
        raise Problem(409, "refused", _(str(refusal))) from None
    except ConnectorError:
        sentence = _("Le service de signature ne répond pas. Réessayez.")
        raise Problem(503, "unavailable", sentence, headers=RETRY) from None
    item = db.session.get_one(SigningItem, (lot_id, 1), populate_existing=True)
    if not entries:
        note = item.note
        signing.nothing_left(lot_id, actor=actor)
        raise Problem(409, "refused", note)
    return json(_told(item, nonce, entries), 200)


@bp.put(
    "/<uuid:tenant>/desk/<uuid:desk_id>/folder/<uuid:folder_id>/task/<uuid:task_id>/sign"
)
@SIGN
def sign(tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID) -> Response:
    """Take what was signed: the folder goes on, or what does not hold is told."""
    desk = desk_of(tenant, desk_id)
    folder = folder_of(tenant, desk_id, folder_id)
    said = receiving.body(SignatureTaskParams, multipart=False)
    certificate = _decoded(said.certificateBase64)
    actor = _signatory(certificate, desk)
    lot_id, nonce, values = _values(said.dataToSignHolderList)
    item = db.session.get(SigningItem, (lot_id, 1))
    lot = db.session.get(SigningLot, lot_id)
    mine = item and (item.task_id, item.instance_id) == (task_id, folder.instance_id)
    if lot is None or not mine or lot.certificate != certificate:
        raise Problem(404, "unknown")
    try:
        signing.keep_values(
            lot_id, nonce, values, actor=actor,
            note=said.publicAnnotation or "", private_note=said.privateAnnotation or "",
        )  # fmt: skip
    except OperationRefused as refusal:
        raise Problem(409, "refused", _(str(refusal))) from None
    return _settled(lot_id)


def _settled(lot_id: UUID) -> Response:
    """How it went, once it is known; a long queue is left to the workers."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    for _round in range(ROUNDS):
        db.session.rollback()
        item = db.session.get_one(SigningItem, (lot_id, 1), populate_existing=True)
        if item.result == DONE:
            return json({"state": "DONE", "level": item.level}, 200)
        if item.result != TO_DO:
            raise Problem(422, "bad-signature", _(item.note))
        finishing.finish(app)
    return json({"state": "PENDING"}, 200)


def _above(certificate: bytes, actor: Actor) -> list[str]:
    """The certificates above it: those given, else as the agent last signed with it."""
    given = [it.replace(" ", "+") for it in request.args.getlist("chainBase64")][
        :MOST_ABOVE
    ]
    if given:
        return [base64.b64encode(_decoded(it)).decode() for it in given]
    return certificates.chain_of(certificate, actor.person_id) if actor.person_id else []


def _task(folder: Folder, desk: Desk) -> UUID:
    """The step of this desk that is to be signed. Raises Problem."""
    waiting = steps.waiting(folder)
    for task in lists.tasks_of(folder.instance_id):
        if task.role == desk.role and waiting.get(task.id) == "SIGNATURE":
            return task.id
    raise Problem(409, "other-task", _("Ce dossier n’est pas à signer à ce bureau."))


def _signatory(certificate: bytes, desk: Desk) -> Actor:
    """The agent whose certificate it is, who sits at the desk. Raises Problem."""
    body = keyed.key().organisation_id
    try:
        who = certificates.owner(owners.told(certificate)["sha256"], body)
        actor = actor_for(who) if who else None
        sits = actor and any(
            (it.organisation_id, it.name) == (body, desk.role) for it in actor.roles
        )
        if actor is None or not sits:
            sentence = _(
                "Ce certificat n’est pas celui d’un agent de ce bureau : il signe d’abord une "
                "fois au parapheur, ou l’administrateur du parapheur le confirme."
            )
            raise Problem(403, "not-the-agent", sentence)
        person = gesture.person_of(actor)
        gesture.check_owner(certificate, person, actor=actor, body=body)
    except Refused as refusal:
        raise Problem(422, "bad-certificate", str(refusal)) from None
    except OperationRefused as refusal:
        raise Problem(403, "not-the-agent", _(str(refusal))) from None
    return actor


def _told(
    item: SigningItem, nonce: str, entries: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The documents of a folder, with what is to be signed of each."""
    found: dict[int, dict[str, Any]] = {}
    for one in entries:
        number = int(one["id"].split(".")[1])
        document = found.setdefault(
            number,
            {
                "documentId": str(item.prepared[number].get("id", "")),
                "signatureDateTime": None,
                "dataToSignList": [],
            },
        )
        document["dataToSignList"].append(
            {
                "id": f"{item.lot_id}:{nonce}:{one['id']}",
                "dataToSignBase64": one["data"],
            }
        )
    return list(found.values())


def _values(holders: list[SignedDocument]) -> tuple[UUID, str, dict[str, str]]:
    """The lot that was signed, its nonce, and its values. Raises Problem."""
    lots, values = set[tuple[str, str]](), dict[str, str]()
    for one in (it for holder in holders for it in holder.dataToSignList):
        parts = one.id.split(":", _PARTS - 1)
        if len(parts) != _PARTS:
            raise _other()
        lots.add((parts[0], parts[1]))
        values[parts[2]] = one.signatureValue
    try:
        ((lot, nonce),) = lots
        return UUID(lot), nonce, values
    except ValueError:
        raise _other() from None


def _other() -> Problem:
    sentence = _("Ces identifiants ne sont pas ceux d’une seule demande de dataToSign.")
    return Problem(422, "bad-body", sentence)


def _decoded(text: str) -> bytes:
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        found = b""
    if not found:
        sentence = _("Le certificat est attendu en base64 (DER).")
        raise Problem(422, "bad-certificate", sentence)
    return found
