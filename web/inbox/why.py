"""« Pourquoi cette tâche ? »: where it comes from, why it is yours, how its date was found.

{% include "inbox/why.html" %} with `why = of(task, actor)`
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from engine import definitions, directory, journal, working_days
from engine.access import Actor
from engine.clock import PARIS
from engine.directory import Holding, Organisation, Person
from engine.models import History, ProcessDefinition, UserTask, db
from engine.spiff.diagram import Diagram
from web.due import spoken

WORKING_DAYS = re.compile(r"\s*working days after\(\s*today\(\)\s*,\s*(\d+)\s*\)\s*")

TOLD = ("userTask", "manualTask", "startEvent", "receiveTask", "boundaryEvent",
        "intermediateCatchEvent", "callActivity")  # fmt: skip
"""Steps that lead to a task and that people recognise; between them are machines."""

AT_ONCE = timedelta(seconds=10)
"""A task that an operator's act opens is opened within this."""

LATEST_ACTS = 300
"""Acts of a case among which its attribution is looked for."""


@dataclass(frozen=True)
class Attribution:
    """Who put a task into whose hands, when, and why; the same person when it was taken."""

    to: str
    by: str
    at: datetime | None
    motive: str = ""
    taken: bool = False


@dataclass(frozen=True)
class Came:
    """The step that led to a task: what, when, by whom."""

    name: str
    at: datetime
    by: str
    motive: str = ""


@dataclass(frozen=True)
class Why:
    """Everything that explains a task to whoever has it."""

    procedure: str
    version: int
    step: str
    documentation: str
    role: str
    body: str
    held_since: date | None
    service: str
    held: bool
    for_another: str
    attribution: Attribution | None
    rule: str
    body_rule: str
    came: Came | None
    opened_at: datetime
    due_at: datetime | None
    computation: list[str] = field(default_factory=list)
    due_rule: str = ""


def of(task: UserTask, actor: Actor) -> Why:
    """Why this task is there, and why this person sees it."""
    model = definitions.model(task.definition_id)
    version = db.session.get_one(ProcessDefinition, task.definition_id)
    element = model.elements.get(task.element_id)
    properties: Mapping[str, str] = element.properties if element else {}
    holding = _holding(task, actor)
    return Why(
        procedure=version.name,
        version=version.version,
        step=task.name,
        documentation=(element.documentation or "") if element else "",
        role=model.roles.get(task.role, task.role),
        body=db.session.get_one(Organisation, task.organisation_id).name,
        held_since=holding.valid_from if holding else None,
        service=holding.service.name if holding and holding.service else "",
        held=holding is not None,
        for_another=for_another(task, actor),
        attribution=_attribution(task),
        rule=properties.get("ebg:assignee", ""),
        body_rule=properties.get("ebg:organisation", ""),
        came=_came(task, model.diagram),
        opened_at=task.opened_at,
        due_at=task.due_at,
        computation=computation(task, properties.get("ebg:due", "")),
        due_rule=properties.get("ebg:due", ""),
    )


def _holding(task: UserTask, actor: Actor) -> Holding | None:
    if actor.person_id is None or not actor.holds(task.organisation_id, task.role):
        return None
    wanted = (task.organisation_id, task.role)
    held = directory.holdings_of(actor.person_id)
    return next((h for h in held if (h.organisation_id, h.role) == wanted), None)


def for_another(task: UserTask, actor: Actor) -> str:
    """The name of whom this person stands in for here; "" when they act for themselves."""
    role = actor.role_for(task)
    return role.for_name if role else ""


def _attribution(task: UserTask) -> Attribution | None:
    """Whose hands a task is in, as the journal tells it; by its rule when no act did it."""
    if task.assignee_id is None:
        return None
    wanted = {"task_claimed", "task_assigned"}
    act = next(
        (
            a
            for a in _acts(task)
            if a.action in wanted and a.detail.get("task") == str(task.id)
        ),
        None,
    )
    names = _names({task.assignee_id, act.actor_id if act else None})
    to = names.get(task.assignee_id, "")
    if act is None:
        return Attribution(to, "", None)
    return Attribution(
        to,
        names.get(act.actor_id, ""),
        act.at,
        str(act.detail.get("motive") or ""),
        taken=act.actor_id == task.assignee_id,
    )


