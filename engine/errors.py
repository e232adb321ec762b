"""What can go wrong when a command is given to the engine.

    EngineError             the command was refused; nothing was changed
    ├── TaskNotOpen         it was completed or withdrawn meanwhile (says by whom)
    ├── TaskTaken           someone else has claimed it (says who)
    ├── Busy                someone else is acting on the same thing at this very moment
    ├── DoneElsewhere       the task is done on the pages of its own room
    ├── TaskSuspended       its case is suspended by an operator
    ├── OperationRefused    what an operator asked cannot be done (says why, in French)
    ├── MotiveMissing       an act on somebody else's task says why
    ├── CannotHold          the person chosen does not have the role of the task
    ├── FollowUpRefused     a task cannot be put off until then (says why)
    ├── ActedSince          an act cannot be taken back: someone acted since (says who)
    ├── AbsenceRefused      an absence cannot be declared so (says which field, and why)
    ├── DirectoryRefused    a body or its people cannot be changed so (says which field, and why)
    ├── NotWaiting          nothing waits for this any more
    ├── DraftFull           this draft holds as many files as one may
    ├── StaleDraft          someone else wrote to this draft meanwhile
    ├── DraftHeld           somebody else is writing this procedure (says who, until when)
    └── FileChanged         a procedure's file is no longer the one that was opened

The docstring is the default message; messages for people are made by the screens.
"""

from datetime import datetime


class EngineError(Exception):
    """The engine refused a command; nothing was changed."""

    def __str__(self) -> str:
        return super().__str__() or (self.__doc__ or "")


class TaskNotOpen(EngineError):
    """This task has already been completed or withdrawn."""

    def __init__(self, who: str | None = None, when: datetime | None = None) -> None:
        super().__init__()
        self.who = who
        self.when = when


class TaskTaken(EngineError):
    """Someone else has taken this task."""

    def __init__(self, who: str) -> None:
        super().__init__()
        self.who = who


class DoneElsewhere(EngineError):
    """This task is done on the pages of its own room: here it can only be read."""


class MotiveMissing(EngineError):
    """An act on somebody else's task says why."""


class CannotHold(EngineError):
    """The person chosen does not have the role of this task."""


class FollowUpRefused(EngineError):
    """A task cannot be put off so; `why` is past, late or event."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class ActedSince(EngineError):
    """It can no longer be taken back: someone acted since, or it was too long ago."""

    def __init__(self, who: str | None = None) -> None:
        super().__init__()
        self.who = who


class DirectoryRefused(EngineError):
    """A body or its people cannot be changed so; `field` and `why` say what is wrong."""

    def __init__(self, field: str, why: str, value: str = "") -> None:
        super().__init__()
        self.field = field
        self.why = why
        self.value = value


class AbsenceRefused(EngineError):
    """An absence cannot be declared so: `field` is what to put right, `why` the reason."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__()
        self.field, self.why = field, why


class Busy(EngineError):
    """Someone else is acting on the same thing at this very moment: try again."""


class TaskSuspended(EngineError):
    """This case is suspended: its tasks can be read, not completed."""


class OperationRefused(EngineError):
    """What an operator asked cannot be done; the text says why, in French."""


class NotWaiting(EngineError):
    """Nothing waits for this any more."""


class DraftFull(EngineError):
    """This draft holds as many files as one may."""


class StaleDraft(EngineError):
    """Someone else has written to this draft meanwhile."""

    def __init__(self, who: str, when: datetime) -> None:
        super().__init__()
        self.who = who
        self.when = when


class DraftHeld(EngineError):
    """Somebody else is writing this procedure at this moment."""

    def __init__(self, who: str, until: datetime) -> None:
        super().__init__()
        self.who = who
        self.until = until


class FileChanged(EngineError):
    """This file was saved, made or deleted since it was opened; `rev` is 0 when it is gone."""

    def __init__(self, who: str, rev: int) -> None:
        super().__init__()
        self.who = who
        self.rev = rev
