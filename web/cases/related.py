"""The case that called another, those that it called, and the company's other cases."""

from sqlalchemy import select

from engine.access import Actor, allowed
from engine.models import ProcessInstance, db
from engine.visible import handled_cases

MOST_CALLED = 50
"""Cases that a case has called, shown on its page, the newest first."""


MOST_SIBLINGS = 10
"""The company's other cases shown on a page; the search lists them all."""


def of_company(case: ProcessInstance, actor: Actor) -> list[ProcessInstance]:
    """The latest other cases of the company, among those that this person handles."""
    if case.applicant_id is None:
        return []
    return list(
        db.session.scalars(
            handled_cases(actor)
            .where(
                ProcessInstance.applicant_id == case.applicant_id,
                ProcessInstance.id != case.id,
            )
            .order_by(ProcessInstance.started_at.desc(), ProcessInstance.id.desc())
            .limit(MOST_SIBLINGS)
        )
    )


def caller(case: ProcessInstance, actor: Actor) -> ProcessInstance | None:
    """The case that called this one, for whoever may see it."""
    found = db.session.get(ProcessInstance, case.parent_id) if case.parent_id else None
    return found if found is not None and allowed(actor, "see", found) else None


def called(case: ProcessInstance) -> list[ProcessInstance]:
    """The cases that this one called, which whoever handles it may see."""
    return list(
        db.session.scalars(
            select(ProcessInstance)
            .where(ProcessInstance.parent_id == case.id)
            .order_by(ProcessInstance.started_at.desc())
            .limit(MOST_CALLED)
        )
    )
