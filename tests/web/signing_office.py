"""A lot of signatures that waits, and a certificate that nobody has confirmed."""

from datetime import timedelta
from typing import Any

from engine import clock
from engine.models import db
from engine.transaction import transaction
from workflows.parapheur.lots import SigningCertificate, SigningLot


def sign(office: Any) -> None:
    """An officer's lot in the region; another's certificate in a body without a book."""
    ids, later = office.ids, clock.now() + timedelta(hours=1)
    officer = office.actor("officer").person_id
    lot = SigningLot(
        organisation_id=ids["region"], person_id=officer, signer="poste", kind="local",
        total=2, expires_at=later,
    )  # fmt: skip
    ids["certificate"] = "c" * 64
    shown = SigningCertificate(
        sha256=ids["certificate"], person_id=officer, organisation_id=ids["department_2"],
        name="Claire Née Dubois", issuer="Autorité", valid_to=later,
    )  # fmt: skip
    with transaction():
        db.session.add_all([lot, shown])
        db.session.flush()
        ids["signing_lot"] = lot.id
    db.session.rollback()
