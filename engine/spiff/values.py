"""What is read must be readable: values that mean nothing, empty texts, two answers to one question."""

import re
from collections.abc import Iterator
from typing import Any

from engine.spiff.reading import local
from engine.spiff.vocabulary import EXPRESSIONS

_BOOLEANS = frozenset(
    [
        "isExecutable",
        "isForCompensation",
        "isInterrupting",
        "cancelActivity",
        "parallelMultiple",
        "instantiate",
        "triggeredByEvent",
        "isSequential",
        "testBefore",
        "waitForCompletion",
        "cancelRemainingInstances",
    ]
)
_CHOICES = {
    **dict.fromkeys(_BOOLEANS, ("true", "false", "1", "0")),
    "behavior": ("None", "One", "All", "Complex"),
    "ordering": ("Parallel", "Sequential"),
    "eventGatewayType": ("Exclusive", "Parallel"),
    "processType": ("None", "Public", "Private"),
}
_ONCE = {
    **{name: f"un seul « {name} »" for name in (*EXPRESSIONS, "script", "event")},
    **{name: f"un seul « {name} »" for name in ("loopDataInputRef", "loopDataOutputRef")},
    **{name: f"un seul « {name} »" for name in ("inputDataItem", "outputDataItem")},
    **dict.fromkeys(
        ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics"),
        "une seule répétition",
    ),
    **dict.fromkeys(("timeDate", "timeDuration", "timeCycle"), "un seul moment"),
}
"""Children of which the engine reads the first, and what several kinds have in common."""
_SAID_ELSEWHERE = frozenset({"timeDate", "timeDuration", "timeCycle"})
_WHOLE = re.compile(r"-?[0-9]{1,9}")
_XPATH = "http://www.w3.org/1999/XPath"
_BEHAVIOR = {
    "oneBehaviorEventRef": "One",
    "noneBehaviorEventRef": "None",
    "complexBehaviorDefinition": "Complex",
}


def unreadable(element: Any) -> Iterator[str]:
    """What is wrong with the values of one element, as sentences."""
    kind = local(element)
    for name, value in element.attrib.items():
        choices = _CHOICES.get(name)
        if choices and value.strip() not in choices:
            yield f"{name} vaut « {value[:100]} » : écrivez {' ou '.join(choices[:4])}"
    written: dict[str, list[str]] = {}
    for child in element.iterchildren():
        if what := _ONCE.get(local(child)):
            written.setdefault(what, []).append(local(child))
    for what, names in written.items():
        if len(names) > 1:
            yield f"il n'y a de place ici que pour {what} : {', '.join(names[:3])} sont écrits"
    if kind in EXPRESSIONS:
        yield from _expression(kind, element)
    elif kind in _MORE:
        yield from _MORE[kind](element)


def _expression(kind: str, element: Any) -> Iterator[str]:
    if kind not in _SAID_ELSEWHERE and not (element.text or "").strip():
        yield f"« {kind} » est vide : écrivez du FEEL, ou ôtez-le"
    language = element.get("language", "FEEL")
    if "feel" not in language.lower():
        yield f"« {kind} » est écrit en {language[:100]} (language) : seul le FEEL est lu"


def _definitions(element: Any) -> Iterator[str]:
    language = element.get("expressionLanguage", _XPATH)
    if language != _XPATH and "feel" not in language.lower():
        yield (
            f"les expressions sont en {language[:100]} (expressionLanguage) : "
            "seul le FEEL est lu"
        )


def _process(element: Any) -> Iterator[str]:
    if element.get("processType") == "Public":
        yield (
            "un processus public (processType) n'est pas exécuté : "
            "il décrit ce qu'un partenaire en voit"
        )


def _script(element: Any) -> Iterator[str]:
    script_format = (element.get("scriptFormat") or "feel").lower()
    if "feel" not in script_format:
        yield (
            f"le script est en {script_format[:100]} (scriptFormat) : "
            "seul un contexte FEEL est accepté"
        )


def _standard_loop(element: Any) -> Iterator[str]:
    maximum = element.get("loopMaximum")
    if maximum is not None and not _WHOLE.fullmatch(maximum.strip()):
        yield f"loopMaximum vaut « {maximum[:100]} » : écrivez un nombre entier"


def _repetition(element: Any) -> Iterator[str]:
    behavior = element.get("behavior", "All")
    written = {*element.attrib, *(local(child) for child in element.iterchildren())}
    for name, needed in _BEHAVIOR.items():
        if name in written and behavior != needed:
            yield f"{name} serait ignoré : behavior vaut {behavior[:20]}, et non {needed}"


def _event_gateway(element: Any) -> Iterator[str]:
    starts = element.get("instantiate", "false").strip() in ("true", "1")
    if element.get("eventGatewayType") == "Parallel" and not starts:
        yield (
            "eventGatewayType=Parallel serait ignoré : il n'a de sens que sur une passerelle "
            "qui démarre le processus (instantiate)"
        )


def _start(element: Any) -> Iterator[str]:
    inside = element.getparent().get("triggeredByEvent", "false").strip() in ("true", "1")
    if element.get("isInterrupting", "true").strip() in ("false", "0") and not inside:
        yield (
            "isInterrupting=false serait ignoré : il n'a de sens que dans un sous-processus "
            "déclenché par un événement"
        )


_MORE = {
    "definitions": _definitions,
    "process": _process,
    "scriptTask": _script,
    "standardLoopCharacteristics": _standard_loop,
    "multiInstanceLoopCharacteristics": _repetition,
    "eventBasedGateway": _event_gateway,
    "startEvent": _start,
}
