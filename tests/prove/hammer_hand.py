"""One of the processes that hammer: random commands on random cases, until it is killed.

Each act is written down before it is tried and once it is over: what was done, what the
person was told, or what broke. An act with no end is that of a process killed meanwhile.
"""

import json
import os
import random
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection, Row, event, select
from sqlalchemy.exc import NoResultFound

from engine import outbox
from engine.access import Actor
from engine.commands import cases, drafts, messages, operations, tasks
from engine.commands.operations import Operation
from engine.documents import Draft
from engine.errors import (
    Busy,
    NotWaiting,
    OperationRefused,
    StaleDraft,
    TaskNotOpen,
    TaskSuspended,
    TaskTaken,
)
from engine.models import SUSPENDED, ProcessInstance, UserTask, db
from engine.sweep import sweep
from tests.office import remote
from tests.prove.hammered import Echo, Ground
from web.app import create_app

HOT = 4
"""Cases, the oldest, on which half of the acts fall."""

WEIGHTS = {
    "complete": 40, "claim": 12, "release": 6, "type": 6, "save": 8, "tell": 10,
    "sweep": 8, "suspend": 3, "resume": 5,
}  # fmt: skip

MEANWHILE = (TaskNotOpen, TaskTaken, Busy)
TOLD: Mapping[str, tuple[type[Exception], ...]] = {
    "begin": (NoResultFound, Busy),
    "claim": MEANWHILE,
    "release": (*MEANWHILE, NotWaiting),
    "complete": (*MEANWHILE, TaskSuspended),
    "type": MEANWHILE,
    "save": (*MEANWHILE, StaleDraft, NoResultFound),
    "tell": (Busy,),
    "sweep": (Busy,),
    "suspend": (OperationRefused, Busy),
    "resume": (OperationRefused, Busy),
}
"""What each act may be answered, all of it « someone else just did this ». A draft that is
no longer found was filed: the pages say so (NoResultFound)."""


@dataclass(frozen=True)
class Typed:
    """What was read of a form."""

    values: Mapping[str, Any]
    raw: Mapping[str, Any] = field(default_factory=dict)
    stay: bool = False


