"""Transmitting an act that is signed already: its questions, its files, and off it goes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from connectors import ConnectorError, Refused
from engine.access import require
from web.auth import current_actor, guard
from web.legality import act_form, bodies, words
from web.receiving import reference, store
from web.typed import text
from workflows.legality import acts, checking, register

bp = Blueprint("new_act", __name__, url_prefix="/actes/nouveau")

ROWS = 4
"""Files of an act asked on one page, the act included."""

MOST_ROWS = 30
LARGEST = 150_000_000
"""Bytes of one file; services take no more for a whole transmission."""

ONE_DAY = 86_400


@dataclass
class Row:
    """One file of the form: kept already (`token`) or not, with its type."""

    number: int
    type: str = ""
    file: Mapping[str, Any] | None = None
    token: str = ""
    errors: dict[str, str] = field(default_factory=dict)


@bp.get("")
@guard("transmit acts")
def ask() -> ResponseReturnValue:
    """Ask what the act says of itself, and its files."""
    return _page({}, [Row(number) for number in range(_rows())], {})


@bp.post("")
@guard("transmit acts")
def send() -> ResponseReturnValue:
    """Check everything, and start its transmission; nothing typed is lost otherwise."""
    actor = current_actor()
    body, _others = bodies.chosen(actor)
    require(actor, "transmit acts", body)
    values, errors = act_form.read(request.form, organisation_id=body.id)
    rows = [_read(number) for number in range(_rows())]
    _judge(rows, values["nature"], body.id)
    for row in rows:
        errors |= row.errors
    if not rows[0].file and "file_0" not in errors:
        errors["file_0"] = str(words.PROBLEMS["no_file"])
    if errors or "more" in request.form:
        extra = [Row(len(rows) + n) for n in range(ROWS)] if "more" in request.form else []
        shown = {} if "more" in request.form else errors
        return _page(
            act_form.typed_of(request.form), [*rows, *extra][:MOST_ROWS], shown
        ), 422
    files = [
        {**row.file, "document_type": row.type or None, "signature_sha256": None,
         "kind": "main" if row.number == 0 else "annex"}
        for row in rows if row.file
    ]  # fmt: skip
    act = {**values, "transmit": not text(request.form, "exempt")}
    try:
        case = acts.transmit(act, files, organisation_id=body.id, actor=actor)
    except acts.NotOffered:
        gone = _("Cette collectivité n’offre pas encore la transmission des actes.")
        return _page(act_form.typed_of(request.form), rows, {"": gone}), 422
    flash(_("L’acte %(number)s part à la préfecture.", number=values["number"]), "success")
    made = register.act_of_case(case.id)
    if made is None:
        return redirect(url_for("cases.show", case_id=case.id))
    return redirect(url_for("act_register.show", act_id=made.id))


def _rows() -> int:
    said = text(request.form, "rows")
    asked = int(said) if said.isdigit() and len(said) < 3 else ROWS  # noqa: PLR2004  two digits
    return min(max(asked, ROWS), MOST_ROWS)


def _read(number: int) -> Row:
    """A file of the form: sent now, or kept since it was sent before."""
    row = Row(number, text(request.form, f"type_{number}")[:10])
    upload = request.files.get(f"file_{number}")
    if upload is not None and upload.filename:
        try:
            row.file = reference(store(upload, LARGEST))
        except Refused as refused:
            row.errors[f"file_{number}"] = str(refused)
            return row
        except ConnectorError:
            row.errors[f"file_{number}"] = _(
                "Ce fichier n’a pas pu être vérifié : réessayez dans quelques minutes."
            )
            return row
        row.token = _serializer().dumps({**row.file, "by": str(current_actor().person_id)})
        return row
    token = request.form.get(f"kept_{number}", "")
    if token:
        row.file, row.token = _kept(token), token
    return row


def _kept(token: str) -> Mapping[str, Any] | None:
    """A file sent before by the same person, today; None for anything else."""
    try:
        said = _serializer().loads(token, max_age=ONE_DAY)
    except BadSignature:
        return None
    if said.pop("by", "") != str(current_actor().person_id):
        return None
    return dict(said)


def _judge(rows: list[Row], nature: int | None, organisation_id: UUID) -> None:
    """Each file is a PDF, or an image beside it, and has a type of the act's nature."""
    if rows[0].file and rows[0].file["media_type"] != "application/pdf":
        rows[0].errors["file_0"] = str(words.PROBLEMS["no_file"])
        rows[0].file = None
    with_file = [row for row in rows if row.file]
    types = [row.type or checking.DEFAULT_TYPES.get(nature or 0, "") for row in with_file]
    for place, sentence in act_form.read_types(
        types, nature, organisation_id=organisation_id
    ).items():
        with_file[place].errors[f"type_{with_file[place].number}"] = sentence


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="act-file")


def _page(values: Mapping[str, Any], rows: list[Row], errors: Mapping[str, str]) -> str:
    body, others = bodies.chosen(current_actor())
    return render_template(
        "legality/new.html",
        body=body,
        others=others,
        organisme=bodies.other(body, others),
        act=act_form.asked(body.id, values),
        rows=rows,
        errors=errors,
        exempt=text(request.form, "exempt"),
        missing=acts.missing(body.id),
    )
