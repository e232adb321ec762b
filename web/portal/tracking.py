"""The secret of a request, on its company's side: told once, renewed, taken back."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from engine import tracking
from engine.commands import tracking as commands
from engine.errors import Busy
from engine.models import ProcessInstance, db
from web.auth import current_actor, guard
from web.mailing import letter, link

bp = Blueprint("tracking", __name__)

of_case = tracking.of_case

_TOLD = "secret"


def give_secret(case: ProcessInstance) -> None:
    """Make the secret of a request just filed: its page tells it once, a letter keeps it."""
    number, actor = case.number, current_actor()
    try:
        secret = commands.issue(case.id, actor=actor)
    except Busy:  # filed it is: its page gives a secret whenever it is asked
        return
    _remember(case.id, secret)
    letter(
        current_user.email,
        _("Suivre votre demande %(number)s", number=number),
        "portal/mail/secret.txt",
        about=f"secret-{case.id}-",
        number=number,
        secret=secret,
        address=link("following.index"),
    )


def told_once(case_id: UUID) -> str:
    """The secret made just now for this request; "" the next time it is asked."""
    kept: Any = session.get(_TOLD)
    if not isinstance(kept, list) or kept[:1] != [str(case_id)]:
        return ""
    del session[_TOLD]
    return str(kept[1])


def _remember(case_id: UUID, secret: str) -> None:
    session[_TOLD] = [str(case_id), secret]


@bp.get("/demandes/<uuid:case_id>/suivi")
@guard("share", ProcessInstance, "case_id")
def show(case_id: UUID) -> ResponseReturnValue:
    """Whether the request can be followed by secret, and what to do about it."""
    return render_template(
        "portal/tracking.html",
        case=db.session.get_one(ProcessInstance, case_id),
        kept=tracking.of_case(case_id),
        secret=told_once(case_id),
        public_address=link("following.index"),
    )


@bp.post("/demandes/<uuid:case_id>/suivi")
@guard("share", ProcessInstance, "case_id")
def renew(case_id: UUID) -> ResponseReturnValue:
    """Make a new secret: the one before opens nothing any more."""
    _remember(case_id, commands.issue(case_id, actor=current_actor()))
    return redirect(url_for(".show", case_id=case_id))


@bp.post("/demandes/<uuid:case_id>/suivi/arret")
@guard("share", ProcessInstance, "case_id")
def revoke(case_id: UUID) -> ResponseReturnValue:
    """Take the secret back."""
    commands.revoke(case_id, actor=current_actor())
    flash(_("Le code n’ouvre plus rien."), "success")
    return redirect(url_for(".show", case_id=case_id))
