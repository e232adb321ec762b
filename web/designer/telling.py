"""The steps of a story in words, with the names that the diagram gives."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask_babel import gettext as _
from flask_babel import ngettext

from workflows.scenarios import DURATION

LONGEST = 300


def said(step: Any, names: Mapping[str, str], roles: Mapping[str, str]) -> str:
    """What one step does, in a sentence."""
    if not isinstance(step, dict):
        return str(_("Étape illisible"))
    parts = [_act(step, names, roles), *_checks(step, names)]
    return " ; ".join(part for part in parts if part) or str(_("Rien"))


def _act(
    step: Mapping[str, Any], names: Mapping[str, str], roles: Mapping[str, str]
) -> str:
    match step:
        case {"start": str() as name}:
            return str(
                _("Une demande est déposée, avec les valeurs « %(name)s »", name=name)
            )
        case {"start": _values}:
            return str(_("Une demande est déposée"))
        case {"task": str() as element, "as": str() as role}:
            who, what = roles.get(role, role), names.get(element, element)
            return str(_("%(who)s remplit « %(what)s »", who=who, what=what))
        case {"message": str() as name}:
            return str(_("Le message « %(name)s » arrive", name=name))
        case {"pass": str() as duration}:
            return str(_("Le temps passe : %(time)s", time=lasting(duration)))
        case {"hold": str() as call}:
            return str(_("%(call)s attend désormais une réponse de l’essai", call=call))
        case {"answer": str() as call}:
            return str(_("%(call)s répond", call=call))
        case {"refuse": str() as call}:
            return str(_("%(call)s refuse", call=call))
        case _unknown:
            return ""


def _checks(step: Mapping[str, Any], names: Mapping[str, str]) -> list[str]:
    found = []
    match step.get("expect"):
        case []:
            found.append(_("vérifie que rien n’est attendu"))
        case list() as expected:
            told = ", ".join(f"« {names.get(str(one), one)} »" for one in expected)
            found.append(_("vérifie qu’on attend %(what)s", what=told))
    if "end" in step:
        name = names.get(str(step["end"]), step["end"])
        found.append(_("vérifie que le dossier finit à « %(name)s »", name=name))
    match step.get("data"):
        case {**paths} if paths:
            told = ", ".join(f"{path} = {_short(value)}" for path, value in paths.items())
            found.append(_("vérifie que %(what)s", what=told))
    return found


def _short(value: Any) -> str:
    text = orjson.dumps(value).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def lasting(duration: str) -> str:
    """A duration as people say it; as it is written when it is none."""
    found = re.fullmatch(DURATION, duration)
    if found is None:
        return duration
    days, hours, minutes = (int((part or "0")[:9]) for part in found.groups())
    parts = [
        ngettext("un jour", "%(num)d jours", days) if days else "",
        ngettext("une heure", "%(num)d heures", hours) if hours else "",
        ngettext("une minute", "%(num)d minutes", minutes) if minutes else "",
    ]
    return ", ".join(part for part in parts if part) or str(_("Aucun instant"))


def tale(
    steps: Sequence[Any], names: Mapping[str, str], roles: Mapping[str, str]
) -> list[str]:
    """A whole story, step by step."""
    return [said(step, names, roles) for step in steps]
