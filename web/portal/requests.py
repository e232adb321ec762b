"""A company's requests: begin one, fill it in, file it, follow it, answer, withdraw."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from connectors import ConnectorError
from engine import definitions
from engine.access import Actor, allowed
from engine.commands import cases, drafts
from engine.directory import APPLICANT, Organisation
from engine.documents import Draft
from engine.errors import Busy, StaleDraft
from engine.models import ProcessDefinition, ProcessInstance, db
from forms import Reading
from web import errors, filling
from web.auth import acting_for, current_actor, guard
from web.cases import reading
from web.inbox.too_late import BUSY, too_late
from web.navigation import Item, offer
from web.partners import partner
from web.portal import listing, offering, tracking
from web.typed import text

bp = Blueprint("portal", __name__)


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever acts for a company is offered its requests."""
    if actor.organisations(APPLICANT):
        yield Item(
            _("Mes demandes"),
            "portal.index",
            icon="file-earmark-text",
            about=_(
                "Vos brouillons, ce qu’on attend de vous, et où en est chaque demande."
            ),
        )


@bp.get("/demandes/")
@guard("apply")
def index() -> ResponseReturnValue:
    """The companies' drafts, what is expected of them, and their requests, searched."""
    actor = current_actor()
    companies = sorted(actor.organisations(APPLICANT))
    wanted = listing.asked()
    page = listing.page(companies, wanted)
    return render_template(
        "portal/index.html",
        page=page,
        lines=listing.lines(page.items, actor),
        wanted=wanted,
        procedures=listing.procedures(companies),
        years=listing.years(companies),
        several=len(companies) > 1,
        drafts=[] if wanted.anything else drafts_of(companies),
        expected=[] if wanted.anything else listing.expected(companies),
        outcome_name=reading.outcome_name,
    )


def drafts_of(companies: Iterable[UUID]) -> list[tuple[Draft, ProcessDefinition]]:
    """The requests that these companies have begun and not filed, the latest first."""
    rows = db.session.execute(
        select(Draft, ProcessDefinition)
        .join(ProcessDefinition, ProcessDefinition.id == Draft.definition_id)
        .where(Draft.organisation_id.in_(list(companies)), Draft.task_id.is_(None))
        .order_by(Draft.updated_at.desc())
        .limit(50)
    )
    return [(draft, definition) for draft, definition in rows]


@bp.get("/demarches/<definition>/demande")
@guard("apply")
def start(definition: str) -> ResponseReturnValue:
    """What a request asks for, before one begins; drafts already begun are offered.

    When several bodies offer the procedure, the address says with which of them one files
    (`collectivite`), or the page asks.
    """
    version = _startable(definition)
    mine = current_actor().organisations(APPLICANT)
    begun = [d for d, of in drafts_of(mine) if of.key == definition]
    return render_template(
        "portal/start.html",
        definition=version,
        begun=begun,
        form=filling.form_to_start(version.id),
        bodies=offering.bodies(version),
        chosen=offering.chosen(version),
        reference=offering.reference,
    )


@bp.post("/demarches/<definition>/demande")
@guard("apply")
def begin(definition: str) -> ResponseReturnValue:
    """Open a draft for the company one acts for, with what the directory knows of it."""
    version = _startable(definition)
    body = offering.chosen(version)
    if body is None:
        return redirect(url_for(".start", definition=definition))
    company = acting_for()
    if company is None or not current_actor().holds(company.id, APPLICANT):
        abort(403)
    draft_id = drafts.open_for_start(
        version.id,
        actor=current_actor(),
        organisation_id=company.id,
        values=filling.prefilled(version, company, _known(company)),
        body_id=body.id if body.id != version.owner_id else None,
    )
    return redirect(url_for(".fill", draft_id=draft_id, page=1))


def _startable(key: str) -> ProcessDefinition:
    try:
        version = definitions.latest(key)
    except definitions.UnknownProcedure:
        abort(404)
    if not allowed(current_actor(), "start", version):
        abort(403)
    return version


def _known(company: Organisation) -> dict[str, Any]:
    """What the company directory says; nothing when it is down, and people type it."""
    siret = company.siret
    db.session.rollback()
    try:
        found = partner("sirene").find(siret=siret) if siret else None
    except ConnectorError:
        return {}
    return dict(found or {})


@bp.get("/brouillons/<uuid:draft_id>/<int:page>")
@guard("file", Draft, "draft_id")
def fill(draft_id: UUID, page: int) -> ResponseReturnValue:
    """One page of the form, with what was typed."""
    return _show(draft_id, page)


