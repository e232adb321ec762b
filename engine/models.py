"""What the engine remembers about procedures and the cases that run through them.

A case's `state`, and `digest`, its SHA-256, are written by `engine.commands` alone; every
other table here can be read by any query. Documents, drafts and the directory of people live beside their own verbs.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import Base, UtcDateTime, only

db = SQLAlchemy(model_class=Base)

SUSPENDED, CANCELLED = "suspended", "cancelled"
"""The status of a case that an operator has stopped: for a while, for good."""


class ProcessDefinition(db.Model):  # type: ignore[name-defined]
    """One published, frozen version of a procedure's folder."""

    __tablename__ = "process_definition"
    __table_args__ = (
        UniqueConstraint("key", "version"), Index(None, "owner_id", "key", "version"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(String(200))  # "grants.investment_aid"
    version: Mapped[int]
    name: Mapped[str] = mapped_column(String(300))  # in French, from the diagram
    documentation: Mapped[str] = mapped_column(Text, default="")
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    start_form: Mapped[str | None] = mapped_column(String(200))
    start_role: Mapped[str] = mapped_column(String(100))  # who may start a case
    sha256: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(20))  # folder | designer
    published_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    published_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]  # the second person, when a designer asked
    comment: Mapped[str] = mapped_column(Text, default="", server_default="")
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    model: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class DefinitionRole(db.Model):  # type: ignore[name-defined]
    """A role that a version's lanes name: who handles its cases may see them."""

    __tablename__ = "definition_role"
    __table_args__ = (Index(None, "role"),)
    definition_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_definition.id"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(100), primary_key=True)


class DefinitionFile(db.Model):  # type: ignore[name-defined]
    """One file of a published version, byte for byte."""

    __tablename__ = "definition_file"
    definition_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_definition.id"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ProcessInstance(db.Model):  # type: ignore[name-defined]
    """One run of a process definition: the case that people see."""

    __tablename__ = "process_instance"
    __table_args__ = (
        *(Index(None, *columns, "started_at", "id") for columns in (
            ("organisation_id",), ("organisation_id", "status"), ("organisation_id", "key"),
            ("applicant_id",), ("definition_id", "status"))),
        Index(None, "organisation_id", "ended_at", "id"), Index(None, "started_at"),
        Index("ix_process_instance_ended", "ended_at", **only("ended_at IS NOT NULL")),
        Index(None, "parent_id", "started_at", **only("parent_id IS NOT NULL")),
        Index(None, "called_by", **only("called_by IS NOT NULL")),
        *(Index(name, *columns, "ended_at", "id",
                **only("ended_at IS NOT NULL AND eliminated_at IS NULL"))
          for name, columns in (("ix_process_instance_kept", ()),
                                ("ix_process_instance_kept_of", ("key",)))),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[str] = mapped_column(String(40), unique=True)  # the public case number
    title: Mapped[str] = mapped_column(String(300), default="")
    key: Mapped[str] = mapped_column(String(200))
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    applicant_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    # The case that called this one, and by which call.
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("process_instance.id"))
    called_by: Mapped[UUID | None]
    # active | suspended | completed | cancelled
    status: Mapped[str] = mapped_column(String(20), default="active")
    outcome: Mapped[str | None] = mapped_column(String(200))  # id of the end event
    milestone: Mapped[str | None] = mapped_column(String(200))  # in French, for people
    started_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    started_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    eliminated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # see retention
    simulated: Mapped[bool] = mapped_column(default=False)  # made under a moved clock
    rev: Mapped[int] = mapped_column(default=0)
    state: Mapped[bytes] = mapped_column(LargeBinary, default=b"", deferred=True)
    digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    history_seq: Mapped[int] = mapped_column(default=0)
    journal_seq: Mapped[int] = mapped_column(default=0)
    journal_head: Mapped[str] = mapped_column(String(64), default="")

    definition: Mapped[ProcessDefinition] = relationship(lazy="joined", innerjoin=True)

    @property
    def is_open(self) -> bool:
        """Whether something may still happen to this case, be it suspended."""
        return self.status in {"active", SUSPENDED}


_URGENCY, _SINCE = ("due_at", "opened_at", "id"), ("opened_at", "id")
_ROLE = ("organisation_id", "role")
_STEP = (*_ROLE, "key", "element_id")


