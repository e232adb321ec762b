"""My company: registering it, and who acts for it."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

import structlog
from email_validator import EmailNotValidError, validate_email
from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select
from stdnum.fr import siret as siret_key

from connectors import ConnectorError, Refused
from engine import clock
from engine import membership as members_of
from engine.access import allowed
from engine.commands import membership
from engine.directory import (
    ADMINISTRATOR,
    APPLICANT,
    COMPANY,
    Organisation,
    company_by_siret,
    holders,
)
from engine.membership import Invitation, JoinRequest
from engine.models import db
from web import limits
from web.auth.actor import act_for, current_actor, forget_actor
from web.auth.guards import guard, signed_in
from web.auth.registration import invitation_link
from web.company import acts
from web.mailing import letter, link
from web.partners import partner
from web.security import safe

log = structlog.get_logger()

bp = Blueprint("company", __name__, url_prefix="/entreprises")

_NAME_LENGTH = 300
LAST_ADMINISTRATOR = lazy_gettext(
    "Une entreprise garde au moins un administrateur sans date de fin : nommez-en un autre"
    " d’abord."
)

Row = TypeVar("Row", Invitation, JoinRequest)


class DirectoryDown(Exception):
    """The directory of companies does not answer: the number is taken on trust."""


def look_up(siret: str) -> Mapping[str, str] | None:
    """What the directory says of a SIRET, None if it knows none. Raises DirectoryDown."""
    try:
        found: Mapping[str, str] | None = partner("sirene").find(siret=siret)
    except Refused:
        return None
    except (ConnectorError, KeyError) as failure:
        log.warning("company_directory_down", error=type(failure).__name__)
        raise DirectoryDown from failure
    return found


def complete_waiting() -> int:
    """Complete the companies registered while the directory was down; says how many."""
    statement = select(Organisation.id, Organisation.siret).where(
        Organisation.kind == COMPANY, Organisation.confirmed.is_(False)
    )
    waiting = db.session.execute(statement).all()
    db.session.rollback()
    completed = 0
    for organisation_id, siret in waiting:
        try:
            facts = look_up(siret or "")
        except DirectoryDown:
            break
        if facts:
            membership.complete_company(organisation_id, facts)
            completed += 1
    return completed


@bp.get("/nouvelle")
@signed_in
def new() -> ResponseReturnValue:
    """Ask for a SIRET."""
    waiting = members_of.requests_of(current_actor().person_id or abort(404))
    return render_template("company/new.html", errors={}, typed={}, waiting=waiting)


def _register() -> ResponseReturnValue:
    """First show what the directory says; register once that is confirmed."""
    siret = "".join(request.form.get("siret", "").split())
    if not siret_key.is_valid(siret):
        return _again({"siret": _("Ce numéro est faux : un SIRET compte 14 chiffres, et le"
                                  " dernier dépend des autres.")})  # fmt: skip
    try:
        facts, down = look_up(siret), False
    except DirectoryDown:
        facts, down = {"name": request.form.get("name", "").strip()[:_NAME_LENGTH]}, True
    if facts is None:
        return _again({"siret": _("L’annuaire des entreprises ne connaît pas ce numéro.")})
    if not down and not facts["active"]:
        return _again({"siret": _("Cet établissement est fermé selon l’annuaire.")})
    if request.form.get("confirmed") != "1" or not facts["name"]:
        return render_template(
            "company/confirm.html",
            siret=siret,
            facts=facts,
            down=down,
            known=company_by_siret(siret),
            name_missing=request.form.get("confirmed") == "1",
        )
    return _registered(siret, facts, down)


bp.add_url_rule(
    "/nouvelle",
    "register",
    signed_in(limits.post(_register, "60 per hour", by=limits.address)),
    methods=["POST"],
)


def _again(errors: dict[str, str]) -> ResponseReturnValue:
    page = render_template(
        "company/new.html", errors=errors, typed=request.form, waiting=[]
    )
    return page, 422


def _registered(siret: str, facts: Mapping[str, str], down: bool) -> ResponseReturnValue:
    actor = current_actor()
    done = membership.register_company(
        siret=siret, facts=facts, confirmed=not down, actor=actor
    )
    forget_actor()
    if done.outcome == "requested":
        company = db.session.get_one(Organisation, done.organisation_id)
        for administrator in holders(company.id, [ADMINISTRATOR]):
            letter(
                administrator.email,
                _("Quelqu’un demande à agir pour %(name)s", name=company.name),
                "company/mail/request.txt",
                who=actor.name,
                company=company,
                address=link("company.show", organisation_id=company.id),
            )
        flash(_("Votre demande est envoyée aux administrateurs de l’entreprise. Vous serez"
                " prévenu par courriel de leur réponse."), "success")  # fmt: skip
        return redirect(url_for("company.new"))
    act_for(done.organisation_id)
    flash(_("Votre entreprise est inscrite : vous pouvez agir pour elle."), "success")
    return redirect(url_for("company.show", organisation_id=done.organisation_id))


@bp.get("/<uuid:organisation_id>")
@guard("belong", Organisation, "organisation_id")
def show(organisation_id: UUID) -> ResponseReturnValue:
    """The company: what we know of it, and who acts for it."""
    return _shown(organisation_id)


def _shown(organisation_id: UUID, typed: str = "", problem: str = "") -> str:
    company = _company(organisation_id)
    manages = allowed(current_actor(), "manage", company)
    return render_template(
        "company/show.html",
        company=company,
        members=members_of.members(company.id),
        requests=members_of.open_requests(company.id) if manages else [],
        invitations=members_of.open_invitations(company.id) if manages else [],
        manages=manages,
        administrator=ADMINISTRATOR,
        applicant=APPLICANT,
        rights=acts.RIGHTS,
        today=clock.today(),
        typed=typed,
        problems={"email": problem} if problem else {},
    )


@bp.post("/<uuid:organisation_id>/choisir")
@guard("belong", Organisation, "organisation_id")
def choose(organisation_id: UUID) -> ResponseReturnValue:
    """Act for this organisation from now on."""
    act_for(organisation_id)
    return redirect(safe(request.form.get("next")))


@bp.post("/<uuid:organisation_id>/invitations")
@guard("manage", Organisation, "organisation_id")
def invite(organisation_id: UUID) -> ResponseReturnValue:
    """Invite somebody by e-mail."""
    company = _company(organisation_id)
    name = company.name
    try:
        email = validate_email(
            request.form.get("email", ""), check_deliverability=False
        ).normalized
    except EmailNotValidError:
        problem = _("L’adresse de courriel n’est pas complète : rien n’a été envoyé.")
        return _shown(organisation_id, request.form.get("email", "")[:320], problem), 422
    actor = current_actor()
    role = request.form.get("role", APPLICANT)
    invited = membership.invite(organisation_id, email=email, role=role, actor=actor)
    letter(
        email,
        _("%(who)s vous invite à agir pour %(name)s", who=actor.name, name=name),
        "company/mail/invitation.txt",
        who=actor.name,
        company=name,
        address=invitation_link(invited),
        days=membership.INVITATION_LIFE.days,
    )
    flash(_("L’invitation est envoyée."), "success")
    return _back(organisation_id)


@bp.post("/<uuid:organisation_id>/invitations/<uuid:invitation_id>/annuler")
@guard("manage", Organisation, "organisation_id")
def revoke(organisation_id: UUID, invitation_id: UUID) -> ResponseReturnValue:
    """Make an invitation useless."""
    _of(organisation_id, db.session.get(Invitation, invitation_id))
    membership.revoke_invitation(invitation_id, actor=current_actor())
    flash(_("L’invitation est annulée."), "success")
    return _back(organisation_id)


@bp.post("/<uuid:organisation_id>/demandes/<uuid:request_id>")
@guard("manage", Organisation, "organisation_id")
def decide(organisation_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Accept or refuse who asks to join, and tell them."""
    asked = _of(organisation_id, db.session.get(JoinRequest, request_id))
    email, name = asked.person.email, asked.organisation.name
    accepted = request.form.get("decision") == "accept"
    membership.decide(request_id, accepted=accepted, actor=current_actor())
    letter(
        email,
        _("Votre demande d’agir pour %(name)s", name=name),
        "company/mail/decision.txt",
        accepted=accepted,
        company=name,
        address=link("pages.home"),
    )
    flash(_("Votre décision est enregistrée et envoyée."), "success")
    return _back(organisation_id)


@bp.post("/<uuid:organisation_id>/personnes/<uuid:person_id>/retirer")
@guard("belong", Organisation, "organisation_id")
def remove(organisation_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Remove somebody, or leave."""
    _company(organisation_id)
    actor = current_actor()
    try:
        membership.remove_member(organisation_id, person_id, actor=actor)
    except membership.NotPossible:
        flash(LAST_ADMINISTRATOR, "danger")
        return _back(organisation_id)
    forget_actor()
    flash(_("Cette personne n’agit plus pour l’entreprise."), "success")
    return redirect("/") if person_id == actor.person_id else _back(organisation_id)


def _company(organisation_id: UUID) -> Organisation:
    company = db.session.get(Organisation, organisation_id)
    if company is None or company.kind != COMPANY:
        abort(404)
    return company


def _of(organisation_id: UUID, row: Row | None) -> Row:
    if row is None or row.organisation_id != organisation_id:
        abort(404)
    return row


def _back(organisation_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("company.show", organisation_id=organisation_id))
