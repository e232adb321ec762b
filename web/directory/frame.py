"""What the pages of one body share: its name, its tabs, its journal in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from flask import abort, render_template, url_for
from flask_babel import format_date
from flask_babel import gettext as _

from engine.directory import Organisation
from engine.journal import JournalEntry
from engine.models import db
from web.auth import current_actor
from web.cases.reading import names
from web.directory import words


@dataclass(frozen=True)
class Act:
    """One act: what, about whom, with what details, by whom, when."""

    what: str
    detail: str
    who: str
    at: datetime


def body(organisation_id: UUID) -> Organisation:
    """The body of the page's address."""
    return db.session.get(Organisation, organisation_id) or abort(404)


def page(template: str, of: Organisation, **context: Any) -> str:
    """A page of one body, with the tabs of all its pages."""
    tabs = [
        ("bodies", _("Fiche"), url_for("bodies.show", organisation_id=of.id)),
        (
            "body_people",
            _("Personnes"),
            url_for("body_people.index", organisation_id=of.id),
        ),
        ("body_roles", _("Rôles"), url_for("body_roles.index", organisation_id=of.id)),
        (
            "body_services",
            _("Services"),
            url_for("body_services.index", organisation_id=of.id),
        ),
        (
            "body_procedures",
            _("Démarches"),
            url_for("body_procedures.index", organisation_id=of.id),
        ),
        (
            "body_journal",
            _("Journal"),
            url_for("body_journal.index", organisation_id=of.id),
        ),
    ]
    return render_template(
        f"directory/{template}",
        body=of,
        tabs=tabs,
        words=words,
        role_names=words.roles(),
        operates=current_actor().operates,
        **context,
    )


def acts(entries: Iterable[JournalEntry]) -> list[Act]:
    """Entries of a journal in words, with the names of those who are still known."""
    entries = list(entries)
    concerned = {entry.seq: _person(entry.detail) for entry in entries}
    known = names({*concerned.values(), *(entry.actor_id for entry in entries)})
    roles = words.roles()
    return [
        Act(
            str(words.ACTS.get(entry.action, _("Autre acte"))),
            ", ".join(
                filter(
                    None,
                    [known.get(concerned[entry.seq], ""), *_details(entry.detail, roles)],
                )
            ),
            known.get(entry.actor_id, "") if entry.actor_id else _("La plateforme"),
            entry.at,
        )
        for entry in entries
    ]


def _person(detail: Mapping[str, object]) -> UUID | None:
    try:
        return UUID(str(detail.get("person", "")))
    except ValueError:
        return None


def _details(detail: Mapping[str, Any], roles: Mapping[str, str]) -> Iterable[str]:
    if detail.get("role"):
        yield roles.get(str(detail["role"]), str(detail["role"]))
    for name in ("before", "name", "to", "procedure", "host", "service"):
        value = str(detail.get(name, ""))
        if value and _named(value):
            yield _day(value) if value[10:11] == "T" else value
    if detail.get("from"):
        yield _("à partir du %(day)s", day=_day(detail["from"]))
    if detail.get("until"):
        yield _("jusqu’au %(date)s", date=_day(detail["until"]))


def _named(value: str) -> bool:
    """Whether it says something to people: not the identifier of a row."""
    try:
        UUID(value)
    except ValueError:
        return True
    return False


def _day(said: object) -> str:
    """The day of a date or of a moment, as kept by whoever wrote it."""
    try:
        return str(format_date(date.fromisoformat(str(said)[:10]), "medium"))
    except ValueError:
        return str(said)
