"""Files of a folder not yet deposited: stored once, and named to the page by a sealed word.

A form that comes back with an error keeps its files this way: nothing is sent twice. The
word is sealed for its reader, so that nobody has a file shown by knowing its digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Refused, Retryable, StoredFile
from connectors.xml_reading import PES, outline
from forms.characters import printable
from web.auth import current_actor
from web.parapheur import pictures
from web.parapheur.viewer import PROBLEMS
from web.partners import partner
from web.receiving import store
from web.typed import text
from workflows.parapheur.metadata import PDF, XML
from workflows.parapheur.models import ANNEX, DETACHED, MAIN

MAX_SIZE = 90_000_000
MOST = 60
"""Files of one folder."""
KINDS = {MAIN: "documents", ANNEX: "annexes", DETACHED: "signatures"}
"""The input of each kind of file."""
_SIGNATURES = (".p7s", ".p7m", ".xml", ".sig", ".xsig")


@dataclass(frozen=True)
class Kept:
    """A file stored, and what was said of it. `signs` is the place of the file it signs."""

    file: StoredFile
    kind: str
    title: str
    document_type: str = ""
    stamp: dict[str, Any] = field(default_factory=dict)
    signs: int | None = None
    file_id: str = ""  # of a file that the folder holds already

    @property
    def word(self) -> str:
        """What the page is given to name it."""
        one = self.file
        return _seal().dumps([_reader(), one.sha256, one.name, one.media_type, one.size])

    @property
    def is_pdf(self) -> bool:
        """Whether a stamp can be placed on it."""
        return self.file.media_type == "application/pdf"

    @property
    def across(self) -> float:
        """The width of its first page, in points."""
        return pictures.read(self.file.sha256).sizes[0][0]


def read() -> tuple[list[Kept], dict[str, str]]:
    """The files of the form, kept before and sent now, in their order; why others are not.

    Errors are by the name of the input.
    """
    errors = dict[str, str]()
    kept = _kept_before(errors)
    for kind, name in KINDS.items():
        for upload in request.files.getlist(name):
            if not upload.filename:
                continue
            stored, problem = _take(upload)
            if stored is None:
                errors[name] = " ".join(filter(None, [errors.get(name), problem]))
            else:
                title = stored.name.rsplit(".", 1)[0] if kind != DETACHED else stored.name
                kept.append(Kept(stored, kind, title[:300]))
    if len(kept) > MOST:
        errors[KINDS[MAIN]] = _("Un dossier contient 60 fichiers au plus.")
    paired = _paired(kept)
    for place, one in enumerate(paired):
        signs = (
            paired[one.signs] if one.kind == DETACHED and one.signs is not None else None
        )
        if signs and (wrong := misplaced(one.file, signs.file)):
            errors.setdefault(f"fichier-{place}", wrong)
    return paired, errors


def opened(word: str) -> StoredFile | None:
    """The file that a sealed word names, for the person it was sealed for."""
    try:
        reader, sha256, name, media_type, size = _seal().loads(word)
    except (BadData, ValueError, TypeError):
        return None
    return StoredFile(sha256, name, media_type, size) if reader == _reader() else None


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt="parapheur-file")


def _reader() -> str:
    return str(current_actor().person_id)


def _kept_before(errors: dict[str, str]) -> list[Kept]:
    """Those the page names, with what was said of them; the ones ticked are left out."""
    found, places = list[Kept](), dict[str, int]()
    for number in request.form.getlist("fichiers"):
        stored = opened(request.form.get(f"fichier-{number}", ""))
        if stored is None or f"retirer-{number}" in request.form:
            continue
        other = request.files.get(f"remplacer-{number}")
        if other is not None and other.filename:
            better, problem = _take(other)
            stored = better or stored
            errors |= {f"fichier-{number}": problem} if problem else {}
        kind = request.form.get(f"genre-{number}", MAIN)
        places[number] = len(found)
        found.append(
            Kept(
                stored,
                kind if kind in KINDS else MAIN,
                printable(text(request.form, f"titre-{number}") or stored.name)[:300],
                text(request.form, f"piece-{number}")[:10],
                _stamp(number),
                file_id=text(request.form, f"existant-{number}"),
            )
        )
    signs = {
        place: request.form.get(f"signe-{number}", "") for number, place in places.items()
    }
    return [replace(one, signs=places.get(signs[place])) for place, one in enumerate(found)]


def _stamp(number: str) -> dict[str, Any]:
    """Where the stamp goes, in millimetres from the top left; nothing: as the type says."""
    place = {}
    for name, kept in (("page", "page"), ("gauche", "x"), ("haut", "y")):
        said = text(request.form, f"timbre-{name}-{number}").replace(",", ".")
        try:
            place[kept] = float(said)
        except ValueError:
            return {}
    fits = all(0 <= place[one] <= 2000 for one in ("x", "y"))  # noqa: PLR2004
    page = int(place["page"])
    return {**place, "page": page} if fits and (page == -1 or 0 < page < 100_000) else {}  # noqa: PLR2004


def _take(upload: FileStorage) -> tuple[StoredFile | None, str]:
    name = printable(upload.filename or "")
    try:
        stored = store(upload, MAX_SIZE, machines=True)
    except Refused as refused:
        return None, str(refused)
    except ConnectorError:
        return None, _(
            "« %(name)s » n’a pas pu être vérifié. Réessayez dans quelques minutes : le "
            "reste est gardé.",
            name=name,
        )
    if wrong := unfit(stored):
        return None, wrong
    return stored, ""


def unfit(stored: StoredFile) -> str:
    """Why a PDF can be neither shown nor signed, or an XML not be read, with its cure; else
    nothing.

    It is refused to who brings it, rather than at the desk that would sign it.
    """
    if stored.media_type in XML:
        return _unfit_xml(stored)
    if stored.media_type != PDF:
        return ""
    if wrong := _refusal(stored):
        return wrong
    try:
        pictures.read(stored.sha256)
    except pictures.Unreadable as failure:
        return f"« {stored.name} » : {PROBLEMS.get(failure.why, PROBLEMS['broken'])}"
    return ""


def misplaced(signature: StoredFile, signed: StoredFile) -> str:
    """Why a detached signature is not that of a file, or nothing."""
    return _refusal(signed, signature)


def _unfit_xml(stored: StoredFile) -> str:
    """What signs another file is judged beside it; a PES, by its own signatures."""
    try:
        found = outline(partner("storage").read(stored.sha256))
    except Refused as refused:
        return f"« {stored.name} » : {refused}"
    return _refusal(stored) if found.root.startswith(f"{{{PES}}}") else ""


def _refusal(stored: StoredFile, signature: StoredFile | None = None) -> str:
    read, name = partner("storage").read, (signature or stored).name
    try:
        found = partner("signature").examine(
            content=read(stored.sha256),
            media_type=stored.media_type,
            detached=read(signature.sha256) if signature else None,
        )
    except Retryable as failure:  # its readers are busy: nothing of it was read
        return f"« {name} » : {failure}"
    return f"« {name} » : {found['refusals'][0]}" if found["refusals"] else ""


def _paired(kept: Sequence[Kept]) -> list[Kept]:
    """Each detached signature with the file that its name says it signs."""
    mains = [i for i, one in enumerate(kept) if one.kind == MAIN]
    by_name = {kept[i].file.name.casefold(): i for i in mains}
    by_stem = {kept[i].file.name.rsplit(".", 1)[0].casefold(): i for i in mains}
    found = []
    for one in kept:
        if one.kind == DETACHED and (one.signs is None or one.signs not in mains):
            name = one.file.name.casefold()
            for ending in _SIGNATURES:
                name = name.removesuffix(ending)
            place = by_name.get(
                name, by_stem.get(name, mains[0] if len(mains) == 1 else None)
            )
            one = replace(one, signs=place)  # noqa: PLW2901  the same file, placed
        found.append(one)
    return found