class UserTask(db.Model):  # type: ignore[name-defined]
    """A step that the diagram leaves to a person of `organisation_id`, which has its `role`."""

    __tablename__ = "user_task"
    __table_args__ = (
        Index(None, "instance_id", "status"),
        # The baskets of the inbox, each read in its own order whatever the crowd.
        *(Index(f"ix_user_task_{basket}", *columns,
                **only(f"status = 'open' AND assignee_id IS {whose}"))
          for name, whose in (("to_take", "NULL"), ("taken", "NOT NULL"))
          for basket, columns in (
              (name, (*_ROLE, *_URGENCY)), (f"{name}_since", (*_ROLE, *_SINCE)),
              (f"{name}_at", (*_STEP, *_URGENCY)), (f"{name}_at_since", (*_STEP, *_SINCE)),
          )),
        Index("ix_user_task_mine", "assignee_id", "organisation_id", "role", *_URGENCY,
              **only("status = 'open'")),
        Index("ix_user_task_snoozed", "assignee_id", "follow_up_at",
              **only("status = 'open' AND follow_up_at IS NOT NULL")),
        Index("ix_user_task_done", "completed_by", "completed_at"),
        Index("ix_user_task_due", "due_at",
              **only("status = 'open' AND due_at IS NOT NULL")),
        Index("ix_user_task_at_step", "element_id", "instance_id", "opened_at",
              **only("status = 'open'")),
    )  # fmt: skip

    id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    element_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(300))
    role: Mapped[str] = mapped_column(String(100))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    definition_id: Mapped[UUID]  # freezes the form as it was when the task opened
    key: Mapped[str] = mapped_column(String(200))  # the procedure, or `ebg:subject`
    form: Mapped[str | None] = mapped_column(String(200))
    into: Mapped[str | None] = mapped_column(String(100))  # the data key the answers go to
    assignee_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    # open | completed | withdrawn
    status: Mapped[str] = mapped_column(String(20), default="open")
    priority: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Put off until then, or until this happens first: '' | document | message | answer
    follow_up_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    follow_up_event: Mapped[str] = mapped_column(String(20), default="", server_default="")
    # The room where it is done, by its own pages alone; '' for the inbox.
    page: Mapped[str] = mapped_column(String(40), default="", server_default="")
    # Completing it is signing.
    signature: Mapped[bool] = mapped_column(default=False, server_default=false())
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    completed_by: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))

    instance: Mapped[ProcessInstance] = relationship()


IS_OPEN = UserTask.status == literal_column("'open'")
"""Written out, not bound: so a partial index serves it under every plan."""

IN_THE_INBOX = UserTask.page == literal_column("''")
"""Not one of those done in a room of their own, which no head of service directs."""


class Timer(db.Model):  # type: ignore[name-defined]
    """A moment at which an instance must be looked at again."""

    __tablename__ = "timer"
    __table_args__ = (Index(None, "due_at"), Index(None, "element_id", "instance_id"))
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    element_id: Mapped[str] = mapped_column(String(200))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its firing failed


class StartTimer(db.Model):  # type: ignore[name-defined]
    """The moments at which a procedure's current version starts a case by itself."""

    __tablename__ = "start_timer"
    __table_args__ = (Index(None, "due_at"), Index(None, "key"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    key: Mapped[str] = mapped_column(String(200))
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("process_definition.id"))
    element_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))  # date | duration | cycle
    expression: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(UtcDateTime)
    every: Mapped[list[Any]] = mapped_column(JSON)  # months, days, seconds
    times: Mapped[int | None]  # None: without end
    turn: Mapped[int]  # how many are past
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None: all are past
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its start failed


class MessageSubscription(db.Model):  # type: ignore[name-defined]
    """A point of an instance that waits for a message, or for a signal of its own body."""

    __tablename__ = "message_subscription"
    __table_args__ = (
        Index(None, "name", "correlation"), Index(None, "instance_id"),
        Index(None, "element_id", "instance_id"),
        Index("ix_message_subscription_signal", "organisation_id", "name", "instance_id",
              **only("kind = 'signal'")),
    )  # fmt: skip
    task_id: Mapped[UUID] = mapped_column(primary_key=True)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    element_id: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20), default="message")  # message | signal
    name: Mapped[str] = mapped_column(String(200))
    correlation: Mapped[str | None] = mapped_column(String(200))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    since: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Message(db.Model):  # type: ignore[name-defined]
    """A message received, kept for a while if nobody waits for it yet."""

    __tablename__ = "message"
    __table_args__ = (Index(None, "name", "correlation", "delivered_at"),
                      Index(None, "delivered_at", "expires_at"))  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(200))
    correlation: Mapped[str | None] = mapped_column(String(200))
    external_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # handing over failed
    instance_id: Mapped[UUID | None]


class Incident(db.Model):  # type: ignore[name-defined]
    """One branch of one case that cannot go on without a person."""

    __tablename__ = "incident"
    __table_args__ = (
        Index(None, "resolved_at", "raised_at"), Index(None, "instance_id", "resolved_at"),
        Index("ix_incident_of_cause", "cause", "raised_at", "id",
              **only("resolved_at IS NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("process_instance.id"))
    task_id: Mapped[UUID]
    call_id: Mapped[UUID | None]
    element_id: Mapped[str] = mapped_column(String(200))
    element_name: Mapped[str] = mapped_column(String(300))
    cause: Mapped[str] = mapped_column(String(200))
    message: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, default="")
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolution: Mapped[str | None] = mapped_column(String(40))
    resolved_by: Mapped[UUID | None]

    instance: Mapped[ProcessInstance] = relationship()


class History(db.Model):  # type: ignore[name-defined]
    """One finished step of an instance; written once, never changed."""

    __tablename__ = "history"
    __table_args__ = (Index(None, "ended_at"),)
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    seq: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[UUID]
    element_id: Mapped[str] = mapped_column(String(200))
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(20))
    entered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[UUID | None]
    on_behalf_of: Mapped[UUID | None]
    updates: Mapped[dict[str, Any]] = mapped_column(JSON)
