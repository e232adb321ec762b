"""A file of people brought into a body: sent, tried line by line, confirmed or given up."""

import csv
import io
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from engine import agents, clock
from engine.commands import imports as commands
from engine.directory import MEMBER, Organisation
from engine.errors import DirectoryRefused
from engine.imports import (
    REFUSED,
    VERDICTS,
    PeopleImport,
    PeopleImportLine,
    progress,
)
from engine.models import db
from engine.people_file import COLUMNS, LARGEST, Unreadable
from web.auth import current_actor, guard, signed_in
from web.directory import frame, words
from web.spreadsheets import harmless
from web.typed import page_number

bp = Blueprint("people_imports", __name__, url_prefix="/annuaire")

PER_PAGE = 50


@bp.get("/import-exemple.csv")
@signed_in
def example() -> ResponseReturnValue:
    """A file to fill in, with a line for each role that a member body may give."""
    names, ends = words.roles(), f"31/12/{clock.today().year + 1}"
    lines = [
        [f"agent{number}@exemple.fr", f"Prénom Nom {number}", names.get(role, role),
         _("Direction de l’économie"), "", ends if number == 1 else ""]
        for number, role in enumerate(agents.role_list(MEMBER), 1)
    ]  # fmt: skip
    return _file(COLUMNS, lines, "personnes-exemple.csv")


@bp.get("/<uuid:organisation_id>/import")
@guard("administer", Organisation, "organisation_id")
def new(organisation_id: UUID) -> ResponseReturnValue:
    """Ask for the file; the last ones sent are there to come back to."""
    return _new(organisation_id, {})


def _new(organisation_id: UUID, problems: dict[str, str]) -> str:
    body = frame.body(organisation_id)
    rows = (
        select(PeopleImport)
        .where(PeopleImport.organisation_id == body.id)
        .order_by(PeopleImport.created_at.desc())
        .limit(10)
    )
    return frame.page(
        "import_new.html",
        body,
        problems=problems,
        roles=agents.role_list(body.kind),
        sent=list(db.session.scalars(rows)),
        new_services="new_services" in request.form or request.method == "GET",
    )


@bp.post("/<uuid:organisation_id>/import")
@guard("administer", Organisation, "organisation_id")
def create(organisation_id: UUID) -> ResponseReturnValue:
    """Read the file and try it; nothing is entered."""
    upload = request.files.get("file")
    content = upload.stream.read(LARGEST + 1) if upload else b""
    if not content:
        return _new(organisation_id, {"file": _("Fichier : choisissez-en un.")}), 422
    try:
        made = commands.create(
            organisation_id,
            content,
            _printable(upload.filename if upload else ""),
            new_services="new_services" in request.form,
            actor=current_actor(),
        )
    except Unreadable as problem:
        sentence = str(words.UNREADABLE[problem.why]) % {"value": problem.value}
        return _new(organisation_id, {"file": sentence}), 422
    return _to(organisation_id, made)


def _printable(name: str | None) -> str:
    return "".join(char for char in name or "" if char.isprintable())


@bp.get("/<uuid:organisation_id>/import/<uuid:import_id>")
@guard("administer", Organisation, "organisation_id")
def show(organisation_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """What each line would do, page after page, or did."""
    one = _of(organisation_id, import_id)
    far = progress(one)
    verdict = request.args.get("verdict", "")
    if verdict not in VERDICTS:
        verdict = ""
    rows = select(PeopleImportLine).where(PeopleImportLine.import_id == import_id)
    if verdict:
        rows = rows.where(PeopleImportLine.verdict == verdict)
    page = db.paginate(
        rows.order_by(PeopleImportLine.position),
        page=page_number(), per_page=PER_PAGE, error_out=False, count=False,
    )  # fmt: skip
    total = far.counts.get(verdict, 0) if verdict else one.total
    page.total = total
    return frame.page(
        "import.html",
        frame.body(organisation_id),
        one=one,
        far=far,
        verdict=verdict,
        verdicts=VERDICTS,
        page=page,
    )


@bp.post("/<uuid:organisation_id>/import/<uuid:import_id>/<any(confirmer, abandon):act>")
@guard("administer", Organisation, "organisation_id")
def decide(organisation_id: UUID, import_id: UUID, act: str) -> ResponseReturnValue:
    """Enter the good lines, or none."""
    _of(organisation_id, import_id)
    change = commands.confirm if act == "confirmer" else commands.abandon
    try:
        change(import_id, actor=current_actor())
    except DirectoryRefused as refused:
        flash(words.sentence(refused), "warning")
        return _to(organisation_id, import_id)
    if act == "abandon":
        flash(_("Rien n’est importé."), "success")
        return redirect(url_for(".new", organisation_id=organisation_id))
    entered = progress(db.session.get_one(PeopleImport, import_id)).entered
    if entered:
        said = ngettext(
            "Une ligne est importée.", "%(num)d lignes sont importées.", entered
        )
        flash(said, "success")
    return _to(organisation_id, import_id)


@bp.get("/<uuid:organisation_id>/import/<uuid:import_id>/refus.csv")
@guard("administer", Organisation, "organisation_id")
def refused(organisation_id: UUID, import_id: UUID) -> ResponseReturnValue:
    """The refused lines, to put right and send again, with the reason in a last column."""
    _of(organisation_id, import_id)
    rows = db.session.scalars(
        select(PeopleImportLine)
        .where(PeopleImportLine.import_id == import_id, PeopleImportLine.verdict == REFUSED)
        .order_by(PeopleImportLine.position)
    )
    lines = [
        [*(line.row.get(name, "") for name in COLUMNS),
         _("ligne %(n)s", n=line.line) + " : " + " ; ".join(map(words.told, line.notes))]
        for line in rows
    ]  # fmt: skip
    return _file((*COLUMNS, "motif"), lines, "personnes-a-corriger.csv")


def _file(heads: Iterable[str], lines: Iterable[list[str]], name: str) -> Response:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(heads)
    writer.writerows([harmless(cell) for cell in line] for line in lines)
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _of(organisation_id: UUID, import_id: UUID) -> PeopleImport:
    one = db.session.get(PeopleImport, import_id)
    if one is None or one.organisation_id != organisation_id:
        abort(404)
    return one


def _to(organisation_id: UUID, import_id: UUID, **more: Any) -> ResponseReturnValue:
    return redirect(
        url_for(".show", organisation_id=organisation_id, import_id=import_id, **more)
    )
