"""What one may do with a task besides answering it, as its page shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from flask import request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from engine import absences, clock, journal, teams
from engine.absences import Absence
from engine.access import NOT_HANDLING, Actor, Role, allowed
from engine.commands import tasks
from engine.commands.waking import ANSWER, DOCUMENT, MESSAGE
from engine.directory import Person, holders
from engine.models import UserTask

EVENTS = {
    "": _("seulement à cette date"),
    DOCUMENT: _("ou dès qu’une pièce arrive"),
    MESSAGE: _("ou dès que le demandeur écrit"),
    ANSWER: _("ou dès qu’une réponse ou un avis arrive"),
}


@dataclass(frozen=True)
class Handed:
    """Who gave a task to its holder, when and why."""

    by: str
    at: datetime
    motive: str


@dataclass(frozen=True)
class Acts:
    """What this person may do with this task, and what they typed if it was refused."""

    claim: bool = False
    release: bool = False
    hand_back: bool = False
    assign: bool = False
    snooze: bool = False
    snoozed: bool = False
    mine: bool = False
    holder: str = ""
    away: Absence | None = None
    standing_in: Role | None = None
    unsigned: bool = False
    handed: Handed | None = None
    holders: list[tuple[Person, str, Absence | None]] = field(default_factory=list)
    asked: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        """Whether there is anything to show."""
        shown = (self.claim, self.release, self.assign, self.snooze, self.standing_in)
        return any(shown) or self.unsigned


def on(task: UserTask, actor: Actor) -> Acts:
    """What somebody may do with a task now."""
    if task.status != "open" or task.role in NOT_HANDLING:
        return Acts()
    role, in_hand = actor.role_for(task), actor.has_in_hand(task)
    away = absences.away([task.assignee_id]).get(task.assignee_id or UUID(int=0))
    own = actor.holds(task.organisation_id, task.role)
    takes_over = in_hand and own and task.assignee_id != actor.person_id
    may_assign = allowed(actor, "assign", task)
    may_release = task.assignee_id is not None and allowed(actor, "release", task)
    return Acts(
        claim=role is not None and (task.assignee_id is None or takes_over),
        release=may_release and in_hand,
        hand_back=may_release and not in_hand,
        assign=may_assign,
        snooze=allowed(actor, "snooze", task),
        snoozed=task.follow_up_at is not None and task.follow_up_at > clock.now(),
        mine=task.assignee_id == actor.person_id,
        holder=tasks.name_of(task.assignee_id) or "",
        away=away,
        standing_in=role if role and role.for_person else None,
        unsigned=bool(role and task.signature and not role.signs),
        handed=_handed(task),
        holders=_holders(task) if may_assign else [],
        asked=request.args.get("geste", ""),
    )


def _handed(task: UserTask) -> Handed | None:
    """The last hand-over of a task to who has it now, if it was one."""
    if task.assignee_id is None:
        return None
    for entry in journal.latest(f"case:{task.instance_id}", 50):
        moved = {"task_assigned", "task_claimed", "task_act_undone"}
        if entry.action in moved and entry.detail.get("task") == str(task.id):
            given = entry.action == "task_assigned"
            by = tasks.name_of(entry.actor_id) or ""
            return Handed(by, entry.at, entry.detail.get("motive", "")) if given else None
    return None


def _holders(task: UserTask) -> list[tuple[Person, str, Absence | None]]:
    """Those who have the role, with their open tasks and their absence."""
    found = holders(task.organisation_id, [task.role])
    ids = [person.id for person in found]
    held, away = teams.held(task.organisation_id, ids), absences.away(ids)
    return [(p, has(held[p.id]), away.get(p.id)) for p in found]


def has(number: int) -> str:
    """How many tasks somebody has, in words."""
    if number > teams.MOST_TOLD:
        return str(gettext("plus de %(num)d tâches", num=teams.MOST_TOLD))
    return str(ngettext("%(num)d tâche", "%(num)d tâches", number))
