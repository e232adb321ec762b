"""The files of a folder and their versions: the current one, and how a new one is made."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import func, select

from connectors import StoredFile
from engine import clock, documents
from engine.documents import OFFICE
from engine.models import db
from workflows.parapheur.models import (
    CADES,
    DETACHED,
    EVIDENCE,
    MAIN,
    PES,
    XADES,
    FileSignature,
    FileVersion,
    Folder,
    FolderAct,
    FolderFile,
)

Plain = dict[str, Any]
PDF = "application/pdf"


@dataclass(frozen=True)
class Current:
    """A file of a folder as it is now."""

    file: FolderFile
    version: FileVersion

    @property
    def sha256(self) -> str:
        """The digest of its bytes."""
        return str(self.version.document.sha256)

    def stored(self) -> StoredFile:
        """Its bytes, as partners keep them."""
        one = self.version.document
        return StoredFile(one.sha256, one.name, one.media_type, one.size)

    def to_close(self, **more: Any) -> Plain:
        """As `signature.seal` and `signature.close` take it, with what is given besides."""
        found = self.described()
        kept = {k: found[k] for k in ("id", "sha256", "name", "media_type", "format")}
        return kept | {name: value for name, value in more.items() if value is not None}

    def described(self) -> Plain:
        """As diagrams and partners take it."""
        document = self.version.document
        return {
            "id": str(self.file.id),
            "sha256": document.sha256,
            "name": document.name,
            "media_type": document.media_type,
            "size": document.size,
            "kind": self.file.kind,
            "title": self.file.title,
            "document_type": self.file.document_type,
            "format": self.file.format,
        }


def current(folder_id: UUID) -> list[Current]:
    """Every file of a folder in its current version, in their order; not its proofs."""
    return current_of([folder_id])[folder_id]


def proofs(folder_id: UUID) -> list[Current]:
    """What proves a folder: its sealed record, its history, its report; as last made."""
    return [one for one in every(folder_id) if one.file.kind == EVIDENCE]


def every(folder_id: UUID) -> list[Current]:
    """The files of a folder and its proofs, each in its current version."""
    return _read([folder_id])[folder_id]


def current_of(folder_ids: Iterable[UUID]) -> dict[UUID, list[Current]]:
    """The same as `current` for several folders at once."""
    return _read(list(folder_ids), FolderFile.kind != EVIDENCE)


def to_close(
    there: Iterable[Current], wanted: Container[UUID], ours: Container[UUID]
) -> list[Plain]:
    """Of the files of a folder, those that may bear a signature, as `signature.close` takes
    them: the PDFs, and the signatures beside another file, with that one.

    What is not `ours` was signed by others, or by nobody: it is closed if it can be.
    """
    known = {one.file.id: one for one in there}
    found = []
    for one in known.values():
        signed = known.get(one.file.signs_id) if one.file.signs_id else None
        if one.file.id in wanted and (signed or one.version.document.media_type == PDF):
            foreign = True if one.file.id not in ours else None
            beside = signed.sha256 if signed else None
            found.append(one.to_close(signs=beside, foreign=foreign))
    return found


def _read(ids: list[UUID], *which: Any) -> dict[UUID, list[Current]]:
    found = db.session.execute(
        select(FolderFile, FileVersion)
        .join(FileVersion, FileVersion.file_id == FolderFile.id)
        .where(FolderFile.instance_id.in_(ids), FileVersion.withdrawn_at.is_(None), *which)
        .order_by(FolderFile.position, FileVersion.number)
    ).all()
    last = {file.id: Current(file, version) for file, version in found}
    grouped: dict[UUID, list[Current]] = {one: [] for one in ids}
    for one in last.values():
        grouped[one.file.instance_id].append(one)
    return grouped


def to_sign(folder_id: UUID) -> list[Current]:
    """The files that a signatory signs: the main ones."""
    return [one for one in current(folder_id) if one.file.kind == MAIN]


def versions(file_id: UUID) -> list[FileVersion]:
    """Every version of a file, the first one first."""
    asked = select(FileVersion).where(FileVersion.file_id == file_id)
    return list(db.session.scalars(asked.order_by(FileVersion.number)))


def next_position(folder_id: UUID, least: int = 1) -> int:
    """The place after the last file of a folder, those withdrawn included."""
    last = select(func.max(FolderFile.position)).where(FolderFile.instance_id == folder_id)
    return max(least, 1 + (db.session.scalar(last) or 0))


def add(
    folder: Folder,
    position: int,
    file: StoredFile,
    *,
    act: FolderAct,
    kind: str = MAIN,
    title: str = "",
    **facts: Any,
) -> FolderFile:
    """Enter a file in a folder with its first version, in the open transaction."""
    row = FolderFile(
        id=uuid4(),
        instance_id=folder.instance_id,
        position=position,
        kind=kind,
        title=(title or file.name)[:300],
        **facts,
    )
    db.session.add(row)
    db.session.flush()
    new_version(folder, row, file, act=act)
    return row


def new_version(
    folder: Folder, row: FolderFile, file: StoredFile, *, act: FolderAct
) -> FileVersion:
    """Add a version to a file: what it was before stays as it is, and is proved no longer."""
    row.good_until = row.renewal_id = None
    last = select(func.max(FileVersion.number)).where(FileVersion.file_id == row.id)
    number = (db.session.scalar(last) or 0) + 1
    origin = "officer" if act.person_id else "partner"
    document = documents.add(
        file, kind=f"parapheur_{row.kind}", title=row.title, origin=origin,
        instance_id=folder.instance_id, audience=OFFICE, by=act.person_id,
    )  # fmt: skip
    version = FileVersion(
        id=uuid4(), file_id=row.id, number=number, document_id=document.id,
        act_id=act.id, made_at=clock.now(),
    )  # fmt: skip
    version.document = document
    db.session.add(version)
    db.session.flush()
    return version


def take_signed(
    folder: Folder,
    signed: Iterable[Plain],
    act: FolderAct,
    there: Iterable[Current] | None = None,
) -> dict[str, Any]:
    """Keep what a signature, a seal or a timestamp made of files; their digests by file.

    Each is {id, file, signatures}. A detached signature becomes a file of its own beside
    what it signs; another signature of the same file, its next version. A file that comes
    back as it was is left. `there` are the folder's files when they were just read. Raises
    LookupError for a file of another folder.
    """
    now = every(folder.instance_id) if there is None else there
    known = {str(one.file.id): one for one in now}
    digests: dict[str, Any] = {}
    for made in signed:
        if made["id"] not in known:
            raise LookupError("This file is not one of the folder.")
        was, file = known[made["id"]], _stored(made["file"])
        if file.sha256 == was.sha256:
            continue
        row, until = was.file, was.file.good_until
        if row.kind != DETACHED and row.format in {CADES, XADES}:
            row, before = _detached(folder, was.file, file, act, known), ""
            version = versions(row.id)[-1]
        else:
            before = was.sha256
            version = new_version(folder, row, file, act=act)
        digests[str(row.id)] = [before, file.sha256]
        facts = made.get("signatures") or []
        _keep_facts(row, version, facts)
        if row.kind == DETACHED or row.format != PES:  # to which nothing is ever added
            row.good_until = _lasting(until, facts)
    return digests


def _detached(
    folder: Folder,
    signs: FolderFile,
    file: StoredFile,
    act: FolderAct,
    known: Mapping[str, Current],
) -> FolderFile:
    """The signature kept beside a file: a new version of it when there is one already."""
    beside = [one.file for one in known.values() if one.file.signs_id == signs.id]
    if beside:
        new_version(folder, beside[0], file, act=act)
        return beside[0]
    position = next_position(folder.instance_id)
    return add(
        folder, position, file, act=act, kind=DETACHED, title=f"Signature – {signs.title}",
        format=signs.format, signs_id=signs.id,
    )  # fmt: skip


def _keep_facts(row: FolderFile, version: FileVersion, facts: Iterable[Plain]) -> None:
    """What each signature says of itself, as examined when it was made."""
    for position, one in enumerate(facts, 1):
        db.session.add(
            FileSignature(
                id=uuid4(),
                version_id=version.id,
                position=position,
                kind=one.get("kind", "signature"),
                format=str(one.get("format") or row.format)[:10],
                level=str(one.get("level") or "")[:10],
                quality=str(one.get("quality") or "")[:12],
                subject=str(one.get("subject") or "")[:400],
                issuer=str(one.get("issuer") or "")[:400],
                serial=str(one.get("serial") or "")[:80],
                valid_from=_moment(one.get("valid_from")) or clock.now(),
                valid_to=_moment(one.get("valid_to")) or clock.now(),
                signed_at=_moment(one.get("signed_at")),
                timestamped_at=_moment(one.get("timestamped_at")),
                indication=str(one.get("indication") or "")[:60],
                report=dict(one),
            )
        )


def _lasting(before: datetime | None, facts: Iterable[Plain]) -> datetime | None:
    """Until when a file is proved: as its last timestamp; without one, as who signed it."""
    ends = [(one.get("kind"), _end(one)) for one in facts]
    stamps = [end for kind, end in ends if kind == "timestamp" and end]
    if stamps:
        return stamps[-1]
    return min((end for _, end in [*ends, ("", before)] if end), default=None)


def _end(one: Plain) -> datetime | None:
    """Until when a signature proves: its certificate's end, or its algorithm's before that."""
    retired = (one.get("algorithm") or {}).get("retired")
    ends = (_moment(one.get("valid_to")), _moment(retired))
    return min((end for end in ends if end), default=None)


def _stored(file: Any) -> StoredFile:
    if isinstance(file, StoredFile):
        return file
    return StoredFile(
        file["sha256"], file["name"], file["media_type"], int(file.get("size") or 0)
    )


def _moment(text: Any) -> datetime | None:
    found = datetime.fromisoformat(str(text)) if text else None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
