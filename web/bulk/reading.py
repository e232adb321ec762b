"""What an act would do to each of the tasks chosen, told before it is done."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as lazy
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from engine import absences, teams
from engine.absences import Absence
from engine.access import NOT_HANDLING, Actor, allowed
from engine.commands.task_jobs import (
    ASSIGN,
    CLAIM,
    COMPLETE,
    MOST,
    RELEASE,
    SNOOZE,
    TaskAct,
    check,
)
from engine.directory import Person, holders
from engine.documents import Draft
from engine.errors import OperationRefused
from engine.models import SUSPENDED, UserTask, db
from forms import Form, PageView, Reading
from web import filling
from web.cases.reading import names
from web.people import acting
from workflows.territory import lookups

ACTS = {
    "prendre": CLAIM,
    "attribuer": ASSIGN,
    "remettre": RELEASE,
    "reporter": SNOOZE,
    "terminer": COMPLETE,
}
"""The acts, as addresses and buttons name them."""

OWN = frozenset({"acte", "tache", "lot", "next", "motif"})
"""What the preview posts of its own, beside the answers."""

TITLES = {
    CLAIM: lazy("Prendre en charge"),
    ASSIGN: lazy("Attribuer"),
    RELEASE: lazy("Remettre dans la corbeille"),
    SNOOZE: lazy("Reporter"),
    COMPLETE: lazy("Terminer"),
}


@dataclass(frozen=True)
class Line:
    """One task, and why the act would be refused; nothing when it would be done."""

    task: UserTask
    holder: str
    refusal: str = ""


@dataclass(frozen=True)
class Preview:
    """What would happen to each; `hidden` were chosen, and are not this person's to see."""

    act: str
    lines: list[Line]
    hidden: int
    people: list[tuple[Person, str, Absence | None]] = field(default_factory=list)
    form: Form | None = None
    needs_motive: bool = False
    problem: str = ""

    @property
    def allowed(self) -> list[Line]:
        """Those that would be done."""
        return [line for line in self.lines if not line.refusal]

    @property
    def refusals(self) -> list[tuple[str, int]]:
        """The reasons, the most frequent first, with their number."""
        return Counter(line.refusal for line in self.lines if line.refusal).most_common()


def chosen_ids(values: Sequence[str]) -> list[UUID]:
    """The ids among what was posted, each once, one more than a job may hold at most."""
    found = dict[UUID, None]()
    for value in values:
        try:
            found[UUID(value)] = None
        except ValueError:
            continue
        if len(found) > MOST:
            break
    return list(found)


def preview(act: str, ids: Sequence[UUID], actor: Actor) -> Preview:
    """What the act would do now; each task is judged again when its turn comes."""
    found = _tasks(ids)
    seen = [t for t in found if actor.role_for(t) or _directs(actor, t)]
    called = names({t.assignee_id for t in seen} | {t.completed_by for t in seen})
    begun = _begun(seen) if act == COMPLETE else {}
    lines = [
        Line(
            t,
            called.get(t.assignee_id, ""),
            _refusal(act, t, actor, called) or begun.get(t.id, ""),
        )
        for t in seen
    ]
    problem = ""
    try:
        check(seen, TaskAct(act))
    except OperationRefused as refused:
        problem = _(str(refused))
    form = filling.form_of(seen[0]) if act == COMPLETE and seen and not problem else None
    if form is not None and form.file_labels:
        problem = _(
            "Cette étape demande des fichiers : elle se termine dossier par dossier."
        )
    others = any(t.assignee_id not in {None, actor.person_id} for t in seen)
    return Preview(
        act,
        lines,
        hidden=len(ids) - len(seen),
        people=_people(seen) if act == ASSIGN else [],
        form=form,
        needs_motive=act == ASSIGN or (act == RELEASE and others),
        problem=problem,
    )


def _tasks(ids: Sequence[UUID]) -> list[UserTask]:
    rows = select(UserTask).where(UserTask.id.in_(ids))
    found = {
        t.id: t for t in db.session.scalars(rows.options(joinedload(UserTask.instance)))
    }
    return [found[one] for one in ids if one in found]


def _directs(actor: Actor, task: UserTask) -> bool:
    directed = task.role not in NOT_HANDLING and not task.page
    return directed and actor.heads(task.organisation_id, task.key)


def _people(found: Sequence[UserTask]) -> list[tuple[Person, str, Absence | None]]:
    """Those who have the role of every task, with their open tasks and their absence."""
    asked = {(t.organisation_id, t.role) for t in found if t.role not in NOT_HANDLING}
    able: dict[UUID, Person] | None = None
    for body, role in asked:
        here = {p.id: p for p in holders(body, [role])}
        able = here if able is None else {i: p for i, p in able.items() if i in here}
    if not able:
        return []
    body = next(iter(asked))[0]
    held, away = teams.held(body, able), absences.away(able)
    return [(p, acting.has(held[p.id]), away.get(p.id)) for p in able.values()]


def _begun(found: Sequence[UserTask]) -> dict[UUID, str]:
    """Where somebody has begun to answer for one case alone."""
    asked = select(Draft.task_id, Person.name).join(Person, Person.id == Draft.person_id)
    rows = db.session.execute(asked.where(Draft.task_id.in_([t.id for t in found])))
    return {
        task: str(_("réponse commencée par %(who)s", who=who)) for task, who in rows if task
    }


def _refusal(
    act: str, task: UserTask, actor: Actor, called: Mapping[UUID | None, str]
) -> str:
    if task.status == "completed":
        return str(_("déjà terminée par %(who)s", who=called.get(task.completed_by, "")))
    if task.status != "open":
        return str(_("n’est plus à faire"))
    if task.role in NOT_HANDLING:
        return str(_("à faire par le demandeur"))
    holder = called.get(task.assignee_id, "")
    taken = task.assignee_id is not None and not actor.has_in_hand(task)
    if act == COMPLETE and task.page:
        return str(_("se fait dans sa propre page"))
    if act == COMPLETE and task.instance.status == SUSPENDED:
        return str(_("dossier suspendu"))
    if act in {CLAIM, COMPLETE, SNOOZE} and not actor.role_for(task):
        return str(_("vous n’avez pas ce rôle"))
    if act in {CLAIM, COMPLETE, SNOOZE} and taken:
        return str(_("en charge de %(who)s", who=holder))
    if act == COMPLETE and not allowed(actor, "complete", task):
        return str(_("signature qui ne vous est pas déléguée"))
    if act in {RELEASE, SNOOZE} and task.assignee_id is None:
        return str(_("personne ne l’a en charge"))
    if act in {RELEASE, ASSIGN} and not allowed(actor, act, task):
        return str(
            _("en charge de %(who)s", who=holder) if taken else _("prenez-la d’abord")
        )
    return ""


def read(form: Form, *, strict: bool) -> Reading:
    """The answers posted for all the tasks, in no case's context."""
    submitted = {
        name: request.form.getlist(name) for name in request.form if name not in OWN
    }
    return form.read(submitted, draft=not strict, lookups=lookups())


def view(form: Form, reading: Reading | None = None) -> PageView:
    """The form to fill in once."""
    outcome = reading or Reading(form.prefill({}, {}))
    values: Mapping[str, Any] = outcome.values
    return form.view(
        None, values, reading=outcome, lookups=lookups(), file_url=lambda _: ""
    )
