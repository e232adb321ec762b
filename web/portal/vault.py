"""The vault of a company: what it keeps to file again, with what expires and when."""

from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, Refused, StoredFile
from engine import documents, vault
from engine.access import readable
from engine.commands import vault as commands
from engine.commands.vault import Label, NotInVault, VaultFull, WrongDates
from engine.directory import COMPANY, Organisation, Person
from engine.documents import Document
from engine.models import ProcessInstance, db
from engine.vault import VaultDocument
from forms import dates
from forms.characters import printable
from forms.model import MAX_FILE_SIZE
from forms.numbers import Wrong
from web import receiving
from web.attachments import sent
from web.auth import current_actor, guard
from web.paging import whole
from web.typed import text

bp = Blueprint("vault", __name__)

PER_PAGE = 50
_TITLE = 200  # characters
Problems = dict[str, str]


@bp.get("/entreprises/<uuid:organisation_id>/coffre")
@guard("keep", Organisation, "organisation_id")
def index(organisation_id: UUID) -> ResponseReturnValue:
    """What the company keeps, by kind, fifty a page."""
    return _index(organisation_id, {}, {})


@bp.post("/entreprises/<uuid:organisation_id>/coffre")
@guard("keep", Organisation, "organisation_id")
def add(organisation_id: UUID) -> ResponseReturnValue:
    """Keep one more document, once it is checked and scanned."""
    label, problems = _label()
    file = _received(problems)
    if not problems and file is not None:
        label = _titled(label, file.name)
        try:
            commands.add(organisation_id, file, label, actor=current_actor())
        except (VaultFull, WrongDates) as refused:
            problems = _told(refused)
        else:
            flash(_("« %(title)s » est dans votre coffre.", title=label.title), "success")
            return redirect(url_for(".index", organisation_id=organisation_id))
    return _index(organisation_id, request.form, problems), 422


def _index(organisation_id: UUID, typed: Any, problems: Problems) -> str:
    kind = request.args.get("type", "")
    page = whole(
        vault.standing(organisation_id, kind if kind in vault.kinds() else ""), PER_PAGE
    )
    return render_template(
        "portal/vault.html",
        company=_company(organisation_id),
        page=page,
        groups=[
            (code, list(found)) for code, found in groupby(page, key=attrgetter("kind"))
        ],
        kind=kind,
        kinds=vault.kinds(),
        typed=typed,
        problems=problems,
    )


@bp.get("/coffre/<uuid:document_id>")
@guard("use", VaultDocument, "document_id")
def show(document_id: UUID) -> ResponseReturnValue:
    """One document with its versions."""
    return _show(_standing(document_id), {}, {})


def _show(document: VaultDocument, typed: Any, problems: Problems) -> str:
    versions = vault.versions(document)
    return render_template(
        "portal/vault_document.html",
        company=_company(document.organisation_id),
        document=document,
        versions=versions,
        people=_names({one.added_by for one in versions}),
        kinds=vault.kinds(),
        typed=typed,
        problems=problems,
    )


@bp.post("/coffre/<uuid:document_id>")
@guard("use", VaultDocument, "document_id")
def replace(document_id: UUID) -> ResponseReturnValue:
    """Put a newer version in its place."""
    document = _standing(document_id)
    label, problems = _label(document.kind)
    file = _received(problems)
    if not problems and file is not None:
        try:
            made = commands.replace(
                document_id, file, _titled(label, file.name), actor=current_actor()
            )
        except NotInVault:
            return _gone(document.organisation_id)
        except (VaultFull, WrongDates) as refused:
            problems = _told(refused)
        else:
            flash(_("La nouvelle version remplace l’ancienne."), "success")
            return redirect(url_for(".show", document_id=made.id))
    document = db.session.get_one(VaultDocument, document_id)
    return _show(document, request.form, problems), 422


@bp.post("/coffre/<uuid:document_id>/retrait")
@guard("use", VaultDocument, "document_id")
def remove(document_id: UUID) -> ResponseReturnValue:
    """Remove a document; what was filed with it stays where it was filed."""
    company = db.session.get_one(VaultDocument, document_id).organisation_id
    try:
        commands.remove(document_id, actor=current_actor())
    except NotInVault:
        return _gone(company)
    flash(
        _("Le document est retiré du coffre. Les demandes déposées le gardent."), "success"
    )
    return redirect(url_for(".index", organisation_id=company))


@bp.get("/coffre/<uuid:document_id>/fichier")
@guard("use", VaultDocument, "document_id")
def download(document_id: UUID) -> ResponseReturnValue:
    """The bytes of one version, always saved, never shown."""
    document = db.session.get_one(VaultDocument, document_id)
    if document.removed_at is not None:
        abort(404)
    return sent(document)


