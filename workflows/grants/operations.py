"""What the grant diagrams ask of us.

Each function runs inside the transaction of the step, takes and returns plain values, and
names no procedure: a copied folder uses them as they are. Errors are sentences in French,
read in the incident.
"""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from engine import clock, feel
from engine.models import db
from engine.operations import operation
from workflows.grants import admissibility, amounts, register, silence
from workflows.grants.closing import archive_manifest, record_decision
from workflows.grants.models import GrantApplication, Opinion

__all__ = [
    "archive_manifest",
    "compute_aid",
    "consolidate_size",
    "de_minimis_total",
    "gather_facts",
    "record_decision",
    "record_opinion",
    "register_application",
    "resume_clock",
    "start_clock",
    "suspend_clock",
]

Plain = dict[str, Any]

OPINIONS = {
    "favourable": "Favorable",
    "reserved": "Réservé",
    "unfavourable": "Défavorable",
    "silent": "Réputé sans observation",
}


@operation
def register_application(*, case: Plain, application: Plain) -> Plain:
    """Enter a request in the register on the day it is received, in Paris.

    Returns {received_on, commune, department}.
    """
    project = application.get("project") or {}
    commune = str(project.get("commune") or "")
    instance = register.instance_of(case)
    row = db.session.get(GrantApplication, instance.id) or GrantApplication(
        instance_id=instance.id, received_on=clock.today(), suspended_days=0
    )
    row.procedure = instance.key
    row.siret = admissibility.siret(application)
    row.company_name = str(application.get("company_name") or "")[:300]
    row.naf = str(application.get("naf") or "")[:10]
    row.project_title = str(project.get("title") or "")[:300]
    row.commune, row.department = commune[:5], admissibility.department(commune)
    row.aid_form = str(application.get("aid_form") or "")[:20]
    row.expenses = amounts.total(
        application.get("expenses"), "amount", "Montant d'une dépense"
    )
    row.requested = amounts.number(application.get("requested_amount"), "Montant demandé")
    db.session.add(row)
    return {
        "received_on": row.received_on.isoformat(),
        "commune": row.commune,
        "department": row.department,
    }


@operation
def start_clock(*, case: Plain, months: int, warning_days: int) -> Plain:
    """Say when silence becomes a rejection: `months` after receipt (CRPA, art. L231-4)."""
    row = register.application_of(case)
    row.rejection_on = silence.months_after(row.received_on, int(months))
    return _clock(row, warning_days)


@operation
def suspend_clock(*, case: Plain, days: int, warning_days: int) -> Plain:
    """Stop the clock for the time given to supply a document (CRPA, art. L114-5)."""
    if not 1 <= int(days) <= 365:  # noqa: PLR2004  a slip of the keyboard, not a delay
        raise ValueError(f"Délai imparti de {days} jours : de 1 à 365 jours attendus.")
    row = register.application_of(case)
    row.suspended_on = clock.today()
    row.suspended_until = silence.days_after(row.suspended_on, int(days))
    return _clock(row, warning_days)


@operation
def resume_clock(*, case: Plain, warning_days: int) -> Plain:
    """Start the clock again, later by the days it stood still; `documents_late` if too late.

    The suspension ends with the answer, or with the time allowed (CRPA, art. L114-5).
    """
    row = register.application_of(case)
    late = False
    if row.suspended_on and row.suspended_until and row.rejection_on:
        today = clock.today()
        late = today > row.suspended_until
        stood = silence.suspended_days(row.suspended_on, row.suspended_until, today)
        row.suspended_days += stood
        row.rejection_on = silence.days_after(row.rejection_on, stood)
    row.suspended_on = row.suspended_until = None
    return _clock(row, warning_days, documents_late=late)


@operation
def consolidate_size(
    *,
    headcount: float,
    turnover: float,
    balance_sheet: float,
    related: list[Plain] | None = None,
) -> Plain:
    """Add to the company's figures those of its group (2003/361/CE, annex, art. 3 and 6).

    A row of `related` is {share, headcount, turnover, balance_sheet}.
    """
    own = {
        "headcount": amounts.number(headcount, "Effectif"),
        "turnover": amounts.number(turnover, "Chiffre d'affaires"),
        "balance_sheet": amounts.number(balance_sheet, "Total du bilan"),
    }
    return _plain(amounts.consolidated(own, related or []))


@operation
def gather_facts(
    *,
    case: Plain,
    application: Plain,
    size_class: str,
    eligible_items: list[str] | None = None,
    documents_late: bool | None = None,
) -> Plain:
    """Establish what the admissibility table judges: plain facts, no verdict."""
    row = register.application_of(case)
    row.size_class = size_class
    facts = admissibility.facts(application, row, eligible_items)
    return _plain(
        facts
        | {
            "size_class": size_class,
            "open_applications": register.open_applications(row),
            "months_since_grant": register.months_since_grant(row),
            "documents_late": documents_late is True,
        }
    )


