"""The signature book: desks, kinds of folders, folders, their files and what was done to them.

A folder is a case of `parapheur.folder`, which calls its circuits; these rows carry what
people look for and what must outlive a step. Only this domain writes them.
"""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine import clock
from engine.columns import UtcDateTime, only
from engine.directory import Person
from engine.documents import Document
from engine.models import ProcessInstance, db
from workflows.parapheur.remark_models import Annotation, FolderReading, SecondOpinion
from workflows.parapheur.typology_models import (
    ABANDONED,
    ACTES,
    ANNEX,
    AUTO,
    CADES,
    CONFIDENTIAL,
    DESK_PREFIX,
    DETACHED,
    DRAFT,
    EVIDENCE,
    FINISHED,
    HELIOS,
    IN_PROGRESS,
    MAIN,
    NONE,
    PADES,
    PES,
    PUBLIC,
    REFUSED,
    SERVICE,
    XADES,
    Desk,
    FolderSubtype,
    FolderType,
)

__all__ = [
    "ABANDONED",
    "ACTES",
    "ANNEX",
    "AUTO",
    "CADES",
    "CONFIDENTIAL",
    "DESK_PREFIX",
    "DETACHED",
    "DRAFT",
    "EVIDENCE",
    "FINISHED",
    "HELIOS",
    "IN_PROGRESS",
    "MAIN",
    "NONE",
    "PADES",
    "PES",
    "PUBLIC",
    "REFUSED",
    "SERVICE",
    "XADES",
    "Annotation",
    "Desk",
    "FileSignature",
    "FileVersion",
    "Folder",
    "FolderAct",
    "FolderDesk",
    "FolderFile",
    "FolderReading",
    "FolderSubtype",
    "FolderType",
    "SecondOpinion",
]


class Folder(db.Model):  # type: ignore[name-defined]
    """One folder in the book: the case of `parapheur.folder` as people look for it.

    `external_id` is the depositing application's own identifier: deposited twice, a folder
    is the same folder. `code` opens the public verification page.
    """

    __tablename__ = "parapheur_folder"
    __table_args__ = (
        UniqueConstraint("organisation_id", "origin", "external_id"),
        *(Index(f"ix_parapheur_folder_{name}", "organisation_id", *columns,
                "deposited_at", "instance_id")
          for name, columns in (("latest", ()), ("state", ("state",)),
                                ("subtype", ("subtype_id",)),
                                ("author", ("author_role", "state")))),
        Index("ix_parapheur_folder_due", "organisation_id", "due_at", "instance_id",
              **only("state = 'in_progress' AND due_at IS NOT NULL")),
        Index("ix_parapheur_folder_remind", "remind_at",
              **only("state = 'in_progress' AND remind_at IS NOT NULL")),
        Index("ix_parapheur_folder_callers", "organisation_id", "author_role", "state",
              "deposited_at", "instance_id", **only("put_away_at IS NULL")),
        Index("ix_parapheur_folder_put_away", "organisation_id", "put_away_at",
              "instance_id", **only("put_away_at IS NOT NULL")),
    )  # fmt: skip
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("process_instance.id"), primary_key=True
    )
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    subtype_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_subtype.id"))
    title: Mapped[str] = mapped_column(String(300))
    folded: Mapped[str] = mapped_column(String(600))  # title and number, to search
    state: Mapped[str] = mapped_column(String(20), default=IN_PROGRESS)
    author_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    author_role: Mapped[str] = mapped_column(String(100))  # the desk that deposited it
    origin: Mapped[str] = mapped_column(String(60), default="web")  # web | api:<key prefix>
    external_id: Mapped[str | None] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(40), unique=True)
    # {metadata: {key: value}, act: {…} for ACTES, route: {creation, circuit, desks}}.
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    visibility: Mapped[str] = mapped_column(String(20))
    round: Mapped[int] = mapped_column(default=1)  # corrected and deposited again: 2
    acts: Mapped[int] = mapped_column(default=0)  # how many: the last one's `seq`
    step: Mapped[str] = mapped_column(String(300), default="", server_default="")  # now
    refused_for: Mapped[str] = mapped_column(Text, default="", server_default="")
    deposited_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    remind_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # its desks, next
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Its caller has what it came for: out of the lists of applications, not of the book.
    put_away_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    chained_from: Mapped[UUID | None]  # the folder that this one follows

    instance: Mapped[ProcessInstance] = relationship()
    subtype: Mapped[FolderSubtype] = relationship()
    author: Mapped[Person | None] = relationship()


