"""S²LOW's addresses for whoever keeps the books: acts by status, and what became of archives."""

from datetime import date
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from engine import clock
from web.security import csrf
from web.transmission.acts import number
from web.transmission.admitting import account, account_only
from web.transmission.latin import expect_form, ko
from workflows.relay import deposits, reading
from workflows.relay.deposits import DepositRefused
from workflows.relay.models import Transmission

_MOST = 200_000
SENT = ["1-1", "6-1", "2-2", "3-3", "3-4", "4-3", "4-4"]
STATUSES = {
    -1: "Erreur", 0: "Annulé", 1: "Posté", 2: "En attente de transmission", 3: "Transmis",
    4: "Acquittement reçu", 5: "Validé", 6: "Refusé", 7: "Document reçu",
    8: "Acquittement envoyé", 9: "Document envoyé", 10: "Refus d'envoi",
    11: "Acquittement de document reçu", 12: "Envoyé au SAE", 13: "Archivé par le SAE",
    14: "Erreur lors de l'archivage", 15: "Reçu par le SAE", 16: "Détruite",
    17: "En attente d'être postée", 18: "En attente d'être signée",
    19: "En attente de transmission au SAE", 20: "Erreur lors de l'envoi au SAE",
    21: "Document reçu (pas d'AR)",
}  # fmt: skip

bp = Blueprint("transmission_lists", __name__, url_prefix="/modules/actes")
csrf.exempt(bp)


@bp.get("/api/list_actes.php")
@account_only
def listed() -> ResponseReturnValue:
    """The acts in one status, the latest first."""
    found = reading.listed(
        account(),
        SENT,
        status=_signed("status_id"),
        since=_bound("min_submission_date", "min_date"),
        until=_bound("max_submission_date", "max_date"),
        offset=min(number("offset"), _MOST),
        limit=number("limit") or reading.MOST,
    )
    return jsonify(
        status_id=_signed("status_id"),
        authority_id=int(account().siren),
        offset=number("offset"),
        limit=number("limit") or reading.MOST,
        transactions=[_summary(one) for one in found],
    )


@bp.get("/api/number_actes.php")
@account_only
def counted() -> ResponseReturnValue:
    """How many acts are in one status; ten thousand are told of more."""
    status = _signed("status_id")
    return jsonify(
        status_id=status,
        authority_id=int(account().siren),
        nb_transactions=reading.number(account(), SENT, status),
    )


@bp.get("/api/actes_status.php")
@account_only
def statuses() -> ResponseReturnValue:
    """What the numbers of statuses mean."""
    return jsonify({str(number): said for number, said in STATUSES.items()})


def _signed(name: str) -> int:
    text = request.args.get(name, "")
    return -1 if text == "-1" else number(name)


def _bound(*names: str) -> date | None:
    given = next((request.args[name] for name in names if request.args.get(name)), "")
    try:
        return date.fromisoformat(given[:10])
    except ValueError:
        return None


def _summary(row: Transmission) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "type": row.code[0],
        "number": row.number,
        "unique_id": row.unique_id,
        "subject": row.subject,
        "date": row.details.get("decided_on", ""),
        "nature_code": str(row.details.get("nature", "")),
        "classification": ".".join(map(str, row.details.get("matter", []))),
        "last_status_id": row.status,
        "submission_date": row.submitted_at.astimezone(clock.PARIS).isoformat(
            " ", "seconds"
        ),
    }


@bp.post("/api/actes_sae_status.php")
@account_only
def archived() -> ResponseReturnValue:
    """Note what became of an act at its member's archives."""
    expect_form()
    try:
        deposits.note_archive(
            account(),
            number("transaction_id", request.form),
            number("status_id", request.form),
        )
    except DepositRefused as refusal:
        return ko(str(refusal))
    return jsonify(result="ok")