@operation
def record_opinion(
    *, case: Plain, body: str, body_name: str | None, opinion: Plain | None = None
) -> Plain | None:
    """Keep the opinion of a body consulted; none given is « réputé sans observation ».

    Without a body there is no opinion: returns None.
    """
    if body_name is None:
        return None
    given = opinion or {"opinion": "silent"}
    if given.get("opinion") not in OPINIONS:
        raise ValueError(f"Avis inconnu : « {given.get('opinion')} ».")
    instance = register.instance_of(case)
    row = db.session.scalars(
        select(Opinion).where(Opinion.instance_id == instance.id, Opinion.body == body)
    ).first() or Opinion(instance_id=instance.id, body=body)
    amount = given.get("amount")
    row.body_name = body_name
    row.opinion = given["opinion"]
    row.amount = None if amount is None else amounts.number(amount, "Montant de l'avis")
    row.remarks = str(given.get("remarks") or "")
    row.received_on = clock.today()
    db.session.add(row)
    return {
        "body_name": row.body_name,
        "opinion": row.opinion,
        "label": OPINIONS[row.opinion],
        "amount": amount,
        "remarks": row.remarks,
        "received_on": row.received_on.isoformat(),
    }


@operation
def de_minimis_total(
    *, case: Plain, siren: str, declared: list[Plain] | None = None, years: int = 3
) -> Plain:
    """Add up the de minimis aids of the `years` that end today (règl. 2023/2831, art. 3).

    Those we granted, and those declared {granted_on, amount, regulation, authority} that
    are not the same ones. An aid granted exactly `years` ago has left the period.
    Returns {total, since, counted}.
    """
    before = silence.months_after(clock.today(), -12 * int(years))
    counted = register.de_minimis_aids(siren, before, besides=UUID(case["id"]))
    known = {(one.granted_on, one.amount) for one in counted}
    for row in declared or []:
        one = register.declared_aid(row)
        if one and one.granted_on > before and (one.granted_on, one.amount) not in known:
            counted.append(one)
    return _plain(
        {
            "total": sum((one.amount for one in counted), start=Decimal(0)),
            "since": silence.days_after(before, 1).isoformat(),
            "counted": [
                {
                    "granted_on": one.granted_on.isoformat(),
                    "amount": one.amount,
                    "authority": one.authority,
                }
                for one in sorted(counted, key=lambda one: one.granted_on)
            ],
        }
    )


@operation
def compute_aid(
    *,
    expenses: list[Plain],
    requested: float,
    rate: float | None,
    ceiling: float | None = None,
    other_public_aid: float | None = None,
    public_share: float | None = None,
    de_minimis_room: float | None = None,
) -> Plain:
    """Work out the highest aid possible on the accepted expenses, and what limits it.

    Returns {base, rate, limits: [{label, amount}], maximum, binding}.
    """
    base = amounts.total(expenses, "accepted", "Montant retenu")
    applied = amounts.number(rate, "Taux d'aide maximal")
    found = amounts.limits(
        base=base,
        requested=amounts.number(requested, "Montant demandé"),
        rate=applied,
        other_public_aid=amounts.number(other_public_aid or 0, "Autres aides publiques"),
        ceiling=_optional(ceiling, "Plafond du régime"),
        public_share=_optional(public_share, "Part publique maximale"),
        de_minimis_room=_optional(de_minimis_room, "Possible sous le plafond de minimis"),
    )
    lowest = amounts.lowest(found)
    return _plain(
        {
            "base": base,
            "rate": applied,
            "limits": [{"label": one.label, "amount": one.amount} for one in found],
            "maximum": lowest.amount,
            "binding": lowest.label,
        }
    )


def _clock(
    row: GrantApplication, warning_days: int, *, documents_late: bool = False
) -> Plain:
    if row.rejection_on is None:
        raise ValueError("Les dates légales du dossier n'ont pas encore été calculées.")
    return silence.clock_values(
        received_on=row.received_on,
        rejection_on=row.rejection_on,
        warning_days=int(warning_days),
        suspended=row.suspended_days,
        suspended_until=row.suspended_until,
        documents_late=documents_late,
    )


def _plain(values: Plain) -> Plain:
    plain: Plain = feel.plain(values)
    return plain


def _optional(value: float | None, what: str) -> Decimal | None:
    return None if value is None else amounts.number(value, what)
