"""What passes through a transmission service: an account, an act that it deposited."""

from typing import Any

from engine import clock
from engine.models import db
from engine.transaction import transaction
from workflows.relay import keeping
from workflows.relay.models import (
    Status,
    Transmission,
    TransmissionAccount,
    TransmissionArrival,
)


def keep(ids: dict[str, Any]) -> None:
    """An account of the first region, its act, and a letter that nobody waited for."""
    body = {"siren": "200053726", "department": "021", "district": "0", "nature": "11"}
    with transaction():
        account = TransmissionAccount(
            organisation_id=ids["region"], login="region-actes", secret=b"sealed", **body
        )
        db.session.add(account)
        db.session.flush()
        act = Transmission(
            organisation_id=ids["region"], account_id=account.id, code="1-1", number="26CP042",
            status=int(Status.POSTED), unique_id="021-200053726-20261120-26CP042-DE",
            subject="Aide à l’investissement des scieries",
            details={"nature": 1, "matter": [7, 4], "decided_on": "2026-11-20"},
        )  # fmt: skip
        db.session.add(act)
        db.session.flush()
        for status in (Status.POSTED, Status.WAITING, Status.TRANSMITTED):
            keeping.turn(act, status)
        keeping.turn(act, Status.ERROR, "PREF-VERIF-02 : Votre SIREN n’est pas enregistré.")
        db.session.add(
            TransmissionArrival(name="EACT--X.tar.gz", at=clock.now(), problem="Illisible.")
        )
        ids["relay_account"], ids["transmission"] = account.id, act.id
    db.session.rollback()
