"""A folder's open task, held with its case and its folder while a desk acts on it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from engine.commands import tasks
from engine.errors import EngineError
from engine.models import ProcessInstance, UserTask
from engine.transaction import AfterCommit, transaction
from workflows.parapheur import records
from workflows.parapheur.circuits import PAGE
from workflows.parapheur.models import Folder
from workflows.parapheur.standings import folder_of


class ActRefused(EngineError):
    """This act cannot be done so: `errors` says for each field what to put right, in French."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True)
class Opened:
    """What an act holds until its commit."""

    task: UserTask
    folder: Folder
    after_commit: AfterCommit

    @property
    def instance(self) -> ProcessInstance:
        """The case that waits: a circuit, or the folder's own."""
        return self.task.instance


@contextmanager
def opened(task_id: UUID) -> Iterator[Opened]:
    """Hold an open task of the book, its case, then its folder; commit what is done.

    Raises NoResultFound, TaskNotOpen (with who and when), ActRefused for another room's task.
    """
    with transaction() as after_commit:
        yield held(task_id, after_commit)


def held(task_id: UUID, after_commit: AfterCommit) -> Opened:
    """The same within a transaction that is open."""
    task = tasks.locked(task_id)
    folder_id = folder_of(task.instance)
    if task.page != PAGE or folder_id is None:
        raise ActRefused({"task": "Cette tâche n’est pas une étape du parapheur."})
    return Opened(task, records.locked(folder_id), after_commit)


def is_kind(task: UserTask, kind: str) -> bool:
    """Whether a task is a step of this kind, as the list editor names it."""
    return task.element_id.partition("_")[0] == kind
