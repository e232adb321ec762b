"""What an operation would do to a case, found by doing it and taking it back.

It is really done, on the real case, in a transaction that is rolled back: what is shown is
what would happen now. Nobody is told and no partner is called, since that waits for commits.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine import definitions
from engine.access import Actor, require
from engine.commands import operations
from engine.commands.operations import Operation
from engine.commands.step import locked, restore
from engine.models import ProcessInstance
from engine.spiff.moments import PARIS
from engine.spiff.process import Process
from engine.transaction import AfterCommit, transaction

KINDS = {
    "task": "tâche",
    "call": "appel à un partenaire",
    "timer": "échéance",
    "message": "attente d'un message",
    "failure": "incident",
}


@dataclass(frozen=True)
class Change:
    """One thing that begins or ends. `kind`: task, call, timer, message, signal or failure."""

    kind: str
    name: str
    begins: bool
    detail: str = ""

    def __str__(self) -> str:
        said = "Commence" if self.begins else "Prend fin"
        more = f" ({self.detail})" if self.detail else ""
        return f"{said} : {KINDS[self.kind]} « {self.name} »{more}."


@dataclass(frozen=True)
class Preview:
    """What would begin and end, how the case would stand, and what should be known."""

    changes: list[Change]
    status: str
    notes: list[str]

    def sentences(self) -> list[str]:
        """The same for a list of cases, one after the other."""
        return [*map(str, self.changes), *self.notes]


class _TakenBack(Exception):
    """Rolls the transaction back."""


def preview(instance_id: UUID, operation: Operation, *, actor: Actor) -> Preview:
    """What the operation would do now; nothing is kept.

    Raises Forbidden, OperationRefused with a French sentence.
    """
    require(actor, "operate")
    found: list[Preview] = []
    try:
        with transaction() as after_commit:
            instance = locked(instance_id)
            found.append(
                attempt(instance, operation, actor=actor, after_commit=after_commit)
            )
            raise _TakenBack
    except _TakenBack:
        return found[0]


def attempt(
    instance: ProcessInstance,
    operation: Operation,
    *,
    actor: Actor,
    after_commit: AfterCommit,
) -> Preview:
    """Do it in the open transaction, which the caller takes back; what it did."""
    before = _picture(instance, restore(instance))
    notes = operations.act(
        instance, operation, actor=actor, motive="", after_commit=after_commit
    )
    after = _picture(instance, restore(instance))
    return Preview(_changes(before, after), instance.status, notes)


Picture = dict[tuple[str, UUID, str], str]


def _picture(instance: ProcessInstance, process: Process) -> Picture:
    """Everything that is open: (kind, task, detail) → the name of its element."""
    elements = definitions.model(instance.definition_id).elements

    def name(element_id: str) -> str:
        return (elements[element_id].name if element_id in elements else "") or element_id

    return {
        **{("task", t.task_id, ""): name(t.element_id) for t in process.user_tasks()},
        **{("call", c.task_id, c.operation): name(c.element_id) for c in process.calls()},
        **{
            ("timer", t.task_id, _moment(t.due_at)): name(t.element_id)
            for t in process.timers()
        },
        **{
            (s.kind, s.task_id, s.name): name(s.element_id) for s in process.subscriptions()
        },
        **{
            ("failure", f.task_id, f.message): f.element_name or name(f.element_id)
            for f in process.failures()
        },
    }


def _moment(due: datetime) -> str:
    return f"{due.astimezone(PARIS):%d/%m/%Y à %H:%M}"


def _changes(before: Picture, after: Picture) -> list[Change]:
    ended = [
        Change(key[0], before[key], False, key[2]) for key in before if key not in after
    ]
    begun = [Change(key[0], after[key], True, key[2]) for key in after if key not in before]
    return ended + begun
