"""A trial as its page shows it: the story told so far, and where it led.

What is played is played elsewhere (`throwaway`), once for each step: a page that changes
nothing shows what is kept.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext
from sqlalchemy import select

from engine import clock, definitions, directory, procedure_drafts, trials
from engine.access import Actor
from engine.commands import trials as commands
from engine.directory import COMPANY, Holding, Organisation
from engine.errors import Busy
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from engine.spiff import dialect
from engine.spiff.errors import DiagramRefused
from engine.subscriptions import ProcedureParameters
from forms import Form, FormRefused, compile_form
from web.designer import throwaway
from web.designer.throwaway import TrialStopped
from workflows import stories
from workflows.publication import COMMON_FORMS

SCENARIOS = "scenarios.json"
MOST_BODIES = 30
MOST_CALLED = 100
NO_START: Mapping[str, Any] = {
    "by_hand": False, "form": None, "messages": [], "timers": [], "role": "", "element": "",
    "context": {},
}  # fmt: skip
STOPPED = lazy_gettext(
    "L’essai a été arrêté : il demandait trop de temps ou de mémoire. Cherchez une boucle qui ne"
    " finit pas, ou une répétition trop longue."
)
SILENT = lazy_gettext("Le bac à sable ne répond pas.")


@dataclass(frozen=True)
class Trial:
    """One person's trial of a draft. `state` is where its steps led; see `workflows.trial_state`."""

    draft: ProcedureDraft
    files: Mapping[str, bytes]
    title: str
    steps: Sequence[Any]
    rev: int
    state: Mapping[str, Any]

    @cached_property
    def told(self) -> dict[str, Any]:
        """The draft's scenarios; empty ones when their file is wrong."""
        return told(self.files)

    @property
    def refused(self) -> Sequence[str]:
        """Why nothing can be tried: what is wrong with the draft."""
        found: Sequence[str] = self.state.get("refused", [])
        return found

    @property
    def broken(self) -> Mapping[str, Any] | None:
        """The step at which the story stops, and why."""
        return self.state.get("broken")

    @property
    def now(self) -> datetime:
        """The moment of the trial."""
        told = self.state.get("now")
        return datetime.fromisoformat(told) if told else clock.now()

    @property
    def next_due(self) -> datetime | None:
        """When the next timer of the trial is due."""
        waiting = [t["due_at"] for t in self.state.get("timers", [])]
        found = waiting if self.state.get("case") else self.start["timers"]
        return min(map(datetime.fromisoformat, found), default=None)

    @property
    def start(self) -> Mapping[str, Any]:
        """How a case of this draft begins."""
        found: Mapping[str, Any] = self.state.get("start") or NO_START
        return found

    @property
    def over(self) -> bool:
        """Whether nothing more can happen to the case."""
        case = self.state.get("case") or {"status": "active"}
        return case["status"] not in {"active", "suspended"}

    def task(self, element: str) -> Mapping[str, Any] | None:
        """An open task, by the element of the diagram."""
        return next(
            (t for t in self.state.get("tasks", []) if t["element"] == element), None
        )

    def form(self, name: str | None) -> Form | None:
        """A form of the draft, compiled now; None without one."""
        source = self.files.get(f"{name}.form.json") if name else None
        if source is None:
            return None
        shared = {found.name: found.read_bytes() for found in COMMON_FORMS.glob("*.json")}
        try:
            return compile_form(source, shared=shared)
        except FormRefused:
            return None


def told(files: Mapping[str, bytes]) -> dict[str, Any]:
    """The scenarios of a folder; none when their file is wrong."""
    try:
        return stories.read(files.get(SCENARIOS, b""))
    except ValueError:
        return {"values": {}, "partners": {}, "stories": {}}


def of(draft: ProcedureDraft, actor: Actor) -> Trial:
    """A person's trial of a draft as it stands: as it was kept, or played if the draft changed."""
    story, files = trials.of(draft.id, actor.person_id), procedure_drafts.files(draft.id)
    if story is None:
        return Trial(draft, files, "", [], 0, _played(draft, files, [], clock.now()))
    told = (story.title, list(story.steps), story.rev)
    if story.played == procedure_drafts.digest(files) and story.state:
        return Trial(draft, files, *told, story.state)
    return Trial(draft, files, *told, _played(draft, files, told[1], story.since))


