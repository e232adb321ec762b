"""The operator's pages of the service: what passes through it, and who may deposit."""

import re
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, select

from connectors.actes.numbering import Body
from engine.directory import MEMBER, Organisation
from engine.models import ProcessInstance, db
from web.auth import current_actor, guard
from web.operate.filters import Typed
from web.paging import bounded
from web.transmission import sealing, words
from web.typed import clean, page_number
from workflows.relay import accounts, keeping
from workflows.relay.accounts import AccountRefused, Wanted
from workflows.relay.models import (
    Transmission,
    TransmissionAccount,
    TransmissionArrival,
    TransmissionEvent,
)

PER_PAGE = 50
MOST = 500
_LOGIN = re.compile(r"[A-Za-z0-9._@-]{3,100}")
_DIGEST = re.compile(r"[0-9a-f]{64}")

bp = Blueprint("relaying", __name__, url_prefix="/exploitation/transmission")
bp.context_processor(lambda: {"relay_words": words})


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """What members deposited and what the State sent, the latest first."""
    typed = Typed(request.args)
    known = {str(one.id): one.name for one in _bodies()}
    body, status = typed.choice("organisme", known), typed.text("etat")
    named = typed.text("identifiant")
    wanted = select(Transmission.id).order_by(Transmission.id.desc())
    if body:
        wanted = wanted.where(Transmission.organisation_id == UUID(body))
    if status in {str(int(one)) for one in words.STATUSES}:
        wanted = wanted.where(Transmission.status == int(status))
    if named:
        wanted = wanted.where(Transmission.unique_id == named)
    return render_template(
        "operate/transmissions.html",
        page=_page(wanted),
        bodies=known,
        statuses=[(str(int(one)), said) for one, said in words.STATUSES.items()],
        typed=clean(request.args),
        strays=_strays(),
    )


def _page(wanted: Select[Any]) -> Any:
    rows = select(Transmission).order_by(Transmission.id.desc())
    found = bounded(
        [wanted], rows, id=Transmission.id, page=page_number(), per_page=PER_PAGE
    )
    named = {one.organisation_id for one in found.items}
    db.session.scalars(select(Organisation).where(Organisation.id.in_(named))).all()
    return found


def _strays() -> list[TransmissionArrival]:
    """The latest arrivals that nobody waited for, or that could not be read."""
    found = (
        select(TransmissionArrival)
        .where(TransmissionArrival.problem != "")
        .order_by(TransmissionArrival.at.desc())
        .limit(5)
    )
    return list(db.session.scalars(found))


def _bodies() -> list[Organisation]:
    with_account = select(TransmissionAccount.organisation_id)
    found = select(Organisation).where(Organisation.id.in_(with_account))
    return list(db.session.scalars(found.order_by(Organisation.name).limit(MOST)))


@bp.get("/<int:transmission_id>")
@guard("operate")
def show(transmission_id: int) -> ResponseReturnValue:
    """One transmission: what it says, its files, its steps. Their contents are its member's."""
    row = None
    if transmission_id < 2**31:
        row = db.session.get(Transmission, transmission_id)
    if row is None:
        abort(404)
    steps = (
        select(TransmissionEvent)
        .where(TransmissionEvent.transmission_id == row.id)
        .order_by(TransmissionEvent.id)
        .limit(100)
    )
    case = db.session.get(ProcessInstance, row.instance_id) if row.instance_id else None
    return render_template(
        "operate/transmission.html",
        row=row,
        case=case,
        files=keeping.files_of(row),
        steps=db.session.scalars(steps).all(),
    )


@bp.get("/comptes")
@guard("operate")
def account_list() -> ResponseReturnValue:
    """The accounts by which members deposit, and a form to open one."""
    return _accounts({}, {})


@bp.post("/comptes")
@guard("operate")
def open_account() -> ResponseReturnValue:
    """Open an account; its secret is shown once, on this answer."""
    typed = clean(request.form)
    body, problems = _asked(typed)
    if not problems and body is not None:
        secret = sealing.new_secret()
        wanted = Wanted(
            body.id,
            typed["login"],
            sealing.seal(secret),
            typed["department"],
            typed["district"],
            typed["nature"],
            _digest(typed.get("certificate", "")) or None,
        )
        try:
            accounts.open_account(wanted, actor=current_actor())
        except AccountRefused as refused:
            said = {"organisation": "siren"}
            problems = {said.get(k, k): v for k, v in refused.problems.items()}
        else:
            return _accounts({}, {}, shown=(typed["login"], secret))
    return _accounts(typed, problems), 422


def _asked(typed: dict[str, str]) -> tuple[Organisation | None, dict[str, str]]:
    """The body meant, and a sentence for each field that is wrong."""
    siren = typed.get("siren", "").replace(" ", "")
    found = select(Organisation).where(
        Organisation.siren == siren,
        Organisation.kind == MEMBER,
        Organisation.closed_at.is_(None),
    )
    body = db.session.scalars(found.limit(1)).first() if siren else None
    problems = {}
    if body is None:
        problems["siren"] = _("Aucun organisme membre n’a ce SIREN : entrez-le d’abord.")
    if not _LOGIN.fullmatch(typed.get("login", "")):
        problems["login"] = _(
            "Identifiant : de 3 à 100 lettres sans accent, chiffres, points ou tirets."
        )
    right = {"department": "021", "district": "1", "nature": "31"}
    for name in right:
        said = {**right, name: typed.get(name, "")}
        if wrong := Body("200053726", **said).problems():
            problems[name] = wrong[0]
    if not _DIGEST.fullmatch(_digest(typed.get("certificate", "")) or "0" * 64):
        problems["certificate"] = _(
            "Empreinte : les 64 chiffres hexadécimaux du SHA-256 du certificat, ou rien."
        )
    return body, problems


def _digest(text: str) -> str:
    return re.sub(r"[\s:]", "", text).lower()


@bp.post("/comptes/<uuid:account_id>/<any(fermer, secret):act>")
@guard("operate")
def change_account(account_id: UUID, act: str) -> ResponseReturnValue:
    """Close an account, or give it another secret, shown once."""
    account = db.session.get(TransmissionAccount, account_id) or abort(404)
    if act == "fermer":
        accounts.close_account(account_id, actor=current_actor())
        flash(_("Le compte est fermé : ce qu’il a déposé est gardé."), "success")
        return redirect(url_for(".account_list"))
    secret = sealing.new_secret()
    accounts.renew_secret(account_id, sealing.seal(secret), actor=current_actor())
    return _accounts({}, {}, shown=(account.login, secret))


def _accounts(
    typed: dict[str, str],
    problems: dict[str, str],
    shown: tuple[str, str] | None = None,
) -> str:
    page = db.paginate(
        select(TransmissionAccount).order_by(
            TransmissionAccount.closed_at.is_not(None), TransmissionAccount.login
        ),
        page=page_number(),
        per_page=PER_PAGE,
        error_out=False,
    )
    return render_template(
        "operate/transmission_accounts.html",
        page=page,
        typed=typed,
        problems=problems,
        shown=shown,
        address=request.url_root.rstrip("/"),
    )
