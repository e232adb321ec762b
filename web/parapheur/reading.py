"""A folder as one person reads it: its files, what was done to it, who has it, what is said.

A handful of indexed queries a page, whatever the length of its history.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from engine.access import Actor, allowed
from engine.directory import Organisation
from engine.models import ProcessInstance, UserTask, db
from web.parapheur import course, metadata
from web.parapheur.course import Stage
from web.parapheur.papers import Shown, files_of
from workflows.legality.models import LegalityAct
from workflows.parapheur import (
    acts,
    lists,
    mails,
    records,
    reminding,
    resuming,
    rules,
)
from workflows.parapheur.circuits import OPINION
from workflows.parapheur.mail_models import SecureMail
from workflows.parapheur.metadata import required
from workflows.parapheur.models import (
    ACTES,
    DRAFT,
    REFUSED,
    Desk,
    Folder,
    FolderAct,
    FolderReading,
    FolderSubtype,
    SecondOpinion,
)
from workflows.parapheur.opening import is_kind

LATEST_ACTS = 200
"""Acts shown on a folder's page; a circuit has tens of them."""


class FolderPage:
    """A folder and its reader; each part is read when a template asks for it, once."""

    def __init__(self, folder: Folder, actor: Actor) -> None:
        self.folder, self.actor = folder, actor

    @cached_property
    def case(self) -> ProcessInstance:
        """The case that the folder is."""
        return db.session.get_one(ProcessInstance, self.folder.instance_id)

    @cached_property
    def subtype(self) -> FolderSubtype:
        """What kind of folder it is."""
        return db.session.get_one(FolderSubtype, self.folder.subtype_id)

    @cached_property
    def body(self) -> Organisation:
        """The body whose folder it is."""
        return db.session.get_one(Organisation, self.folder.organisation_id)

    @cached_property
    def desks(self) -> dict[str, str]:
        """The names of the body's desks, by role."""
        return desk_names(self.folder.organisation_id)

    def desk(self, role: str) -> str:
        """The name of a desk, or of the role that is none."""
        return self.desks.get(role, role)

    @cached_property
    def files(self) -> list[Shown]:
        """Its files in their order, each with its versions and signatures."""
        return files_of(self.folder, self.actor)

    @cached_property
    def tasks(self) -> list[UserTask]:
        """What a circuit asks now, whoever it is for."""
        found = open_tasks(self.folder.instance_id)
        return [task for task in found if task.instance_id != self.folder.instance_id]

    @cached_property
    def mine(self) -> list[UserTask]:
        """What this person may do now, at their own desks or in somebody's place."""
        return [task for task in self.tasks if self.actor.role_for(task) is not None]

    @cached_property
    def at(self) -> set[str]:
        """The desks where this person sits, in somebody's place too, for such a folder."""
        return rules.desks_of(
            self.actor, self.folder.organisation_id, self.folder.subtype.scope
        )

    @cached_property
    def acts(self) -> list[FolderAct]:
        """What was done to it, the latest first."""
        found = (
            select(FolderAct)
            .where(FolderAct.instance_id == self.folder.instance_id)
            .options(joinedload(FolderAct.person), joinedload(FolderAct.replaced))
            .order_by(FolderAct.seq.desc())
            .limit(LATEST_ACTS)
        )
        return list(db.session.scalars(found))

    @cached_property
    def opinions(self) -> list[SecondOpinion]:
        """Opinions asked of other desks, the latest first."""
        found = (
            select(SecondOpinion)
            .where(SecondOpinion.instance_id == self.folder.instance_id)
            .order_by(SecondOpinion.asked_at.desc())
        )
        return list(db.session.scalars(found))

    @cached_property
    def mails(self) -> list[SecureMail]:
        """The letters by which it was sent outside, the latest first."""
        return mails.of_folder(self.folder.instance_id)

    @cached_property
    def may_revoke(self) -> bool:
        """Whether this person may close the links of its letters."""
        return bool(self.mails) and allowed(self.actor, "revoke", self.mails[0])

    @cached_property
    def asked_of_me(self) -> list[SecondOpinion]:
        """Opinions that wait for one of this person's desks."""
        return [
            one for one in self.opinions if one.given_at is None and self.sits(one.role)
        ]

    @cached_property
    def administers(self) -> bool:
        """Whether this person keeps the body's book."""
        return allowed(self.actor, "bypass", self.folder)

    @cached_property
    def registered(self) -> LegalityAct | None:
        """Its act in the register, for whoever reads it there."""
        if self.subtype.type.protocol != ACTES:
            return None
        found = (
            select(LegalityAct)
            .where(LegalityAct.folder_id == self.folder.instance_id)
            .order_by(LegalityAct.created_at.desc())
            .limit(1)
        )
        act = db.session.scalars(found).first()
        return act if act is not None and allowed(self.actor, "see", act) else None

    @cached_property
    def open_desks(self) -> dict[str, str]:
        """The desks that may be given the folder, by role."""
        return open_desks(self.folder.organisation_id)

    @cached_property
    def seats(self) -> list[str]:
        """The desks of this folder's body where this person sits."""
        return [role for role in self.open_desks if self.sits(role)]

    def value(self, key: str) -> Any:
        """What was said of the folder under a key of its subtype."""
        return (self.folder.details.get("metadata") or {}).get(key)

    @cached_property
    def metadata(self) -> list[tuple[str, str]]:
        """What was said of it, in words."""
        said = self.folder.details.get("metadata") or {}
        return metadata.told(self.subtype.metadata_fields, said)

    def asked(self, task: UserTask, moment: str) -> list[dict[str, Any]]:
        """What must be filled in at a step, to approve or sign (approval) or to refuse."""
        return required(self.subtype, moment, task)

    def restored(self, act: FolderAct) -> list[tuple[str, str]]:
        """What an act that was taken back had said, as it was before, in words."""
        return metadata.told_again(
            self.subtype.metadata_fields, act.detail.get("restored") or {}
        )

    def filled(self, act: FolderAct) -> list[tuple[str, str]]:
        """What was said of it with an act, in words."""
        return metadata.told(self.subtype.metadata_fields, act.detail.get("metadata") or {})

    @cached_property
    def course(self) -> list[Stage]:
        """Its circuit: what is done, what is now, what is to come."""
        return course.of(self.folder, self.tasks, list(reversed(self.acts)), self.desks)

    @property
    def corrects(self) -> bool:
        """Whether it waits for this person to correct it or to abandon it."""
        return self.folder.state in {DRAFT, REFUSED} and self.sits(self.folder.author_role)

    @cached_property
    def refusal(self) -> resuming.Refusal | None:
        """The desk's refusal on which it stands, for its author to answer."""
        return resuming.refusal_of(self.folder) if self.corrects else None

    @cached_property
    def hindered(self) -> str:
        """Why it cannot go on from the step that refused it; nothing when it can."""
        return resuming.obstacle(self.folder)

    @cached_property
    def undoable(self) -> FolderAct | None:
        """This person's last act, when it is the folder's last one and can be taken back."""
        last = next((one for one in self.acts if one.kind not in records.QUIET), None)
        offered = last is not None and acts.may_undo(self.folder, last, self.actor)
        return last if offered else None

    @cached_property
    def to_remind(self) -> list[tuple[UserTask, bool]]:
        """The steps that wait at other desks, for whoever may remind these; and whether they
        were reminded today already.
        """
        if not self.tasks or not allowed(self.actor, "remind", self.folder):
            return []
        known = reminding.reminded_today(self.folder.instance_id)
        waiting = [task for task in self.tasks if not self.sits(task.role)]
        return [(task, task.role in known) for task in waiting]

    def asks_advice(self, task: UserTask) -> bool:
        """Whether a step only asks for an opinion."""
        return is_kind(task, OPINION)

    def sits(self, role: str) -> bool:
        """Whether this person sits at a desk, or replaces somebody who does."""
        return role in self.at


