"""A folder: its pages as pictures, its files, the remarks written on them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
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

from connectors import ConnectorError
from connectors import Refused as NotAPes
from engine import clock
from engine.access import Forbidden
from engine.models import ProcessInstance, db
from web.accounting import contents
from web.attachments import disposition, sent
from web.auth import current_actor, guard
from web.exports.bundle import PIECE, Bundle, safe
from web.parapheur import around, papers, pictures, reading, viewer, words
from web.parapheur.papers import Shown
from web.parapheur.reading import FolderPage
from web.security import safe as safe_address
from web.typed import clean, count, text
from workflows.parapheur import acts
from workflows.parapheur.models import Annotation, FileVersion, Folder

bp = Blueprint("parapheur_folders", __name__, url_prefix="/parapheur/dossiers")
bp.context_processor(lambda: {"words": words})

LONGEST_REMARK = 512


@dataclass(frozen=True)
class Refused:
    """What was typed in a form of the page, and what is wrong with it."""

    asked: str = ""
    errors: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, str]:
        """What is wrong by the id of its field on the page."""
        return {self.fields.get(name, name): told for name, told in self.errors.items()}


@bp.get("/<uuid:folder_id>")
@guard("see", Folder, "folder_id")
def show(folder_id: UUID) -> ResponseReturnValue:
    """A folder to read and to act on; opening it is noted for its reader alone."""
    actor = current_actor()
    if reading.unread([folder_id], actor):
        acts.mark_read(folder_id, actor=actor)
    return shown(folder_id)


def shown(folder_id: UUID, refused: Refused | None = None) -> str:
    """The page of a folder, with what was refused and typed in one of its forms."""
    actor, said = current_actor(), request.values
    page = FolderPage(db.session.get_one(Folder, folder_id), actor)
    file = papers.main_first(page.files, said.get("fichier", ""))
    number = count(said.get("page", "")) or 1
    liste = said.get("liste", "")[: around.LONGEST] or None
    return render_template(
        "parapheur/folder.html",
        page=page,
        view=viewer.view(
            file,
            actor,
            page.folder,
            page=number,
            zoom=said.get("zoom", ""),
            batch=(count(said.get("bordereau", "")) or 1) - 1,
        )
        if file
        else None,
        form=refused or Refused(),
        around=around.of(folder_id, liste, actor),
        liste=liste,
    )


@bp.get(
    "/<uuid:folder_id>/fichiers/<uuid:file_id>/versions/<int:number>/pages/<int:page>.png"
)
@guard("see", Folder, "folder_id")
def picture(folder_id: UUID, file_id: UUID, number: int, page: int) -> ResponseReturnValue:
    """One page of a version as a picture; a version never changes, nor does its picture."""
    version = _version(folder_id, file_id, number)
    width = request.args.get("l", pictures.WIDTHS[0], type=int)
    digest = version.document.sha256
    db.session.rollback()
    try:
        drawn = pictures.draw(digest, page, width)
    except (LookupError, pictures.Unreadable):
        abort(404)
    except ConnectorError:
        abort(410)
    answer = Response(drawn, mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=86400"
    answer.set_etag(f"{digest[:32]}-{page}-{width}")
    return answer.make_conditional(request)


@bp.get("/<uuid:folder_id>/fichiers/<uuid:file_id>")
@guard("see", Folder, "folder_id")
def download(folder_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """A file as it stands, or one of its versions, byte for byte."""
    version = _version(folder_id, file_id, request.args.get("version", 0, type=int))
    return sent(version.document)


@bp.get("/<uuid:folder_id>/fichiers/<uuid:file_id>/pieces/<int:position>")
@guard("see", Folder, "folder_id")
def supporting(folder_id: UUID, file_id: UUID, position: int) -> ResponseReturnValue:
    """A supporting document that a PES of the folder carries."""
    digest = _version(folder_id, file_id, 0).document.sha256
    db.session.rollback()
    try:
        return contents.document(digest, position)
    except NotAPes as refused:
        flash(_("Cette pièce ne s’ouvre pas : %(said)s.", said=str(refused)), "danger")
        return redirect(url_for(".show", folder_id=folder_id, fichier=file_id))


@bp.get("/<uuid:folder_id>/dossier.zip")
@guard("see", Folder, "folder_id")
def bundle(folder_id: UUID) -> ResponseReturnValue:
    """Everything of a folder in one archive: its files as they stand, and the originals."""
    folder = db.session.get_one(Folder, folder_id)
    case = db.session.get_one(ProcessInstance, folder_id)
    wanted = list[tuple[str, str]]()
    for one in papers.files_of(folder, current_actor()):
        wanted.append((one.current.document.name, one.current.document.sha256))
        first = one.versions[0]
        if first.id != one.current.id:
            wanted.append((f"originaux/{safe(first.document.name)}", first.document.sha256))
    name = safe(f"{case.number}.zip")
    db.session.rollback()
    storage = current_app.extensions["partners"]["storage"]
    answer = Response(_archive(wanted, storage), mimetype="application/zip")
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _archive(wanted: list[tuple[str, str]], storage: Any) -> Iterator[bytes]:
    made = Bundle(clock.now())
    for name, digest in wanted:
        try:
            kept = storage.open(digest, verify=True)
        except ConnectorError:
            continue
        with kept:
            yield from made.add(name, _pieces(kept))
    yield from made.close()


def _pieces(kept: Any) -> Iterator[bytes]:
    while piece := kept.read(PIECE):
        yield piece


@bp.post("/<uuid:folder_id>/annotations")
@guard("annotate", Folder, "folder_id")
def annotate(folder_id: UUID) -> ResponseReturnValue:
    """Write a remark on a page, for all who see the folder or for one's desk alone."""
    page = FolderPage(db.session.get_one(Folder, folder_id), current_actor())
    typed = clean(request.form)
    file = next((f for f in page.files if str(f.file.id) == typed.get("fichier")), None)
    place, errors = _place(typed, file)
    if not text(request.form, "texte"):
        errors["texte"] = _("Annotation : écrivez votre remarque.")
    elif len(text(request.form, "texte")) > LONGEST_REMARK:
        errors["texte"] = _("Annotation : 512 caractères au plus.")
    if errors or file is None:
        fields = {name: f"annotation-{name}" for name in errors}
        return shown(folder_id, Refused("annotate", errors, typed, fields)), 422
    number = int(typed["page"])
    acts.annotate(
        file.file.id,
        page=number,
        text=text(request.form, "texte"),
        private="privee" in request.form,
        actor=current_actor(),
        **place,
    )
    back = url_for(
        ".show", folder_id=folder_id, fichier=file.file.id, page=number,
        zoom=typed.get("zoom") or None, liste=typed.get("liste") or None,
    )  # fmt: skip
    return redirect(f"{back}#page-{number}")


