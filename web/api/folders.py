"""Folders of the signature book: deposited, followed to their end, fetched."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from connectors import StoredFile
from engine import api_keys
from engine.api_keys import FOLDERS_READ, FOLDERS_WRITE
from engine.models import db
from web.api import cursors, folder_files, folder_telling, keyed, receiving, refusals
from web.api.declaring import operation, tell
from web.api.folder_shapes import (
    DeskName,
    ExternalId,
    FileToDeposit,
    FolderHead,
    FolderInFull,
    NewFolder,
    Slug,
    State,
)
from web.api.problems import Fault, Problem, wrong
from web.api.shapes import Listing, Page, Shape, whole
from web.parapheur import taking
from workflows.parapheur import deposit, rules
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.admission import DepositRefused, Given
from workflows.parapheur.models import (
    DESK_PREFIX,
    DETACHED,
    Folder,
    FolderSubtype,
    FolderType,
)

TAG = "Parapheur"

EXAMPLE = {
    "type": "deliberations",
    "subtype": "ordinaire",
    "desk": "assemblees",
    "title": "Aide à la scierie du Morvan",
    "external_id": "DELIB-2026-0042",
    "files": [{"sha256": "0" * 64, "document_type": "99_DE"}],
}


class FoldersAsked(Listing):
    """Which folders: those deposited by one of the key's desks."""

    desk: DeskName | None = None
    state: State | None = None
    type: Slug | None = None
    external_id: ExternalId | None = None


class VersionAsked(Shape):
    """Which version of a file; the current one unless told."""

    version: Annotated[int | None, *whole(1, 9999)] = None


@operation(
    "POST", "/folders", FOLDERS_WRITE, tag=TAG, status=201, repeatable=True, multipart=True,
    problems=(404, 413, 503), summary="Déposer un dossier", example=EXAMPLE,
    about="Dépose un dossier au parapheur : il part aussitôt dans son circuit, sauf s’il est `draft` : brouillon, il attend à son bureau que quelqu’un le dépose, ici (`POST /folders/{id}/start`) ou dans la page du parapheur. Les fichiers viennent d’avance par `POST /files`, ou dans des parties `files.0`, `files.1`… selon leur rang. Sous un `external_id` déjà connu, la réponse est le dossier déjà déposé (`already_deposited`), rien n’est remplacé.",
)  # fmt: skip
def create_folder(body: NewFolder) -> FolderInFull:
    """Deposit a folder in the signature book: it starts on its circuit at once.

    A `draft` waits at its desk until somebody deposits it, here or on the page of the book.
    Files come ahead by `POST /files`, or in parts `files.0`, `files.1`… by their rank. Under
    an `external_id` known already the answer is the folder deposited then.
    """
    known = _known(body.external_id)
    folder = known or _deposited(body)
    tell("Location", f"/api/v1/folders/{folder.instance_id}")
    return folder_telling.in_full(folder, already=known is not None)


@operation(
    "GET", "/folders", FOLDERS_READ, tag=TAG, summary="Lister les dossiers du parapheur",
    about="Les dossiers que les bureaux de la clé ont déposés, le dernier d’abord ; par `external_id`, celui que la clé a déposé sous cet identifiant.",
)  # fmt: skip
def list_folders(query: FoldersAsked) -> Page[FolderHead]:
    """The folders that the key's desks have deposited, the latest first."""
    after = cursors.read(query.cursor, datetime, UUID)
    if query.external_id:
        found = _known(query.external_id)
        rows = [(found.deposited_at, found.instance_id)] if found else []
    else:
        rows = sorted(_listed(query, after), reverse=True)
    shown, following = cursors.cut(rows, query, tuple)
    return Page(items=folder_telling.heads([one for _at, one in shown]), next=following)


@operation(
    "GET", "/folders/{folder_id}", FOLDERS_READ, tag=TAG, problems=(404,),
    summary="Suivre un dossier du parapheur",
    about="Où en est un dossier : son état, le bureau qui l’a en main, ce qui a été fait et par qui, ses fichiers et leurs signatures, et le motif s’il est refusé.",
)  # fmt: skip
def get_folder(folder_id: UUID) -> FolderInFull:
    """Where a folder is: its state, who has it, what was done, its files, why it came back."""
    return folder_telling.in_full(mine(folder_id))


@operation(
    "GET", "/folders/{folder_id}/files/{file_id}", FOLDERS_READ, tag=TAG,
    problems=(404, 410), summary="Télécharger un fichier d’un dossier", media="*/*",
    about="Le contenu d’un fichier : sa version courante (signée, s’il l’est), ou celle que nomme `version` ; 1 est celle du dépôt. Les preuves sont des fichiers de nature `evidence`.",
)  # fmt: skip
def get_folder_file(folder_id: UUID, file_id: UUID, query: VersionAsked) -> Response:
    """The bytes of a file: its current version, signed if it is, or the one of `version`."""
    document = folder_files.version_of(mine(folder_id), file_id, query.version)
    return folder_files.sent(document)


@operation(
    "GET", "/folders/{folder_id}/archive", FOLDERS_READ, tag=TAG, problems=(404, 410),
    summary="Télécharger un dossier entier", media="application/zip",
    about="Les fichiers dans leur version courante et les preuves, en une archive zip.",
)  # fmt: skip
def get_folder_archive(folder_id: UUID) -> Response:
    """Every file in its current version, and the evidence, as one zip."""
    return folder_files.zipped(mine(folder_id))


def origin() -> str:
    """What the deposits of this key are known by: those of the key that replaces it too."""
    return f"api:{keyed.key().person_id}"


