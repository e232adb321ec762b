"""What people see first on a grant request: dates of the law, amounts, opinions."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select

from engine.models import db
from workflows.facts import Deadline, Fact
from workflows.grants.models import GrantApplication, GrantDecision, Opinion

OPINIONS = {
    "favourable": "favorable",
    "reserved": "réservé",
    "unfavourable": "défavorable",
    "silent": "réputé sans observation",
}


def of(instance_id: UUID) -> list[Fact]:
    """The facts of one request, in reading order."""
    application = db.session.get(GrantApplication, instance_id)
    if application is None:
        return []
    return [
        Fact("Entreprise", f"{application.company_name} ({application.siret})"),
        Fact("Projet", application.project_title),
        Fact("Dépenses prévues", application.expenses),
        Fact("Aide demandée", application.requested),
        Fact("Reçue le", application.received_on),
        *_clock(application),
        *_opinions(instance_id),
        *_decision(instance_id),
    ]


def deadlines(instance_ids: Iterable[UUID]) -> dict[UUID, Deadline]:
    """The day on which silence becomes a rejection, of each request that runs to it."""
    rows = db.session.execute(
        select(GrantApplication.instance_id, GrantApplication.rejection_on).where(
            GrantApplication.instance_id.in_(list(instance_ids)),
            GrantApplication.outcome.is_(None),
            GrantApplication.rejection_on.is_not(None),
            GrantApplication.suspended_on.is_(None),
        )
    )
    return {case: Deadline("Réponse attendue avant le", day) for case, day in rows if day}


def _clock(application: GrantApplication) -> list[Fact]:
    if application.outcome is not None or application.rejection_on is None:
        return []
    label = "Sans réponse, rejet le"
    if application.suspended_on is None:
        return [Fact(label, application.rejection_on, "CRPA L231-4, 3°")]
    return [
        Fact("Délai suspendu depuis le", application.suspended_on, "CRPA L114-5"),
        Fact("Reprise du délai au plus tard le", application.suspended_until),
    ]


def _opinions(instance_id: UUID) -> list[Fact]:
    rows = db.session.scalars(
        select(Opinion)
        .where(Opinion.instance_id == instance_id)
        .order_by(Opinion.received_on)
    )
    return [
        Fact(
            f"Avis de {row.body_name}",
            OPINIONS.get(row.opinion, row.opinion),
            internal=True,
        )
        for row in rows
    ]


def _decision(instance_id: UUID) -> list[Fact]:
    decision = db.session.get(GrantDecision, instance_id)
    if decision is None:
        return []
    facts = [
        Fact("Décision", f"n° {decision.number}"),
        Fact("Prise le", decision.decided_on),
    ]
    if decision.amount:
        facts.append(Fact("Aide accordée", decision.amount, decision.basis or ""))
    return facts
