"""Who sees a folder of the signature book, who acts on it, who keeps the book.

A desk's deputy has what they were lent, within its dates and its subtypes, and no more.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from engine import access
from engine.actors import Actor, Role
from engine.directory import Organisation
from engine.models import db
from workflows.parapheur.mail_models import SecureMail
from workflows.parapheur.models import (
    DESK_PREFIX,
    DRAFT,
    PUBLIC,
    SERVICE,
    Annotation,
    Desk,
    Folder,
    FolderDesk,
    FolderFile,
    FolderSubtype,
    FolderType,
    SecondOpinion,
)

KEEPER = "parapheur_administrator"
"""The functional administrator of a body's book."""


def desks_of(
    actor: Actor, organisation_id: UUID | None, scope: str | None = None
) -> set[str]:
    """The desks at which somebody sits in a body, lent ones included, for a subtype's folders."""
    return {
        role.name
        for role in actor.roles
        if role.name.startswith(DESK_PREFIX)
        and role.organisation_id == organisation_id
        and (covers(role, scope) if scope else True)
    }


def covers(role: Role, scope: str) -> bool:
    """Whether a role serves for the folders of a subtype, or of its whole type."""
    return role.covers(scope)


def keeps(actor: Actor, organisation_id: UUID | None) -> bool:
    """Whether somebody administers the book of a body."""
    return actor.holds(organisation_id, KEEPER)


def _sees(actor: Actor, folder: Folder) -> bool:
    if keeps(actor, folder.organisation_id):
        return True
    mine = desks_of(actor, folder.organisation_id, folder.subtype.scope)
    if folder.state == DRAFT:
        return folder.author_role in mine
    if not mine:
        return False
    if folder.visibility == PUBLIC:
        return True
    theirs = set(
        db.session.scalars(
            select(FolderDesk.role).where(FolderDesk.instance_id == folder.instance_id)
        )
    )
    if mine & theirs:
        return True
    return folder.visibility == SERVICE and bool(mine & _above(folder, theirs))


def _above(folder: Folder, roles: Collection[str]) -> set[str]:
    """The desks right above these."""
    parent = select(Desk.parent_id).where(
        Desk.organisation_id == folder.organisation_id, Desk.role.in_(roles)
    )
    return set(db.session.scalars(select(Desk.role).where(Desk.id.in_(parent))))


def _authors(actor: Actor, folder: Folder) -> bool:
    """At the desk that deposited it."""
    return folder.author_role in desks_of(
        actor, folder.organisation_id, folder.subtype.scope
    )


def _annotates(actor: Actor, folder: Folder) -> bool:
    at_a_desk = bool(desks_of(actor, folder.organisation_id, folder.subtype.scope))
    return at_a_desk and _sees(actor, folder)


def _folder_of(file: FolderFile) -> Folder:
    return db.session.get_one(Folder, file.instance_id)


def _advises(actor: Actor, opinion: SecondOpinion) -> bool:
    folder = db.session.get_one(Folder, opinion.instance_id)
    return opinion.role in desks_of(actor, folder.organisation_id, folder.subtype.scope)


def _sent(actor: Actor, mail: SecureMail) -> bool:
    """The desk that deposited the folder, and whoever keeps the book."""
    folder = db.session.get_one(Folder, mail.instance_id)
    return _authors(actor, folder) or keeps(actor, folder.organisation_id)


def _sits(actor: Actor, desk: Desk) -> bool:
    return desk.role in desks_of(actor, desk.organisation_id)


RULES = {
    (Organisation, "keep the book"): lambda a, o: keeps(a, o.id),
    (Organisation, "use the book"): lambda a, o: bool(desks_of(a, o.id)) or keeps(a, o.id),
    (type(None), "use the book"): lambda a, _: any(
        r.name.startswith(DESK_PREFIX) or r.name == KEEPER for r in a.roles
    ),
    (Desk, "sit"): _sits,
    (Desk, "keep"): lambda a, d: keeps(a, d.organisation_id),
    (FolderType, "keep"): lambda a, t: keeps(a, t.organisation_id),
    (FolderSubtype, "keep"): lambda a, s: keeps(a, s.type.organisation_id),
    (Folder, "see"): _sees,
    (Folder, "handle"): _authors,
    (Folder, "annotate"): _annotates,
    (Folder, "bypass"): lambda a, f: keeps(a, f.organisation_id),
    (Folder, "remind"): lambda a, f: _authors(a, f) or keeps(a, f.organisation_id),
    (FolderFile, "read"): lambda a, f: _sees(a, _folder_of(f)),
    (SecondOpinion, "answer"): _advises,
    (SecureMail, "revoke"): _sent,
    (Annotation, "remove"): lambda a, n: n.person_id == a.person_id,
}

access.add_rules(RULES)
