"""Tells folders of the signature book, as `web.api.folder_shapes` declares them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine.models import db
from web.api.folder_shapes import (
    ActDone,
    DeskAt,
    FileOfFolder,
    FolderHead,
    FolderInFull,
    Refusal,
    SignatureTold,
)
from workflows.parapheur import files, lists
from workflows.parapheur.models import (
    DESK_PREFIX,
    REFUSED,
    Desk,
    FileSignature,
    Folder,
    FolderAct,
)
from workflows.parapheur.signatures import borne

Names = Mapping[str, str]


def heads(ids: Sequence[UUID]) -> list[FolderHead]:
    """The folders of a page, in its order."""
    found = lists.read(ids)
    now = lists.desks_now(ids)
    named = desk_names({one.organisation_id for one in found})
    return [FolderHead(**_head(one, now[one.instance_id], named)) for one in found]


def in_full(folder: Folder, *, already: bool = False) -> FolderInFull:
    """One folder with everything that its desk may know."""
    named = desk_names({folder.organisation_id})
    now = lists.desks_now([folder.instance_id])[folder.instance_id]
    acts = list(
        db.session.scalars(
            select(FolderAct)
            .where(FolderAct.instance_id == folder.instance_id)
            .order_by(FolderAct.seq)
        )
    )
    return FolderInFull(
        **_head(folder, now, named),
        round=folder.round,
        metadata=dict(folder.details.get("metadata") or {}),
        refusal=_refusal(folder, acts, named),
        acts=[_act(one, named) for one in acts],
        files=_files(folder),
        verification_code=folder.code,
        already_deposited=already,
    )


def desk_names(bodies: Iterable[UUID]) -> Names:
    """How the desks of some bodies are called, by role."""
    asked = select(Desk.role, Desk.name).where(Desk.organisation_id.in_(list(bodies)))
    return {role: name for role, name in db.session.execute(asked)}


def desk_at(role: str, named: Names) -> DeskAt:
    return DeskAt(desk=role.removeprefix(DESK_PREFIX), name=named.get(role, ""))


def _head(folder: Folder, now: Iterable[str], named: Names) -> dict[str, Any]:
    return {
        "id": folder.instance_id,
        "number": folder.instance.number,
        "external_id": folder.external_id,
        "title": folder.title,
        "type": folder.subtype.type.slug,
        "subtype": folder.subtype.slug,
        "state": folder.state,
        "step": folder.step,
        "author": desk_at(folder.author_role, named),
        "desks_now": [desk_at(role, named) for role in sorted(now)],
        "deposited_at": folder.deposited_at,
        "due_at": folder.due_at,
        "ended_at": folder.ended_at,
    }


def _refusal(folder: Folder, acts: Sequence[FolderAct], named: Names) -> Refusal | None:
    """The refusal that brought a folder back, while it is refused or was given up then."""
    if folder.state != REFUSED and not folder.refused_for:
        return None
    last = next((one for one in reversed(acts) if one.kind == "refused"), None)
    if last is None:
        return None
    return Refusal(
        reason=last.note or folder.refused_for,
        at=last.at,
        desk=desk_at(last.role, named) if last.role else None,
        person=last.person.name if last.person else None,
    )


def _act(act: FolderAct, named: Names) -> ActDone:
    return ActDone(
        rank=act.seq,
        round=act.round,
        kind=act.kind,
        at=act.at,
        step=act.step,
        desk=desk_at(act.role, named) if act.role else None,
        person=act.person.name if act.person else None,
        mention=act.mention,
        note=act.note,
        undone=act.undone_by is not None,
    )


def _files(folder: Folder) -> list[FileOfFolder]:
    current = files.current(folder.instance_id)
    signatures = borne(one.file.id for one in current)
    base = f"/api/v1/folders/{folder.instance_id}/files"
    return [
        FileOfFolder(
            id=one.file.id,
            kind=one.file.kind,  # type: ignore[arg-type]
            title=one.file.title,
            name=one.version.document.name,
            media_type=one.version.document.media_type,
            size=one.version.document.size,
            sha256=one.sha256,
            version=one.version.number,
            document_type=one.file.document_type,
            format=one.file.format,
            signs=one.file.signs_id,
            signatures=[_told(s) for s in signatures.get(one.file.id, [])],
            content=f"{base}/{one.file.id}",
        )
        for one in current
    ]


def _told(one: FileSignature) -> SignatureTold:
    """What is known of a signature."""
    return SignatureTold(
        kind=one.kind,
        format=one.format,
        level=one.level,
        quality=one.quality,
        subject=one.subject,
        issuer=one.issuer,
        signed_at=one.signed_at,
        timestamped_at=one.timestamped_at,
        indication=one.indication,
    )
