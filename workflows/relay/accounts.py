"""The accounts by which applications of member bodies deposit: an operator opens and closes them."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from engine import clock, journal
from engine.access import Actor, require
from engine.directory import COMPANY, Organisation
from engine.models import db
from engine.transaction import lock, transaction
from workflows.relay import deposits, reading
from workflows.relay.models import TransmissionAccount, TransmissionNonce


class AccountRefused(Exception):
    """The account cannot be opened: {field: sentence}."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = problems


@dataclass(frozen=True)
class Wanted:
    """An account to be opened. `secret` is sealed already; `certificate` is a digest or none."""

    organisation_id: UUID
    login: str
    secret: bytes
    department: str
    district: str
    nature: str
    certificate: str | None = None


def open_account(wanted: Wanted, *, actor: Actor) -> UUID:
    """Open an account, and ask for the body's classification if it has none.

    Raises Forbidden, AccountRefused.
    """
    require(actor, "operate")
    with transaction() as after_commit:
        body = db.session.get_one(
            Organisation, wanted.organisation_id, with_for_update=True
        )
        if problems := _problems(wanted, body):
            raise AccountRefused(problems)
        account = TransmissionAccount(
            organisation_id=body.id,
            login=wanted.login,
            secret=wanted.secret,
            certificate=wanted.certificate,
            siren=body.siren,
            department=wanted.department,
            district=wanted.district,
            nature=wanted.nature,
        )
        db.session.add(account)
        db.session.flush()
        if reading.last_of(body.id, "7-1") is None:
            deposits.request_classification(account, after_commit)
        journal.write(
            f"organisation:{body.id}", "transmission_account_opened",
            by=actor.person_id, detail={"login": wanted.login},
        )  # fmt: skip
        return account.id


def _problems(wanted: Wanted, body: Organisation) -> dict[str, str]:
    found = {}
    if body.kind == COMPANY or body.closed_at is not None:
        found["organisation"] = "Choisissez un organisme membre en activité."
    elif not body.siren:
        found["organisation"] = "Cet organisme n’a pas de SIREN : renseignez-le d’abord."
    taken = select(TransmissionAccount.id).where(TransmissionAccount.login == wanted.login)
    if db.session.scalars(taken).first() is not None:
        found["login"] = f"L’identifiant « {wanted.login} » est déjà pris : changez-le."
    return found


def close_account(account_id: UUID, *, actor: Actor) -> None:
    """Close an account: what it deposited stays. Raises Forbidden, NoResultFound."""
    require(actor, "operate")
    with transaction():
        account = lock(TransmissionAccount, account_id)
        if account.closed_at is None:
            account.closed_at = clock.now()
            journal.write(
                f"organisation:{account.organisation_id}", "transmission_account_closed",
                by=actor.person_id, detail={"login": account.login},
            )  # fmt: skip


def renew_secret(account_id: UUID, secret: bytes, *, actor: Actor) -> None:
    """Give an account another secret; the former opens nothing any more."""
    require(actor, "operate")
    with transaction():
        account = lock(TransmissionAccount, account_id)
        account.secret = secret
        journal.write(
            f"organisation:{account.organisation_id}", "transmission_secret_renewed",
            by=actor.person_id, detail={"login": account.login},
        )  # fmt: skip


def used(account_id: UUID) -> None:
    """Note that an account was used, now and then."""
    with transaction():
        lock(TransmissionAccount, account_id).last_used_at = clock.now()


def take_nonce(value: str, seconds: int) -> bool:
    """Use a number up; False when it was used before. Those past their time are forgotten."""
    now = clock.now()
    try:
        with transaction():
            db.session.execute(
                delete(TransmissionNonce).where(TransmissionNonce.expires_at < now)
            )
            expires_at = now + timedelta(seconds=seconds)
            db.session.add(TransmissionNonce(value=value, expires_at=expires_at))
    except IntegrityError:
        return False
    return True
