"""Opening an account: one's address first, proved by a letter; then one's name and password.

Whoever types an address reads the same page, known or not: only the letter differs.
"""

from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_security import login_user
from itsdangerous import BadSignature, URLSafeTimedSerializer

from engine.commands import membership
from engine.directory import COMPANY, Organisation, Person, person_by_email
from engine.membership import Invitation
from engine.models import db
from web import limits
from web.accounts import AlreadyOpen, account_of, open_account
from web.auth.actor import act_for, current_actor, forget_actor
from web.auth.guards import public
from web.auth.setup import weakness
from web.mailing import letter, link
from web.security import safe

bp = Blueprint("registration", __name__)

_LIFE = 24 * 3600  # seconds a link of registration works
_NAME_LENGTH = 200

Errors = dict[str, str]


@bp.get("/inscription")
@public
def start() -> ResponseReturnValue:
    """Ask for an e-mail address."""
    return render_template("auth/register.html", errors={}, typed={})


def _start() -> ResponseReturnValue:
    typed = request.form.get("email", "")
    try:
        email = validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        errors = {"email": _("Cette adresse n’est pas complète. Exemple : nom@exemple.fr")}
        page = render_template("auth/register.html", errors=errors, typed=request.form)
        return page, 422
    if account_of(email):
        letter(email, _("Vous avez déjà un compte"), "auth/mail/known.txt")
    else:
        token = _serializer("registration").dumps([email, safe(request.form.get("next"))])
        letter(
            email,
            _("Ouvrir votre compte"),
            "auth/mail/open.txt",
            address=link("registration.finish", token=token),
        )
    return render_template("auth/look_at_mail.html", email=email)


for _allowed, _by in [("20 per hour", limits.address), ("5 per hour", limits.email)]:
    _start = limits.post(_start, _allowed, by=_by)
bp.add_url_rule("/inscription", "begin", public(_start), methods=["POST"])


@bp.route("/inscription/<token>", methods=["GET", "POST"])
@public
def finish(token: str) -> ResponseReturnValue:
    """Give one's name and choose a password; the link proves the address."""
    try:
        email, then = _serializer("registration").loads(token, max_age=_LIFE)
    except BadSignature:
        abort(410)
    if account_of(email):
        flash(_("Votre compte est déjà ouvert : connectez-vous."), "info")
        return redirect(url_for("security.login"))
    errors = _open(email) if request.method == "POST" else {}
    if errors is None:
        agent = current_actor().handles_cases or current_actor().operates
        company = "pages.home" if agent else "company.new"
        return redirect(then if then != "/" else url_for(company))
    page = render_template(
        "auth/open.html", email=email, errors=errors, typed=request.form, organisation=None
    )
    return page, 422 if errors else 200


@bp.route("/invitation/<token>", methods=["GET", "POST"])
@public
def invitation(token: str) -> ResponseReturnValue:
    """Answer an invitation of a company or a body, with an account or by opening one."""
    invited = _invitation(token)
    actor = current_actor()
    if actor.person_id is not None:
        return _answer_signed_in(invited)
    if account_of(invited.email):
        flash(_("Connectez-vous pour répondre à l’invitation."), "info")
        return redirect(url_for("security.login", next=request.path))
    email, organisation = invited.email, invited.organisation
    errors = _open(email) if request.method == "POST" else {}
    if errors is None:
        return _join(_invitation(token).id)
    known = person_by_email(email)
    page = render_template(
        "auth/open.html",
        email=email,
        errors=errors,
        typed=request.form or {"name": known.name if known else ""},
        organisation=organisation,
    )
    return page, 422 if errors else 200


def invitation_link(invitation_id: UUID) -> str:
    """The address to put in a letter of invitation."""
    token = _serializer("invitation").dumps(str(invitation_id))
    return link("registration.invitation", token=token)


def _invitation(token: str) -> Invitation:
    try:
        key = UUID(_serializer("invitation").loads(token))
    except BadSignature:
        abort(410)
    found = db.session.get(Invitation, key)
    if found is None or not found.usable:
        abort(410)
    return found


def _answer_signed_in(invited: Invitation) -> ResponseReturnValue:
    person = db.session.get_one(Person, current_actor().person_id)
    if request.method == "POST" and person.email == invited.email:
        return _join(invited.id)
    return render_template(
        "auth/invitation.html", invitation=invited, theirs=person.email == invited.email
    )


def _join(invitation_id: UUID) -> ResponseReturnValue:
    organisation_id = membership.accept_invitation(invitation_id, actor=current_actor())
    forget_actor()
    act_for(organisation_id)
    if db.session.get_one(Organisation, organisation_id).kind != COMPANY:
        flash(_("Bienvenue : votre compte est ouvert."), "success")
        return redirect(url_for("pages.home"))
    flash(_("Bienvenue : vous agissez désormais pour cette entreprise."), "success")
    return redirect(url_for("company.show", organisation_id=organisation_id))


def _open(email: str) -> Errors | None:
    """Open the account and sign in; or say what is wrong, by field."""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    errors: Errors = {}
    if not 1 < len(name) <= _NAME_LENGTH:
        errors["name"] = _("Indiquez vos prénom et nom.")
    if reasons := weakness(password):
        errors["password"] = reasons[0]
    if errors:
        return errors
    try:
        open_account(email=email, name=name, password=password)
    except AlreadyOpen:
        abort(410)
    opened = account_of(email) or abort(410)
    login_user(opened, authn_via=["register"])
    forget_actor()
    return None


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=purpose)