@dataclass
class Hand:
    """A process that acts for everybody, and its notes."""

    ground: Ground
    notes: int
    deliver: Callable[[UUID], None]
    dice: random.Random = field(default_factory=random.Random)
    seen: deque[UUID] = field(default_factory=lambda: deque(maxlen=20))
    told: deque[str] = field(default_factory=lambda: deque(["first"], maxlen=5))

    def act(self) -> None:
        """Do something, anything; begin a case when one has ended."""
        here = db.session.execute(
            select(ProcessInstance.id, ProcessInstance.number, ProcessInstance.status)
            .where(ProcessInstance.status.in_(["active", SUSPENDED]))
            .order_by(ProcessInstance.started_at)
        ).all()
        if len(here) < self.ground.cases:
            self._begin()
        if here:
            act = self.dice.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            hot = self.dice.random() < 0.5
            getattr(self, f"_{act}")(self.dice.choice(here[:HOT] if hot else here))
        db.session.remove()

    def _begin(self) -> None:
        office, definition = self.ground.office, self.ground.definition
        draft_id = drafts.open_for_start(
            definition, actor=office.applicant, organisation_id=office.company
        )
        for _ in range(self.dice.choice([1, 1, 2])):  # one in three clicks twice
            self._try(
                "begin", {"case": draft_id},
                lambda: cases.start(
                    definition, {}, actor=office.applicant, applicant_id=office.company,
                    draft_id=draft_id,
                ),
            )  # fmt: skip

    def _complete(self, case: Row[Any]) -> None:
        if found := self._task(case):
            task, actor = found
            mark = {"mark": uuid4().hex}
            values = {**mark, "again": self.dice.random() < 0.3}
            facts = {"task": task, "by": actor.person_id, **mark}
            command = partial(tasks.complete, task, values, actor=actor)
            self._try("complete", facts, command)

    def _claim(self, case: Row[Any]) -> None:
        if found := self._task(case):
            self._try(
                "claim", {"task": found[0]}, partial(tasks.claim, found[0], actor=found[1])
            )

    def _release(self, case: Row[Any]) -> None:
        if found := self._task(case):
            command = partial(tasks.release, found[0], actor=found[1])
            self._try("release", {"task": found[0]}, command)

    def _type(self, case: Row[Any]) -> None:
        if found := self._task(case):
            command = partial(drafts.open_for_task, found[0], actor=found[1], values={})
            self._try("type", {"task": found[0]}, command)

    def _save(self, case: Row[Any]) -> None:
        drafted = select(Draft.id, Draft.rev, UserTask.assignee_id).join(
            UserTask, UserTask.id == Draft.task_id
        )
        there = db.session.execute(drafted.where(UserTask.status == "open").limit(50)).all()
        if there:
            draft_id, rev, holder = self.dice.choice(there)
            mark = uuid4().hex
            command = partial(
                drafts.save, draft_id, lambda kept: Typed({**kept, "mark": mark}),
                actor=self._officer(holder), page=0, rev=rev - self.dice.choice([0, 0, 0, 1]),
            )  # fmt: skip
            self._try("save", {"draft": draft_id, "mark": mark}, command)

    def _tell(self, case: Row[Any]) -> None:
        if self.dice.random() < 0.7:
            self.told.append(uuid4().hex)
        external_id = self.dice.choice(self.told)
        command = partial(
            messages.receive, "tests.news", case.number, {}, external_id=external_id
        )
        for _ in range(self.dice.choice([1, 1, 2])):
            self._try("tell", {"message": external_id}, command)

    def _sweep(self, case: Row[Any]) -> None:
        self._try("sweep", {}, partial(sweep, self.deliver))

    def _suspend(self, case: Row[Any], act: str = "suspend") -> None:
        command = partial(
            operations.perform, case.id, Operation(act),
            actor=self.ground.office.operator, motive="preuve",
        )  # fmt: skip
        self._try(act, {"case": case.id}, command)

    def _resume(self, case: Row[Any]) -> None:
        suspended = select(ProcessInstance.id).where(ProcessInstance.status == SUSPENDED)
        if there := db.session.execute(suspended).all():
            self._suspend(self.dice.choice(there), "resume")

    def _task(self, case: Row[Any]) -> tuple[UUID, Actor] | None:
        """A task of the case and who acts; one time in ten a task seen before, closed or not."""
        there = db.session.execute(
            select(UserTask.id, UserTask.assignee_id).where(
                UserTask.instance_id == case.id, UserTask.status == "open"
            )
        ).all()
        if not there:
            return None
        task, holder = self.dice.choice(there)
        self.seen.append(task)
        if self.dice.random() < 0.1:
            task = self.dice.choice(self.seen)
        return task, self._officer(holder)

    def _officer(self, holder: UUID | None) -> Actor:
        """Rather the one who holds the task than a colleague."""
        if self.dice.random() < 0.7:
            for officer in self.ground.officers:
                if officer.person_id == holder:
                    return officer
        return self.dice.choice(self.ground.officers)

    def _try(
        self, act: str, facts: Mapping[str, Any], command: Callable[[], object]
    ) -> None:
        number = uuid4().hex
        self._note(number, act=act, **facts)
        try:
            command()
        except TOLD[act] as error:
            self._note(number, end="told", said=type(error).__name__)
        except Exception:  # whatever it is, it is what the proof looks for
            self._note(number, end="broke", said=traceback.format_exc())
        else:
            self._note(number, end="done")

    def _note(self, number: str, **said: Any) -> None:
        """One line, in one write: a process that is killed leaves none half-written."""
        line = json.dumps({"number": number, **said}, default=str)
        os.write(self.notes, f"{line}\n".encode())


def hammer(ground: Ground, number: int) -> None:
    """Act until killed. One transaction in two waits for locks a few milliseconds only."""
    name = str(ground.folder / f"hand-{number}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    notes, log = os.open(f"{name}.jsonl", flags), os.open(f"{name}.log", flags)
    os.dup2(log, 1)
    os.dup2(log, 2)
    app = create_app(ground.env)
    remote(echo__ask={"question": True})
    app.extensions["partners"]["echo"] = Echo(ground.folder)
    with app.app_context():
        hand = Hand(
            ground, notes, lambda call: outbox.deliver(call, app.extensions["partners"])
        )

        @event.listens_for(db.engine, "begin")
        def _hurry(connection: Connection) -> None:
            if hand.dice.random() < 1 / 2:
                wait = hand.dice.choice([1, 2, 5, 20])
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {wait}")

        while True:
            with suppress(Busy):  # while looking for something to do
                hand.act()
