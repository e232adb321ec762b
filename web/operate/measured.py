"""The platform's figures: what was counted, for a period, on a page and as a file."""

import csv
import io
from datetime import date
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from engine import clock, platform_figures
from engine.platform_figures import BYTES, DOCUMENTS, PEOPLE, Row
from web.attachments import disposition
from web.auth import guard
from web.operate import needs, words
from web.operate.filters import Typed
from web.spreadsheets import harmless
from web.typed import clean

bp = Blueprint("measured", __name__, url_prefix="/exploitation/chiffres")
bp.context_processor(lambda: {"words": words})

MONTHS = 12
MOST_LINES = 500


@bp.get("/")
@guard("operate")
def show() -> ResponseReturnValue:
    """The figures of a period, twelve months unless asked otherwise."""
    typed = Typed(request.args)
    first, last = _period(typed)
    rows = platform_figures.rows(first, last)
    page = render_template(
        "operate/measured.html",
        rows=rows[:MOST_LINES],
        left_out=len(rows[MOST_LINES:]),
        months=_by_month(rows),
        totals=_totals(rows),
        people=dict(platform_figures.of_all(first, last, PEOPLE)),
        availability=platform_figures.availability(first, last),
        stored={
            name: platform_figures.of_all(first, last, name)[-1:]
            for name in (DOCUMENTS, BYTES)
        },
        disk=needs.disk(),
        procedures=platform_figures.names(),
        counted_at=platform_figures.counted_at(),
        first=first,
        last=last,
        typed=clean(request.args),
        problems=typed.problems,
    )
    return (page, 422) if typed.problems else page


@bp.get("/fichier.csv")
@guard("operate")
def export() -> ResponseReturnValue:
    """The same, one line a month, procedure and body."""
    first, last = _period(Typed(request.args))
    names = platform_figures.names()
    buffer = io.StringIO()
    buffer.write("\ufeff")
    writer = csv.writer(buffer, delimiter=";")
    writer.writerow(
        ["mois", "procedure", "nom", "collectivite", "ouverts", "clos", "jours_mediane",
         "incidents"]
    )  # fmt: skip
    for row in platform_figures.rows(first, last):
        days = "" if row.median_days is None else f"{row.median_days:.1f}".replace(".", ",")
        writer.writerow(
            [f"{row.month:%Y-%m}", row.key, harmless(names.get(row.key, "")), harmless(row.body),
             row.opened, row.closed, days, row.incidents]
        )  # fmt: skip
    answer = Response(buffer.getvalue(), mimetype="text/csv")
    name = f"chiffres-{first:%Y-%m}-{last:%Y-%m}.csv"
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    return answer


def _period(typed: Typed) -> tuple[date, date]:
    last = typed.day("au") or clock.today()
    months = last.year * 12 + last.month - MONTHS
    usual = date(max(months // 12, 1), months % 12 + 1, 1)
    first = typed.day("du") or usual
    return (first, last) if first <= last else (last, first)


def _by_month(rows: list[Row]) -> list[dict[str, Any]]:
    found: dict[date, dict[str, Any]] = {}
    for row in rows:
        line = found.setdefault(
            row.month, {"month": row.month, "opened": 0, "closed": 0, "incidents": 0}
        )
        for name in ("opened", "closed", "incidents"):
            line[name] += getattr(row, name)
    return list(found.values())


def _totals(rows: list[Row]) -> dict[str, int]:
    return {
        name: sum(getattr(row, name) for row in rows)
        for name in ("opened", "closed", "incidents")
    }
