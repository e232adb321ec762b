"""i-Parapheur's tasks: what an application does of them, and what is left to people.

An application starts its drafts, takes back what it has just deposited, and goes past a stuck
step when its key keeps the book. It approves, signs, seals and refuses nothing.
"""

from typing import Annotated
from uuid import UUID

from flask import Response, request
from flask_babel import gettext as _
from pydantic import Field

from web.api import folder_acts, keyed, receiving
from web.api.problems import Problem
from web.api.shapes import Shape, plain_text
from web.iparapheur import steps
from web.iparapheur.addresses import FOLDER, WRITE, bp, folder_of
from workflows.parapheur import drafting, passing
from workflows.parapheur.acts import ActRefused, bypass
from workflows.parapheur.models import Folder

TASK = f"{FOLDER}/task/<uuid:task_id>"
DONE = 204


class SimpleTaskParams(Shape):
    """What i-Parapheur's callers say as they act."""

    publicAnnotation: Annotated[str, plain_text(2000)] | None = None  # noqa: N815
    privateAnnotation: Annotated[str, plain_text(2000)] | None = None  # noqa: N815
    metadata: Annotated[dict[str, str], Field(max_length=100)] | None = None


@bp.put(f"{TASK}/start")
@WRITE
def start_task(tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID) -> Response:
    """Start a draft on its circuit, with what was still to be said of it."""
    folder = folder_of(tenant, desk_id, folder_id)
    if steps.waiting(folder).get(task_id) != steps.START:
        raise _not_here(folder, task_id)
    said = _said()
    folder_acts.judged(
        lambda: drafting.start(
            folder_id,
            actor=keyed.actor(),
            metadata=said.metadata or {},
            note=said.publicAnnotation or "",
            private_note=said.privateAnnotation or "",
        )
    )
    return Response(status=DONE)


@bp.put(f"{TASK}/undo")
@WRITE
def undo_task(tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID) -> Response:
    """Take back what this key did last: its deposit is a draft again."""
    folder = folder_of(tenant, desk_id, folder_id)
    act = steps.act_of(folder, task_id)
    if act is None:
        raise _not_here(folder, task_id)
    folder_acts.undone(act)
    return Response(status=DONE)


@bp.put(f"{TASK}/bypass")
@WRITE
def bypass_task(tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID) -> Response:
    """Go past a step outside the house that is stuck, with a key that keeps the book."""
    folder = folder_of(tenant, desk_id, folder_id)
    stuck = passing.stuck(folder_id)
    if stuck is None or stuck.task_id != task_id:
        raise _not_here(folder, task_id)
    reason = _("Contournée par l’application « %(name)s ».", name=keyed.key().name)
    try:
        bypass(folder_id, actor=keyed.actor(), reason=reason)
    except ActRefused as refused:
        raise Problem(409, "too-late", str(refused)) from None
    return Response(status=DONE)


@bp.put(f"{TASK}/<any(visa,sign,seal,reject,second_opinion,transfer):act>")
@WRITE
def person_only(
    tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID, act: str
) -> Response:
    """Refused: deciding is a person's, who is known by name."""
    folder_of(tenant, desk_id, folder_id)
    raise Problem(
        403, "person-only",
        _(
            "Cet acte (« %(act)s ») est celui d’une personne : une clé d’application ne vise, "
            "ne signe, ne cachète ni ne refuse. Il se fait au parapheur, à son bureau.",
            act=act,
        ),
    )  # fmt: skip


@bp.put(f"{TASK}/send_to_trash_bin")
@WRITE
def send_to_trash_bin(
    tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID
) -> Response:
    """Put a finished folder away, whatever task is named: nothing waits there any more."""
    folder_acts.put_away(folder_of(tenant, desk_id, folder_id))
    return Response(status=DONE)


@bp.put(f"{TASK}/secure_mail")
@WRITE
def not_offered(tenant: UUID, desk_id: UUID, folder_id: UUID, task_id: UUID) -> Response:
    """Refused: a mail is a step of the circuit."""
    folder_of(tenant, desk_id, folder_id)
    said = _("Un courriel sécurisé est une étape du circuit : il part de lui-même.")
    raise Problem(409, "not-offered", said)


def _said() -> SimpleTaskParams:
    """What came with the act: nothing, or the annotations and metadata. Raises Problem."""
    if not request.get_data(cache=True):
        return SimpleTaskParams()
    return receiving.body(SimpleTaskParams, multipart=False)


def _not_here(folder: Folder, task_id: UUID) -> Problem:
    """The task is none of this folder's, or waits for something else."""
    if task_id in steps.waiting(folder) or steps.act_of(folder, task_id) is not None:
        return Problem(409, "other-task", _("Cette tâche n’attend pas cet acte."))
    return Problem(404, "unknown")
