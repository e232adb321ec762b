"""The circuits of a body: published as procedures of its own, read back as lists of steps."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from engine import definitions
from engine.actors import Actor
from engine.directory import Organisation
from engine.models import ProcessDefinition, db
from workflows import publication
from workflows.parapheur.circuits import Step, write
from workflows.parapheur.standings import FOLDER
from workflows.parapheur.typology import TypologyRefused, keeper, named, word_of

OURS = frozenset({FOLDER, "parapheur.follow_on", "parapheur.evidence"})
"""Procedures of the book itself: no circuit is named so."""


def publish_circuit(
    organisation_id: UUID,
    name: str,
    steps: Sequence[Step],
    *,
    actor: Actor,
    key: str | None = None,
) -> str:
    """Publish a circuit written as a list, a new one or the next version; returns its key.

    Raises Forbidden, TypologyRefused, FolderRefused with what the check says.
    """
    keeper(organisation_id, actor)
    named(name)
    if not steps:
        raise TypologyRefused({"steps": "Ajoutez au moins une étape."})
    if key is not None and key not in {c.key for c in circuits_of(organisation_id)}:
        raise TypologyRefused({"key": "Ce circuit n’est pas de cet organisme."})
    key = key or circuit_key(organisation_id, name)
    content = write(key, name.strip(), steps)
    publication.publish(
        key, {"process.bpmn": content}, owner_id=organisation_id, origin="designer",
        by=actor.person_id, over_designer=True,
    )  # fmt: skip
    return key


def circuits_of(organisation_id: UUID) -> list[ProcessDefinition]:
    """The circuits that a body has published, in their current versions, by name."""
    return [
        one
        for one in definitions.latest_of_each()
        if one.owner_id == organisation_id
        and one.key.startswith("parapheur.")
        and one.key not in OURS
    ]


def circuit_key(organisation_id: UUID, name: str) -> str:
    """A key for a new circuit, that no procedure has."""
    base = f"parapheur.{word_of(name)}"
    taken = set(
        db.session.scalars(
            select(ProcessDefinition.key).where(ProcessDefinition.key.startswith(base))
        )
    )
    body = db.session.get_one(Organisation, organisation_id)
    others = (f"{base}_{word_of(body.slug or body.name)}_{n}" for n in range(2, 1000))
    free = (one for one in (base, *others) if one not in taken and one not in OURS)
    return next(free)
