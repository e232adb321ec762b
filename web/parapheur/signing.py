"""Signing folders: what will be signed and how, the gesture, how far it has got.

A lot on the agent's own machine takes two phases, in JSON: the page hands the certificate,
asks what is to be signed (`a-signer`) and gives the values (`valeurs`).
"""

import base64
import binascii
from typing import Any
from uuid import UUID, uuid4

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import defer

from connectors import ConnectorError, Refused
from connectors.signature.desktop import archive
from connectors.signature.desktop.signeur.guarding import as_origin
from engine.errors import EngineError, OperationRefused
from engine.models import UserTask, db
from web.auth import current_actor, guard, signed_in
from web.paging import whole
from web.parapheur import gesture, metadata
from web.security import relax, safe
from web.typed import text
from workflows.parapheur import gathering, signing
from workflows.parapheur.lots import MOST, OPEN, RESULTS, TO_DO, SigningItem, SigningLot
from workflows.parapheur.metadata import APPROVAL, missing, required
from workflows.parapheur.models import Folder

bp = Blueprint("parapheur_signatures", __name__, url_prefix="/parapheur/signatures")

PER_PAGE = 50
SIGNEUR = "http://127.0.0.1:9795"
"""The program on the agent's machine, unless SIGNEUR_URL says otherwise."""
LARGEST = 4 * 1024 * 1024
ANSWER = "donnee-"


@bp.post("")
@guard("handle")
def sign() -> ResponseReturnValue:
    """Show what will be signed; with a way to sign, sign it."""
    ids = _task_ids()
    answers, wrong = _answers(ids)
    if wrong:
        return _choice(ids, wrong), 422
    chosen = request.form.get("signer")
    if chosen is None:
        return _choice(ids)
    signer = next((one for one in gesture.signers() if one["id"] == chosen), None)
    if signer is None:
        return _choice(
            ids, {"signer": _("Comment signer : choisissez dans la liste.")}
        ), 422
    try:
        return redirect(url_for(".show", lot_id=_signed(ids, signer, answers)))
    except Refused as refusal:
        field = "pin" if refusal.code in {"pin", "locked"} else ""
        return _choice(ids, {field: " ".join(refusal.reasons)}), 422
    except OperationRefused as refusal:
        return _choice(ids, {"": _(str(refusal))}), 422
    except ConnectorError:
        problem = _("Le service de signature ne répond pas : rien n’est signé. Réessayez.")
        return _choice(ids, {"": problem}), 503


def _signed(ids: list[UUID], signer: dict[str, Any], answers: dict[str, Any]) -> UUID:
    """The lot of what was chosen, signed unless the agent's own machine does it."""
    actor = current_actor()
    lot_id = _drawn()
    known = db.session.get(SigningLot, lot_id)
    if known is not None and known.state != OPEN:
        return lot_id
    person = gesture.person_of(actor)
    certificate, chain = b"", list[str]()
    tasks = gathering.seen(ids[:1], actor)
    if signer["kind"] != gesture.LOCAL:
        certificate, chain = gesture.certificate_for(signer, person)
        if tasks:
            body = tasks[0][0].organisation_id
            gesture.check_owner(certificate, person, actor=actor, body=body)
    gathering.open_lot(
        lot_id, ids, signer=signer, actor=actor, certificate=certificate, chain=chain,
        note=text(request.form, "note"), private_note=text(request.form, "note_privee"),
        answers=answers,
    )  # fmt: skip
    if certificate:
        gesture.sign(lot_id, person, request.form.get("pin"), actor=actor)
    return lot_id


