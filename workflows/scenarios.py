"""Plays a procedure's stories through the commands, as people and partners would.

A story is a list of steps (see a procedure's README): file, complete a task in a role, a
message, time that passes, what is then waited for, how it ends. Every step goes through a
command, so the case is saved and restored at every wait.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from engine import clock, definitions
from engine.access import Actor
from engine.commands import (
    beginnings,
    calls,
    cases,
    messages,
    publishing,
    tasks,
    timers,
)
from engine.commands.calls import Attempt
from engine.exchanges import RemoteCall
from engine.models import (
    History,
    MessageSubscription,
    ProcessDefinition,
    ProcessInstance,
    StartTimer,
    Timer,
    UserTask,
    db,
)
from engine.subscriptions import ProcedureParameters
from workflows.story_values import at, replaced, resolved

__all__ = ["DURATION", "Player", "StoryBroken", "replaced", "resolved", "stories"]

Step = Mapping[str, Any]
MOST_CALLS = 200
MOST_TIMERS = 1000
LONGEST_PASS = timedelta(days=3660)
DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")


class StoryBroken(AssertionError):
    """The case did not go as the story tells."""


@dataclass
class Player:
    """One case, played. `cast` gives who holds each role; `partners` their usual answers.

    With `settle`, it makes the remote calls in the partners' place (a demonstration lets
    the sandboxes answer); by default the story's own answers are given, and a call without
    any waits, as one to a partner that a step holds back.
    """

    definition_id: UUID
    cast: Mapping[str, Actor]
    applicant_id: UUID
    values: Mapping[str, Any] = field(default_factory=dict)
    partners: Mapping[str, Any] = field(default_factory=dict)
    settle: Callable[[UUID], None] | None = None
    case: UUID | None = None
    once: list[tuple[str, Step]] = field(default_factory=list)
    held: set[str] = field(default_factory=set)

    def play(self, steps: Sequence[Step]) -> UUID:
        """Play steps in order; returns the case. Raises StoryBroken at the first lie."""
        for number, step in enumerate(steps, 1):
            try:
                self.take(step)
            except StoryBroken as lie:
                raise StoryBroken(f"étape {number} : {lie}") from lie
        return self.started

    def take(self, step: Step) -> None:
        """Play one step. Raises StoryBroken when what it tells is not so."""
        self._play(step)
        self._check(step)

    @property
    def started(self) -> UUID:
        """The case; StoryBroken before the story starts it."""
        if self.case is None:
            raise StoryBroken("l'histoire ne commence pas par « start »")
        return self.case

    def _play(self, step: Step) -> None:
        match step:
            case {"start": Mapping() as values}:
                self._set(step.get("parameters"))
                self._start(resolved(values))
            case {"start": name}:
                if name not in self.values:
                    raise StoryBroken(
                        f"« {name} » n'est pas parmi les valeurs (« values »)"
                    )
                self._set(step.get("parameters"))
                self._start(replaced(resolved(self.values[name]), step.get("with", {})))
            case {"task": element}:
                self._complete(element, step["as"], resolved(step.get("values", {})))
            case {"message": name}:
                self._receive(name, resolved(step.get("payload", {})))
            case {"pass": duration}:
                self._pass(duration)
            case {"hold": call}:
                self.held.add(call)
            case {"answer": call} | {"refuse": call}:
                self.once.append((call, step))
            case _:
                pass
        if self.case is not None:
            self._settle()

    def _set(self, parameters: Mapping[str, Any] | None) -> None:
        """Have the body that owns the procedure set these parameters beside its own."""
        if not parameters:
            return
        definition = db.session.get_one(ProcessDefinition, self.definition_id)
        key, owner = definition.key, definition.owner_id
        row = db.session.get(ProcedureParameters, (key, owner))
        known = row.values if row else {}
        publishing.set_parameters(key, owner, {**known, **parameters}, by=None)

    def _start(self, values: Mapping[str, Any]) -> None:
        if self.case is not None:
            raise StoryBroken("le dossier a déjà commencé")
        model = definitions.model(self.definition_id)
        if not model.by_hand:
            raise StoryBroken(
                "ce dossier ne commence pas par une demande : dites l'événement"
            )
        actor = self.cast[(model.start.role if model.start else None) or "applicant"]
        case = cases.start(
            self.definition_id, values, actor=actor, applicant_id=self.applicant_id
        )
        self.case = case.id

    def _receive(self, name: str, payload: Mapping[str, Any]) -> None:
        """A message for the case; before there is one, the message that starts it."""
        if self.case is None:
            messages.receive(name, None, payload)
            found = beginnings.waiting_to_begin(1)
            self.case = beginnings.begin(found[0]) if found else None
            if self.case is None:
                raise StoryBroken(f"le message « {name} » ne commence aucun dossier")
            return
        awaited = db.session.scalars(
            select(MessageSubscription.correlation).where(
                MessageSubscription.instance_id == self.case,
                MessageSubscription.name == name,
            )
        ).first()
        number = db.session.get_one(ProcessInstance, self.case).number
        messages.receive(name, awaited or number, payload)

    def _complete(self, element: str, role: str, values: Mapping[str, Any]) -> None:
        task = db.session.scalars(
            select(UserTask).where(
                UserTask.instance_id == self.started,
                UserTask.element_id == element,
                UserTask.status == "open",
            )
        ).first()
        if task is None:
            raise StoryBroken(f"la tâche « {element} » n'est pas ouverte : {self.waits()}")
        if task.role != role:
            raise StoryBroken(f"la tâche « {element} » est à {task.role}, pas à {role}")
        tasks.complete(task.id, values, actor=self.cast[role])

    def _pass(self, duration: str) -> None:
        """Move the clock to the end, stopping at every timer on the way."""
        end = clock.now() + _duration(duration)
        if self.case is None:
            self._begin_on_time(end)
        for _ in range(MOST_TIMERS):
            due = db.session.scalar(
                select(Timer.due_at)
                .where(Timer.instance_id == self.started, Timer.due_at <= end)
                .where(Timer.retry_at.is_(None))
                .order_by(Timer.due_at)
                .limit(1)
            )
            clock.advance(max((due or end) - clock.now(), timedelta()))
            if due is None:
                return
            timers.fire(self.started)
            self._settle()
        raise StoryBroken(
            f"plus de {MOST_TIMERS} minuteurs se déclenchent : passez moins de temps"
        )

    def _begin_on_time(self, end: datetime) -> None:
        """Before the case has begun: let the timer that starts it come."""
        timer = db.session.scalars(
            select(StartTimer)
            .where(StartTimer.definition_id == self.definition_id, StartTimer.due_at <= end)
            .order_by(StartTimer.due_at)
        ).first()
        if timer is None or timer.due_at is None:
            raise StoryBroken("aucun dossier ne commence de lui-même d'ici là")
        timer_id = timer.id
        clock.advance(max(timer.due_at - clock.now(), timedelta()))
        self.case = beginnings.begin_on_time(timer_id)
        if self.case is None:
            raise StoryBroken("le dossier n'a pas pu commencer à sa date")
        self._settle()

    def _settle(self) -> None:
        """Give every call under way the answer that the story has for it."""
        if self.settle is not None:
            self.settle(self.started)
            return
        for _ in range(MOST_CALLS):
            if not any(self._answer(call) for call in self.asked()):
                return
        raise StoryBroken("les appels aux partenaires ne finissent pas")

    def asked(self) -> list[RemoteCall]:
        """The calls of the case that nobody has answered yet, the oldest first."""
        return list(
            db.session.scalars(
                select(RemoteCall)
                .where(RemoteCall.instance_id == self.started, RemoteCall.status == "ready")
                .order_by(RemoteCall.created_at, RemoteCall.id)
                .limit(MOST_CALLS)
            )
        )

    def _answer(self, call: RemoteCall) -> bool:
        """Give one call its answer; whether there was one."""
        for index, (operation, step) in enumerate(self.once):
            if operation == call.operation:
                del self.once[index]
                if "refuse" in step:
                    calls.refuse(
                        call.id, step.get("code", "refused"), list(step.get("reasons", [])),
                        attempt=_attempt(call),
                    )  # fmt: skip
                else:
                    calls.answer(call.id, resolved(step["value"]))
                return True
        if call.operation not in self.partners or call.operation in self.held:
            return False
        calls.answer(call.id, resolved(self.partners[call.operation]))
        return True

    def _check(self, step: Step) -> None:
        if "expect" in step and self.waits() != sorted(step["expect"]):
            raise StoryBroken(f"on attend {sorted(step['expect'])}, il y a {self.waits()}")
        if "end" in step:
            case = db.session.get_one(ProcessInstance, self.started)
            if (case.status, case.outcome) != ("completed", step["end"]):
                stand = f"{case.status}, {case.outcome}, {self.waits()}"
                raise StoryBroken(f"le dossier devait finir à {step['end']} : {stand}")
        data = self.data() if "data" in step else {}
        for path, told in step.get("data", {}).items():
            if (found := at(data, path)) != (wanted := resolved(told)):
                raise StoryBroken(f"{path} vaut {found!r}, pas {wanted!r}")

    def waits(self) -> list[str]:
        """The elements whose task, message or answer is waited for, the withdrawal aside."""
        open_tasks = db.session.scalars(
            select(UserTask.element_id).where(
                UserTask.instance_id == self.started, UserTask.status == "open"
            )
        )
        awaited = db.session.scalars(
            select(MessageSubscription.element_id).where(
                MessageSubscription.instance_id == self.started,
                MessageSubscription.name.not_like(f"%.{cases.WITHDRAWAL}"),
            )
        )
        unanswered = [call.element_id for call in self.asked()]
        return sorted([*open_tasks, *awaited, *unanswered])

    def data(self) -> dict[str, Any]:
        """The case's data, as its history wrote them."""
        found = dict[str, Any]()
        for updates in db.session.scalars(
            select(History.updates)
            .where(History.instance_id == self.started)
            .order_by(History.seq)
        ):
            found.update(updates)
        return found


def stories(files: Mapping[str, bytes]) -> dict[str, Any]:
    """What a folder's scenarios.json tells: values, partners, stories; empty without one."""
    return dict(orjson.loads(files.get("scenarios.json", b"{}")))


def _duration(text: str) -> timedelta:
    found = DURATION.fullmatch(text)
    if found is None:
        raise StoryBroken(f"« {text} » n'est pas une durée en jours, heures et minutes")
    days, hours, minutes = (int((part or "0")[:9]) for part in found.groups())
    length = timedelta(days=days, hours=hours, minutes=minutes)
    if length > LONGEST_PASS:
        raise StoryBroken(f"« {text} » dépasse dix ans : passez moins de temps à la fois")
    return length


def _attempt(call: RemoteCall) -> Attempt:
    return Attempt(call.id, call.attempts + 1, "refused", None, "", None, 0)
