"""A trial: a procedure's files, played in an office that is thrown away afterwards.

The caller gives an empty database and a clock of its own (`web.designer.throwaway_child`):
nothing here knows the real office, whose bodies it is told by name. A trial never fails: what
cannot be played is told, with the step where the story stops.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson

from connectors import ConnectorError, NotYet, Produced, Refused
from engine import definitions
from engine.access import Actor, Forbidden, actor_for
from engine.commands import people, publishing
from engine.directory import APPLICANT, COMPANY, MEMBER
from engine.errors import EngineError
from engine.models import (
    db,
)
from engine.spiff.errors import ProcessError
from workflows import publication
from workflows.scenarios import Player, StoryBroken
from workflows.stories import faults_of_steps, quoted
from workflows.trial_state import incidents

COMPANY_ON_TRIAL = {
    "name": "Entreprise d’essai",
    "siret": "35600000000048",
    "siren": "356000000",
}

_CALLED = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d"
  targetNamespace="essai"><bpmn:process id="{key}" name="{key}" isExecutable="true">
  <bpmn:startEvent id="s"/><bpmn:endEvent id="e"/>
  <bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/></bpmn:process></bpmn:definitions>"""


@dataclass(frozen=True)
class Setting:
    """What a trial is played with: the files, and the bodies that the diagram may name.

    `called` are the procedures that its calls may name: they are answered by hand.
    """

    key: str
    files: Mapping[str, bytes]
    owner: Mapping[str, Any]
    others: Sequence[Mapping[str, Any]] = ()
    called: Sequence[str] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    partners: Mapping[str, Any] = field(default_factory=dict)


class Cast(Mapping[str, Actor]):
    """Who plays: one person a role, who has it in every body of the trial."""

    def __init__(self, bodies: Sequence[UUID], company: UUID) -> None:
        self.bodies, self.company = bodies, company
        self._known: dict[str, Actor] = {}

    def __getitem__(self, role: str) -> Actor:
        if role not in self._known:
            person = people.add_person(f"{len(self._known)}@essai.invalid", role)
            for body in [self.company] if role == APPLICANT else self.bodies:
                people.grant(person, body, role)
            self._known[role] = actor_for(person)
        return self._known[role]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


@dataclass(frozen=True)
class Opened:
    """An office made for a trial: what its players need to know of it."""

    setting: Setting
    definition_id: UUID
    bodies: Sequence[UUID]
    company: UUID


def open_office(setting: Setting) -> Opened:
    """Enter the bodies and publish the files as they are.

    Raises FolderRefused when they could not be published.
    """
    owner = _enter(MEMBER, setting.owner)
    others = [_enter(MEMBER, one) for one in setting.others]
    company = _enter(COMPANY, COMPANY_ON_TRIAL)
    for key in setting.called:
        publication.publish(
            key, {"process.bpmn": _CALLED.format(key=key).encode()}, owner_id=owner
        )
    publication.publish(setting.key, setting.files, owner_id=owner)
    publishing.set_parameters(setting.key, owner, dict(setting.parameters), by=None)
    definition = definitions.latest(setting.key)
    return Opened(setting, definition.id, [owner, *others], company)


def player(office: Opened) -> Player:
    """Somebody who plays one case, with people who are not there yet."""
    return Player(
        office.definition_id,
        Cast(office.bodies, office.company),
        office.company,
        office.setting.values,
        office.setting.partners,
    )


def _enter(kind: str, facts: Mapping[str, Any]) -> UUID:
    known = {"slug", "siren", "siret", "insee", "naf", "address", "email", "phone"}
    given = {name: facts[name] for name in known if facts.get(name)}
    return people.add_organisation(kind, facts["name"], **given)


def played(player: Player, steps: Sequence[Any]) -> dict[str, Any] | None:
    """Play a story; where it stops and why, or None when it goes to its end."""
    if wrong := faults_of_steps(steps):
        return {"step": 0, "message": " ".join(wrong[:3])}
    for number, step in enumerate(steps, 1):
        if message := _problem(player, step):
            return {"step": number, "message": message}
    return None


def _problem(player: Player, step: Mapping[str, Any]) -> str:
    try:
        player.take(step)
    except StoryBroken as broken:
        return f"{broken}.{_stopped(player)}"
    except Forbidden:
        return "Personne ne peut faire cela dans cette procédure : vérifiez les rôles."
    except (EngineError, ProcessError) as refused:
        return f"La procédure le refuse : {refused}"
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as wrong:
        return f"Cette étape est mal écrite ({wrong})."
    except Exception as failure:  # whatever a diagram does, its trial says so
        return f"Cette étape n’a pas pu être jouée : {type(failure).__name__}, {failure}."
    finally:
        db.session.rollback()
    return ""


def proved(player: Player, steps: Sequence[Any]) -> dict[str, Any] | None:
    """The same for a scenario, which an incident belies wherever it is."""
    broken = played(player, steps)
    if broken is None and (found := _stopped(player).strip()):
        return {"step": len(steps), "message": found}
    return broken


def _stopped(player: Player) -> str:
    """The incidents of the case, which are often why a story goes no further."""
    if player.case is None:
        return ""
    return "".join(
        f" Incident à « {i['name']} » : {i['message']}" for i in incidents(player.case)
    )


def answered_by(
    player: Player, operation: str, partners: Mapping[str, Any]
) -> dict[str, Any]:
    """The step that tells what a sandbox answers to a call under way; `problem` when none."""
    call = next((c for c in player.asked() if c.operation == operation), None)
    if call is None or call.partner not in partners:
        return {"problem": "Cet appel n’attend plus de réponse."}
    partner, function = operation.split(".", 1)
    asked, key = dict(call.arguments), str(call.id)
    db.session.rollback()
    try:
        answer = getattr(partners[partner], function)(**asked, key=key)
    except Refused as refused:
        return {"refuse": operation, "code": refused.code, "reasons": list(refused.reasons)}
    except NotYet:
        return {
            "problem": "Le bac à sable n’a pas encore de réponse : donnez-en une autre."
        }
    except ConnectorError as failure:
        return {"problem": f"Le bac à sable ne répond pas : {failure}"}
    except Exception as failure:  # what a draft asks may be anything
        return {"problem": f"Le bac à sable ne comprend pas cet appel : {failure}"}
    value = answer.value if isinstance(answer, Produced) else answer
    plain = orjson.loads(orjson.dumps(value, default=str))
    return {"answer": operation, "value": quoted(plain)}
