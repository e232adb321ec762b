"""Certificates that do not bear their agent's name: the keeper of the book confirms them."""

from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine.directory import Organisation
from engine.models import db
from web.auth import current_actor, guard
from web.cases.reading import names
from web.paging import whole
from workflows.parapheur import certificates
from workflows.parapheur.lots import SigningCertificate
from workflows.parapheur.rules import KEEPER

bp = Blueprint("parapheur_certificates", __name__, url_prefix="/parapheur/certificats")

PER_PAGE = 50


@bp.get("/")
@guard("handle")
def index() -> ResponseReturnValue:
    """The certificates that wait for a confirmation, in the bodies whose book one keeps."""
    bodies = current_actor().organisations(KEEPER)
    page = whole(certificates.waiting(bodies), PER_PAGE)
    people = names({one.person_id for one in page.items})
    return render_template(
        "signing/certificates.html", page=page, people=people, me=current_actor().person_id,
        bodies=_bodies({one.organisation_id for one in page.items}),
    )  # fmt: skip


@bp.post("/<string(length=64):sha256>/<uuid:person_id>/<uuid:organisation_id>")
@guard("handle")
def confirm(sha256: str, person_id: UUID, organisation_id: UUID) -> ResponseReturnValue:
    """Say that a certificate is that agent's in a body."""
    if db.session.get(SigningCertificate, (sha256, person_id, organisation_id)) is None:
        abort(404)
    certificates.confirm(sha256, person_id, organisation_id, actor=current_actor())
    body = db.session.get_one(Organisation, organisation_id).name
    flash(_("Certificat confirmé : l’agent peut signer avec pour %(body)s.", body=body),
          "success")  # fmt: skip
    return redirect(url_for(".index"))


def _bodies(ids: set[UUID]) -> dict[UUID, str]:
    asked = select(Organisation.id, Organisation.name).where(Organisation.id.in_(ids))
    return {body_id: name for body_id, name in db.session.execute(asked)}
