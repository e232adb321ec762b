"""What an application does with a folder of its own: start a draft, take back a deposit."""

from collections.abc import Callable
from uuid import UUID

from flask_babel import gettext as _

from engine.api_keys import FOLDERS_WRITE
from engine.models import db
from web.api import folder_telling, keyed
from web.api.declaring import operation
from web.api.folder_shapes import FolderInFull, Start, Withdrawal
from web.api.folders import TAG, faults, mine
from web.api.problems import Problem
from workflows.parapheur import drafting, records, undoing, withdrawing
from workflows.parapheur.acts import ActRefused
from workflows.parapheur.models import DRAFT, Folder, FolderAct


@operation(
    "POST", "/folders/{folder_id}/start", FOLDERS_WRITE, tag=TAG, repeatable=True,
    problems=(404, 409), summary="Déposer un brouillon", example={},
    about="Fait partir un brouillon dans son circuit ; ce qui manquait encore se dit ici.",
)  # fmt: skip
def start_folder(folder_id: UUID, body: Start) -> FolderInFull:
    """Start a draft on its circuit; what was still missing is said here."""
    return folder_telling.in_full(started(mine(folder_id), body))


@operation(
    "POST", "/folders/{folder_id}/undo", FOLDERS_WRITE, tag=TAG, repeatable=True,
    problems=(404, 409), summary="Reprendre un dépôt",
    about="Fait revenir au brouillon un dossier que cette clé vient de déposer, tant qu’aucun bureau n’a agi et que rien n’est sorti.",
)  # fmt: skip
def undo_folder(folder_id: UUID) -> FolderInFull:
    """Make a draft again of a folder that this key has deposited and nobody has acted on."""
    undone(records.last_of(mine(folder_id).instance_id))
    return folder_telling.in_full(db.session.get_one(Folder, folder_id))


@operation(
    "POST", "/folders/{folder_id}/withdrawal", FOLDERS_WRITE, tag=TAG, status=204,
    repeatable=True, problems=(404, 409), summary="Retirer un dossier",
    example={"reason": "Déposé deux fois."},
    about="Retire un brouillon, un dossier sur lequel aucun bureau n’a encore agi, ou un dossier refusé. Il reste au parapheur, abandonné.",
)  # fmt: skip
def withdraw_folder(folder_id: UUID, body: Withdrawal) -> None:
    """Take back a draft, a folder on which no desk has acted yet, or one that was refused."""
    withdrawn(mine(folder_id), body.reason)


def started(folder: Folder, said: Start) -> Folder:
    """A draft, deposited. Raises Problem."""
    if folder.state != DRAFT:
        sentence = _("Ce dossier n’est plus un brouillon : il est déjà parti.")
        raise Problem(409, "not-a-draft", sentence)
    folder_id, actor = folder.instance_id, keyed.actor()
    judged(
        lambda: drafting.start(
            folder_id, actor=actor, title=said.title, metadata=said.metadata
        )
    )
    return db.session.get_one(Folder, folder_id)


def judged(act: Callable[[], UUID]) -> None:
    """Do it, or say what of the folder is to be put right. Raises Problem."""
    try:
        act()
    except ActRefused as refused:
        raise Problem(422, "bad-values", errors=faults(refused)) from None


def undone(act: FolderAct) -> None:
    """Take an act of this key back. Raises Problem."""
    try:
        undoing.undo(act.id, actor=keyed.actor())
    except ActRefused as refused:
        raise Problem(409, "too-late", str(refused)) from None


def withdrawn(folder: Folder, reason: str) -> None:
    """Give a folder up. Raises Problem."""
    try:
        withdrawing.withdraw(folder.instance_id, actor=keyed.actor(), reason=reason)
    except ActRefused as refused:
        raise Problem(409, "too-late", str(refused)) from None


def put_away(folder: Folder) -> None:
    """Take a finished folder out of the lists of applications. Raises Problem."""
    try:
        withdrawing.put_away(folder.instance_id, actor=keyed.actor())
    except ActRefused as refused:
        raise Problem(409, "not-finished", str(refused)) from None
