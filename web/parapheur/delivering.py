"""The page behind the link of a secure mail: take delivery, then read.

Opening is a gesture of the reader, never of a machine that follows links: the first page
says who writes, and a button takes delivery.
"""

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from engine.models import db
from web import limits
from web.attachments import sent
from web.auth import current_actor, guard, public
from workflows.parapheur import mails, proofs
from workflows.parapheur.mail_models import SecureMail

bp = Blueprint("delivering", __name__, url_prefix="/courrier-securise")


@bp.after_request
def _told_to_nobody(answer: Response) -> Response:
    """The secret is in the address: neither search engines nor other sites learn of it."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.get("/<secret>")
@public
def show(secret: str) -> ResponseReturnValue:
    """Who writes; what is sent, once delivery was taken."""
    mail = _mail(secret)
    if not mail.opens:
        return render_template("parapheur/mail_closed.html", mail=mail), 410
    shown = mails.readable(mail) if mail.opened_at else []
    return render_template(
        "parapheur/mail.html", mail=mail, secret=secret, files=shown,
        spoken=proofs.moment, **mails.describe(mail),
    )  # fmt: skip


def _open(secret: str) -> ResponseReturnValue:
    """Take delivery."""
    try:
        mails.open_link(secret)
    except mails.LinkClosed:
        raise NotFound from None
    return redirect(url_for(".show", secret=secret))


bp.add_url_rule(
    "/<secret>",
    "open",
    public(limits.post(_open, "30 per 5 minutes", by=limits.address)),
    methods=["POST"],
)


@bp.get("/<secret>/fichiers/<uuid:file_id>")
@public
def download(secret: str, file_id: UUID) -> ResponseReturnValue:
    """One file of the folder, once delivery was taken."""
    mail = _mail(secret)
    if not mail.opens or mail.opened_at is None:
        raise NotFound
    for one in mails.readable(mail):
        if one.file.id == file_id:
            return sent(one.version.document)
    raise NotFound


@bp.post("/<uuid:mail_id>/revocation")
@guard("revoke", SecureMail, "mail_id")
def revoke(mail_id: UUID) -> ResponseReturnValue:
    """Close a link before its end."""
    mail = db.session.get_one(SecureMail, mail_id)
    mails.revoke(mail_id, actor=current_actor())
    flash(_("Le lien envoyé à %(address)s ne sert plus.", address=mail.address), "success")
    return redirect(f"/parapheur/dossiers/{mail.instance_id}")


def _mail(secret: str) -> SecureMail:
    mail = mails.found(secret[:100])
    if mail is None:
        raise NotFound
    return mail
