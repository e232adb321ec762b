"""The lists of the book: a person's desks with what waits there, and a desk's folders.

Every list is read on one index, page by page, whatever the number of folders; counts stop
at `MOST_COUNTED`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, or_, select, union_all
from sqlalchemy.orm import contains_eager, joinedload

from engine import clock
from engine.actors import Actor, Role
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from engine.words import words
from workflows.parapheur.models import (
    DESK_PREFIX,
    IN_PROGRESS,
    Desk,
    Folder,
    FolderDesk,
    FolderSubtype,
    SecondOpinion,
)
from workflows.parapheur.standings import ASKED, DONE, NOW, TO_COME

MOST_COUNTED = 1000
PAGE_SIZE = 50
STATES = (NOW, ASKED, TO_COME, DONE)
"""Where a folder stands for a desk; and `late`, `deposited`, `refused`: see `folders`."""
LATE, DEPOSITED, BACK = "late", "deposited", "refused"


@dataclass(frozen=True)
class MyDesk:
    """A desk at which a person sits, by their own right or for somebody (`lent`)."""

    desk: Desk
    role: Role
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def lent(self) -> bool:
        """Whether it is somebody else's."""
        return self.role.for_person is not None


def desks(actor: Actor, *, counted: bool = True) -> list[MyDesk]:
    """The desks of a person, their own first, then those lent to them."""
    roles = [r for r in actor.roles if r.name.startswith(DESK_PREFIX)]
    wanted = {(r.organisation_id, r.name) for r in roles}
    if not wanted:
        return []
    bodies = {body for body, _ in wanted}
    found = {
        (d.organisation_id, d.role): d
        for d in db.session.scalars(
            select(Desk)
            .where(Desk.organisation_id.in_(bodies), Desk.role.in_({n for _, n in wanted}))
            .options(joinedload(Desk.organisation))
        )
    }
    there = [role for role in roles if (role.organisation_id, role.name) in found]
    numbers = counts(there) if counted else [{} for _ in there]
    mine = [
        MyDesk(found[role.organisation_id, role.name], role, number)
        for role, number in zip(there, numbers, strict=True)
    ]
    return sorted(mine, key=lambda m: (m.lent, m.desk.name, m.role.for_name))


COUNTED = (NOW, LATE, ASKED, BACK)


def counts(roles: Sequence[Role]) -> list[dict[str, int]]:
    """For each desk, how many folders it has to do, late ones, those on which it is asked,
    those that came back to it: one statement for them all, none counted past MOST_COUNTED.
    """
    asked = [
        select(literal(rank), literal(state), func.count()).select_from(
            folders(role, state).order_by(None).limit(MOST_COUNTED).subquery()
        )
        for rank, role in enumerate(roles)
        for state in COUNTED
    ]
    found: list[dict[str, int]] = [{} for _ in roles]
    for rank, state, number in db.session.execute(union_all(*asked)) if asked else ():
        found[rank][state] = number
    return found


def folders(
    role: Role,
    state: str = NOW,
    *,
    search: str = "",
    subtype_id: UUID | None = None,
    oldest_first: bool = True,
) -> Select[UUID]:
    """The ids of a desk's folders in a state, in their order, for `page`.

    `now`, `asked`, `to_come`, `done`: where they stand for the desk; `late`: to do now and
    past their time; `deposited`: those it has deposited; `refused`: those that came back to it.
    """
    if state in {DEPOSITED, BACK}:
        return _own(role, state, search, subtype_id)
    standing = NOW if state == LATE else state
    asked = (
        select(FolderDesk.instance_id)
        .join(Folder, Folder.instance_id == FolderDesk.instance_id)
        .where(
            FolderDesk.organisation_id == role.organisation_id,
            FolderDesk.role == role.name,
            FolderDesk.standing == standing,
        )
    )
    if state == LATE:
        asked = asked.where(Folder.due_at < clock.now(), Folder.state == IN_PROGRESS)
    asked = _narrowed(asked, role, search, subtype_id)
    if oldest_first and state != DONE:
        return asked.order_by(FolderDesk.at, FolderDesk.instance_id)
    return asked.order_by(FolderDesk.at.desc(), FolderDesk.instance_id.desc())


def _own(role: Role, state: str, search: str, subtype_id: UUID | None) -> Select[UUID]:
    asked = select(Folder.instance_id).where(
        Folder.organisation_id == role.organisation_id, Folder.author_role == role.name
    )
    if state == BACK:
        asked = asked.where(Folder.state == "refused")
    asked = _narrowed(asked, role, search, subtype_id)
    return asked.order_by(Folder.deposited_at.desc(), Folder.instance_id.desc())


