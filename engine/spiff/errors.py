"""What this room raises, in words a designer, a case officer or an operator can read.

DiagramRefused      the folder cannot run; carries every problem found
ProcessError        a move that the instance does not allow
├── TaskNotFound    no such task is open (someone was faster, or a timer fired)
├── WrongState      the task exists and does not accept this move
├── DataRefused     values that are not plain JSON, or a reserved name
└── DataTooLarge    the instance's data pass the limit
TaskFailed          raised inside one task: becomes a failure of that task alone
BpmnError           raised by an operation: an error that a boundary event may catch
Abort               a host raises it to abandon the whole move (lost lock, database down)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a procedure's folder; `message` is a French sentence."""

    file: str
    element_id: str | None
    element_name: str | None
    message: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        name, key = self.element_name, self.element_id
        where = f"« {name} » ({key})" if name and key else name or key
        place = " · ".join(part for part in (self.file, where) if part)
        return f"{place} : {self.message}"

    def named(self) -> str:
        """How a sentence about several elements names this one."""
        return f"« {self.element_name or self.element_id} » ({self.element_id})"


MOST_PROBLEMS = 200
MOST_ALIKE = 3
LONGEST = 1000


def gathered(problems: Iterable[Problem]) -> list[Problem]:
    """The same problems, errors first, in bounded number: one remark on many elements once."""
    alike: dict[tuple[str, ...], dict[str | None, Problem]] = {}
    for one in problems:
        same = (one.severity, one.file, one.message[:LONGEST])
        alike.setdefault(same, {}).setdefault(one.element_id, one)
    told: list[Problem] = []
    for group in alike.values():
        first, *others = group.values()
        told += group.values() if len(others) < MOST_ALIKE else [_together(first, others)]
    told.sort(key=lambda one: one.severity)
    rest = len(told) - MOST_PROBLEMS
    if rest > 0:
        message = f"et {rest} autres remarques : corrigez d'abord celles-ci"
        last = Problem(told[-1].file, None, None, message, told[MOST_PROBLEMS].severity)
        told = [*told[:MOST_PROBLEMS], last]
    return [replace(one, message=_sentence(one.message)) for one in told]


def _together(first: Problem, others: list[Problem]) -> Problem:
    shown = ", ".join(one.named() for one in others[:MOST_ALIKE])
    left = len(others) - MOST_ALIKE
    rest = f" et {left} autres" if left > 0 else ""
    return replace(first, message=f"{first.message[:LONGEST]} ; de même pour {shown}{rest}")


def _sentence(message: str) -> str:
    whole = message.strip()
    return whole if whole.endswith((".", "!", "?", "…")) else whole + "."


class DiagramRefused(Exception):
    """The folder cannot become a process."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = gathered(problems)
        super().__init__("\n".join(map(str, self.problems)))


class ProcessError(Exception):
    """The instance does not allow this move."""


class TaskNotFound(ProcessError):
    """No such task is open in this instance."""


class WrongState(ProcessError):
    """The task does not accept this move in its present state."""


class DataRefused(ProcessError):
    """Values that a process cannot carry."""


class DataTooLarge(ProcessError):
    """The instance's data pass the limit."""


class TaskFailed(Exception):
    """A task cannot go on; `code` names the kind of failure, the text says why."""

    def __init__(self, message: str, *, code: str, detail: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.detail = detail


class BpmnError(Exception):
    """An operation refuses for a reason that the diagram may catch, as a partner would."""

    def __init__(self, code: str, reasons: Sequence[str]) -> None:
        super().__init__(" ; ".join(reasons) or code)
        self.code = code
        self.payload = {"code": code, "reasons": list(reasons)}


class Abort(Exception):
    """Raised by a host so that the whole move is abandoned, not turned into a failure."""
