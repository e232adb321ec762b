"""The circuit of a folder: its steps in order, who was foreseen and who did what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from engine import definitions, feel
from engine.models import ProcessInstance, UserTask, db
from workflows.parapheur.circuits import ONE, NotAList, Step, read
from workflows.parapheur.models import DRAFT, IN_PROGRESS, Folder, FolderAct

OUTSIDE = {
    "drafted",
    "deposited",
    "corrected",
    "resumed",
    "finished",
    "chained",
    "abandoned",
    "reminded",
    "proven",
    "renewed",
}
"""Acts that are no step of a circuit."""
ACTED = {
    "approved",
    "signed",
    "sealed",
    "opinion_given",
    "mailed",
    "transmitted",
    "acknowledged",
    "archived",
}


@dataclass
class Stage:
    """A step as people follow it: `state` is done, now, refused or to_come."""

    name: Any
    desks: list[str] = field(default_factory=list)
    state: str = "to_come"
    any: bool = False
    acts: list[FolderAct] = field(default_factory=list)
    holder: str = ""
    due_at: datetime | None = None


def of(
    folder: Folder,
    tasks: Sequence[UserTask],
    acts: Sequence[FolderAct],
    desks: Mapping[str, str],
) -> list[Stage]:
    """The deposit, the steps of its circuits, and its end; acts are in their order.

    A circuit drawn in the designer that is no list shows what was done and what is now.
    """
    told = [one for one in acts if one.round == folder.round and one.undone_by is None]
    begun = [one for one in told if one.kind in {"deposited", "corrected"}]
    stages = [
        Stage(
            _("Dépôt"),
            [desks.get(folder.author_role, folder.author_role)],
            "now" if folder.state == DRAFT else "done",
            acts=begun,
        )
    ]
    done = [one for one in told if one.kind not in OUTSIDE]
    steps = _steps(folder, told)
    if steps is None:
        stages += _followed(done, tasks, desks)
    else:
        stages += _foreseen(steps, folder, done, tasks, desks)
    if folder.state == IN_PROGRESS:
        return [*stages, Stage(_("Fin du circuit"))]
    ended = [one for one in told if one.kind in {"finished", "abandoned"}]
    return (
        [*stages, Stage(_("Fin du circuit"), state="done", acts=ended)] if ended else stages
    )


def _steps(folder: Folder, acts: Sequence[FolderAct]) -> list[Step] | None:
    """The steps of the circuits chosen for a folder; None when they are no list."""
    route = folder.details.get("route") or {}
    found = list[Step]()
    for key in (route.get("creation"), route.get("circuit")):
        if key:
            steps = _listed(_version(folder.instance_id, key))
            if steps is None:
                return None
            found += steps
    return found


@lru_cache(maxsize=512)
def _listed(version_id: UUID) -> tuple[Step, ...] | None:
    """The steps of a version of a circuit, which never changes; None when it is no list."""
    content = definitions.file(version_id, "process.bpmn")
    try:
        return tuple(read(content)) if content else ()
    except NotAList:
        return None


def _version(folder_id: UUID, key: str) -> UUID:
    """The version of a circuit that this folder follows, else the one that it would now."""
    version = db.session.scalars(
        select(ProcessInstance.definition_id)
        .where(ProcessInstance.parent_id == folder_id, ProcessInstance.key == key)
        .order_by(ProcessInstance.started_at.desc())
        .limit(1)
    ).first()
    return version or definitions.latest(key).id


def _foreseen(
    steps: Sequence[Step],
    folder: Folder,
    acts: Sequence[FolderAct],
    tasks: Sequence[UserTask],
    desks: Mapping[str, str],
) -> list[Stage]:
    """Each step with the acts that did it: acts come in the order of the steps."""
    left, stages = list(acts), list[Stage]()
    for step in steps:
        name = step.name
        stage = Stage(name, _desks(step, folder, desks), any=step.parallel == ONE)
        here = [
            one
            for one in left
            if one.step == name or (not step.is_done_by_desks and _made(one, step))
        ]
        want = 1 if step.parallel == ONE or not step.desks else len(step.desks)
        acted = 0
        for one in here:
            if acted >= want:
                break
            stage.acts.append(one)
            left.remove(one)
            acted = 0 if one.kind == "refused" else acted + (one.kind in ACTED)
        _judge(stage, [task for task in tasks if task.name == name], desks)
        stages.append(stage)
    return stages


def _judge(stage: Stage, tasks: Sequence[UserTask], desks: Mapping[str, str]) -> None:
    """Where a stage stands, by what was done and what is open."""
    if tasks:
        stage.state = "now"
        stage.due_at = min((t.due_at for t in tasks if t.due_at), default=None)
        now = [desks.get(t.role, t.role) for t in tasks]
        if sorted(now) != sorted(stage.desks):
            stage.holder = _("Maintenant : %(desks)s", desks=", ".join(now))
    elif stage.acts and stage.acts[-1].kind == "refused":
        stage.state = "refused"
    elif any(one.kind in {*ACTED, "bypassed"} for one in stage.acts):
        stage.state = "done"


def _followed(
    acts: Sequence[FolderAct], tasks: Sequence[UserTask], desks: Mapping[str, str]
) -> list[Stage]:
    stages = [
        Stage(one.step or _("Étape"), [desks.get(one.role, one.role)] if one.role else [],
              "refused" if one.kind == "refused" else "done", acts=[one])
        for one in acts
    ]  # fmt: skip
    return stages + [
        Stage(task.name, [desks.get(task.role, task.role)], "now", due_at=task.due_at)
        for task in tasks
    ]


def _made(act: FolderAct, step: Step) -> bool:
    """Whether an act of the office itself is what such a step does."""
    kinds = {"seal": {"sealed"}, "mail": {"mailed"}, "archive": {"archived"},
             "transmission": {"transmitted", "acknowledged", "refused"}}  # fmt: skip
    return act.person_id is None and act.kind in kinds.get(step.kind, set())


def _desks(step: Step, folder: Folder, desks: Mapping[str, str]) -> list[str]:
    """The names of the desks of a step, variable ones as its route says."""
    found = list[str]()
    data: dict[str, Any] = {
        "route": folder.details.get("route") or {},
        "folder": {"metadata": folder.details.get("metadata") or {}},
    }
    for desk in step.desks:
        role = _known(desk, data) if desk.startswith("=") else desk
        found.append(desks.get(role, role) if role else _("bureau à déterminer"))
    return found


def _known(said: str, data: dict[str, Any]) -> str:
    try:
        value = feel.plain(feel.compile(said).evaluate(data))
    except feel.FeelError:
        return ""
    return value if isinstance(value, str) else ""
