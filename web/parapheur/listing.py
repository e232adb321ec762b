"""The trays of a desk: which folders each holds, a page of them, those around one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, func, select

from engine.actors import Actor, Role
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from web.parapheur import asking, reading
from web.parapheur.asking import Asked
from workflows.parapheur import lists
from workflows.parapheur.lists import MOST_COUNTED
from workflows.parapheur.models import FINISHED, IN_PROGRESS, Desk, Folder, FolderDesk
from workflows.parapheur.standings import ASKED, DONE, NOW, TO_COME

PER_PAGE = 25
MOST_AROUND = 200
"""Folders of a list among which one goes from one to the next."""


@dataclass(frozen=True)
class Tray:
    """One tray of every desk. `acts`: several of its folders may be treated together."""

    label: Any
    empty: Any
    acts: bool = False
    arrival: bool = True
    latest: bool = False


TRAYS = {
    "a-traiter": Tray(_("À traiter"), _("Aucun dossier n’attend à ce bureau."), acts=True),
    "en-retard": Tray(_("En retard"), _("Aucun dossier n’a dépassé son échéance."), acts=True),
    "avis": Tray(_("Avis demandés"), _("Personne ne demande l’avis de ce bureau.")),
    "a-venir": Tray(_("À venir"), _("Aucun dossier ne va arriver à ce bureau.")),
    "suivis": Tray(_("Suivis"), _("Aucun dossier passé par ce bureau n’est en cours."), arrival=False, latest=True),
    "refuses": Tray(_("Refusés"), _("Aucun dossier refusé n’attend d’être corrigé."), arrival=False, latest=True),
    "termines": Tray(_("Terminés"), _("Aucun dossier passé par ce bureau n’est terminé."), latest=True),
}  # fmt: skip

_STATES = {
    "a-traiter": NOW, "en-retard": lists.LATE, "avis": ASKED, "a-venir": TO_COME,
    "refuses": lists.BACK, "termines": DONE,
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A folder as a list shows it; `task_id` is what this desk is to do with it now,
    `holder` whose turn it is when that is not asked of this desk.
    """

    id: UUID
    title: str
    number: str
    type: str
    author: str
    step: str
    state: str
    due_at: datetime | None
    deposited_at: datetime
    unread: bool
    task_id: UUID | None = None
    lent: str = ""
    holder: str = ""


@dataclass(frozen=True)
class Page:
    """Some lines of a list; `after` is where the next page begins, empty at the end."""

    rows: list[Line]
    after: str


def role_at(desk: Desk, actor: Actor) -> Role | None:
    """By which role somebody sits at a desk: their own, else one that is lent to them."""
    found = [
        role
        for role in actor.roles
        if (role.organisation_id, role.name) == (desk.organisation_id, desk.role)
    ]
    return min(found, key=lambda r: (r.for_person is not None, r.for_name), default=None)


def folders(role: Role, tray: str) -> Select[Any]:
    """The folders of a tray, in no order."""
    if tray == "suivis":
        return _followed(role)
    found = lists.folders(role, _STATES[tray]).order_by(None)
    return found.where(Folder.state == FINISHED) if tray == "termines" else found


def _followed(role: Role) -> Select[Any]:
    """In progress, and this desk has done its part: read by the folders in progress."""
    passed = (
        select(FolderDesk.instance_id)
        .where(
            FolderDesk.instance_id == Folder.instance_id,
            FolderDesk.role == role.name,
            FolderDesk.standing == DONE,
        )
        .exists()
    )
    found = select(Folder.instance_id).where(
        Folder.organisation_id == role.organisation_id, Folder.state == IN_PROGRESS, passed
    )
    return lists._narrowed(found, role, "", None)


def counts(role: Role) -> dict[str, int]:
    """How many folders each tray holds, no further than anyone counts."""
    found = {}
    for name in TRAYS:
        some = folders(role, name).limit(MOST_COUNTED).subquery()
        found[name] = db.session.scalar(select(func.count()).select_from(some)) or 0
    return found


def page(role: Role, tray: str, asked: Asked, after: str, actor: Actor) -> Page:
    """A page of a tray, as asked."""
    kind = TRAYS[tray]
    order = asking.order_of(asked, arrival=kind.arrival, latest=kind.latest)
    rows = order.apply(asked.narrow(folders(role, tray)), after)
    return paged(rows, order, role.organisation_id, actor, role.name if kind.acts else "")


def paged(
    rows: Select[Any], order: asking.Order, body: UUID, actor: Actor, desk: str = ""
) -> Page:
    """The first lines of these folders; `desk` is the one whose tasks they may be ticked by."""
    asked = rows.add_columns(order.column).limit(PER_PAGE + 1)
    found = list(db.session.execute(asked))
    shown = found[:PER_PAGE]
    last = shown[-1] if len(found) > PER_PAGE else None
    where = asking.place_of(last[1], last[0]) if last is not None else ""
    return Page(lines([row[0] for row in shown], body, actor, desk), where)


def lines(ids: Sequence[UUID], body: UUID, actor: Actor, desk: str = "") -> list[Line]:
    """The lines of these folders, in their order."""
    names = reading.desk_names(body)
    unread = reading.unread(ids, actor)
    tasks = _tasks(ids, body, desk) if desk and ids else {}
    holders = {} if desk or not ids else _holders(ids, names)
    return [
        Line(
            id=one.instance_id,
            title=one.title,
            number=one.instance.number,
            type=f"{one.subtype.type.name} › {one.subtype.name}",
            author=names.get(one.author_role, one.author_role),
            step=one.step,
            state=one.state,
            due_at=one.due_at,
            deposited_at=one.deposited_at,
            unread=one.instance_id in unread,
            task_id=tasks.get(one.instance_id),
            holder=holders.get(one.instance_id, "") if one.state == IN_PROGRESS else "",
        )
        for one in lists.read(ids)
    ]


def _holders(ids: Sequence[UUID], names: Mapping[str, str]) -> dict[UUID, str]:
    """The desks whose turn it is in each of these folders."""
    rows = db.session.execute(
        select(FolderDesk.instance_id, FolderDesk.role)
        .where(FolderDesk.instance_id.in_(ids), FolderDesk.standing == NOW)
        .order_by(FolderDesk.at, FolderDesk.role)
    )
    found: dict[UUID, list[str]] = {}
    for folder, role in rows:
        found.setdefault(folder, []).append(names.get(role, role))
    return {folder: ", ".join(desks) for folder, desks in found.items()}


def _tasks(ids: Sequence[UUID], body: UUID, desk: str) -> dict[UUID, UUID]:
    """What a desk is to do now in each of these folders."""
    rows = db.session.execute(
        select(ProcessInstance.parent_id, UserTask.id)
        .join(UserTask, UserTask.instance_id == ProcessInstance.id)
        .where(
            ProcessInstance.parent_id.in_(ids),
            UserTask.organisation_id == body,
            UserTask.role == desk,
            IS_OPEN,
        )
    )
    return {folder: task for folder, task in rows if folder is not None}


def order_ids(role: Role, tray: str, asked: Asked) -> list[UUID]:
    """The first folders of a tray as asked, among which one goes from one to the next."""
    kind = TRAYS[tray]
    order = asking.order_of(asked, arrival=kind.arrival, latest=kind.latest)
    rows = order.apply(asked.narrow(folders(role, tray)), "")
    return list(db.session.scalars(rows.limit(MOST_AROUND)))
