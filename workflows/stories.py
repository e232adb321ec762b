"""What a scenarios.json may say: its shape, checked before anybody plays it.

    {"values": {name: {…}}, "partners": {call: answer}, "stories": {title: [step, …]}}

A step does one thing (`ACTS`) or only checks; see a procedure's README.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from workflows.scenarios import DURATION

ACTS = ("start", "task", "message", "pass", "hold", "answer", "refuse")
CHECKS = ("expect", "end", "data")
MOST_STEPS = 200
MOST_STORIES = 200
LONGEST = 200
"""Characters of a name: of a story, an element, a call, a role."""
DEEPEST = 60

_BESIDE = {
    "start": {"with", "parameters"},
    "task": {"as", "values"},
    "message": {"payload"},
    "answer": {"value"},
    "refuse": {"reasons", "code"},
}


def read(source: bytes) -> dict[str, Any]:
    """A scenarios.json, its three parts always there. Raises ValueError, in French."""
    found = faults(source)
    if found:
        raise ValueError(" ".join(found))
    return {"values": {}, "partners": {}, "stories": {}, **orjson.loads(source or b"{}")}


def faults(source: bytes) -> list[str]:
    """Everything wrong with a scenarios.json, in sentences; nothing for an empty one."""
    try:
        told = orjson.loads(source or b"{}")
    except orjson.JSONDecodeError as error:
        return [
            f"Ce fichier n'est pas du JSON : ligne {error.lineno}, caractère {error.colno}."
        ]
    if not isinstance(told, dict):
        return ["Ce fichier doit être un objet : « values », « partners » et « stories »."]
    if depth(told) > DEEPEST:
        return [f"Les valeurs s'emboîtent sur plus de {DEEPEST} niveaux : simplifiez-les."]
    return list(_faults(told))


def _faults(told: Mapping[str, Any]) -> Iterator[str]:
    for part in told:
        if part not in {"values", "partners", "stories"}:
            yield f"« {_short(part)} » n'est pas attendu : « values », « partners », « stories »."
        elif not isinstance(told[part], dict):
            yield f"« {part} » doit être un objet : un nom, et ce qu'il désigne."
    tales = told.get("stories")
    if not isinstance(tales, dict):
        return
    if len(tales) > MOST_STORIES:
        yield f"Il y a plus de {MOST_STORIES} scénarios : gardez ceux qui prouvent quelque chose."
        return
    for title, steps in tales.items():
        if not title.strip() or len(title) > LONGEST:
            yield f"Le titre d'un scénario compte de 1 à {LONGEST} caractères : « {_short(title)} »."
        yield from (f"« {_short(title)} » : {one}" for one in faults_of_steps(steps))


def faults_of_steps(steps: Any) -> list[str]:
    """What is wrong with a story's steps, each with its number."""
    if not isinstance(steps, list):
        return ["un scénario est une liste d'étapes."]
    if len(steps) > MOST_STEPS:
        return [f"un scénario compte {MOST_STEPS} étapes au plus ; celui-ci, {len(steps)}."]
    return [
        f"étape {number} : {fault}"
        for number, step in enumerate(steps, 1)
        if (fault := _fault(step))
    ]


def _fault(step: Any) -> str:
    if not isinstance(step, dict) or not step:
        return "une étape est un objet qui dit ce qui se passe."
    if depth(step) > DEEPEST:
        return f"les valeurs s'emboîtent sur plus de {DEEPEST} niveaux."
    acts = [act for act in ACTS if act in step]
    if len(acts) > 1:
        return f"une étape fait une chose à la fois, pas « {acts[0]} » et « {acts[1]} »."
    act = acts[0] if acts else ""
    for key in step:
        if key not in {act, *CHECKS, *_BESIDE.get(act, ())}:
            return f"« {_short(key)} » n'est pas attendu ici."
    return _fault_of_act(act, step) or _fault_of_checks(step)


def _fault_of_act(act: str, step: Mapping[str, Any]) -> str:
    if not act:
        return ""
    named = step[act]
    if act == "start" and isinstance(named, dict):
        return ""
    if not isinstance(named, str) or not named or len(named) > LONGEST:
        return f"« {act} » attend un nom."
    if act == "pass" and not (DURATION.fullmatch(named) and any(map(str.isdigit, named))):
        return (
            f"« {_short(named)} » n'est pas une durée en jours, heures et minutes (P15D)."
        )
    wrong = {
        "task": not isinstance(step.get("as"), str)
        and "« as » dit le rôle qui remplit la tâche.",
        "answer": "value" not in step and "« value » dit ce que répond le partenaire.",
    }
    shapes = {
        "with": dict,
        "parameters": dict,
        "values": dict,
        "payload": dict,
        "reasons": list,
        "code": str,
    }
    for key, shape in shapes.items():
        if key in step and not isinstance(step[key], shape):
            return f"« {key} » n'est pas de la bonne forme."
    if not all(isinstance(reason, str) for reason in step.get("reasons", [])):
        return "« reasons » est une liste de phrases."
    return wrong.get(act) or ""


def _fault_of_checks(step: Mapping[str, Any]) -> str:
    expected = step.get("expect", [])
    if not isinstance(expected, list) or not all(isinstance(one, str) for one in expected):
        return "« expect » est la liste des éléments attendus."
    if not isinstance(step.get("end", ""), str):
        return "« end » nomme l'élément où le dossier finit."
    if not isinstance(step.get("data", {}), dict):
        return "« data » donne des chemins et leurs valeurs."
    return ""


def depth(value: Any) -> int:
    """How many levels a value nests, counted without recursion."""
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        one, level = waiting.pop()
        deepest = max(deepest, level)
        if isinstance(one, dict | list):
            inside = one.values() if isinstance(one, dict) else one
            waiting += [(each, level + 1) for each in inside]
    return deepest


def quoted(value: Any) -> Any:
    """Values as typed, for a story: a text that begins with `=` stays a text."""
    match value:
        case str() if value.startswith("="):
            return "=" + orjson.dumps(value).decode()
        case dict():
            return {key: quoted(inner) for key, inner in value.items()}
        case list():
            return [quoted(inner) for inner in value]
        case _:
            return value


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004
