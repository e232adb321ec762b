"""Let others act: transfer a step, ask an opinion, go past what a partner holds up."""

from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import or_, select

from engine import clock, rows, wake
from engine.access import require
from engine.actors import Actor
from engine.commands import operations, tasks
from engine.commands.operations import Operation
from engine.commands.step import locked, moved
from engine.exchanges import RemoteCall
from engine.models import ProcessInstance, db
from engine.spiff.records import PROCEDURE
from engine.transaction import transaction
from workflows.parapheur import records, standings
from workflows.parapheur.models import Desk, Folder, SecondOpinion
from workflows.parapheur.opening import ActRefused, opened
from workflows.parapheur.passing_on import BYPASSED
from workflows.parapheur.standings import folder_of

STUCK = ("ready", "incident", "running")
_NOTHING: dict[str, dict[str, Any]] = {
    "signature.seal": {"sealed": {"files": []}},
    "signature.close": {"closed": {"files": [], "complete": False}},
    "mail.send": {"mailed": {}},
    "archiving.deposit": {"archived": {}},
}
"""What a diagram is told in the place of a partner that is gone past."""


def transfer(task_id: UUID, role: str, *, actor: Actor, note: str = "") -> UUID:
    """Leave a step to another desk of the body; returns the act's id.

    Raises as `approve`, and ActRefused for a desk that cannot have it.
    """
    with opened(task_id) as held:
        require(actor, "complete", held.task)
        tasks.not_taken(held.task, actor)
        desk = _desk(held.folder, role)
        if role == held.task.role:
            raise ActRefused({"desk": "Le dossier est déjà à ce bureau."})
        replaced = actor.on_behalf(held.task)
        act = records.write(
            held.folder, "transferred", actor, task=held.task, note=note,
            detail={"to": desk.role},
        )  # fmt: skip
        rows.signal(wake.basket(held.task.organisation_id, held.task.role))
        detail = {"task": str(held.task.id), "from": held.task.role, "to": role}
        with moved(
            held.instance, "task_transferred", held.after_commit,
            by=actor.person_id, on_behalf_of=replaced, detail=detail,
        ) as process:  # fmt: skip
            process.hand_over(held.task.id, role)
        held.task.role = role
        tasks.hand_to(held.task, None)
        standings.follow(held.instance, process.user_tasks())
        rows.signal(wake.basket(held.task.organisation_id, role))
        return act.id


def ask_opinion(task_id: UUID, role: str, *, actor: Actor, question: str = "") -> UUID:
    """Ask another desk what it thinks while a step waits; returns the opinion's id.

    Raises as `approve`, and ActRefused for a desk that cannot be asked.
    """
    with opened(task_id) as held:
        require(actor, "complete", held.task)
        desk = _desk(held.folder, role)
        if role == held.task.role:
            raise ActRefused({"desk": "Choisissez un autre bureau que le vôtre."})
        waiting = select(SecondOpinion.id).where(
            SecondOpinion.instance_id == held.folder.instance_id,
            SecondOpinion.role == role,
            SecondOpinion.given_at.is_(None),
        )
        if db.session.scalar(waiting) is not None:
            raise ActRefused({"desk": f"L’avis de « {desk.name} » est déjà demandé."})
        records.write(
            held.folder, "opinion_asked", actor, task=held.task, note=question,
            detail={"to": role},
        )  # fmt: skip
        opinion = SecondOpinion(
            id=uuid4(), instance_id=held.folder.instance_id, role=role,
            organisation_id=held.folder.organisation_id, asked_by=actor.person_id,
            asking_role=held.task.role, question=question.strip()[: records.LONGEST_NOTE],
            asked_at=clock.now(),
        )  # fmt: skip
        db.session.add(opinion)
        standings.ask(held.folder, role)
        return opinion.id


def give_opinion(
    opinion_id: UUID, *, actor: Actor, answer: str, favourable: bool | None = None
) -> UUID:
    """Answer an opinion that was asked, once; returns the act's id.

    Raises Forbidden, ActRefused.
    """
    with transaction():
        opinion = db.session.get_one(SecondOpinion, opinion_id)
        folder = records.locked(opinion.instance_id)
        opinion = db.session.get_one(SecondOpinion, opinion_id, populate_existing=True)
        require(actor, "answer", opinion)
        answer = answer.strip()
        if opinion.given_at is not None:
            raise ActRefused({"opinion": "Cet avis est déjà rendu."})
        if not answer and favourable is None:
            raise ActRefused({"answer": "Dites ce que vous en pensez."})
        opinion.answer = answer[: records.LONGEST_NOTE]
        opinion.favourable = favourable
        opinion.given_by, opinion.given_at = actor.person_id, clock.now()
        act = records.write(
            folder, "opinion_given", actor, role=opinion.role, note=answer,
            detail={"favourable": favourable, "to": opinion.asking_role},
        )  # fmt: skip
        standings.answered(folder, opinion.role)
        return act.id


def bypass(instance_id: UUID, *, actor: Actor, reason: str) -> UUID:
    """Go past a seal, a mail, a transmission or an archive that is stuck, with a reason.

    `instance_id` is the folder's, or its circuit's. By who keeps the book. Returns the act's
    id. Raises Forbidden, ActRefused when nothing is stuck.
    """
    reason = reason.strip()
    with transaction() as after_commit:
        call = stuck(instance_id)
        if call is None:
            raise ActRefused({"step": "Aucune étape externe n’attend dans ce dossier."})
        instance = locked(call.instance_id)
        folder = records.locked(folder_of(instance) or instance.id)
        require(actor, "bypass", folder)
        if not reason:
            raise ActRefused({"reason": "Dites pourquoi cette étape est contournée."})
        values = _NOTHING.get(call.operation, {})
        if call.partner == PROCEDURE:
            values = {"transmission": {"status": BYPASSED}}
        act = records.write(
            folder, "bypassed", actor, step=call.operation, note=reason,
            detail={"operation": call.operation},
        )  # fmt: skip
        operations.act(
            instance, Operation("skip", target=str(call.task_id), values=values),
            actor=actor, motive=reason, after_commit=after_commit,
        )  # fmt: skip
        return act.id


def stuck(instance_id: UUID) -> RemoteCall | None:
    """The call that holds a folder up: of its circuit, never that of the circuit itself."""
    found = db.session.execute(
        select(RemoteCall, ProcessInstance.parent_id)
        .join(ProcessInstance, ProcessInstance.id == RemoteCall.instance_id)
        .where(
            or_(
                ProcessInstance.id == instance_id, ProcessInstance.parent_id == instance_id
            ),
            ProcessInstance.parent_id.is_not(None),
            ProcessInstance.key != standings.FOLDER,
            RemoteCall.operation != standings.FOLDER,
            RemoteCall.status.in_(STUCK),
        )
        .order_by(RemoteCall.created_at)
    ).first()
    return found[0] if found else None


def _desk(folder: Folder, role: str) -> Desk:
    """An open desk of the folder's body. Raises ActRefused."""
    desk = db.session.scalars(
        select(Desk).where(
            Desk.organisation_id == folder.organisation_id, Desk.role == role
        )
    ).first()
    if desk is None or desk.closed_at is not None:
        raise ActRefused({"desk": "Choisissez un bureau de l’organisme."})
    return desk
