"""Rules of names in one file: what an id designates, and what a reference leads to."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from engine.spiff.errors import Problem
from engine.spiff.kinds import ACTIVITIES
from engine.spiff.notation import BPMN, name_of
from engine.spiff.reading import local

_REFERENCES = {
    "messageRef": {"message"},
    "signalRef": {"signal"},
    "errorRef": {"error"},
    "escalationRef": {"escalation"},
    "activityRef": ACTIVITIES,
}
_NEEDED = {
    "sequenceFlow": "cette flèche",
    "lane": "ce couloir",
    "process": "ce processus",
    "subProcess": "ce sous-processus",
}
_DATA = ("dataObject", "dataObjectReference", "dataStore", "dataStoreReference")


class Names:
    """The ids of one file's elements, and what carries each."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.kinds: dict[str, str] = {}
        self.uses: Counter[str] = Counter()
        for element in root.iter(f"{{{BPMN}}}*"):
            if key := element.get("id"):
                self.kinds[key] = local(element)
                self.uses[key] += 1

    def is_data(self, reference: str | None) -> bool:
        """Whether this is the id of something drawn that holds data."""
        return self.kinds.get((reference or "").strip()) in _DATA

    def missing(self, element: Any) -> Iterator[str]:
        """What is wrong with an element's id and with what it refers to."""
        key, kind = element.get("id"), local(element)
        if not key and kind in _NEEDED:
            yield f"{_NEEDED[kind]} n'a pas d'identifiant (id)"
        if key and self.uses[key] > 1:
            yield f"l'identifiant « {key} » sert plusieurs fois"
        for name, wanted in _REFERENCES.items():
            said = element.get(name)
            if said is not None and self.kinds.get(said.split(":")[-1]) not in wanted:
                yield f"{name} nomme « {said[:100]} », qui n'existe pas dans ce fichier"


def lane_problems(file: str, root: Any) -> Iterator[Problem]:
    """An element in two lanes, where neither holds the other; a lane that names nothing."""
    known = {e.get("id") for e in root.iter(f"{{{BPMN}}}*") if e.get("id")}
    held: dict[str, Any] = {}
    for lane in root.iter(f"{{{BPMN}}}lane"):
        for reference in lane.iterchildren(f"{{{BPMN}}}flowNodeRef"):
            key = (reference.text or "").strip()
            other = held.setdefault(key, lane)
            if other is not lane and other not in lane.iterancestors():
                message = (
                    f"« {key[:100]} » est aussi dans le couloir « {name_of(other)} » : "
                    "un seul couloir dit qui agit"
                )
                yield Problem(file, lane.get("id"), name_of(lane), message)
            held[key] = lane
            if key not in known:
                message = (
                    f"ce couloir range « {key[:100]} », qui n'existe pas dans ce fichier"
                )
                yield Problem(file, lane.get("id"), name_of(lane), message, "warning")


def executable_problems(file: str, process: Any) -> Iterator[Problem]:
    """The folder's process says that it may be run."""
    if process.get("isExecutable", "").strip() not in ("true", "1"):
        message = (
            'ce processus n\'est pas déclaré exécutable : écrivez isExecutable="true" '
            "quand il est prêt"
        )
        yield Problem(file, process.get("id"), name_of(process), message)


def only_drawn(process: Any, key: str) -> bool:
    """Whether this is another participant, drawn to be understood."""
    said = process.get("isExecutable", "").strip()
    return said in ("false", "0") and process.get("id") != key