@bp.post("/brouillons/<uuid:draft_id>/<int:page>")
@guard("file", Draft, "draft_id")
def save(draft_id: UUID, page: int) -> ResponseReturnValue:
    """Keep a page; go on if asked and if nothing is wrong with it."""
    draft = db.session.get_one(Draft, draft_id)
    index = filling.of_draft(draft).page_index(page)
    strict = bool({"_next", "_submit"} & set(request.form))
    try:
        outcome = filling.receive(draft, index=index, actor=current_actor(), strict=strict)
    except (Busy, StaleDraft) as failure:
        sentence = (
            _("%(who)s a modifié ce brouillon entre-temps.", who=failure.who)
            if isinstance(failure, StaleDraft)
            else BUSY
        )
        return too_late(
            sentence,
            url_for(".fill", draft_id=draft_id, page=page),
            filling.of_draft(db.session.get_one(Draft, draft_id)).form,
        )
    if outcome.stay or outcome.errors:
        return _show(draft_id, page, outcome), 422 if outcome.errors else 200
    if "_save" in request.form:
        flash(
            _("Votre brouillon est gardé : vous pourrez le reprendre quand vous voudrez."),
            "success",
        )
        return redirect(url_for(".fill", draft_id=draft_id, page=page))
    filled = filling.of_draft(db.session.get_one(Draft, draft_id))
    target = filled.beside(index, back="_previous" in request.form)
    if target is None:
        return redirect(url_for(".recap", draft_id=draft_id))
    return redirect(url_for(".fill", draft_id=draft_id, page=target + 1))


def _show(draft_id: UUID, page: int, outcome: Reading | None = None) -> str:
    draft = db.session.get_one(Draft, draft_id)
    filled = filling.of_draft(draft)
    return render_template(
        "portal/fill.html",
        draft=draft,
        view=filled.view(filled.page_index(page), outcome),
        definition=db.session.get_one(ProcessDefinition, draft.definition_id),
        company=db.session.get_one(Organisation, draft.organisation_id),
    )


@bp.get("/brouillons/<uuid:draft_id>/recapitulatif")
@guard("file", Draft, "draft_id")
def recap(draft_id: UUID) -> ResponseReturnValue:
    """Everything answered, to read again before filing."""
    return _recap(db.session.get_one(Draft, draft_id))


def _recap(draft: Draft) -> str:
    filled = filling.of_draft(draft)
    return render_template(
        "portal/recap.html",
        draft=draft,
        recap=filled.recap(),
        wrong=filled.wrong_pages(filled.judged()),
        offer=offering.of_draft(draft),
        definition=db.session.get_one(ProcessDefinition, draft.definition_id),
        company=db.session.get_one(Organisation, draft.organisation_id),
    )


@bp.post("/brouillons/<uuid:draft_id>/recapitulatif")
@guard("file", Draft, "draft_id")
def file(draft_id: UUID) -> ResponseReturnValue:
    """File the request: a case starts, and the draft is gone."""
    draft = db.session.get_one(Draft, draft_id)
    judged = filling.of_draft(draft).judged()
    offered = offering.of_draft(draft)
    if judged.errors or not offered.stands:
        return _recap(draft), 422
    case = cases.start(
        draft.definition_id,
        judged.values,
        actor=current_actor(),
        applicant_id=draft.organisation_id,
        draft_id=draft_id,
        body_id=draft.body_id,
    )
    flash(_("Votre demande %(number)s est déposée.", number=case.number), "success")
    tracking.give_secret(case)
    return redirect(url_for(".follow", case_id=case.id))


@bp.errorhandler(404)
@bp.errorhandler(NoResultFound)
def gone(_failure: Exception) -> ResponseReturnValue:
    """A draft filed meanwhile, by another click or a colleague: its request has its id."""
    draft_id = (request.view_args or {}).get("draft_id")
    case = db.session.get(ProcessInstance, draft_id) if draft_id else None
    if case is None or not allowed(current_actor(), "see", case):
        return errors.page(404)
    sentence = _("Cette demande est déjà déposée : n° %(number)s.", number=case.number)
    if request.endpoint == "portal.save":
        return too_late(sentence, url_for(".follow", case_id=case.id))
    flash(sentence, "info")
    return redirect(url_for(".follow", case_id=case.id))


@bp.post("/brouillons/<uuid:draft_id>/abandon")
@guard("file", Draft, "draft_id")
def abandon(draft_id: UUID) -> ResponseReturnValue:
    """Throw a draft away."""
    drafts.abandon(draft_id, actor=current_actor())
    flash(_("Le brouillon est supprimé."), "success")
    return redirect(url_for(".index"))


@bp.get("/demandes/<uuid:case_id>")
@guard("see", ProcessInstance, "case_id")
def follow(case_id: UUID) -> ResponseReturnValue:
    """A request, for the company that filed it."""
    case = db.session.get_one(ProcessInstance, case_id)
    page = reading.page(case, current_actor())
    if not page.applies:
        return redirect(url_for("cases.show", case_id=case_id))
    return render_template(
        "portal/follow.html",
        page=page,
        secret=tracking.told_once(case_id),
        tracked=tracking.of_case(case_id) is not None,
    )


@bp.post("/demandes/<uuid:case_id>/retrait")
@guard("withdraw", ProcessInstance, "case_id")
def withdraw(case_id: UUID) -> ResponseReturnValue:
    """Give up a request."""
    reason = text(request.form, "reason")
    if cases.withdraw(case_id, actor=current_actor(), reason=reason):
        flash(_("Votre demande est retirée."), "success")
    else:
        flash(_("Il est trop tard pour retirer cette demande."), "warning")
    return redirect(url_for(".follow", case_id=case_id))
