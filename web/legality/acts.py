"""The register of acts of a body: its list, an act's page, what is done from there."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.access import Actor, allowed, require
from engine.documents import Document
from engine.models import IS_OPEN, UserTask, db
from web.auth import current_actor, guard
from web.inbox.exporting import csv_of
from web.legality import act_form, bodies, listing, serving, words
from web.navigation import Item, offer
from web.typed import text
from workflows.legality import accounts, acts, register, rules, watching
from workflows.legality.models import (
    ACKNOWLEDGED,
    HIDDEN,
    LegalityAct,
    LegalityLetter,
    LegalityMessage,
)
from workflows.legality.search import acts as found
from workflows.legality.search import due_of

bp = Blueprint("act_register", __name__, url_prefix="/actes")

MOST_EXPORTED = 5000
MOST_TOLD = 100
"""Messages, letters and documents of one act that its page shows."""

LONGEST_REASON = 2000


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Those who transmit the acts of a body, and its heads of service."""
    if rules.bodies(actor):
        yield Item(
            _("Actes"),
            "act_register.index",
            icon="bank",
            about=_("Le registre des actes, leur transmission et leur publication."),
            under="/actes",
        )


@bp.get("/")
@guard("read acts")
def index() -> ResponseReturnValue:
    """The acts of a body, searched and filtered, the latest decided first."""
    body, others = bodies.chosen(current_actor())
    said = listing.typed()
    return render_template(
        "legality/index.html",
        body=body,
        others=others,
        organisme=bodies.other(body, others),
        reference=bodies.reference,
        typed=said,
        page=listing.page(body.id, listing.understood(said)),
        asked=act_form.asked(body.id),
        kept=listing.kept,
        due=listing.due(body.id),
        due_of=due_of,
        words=words,
        rooms=bodies.rooms(current_actor(), body),
        transmits=allowed(current_actor(), "transmit acts", body),
        missing=acts.missing(body.id),
    )