def desk_names(organisation_id: UUID) -> dict[str, str]:
    """The names of a body's desks, closed ones too, by role."""
    rows = db.session.execute(
        select(Desk.role, Desk.name).where(Desk.organisation_id == organisation_id)
    )
    return {role: name for role, name in rows}


def open_desks(organisation_id: UUID) -> dict[str, str]:
    """The names of a body's open desks, by role, in the order of their names."""
    rows = db.session.execute(
        select(Desk.role, Desk.name)
        .where(Desk.organisation_id == organisation_id, Desk.closed_at.is_(None))
        .order_by(Desk.name)
    )
    return {role: name for role, name in rows}


def open_tasks(folder_id: UUID) -> list[UserTask]:
    """The tasks of the book that are open in a folder and in its circuits."""
    return lists.tasks_of(folder_id)


def correction(folder: Folder) -> UserTask | None:
    """The task by which its author has a refused folder or a draft in hand."""
    found = open_tasks(folder.instance_id)
    return next((one for one in found if one.instance_id == folder.instance_id), None)


def unread(folder_ids: Sequence[UUID], actor: Actor) -> set[UUID]:
    """Those of these folders that this person has never opened."""
    seen = select(FolderReading.instance_id).where(
        FolderReading.instance_id.in_(folder_ids),
        FolderReading.person_id == actor.person_id,
    )
    return set(folder_ids) - set(db.session.scalars(seen))