def _answers(ids: list[UUID]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is to be said of a lone folder to sign it, and what is wrong by its field: of
    several folders nothing is asked, those that lack something say so.
    """
    lone = gathering.seen(ids, current_actor()) if len(ids) == 1 else []
    if not lone or gathering.refusal(lone[0][0], current_actor()):
        return {}, {}
    ((task, folder),) = lone
    if any(name.startswith(ANSWER) for name in request.form):
        return metadata.read(request.form, folder.subtype, APPROVAL, task)
    known = folder.details.get("metadata") or {}
    lacking = missing(folder.subtype, known, APPROVAL, task)
    return {}, {
        f"{ANSWER}{key}": _("%(field)s : à renseigner.", field=label)
        for key, label in lacking.items()
    }


@bp.get("/<uuid:lot_id>")
@guard("sign", SigningLot, "lot_id")
def show(lot_id: UUID) -> ResponseReturnValue:
    """How far a lot has got, and what became of each folder."""
    lot = db.session.get_one(SigningLot, lot_id)
    result = request.args.get("resultat", "")
    items = select(SigningItem).where(SigningItem.lot_id == lot_id)
    if result in {TO_DO, *RESULTS}:
        items = items.where(SigningItem.result == result)
    else:
        result = ""
    items = items.order_by(SigningItem.position).options(
        defer(SigningItem.prepared), defer(SigningItem.signatures)
    )
    counts = signing.counts(lot_id)
    signeur = current_app.extensions["settings"].partners.get("SIGNEUR_URL") or SIGNEUR
    if lot.kind == gesture.LOCAL and lot.state == OPEN:
        relax("connect-src", signeur)
    partial = bool(request.headers.get("HX-Request"))
    return render_template(
        "signing/progress.html" if partial else "signing/show.html",
        lot=lot,
        counts=counts,
        settled=sum(counts.get(one, 0) for one in RESULTS),
        page=whole(items, PER_PAGE),
        result=result,
        following=gathering.following(lot_id, current_actor()),
        signeur=signeur,
        weakness=gesture.weakness(lot),
    )


@bp.post("/<uuid:lot_id>/arret")
@guard("sign", SigningLot, "lot_id")
def stop(lot_id: UUID) -> ResponseReturnValue:
    """Leave the folders that are not signed yet as they are."""
    try:
        signing.stop(lot_id, actor=current_actor())
    except OperationRefused as refusal:
        flash(_(str(refusal)), "warning")
    return redirect(url_for(".show", lot_id=lot_id))


@bp.post("/<uuid:lot_id>/reprise")
@guard("sign", SigningLot, "lot_id")
def again(lot_id: UUID) -> ResponseReturnValue:
    """Choose anew how to sign the folders that a lot did not sign."""
    return _choice(signing.left(lot_id))


@bp.put("/<uuid:lot_id>/certificat")
@guard("sign", SigningLot, "lot_id")
def give_certificate(lot_id: UUID) -> ResponseReturnValue:
    """Take the certificate of the agent's machine: {certificate, chain}, DER in base64."""
    asked, actor = _json(), current_actor()
    lot = db.session.get_one(SigningLot, lot_id)
    try:
        certificate = _decoded(asked.get("certificate"))
        chain = [
            base64.b64encode(_decoded(one)).decode() for one in asked.get("chain") or []
        ]
        person = gesture.person_of(actor)
        gesture.check_owner(certificate, person, actor=actor, body=lot.organisation_id)
        signing.give_certificate(lot_id, certificate, chain[:10], actor=actor)
    except (Refused, EngineError) as refusal:
        return _refused(refusal)
    return jsonify(total=lot.total)


@bp.get("/<uuid:lot_id>/a-signer")
@guard("sign", SigningLot, "lot_id")
def to_sign(lot_id: UUID) -> ResponseReturnValue:
    """What is to be signed, once all is frozen; until then, 202 and how far it has got."""
    actor = current_actor()
    lot = db.session.get_one(SigningLot, lot_id)
    try:
        if not lot.certificate:
            raise OperationRefused("Donnez d’abord le certificat.")
        if gesture.prepare(lot_id, actor=actor):
            waiting = len(signing.to_prepare(lot_id, lot.total))
            return jsonify(prepared=lot.total - waiting, total=lot.total), 202
        nonce, entries = signing.to_sign(lot_id, actor=actor)
        if not entries:
            signing.nothing_left(lot_id, actor=actor)
    except (Refused, EngineError) as refusal:
        return _refused(refusal)
    except ConnectorError:
        return jsonify(error=_("Le service de signature ne répond pas. Réessayez.")), 503
    return jsonify(nonce=nonce, expires_at=lot.expires_at.isoformat(), entries=entries)


@bp.put("/<uuid:lot_id>/valeurs")
@guard("sign", SigningLot, "lot_id")
def give_values(lot_id: UUID) -> ResponseReturnValue:
    """Take the signatures: {nonce, values: {id: base64}}. The workers finish."""
    asked = _json()
    values, nonce = asked.get("values"), asked.get("nonce")
    if not isinstance(nonce, str) or not isinstance(values, dict):
        abort(400)
    if not all(isinstance(one, str) for one in values.values()):
        abort(400)
    try:
        signing.keep_values(lot_id, nonce, values, actor=current_actor())
    except EngineError as refusal:
        return _refused(refusal)
    return jsonify(total=len(values))


@bp.get("/signeur")
@signed_in
def helper() -> ResponseReturnValue:
    """How to sign with the key of one's own machine."""
    origin = as_origin(current_app.extensions["settings"].public_url)
    return render_template("signing/helper.html", origin=origin)


@bp.get("/signeur.pyz")
@signed_in
def download() -> Response:
    """The program for the agent's machine."""
    return Response(
        archive(),
        mimetype="application/zip",
        headers={"Content-Disposition": "attachment; filename=signeur.pyz"},
    )


def _choice(ids: list[UUID], errors: dict[str, str] | None = None) -> str:
    """What will be signed and why the rest will not, with the ways to sign."""
    actor = current_actor()
    seen = gathering.seen(ids, actor)
    lines = [(t, folder, _why_not(t, folder, alone=len(seen) == 1)) for t, folder in seen]
    problems = dict(errors or {})
    wrong = any(name.startswith(ANSWER) for name in problems)
    if len(ids) > MOST:
        problems.setdefault("", _("Signez 500 dossiers au plus à la fois."))
    return render_template(
        "signing/choice.html",
        lines=lines,
        allowed=[line for line in lines if not line[2]],
        hidden=len(ids) - len(seen),
        signers=gesture.signers(),
        errors=problems,
        typed={"signer": request.form.get("signer", ""), "note": text(request.form, "note"),
               "note_privee": text(request.form, "note_privee")},
        answers={k: v for k, v in request.form.items() if k.startswith(ANSWER)},
        asked=required(seen[0][1].subtype, APPROVAL, seen[0][0]) if wrong else [],
        lot_id=_drawn(),
        back=safe(request.form.get("next")),
    )  # fmt: skip


def _why_not(task: UserTask, folder: Folder, *, alone: bool) -> str:
    """Why a folder is left aside; what a lone one lacks is asked on the page."""
    why = gathering.refusal(task, current_actor())
    return why or ("" if alone else gathering.unsaid(task, folder, {}))


def _task_ids() -> list[UUID]:
    found = dict[UUID, None]()
    for value in [*request.form.getlist("tasks[]"), *request.form.getlist("tache")]:
        try:
            found[UUID(value)] = None
        except ValueError:
            continue
        if len(found) > MOST:
            break
    return list(found)


def _drawn() -> UUID:
    """Drawn once by the page of the choice, so that two clicks make one lot."""
    try:
        return UUID(request.form.get("lot", ""))
    except ValueError:
        return uuid4()


def _json() -> dict[str, Any]:
    if (request.content_length or 0) > LARGEST:
        abort(413)
    asked = request.get_json(silent=True)
    if not isinstance(asked, dict):
        abort(400)
    return asked


def _decoded(value: Any) -> bytes:
    try:
        return base64.b64decode(value or "", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise Refused(["Le certificat présenté est illisible."]) from None


def _refused(refusal: Exception) -> ResponseReturnValue:
    said = " ".join(refusal.reasons) if isinstance(refusal, Refused) else str(refusal)
    return jsonify(error=_(said)), 422