@bp.get("/export.csv")
@guard("read acts")
def export() -> ResponseReturnValue:
    """The acts that the list shows, as a file for a spreadsheet; the first thousands."""
    body, _others = bodies.chosen(current_actor())
    asked = listing.understood(listing.typed())
    rows = select(LegalityAct).where(
        LegalityAct.id.in_(found(body.id, asked).limit(MOST_EXPORTED))
    )
    order = (LegalityAct.decided_on.desc(), LegalityAct.id.desc())
    heads = [
        _("Numéro"), _("Nature"), _("Matière"), _("Objet"), _("Décidé le"), _("État"),
        _("Identifiant unique"), _("Reçu en préfecture le"), _("Publié le"),
        _("Exécutoire le"), _("Déféré possible jusqu’au"), _("Annulé le"),
        _("À transmettre au plus tard le"),
    ]  # fmt: skip
    lines = (_line(one) for one in db.session.scalars(rows.order_by(*order)))
    answer = Response(csv_of(heads, lines), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = "attachment; filename=actes.csv"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _line(act: LegalityAct) -> list[Any]:
    return [
        act.number, str(words.NATURES.get(act.nature, act.nature)), act.matter, act.subject,
        act.decided_on, str(words.STATES[act.state][0]), act.unique_id, act.acknowledged_on,
        act.published_on, act.enforceable_on, act.referral_until, act.cancelled_on, act.due_on,
    ]  # fmt: skip


@bp.get("/numero")
@guard("handle")
def number() -> ResponseReturnValue:
    """The number that would come next, for the nature chosen in a form."""
    body = bodies.known(request.args.get("organisation_id", type=UUID) or abort(404))
    require(current_actor(), "belong", body)
    nature = text(request.args, "act_nature")
    suggested = (
        register.suggested_number(body.id, int(nature)) if nature in set("123456") else ""
    )
    return render_template("legality/number.html", suggested=suggested)


@bp.get("/<uuid:act_id>")
@guard("see", LegalityAct, "act_id")
def show(act_id: UUID) -> ResponseReturnValue:
    """One act: where it stands, its dates, its documents, what was exchanged about it."""
    return _page(register.act_by_id(act_id))


def _page(act: LegalityAct, errors: dict[str, str] | None = None, reason: str = "") -> str:
    actor = current_actor()
    cases = [one for one in (act.instance_id, act.watch_id) if one]
    return render_template(
        "legality/show.html",
        act=act,
        words=words,
        matter=_matter(act),
        documents=_documents(act, cases),
        messages=_messages(act),
        letters=_letters(act),
        tasks=_tasks(cases, actor),
        transmits=allowed(actor, "transmit", act),
        cancellable=act.state == ACKNOWLEDGED,
        due=due_of(act),
        showable=act.enforceable_on is not None and act.version != HIDDEN,
        reference=bodies.reference,
        reads=allowed(actor, "read acts", act.organisation),
        errors=errors or {},
        reason=reason,
    )


def _matter(act: LegalityAct) -> str:
    """Its code, with the label that the classification gives it."""
    known = accounts.current(act.organisation_id)
    labels = {one["code"]: one["label"] for one in known.matters} if known else {}
    return f"{act.matter} – {labels[act.matter]}" if act.matter in labels else act.matter


def _documents(act: LegalityAct, cases: list[UUID]) -> list[tuple[str, Document, bool]]:
    """(what it is, the document, whether it is public): those deposited, then those received."""
    ours = watching.documents_of(act)
    shown = {one.id for one in watching.public_documents(act)}
    known = [
        (str(words.DOCUMENTS[one.kind]) + (f" ({one.document_type})" if one.document_type else ""),
         one.document, one.id in shown)
        for one in ours
    ]  # fmt: skip
    held = {one.document_id for one in ours}
    rows = (
        select(Document)
        .where(Document.instance_id.in_(cases))
        .order_by(Document.created_at)
        .limit(MOST_TOLD)
    )
    # Stamped again with its day of publication, an act has one stamped copy: the last.
    received = {
        one.kind if one.kind == watching.STAMPED_ACT else one.id: one
        for one in db.session.scalars(rows)
        if one.id not in held
    }
    return [*known, *((one.title, one, False) for one in received.values())]


def _messages(act: LegalityAct) -> list[LegalityMessage]:
    rows = (
        select(LegalityMessage)
        .where(LegalityMessage.act_id == act.id)
        .order_by(LegalityMessage.at.desc())
        .limit(MOST_TOLD)
    )
    return list(db.session.scalars(rows))


def _letters(act: LegalityAct) -> list[LegalityLetter]:
    rows = (
        select(LegalityLetter)
        .where(LegalityLetter.act_id == act.id)
        .order_by(LegalityLetter.received_on.desc())
        .limit(MOST_TOLD)
    )
    return list(db.session.scalars(rows))


def _tasks(cases: list[UUID], actor: Actor) -> list[UserTask]:
    """What is to be done about it by somebody like this person."""
    rows = select(UserTask).where(UserTask.instance_id.in_(cases), IS_OPEN).limit(20)
    return [one for one in db.session.scalars(rows) if allowed(actor, "claim", one)]


@bp.get("/<uuid:act_id>/documents/<uuid:document_id>")
@guard("see", LegalityAct, "act_id")
def document(act_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """A document of an act, deposited or received."""
    act = register.act_by_id(act_id)
    asked = db.session.get(Document, document_id)
    if asked is None or asked.instance_id not in {act.instance_id, act.watch_id}:
        abort(404)
    return serving.deliver(asked)


@bp.post("/<uuid:act_id>/annulation")
@guard("transmit", LegalityAct, "act_id")
def cancel(act_id: UUID) -> ResponseReturnValue:
    """Ask the prefecture to cancel an act, with a reason."""
    reason = text(request.form, "motif")[:LONGEST_REASON]
    if not reason:
        wrong = {"motif": _("Motif : dites pourquoi l’acte est annulé.")}
        return _page(register.act_by_id(act_id), wrong), 422
    try:
        acts.cancel(act_id, actor=current_actor(), reason=reason)
    except acts.TooLate:
        flash(_("Cet acte ne peut pas être annulé maintenant."), "danger")
    else:
        flash(_("L’annulation est demandée : la préfecture doit l’accuser."), "success")
    return redirect(url_for(".show", act_id=act_id))


@bp.post("/<uuid:act_id>/<any(retrait, retour):act>")
@guard("transmit", LegalityAct, "act_id")
def turn(act_id: UUID, act: str) -> ResponseReturnValue:
    """Take an act off the public register, or put it back."""
    try:
        if act == "retrait":
            acts.withdraw(
                act_id,
                actor=current_actor(),
                reason=text(request.form, "motif")[:LONGEST_REASON],
            )
            flash(_("L’acte n’est plus au registre public."), "success")
        else:
            acts.show(act_id, actor=current_actor())
            flash(_("L’acte est au registre public."), "success")
    except acts.TooLate:
        flash(_("Cet acte ne peut pas être mis au registre public."), "danger")
    return redirect(url_for(".show", act_id=act_id))
