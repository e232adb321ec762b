"""The journal: searched, verified, taken away with its digests."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import orjson
from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    stream_with_context,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine import chores as chore
from engine import clock, journal_export, journal_search
from engine.chores import Chore
from engine.commands import chores, exports
from engine.errors import OperationRefused
from engine.journal import JournalEntry
from engine.journal_check import case_of
from engine.journal_search import After, Wanted
from engine.models import ProcessInstance, db
from web.attachments import disposition
from web.auth import current_actor, guard
from web.operate import words
from web.operate.filters import Typed
from web.paging import whole
from web.spreadsheets import harmless
from web.typed import clean, text

bp = Blueprint("journal", __name__, url_prefix="/exploitation/journal")
bp.context_processor(lambda: {"words": words})

PER_PAGE = 50
MOST_EXPORTED = 200_000
CSV, LINES = "csv", "jsonl"


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """The acts, the latest first; those of operation alone when asked."""
    typed = Typed(request.args)
    wanted = _wanted(typed)
    entries = [] if typed.problems else journal_search.find(wanted, _after(), PER_PAGE + 1)
    shown, more = entries[:PER_PAGE], entries[PER_PAGE:]
    page = render_template(
        "operate/journal.html",
        entries=shown,
        names=journal_search.names(shown),
        cases=_cases(shown),
        following=_token(shown[-1]) if more else "",
        typed=clean(request.args),
        problems=typed.problems,
        last=chore.latest(chore.JOURNAL),
    )
    return (page, 422) if typed.problems else page


@bp.post("/export")
@guard("operate")
def export() -> ResponseReturnValue:
    """The acts as they are filtered, with their digests, as CSV or as JSON lines."""
    typed = Typed(request.form)
    wanted = _wanted(typed)
    form = CSV if text(request.form, "format") == CSV else LINES
    if typed.problems:
        flash(next(iter(typed.problems.values())), "warning")
        return redirect(url_for(".index"))
    asked = {name: typed.text(name) for name in _FIELDS if typed.text(name)}
    exports.note_journal(asked, form, actor=current_actor())
    entries = journal_search.everything(wanted, MOST_EXPORTED)
    at = clock.now()
    lines = _csv(entries) if form == CSV else journal_export.lines(entries, asked, at)
    mimetype = "text/csv" if form == CSV else "application/x-ndjson"
    answer = Response(stream_with_context(lines), mimetype=mimetype)
    name = f"journal-{at.astimezone(clock.PARIS):%Y-%m-%d-%H%M}.{form}"
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/verifications")
@guard("operate")
def checks() -> ResponseReturnValue:
    """The last verifications, and asking for another one."""
    return _checks({})


@bp.post("/verifications")
@guard("operate")
def check() -> ResponseReturnValue:
    """Have the whole journal read again."""
    motive = text(request.form, "motive")
    try:
        asked = chores.ask(chore.JOURNAL, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _checks(clean(request.form), problem=words.told(refused)), 422
    return redirect(url_for("running.chore", chore_id=asked))


def _checks(typed: Any, **more: Any) -> str:
    found = select(Chore).where(Chore.kind == chore.JOURNAL)
    page = whole(found.order_by(Chore.created_at.desc(), Chore.id.desc()), PER_PAGE)
    return render_template("operate/checks.html", page=page, typed=typed, **more)


_FIELDS = ("numero", "sujet", "personne", "acte", "du", "au", "exploitation")


def _wanted(typed: Typed) -> Wanted:
    case = typed.case("numero")
    return Wanted(
        chain=f"case:{case}" if case else typed.text("sujet")[:120],
        person=typed.person("personne"),
        action=typed.text("acte")[:60],
        first=typed.day("du"),
        last=typed.day("au"),
        operated=bool(typed.text("exploitation")),
    )


def _token(entry: JournalEntry) -> str:
    return f"{entry.at.isoformat()}|{entry.seq}|{entry.chain}"


def _after() -> After | None:
    """The last act of the page before, as its link says; the first page when it is odd."""
    moment, _, rest = text(request.args, "apres").partition("|")
    seq, _, chain = rest.partition("|")
    try:
        at, number = datetime.fromisoformat(moment), int(seq)
    except ValueError:
        return None
    aware = at.tzinfo is not None
    return After(at, chain[:120], number) if aware and 0 < number < 2**31 else None


def _cases(entries: Iterable[JournalEntry]) -> dict[str, ProcessInstance]:
    chains = {one.chain for one in entries if one.chain.startswith("case:")}
    ids = [one for chain in chains if (one := case_of(chain)) is not None]
    found = db.session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(ids)))
    return {f"case:{case.id}": case for case in found}


def _csv(entries: Iterable[JournalEntry]) -> Iterator[str]:
    """A spreadsheet's file: what could be read as a formula is written as text."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    buffer.write("\ufeff")
    writer.writerow(journal_export.FIELDS)
    for entry in entries:
        values = journal_export.plain(entry)
        values["detail"] = orjson.dumps(values["detail"]).decode()
        writer.writerow(harmless(str(values[name])) for name in journal_export.FIELDS)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()