class FolderDesk(db.Model):  # type: ignore[name-defined]
    """A desk that sees a folder: its author's, those of its circuits, those asked besides.

    `standing` is `to_come`, `now`, `done` or `asked`; a list of a desk is one index.
    """

    __tablename__ = "parapheur_folder_desk"
    __table_args__ = (
        Index("ix_parapheur_folder_desk_list",
              "organisation_id", "role", "standing", "at", "instance_id"),
    )  # fmt: skip
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("parapheur_folder.instance_id"), primary_key=True
    )
    role: Mapped[str] = mapped_column(String(100), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    standing: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


class FolderFile(db.Model):  # type: ignore[name-defined]
    """A file of a folder; its bytes are those of its versions, none ever overwritten."""

    __tablename__ = "parapheur_file"
    __table_args__ = (
        UniqueConstraint("instance_id", "position"),
        Index("ix_parapheur_file_lasting", "good_until", "instance_id",
              **only("good_until IS NOT NULL AND renewal_id IS NULL")),
        Index("ix_parapheur_file_renewed", "renewal_id",
              **only("renewal_id IS NOT NULL")),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_folder.instance_id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(10), default=MAIN)
    title: Mapped[str] = mapped_column(String(300))
    document_type: Mapped[str] = mapped_column(String(10), default="", server_default="")
    format: Mapped[str] = mapped_column(String(10), default=AUTO)  # decided at the deposit
    # For a detached signature: the file it signs.
    signs_id: Mapped[UUID | None] = mapped_column(ForeignKey("parapheur_file.id"))
    # Where this file's stamp goes, when its author placed it.
    position_of_stamp: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Until when its last timestamp proves it, and the case that renews it meanwhile.
    good_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    renewal_id: Mapped[UUID | None]


class FileVersion(db.Model):  # type: ignore[name-defined]
    """One state of a file: as deposited, signed, sealed, timestamped.

    The current one is the highest not `withdrawn_at` (undone, or replaced by its author).
    """

    __tablename__ = "parapheur_version"
    __table_args__ = (UniqueConstraint("file_id", "number"), Index(None, "document_id"))
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_file.id"))
    number: Mapped[int]
    document_id: Mapped[UUID] = mapped_column(ForeignKey("document.id"))
    act_id: Mapped[UUID | None] = mapped_column(ForeignKey("parapheur_act.id"))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    document: Mapped[Document] = relationship(lazy="joined", innerjoin=True)


class FolderAct(db.Model):  # type: ignore[name-defined]
    """What was done to a folder, by whom, at which desk and in whose place; never changed.

    `kind`: drafted, deposited, approved, signed, sealed, refused, returned, transferred,
    opinion_asked, opinion_given, undone, bypassed, mailed, transmitted, acknowledged, closed,
    corrected, resumed, abandoned, finished, chained, archived, proven, renewed, reminded. `mention` is « par délégation de … » or
    « en l'absence de … », as written on stamps. `round` is the folder's.
    """

    __tablename__ = "parapheur_act"
    __table_args__ = (
        UniqueConstraint("instance_id", "seq"),
        Index(None, "person_id", "at"),
        Index(None, "task_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_folder.instance_id"))
    seq: Mapped[int]
    round: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    kind: Mapped[str] = mapped_column(String(20))
    step: Mapped[str] = mapped_column(String(300), default="")  # the diagram's own word
    task_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(String(100), default="")  # the desk
    on_behalf_of: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    delegation: Mapped[str] = mapped_column(Text, default="")
    mention: Mapped[str] = mapped_column(String(300), default="")
    note: Mapped[str] = mapped_column(Text, default="")  # public: for all who see it
    private_note: Mapped[str] = mapped_column(
        Text, default=""
    )  # for the desk; not archived
    # What else is to be known: {to, deputy_of, digests: {file: [before, after]}, …}.
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    undone_by: Mapped[UUID | None] = mapped_column(ForeignKey("parapheur_act.id"))

    person: Mapped[Person | None] = relationship(foreign_keys=[person_id])
    replaced: Mapped[Person | None] = relationship(foreign_keys=[on_behalf_of])


class FileSignature(db.Model):  # type: ignore[name-defined]
    """What a signature on a version says of itself, as examined when it was made or received.

    `kind` is `signature`, `seal` or `timestamp`; `level` B-B, B-T, B-LT, B-LTA, or empty when
    the format has none; `quality` simple, advanced, qualified or seal, shown honestly.
    """

    __tablename__ = "parapheur_signature"
    __table_args__ = (Index(None, "version_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    version_id: Mapped[UUID] = mapped_column(ForeignKey("parapheur_version.id"))
    position: Mapped[int] = mapped_column(default=1)
    kind: Mapped[str] = mapped_column(String(12))
    format: Mapped[str] = mapped_column(String(10))
    level: Mapped[str] = mapped_column(String(10), default="")
    quality: Mapped[str] = mapped_column(String(12), default="")
    subject: Mapped[str] = mapped_column(String(400))
    issuer: Mapped[str] = mapped_column(String(400))
    serial: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_to: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # said by the signer
    timestamped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    indication: Mapped[str] = mapped_column(String(60))  # ETSI EN 319 102-1
    report: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
