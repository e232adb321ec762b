"""What happened to a procedure's cases, element by element: on its diagram, and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import clock, definitions, element_figures, procedure_drafts
from engine.access import Forbidden, allowed
from engine.element_figures import LONGEST, ElementFigures
from engine.models import ProcessDefinition, db
from web.auth import current_actor, signed_in
from web.cases.search import spent
from web.inbox.exporting import csv_of
from web.typed import text

bp = Blueprint("statistics", __name__, url_prefix="/concepteur")

PERIOD = timedelta(days=90)
MOST_VERSIONS = 200
COLUMNS: Mapping[str, str] = {
    "element": "name",
    "dossiers": "cases",
    "passages": "times",
    "attente": "waiting",
    "retard": "late",
    "mediane": "median",
    "neuf": "ninetieth",
    "incidents": "incidents",
    "arretes": "stopped",
}
"""What a table may be put in order by, in the words of its address."""


@dataclass(frozen=True)
class Asked:
    """What figures are asked: of which versions, over which days."""

    versions: Sequence[ProcessDefinition]
    chosen: Sequence[ProcessDefinition]
    first: date
    last: date
    problems: Mapping[str, str]

    @property
    def shown(self) -> ProcessDefinition:
        """The version on whose diagram the figures are written: the newest of those chosen."""
        return self.chosen[0]


@bp.get("/procedures/<key>/statistiques")
@signed_in
def show(key: str) -> ResponseReturnValue:
    """The figures of a procedure, for those who draw it, direct it or run the platform."""
    asked = _asked(key)
    rows = [] if asked.problems else _rows(asked)
    order = request.args.get("tri", "")
    return render_template(
        "designer/statistics.html",
        key=key,
        asked=asked,
        rows=_sorted(rows, order),
        order=order,
        badges={row.element_id: _badge(row) for row in rows if _badge(row)["text"]},
        typed=request.args,
        lasting=_lasting,
        reads=allowed(current_actor(), "read", asked.shown),
    ), 422 if asked.problems else 200


@bp.get("/procedures/<key>/statistiques.csv")
@signed_in
def export(key: str) -> ResponseReturnValue:
    """The same figures, for a spreadsheet: times in hours."""
    asked = _asked(key)
    if asked.problems:
        abort(400)
    heads = [_("Élément"), _("Identifiant"), *map(str, heads_of_figures())]
    lines = [
        [row.name, row.element_id, row.cases, row.times, row.waiting, row.late,
         _hours(row.median), _hours(row.ninetieth), row.incidents, row.stopped]
        for row in _sorted(_rows(asked), request.args.get("tri", ""))
    ]  # fmt: skip
    answer = Response(csv_of(heads, lines), mimetype="text/csv")
    name = f"{key}-{asked.first}-{asked.last}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@bp.get("/procedures/<key>/statistiques.bpmn")
@signed_in
def diagram(key: str) -> ResponseReturnValue:
    """The diagram on which the figures are written."""
    content = definitions.file(_asked(key).shown.id, "process.bpmn") or abort(404)
    return Response(content, mimetype="application/xml")


def heads_of_figures() -> list[str]:
    """How the columns of figures are called in a file."""
    return [
        _("Dossiers passés"), _("Passages"), _("Dossiers qui y attendent"), _("En retard"),
        _("Durée médiane (heures)"), _("Neuf sur dix, au plus (heures)"),
        _("Incidents de la période"), _("Dossiers arrêtés"),
    ]  # fmt: skip


def _asked(key: str) -> Asked:
    """What the address asks. 404 for a procedure that is not there, or not for this person."""
    last_version = procedure_drafts.newest(key)
    if last_version is None:
        abort(404)
    if not allowed(current_actor(), "measure", last_version):
        raise Forbidden
    versions = list(
        db.session.scalars(
            select(ProcessDefinition)
            .where(ProcessDefinition.key == key)
            .order_by(ProcessDefinition.version.desc())
            .limit(MOST_VERSIONS)
        )
    )
    problems: dict[str, str] = {}
    number = text(request.args, "version")
    chosen = [v for v in versions if str(v.version) == number] if number else versions
    if not chosen:
        problems["version"] = _("Version : choisissez-la dans la liste.")
    today = clock.today()
    last = _day("au", today, problems)
    first = _day("du", last - min(PERIOD, last - date.min), problems)
    if not problems and first > last:
        problems["du"] = _("Du : ce jour vient après la fin de la période.")
    elif not problems and last - first > LONGEST:
        problems["du"] = _("Du : la période est d’un an au plus.")
    return Asked(versions, chosen or versions, first, last, problems)


def _day(name: str, otherwise: date, problems: dict[str, str]) -> date:
    typed = text(request.args, name)
    if not typed:
        return otherwise
    try:
        found = date.fromisoformat(typed)
        if not date(2000, 1, 1) <= found <= date(2200, 1, 1):
            raise ValueError
    except ValueError:
        label = _("Du") if name == "du" else _("Au")
        problems[name] = _(
            "%(label)s : un jour est attendu, comme 2026-11-27.", label=label
        )
        return otherwise
    return found


def _rows(asked: Asked) -> list[ElementFigures]:
    """Figures in the order of the diagram; those of elements it no longer has, last."""
    ids = [version.id for version in asked.chosen]
    found = element_figures.of_elements(ids, asked.first, asked.last)
    model = definitions.model(asked.shown.id)
    drawn = [node for node in model.diagram.in_order() if node.id in found]
    known = {node.id: node for node in drawn}
    gone = [row for element, row in found.items() if element not in known]
    named = [
        _named(found[node.id], node.name, node.kind)
        for node in known.values()
        if node.name or found[node.id].waiting or found[node.id].incidents
    ]
    return [*named, *(row for row in sorted(gone, key=lambda r: r.element_id) if row.name)]


def _named(row: ElementFigures, name: str, kind: str) -> ElementFigures:
    values = {**vars(row), "name": name or row.name or row.element_id, "kind": kind}
    return ElementFigures(**values)


def _sorted(rows: list[ElementFigures], order: str) -> list[ElementFigures]:
    """In the order asked: by a column, from the largest with a hyphen; else the diagram's."""
    column = COLUMNS.get(order.removeprefix("-"))
    if column is None:
        return rows

    def rank(row: ElementFigures) -> Any:
        value = getattr(row, column)
        return value.lower() if isinstance(value, str) else (value is not None, value)

    empty = [row for row in rows if getattr(row, column) is None]
    full = [row for row in rows if getattr(row, column) is not None]
    return [*sorted(full, key=rank, reverse=order.startswith("-")), *empty]


def _badge(row: ElementFigures) -> dict[str, str]:
    """What is written on an element: who waits there, and how long it takes."""
    parts = []
    if row.waiting:
        waiting = _("%(n)s en attente", n=row.waiting)
        late = _("dont %(late)s en retard", late=row.late) if row.late else ""
        parts.append(", ".join(filter(None, (waiting, late))))
    if row.median is not None and row.median >= timedelta(minutes=1):
        parts.append(_("médiane %(time)s", time=spent(row.median)))
    if row.stopped:
        parts.append(_("%(n)s arrêtés", n=row.stopped))
    told = _("%(cases)s dossiers y sont passés", cases=row.cases)
    kind = "late" if row.late or row.stopped else ""
    return {"text": " · ".join(parts), "kind": kind, "told": f"{row.name} : {told}"}


def _lasting(duration: timedelta | None) -> str:
    """A duration in a cell; a dash where time does not pass."""
    if duration is None:
        return "—"
    return spent(duration) if duration >= timedelta(minutes=1) else _("moins d’une minute")


def _hours(duration: timedelta | None) -> float | str:
    return "" if duration is None else round(duration / timedelta(hours=1), 3)
