"""Why a live token cannot go on in the new version: one French sentence each, with the cure."""

from typing import Any

from SpiffWorkflow.util.task import TaskState

from engine.spiff.correspondence import Plan, reachable, ways_in
from engine.spiff.events import Catching
from engine.spiff.inside import CALLED
from engine.spiff.joins import EndJoin, Join, ParallelGateway
from engine.spiff.loops import Container
from engine.spiff.tree import UNFINISHED

NAME, STATE, INTERNAL = 2, 3, 6
"""Columns of a row of `codec`."""


def obstacle(row: list[Any], had: Any, now: Any, plan: Plan, new: Any) -> str:
    """Why a token cannot go on there; nothing when it can.

    `had` and `now` are its elements, `new` the specifications of the whole new version.
    """
    if now is None:
        return _gone(had, plan, new)
    label = had.label()
    repeated = isinstance(had, Container), isinstance(now, Container)
    if repeated == (True, False) or (had.container and not now.container):
        return f"{label} n'est plus répétée dans la nouvelle version : {_FINISH}"
    if repeated == (False, True) or (now.container and not had.container):
        return f"{label} est désormais répétée dans la nouvelle version : {_FINISH}"
    if (
        now.node.kind != had.node.kind
        or type(now) is not type(had)
        or now.node.by_event != had.node.by_event
    ):
        return (
            f"{label} n'est plus une étape du même type dans la nouvelle version : "
            "dites quelle étape la remplace, ou finissez-la d'abord."
        )
    return (
        _repeated_otherwise(had, now)
        or _asks_another(row, had, now)
        or _arrived_elsewhere(row, had, now, plan)
    )


_FINISH = "finissez-la d'abord, ou dites quelle étape la remplace."


def _gone(had: Any, plan: Plan, new: Any) -> str:
    label, key = had.label(), plan.renamed(had.name).partition("#")[0]
    if "#" not in had.name and any(key in scope.task_specs for scope in new.values()):
        if isinstance(had, Catching):
            return (
                f"{label} n'attend plus un événement du même type dans la nouvelle version : "
                "dites quelle étape la remplace, ou déplacez d'abord le jeton."
            )
        return (
            f"{label} se trouve dans une autre partie du diagramme de la nouvelle version : "
            "finissez-la d'abord, ou déplacez le jeton."
        )
    if any(key in scope.task_specs for scope in new.values()):
        return (
            f"{label} n'attend plus la même chose dans la nouvelle version : réglez d'abord "
            "ce qui s'y est arrêté, ou déplacez le jeton."
        )
    return (
        f"{label} n'existe plus dans la nouvelle version : dites quelle étape la remplace."
    )


def _repeated_otherwise(had: Any, now: Any) -> str:
    if not isinstance(had, Container):
        return ""
    was, becomes = had.loop, now.loop
    if was.kind != becomes.kind:
        return f"La répétition de {had.label()} n'est plus du même type : {_FINISH}"
    if was.item != becomes.item or (was.output, was.output_item) != (
        becomes.output,
        becomes.output_item,
    ):
        return (
            f"La répétition de {had.label()} ne range plus ses données sous les mêmes noms : "
            f"{_FINISH}"
        )
    return ""


def _asks_another(row: list[Any], had: Any, now: Any) -> str:
    if called := (row[INTERNAL] or {}).get(CALLED):
        return _calls_another(called[0], had, now)
    asked, asks = had.node.operator, now.node.operator
    if row[STATE] != TaskState.STARTED or not asked or not asks or asked.name == asks.name:
        return ""
    return (
        f"{had.label()} attend la réponse de {asked.name}, que la nouvelle version remplace "
        f"par {asks.name} : attendez la réponse, ou sautez l'étape."
    )


def _calls_another(called: str, had: Any, now: Any) -> str:
    if now.spec.startswith("=") or now.spec == called:
        return ""
    return (
        f"{had.label()} attend le dossier qu'elle a ouvert pour « {called} », que la nouvelle "
        f"version remplace par « {now.spec} » : attendez sa fin, ou sautez l'étape."
    )


def _arrived_elsewhere(row: list[Any], had: Any, now: Any, plan: Plan) -> str:
    """A token that waits at a join keeps the way by which it came; noted in the row."""
    came_from = (row[INTERNAL] or {}).get("from")
    if not isinstance(had, Join) or came_from is None:
        return ""
    way = ways_in(had, now, plan).get(came_from, "")
    row[INTERNAL]["from"] = way
    if way or isinstance(had, EndJoin):
        return ""
    return (
        f"{had.label()} ne réunit plus la branche qui y est déjà arrivée : déplacez d'abord "
        "le jeton."
    )


def starving(rows: list[list[Any]], scope: Any) -> set[str]:
    """The parallel joins that would wait for ever: no token can come by one of their ways."""
    specs = scope.task_specs
    live = [row for row in rows if row[STATE] & UNFINISHED]
    found = set[str]()
    for join in specs.values():
        ways = join.arrivals if isinstance(join, ParallelGateway) else {}
        if len(ways) < 2 or "#" in join.name:  # noqa: PLR2004  a single way in joins nothing
            continue
        here = [row for row in live if row[NAME] == join.name]
        elsewhere = {row[NAME].removesuffix("#each") for row in live if row not in here}
        reached = reachable(specs, elsewhere, join.name)
        expected = bool(here) or join.name in reached
        filled = {(row[INTERNAL] or {}).get("from") for row in here}
        missing = [w for w, source in ways.items() if not {w, source} & (filled | reached)]
        if expected and missing:
            found.add(join.name)
    return found


def starves(join: Any) -> str:
    """The sentence for such a join."""
    return (
        f"{join.label()} attendrait une branche que ce dossier n'a pas ouverte : déplacez "
        "d'abord le jeton, ou finissez ces étapes."
    )