def deposited(asked: NewFolder, given: list[Given], role: str) -> Folder:
    """A folder deposited as asked, its files stored already. Raises Problem."""
    subtype = _subtype(asked)
    for rank, one in enumerate(given):
        refuse_unfit(one.file, f"/files/{rank}")
        if one.kind == DETACHED and one.signs is not None and one.signs < len(given):
            _refuse(taking.misplaced(one.file, given[one.signs].file), f"/files/{rank}")
    try:
        found = deposit.deposit(
            actor=keyed.actor(),
            organisation_id=keyed.key().organisation_id,
            subtype_id=subtype.id,
            author_role=role,
            title=asked.title,
            files=given,
            metadata=asked.metadata,
            act=asked.act.model_dump(mode="json") if asked.act else None,
            external_id=asked.external_id,
            origin=origin(),
            visibility=asked.visibility,
            draft=asked.draft,
        )
    except DepositRefused as refused:
        raise Problem(422, "bad-values", errors=faults(refused)) from None
    return db.session.get_one(Folder, found)


def refuse_unfit(stored: StoredFile, pointer: str) -> None:
    """Refuse a PDF that could be neither shown nor signed. Raises Problem, with the cure."""
    _refuse(taking.unfit(stored), pointer)


def _refuse(why: str, pointer: str) -> None:
    if why:
        raise wrong("bad-file", pointer, why)


def my_desks() -> list[str]:
    """The roles of the desks at which the key sits."""
    return sorted(rules.desks_of(keyed.actor(), keyed.key().organisation_id))


def _deposited(body: NewFolder) -> Folder:
    mine = my_desks()
    role = f"{DESK_PREFIX}{body.desk.removeprefix(DESK_PREFIX)}" if body.desk else ""
    if not role and len(mine) == 1:
        role = mine[0]
    if role not in mine:
        sentence = _("Donnez dans « desk » un des bureaux de la clé.")
        raise wrong("bad-values", "/desk", sentence)
    return deposited(body, list(_given(body)), role)


def _given(body: NewFolder) -> Iterator[Given]:
    """The files of a deposit: sent ahead, or in the part of their rank. Raises Problem."""
    wanted = {one.sha256 for one in body.files if one.sha256}
    ahead = {
        one.sha256: StoredFile(one.sha256, one.name, one.media_type, one.size)
        for one in api_keys.uploads(keyed.key().organisation_id, wanted)
    }
    parts = receiving.files()
    for rank, one in enumerate(body.files):
        came = parts.get(f"files.{rank}", [])
        stored = ahead.get(one.sha256) if one.sha256 else came[0] if came else None
        if stored is None:
            sentence = _(
                "Ce fichier n’est pas là : envoyez-le d’abord par POST /files, ou dans la "
                "partie « files.%(rank)s ».",
                rank=rank,
            )
            raise wrong("bad-file", f"/files/{rank}", sentence)
        yield given(one, stored)


def given(one: FileToDeposit, stored: StoredFile) -> Given:
    """A file as the book takes it."""
    return Given(stored, one.kind, one.title, one.document_type, signs=one.signs)


def _subtype(asked: NewFolder) -> FolderSubtype:
    found = db.session.scalars(
        select(FolderSubtype)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == keyed.key().organisation_id,
            FolderType.slug == asked.type,
            FolderSubtype.slug == asked.subtype,
        )
    ).first()
    if found is None:
        sentence = _("Ce type ou ce sous-type n’existe pas dans ce parapheur.")
        raise wrong("bad-values", "/subtype", sentence)
    return found


def _known(external_id: str | None) -> Folder | None:
    """The folder that this key deposited under this identifier."""
    if not external_id:
        return None
    found = db.session.scalars(
        select(Folder).where(
            Folder.organisation_id == keyed.key().organisation_id,
            Folder.origin == origin(),
            Folder.external_id == external_id,
        )
    ).first()
    return mine(found.instance_id) if found else None


def _listed(
    query: FoldersAsked, after: list[Any] | None
) -> Iterator[tuple[datetime, UUID]]:
    """The latest folders of each desk, enough of them for a page: each read on an index."""
    wanted = f"{DESK_PREFIX}{query.desk.removeprefix(DESK_PREFIX)}" if query.desk else None
    for role in my_desks():
        if wanted not in (None, role):
            continue
        asked = select(Folder.deposited_at, Folder.instance_id).where(
            Folder.organisation_id == keyed.key().organisation_id,
            Folder.author_role == role,
        )
        if query.state:
            asked = asked.where(Folder.state == query.state)
        if query.type:
            kinds = (
                select(FolderSubtype.id)
                .join(FolderType, FolderType.id == FolderSubtype.type_id)
                .where(
                    FolderType.organisation_id == keyed.key().organisation_id,
                    FolderType.slug == query.type,
                )
            )
            asked = asked.where(Folder.subtype_id.in_(kinds))
        if after is not None:
            place = tuple_(Folder.deposited_at, Folder.instance_id)
            asked = asked.where(place < tuple_(*after))
        ordered = asked.order_by(Folder.deposited_at.desc(), Folder.instance_id.desc())
        for row in db.session.execute(ordered.limit(query.limit + 1)):
            yield row[0], row[1]


def mine(folder_id: UUID) -> Folder:
    """A folder that the key may see. Raises Problem."""
    found = refusals.found(Folder, folder_id)
    if found.organisation_id != keyed.key().organisation_id:
        raise Problem(404, "unknown")
    return found


def faults(refused: DepositRefused | ActRefused) -> list[Fault]:
    return [
        Fault(where="body", pointer="/" + field.replace(".", "/"), message=sentence)
        for field, sentence in refused.errors.items()
    ]
