"""What people see first on the case of an act or of a letter: the act, its dates, its delays."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from engine.models import db
from workflows.facts import Deadline, Fact
from workflows.legality.models import RECEIVED, LegalityAct, LegalityLetter
from workflows.legality.register import act_of_case

REFERRAL = "CGCT, art. L2131-6, L3132-1 ou L4142-1"
"""By which the prefect refers an act: of a town, a department or a region."""


def of(instance_id: UUID) -> list[Fact]:
    """The facts of one case, in reading order."""
    letter = db.session.scalars(
        select(LegalityLetter).where(LegalityLetter.instance_id == instance_id)
    ).first()
    act = letter.act if letter else act_of_case(instance_id)
    return [*_of_letter(letter), *_of_act(act)]


def deadlines(instance_ids: Iterable[UUID]) -> dict[UUID, Deadline]:
    """By when each letter that waits is to be answered."""
    rows = db.session.execute(
        select(LegalityLetter.instance_id, LegalityLetter.due_on).where(
            LegalityLetter.instance_id.in_(list(instance_ids)),
            LegalityLetter.state == RECEIVED,
            LegalityLetter.due_on.is_not(None),
        )
    )
    label = "Répondre à la préfecture avant le"
    return {case: Deadline(label, day) for case, day in rows if day}


def _of_letter(letter: LegalityLetter | None) -> list[Fact]:
    if letter is None:
        return []
    facts = [Fact("Courrier reçu le", letter.received_on)]
    if letter.state == RECEIVED and letter.due_on:
        facts.append(Fact("Répondre avant le", letter.due_on))
    return facts


def _of_act(act: LegalityAct | None) -> list[Fact]:
    if act is None:
        return []
    facts = [
        Fact("Acte", f"{act.number} – {act.subject}"),
        Fact("Décidé le", act.decided_on),
    ]
    if act.acknowledged_on:
        facts.append(Fact("Reçu en préfecture le", act.acknowledged_on, act.unique_id))
    if act.enforceable_on:
        facts.append(Fact("Exécutoire le", act.enforceable_on))
    if act.referral_open:
        facts.append(Fact("Déféré", "le délai repart à la réception de la réponse"))
    elif act.referral_until:
        facts.append(Fact("Déféré possible jusqu’au", act.referral_until, REFERRAL))
    return facts
