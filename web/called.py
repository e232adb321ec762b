"""What roles and subjects are called in some bodies: their desks and kinds of folders too."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from engine import definitions
from engine.models import db
from workflows.parapheur.models import Desk, FolderSubtype, FolderType


def roles(bodies: Iterable[UUID | None]) -> dict[str, str]:
    """The names of roles: those of procedures, and of these bodies' desks."""
    wanted = [one for one in bodies if one is not None]
    desks = select(Desk.role, Desk.name).where(Desk.organisation_id.in_(wanted))
    named = {role: name for role, name in db.session.execute(desks)} if wanted else {}
    return {**definitions.role_names(), **named}


def kinds_of_folders(body: UUID) -> dict[str, str]:
    """The subtypes that a body still uses, by the key under which they are lent."""
    found = db.session.execute(
        select(FolderSubtype.scope, FolderType.name, FolderSubtype.name)
        .join(FolderType, FolderType.id == FolderSubtype.type_id)
        .where(
            FolderType.organisation_id == body,
            FolderType.closed_at.is_(None),
            FolderSubtype.closed_at.is_(None),
        )
        .order_by(FolderType.name, FolderSubtype.name)
    )
    return {scope: f"{kind} – {name}" for scope, kind, name in found}


def lent(scopes: Iterable[str]) -> dict[str, str]:
    """What these subtypes are called."""
    wanted = [one for one in scopes if one.startswith("parapheur.")]
    if not wanted:
        return {}
    found = select(FolderSubtype.scope, FolderSubtype.name).where(
        FolderSubtype.scope.in_(wanted)
    )
    return {scope: name for scope, name in db.session.execute(found)}
