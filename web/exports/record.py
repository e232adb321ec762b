"""A case as one paper: what a person may read of it, section after section."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_babel import format_date, format_datetime
from flask_babel import gettext as _

from engine import clock, notes
from engine.access import Actor
from engine.asks import CaseRequest
from engine.models import ProcessInstance, db
from web.cases import asking, papers, reading, timeline
from web.cases.reading import CasePage
from web.cases.sheets import Sheet
from web.i18n import euros
from workflows.facts import Fact, Panel
from workflows.letters.operations import section

MOST_EVENTS = 500
"""Lines of the chronology on paper; all of it is in the archive's journal."""

MOST_DOCUMENTS = 500


def draw(renderer: Any, case_id: UUID, actor: Actor, *, private: bool) -> bytes:
    """The PDF of a case; nothing is asked of the database while it is drawn."""
    page = reading.page(db.session.get_one(ProcessInstance, case_id), actor)
    asked = {
        "title": page.case.title,
        "reference": page.case.number,
        "subtitle": _subtitle(page),
        "sender": {"name": page.organisation.name},
        "sections": list(_sections(page, private=private)),
    }
    db.session.rollback()
    drawn: bytes = renderer.drawn(**asked)
    return drawn


def _subtitle(page: CasePage) -> str:
    made = format_datetime(clock.now(), "short")
    return str(
        _(
            "%(procedure)s — édité le %(at)s par %(who)s",
            procedure=page.case.definition.name,
            at=made,
            who=page.actor.name,
        )
    )


def _sections(page: CasePage, *, private: bool) -> Iterator[dict[str, Any]]:
    yield {"title": _("Résumé"), "rows": [*_standing(page), *map(_row, page.facts)]}
    for panel in page.panels:
        yield _panel(panel)
    if page.request:
        yield from _sheet(page.request)
    for sheet in page.answers:
        yield from _sheet(sheet)
    yield _documents(page)
    if page.messages:
        yield {
            "title": _("Messages"),
            "rows": [_said(m.author.name, m.sent_at, m.text) for m in page.messages],
        }
    if page.asks:
        yield {"title": _("Demandes et avis"), "rows": [_ask(one) for one in page.asks]}
    told = notes.of_case(page.case.id) if private and page.handles else []
    if told:
        rows = [_said(note.author.name, note.at, note.text) for note in told]
        yield {"title": _("Notes privées"), "rows": rows}
    yield _history(page)


def _standing(page: CasePage) -> Iterator[dict[str, Any]]:
    case = page.case
    yield {"label": _("Dossier"), "value": case.number}
    if page.applicant:
        yield {"label": _("Demandeur"), "value": page.applicant.name}
    yield {"label": _("Déposé le"), "value": format_datetime(case.started_at, "short")}
    stage = page.outcome if not case.is_open else case.milestone
    yield {
        "label": _("État"),
        "value": (_("Clos : %(outcome)s", outcome=stage) if stage else _("Clos"))
        if not case.is_open
        else (_("En cours : %(stage)s", stage=stage) if stage else _("En cours")),
    }
    if page.silence:
        yield {"label": _("Délai légal"), "value": page.silence.text}


def _row(fact: Fact) -> dict[str, Any]:
    value = _plain(fact.value)
    return {
        "label": fact.label,
        "value": f"{value} ({fact.hint})" if fact.hint else value,
    }


def _panel(panel: Panel) -> dict[str, Any]:
    table = {
        "columns": list(panel.headers),
        "rows": [[_plain(cell) for cell in row] for row in panel.rows],
    }
    return {
        "title": panel.title,
        "rows": [_row(fact) for fact in panel.facts],
        "tables": [table] if panel.rows else [],
    }


def _sheet(sheet: Sheet) -> Iterator[dict[str, Any]]:
    given = " · ".join(
        one for one in (sheet.who, format_datetime(sheet.at, "short")) if one
    )
    yield {"title": sheet.title, "text": given}
    yield from (section(page) for page in sheet.pages)


def _documents(page: CasePage) -> dict[str, Any]:
    found = papers.latest(page.case, page.actor, most=MOST_DOCUMENTS)
    people = reading.names({one.added_by for one in found})
    rows = [
        [
            one.title,
            one.name,
            format_datetime(one.created_at, "short"),
            people.get(one.added_by, ""),
        ]
        for one in found
    ]
    columns = [_("Titre"), _("Fichier"), _("Ajouté le"), _("Par")]
    tables = [{"columns": columns, "rows": rows}] if rows else []
    return {"title": _("Documents"), "tables": tables}


def _ask(ask: CaseRequest) -> dict[str, Any]:
    asked = f"{asking.TITLES[ask.kind]}\n{asking.of_whom(ask)}"
    answer = {
        "answered": ask.answer,
        "withdrawn": _("Retirée : %(motive)s", motive=ask.motive),
    }.get(ask.status, _("Sans réponse à ce jour"))
    return {"label": asked, "value": f"{ask.text}\n\n{answer}"}


def _history(page: CasePage) -> dict[str, Any]:
    found = timeline.page(page.case, page.actor, handles=page.handles, most=MOST_EVENTS)
    rows = [
        [
            format_datetime(line.at, "short"),
            line.what,
            line.who + (f" ({_('pour %(who)s', who=line.behalf)})" if line.behalf else ""),
            line.detail,
        ]
        for line in found.lines
    ]
    columns = [_("Date"), _("Ce qui s’est passé"), _("Par"), _("Précision")]
    cut = _("Les %(n)s derniers faits ; les autres sont dans l’archive.", n=MOST_EVENTS)
    return {
        "title": _("Historique"),
        "text": cut if found.after else "",
        "tables": [{"columns": columns, "rows": rows}] if rows else [],
    }


def _said(who: str, at: datetime, text: str) -> dict[str, Any]:
    return {"label": f"{who}\n{format_datetime(at, 'short')}", "value": text}


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return str(format_date(value, "medium"))
    if isinstance(value, Decimal):
        return euros(value)
    return "" if value is None else str(value)
