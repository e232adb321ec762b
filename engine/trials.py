"""Trials of drafts: the story that one person tells of a draft, and where it last stood.

A trial touches nothing: it is played elsewhere (`workflows.trial`). What is kept here is what
was typed, so that nothing is lost between two pages, and the last state, so that a page that
changes nothing plays nothing.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from engine import clock
from engine.columns import UtcDateTime
from engine.models import db


class TrialStory(db.Model):  # type: ignore[name-defined]
    """The steps of one person's trial of one draft; `since` is when its clock begins.

    `state` is where these steps led, with the files whose digest is `played`.
    """

    __tablename__ = "trial_story"
    draft_id: Mapped[UUID] = mapped_column(
        ForeignKey("procedure_draft.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    title: Mapped[str] = mapped_column(String(200), default="")  # the scenario opened
    steps: Mapped[list[Any]] = mapped_column(JSON, default=list)
    rev: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)
    state: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    played: Mapped[str] = mapped_column(String(64), default="")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock.now)


def of(draft_id: UUID, person_id: UUID | None) -> TrialStory | None:
    """This person's trial of a draft, if they have begun one."""
    return db.session.get(TrialStory, (draft_id, person_id), populate_existing=True)