@bp.get("/demandes/<uuid:case_id>/coffre")
@guard("share", ProcessInstance, "case_id")
def choose(case_id: UUID) -> ResponseReturnValue:
    """The documents of one's request, to keep them in the vault."""
    return _choose(case_id, None, {})


@bp.post("/demandes/<uuid:case_id>/coffre")
@guard("share", ProcessInstance, "case_id")
def keep(case_id: UUID) -> ResponseReturnValue:
    """Keep one of them."""
    asked = request.form.get("document", type=UUID)
    document = _of_case(case_id, asked) if asked else None
    label, problems = _label()
    if document is None:
        problems["document-1"] = _("Document : choisissez-en un.")
    elif not problems:
        label = _titled(label, document.title)
        try:
            kept = commands.keep(document.id, label, actor=current_actor())
        except (VaultFull, WrongDates) as refused:
            problems = _told(refused)
        else:
            flash(_("« %(title)s » est dans votre coffre.", title=kept.title), "success")
            return redirect(url_for(".choose", case_id=case_id))
    return _choose(case_id, asked, problems), 422


def _choose(case_id: UUID, chosen: UUID | None, problems: Problems) -> str:
    case = db.session.get_one(ProcessInstance, case_id)
    found = readable(current_actor(), case, documents.of_case(case_id))
    return render_template(
        "portal/vault_keep.html",
        case=case,
        documents=found,
        held=vault.kept({one.sha256 for one in found}),
        kinds=vault.kinds(),
        chosen=chosen,
        typed=request.form,
        problems=problems,
    )


def _of_case(case_id: UUID, document_id: UUID) -> Document:
    document = db.session.get(Document, document_id)
    if document is None or document.instance_id != case_id:
        abort(404)
    return document


def _standing(document_id: UUID) -> VaultDocument:
    document = db.session.get_one(VaultDocument, document_id)
    if document.removed_at is not None:
        abort(404)
    return document


def _company(organisation_id: UUID) -> Organisation:
    company = db.session.get_one(Organisation, organisation_id)
    if company.kind != COMPANY:
        abort(404)
    return company


def _gone(organisation_id: UUID) -> ResponseReturnValue:
    flash(_("Ce document a été remplacé ou retiré entre-temps."), "warning")
    return redirect(url_for(".index", organisation_id=organisation_id))


def _names(ids: set[UUID | None]) -> dict[UUID, str]:
    rows = db.session.execute(
        db.select(Person.id, Person.name).where(Person.id.in_(ids - {None}))
    )
    return {person: name for person, name in rows}


def _label(kind: str = "") -> tuple[Label, Problems]:
    """What is said of the document, and a sentence for each thing to put right."""
    problems: Problems = {}
    kind = kind or text(request.form, "kind")
    if kind not in vault.kinds():
        problems["kind"] = _("Type de document : choisissez-en un dans la liste.")
    days = {name: _day(name, problems) for name in ("issued_on", "expires_on")}
    title = printable(text(request.form, "title")).replace("\n", " ")
    if len(title) > _TITLE:
        problems["title"] = _("Intitulé : 200 caractères au plus.")
    return Label(kind, title, days["issued_on"], days["expires_on"]), problems


def _titled(label: Label, otherwise: str) -> Label:
    """A label with a title: the kind's name, or what the file is called."""
    known = vault.kinds()[label.kind].name if label.kind != vault.OTHER else otherwise
    return Label(label.kind, label.title or known, label.issued_on, label.expires_on)


def _day(name: str, problems: Problems) -> date | None:
    typed = text(request.form, name)
    try:
        return date.fromisoformat(dates.read_date(typed)) if typed else None
    except Wrong as wrong:
        names = {"issued_on": _("Date du document"), "expires_on": _("Valide jusqu’au")}
        problems[name] = f"{names[name]} : {wrong}."
        return None


def _received(problems: Problems) -> StoredFile | None:
    """The file sent, checked, scanned and stored; a sentence in `problems` otherwise."""
    upload: FileStorage | None = request.files.get("file")
    if upload is None or not upload.filename:
        problems["file"] = _("Fichier : choisissez-en un.")
    if problems or upload is None:
        return None
    try:
        return receiving.store(upload, MAX_FILE_SIZE)
    except Refused as refused:
        problems["file"] = str(refused)
    except ConnectorError:
        problems["file"] = _(
            "Fichier : il n’a pas pu être vérifié. Réessayez dans quelques minutes."
        )
    return None


def _told(refused: VaultFull | WrongDates) -> Problems:
    if isinstance(refused, WrongDates):
        return {"expires_on": _("Valide jusqu’au : cette date précède celle du document.")}
    return {
        "file": _(
            "Votre coffre contient déjà %(n)s documents : retirez ceux qui ne servent plus.",
            n=vault.MOST,
        )
    }
