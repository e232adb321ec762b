"""What people keep of their inbox: named views, the columns of each procedure, habits.

A view keeps what was asked as the address of the page says it, and is read again each time
as if it had just been typed: one that names a step that is gone still opens.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, false, or_, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import HEAD_OF_SERVICE, Organisation, Person, holdings_of
from engine.models import db

MOST_VIEWS = 50
"""Views that a person may keep."""

MOST_SHARED = 200
"""Views of others that a person is shown."""

LONGEST_NAME = 80

DENSITIES = ("comfortable", "compact")


class SavedView(db.Model):  # type: ignore[name-defined]
    """A named way to look at the inbox: one person's, or shared with a role of a body."""

    __tablename__ = "saved_view"
    __table_args__ = (
        Index(None, "person_id"),
        Index("ix_saved_view_shared", "organisation_id", "role",
              **only("role IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))  # who keeps it
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str | None] = mapped_column(String(100))  # None: for its keeper alone
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    asked: Mapped[dict[str, str]] = mapped_column(JSON)
    columns: Mapped[list[str]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)

    person: Mapped[Person] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class ListColumns(db.Model):  # type: ignore[name-defined]
    """The columns that a person sees of a procedure's tasks; under "", of all together."""

    __tablename__ = "list_columns"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(JSON)


class Habits(db.Model):  # type: ignore[name-defined]
    """How a person works in the inbox."""

    __tablename__ = "habits"
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    density: Mapped[str] = mapped_column(String(20), default=DENSITIES[0])
    keyboard: Mapped[bool] = mapped_column(default=True)
    preview: Mapped[bool] = mapped_column(default=True)  # beside the list, if there is room
    open_next: Mapped[bool] = mapped_column(default=True)  # once a task is completed
    # Not a foreign key: a view that is gone is no longer anyone's first.
    view_id: Mapped[UUID | None]


def habits(person_id: UUID) -> Habits:
    """How a person works; as everyone begins, when they never said."""
    usual: dict[str, Any] = {
        "density": DENSITIES[0], "keyboard": True, "preview": True, "open_next": True,
    }  # fmt: skip
    return db.session.get(Habits, person_id) or Habits(person_id=person_id, **usual)


def columns(person_id: UUID, key: str) -> list[str] | None:
    """The columns that a person chose for a procedure; None when they never did."""
    kept = db.session.get(ListColumns, (person_id, key))
    return kept.columns if kept else None


def views(person_id: UUID, roles: Iterable[tuple[UUID, str]]) -> list[SavedView]:
    """A person's own views, then those shared with one of their roles; each by name."""
    theirs = [
        (SavedView.organisation_id == body) & (SavedView.role == role)
        for body, role in roles
    ]
    shared = db.session.scalars(
        select(SavedView)
        .where(or_(false(), *theirs), SavedView.person_id != person_id)
        .options(joinedload(SavedView.person))
        .order_by(SavedView.name, SavedView.id)
        .limit(MOST_SHARED)
    )
    own = sorted(kept_by(person_id), key=lambda view: view.name.casefold())
    return [*own, *sorted(shared, key=lambda view: view.name.casefold())]


def kept_by(person_id: UUID) -> list[SavedView]:
    """The views that a person keeps."""
    return list(
        db.session.scalars(
            select(SavedView)
            .where(SavedView.person_id == person_id)
            .order_by(SavedView.name, SavedView.id)
        )
    )


def keeps_role(view: SavedView) -> bool:
    """Whether who keeps a shared view still works where it is shared."""
    held = holdings_of(view.person_id)
    return any(
        h.organisation_id == view.organisation_id and h.role in {view.role, HEAD_OF_SERVICE}
        for h in held
    )
