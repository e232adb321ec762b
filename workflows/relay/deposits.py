"""What a member deposits: acts, their cancellation, answers to letters, PES.

Each verb is an account's, and touches its body's transmissions alone. Fields were checked by
whoever speaks the protocol; here is what only the office knows. Refusals are S²LOW's words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from connectors import StoredFile
from engine import clock
from engine.models import db
from engine.transaction import lock, transaction
from workflows.relay import keeping, reading
from workflows.relay.models import (
    ARCHIVING,
    LETTERS,
    PES,
    PES_RETURN,
    Status,
    Transmission,
    TransmissionAccount,
)

Plain = dict[str, Any]
ASKED_EVERY = timedelta(hours=1)


class DepositRefused(Exception):
    """The service does not take it; the words are for the caller."""


@dataclass(frozen=True)
class Deposited:
    """A file as it was sent to us, with its type and its detached signature."""

    file: StoredFile
    document_type: str = ""
    signature: StoredFile | None = None


def deposit_act(
    account: TransmissionAccount,
    act: Plain,
    files: Sequence[Deposited],
    *,
    unique_id: str,
    held: bool = False,
) -> int:
    """Take an act {nature, matter, number, decided_on, subject, on_paper}; its number here.

    One that is `held` waits for its author to post it. Raises DepositRefused.
    """
    with transaction() as after_commit:
        keeping.locked_body(account.organisation_id)
        classified_on = reading.classified_on(account.organisation_id)
        if classified_on is None:
            raise DepositRefused(
                "Aucune classification n'a encore été reçue de la préfecture. "
                "Demandez-la et réessayez dans quelques minutes."
            )
        if reading.number_taken(account.organisation_id, act["number"]):
            raise DepositRefused(
                "Un acte portant le même numéro interne existe déjà dans la base de "
                "données.\nIl faut peut-être ajouter un suffixe au numéro."
            )
        details = {
            name: act[name] for name in ("nature", "matter", "decided_on", "on_paper")
        }
        row = _new(
            account,
            "1-1",
            unique_id=unique_id,
            number=act["number"],
            subject=act["subject"],
            details={**details, "classified_on": classified_on},
        )
        _add(row, files)
        if held:
            keeping.turn(row, Status.HELD)
        else:
            keeping.post(row, after_commit)
        return row.id


def post_held(account: TransmissionAccount, transmission_id: int, *, by: str = "") -> None:
    """Let an act leave that was held; `by` is the agent who says so. Raises DepositRefused."""
    with transaction() as after_commit:
        row = _locked(account, transmission_id, "1-1")
        if row.status != Status.HELD:
            raise DepositRefused("Cette transaction n'est pas en attente d'être postée.")
        said = f"La transaction a été postée par l'agent télétransmetteur {by}"
        keeping.post(row, after_commit, said if by else "")


def cancel(account: TransmissionAccount, transmission_id: int) -> int:
    """Cancel an acknowledged act; the number of the cancellation. Raises DepositRefused."""
    with transaction() as after_commit:
        act = _locked(account, transmission_id, "1-1")
        if _related(act, "6-1"):
            raise DepositRefused(
                "Une demande d'annulation est déjà en cours pour cette transaction."
            )
        if act.status != Status.ACKNOWLEDGED:
            raise DepositRefused(
                "Impossible d'annuler une transaction qui n'est pas en état "
                "« Acquittement reçu »."
            )
        row = _about(account, act, "6-1")
        keeping.post(row, after_commit)
        return row.id


def answer(
    account: TransmissionAccount,
    letter_id: int,
    files: Sequence[Deposited],
    *,
    accepts: bool,
) -> int:
    """Answer a letter: give what it asks, or refuse; the answer's number.

    Raises DepositRefused.
    """
    with transaction() as after_commit:
        letter = _locked(account, letter_id, *LETTERS)
        code = _ANSWERS.get((letter.code, accepts))
        if code is None:
            raise DepositRefused("Ce document de la préfecture n'appelle pas de réponse.")
        if _related(letter, "2-2", "3-3", "3-4", "4-3", "4-4"):
            raise DepositRefused("Une réponse a déjà été envoyée à ce document.")
        if len(files) > 1 and code != "3-4":
            raise DepositRefused("Cette réponse ne peut porter qu'un seul document.")
        row = _about(account, letter, code)
        row.details = {"letter_on": letter.details["letter_on"]}
        _add(row, files)
        keeping.post(row, after_commit)
        return row.id


_ANSWERS = {
    ("2-1", True): "2-2",
    ("2-1", False): "2-2",
    ("3-1", True): "3-4",
    ("3-1", False): "3-3",
    ("4-1", True): "4-4",
    ("4-1", False): "4-3",
}
_RECEIPTS = {"3-1": "3-2", "4-1": "4-2"}


def mark_read(account: TransmissionAccount, transmission_id: int) -> None:
    """Say that a letter or a return was taken in charge; the law asks a receipt for some.

    Done twice, it is done once. Raises DepositRefused.
    """
    with transaction() as after_commit:
        row = _locked(account, transmission_id, *LETTERS, PES_RETURN)
        if row.read_at is not None:
            return
        row.read_at = clock.now()
        if (code := _RECEIPTS.get(row.code)) and row.status == Status.RECEIVED:
            receipt = _about(account, row, code)
            receipt.details = {"letter_on": row.details["letter_on"]}
            keeping.post(receipt, after_commit)


def note_archive(account: TransmissionAccount, transmission_id: int, status: int) -> None:
    """Note what became of an acknowledged act at its member's archives.

    Raises DepositRefused.
    """
    with transaction():
        row = _locked(account, transmission_id, "1-1")
        if status not in ARCHIVING:
            raise DepositRefused("Ce statut n'est pas celui d'un archivage.")
        if row.status not in ARCHIVING | {Status.ACKNOWLEDGED}:
            raise DepositRefused("Seul un acte acquitté peut être archivé.")
        keeping.turn(row, Status(status))


def ask_classification(account: TransmissionAccount) -> int:
    """Ask the prefecture for the classification in force, not more than once an hour.

    Raises DepositRefused.
    """
    with transaction() as after_commit:
        keeping.locked_body(account.organisation_id)
        last = reading.last_of(account.organisation_id, "7-1")
        if last is not None and last.submitted_at > clock.now() - ASKED_EVERY:
            raise DepositRefused("La classification a déjà été demandée il y a peu.")
        return request_classification(account, after_commit).id


def request_classification(account: TransmissionAccount, after_commit: Any) -> Transmission:
    """The same, within the transaction of whoever opens an account."""
    held_on = reading.classified_on(account.organisation_id)
    row = _new(account, "7-1", details={"held_on": held_on})
    keeping.post(row, after_commit)
    return row


def deposit_pes(
    account: TransmissionAccount, file: StoredFile, *, sha1: str, name: str
) -> int:
    """Take a PES; its number here. Raises DepositRefused for one that was sent already."""
    with transaction() as after_commit:
        keeping.locked_body(account.organisation_id)
        twin = select(Transmission.id).where(
            Transmission.sha1 == sha1, Transmission.status != Status.ERROR
        )
        if db.session.scalars(twin.limit(1)).first() is not None:
            raise DepositRefused("doublon détecté. Ce fichier a déjà été posté.")
        row = _new(account, PES, number=name[:100], subject=file.name[:500])
        row.sha1 = sha1
        keeping.add_file(row, 0, file)
        keeping.post(row, after_commit)
        return row.id


def _new(account: TransmissionAccount, code: str, **more: Any) -> Transmission:
    row = Transmission(
        organisation_id=account.organisation_id,
        account_id=account.id,
        code=code,
        status=int(Status.POSTED),
        **{"details": {}, **more},
    )
    db.session.add(row)
    db.session.flush()
    return row


def _about(account: TransmissionAccount, other: Transmission, code: str) -> Transmission:
    return _new(
        account,
        code,
        unique_id=other.unique_id,
        number=other.number,
        subject=other.subject,
        related_id=other.id,
    )


def _add(row: Transmission, files: Sequence[Deposited]) -> None:
    for rank, one in enumerate(files, 1):
        keeping.add_file(
            row, rank, one.file, document_type=one.document_type, signature=one.signature
        )


def _locked(
    account: TransmissionAccount, transmission_id: int, *codes: str
) -> Transmission:
    """A transmission of the account's body, locked after the body itself."""
    keeping.locked_body(account.organisation_id)
    if reading.of(account, transmission_id) is None:
        raise DepositRefused("Numéro de transaction invalide.")
    row = lock(Transmission, transmission_id)
    if row.code not in codes:
        raise DepositRefused("Numéro de transaction invalide.")
    return row


def _related(row: Transmission, *codes: str) -> bool:
    """Whether something of these kinds was sent about it, and was not refused."""
    found = select(Transmission.id).where(
        Transmission.related_id == row.id,
        Transmission.code.in_(codes),
        Transmission.status != Status.ERROR,
    )
    return db.session.scalars(found.limit(1)).first() is not None