def _names(ids: set[UUID | None]) -> dict[UUID | None, str]:
    rows = db.session.execute(
        select(Person.id, Person.name).where(Person.id.in_(ids - {None}))
    )
    return {person: name for person, name in rows}


def _came(task: UserTask, diagram: Diagram) -> Came | None:
    """The last step before this one, among those from which the diagram leads here."""
    leading = _leading(diagram, task.element_id)
    past = select(History).where(
        History.instance_id == task.instance_id, History.ended_at <= task.opened_at
    )
    latest = past.order_by(History.seq.desc()).limit(1)
    if moved := _moved(task):
        return moved
    found = db.session.scalars(
        latest.where(History.element_id.in_(leading), History.state == "completed")
        if leading
        else latest.where(History.kind.in_(TOLD), History.name != "")
    ).first()
    if found is None:
        return None
    name = found.name or found.element_id
    return Came(name, found.ended_at, _names({found.by}).get(found.by, ""))


def _moved(task: UserTask) -> Came | None:
    """The operator's act that opened a task by moving its case there, if one did."""
    for act in _acts(task):
        opened = abs(act.at - task.opened_at) < AT_ONCE
        if (
            act.action == "token_moved"
            and opened
            and act.detail.get("to") == task.element_id
        ):
            who = _names({act.actor_id}).get(act.actor_id, "")
            motive = str(act.detail.get("motive") or "")
            return Came(_("Déplacé par l’exploitation"), act.at, who, motive)
    return None


def _acts(task: UserTask) -> list[journal.JournalEntry]:
    return journal.latest(f"case:{task.instance_id}", LATEST_ACTS)


def _leading(diagram: Diagram, element_id: str) -> list[str]:
    """The nearest steps upstream that people recognise, through what machines do."""
    before = _before(diagram)
    waiting, seen, found = [element_id], {element_id}, list[str]()
    while waiting:
        for source in before[waiting.pop()]:
            if source in seen:
                continue
            seen.add(source)
            if diagram.nodes[source].kind in TOLD and diagram.nodes[source].name:
                found.append(source)
            else:
                waiting.append(source)
    return found


def _before(diagram: Diagram) -> Mapping[str, list[str]]:
    """What comes just before each element; a sub-process begins where it is entered."""
    before = defaultdict[str, list[str]](list)
    for scope in diagram.scopes.values():
        reached = {flow.target for flow in scope.flows}
        for flow in scope.flows:
            before[flow.target].append(flow.source)
        for node in scope.nodes:
            if node.attached_to:
                before[node.id].append(node.attached_to)
            elif node.id not in reached and scope.id in diagram.nodes:
                before[node.id] += before[scope.id] or [
                    flow.source
                    for outer in diagram.scopes.values()
                    for flow in outer.flows
                    if flow.target == scope.id
                ]
    return before


def computation(task: UserTask, rule: str) -> list[str]:
    """How the due date was found, in sentences; nothing when there is no date."""
    if task.due_at is None:
        return []
    opened = task.opened_at.astimezone(PARIS).date()
    due = task.due_at.astimezone(PARIS).date()
    if by_days := WORKING_DAYS.fullmatch(rule):
        told = ngettext(
            "Ouverte le %(opened)s, plus un jour ouvré : %(due)s.",
            "Ouverte le %(opened)s, plus %(num)d jours ouvrés : %(due)s.",
            int(by_days[1]),
            opened=spoken(opened),
            due=spoken(due),
        )
        return [str(told), *_passed_over(opened, due)]
    days = (due - opened).days
    told = ngettext(
        "Ouverte le %(opened)s, à faire un jour plus tard au plus : %(due)s.",
        "Ouverte le %(opened)s, à faire %(num)d jours plus tard au plus : %(due)s.",
        max(days, 0),
        opened=spoken(opened),
        due=spoken(due),
    )
    return [str(told)]


def _passed_over(opened: date, due: date) -> list[str]:
    """The days that were not counted."""
    holidays: list[Any] = working_days.holidays_between(opened, due)
    if not holidays:
        return [str(_("Les samedis et les dimanches ne sont pas comptés."))]
    named = ", ".join(f"{spoken(day)} ({name})" for day, name in holidays)
    return [
        str(
            _(
                "Les samedis, les dimanches et les jours fériés ne sont pas comptés : %(days)s.",
                days=named,
            )
        )
    ]
