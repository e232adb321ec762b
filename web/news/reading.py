"""A person's notices as their page and their letters show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import select

from engine import clock, merging, notices
from engine.access import Actor
from engine.models import ProcessInstance, db
from engine.notices import DEPUTY, WITH_ITS_CASE, Notice
from engine.visible import applied, handled
from web.cases import reading as cases
from web.news import words
from web.paging import bounded

PER_PAGE = 30
MOST_COUNTED = 99


@dataclass(frozen=True)
class Line:
    """One notice, in words. `page` is the endpoint it leads to, with what its address names."""

    notice: Notice
    text: str
    icon: str
    page: tuple[str, dict[str, Any]] | None

    @property
    def unread(self) -> bool:
        """Whether it has not been read yet."""
        return self.notice.read_at is None

    @property
    def case(self) -> ProcessInstance | None:
        """The case it is about."""
        return self.notice.instance


Days = Sequence[tuple[date, Sequence[Line]]]


def page(actor: Actor, number: int, *, kind: str = "", unread: bool = False) -> Pagination:
    """One page of what a person was told and may still read, the latest first."""
    rows = (
        select(Notice)
        .where(Notice.person_id == actor.person_id)
        .outerjoin(Notice.instance)
        .options(WITH_ITS_CASE)
        .order_by(Notice.at.desc(), Notice.id)
    )
    branch = notices.of(actor, kind=kind, unread=unread)
    return bounded([branch], rows, id=Notice.id, page=number, per_page=PER_PAGE)


def by_day(lines: Sequence[Line]) -> Days:
    """Lines under the day in Paris on which each happened, in their order."""

    def day(line: Line) -> date:
        return line.notice.at.astimezone(clock.PARIS).date()

    return [(one, list(some)) for one, some in groupby(lines, day)]


def lines(actor: Actor, told: Sequence[Notice]) -> list[Line]:
    """Notices in words, each with the page that this person may open."""
    people = cases.names({notice.actor_id for notice in told})
    mine = handled_among(actor, {n.instance_id for n in told if n.instance_id})
    return [
        Line(
            notice,
            words.sentence(
                notice,
                people.get(notice.actor_id),
                cases.outcome_name(notice.instance)
                if notice.kind == notices.CLOSED and notice.instance
                else None,
            ),
            words.KINDS[notice.kind].icon if notice.kind in words.KINDS else "bell",
            _page(notice, mine),
        )
        for notice in told
    ]


def handled_among(actor: Actor, ids: set[UUID]) -> set[UUID]:
    """Those of these cases that are not the person's own requests."""
    if not ids:
        return set()
    theirs = select(ProcessInstance.id).where(
        ProcessInstance.id.in_(ids), ~applied(actor) | handled(actor)
    )
    return set(db.session.scalars(theirs))


def case_page(case_id: UUID, handled: set[UUID]) -> tuple[str, dict[str, UUID]]:
    """The page of a case for those who handle it, or for its applicant."""
    endpoint = "cases.show" if case_id in handled else "portal.follow"
    return endpoint, {"case_id": case_id}


def _page(notice: Notice, handled: set[UUID]) -> tuple[str, dict[str, Any]] | None:
    if notice.kind == DEPUTY:
        return "inbox.index", {}
    if notice.kind in {notices.ASSIGNED, notices.AWAITED} and notice.task_id:
        return "inbox.show", {"task_id": notice.task_id}
    if notice.kind == notices.EXPIRING:
        return "vault.show", {"document_id": UUID(notice.detail["document"])}
    if notice.kind == notices.PROCEDURE:
        return _procedure_page(notice.detail)
    if notice.kind == notices.WEBHOOK:
        return "api_settings.webhook", {"webhook_id": UUID(notice.detail["webhook"])}
    if folder := notice.detail.get("folder"):
        return "parapheur_folders.show", {"folder_id": UUID(folder)}
    if ask := notice.detail.get("ask"):
        return "asks.show", {"ask_id": UUID(ask)}
    return case_page(notice.instance_id, handled) if notice.instance_id else None


def _procedure_page(said: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if asked := said.get("request"):
        return "designer_publication.show", {"request_id": UUID(asked)}
    return "designer.procedure", {"key": said["key"]}


def unread(actor: Actor) -> int | str:
    """How much is left to read: « 99+ » when there is more."""
    if actor.person_id is None:
        return 0
    found = merging.count([notices.of(actor, unread=True)], MOST_COUNTED + 1)
    return found if found <= MOST_COUNTED else f"{MOST_COUNTED}+"
