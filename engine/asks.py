"""What those who handle a case ask beside its diagram: a document, an opinion, a correction.

Such an ask moves nothing in the diagram and suspends no legal delay: where the law gives an
ask that effect, the diagram holds the step that makes it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, literal_column, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import Organisation, Person
from engine.models import ProcessInstance, db

DOCUMENT, OPINION, CORRECTION, QUESTION = "document", "opinion", "correction", "question"
KINDS = (DOCUMENT, OPINION, CORRECTION, QUESTION)

OPEN, ANSWERED, WITHDRAWN = "open", "answered", "withdrawn"

LONGEST = 10_000
"""Characters in a question, in an answer."""

MOST_SHOWN = 200


class CaseRequest(db.Model):  # type: ignore[name-defined]
    """One ask: of whom (a role of a body, or one person acting for it), what, until when.

    A `confidential` answer is for those who handle the case alone. `documents` are the ids
    of those that came with the answer.
    """

    __tablename__ = "case_request"
    __table_args__ = (
        Index(None, "instance_id", "asked_at", "id"),
        Index("ix_case_request_open_person", "person_id", "asked_at",
              **only("status = 'open'")),
        Index("ix_case_request_open_role", "organisation_id", "role", "asked_at",
              **only("status = 'open'")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    kind: Mapped[str] = mapped_column(String(20))
    asked_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    role: Mapped[str | None] = mapped_column(String(100))
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    text: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confidential: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(String(20), default=OPEN)
    reminded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    answer: Mapped[str] = mapped_column(Text, default="")
    documents: Mapped[list[Any]] = mapped_column(JSON, default=list)
    closed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    motive: Mapped[str] = mapped_column(Text, default="")  # of whoever withdrew it

    instance: Mapped[ProcessInstance] = relationship()
    asker: Mapped[Person] = relationship(foreign_keys=asked_by, lazy="joined")
    organisation: Mapped[Organisation] = relationship(lazy="joined")
    person: Mapped[Person | None] = relationship(foreign_keys=person_id, lazy="joined")
    closer: Mapped[Person | None] = relationship(foreign_keys=closed_by, lazy="joined")

    @property
    def is_open(self) -> bool:
        """Whether an answer is still awaited."""
        return self.status == OPEN

    @property
    def of_applicant(self) -> bool:
        """Whether it is asked of the company that filed the request."""
        return self.organisation_id == self.instance.applicant_id


def of_case(instance_id: UUID) -> list[CaseRequest]:
    """The last asks of a case, the newest first."""
    return list(
        db.session.scalars(
            select(CaseRequest)
            .where(CaseRequest.instance_id == instance_id)
            .order_by(CaseRequest.asked_at.desc(), CaseRequest.id.desc())
            .limit(MOST_SHOWN)
        )
    )


def open_for(
    person_id: UUID | None, roles: Sequence[tuple[UUID, str]]
) -> list[CaseRequest]:
    """Those that wait for a person, by name or by these roles, the oldest first."""
    still = CaseRequest.status == literal_column("'open'")  # as its indexes say
    found = list[CaseRequest]()
    for organisation_id, role in roles:
        found += db.session.scalars(
            select(CaseRequest)
            .options(joinedload(CaseRequest.instance))
            .where(
                still,
                CaseRequest.organisation_id == organisation_id,
                CaseRequest.role == role,
            )
            .order_by(CaseRequest.asked_at)
            .limit(MOST_SHOWN)
        ).all()
    bodies = {organisation_id for organisation_id, _ in roles}
    named = select(CaseRequest).where(still, CaseRequest.person_id == person_id)
    named = named.options(joinedload(CaseRequest.instance))
    by_name = db.session.scalars(named.order_by(CaseRequest.asked_at).limit(MOST_SHOWN))
    found += [one for one in by_name if one.organisation_id in bodies]
    return sorted(found, key=lambda one: one.asked_at)[:MOST_SHOWN]
