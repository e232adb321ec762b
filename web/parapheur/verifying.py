"""Checking a folder with the code that its record bears, without an account.

Whoever has the code reads what the record says but the remarks, and may hand over a file to
learn whether it is one of the folder's: its bytes are compared here and not kept.
"""

import hashlib
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.exceptions import NotFound

from engine.models import db
from web import limits
from web.auth import public
from web.parapheur import words as looks
from web.typed import text
from workflows.parapheur import proofs, words
from workflows.parapheur.models import FileVersion, Folder

bp = Blueprint("verifying", __name__, url_prefix="/verifier")
bp.context_processor(lambda: {"looks": looks})

CODE_LENGTH = 24
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Compared:
    """What became of a file that was handed over to be compared."""

    name: str
    sha256: str
    version: FileVersion | None
    title: str = ""
    current: bool = False  # whether it is the latest state of that file


@bp.after_request
def _told_to_nobody(answer: Response) -> Response:
    """The code is in the address: neither search engines nor other sites learn of it."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Ask for the code; one that opens a folder leads to it."""
    typed = text(request.args, "code")[:60]
    if not typed:
        return render_template("parapheur/verify.html", typed="", problems={})
    if _found(typed) is not None:
        return redirect(url_for(".show", code=_bare(typed)))
    problem = _("Code : aucun dossier n’a ce code. Recopiez-le depuis le bordereau.")
    page = render_template("parapheur/verify.html", typed=typed, problems={"code": problem})
    return page, 422


@bp.get("/<code>")
@public
def show(code: str) -> ResponseReturnValue:
    """What the record of a folder says."""
    return _shown(_folder(code), None)


def _compare(code: str) -> ResponseReturnValue:
    """Say whether a file is one of the folder's."""
    folder = _folder(code)
    handed = request.files.get("file")
    if handed is None or not handed.filename:
        problem = {"file": _("Fichier : choisissez celui que vous voulez comparer.")}
        return _shown(folder, None, problem), 422
    digest = hashlib.sha256()
    while chunk := handed.stream.read(_CHUNK):
        digest.update(chunk)
    return _shown(folder, _compared(folder, handed.filename, digest.hexdigest()))


bp.add_url_rule(
    "/<code>",
    "compare",
    public(limits.post(_compare, "30 per 5 minutes", by=limits.address)),
    methods=["POST"],
)


def _shown(
    folder: Folder, compared: Compared | None, problems: dict[str, str] | None = None
) -> str:
    return render_template(
        "parapheur/verified.html",
        proofs=proofs.gather(folder.instance_id),
        moment_of=proofs.moment,
        words=words,
        compared=compared,
        problems=problems or {},
    )


def _folder(code: str) -> Folder:
    folder = _found(code)
    if folder is None:
        raise NotFound
    return folder


def _found(code: str) -> Folder | None:
    bare = _bare(code)
    if len(bare) != CODE_LENGTH:
        return None
    return db.session.scalar(select(Folder).where(Folder.code == bare))


def _bare(code: str) -> str:
    """The code as it is kept, whatever dashes and capitals were typed."""
    return "".join(c for c in code[:60].upper() if c.isalnum())


def _compared(folder: Folder, name: str, sha256: str) -> Compared:
    gathered = proofs.gather(folder.instance_id)
    latest = {version.id for _, version in gathered.current()}
    for file, version in reversed(gathered.files):
        if version.document.sha256 == sha256:
            return Compared(name, sha256, version, file.title, version.id in latest)
    return Compared(name, sha256, None)
