"""Go back: take back one's last act, or return a folder to the step before."""

from uuid import UUID

from sqlalchemy import or_, select, update

from engine import clock, rows
from engine.access import Forbidden, require
from engine.actors import Actor
from engine.commands import operations
from engine.commands.operations import Operation
from engine.commands.step import locked, restore
from engine.exchanges import RemoteCall
from engine.models import ProcessInstance, UserTask, db
from engine.spiff import surgery
from engine.transaction import AfterCommit, transaction
from workflows.parapheur import drafting, metadata, records, resuming
from workflows.parapheur.models import (
    IN_PROGRESS,
    REFUSED,
    FileVersion,
    Folder,
    FolderAct,
)
from workflows.parapheur.opening import ActRefused, opened

DECIDED = ("approved", "signed", "opinion_given")
"""Acts by which a desk lets a folder go, and that may be taken back."""
_REVOCABLE = frozenset({"signature"})
"""Partners whose call may be given up while it is made: nothing leaves the house."""


def undo(act_id: UUID, *, actor: Actor) -> UUID:
    """Take back one's own act, the last of its folder: its step opens again, its versions go.

    A deposit becomes a draft; a refusal is taken back as `resuming` says. A step of several
    desks opens again for all of them. What was filled in with the act is as it was before.
    Returns the id of the new act. Raises Forbidden for somebody else's, ActRefused when the
    folder went on meanwhile.
    """
    act = db.session.get_one(FolderAct, act_id)
    if act.kind == "deposited":
        return drafting.take_back(act_id, actor=actor)
    if act.kind == "refused":
        return resuming.take_back(act_id, actor=actor)
    done = db.session.get(UserTask, act.task_id) if act.task_id else None
    with transaction() as after_commit:
        if done is None or act.kind not in DECIDED:
            raise ActRefused({"act": "Cet acte ne s’annule pas."})
        instance = locked(done.instance_id)
        folder = records.locked(act.instance_id)
        act = db.session.get_one(FolderAct, act_id, populate_existing=True)
        done = db.session.get_one(UserTask, done.id)
        if act.person_id != actor.person_id or actor.role_for(done) is None:
            raise Forbidden
        _still_last(act, instance)
        undone = records.write(
            folder,
            "undone",
            actor,
            task=done,
            step=act.step,
            detail={"undoes": str(act.id), **metadata.given_back(folder, act)},
        )
        act.undone_by = undone.id
        _withdraw_versions(act)
        _go_back(instance, done.element_id, actor, "Droit de remords", after_commit)
        return undone.id


def may_undo(folder: Folder, act: FolderAct, actor: Actor) -> bool:
    """Whether a page offers to take back a folder's last act; the verb alone decides."""
    if folder.state == REFUSED:
        return resuming.may_take_back(folder, actor)
    kinds = (*DECIDED, "deposited") if folder.state == IN_PROGRESS else DECIDED
    mine = act.person_id == actor.person_id and act.undone_by is None
    return mine and act.kind in kinds


def send_back(task_id: UUID, *, actor: Actor, reason: str) -> UUID:
    """Return a folder to the desk that had it before, with a reason; versions stay.

    Raises as `approve`, and ActRefused at the first step of a circuit.
    """
    with opened(task_id) as held:
        require(actor, "complete", held.task)
        reason = reason.strip()
        if not reason:
            raise ActRefused({"reason": "Dites pourquoi vous renvoyez le dossier."})
        before = _before(held.task, held.folder)
        if before is None:
            raise ActRefused(
                {"task": "C’est la première étape : refusez le dossier pour le rendre."}
            )
        act = records.write(
            held.folder, "returned", actor, task=held.task, note=reason,
            detail={"to": before.role},
        )  # fmt: skip
        _go_back(
            held.instance, before.element_id, actor, reason, held.after_commit,
            standing=held.task.element_id,
        )  # fmt: skip
        return act.id


def _still_last(act: FolderAct, instance: ProcessInstance) -> None:
    if act.undone_by is not None:
        raise ActRefused({"act": "Cet acte est déjà annulé."})
    if records.moved_since(act) or not instance.is_open:
        raise ActRefused({"act": "Le dossier a avancé depuis : il est trop tard."})


def _before(task: UserTask, folder: Folder) -> UserTask | None:
    """The last step done in this circuit before this one, taken-back acts apart.

    A circuit that went on after a refusal was begun by another case of the same version.
    """
    begun = select(ProcessInstance.id).where(
        ProcessInstance.parent_id == folder.instance_id,
        ProcessInstance.definition_id == task.instance.definition_id,
    )
    return db.session.scalars(
        select(UserTask)
        .join(FolderAct, FolderAct.task_id == UserTask.id)
        .where(
            FolderAct.instance_id == folder.instance_id,
            FolderAct.kind.in_(DECIDED),
            FolderAct.undone_by.is_(None),
            FolderAct.round == folder.round,
            or_(UserTask.instance_id == task.instance_id, UserTask.instance_id.in_(begun)),
            UserTask.element_id != task.element_id,
        )
        .order_by(FolderAct.seq.desc())
        .limit(1)
    ).first()


def _withdraw_versions(act: FolderAct) -> None:
    """What the act made is kept and is no longer current."""
    db.session.execute(
        update(FileVersion)
        .where(FileVersion.act_id == act.id, FileVersion.withdrawn_at.is_(None))
        .values(withdrawn_at=clock.now())
    )


def _go_back(
    instance: ProcessInstance,
    element_id: str,
    actor: Actor,
    motive: str,
    after_commit: AfterCommit,
    *,
    standing: str = "",
) -> None:
    """Move the circuit's token before a step. Raises ActRefused when it has several."""
    rows.fill(instance, "state")
    tokens = surgery.standing(restore(instance))
    here = {t: e for t, e in tokens.items() if e in {standing, element_id}} or tokens
    if len(here) != 1:
        raise ActRefused(
            {"act": "Ce circuit se poursuit à plusieurs endroits : il ne revient pas en "
             "arrière de lui-même."}
        )  # fmt: skip
    (token,) = here
    _not_gone(token)
    operations.act(
        instance, Operation("move", target=str(token), to=element_id), actor=actor,
        motive=motive, after_commit=after_commit,
    )  # fmt: skip


def _not_gone(token: UUID) -> None:
    """What has left the house does not come back."""
    call = db.session.scalars(
        select(RemoteCall).where(RemoteCall.task_id == token).limit(1)
    ).first()
    if call is None or call.partner in _REVOCABLE or call.status in {"done", "cancelled"}:
        return
    if call.attempts or call.status == "running":
        raise ActRefused({"act": "L’étape suivante est déjà partie : il est trop tard."})
