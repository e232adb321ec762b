"""Deciding how long things are kept, and keeping a case back from elimination."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from engine import clock, journal, retention
from engine.access import Actor, require
from engine.commands.operations import checked
from engine.errors import OperationRefused
from engine.models import ProcessDefinition, ProcessInstance, db
from engine.retention import ARCHIVE, CASES, DESTROY, DRAFTS, LegalHold, RetentionRule
from engine.transaction import lock, transaction

BY_PROCEDURE = frozenset({CASES, DRAFTS})
"""Kinds of things that belong to one procedure."""

LONGEST_ARTICLE = 500


@dataclass(frozen=True)
class Decision:
    """How long a kind of things is kept from a day on, and on what grounds."""

    kind: str
    duration: str
    article: str
    valid_from: date
    key: str = ""
    disposition: str = DESTROY
    automatic: bool = False
    status: str = "choix"


def decide(decision: Decision, *, actor: Actor, motive: str) -> UUID:
    """Write a rule that stands in for the one before it, from its day on.

    Raises Forbidden, OperationRefused for a rule that makes no sense.
    """
    require(actor, "operate")
    motive = checked(motive)
    _check(decision)
    with transaction():
        rule = RetentionRule(**vars(decision), motive=motive, decided_by=actor.person_id)
        db.session.add(rule)
        db.session.flush()
        detail = {**vars(decision), "valid_from": decision.valid_from.isoformat()}
        journal.write(
            f"retention:{decision.kind}", "retention_decided", by=actor.person_id,
            detail={**detail, "motive": motive},
        )  # fmt: skip
        return rule.id


def _check(decision: Decision) -> None:
    now = clock.now()
    try:
        before = retention.before(now, decision.duration)
    except ValueError:
        raise OperationRefused(
            "Durée : un nombre entier de jours, de mois ou d'années, jusqu'à 999 ans."
        ) from None
    if before >= now:
        raise OperationRefused("Durée : au moins une minute.")
    if decision.kind not in retention.KINDS:
        raise OperationRefused("Choisissez ce qui est conservé.")
    if decision.key and decision.kind not in BY_PROCEDURE:
        raise OperationRefused("Cette sorte n'a qu'une règle, pour toutes les démarches.")
    if decision.key and not _published(decision.key):
        raise OperationRefused("Choisissez une démarche publiée.")
    if decision.disposition not in {DESTROY, ARCHIVE} or (
        decision.disposition == ARCHIVE and decision.kind != CASES
    ):
        raise OperationRefused("Seuls des dossiers peuvent être versés aux archives.")
    if decision.status not in retention.STATUSES:
        raise OperationRefused("Dites si l'article a été lu.")
    if not decision.article.strip() or len(decision.article) > LONGEST_ARTICLE:
        raise OperationRefused(f"Article ou raison : de 1 à {LONGEST_ARTICLE} caractères.")
    if decision.valid_from < clock.today():
        raise OperationRefused("La règle vaut à partir d'aujourd'hui au plus tôt.")


def _published(key: str) -> bool:
    known = db.select(ProcessDefinition.id).where(ProcessDefinition.key == key).limit(1)
    return db.session.scalar(known) is not None


def hold(instance_id: UUID, *, actor: Actor, motive: str) -> None:
    """Have nothing of a case removed until it is lifted. Raises Forbidden, OperationRefused."""
    motive = checked(motive)
    with transaction():
        case = lock(ProcessInstance, instance_id)
        require(actor, "hold back", case)
        if case.eliminated_at is not None:
            raise OperationRefused("Ce dossier est déjà éliminé.")
        if retention.hold_on(instance_id) is not None:
            raise OperationRefused("Ce dossier est déjà gelé.")
        db.session.add(
            LegalHold(
                instance_id=instance_id, motive=motive, placed_by=actor.person_id,
                placed_at=clock.now(),
            )
        )  # fmt: skip
        journal.write_for_case(
            case, "case_held", by=actor.person_id, detail={"motive": motive}
        )


def lift(instance_id: UUID, *, actor: Actor, motive: str) -> None:
    """Let the rules apply to a case again. Raises Forbidden, OperationRefused."""
    motive = checked(motive)
    with transaction():
        case = lock(ProcessInstance, instance_id)
        require(actor, "hold back", case)
        held = retention.hold_on(instance_id)
        if held is None:
            raise OperationRefused("Ce dossier n'est pas gelé.")
        held.lifted_at, held.lifted_by = clock.now(), actor.person_id
        journal.write_for_case(
            case, "case_hold_lifted", by=actor.person_id, detail={"motive": motive}
        )
