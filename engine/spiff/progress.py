"""Running on: everything that can happen by itself, until the case waits for someone.

Joins are looked at when nothing else can run. A case that then waits for nobody (a join for a
branch that will never come, a condition that nothing can make true) is not left to hang in
silence: the waiting task fails, with a sentence.
"""

from SpiffWorkflow.util.task import TaskState

from engine.spiff.compaction import compact
from engine.spiff.errors import TaskFailed
from engine.spiff.events import Catching, settle_conditions
from engine.spiff.inside import asks
from engine.spiff.joins import EndJoin, Join, settle_joins
from engine.spiff.tree import TOKEN, LiveTask, LiveWorkflow

MAX_STEPS = 10_000
_TIDY_EVERY = 200


def run_on(top: LiveWorkflow) -> None:
    """Run until nothing more can run by itself, then forget what is finished."""
    steps, conditional = 0, top.spec.conditional
    if conditional:
        settle_conditions(top)
    while not top.completed:
        while top.ready:
            task = top.ready.popleft()
            if task.state != TaskState.READY or task.id not in task.workflow.tasks:
                continue
            steps += 1
            if steps > MAX_STEPS:
                _stop_runaway(task)
                continue
            task.run()
            if conditional:
                settle_conditions(top)
            if steps % _TIDY_EVERY == 0:
                compact(top)
        if not settle_joins(top):
            break
    top.ready.clear()
    if not top.completed:
        _fail_if_stuck(top)
    compact(top)


def _stop_runaway(task: LiveTask) -> None:
    message = (
        f"plus de {MAX_STEPS} étapes automatiques de suite : le diagramme tourne en rond à "
        f"{task.task_spec.label()}"
    )
    task.fail(TaskFailed(message, code="runaway"))


def _fail_if_stuck(top: LiveWorkflow) -> None:
    """Fail what waits for nothing, unless something else may still move the case."""
    tokens = [task for task in top.every() if task.has_state(TOKEN)]
    if any(_may_move(task) for task in tokens):
        return
    for task in tokens:
        spec = task.task_spec
        if isinstance(spec, Join) and not isinstance(spec, EndJoin):
            message = f"{spec.label()} attend une branche qui ne viendra pas"
        elif isinstance(spec, Catching) and not spec.aside:
            message = f"{spec.label()} attend une condition que rien ne peut rendre vraie"
        else:
            continue
        task.fail(TaskFailed(f"ce dossier ne peut plus avancer : {message}", code="stuck"))


_FROM_OUTSIDE = frozenset({"message", "signal", "timer"})


def _may_move(task: LiveTask) -> bool:
    """Whether a person, a partner, another case or the clock may move this token."""
    spec = task.task_spec
    if task.state == TaskState.WAITING:
        return isinstance(spec, Catching) and spec.event.kind in _FROM_OUTSIDE
    if task.state == TaskState.STARTED:
        return asks(task)
    return True  # a user task, or a failure that a person will repair
