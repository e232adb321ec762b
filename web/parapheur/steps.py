"""The steps of a circuit as a form sends them, and as an address carries them to its drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson
from flask_babel import gettext as _

from web.typed import text
from workflows.parapheur.steps import (
    ALL,
    ARCHIVE,
    KINDS,
    LEGALITY,
    MAIL,
    NAMES,
    ONE,
    Step,
)

VARIABLE = "=route.desks."
"""Before the name of a desk that a selection table gives."""
LISTS = ("desks", "to", "to_approve", "to_refuse")
MOST = 40
LONGEST = 120


def read(form: Any) -> list[Step]:
    """The steps of the form in their order, with the act that its button asks done to them."""
    steps = [_step(form, number) for number in form.getlist("etape")[:MOST]]
    return _turned(steps, form)


def _step(form: Any, number: str) -> Step:
    kind = form.get(f"genre-{number}", "")
    desks = tuple(dict.fromkeys(form.getlist(f"bureau-{number}")))
    variables = tuple(
        VARIABLE + name
        for name in text(form, f"variable-{number}").replace(",", " ").split()
    )
    to = tuple(text(form, f"adresses-{number}").replace(",", " ").replace(";", " ").split())
    name = text(form, f"nom-{number}")[:LONGEST]
    return Step(
        kind=kind if kind in KINDS else "approve",
        name="" if name in NAMES.values() else name,
        desks=desks + variables,
        parallel=ONE if form.get(f"mode-{number}") == ONE else ALL,
        by_hand=f"main-{number}" in form,
        working_days=_days(form, f"delai-{number}"),
        reminder_days=_days(form, f"relance-{number}"),
        to=to,
        target=form.get(f"cible-{number}", LEGALITY),
        to_approve=tuple(form.getlist(f"viser-{number}"))[:MOST],
        to_refuse=tuple(form.getlist(f"refuser-{number}"))[:MOST],
    )


def _days(form: Mapping[str, str], name: str) -> int | None:
    said = text(form, name)
    return int(said) if said.isascii() and said.isdigit() and len(said) < 4 else None  # noqa: PLR2004


def _turned(steps: list[Step], form: Mapping[str, str]) -> list[Step]:
    """Add, remove or move a step, as the button pressed says."""
    kind, place = form.get("_ajouter", ""), form.get("_retirer", "")
    if "_ajouter" in form and len(steps) < MOST:
        return [*steps, Step(kind if kind in KINDS else "approve")]
    if place.isdigit() and int(place) < len(steps):
        return steps[: int(place)] + steps[int(place) + 1 :]
    for name, shift in (("_monter", -1), ("_descendre", 1)):
        asked = form.get(name, "")
        if asked.isdigit() and 0 <= int(asked) + shift < len(steps) > int(asked):
            first, second = int(asked), int(asked) + shift
            steps[first], steps[second] = steps[second], steps[first]
    return steps


def faults(steps: Sequence[Step], desks: Mapping[str, str]) -> dict[str, str]:
    """What keeps these steps from being published, by the id of the field to put right."""
    found = dict[str, str]()
    if not steps:
        found["ajouter"] = _("Ajoutez au moins une étape.")
    for number, step in enumerate(steps):
        called = _("Étape %(n)s", n=number + 1)
        if step.is_done_by_desks and not step.desks:
            found[f"variable-{number}"] = _(
                "%(step)s : choisissez au moins un bureau.", step=called
            )
        for desk in step.desks:
            name = desk.removeprefix(VARIABLE)
            if desk.startswith("=") and not name.isidentifier():
                found[f"variable-{number}"] = _("%(step)s : « %(name)s » n’est pas un nom de bureau variable. Des lettres, des chiffres et _, sans espace.", step=called, name=name[:60])  # fmt: skip
            elif not desk.startswith("=") and desk not in desks:
                found[f"variable-{number}"] = _(
                    "%(step)s : un de ces bureaux est fermé.", step=called
                )
        if step.kind == MAIL and not all("@" in one for one in step.to or [""]):
            found[f"adresses-{number}"] = _(
                "%(step)s : indiquez des adresses de courriel.", step=called
            )
    last = next((n for n, step in enumerate(steps) if step.kind == ARCHIVE), None)
    if last is not None and last != len(steps) - 1:
        found[f"genre-{last}"] = _(
            "L’archivage est la dernière étape : descendez-la, ou retirez les suivantes."
        )
    return found


def variables(step: Step) -> str:
    """The variable desks of a step, as they are typed."""
    return ", ".join(d.removeprefix(VARIABLE) for d in step.desks if d.startswith("="))


def packed(steps: Sequence[Step]) -> str:
    """Steps as an address carries them."""
    return orjson.dumps([asdict(step) for step in steps]).decode()


def unpacked(said: str) -> list[Step]:
    """The steps that an address carries. Raises ValueError."""
    try:
        rows = orjson.loads(said)
        made = [
            Step(**{**row, **{name: tuple(row.get(name, ())) for name in LISTS}})
            for row in rows
        ]
    except (AttributeError, TypeError, KeyError, orjson.JSONDecodeError) as wrong:
        raise ValueError("These are no steps.") from wrong
    lists = [one for step in made for name in LISTS for one in getattr(step, name)]
    texts = [one for s in made for one in (s.kind, s.name, s.target)] + lists
    if len(made) > MOST or not all(isinstance(one, str) for one in texts):
        raise ValueError("These are no steps.")
    return made
