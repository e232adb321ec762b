"""Whether the folders of a subtype can reach the end of their circuits, told before any starts.

    Readiness(body_id).report(subtype)             what is wrong, for whoever keeps the book
    Readiness(body_id).refusal(subtype, folder)    why a folder cannot be deposited, or ""

What cannot succeed blocks; what may be put right meanwhile (a desk where nobody sits yet) is
only told. A desk that is no part of a folder's own way does not keep it from being deposited.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import definitions, feel
from engine.decisions import DecisionRefused
from engine.directory import Organisation
from engine.models import ProcessDefinition, db
from workflows.parapheur import choosing, demands, seats
from workflows.parapheur.choosing import NotATable
from workflows.parapheur.circuits import ACCOUNTING, LEGALITY
from workflows.parapheur.demands import Demands, Seated
from workflows.parapheur.models import ACTES, HELIOS, Desk, FolderSubtype
from workflows.parapheur.routes import Plain, route_of

STATE = {
    f"{LEGALITY}.transmission": (ACTES, "à la préfecture", "ACTES"),
    f"{ACCOUNTING}.transmission": (HELIOS, "au comptable public", "HELIOS"),
}
"""Procedures by which a folder is transmitted, and the protocol that its type must have."""
SEAL = "signature.seal"


Fault = tuple[str, bool]
"""A sentence, and whether it blocks."""


@dataclass(frozen=True)
class Problem:
    """What is wrong and its cure, in French; `blocks`: a folder could not go that way."""

    sentence: str
    blocks: bool = True
    circuit: str = ""


@dataclass(frozen=True)
class Report:
    """The problems of a subtype; `shut`: whatever a folder says, it could not be finished."""

    problems: Sequence[Problem] = ()
    shut: bool = False

    @property
    def blocking(self) -> list[Problem]:
        """Those that no folder gets past."""
        return [one for one in self.problems if one.blocks]


class Readiness:
    """What the subtypes of a body lack. Desks and circuits are read once, when asked for.

    `seals` are the seals that the server holds, None when that is not known here; `guessed`
    are the procedures of transmission for which the body has not said what it goes by.
    """

    def __init__(
        self,
        organisation_id: UUID,
        seals: Collection[str] | None = None,
        guessed: Collection[str] = (),
    ) -> None:
        self.organisation_id, self.seals, self.guessed = organisation_id, seals, guessed
        self._versions: dict[tuple[str, UUID | None], ProcessDefinition | None] = {}

    def report(self, subtype: FolderSubtype) -> Report:
        """Everything that is wrong, whichever way the folders of a subtype go."""
        ways, aside = _ways(subtype)
        found = [list(self._of(subtype, way)) for way in ways]
        told = dict.fromkeys([*aside, *(one for way in found for one in way)])
        shut = bool(found) and all(any(one.blocks for one in way) for way in found)
        return Report(list(told), shut)

    def refusal(self, subtype: FolderSubtype, folder: Plain) -> str:
        """Why this folder cannot be deposited today, in a sentence; nothing when it can."""
        try:
            route = route_of(subtype, folder)
        except (feel.FeelError, DecisionRefused):
            return (
                ""  # the folder itself will say so, where whoever keeps the book reads it
            )
        blocks = [one for one in self._of(subtype, route) if one.blocks]
        return not_ready(subtype, blocks) if blocks else ""

    def _of(self, subtype: FolderSubtype, way: Plain) -> Iterator[Problem]:
        if not way["circuit"]:
            yield Problem("aucun circuit n’est choisi : choisissez-en un.")
        for key in (way["creation"], way["circuit"]):
            if not key:
                continue
            version = self._version(key)
            if version is None:
                sentence = (
                    f"le circuit « {key} » n’est plus publié : choisissez-en un autre."
                )
                yield Problem(sentence, circuit=key)
                continue
            for sentence, blocks in self._lacks(subtype, way, version):
                told = f"circuit « {version.name} », {sentence}"
                yield Problem(told, blocks, key)

    def _lacks(
        self, subtype: FolderSubtype, way: Plain, version: ProcessDefinition
    ) -> Iterator[Fault]:
        asked = demands.of(version.id)
        for seated in asked.desks:
            yield from self._desks(seated, way)
        yield from self._outside(subtype, asked, version.id)
        known = {one["key"] for one in subtype.metadata_fields}
        for key, step in asked.data.items():
            if key not in known:
                yield _told(
                    f"étape « {step} » : elle demande la donnée « {key} », que ce sous-type "
                    "n’a pas ; elle n’y sera pas demandée. Ajoutez cette donnée, ou ôtez-la "
                    "de l’étape."
                )

    def _desks(self, seated: Seated, way: Plain) -> Iterator[Fault]:
        """The desks of a step; when one is enough, another one may do it."""
        step = f"étape « {seated.step} » :"
        faults = [
            f"{step} aucune règle ne dit quel bureau est « {name} ». Ajoutez une règle de "
            "choix du circuit qui le dise, ou mettez un bureau dans l’étape."
            for name in seated.variables
            if not way["desks"].get(name)
        ]
        roles = seated.roles(way)
        for role in roles:
            desk = self._all_desks.get(role)
            if desk is None:
                faults.append(
                    f"{step} le bureau « {role} » n’existe pas. Choisissez-en un."
                )
            elif desk.closed_at is not None:
                faults.append(
                    f"{step} le bureau « {desk.name} » est fermé. Mettez-en un autre dans "
                    "l’étape."
                )
            elif role not in self._sitting:
                yield _told(
                    f"{step} personne ne siège au bureau « {desk.name} ». Faites-y siéger "
                    "quelqu’un."
                )
        spared = seated.one_is_enough and len(faults) < len(roles) + len(seated.variables)
        yield from ((fault, not spared) for fault in faults)

    def _outside(
        self, subtype: FolderSubtype, asked: Demands, caller_id: UUID
    ) -> Iterator[Fault]:
        """What the office does itself: seals, letters, transmissions, other procedures."""
        for step in asked.operations.get(SEAL, ()):
            if not subtype.seal:
                yield _blocks(f"étape « {step} » : choisissez le cachet de ce sous-type.")
            elif self.seals is not None and subtype.seal not in self.seals:
                yield _blocks(
                    f"étape « {step} » : le serveur n’a pas de cachet « {subtype.seal} ». "
                    "Choisissez-en un qu’il a, ou demandez-le à l’exploitant."
                )
        for step in asked.unaddressed:
            yield _blocks(f"étape « {step} » : dites à qui le courriel est envoyé.")
        for key, step in asked.called.items():
            if key in STATE:
                yield from self._transmits(subtype, key, step)
            if self._version(key, caller_id) is None:
                yield _blocks(
                    f"étape « {step} » : l’organisme n’a pas la démarche « {key} ». Demandez "
                    "à l’exploitant de la lui ouvrir."
                )

    def _transmits(self, subtype: FolderSubtype, key: str, step: str) -> Iterator[Fault]:
        protocol, to_whom, called = STATE[key]
        if subtype.type.protocol != protocol:
            yield _blocks(
                f"étape « {step} » : elle transmet {to_whom}, et le type "
                f"« {subtype.type.name} » n’est pas transmis par {called}. Changez la "
                "transmission du type, ou ôtez l’étape."
            )
        body = db.session.get_one(Organisation, self.organisation_id)
        if protocol == ACTES and not (body.siren or body.siret):
            yield _blocks(
                f"étape « {step} » : l’organisme n’a pas de SIREN, sous lequel il transmet. "
                "Complétez sa fiche dans l’annuaire."
            )
        if key in self.guessed:
            yield _told(
                f"étape « {step} » : ce que l’organisme est {to_whom} est deviné. Dites-le "
                "sous Actes, « Classification et réglages »."
            )

    def _version(self, key: str, caller_id: UUID | None = None) -> ProcessDefinition | None:
        asked = key, caller_id
        if asked not in self._versions:
            found = definitions.callable_by(self.organisation_id, key, caller_id)
            self._versions[asked] = found
        return self._versions[asked]

    @cached_property
    def _all_desks(self) -> dict[str, Desk]:
        asked = select(Desk).where(Desk.organisation_id == self.organisation_id)
        return {desk.role: desk for desk in db.session.scalars(asked)}

    @cached_property
    def _sitting(self) -> Collection[str]:
        return seats.of_body(self.organisation_id).keys()


def _blocks(sentence: str) -> Fault:
    return sentence, True


def _told(sentence: str) -> Fault:
    return sentence, False


def not_ready(subtype: FolderSubtype, problems: Sequence[Problem]) -> str:
    """What somebody who wants to deposit is told."""
    return (
        f"Le sous-type « {subtype.name} » n’est pas prêt : {problems[0].sentence} Prévenez "
        "l’administrateur du parapheur."
    )


def _ways(subtype: FolderSubtype) -> tuple[list[Plain], list[Problem]]:
    """The ways that folders may go, and what the rules lack; none of a table that says more."""
    usual: dict[str, Any] = {
        "creation": subtype.creation_circuit, "circuit": subtype.circuit, "desks": {},
    }  # fmt: skip
    if not subtype.selection:
        return [usual], []
    try:
        rules = choosing.read(subtype.selection, subtype.metadata_fields)
    except NotATable:
        return [], []
    ways = [{**usual, "circuit": one.circuit, "desks": one.desks} for one in rules]
    if not rules or rules[-1].conditions:
        if subtype.circuit:
            return [*ways, usual], []
        told = (
            "un dossier à qui aucune règle ne convient n’a pas de circuit. Choisissez le "
            "circuit du sous-type, ou finissez par une règle sans condition."
        )
        return ways, [Problem(told, blocks=False)]
    return ways, []