@bp.post("/<uuid:folder_id>/annotations/<uuid:annotation_id>/retrait")
@guard("see", Folder, "folder_id")
def remove_remark(folder_id: UUID, annotation_id: UUID) -> ResponseReturnValue:
    """Take one's own remark away."""
    remark = db.session.get(Annotation, annotation_id) or abort(404)
    _file(folder_id, remark.file_id)
    if remark.person_id != current_actor().person_id:
        raise Forbidden
    acts.remove_annotation(annotation_id, actor=current_actor())
    return redirect(safe_address(request.form.get("next")))


def _place(
    typed: dict[str, str], file: Shown | None
) -> tuple[dict[str, float], dict[str, str]]:
    """Where a remark is, in fractions of the page, and what is wrong by field."""
    errors, place = dict[str, str](), dict[str, float]()
    named = {
        "x": ("x", _("Gauche")),
        "y": ("y", _("Haut")),
        "largeur": ("width", _("Largeur")),
        "hauteur": ("height", _("Hauteur")),
    }
    for name, (kept, label) in named.items():
        try:
            found = float(typed.get(name, "").replace(",", ".") or "x")
        except ValueError:
            found = -1.0
        if not 0 <= found <= 100:  # noqa: PLR2004
            errors[name] = _("%(field)s : un nombre de 0 à 100.", field=label)
        place[kept] = found / 100
    place["width"] = min(place["width"], 1 - place["x"])
    place["height"] = min(place["height"], 1 - place["y"])
    most = _count(file)
    if not count(typed.get("page", ""), most):
        errors["page"] = _("Page : un numéro de 1 à %(count)s.", count=most)
    return place, errors


def _count(file: Shown | None) -> int:
    if file is None or not file.is_pdf:
        return 0
    try:
        return len(pictures.read(file.current.document.sha256).sizes)
    except (pictures.Unreadable, ConnectorError):
        return 0


def _file(folder_id: UUID, file_id: UUID) -> Shown:
    folder = db.session.get_one(Folder, folder_id)
    files = papers.files_of(folder, current_actor())
    return next((one for one in files if one.file.id == file_id), None) or abort(404)


def _version(folder_id: UUID, file_id: UUID, number: int) -> FileVersion:
    """A version of a file of this folder, the one in force for 0; 404 for any other."""
    versions = papers.versions_of(folder_id, file_id)
    if not number:
        kept = [one for one in versions if one.withdrawn_at is None]
        return kept[-1] if kept else abort(404)
    return next((one for one in versions if one.number == number), None) or abort(404)
