"""What an open process remembers beside its tokens, under the names of another version.

A complex gateway's late branches, whose turn it is in an ad hoc sub-process, and what is done
and may have to be undone.
"""

from typing import Any

from engine.spiff.correspondence import Plan, ways_in
from engine.spiff.model import Model
from engine.spiff.obstacles import INTERNAL
from engine.spiff.odd_joins import AdHocEnd, ComplexGateway

_PARENT = 1


def rename(
    row: list[Any], old: Model, new: Model, scopes: tuple[Any, Any], now: Any, plan: Plan
) -> None:
    """Rewrite a row's memory in place; `scopes` are its process in both versions."""
    kept = row[INTERNAL] = row[INTERNAL] or {}
    if "done" in kept and isinstance(kept["done"], list):
        kept["done"] = [_note(note, old, new, plan) for note in kept["done"]]
    if "undo" in kept:
        kept["undo"] = [
            [plan.renamed(handler), item, [_note(n, old, new, plan) for n in inside]]
            for handler, item, inside in kept["undo"]
        ]
        for handler, *_ in kept["undo"]:
            if handler not in new.specs:
                plan.reasons.append(
                    f"L'annulation en cours ne trouve plus « {handler.partition('#')[0]} » dans "
                    "la nouvelle version : attendez qu'elle finisse, ou dites quelle étape la "
                    "remplace."
                )
    if row[_PARENT] is None:
        _late(kept, *scopes, plan)
        _turn(kept, *scopes, plan)


def _note(note: list[Any], old: Model, new: Model, plan: Plan) -> list[Any]:
    element, item, inside = note
    name = plan.renamed(element)
    if _undone(old, element) and not _undone(new, name):
        label = old.elements[element].name or element
        plan.note(
            f"« {label} » est faite, et ne pourra plus être annulée par compensation."
        )
    return [name, item, [_note(part, old, new, plan) for part in inside]]


def _undone(model: Model, element: str) -> bool:
    return f"{element}#handler" in model.specs or bool(
        element in model.specs and model.specs[element].undone_by
    )


def _late(kept: dict[str, Any], old: Any, new: Any, plan: Plan) -> None:
    """The branches that a complex gateway lets arrive and vanish."""
    late = kept.pop("late", {})
    for name, ways in late.items():
        now = new.task_specs.get(plan.renamed(name))
        if not isinstance(now, ComplexGateway):
            continue
        follows = ways_in(old.task_specs[name], now, plan)
        kept.setdefault("late", {})[now.name] = [follows[w] for w in ways if w in follows]


def _turn(kept: dict[str, Any], old: Any, new: Any, plan: Plan) -> None:
    """Whose turn it is in an ad hoc sub-process."""
    if not isinstance(old.end, AdHocEnd) or not isinstance(new.end, AdHocEnd):
        return
    label = old.end.label()
    if old.end.node.in_turn != new.end.node.in_turn:
        plan.reasons.append(
            f"{label} ne se fait plus dans le même ordre : finissez-le d'abord."
        )
    elif old.end.node.in_turn:
        entry = entries(old, plan)[kept.get("turn", 0)]
        order = entries(new, Plan({}))
        if entry not in order:
            plan.reasons.append(
                f"« {entry} » ne commence plus un tour de {label} : finissez-le d'abord."
            )
        else:
            kept["turn"] = order.index(entry)


def entries(scope: Any, plan: Plan) -> list[str]:
    """The ids of the activities that an ad hoc sub-process offers, under their new names."""
    return [plan.renamed(name).partition("#")[0] for name in scope.end.entries]
