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

from collections.abc import Sequence
from dataclasses import dataclass
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
        where = f"« {self.element_name} » ({self.element_id}) : " if self.element_id else ""
        return f"{self.file} : {where}{self.message}"


class DiagramRefused(Exception):
    """The folder cannot become a process."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = list(problems)


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
