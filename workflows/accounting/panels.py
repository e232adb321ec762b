"""What the accountant answered, batch by batch, for those who handle a transmission."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from workflows.accounting.facts import PARTS, label
from workflows.facts import Fact, Panel


def of(data: Mapping[str, Any]) -> list[Panel]:
    """The batches of the last answer; nothing before there is one."""
    answer = data.get("transmission") or {}
    batches = answer.get("batches") or []
    if not batches:
        return []
    reasons = answer.get("reasons") or []
    return [
        Panel(
            "bordereaux",
            "Réponse du comptable",
            facts=[Fact("Motifs", " ; ".join(reasons[:5]))] if reasons else [],
            headers=("Bordereau", "Exercice", "Montant", "Comptable", "Motifs"),
            rows=[
                (
                    label(one["domain"], one["number"]), one["year"],
                    Decimal(one["amount"]), PARTS.get(one["state"], one["state"]),
                    " ; ".join(one["reasons"]),
                )
                for one in batches
            ],
        )
    ]  # fmt: skip
