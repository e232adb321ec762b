"""Data on which expressions and letters are tried: examples, scenarios, cases one handles."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import select

from engine import clock
from engine.access import Actor, allowed
from engine.commands.step import restore
from engine.feel import FeelError
from engine.models import ProcessInstance, db
from engine.procedure_drafts import ProcedureDraft
from workflows import known_data
from workflows.scenarios import resolved

FILE = "scenarios.json"


class NoSample(Exception):
    """There are no such data, or they are not for this person; the message is in French."""


def take(
    draft: ProcedureDraft, files: Mapping[str, bytes], source: str, actor: Actor
) -> dict[str, Any]:
    """The data that `source` names: `catalogue`, `scenario:<name>`, `case:<number>`.

    Raises NoSample.
    """
    kind, _, name = source.partition(":")
    if kind == "scenario":
        return {name: _scenario(files, name)}
    if kind == "case":
        return _case(draft, name, actor)
    diagrams = known_data.drawn(files, draft.key)
    known = known_data.data(files, diagrams)
    return _examples([(one.path, one.type) for one in known])


def scenarios(files: Mapping[str, bytes]) -> list[str]:
    """The names under which the draft's scenarios keep what is filed."""
    return list(_filed(files))


def _filed(files: Mapping[str, bytes]) -> Mapping[str, Any]:
    try:
        found = orjson.loads(files.get(FILE, b"{}"))
    except orjson.JSONDecodeError:
        return {}
    values = found.get("values") if isinstance(found, dict) else None
    return values if isinstance(values, dict) else {}


def _scenario(files: Mapping[str, bytes], name: str) -> Any:
    filed = _filed(files)
    if name not in filed:
        raise NoSample("Ce scénario n’est pas dans le brouillon.")
    try:
        return resolved(filed[name])
    except FeelError as error:
        raise NoSample(f"Ce scénario ne peut pas être lu. {error}") from None


def _case(draft: ProcedureDraft, number: str, actor: Actor) -> dict[str, Any]:
    """The data of a case of the same procedure and body, for those who handle it alone.

    Whoever may not see it is told what is told of a case that does not exist.
    """
    found = db.session.scalar(
        select(ProcessInstance).where(
            ProcessInstance.number == number.strip()[:50],
            ProcessInstance.key == draft.key,
            ProcessInstance.organisation_id == draft.owner_id,
        )
    )
    if found is None or not allowed(actor, "handle", found):
        raise NoSample(
            "Aucun dossier de cette démarche n’a ce numéro parmi ceux que vous traitez."
        )
    return restore(found).data


def _examples(known: list[tuple[str, str]]) -> dict[str, Any]:
    """One value a name, of the kind that is expected there."""
    today = clock.today().isoformat()
    values = {"number": 1000, "boolean": True, "date": today, "list": [], "context": {}}
    data: dict[str, Any] = {}
    for path, kind in known:
        *above, last = path.split(".")
        place = data
        for name in above:
            inner = place.get(name)
            place[name] = inner if isinstance(inner, dict) else {}
            place = place[name]
        place.setdefault(last, values.get(kind, last.replace("_", " ")))
    return data