def _narrowed(
    asked: Select[Any], role: Role, search: str, subtype_id: UUID | None
) -> Select[Any]:
    """What a deputy was lent, what is looked for."""
    if role.keys:
        scopes = select(FolderSubtype.id).where(FolderSubtype.scope.in_(sorted(role.keys)))
        asked = asked.where(Folder.subtype_id.in_(scopes))
    if subtype_id is not None:
        asked = asked.where(Folder.subtype_id == subtype_id)
    for word in words(search)[:8]:
        asked = asked.where(Folder.folded.contains(word, autoescape=True))
    return asked


def of_body(
    organisation_id: UUID,
    *,
    state: str = "",
    search: str = "",
    subtype_id: UUID | None = None,
) -> Select[UUID]:
    """The ids of a body's folders, the latest first: for whoever keeps the book."""
    asked = select(Folder.instance_id).where(Folder.organisation_id == organisation_id)
    if state:
        asked = asked.where(Folder.state == state)
    if subtype_id is not None:
        asked = asked.where(Folder.subtype_id == subtype_id)
    for word in words(search)[:8]:
        asked = asked.where(Folder.folded.contains(word, autoescape=True))
    return asked.order_by(Folder.deposited_at.desc(), Folder.instance_id.desc())


def read(ids: Iterable[UUID]) -> list[Folder]:
    """The folders of a page with what their lines show, in the same order."""
    wanted = list(ids)
    asked = (
        select(Folder)
        .join(ProcessInstance, ProcessInstance.id == Folder.instance_id)
        .where(Folder.instance_id.in_(wanted))
        .options(contains_eager(Folder.instance), joinedload(Folder.subtype))
        .options(joinedload(Folder.author))
    )
    found = {one.instance_id: one for one in db.session.scalars(asked)}
    return [found[one] for one in wanted if one in found]


def desks_now(ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """For each folder, the roles of the desks that have it now."""
    wanted = list(ids)
    found: dict[UUID, list[str]] = {one: [] for one in wanted}
    asked = select(FolderDesk.instance_id, FolderDesk.role).where(
        FolderDesk.instance_id.in_(wanted), FolderDesk.standing == NOW
    )
    for folder_id, role in db.session.execute(asked):
        found[folder_id].append(role)
    return found


def tasks_of(folder_id: UUID, actor: Actor | None = None) -> list[UserTask]:
    """The open tasks of a folder and of its circuits; an actor's alone when one is given."""
    cases = select(ProcessInstance.id).where(
        or_(ProcessInstance.id == folder_id, ProcessInstance.parent_id == folder_id)
    )
    asked = (
        select(UserTask)
        .where(UserTask.instance_id.in_(cases), IS_OPEN, UserTask.page != "")
        .options(joinedload(UserTask.instance, innerjoin=True))
        .order_by(UserTask.opened_at, UserTask.id)
    )
    found = list(db.session.scalars(asked))
    return [t for t in found if actor is None or actor.role_for(t) is not None]


def next_folder(role: Role, after: UUID, state: str = NOW) -> UUID | None:
    """The folder that a desk opens once it is done with this one: the next of its list."""
    here = db.session.get(FolderDesk, (after, role.name))
    asked = folders(role, state).where(FolderDesk.instance_id != after)
    if here is not None:
        moment: datetime = here.at
        later = or_(
            FolderDesk.at > moment,
            and_(FolderDesk.at == moment, FolderDesk.instance_id > after),
        )
        if (found := db.session.scalar(asked.where(later).limit(1))) is not None:
            return found
    return db.session.scalar(asked.limit(1))


def opinions(actor: Actor, limit: int = PAGE_SIZE) -> list[SecondOpinion]:
    """The second opinions that wait for a person, the oldest first."""
    roles = [r for r in actor.roles if r.name.startswith(DESK_PREFIX)]
    if not roles:
        return []
    named = or_(
        *(
            and_(
                SecondOpinion.organisation_id == r.organisation_id,
                SecondOpinion.role == r.name,
            )
            for r in roles
        )
    )
    asked = select(SecondOpinion).where(SecondOpinion.given_at.is_(None), named)
    return list(db.session.scalars(asked.order_by(SecondOpinion.asked_at).limit(limit)))
