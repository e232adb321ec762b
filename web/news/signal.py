"""What a page that stays open asks again: the bell, the baskets, what is new on it.

Every half minute, or at once when the event process says that something changed. It says
that there is something, never what: the page is read again, by rights of then.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from engine import merging, wake
from engine.access import Actor, allowed
from engine.models import IS_OPEN, ProcessInstance, UserTask, db
from engine.worklist import hands
from web.inbox import reading as inbox
from web.news import reading, tokens
from web.security import relax

MOST_FRESH = 20
"""New tasks are counted up to here."""


def answer(actor: Actor) -> dict[str, Any]:
    """The counts of now, and a sentence for each thing that is new on the page."""
    asked: dict[str, Any] = {"bell": reading.unread(actor)}
    if "paniers" in request.args and actor.handles_cases:
        asked["baskets"] = {one.name: one.count for one in inbox.baskets(actor)}
    if since := _moment(request.args.get("depuis", "")):
        asked["list"] = _fresh(actor, since)
    if case_id := _id(request.args.get("dossier", "")):
        asked["case"] = _changed(actor, case_id, request.args.get("suite", 0, type=int))
    return asked


def _fresh(actor: Actor, since: datetime) -> dict[str, str] | None:
    branches = [
        select(UserTask.id).where(
            UserTask.organisation_id == hand.organisation_id,
            UserTask.role == hand.role,
            IS_OPEN,
            UserTask.assignee_id.is_(None),
            UserTask.opened_at > since,
            *([UserTask.key.in_(hand.keys)] if hand.keys else []),
        )
        for hand in hands(actor)
    ]
    number = merging.count(branches, MOST_FRESH + 1)
    if not number:
        return None
    said = (
        ngettext("Une nouvelle tâche", "%(num)d nouvelles tâches", number)
        if number <= MOST_FRESH
        else _("Plus de %(num)d nouvelles tâches", num=MOST_FRESH)
    )
    return {"text": said, "act": _("Actualiser la liste")}


def _changed(actor: Actor, case_id: UUID, seq: int) -> dict[str, str] | None:
    case = db.session.get(ProcessInstance, case_id)
    if case is None or case.journal_seq <= seq or not allowed(actor, "see", case):
        return None
    return {"text": _("Ce dossier vient de changer"), "act": _("Actualiser la page")}


def address(actor: Actor, case_id: UUID | None) -> str:
    """Where this page hears of what changes for its reader; nothing when it only asks.

    `case_id` is the case that the page shows: who sees it was checked to open the page. The
    content policy of this answer lets the page listen there.
    """
    settings = current_app.extensions["settings"]
    if not settings.events or not settings.redis_url or actor.person_id is None:
        return ""
    place = urlsplit(settings.events)
    if place.netloc:
        relax("connect-src", f"{place.scheme}://{place.netloc}")
    token = tokens.sign(settings.secret_key, heard(actor, case_id))
    return f"{settings.events}?jeton={token}"


def heard(actor: Actor, case_id: UUID | None) -> list[str]:
    """The channels of a page: its reader's own, its case's, those of their baskets."""
    assert actor.person_id is not None
    cases = [wake.case(case_id)] if case_id else []
    baskets = {wake.basket(hand.organisation_id, hand.role) for hand in hands(actor)}
    return [wake.person(actor.person_id), *cases, *sorted(baskets)]


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
