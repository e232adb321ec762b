"""How people prove who they are. Who they are and what they may do is the engine's affair.

An account belongs to one `engine.directory.Person`, and holds nothing but credentials.
"""

from collections.abc import Iterable
from uuid import UUID, uuid4

from flask_security import UserMixin, hash_password
from sqlalchemy import JSON, ForeignKey, String, select
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, column_property, mapped_column, relationship

from engine.directory import Person, person_by_email
from engine.models import db
from engine.transaction import transaction


class Account(db.Model, UserMixin):  # type: ignore[name-defined]
    """The credentials of one person: a password, and a second factor if they chose one."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), unique=True)
    password: Mapped[str] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    fs_uniquifier: Mapped[str] = mapped_column(
        String(64), unique=True, default=lambda: uuid4().hex
    )  # changed with the password: every session of the account ends
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    totp_counter: Mapped[int | None]  # the last code used, so that none serves twice
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(
        MutableList.as_mutable(JSON)
    )

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    email: Mapped[str] = column_property(
        select(Person.email).where(Person.id == person_id).scalar_subquery()
    )


class AlreadyOpen(Exception):
    """This address already has an account."""


def account_of(email: str) -> Account | None:
    """The account of this e-mail address, whatever its case."""
    person = person_by_email(email)
    if person is None:
        return None
    return db.session.scalar(select(Account).where(Account.person_id == person.id))


def open_account(*, email: str, name: str, password: str) -> UUID:
    """Give a person credentials, and say who they are; the person is made if need be.

    Raises AlreadyOpen. The caller has proved that the address is theirs.
    """
    hashed = hash_password(password)
    with transaction():
        if account_of(email) is not None:
            raise AlreadyOpen
        person = person_by_email(email)
        if person is None:
            person = Person(email=email.strip().lower(), name=name.strip())
            db.session.add(person)
            db.session.flush()
        db.session.add(Account(person_id=person.id, password=hashed))
        return person.id


def with_account(person_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these people who have opened their account."""
    rows = select(Account.person_id).where(Account.person_id.in_(list(person_ids)))
    return set(db.session.scalars(rows))


def end_sessions(person_id: UUID) -> None:
    """Sign somebody out everywhere; their password stays."""
    with transaction():
        account = db.session.scalar(select(Account).where(Account.person_id == person_id))
        if account is not None:
            account.fs_uniquifier = uuid4().hex
