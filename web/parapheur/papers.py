"""The files of a folder as one person reads them: their versions, signatures and remarks."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from engine.access import Actor
from engine.models import db
from workflows.parapheur import rules
from workflows.parapheur.models import (
    MAIN,
    Annotation,
    FileSignature,
    FileVersion,
    Folder,
    FolderFile,
)
from workflows.parapheur.signatures import borne, level


@dataclass
class Shown:
    """A file with its versions, the current one last, and what is on them."""

    file: FolderFile
    versions: list[FileVersion]
    signatures: list[FileSignature] = field(default_factory=list)
    remarks: int = 0

    @property
    def current(self) -> FileVersion:
        """The version in force."""
        return next(
            (v for v in reversed(self.versions) if not v.withdrawn_at), self.versions[-1]
        )

    @property
    def is_pdf(self) -> bool:
        """Whether its pages can be drawn."""
        return self.current.document.media_type == "application/pdf"

    def level(self, one: FileSignature) -> str:
        """The level of one of its signatures today."""
        return level(one, self.signatures)

    @property
    def is_text(self) -> bool:
        """Whether its text can be shown as it is."""
        return self.current.document.media_type in {
            "application/xml", "text/xml", "text/plain", "text/csv",
        }  # fmt: skip


def files_of(folder: Folder, actor: Actor) -> list[Shown]:
    """The files of a folder in their order, with all that hangs on each."""
    files = list(
        db.session.scalars(
            select(FolderFile)
            .where(FolderFile.instance_id == folder.instance_id)
            .order_by(FolderFile.position)
        )
    )
    ids = [file.id for file in files]
    versions = defaultdict[UUID, list[FileVersion]](list)
    for version in db.session.scalars(
        select(FileVersion).where(FileVersion.file_id.in_(ids)).order_by(FileVersion.number)
    ):
        versions[version.file_id].append(version)
    shown = [
        Shown(file, versions[file.id])
        for file in files
        if any(one.withdrawn_at is None for one in versions[file.id])
    ]
    signatures = borne(ids)
    remarks = _counted(ids, _readable(actor, folder))
    for one in shown:
        one.signatures = signatures.get(one.file.id, [])
        one.remarks = remarks.get(one.file.id, 0)
    return shown


def versions_of(folder_id: UUID, file_id: UUID) -> list[FileVersion]:
    """The versions of a file of a folder, in order; none when it is another folder's."""
    found = (
        select(FileVersion)
        .join(FolderFile, FolderFile.id == FileVersion.file_id)
        .where(FolderFile.id == file_id, FolderFile.instance_id == folder_id)
        .order_by(FileVersion.number)
    )
    return list(db.session.scalars(found))


def _counted(ids: Sequence[UUID], readable: ColumnElement[bool]) -> dict[UUID, int]:
    rows = db.session.execute(
        select(Annotation.file_id, func.count())
        .where(Annotation.file_id.in_(ids), Annotation.removed_at.is_(None), readable)
        .group_by(Annotation.file_id)
    )
    return {file_id: count for file_id, count in rows}


def remarks_on(
    file_id: UUID, pages: range, actor: Actor, folder: Folder
) -> dict[int, list[Annotation]]:
    """The remarks that somebody may read on these pages of a file, by page."""
    found = defaultdict[int, list[Annotation]](list)
    rows = (
        select(Annotation)
        .where(
            Annotation.file_id == file_id,
            Annotation.page >= pages.start,
            Annotation.page < pages.stop,
            Annotation.removed_at.is_(None),
            _readable(actor, folder),
        )
        .options(joinedload(Annotation.person))
        .order_by(Annotation.page, Annotation.y, Annotation.at)
    )
    for remark in db.session.scalars(rows):
        found[remark.page].append(remark)
    return found


def _readable(actor: Actor, folder: Folder) -> ColumnElement[bool]:
    """Public remarks, and the private ones of the desks where one sits for this folder."""
    roles = rules.desks_of(actor, folder.organisation_id, folder.subtype.scope)
    return or_(Annotation.private.is_(False), Annotation.role.in_(roles))


def main_first(files: Sequence[Shown], wanted: str) -> Shown | None:
    """The file that an address names, else the first to be signed, else the first."""
    named = next((one for one in files if str(one.file.id) == wanted), None)
    main = next((one for one in files if one.file.kind == MAIN), None)
    return named or main or next(iter(files), None)
