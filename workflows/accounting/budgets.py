"""The budgets of a body, as the State's accountant knows them."""

import re
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import select

from engine import journal
from engine.access import require
from engine.actors import Actor
from engine.directory import Organisation
from engine.errors import EngineError
from engine.models import db
from engine.transaction import lock, transaction
from workflows.accounting.models import Budget

_SHAPES = {
    "label": (r".{1,100}", "Nom : écrivez de 1 à 100 caractères."),
    "siret": (r"\d{14}", "SIRET du budget : écrivez ses 14 chiffres."),
    "post": (
        r"02[AB]\d{3,4}|\d{6,7}",
        "Codique du comptable : 6 ou 7 chiffres, tels que la trésorerie les donne.",
    ),
    "code": (r"(?!000)\d{3}", "Code collectivité : trois chiffres, autres que 000."),
    "number": (r"[0-9A-Z]\d", "Code budget : deux caractères, par exemple 00."),
}


class BudgetRefused(EngineError):
    """This budget says too little: `errors` says for each field what to put right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)


def of(organisation_id: UUID) -> list[Budget]:
    """The open budgets of a body, by name."""
    return list(
        db.session.scalars(
            select(Budget)
            .where(Budget.organisation_id == organisation_id, Budget.closed_at.is_(None))
            .order_by(Budget.label, Budget.id)
            .limit(200)
        )
    )


def write(
    values: Mapping[str, str],
    *,
    organisation_id: UUID,
    budget_id: UUID | None = None,
    actor: Actor,
) -> UUID:
    """Enter a budget, or correct one. Raises Forbidden, BudgetRefused."""
    said = {name: " ".join(values.get(name, "").split()) for name in _SHAPES}
    said["siret"] = said["siret"].replace(" ", "")
    if errors := {
        name: sentence
        for name, (shape, sentence) in _SHAPES.items()
        if not re.fullmatch(shape, said[name], re.ASCII if name != "label" else re.UNICODE)
    }:
        raise BudgetRefused(errors)
    with transaction():
        body = db.session.get_one(Organisation, organisation_id)
        require(actor, "keep accounts", body)
        row = lock(Budget, budget_id) if budget_id else Budget(organisation_id=body.id)
        require(actor, "see", row)
        for name, value in said.items():
            setattr(row, name, value)
        db.session.add(row)
        db.session.flush()
        journal.write(
            f"accounting:{body.id}", "budget_written",
            by=actor.person_id, detail={"budget": str(row.id), **said},
        )  # fmt: skip
        return row.id
