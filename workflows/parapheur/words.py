"""How what the book keeps is called in French, wherever it is told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine import clock

ACTS = {
    "drafted": "Brouillon",
    "deposited": "Dépôt",
    "approved": "Visa",
    "signed": "Signature",
    "sealed": "Cachet",
    "refused": "Refus",
    "returned": "Renvoi à l’étape précédente",
    "transferred": "Transfert",
    "opinion_asked": "Avis complémentaire demandé",
    "opinion_given": "Avis",
    "undone": "Droit de remords",
    "bypassed": "Étape contournée",
    "mailed": "Courriel",
    "transmitted": "Transmission",
    "acknowledged": "Accusé de réception",
    "closed": "Horodatage de clôture",
    "renewed": "Horodatage renouvelé",
    "reminded": "Rappel",
    "corrected": "Correction et nouveau dépôt",
    "resumed": "Remise en circuit après un refus",
    "abandoned": "Abandon",
    "finished": "Fin",
    "chained": "Enchaînement",
    "archived": "Versement à l’archive",
    "proven": "Bordereau de signature",
    "read": "Courriel ouvert",
    "revoked": "Lien révoqué",
}
KINDS = {
    "main": "à signer",
    "annex": "annexe",
    "detached": "signature détachée",
    "evidence": "preuve",
}
QUALITIES = {
    "simple": "signature simple",
    "advanced": "signature avancée",
    "qualified": "signature qualifiée",
    "seal": "cachet",
    "timestamp": "horodatage",
}
STANDINGS = {"accepted": "accepté", "weakened": "affaibli", "retired": "retiré"}
SIGNATURES = {"signature": "Signature", "seal": "Cachet", "timestamp": "Horodatage"}


def algorithm(report: Mapping[str, Any]) -> str:
    """What the algorithm of a signature was when it was made, by its facts; or nothing."""
    told = report.get("algorithm")
    if not told:
        return ""
    proof = "prouvée" if told["proved"] else "déclarée, sans preuve"
    said = f"{told['name']} – {STANDINGS[told['standing']]} à la date {proof} ({_day(told['at'])})"
    retired = told["retired"]
    return f"{said}, retiré le {_day(retired)}" if _known(retired) else said


def _day(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(clock.PARIS):%d/%m/%Y}"


def _known(moment: str | None) -> bool:
    """Whether a day is one: what no register names was never good."""
    return bool(moment) and not str(moment).startswith("0001")