def tell(
    draft_id: UUID,
    steps: Sequence[Any],
    actor: Actor,
    seen: int,
    title: str | None = None,
    state: Mapping[str, Any] | None = None,
) -> None:
    """Keep other steps of a trial, and where they lead: the page that follows plays nothing.

    `state` is given when it is known already. Raises what `engine.commands.trials.tell` does.
    """
    commands.tell(draft_id, steps, actor=actor, seen=seen, title=title)
    files, story = procedure_drafts.files(draft_id), trials.of(draft_id, actor.person_id)
    since = story.since if story else clock.now()
    if state is None:
        state = _played(db.session.get_one(ProcedureDraft, draft_id), files, steps, since)
    with suppress(Busy):  # it is played again at the next page
        played = procedure_drafts.digest(files)
        commands.note(draft_id, state, played, actor=actor, seen=seen + 1)


def _played(
    draft: ProcedureDraft,
    files: Mapping[str, bytes],
    steps: Sequence[Any],
    since: datetime,
    sandbox: str = "",
) -> dict[str, Any]:
    setting = setting_of(draft, files)
    db.session.rollback()  # nothing is held while another process works
    try:
        return throwaway.show(setting, steps, since=since.isoformat(), sandbox=sandbox)
    except TrialStopped:
        return {"refused": [str(STOPPED)]}


def sandbox_answer(
    trial: Trial, actor: Actor, operation: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The step that a sandbox answers with, and where it leads; `problem` says why none."""
    story = trials.of(trial.draft.id, actor.person_id)
    since = story.since if story else clock.now()
    state = _played(trial.draft, trial.files, trial.steps, since, operation)
    return state.pop("step", None) or {"problem": str(SILENT)}, state


def setting_of(draft: ProcedureDraft, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What a draft is played with; see `workflows.trial.Setting`."""
    owner = db.session.get_one(Organisation, draft.owner_id)
    parameters = db.session.get(ProcedureParameters, (draft.key, owner.id))
    known = told(files)
    callable_ = (key for key in definitions.callable_keys(owner.id) if key != draft.key)
    return {
        "key": draft.key,
        "files": dict(files),
        "owner": _told_of(owner),
        "others": [_told_of(one) for one in _others(draft, files)],
        "called": list(callable_)[:MOST_CALLED],
        "parameters": parameters.values if parameters else {},
        "values": known["values"],
        "partners": known["partners"],
    }


def _told_of(organisation: Organisation) -> dict[str, Any]:
    return {**directory.describe(organisation), "slug": organisation.slug}


def _others(draft: ProcedureDraft, files: Mapping[str, bytes]) -> list[Organisation]:
    """The bodies where somebody has a role that the diagram names."""
    try:
        facts, _problems = dialect.read(files, draft.key)
    except DiagramRefused:
        return []
    nodes = (node for scope in facts.scopes.values() for node in scope.nodes)
    roles = sorted({node.role for node in nodes if node.role})
    holding = select(Holding.organisation_id).where(Holding.role.in_(roles))
    return list(
        db.session.scalars(
            select(Organisation)
            .where(
                Organisation.id.in_(holding),
                Organisation.kind != COMPANY,
                Organisation.id != draft.owner_id,
            )
            .order_by(Organisation.name)
            .limit(MOST_BODIES)
        )
    )


def until(now: datetime, due: datetime) -> str:
    """The time to pass to reach a moment, as a story writes it; a whole number of minutes."""
    minutes = max(1, -(-(due - now) // timedelta(minutes=1)))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
    return f"P{f'{days}D' if days else ''}{f'T{time}' if time else ''}"


def checks(trial: Trial) -> dict[str, Any]:
    """The step that says where a trial stands: kept with the story, it proves something."""
    state = trial.state
    if trial.over:
        ended: dict[str, Any] = {"end": state["case"]["outcome_id"]}
        return ended if ended["end"] else {}
    return {"expect": sorted(state["waits"])} if state.get("case") else {}
