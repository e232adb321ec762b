"""Go on from the step that refused a folder, as it was: what was approved before still holds.

A circuit that ended on a refusal is over: the folder calls it anew, at the step that refused.
Whoever refused may take it back; the author's desk may send the folder back there with an
answer. A folder that is changed begins its circuits again instead: see `correcting`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from engine import definitions
from engine.access import Forbidden, require
from engine.actors import Actor
from engine.commands import operations, tasks
from engine.commands.operations import Operation
from engine.commands.step import locked
from engine.exchanges import RemoteCall
from engine.models import ProcessInstance, UserTask, db
from engine.transaction import transaction
from workflows.parapheur import admission, correcting, deposit, metadata, records
from workflows.parapheur.called import ORIGIN
from workflows.parapheur.circuits import PAGE, NotAList, read
from workflows.parapheur.models import IN_PROGRESS, REFUSED, Folder, FolderAct
from workflows.parapheur.opening import ActRefused, opened

OURS = frozenset({"web", ORIGIN})
"""Where folders come from that no application is told about before their end."""
_AGAIN = "corrigez le dossier et déposez-le à nouveau."


@dataclass(frozen=True)
class Refusal:
    """The refusal on which a folder stands, and the step that would have it again."""

    act: FolderAct
    done: UserTask
    call: RemoteCall

    @property
    def values(self) -> dict[str, Any]:
        """What the folder's diagram is told, so that its circuit begins there."""
        route = self.call.arguments["data"]["route"]
        at = {self.call.element_id: self.done.element_id}
        creation = route["creation"] if self.call.element_id == "creation" else None
        return {
            "correction": {"answer": "resume"},
            "route": {**route, "creation": creation, "at": at},
        }


def refusal_of(folder: Folder) -> Refusal | None:
    """The refusal of a desk on which a folder stands; None when it stands on something else."""
    act = records.last_of(folder.instance_id) if folder.state == REFUSED else None
    if act is None or act.kind != "refused" or act.task_id is None:
        return None
    done = db.session.get(UserTask, act.task_id)
    called_by = done.instance.called_by if done is not None else None
    call = db.session.get(RemoteCall, called_by) if called_by else None
    return Refusal(act, done, call) if done is not None and call is not None else None


def obstacle(folder: Folder) -> str:
    """Why a folder cannot go on from the step that refused it, in French; nothing if it can."""
    found = refusal_of(folder)
    if found is None:
        return "Ce dossier n’attend pas après le refus d’un bureau."
    case = db.session.get_one(ProcessInstance, folder.instance_id)
    drawn = definitions.model(case.definition_id).elements[found.call.element_id]
    if "ebg:at" not in drawn.properties:
        return f"Ce dossier suit une version antérieure du parapheur : {_AGAIN}"
    circuit = found.done.instance
    now = definitions.callable_by(folder.organisation_id, circuit.key, case.definition_id)
    if now is None or now.id != circuit.definition_id:
        return f"Le circuit a changé depuis le refus : {_AGAIN}"
    try:
        read(definitions.file(circuit.definition_id, "process.bpmn") or b"")
    except NotAList:
        return f"Ce circuit n’est pas une suite d’étapes : {_AGAIN}"
    return ""


def may_take_back(folder: Folder, actor: Actor) -> bool:
    """Whether a page offers to whoever refused a folder to take it back."""
    found = refusal_of(folder)
    mine = found is not None and found.act.person_id == actor.person_id
    return mine and folder.origin in OURS and not obstacle(folder)


def take_back(act_id: UUID, *, actor: Actor) -> UUID:
    """Take back one's own refusal while its author's desk has not acted; the new act's id.

    The step opens again, for all its desks. Raises Forbidden for somebody else's, ActRefused:
    an application that deposited the folder has been told, and may have drawn conclusions.
    """
    folder_id = db.session.get_one(FolderAct, act_id).instance_id
    with transaction() as after_commit:
        instance = locked(folder_id)
        folder = records.locked(folder_id)
        last = refusal_of(folder)
        if last is None or last.act.id != act_id or not instance.is_open:
            raise ActRefused({"act": "Le dossier a avancé depuis : il est trop tard."})
        found = _standing_on(folder)
        if (
            found.act.person_id != actor.person_id
            or actor.role_for(found.done) is None
        ):  # fmt: skip
            raise Forbidden
        if folder.origin not in OURS:
            raise ActRefused(
                {"act": "L’application qui a déposé ce dossier a été prévenue du refus : le "
                 "bureau qui l’a déposé peut le remettre en circuit."}
            )  # fmt: skip
        waiting = correcting.waiting(folder_id)
        undone = records.write(
            folder, "undone", actor, task=found.done, step=found.act.step,
            detail={"undoes": str(act_id), **metadata.given_back(folder, found.act)},
        )  # fmt: skip
        found.act.undone_by = undone.id
        folder.state, folder.refused_for = IN_PROGRESS, ""
        operations.act(
            instance, Operation("skip", target=str(waiting), values=found.values),
            actor=actor, motive="Droit de remords", after_commit=after_commit,
        )  # fmt: skip
        return undone.id


def resume(folder_id: UUID, *, actor: Actor, answer: str) -> UUID:
    """Send a refused folder back, unchanged, to the step that refused it; the act's id.

    `answer` says why, to the desk that refused. Raises NoResultFound, Forbidden, ActRefused.
    """
    folder = db.session.get_one(Folder, folder_id)
    require(actor, "handle", folder)
    answer = answer.strip()
    if not answer:
        raise ActRefused({"reason": "Dites au bureau pourquoi le dossier lui revient."})
    if len(answer) > records.LONGEST_NOTE:
        raise ActRefused(
            {"reason": f"Réponse : {records.LONGEST_NOTE} caractères au plus."}
        )
    with opened(correcting.waiting(folder_id)) as held:
        correcting.at_its_author(held, actor)
        found = _standing_on(held.folder)
        said = deposit.described(held.folder, held.instance.number)
        if why := admission.closed(held.folder.subtype, held.folder.organisation_id, said):
            raise ActRefused({"folder": why})
        act = records.write(
            held.folder, "resumed", actor, task=held.task, step=found.act.step,
            note=answer, detail={"to": found.act.role},
        )  # fmt: skip
        held.folder.state, held.folder.refused_for = IN_PROGRESS, ""
        tasks.completed(held.task, found.values, actor, held.after_commit, page=PAGE)
        return act.id


def _standing_on(folder: Folder) -> Refusal:
    """The refusal from which a folder can go on. Raises ActRefused."""
    found, why = refusal_of(folder), obstacle(folder)
    if found is None or why:
        raise ActRefused({"folder": why})
    return found
