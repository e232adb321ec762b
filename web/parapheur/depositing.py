"""Deposit a folder from one's desk, or correct one that was refused: one form, nothing lost."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

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

from connectors import ConnectorError
from engine.models import db
from web.auth import current_actor, guard
from web.parapheur import metadata, pictures, ready, taking, telling, words
from web.parapheur.taking import Kept
from web.typed import clean, text
from workflows.parapheur import rules
from workflows.parapheur.admission import DepositRefused, Given
from workflows.parapheur.deposit import deposit
from workflows.parapheur.models import (
    DETACHED,
    MAIN,
    Desk,
    FolderSubtype,
    FolderType,
)
from workflows.parapheur.readiness import Problem, Readiness, not_ready

bp = Blueprint("parapheur_deposit", __name__, url_prefix="/parapheur")
bp.context_processor(lambda: {"words": words})


@dataclass(frozen=True)
class Form:
    """What the form shows: what was typed, the files kept, what is wrong by input."""

    typed: Mapping[str, str] = field(default_factory=dict)
    files: Sequence[Kept] = ()
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, str]:
        """What is wrong, by the id of its field on the page."""
        return {_id(name): told for name, told in self.errors.items()}


@bp.get("/deposer")
@guard("use the book")
def choose() -> ResponseReturnValue:
    """From which desk, and what kind of folder."""
    actor = current_actor()
    desks = [
        one for one in _desks(actor) if request.args.get("bureau") in {None, str(one.id)}
    ]
    choices = [(desk, _offered(desk, actor)) for desk in desks]
    kinds = {one.id: one for _desk, several in choices for one in several}
    bodies = {desk.organisation_id for desk in desks}
    states = {body: ready.of_body(body) for body in bodies}
    blocked = {
        one.id: _blocked(one, states[one.type.organisation_id]) for one in kinds.values()
    }
    return render_template(
        "parapheur/deposit_choose.html", choices=choices, blocked=blocked
    )


@bp.get("/deposer/<uuid:desk_id>/<uuid:subtype_id>")
@guard("sit", Desk, "desk_id")
def start(desk_id: UUID, subtype_id: UUID) -> ResponseReturnValue:
    """The form of a new folder."""
    desk, subtype = _asked(desk_id, subtype_id)
    problems = _blocked(subtype, ready.of_body(desk.organisation_id))
    errors = {"": not_ready(subtype, problems)} if problems else {}
    return _page(desk, subtype, Form(errors=errors))


@bp.post("/deposer/<uuid:desk_id>/<uuid:subtype_id>")
@guard("sit", Desk, "desk_id")
def send(desk_id: UUID, subtype_id: UUID) -> ResponseReturnValue:
    """Keep what was joined; deposit the folder, or a draft, if asked and if all is right."""
    files, errors = taking.read()
    desk, subtype = _asked(desk_id, subtype_id)
    files = [_with_its_type(one, subtype) for one in files]
    typed = clean(request.form)
    if not {"_submit", "_brouillon"} & request.form.keys():
        return _page(desk, subtype, Form(typed, files, errors)), 422 if errors else 200
    draft = "_brouillon" in request.form
    when = "draft" if draft else "deposit"
    values, wrong = metadata.read(request.form, subtype, when)
    act, wrong_act = telling.act(subtype, desk.organisation_id, files)
    errors |= wrong if draft else wrong | wrong_act
    if not errors:
        try:
            folder_id = deposit(
                actor=current_actor(),
                organisation_id=desk.organisation_id,
                subtype_id=subtype.id,
                author_role=desk.role,
                title=text(request.form, "titre"),
                files=given(files),
                metadata=values,
                act=act,
                draft=draft,
                external_id=_sent_once(files),
            )
        except DepositRefused as refused:
            errors = by_input(refused.errors)
        else:
            kept = _("Le brouillon est enregistré : il n’est pas déposé.")
            sent = _("Le dossier est déposé : il est parti sur son circuit.")
            flash(kept if draft else sent, "success")
            return redirect(url_for("parapheur_folders.show", folder_id=folder_id))
    db.session.rollback()
    desk, subtype = _asked(desk_id, subtype_id)
    return _page(desk, subtype, Form(typed, files, errors)), 422


@bp.get("/deposer/pages/<int:page>.png")
@guard("use the book")
def picture(page: int) -> ResponseReturnValue:
    """A page of a file that this person has just joined, to place a stamp on it."""
    stored = taking.opened(request.args.get("f", "")) or abort(404)
    try:
        drawn = pictures.draw(stored.sha256, page, pictures.WIDTHS[0])
    except (LookupError, pictures.Unreadable, ConnectorError):
        abort(404)
    answer = Response(drawn, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _page(desk: Desk, subtype: FolderSubtype, form: Form) -> str:
    return render_template(
        "parapheur/deposit.html",
        desk=desk,
        subtype=subtype,
        form=form,
        folder=None,
        drawn=form.typed.get("depot") or uuid4().hex,
        **telling.questions(subtype, desk.organisation_id, None),
        back=url_for(".choose"),
        here_again=url_for(".send", desk_id=desk.id, subtype_id=subtype.id),
    )


def _sent_once(files: Sequence[Kept]) -> str | None:
    """By what a deposit is known: the same page sent twice with the same answers is one."""
    if not request.form.get("depot"):
        return None
    told = sorted(i for i in request.form.items(multi=True) if i[0] != "csrf_token")
    digests = [one.file.sha256 for one in files]
    return hashlib.sha256(repr((told, digests)).encode()).hexdigest()


def _desks(actor: Any) -> list[Desk]:
    """The open desks where this person sits."""
    held = {(one.organisation_id, one.name) for one in actor.roles}
    rows = (
        select(Desk)
        .where(
            Desk.organisation_id.in_({body for body, _role in held}),
            Desk.role.in_({role for _body, role in held}),
            Desk.closed_at.is_(None),
        )
        .order_by(Desk.name)
    )
    return [
        one for one in db.session.scalars(rows) if (one.organisation_id, one.role) in held
    ]


def _offered(desk: Desk, actor: Any) -> list[FolderSubtype]:
    """What a desk may deposit, by type then by name."""
    rows = (
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == desk.organisation_id,
            FolderType.closed_at.is_(None),
            FolderSubtype.closed_at.is_(None),
        )
        .order_by(FolderType.name, FolderSubtype.name)
    )
    return [one for one in db.session.scalars(rows) if _may(one, desk, actor)]


def _blocked(subtype: FolderSubtype, state: Readiness) -> list[Problem]:
    """What keeps anything from being deposited in a subtype, before a form is filled in."""
    report = state.report(subtype)
    return report.blocking if report.shut else []


def _may(subtype: FolderSubtype, desk: Desk, actor: Any) -> bool:
    ready = subtype.circuit or subtype.selection
    allowed = not subtype.deposit_roles or desk.role in subtype.deposit_roles
    sits = desk.role in rules.desks_of(actor, desk.organisation_id, subtype.scope)
    return bool(ready) and allowed and sits


def _asked(desk_id: UUID, subtype_id: UUID) -> tuple[Desk, FolderSubtype]:
    desk = db.session.get_one(Desk, desk_id)
    subtype = db.session.get(FolderSubtype, subtype_id)
    if subtype is None or subtype.type.organisation_id != desk.organisation_id:
        abort(404)
    if not _may(subtype, desk, current_actor()):
        abort(403)
    return desk, subtype


def _with_its_type(one: Kept, subtype: FolderSubtype) -> Kept:
    """A document to sign of which nothing was said is what its subtype is for."""
    if one.kind != MAIN or one.document_type:
        return one
    usual = str((subtype.transmission or {}).get("document_type") or "")
    return replace(one, document_type=usual)


def given(files: Sequence[Kept]) -> list[Given]:
    return [
        Given(
            one.file, kind=one.kind, title=one.title, document_type=one.document_type,
            stamp=one.stamp, signs=one.signs if one.kind == DETACHED else None,
        )
        for one in files
    ]  # fmt: skip


def by_input(errors: Mapping[str, str]) -> dict[str, str]:
    """What the book says is wrong, by the input that it is about."""
    named = {"title": "titre", "files": taking.KINDS[MAIN]}
    found = dict[str, str]()
    for name, told in errors.items():
        head, _dot, rest = name.partition(".")
        if head == "metadata":
            found[f"donnee-{rest}"] = told
        elif head == "files" and rest:
            found[f"fichier-{rest}"] = told
        else:
            found[named.get(name, name)] = told
    return found


def _id(name: str) -> str:
    if name.startswith("donnee-"):
        return f"depot-{name.removeprefix('donnee-')}"
    if name.startswith("fichier-"):
        return f"titre-{name.removeprefix('fichier-')}"
    known = name in {"titre", *taking.KINDS.values()} or name.startswith("act_")
    return name if known else ""
