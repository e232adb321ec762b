"""Bring a file of people into a body: tried first, entered once somebody has read the trial.

A short file is tried at once and entered in one transaction; the workers take a long one
from page to page, each page with its results, and go on where they stood.
"""

from collections.abc import Sequence
from uuid import UUID, uuid4

import structlog
from sqlalchemy import insert, select

from engine import clock, people_file, wake
from engine.access import Actor, Forbidden, actor_for, require
from engine.commands import people
from engine.directory import PLATFORM, Organisation
from engine.errors import Busy, DirectoryRefused
from engine.imports import (
    ABANDONED,
    DONE,
    ENTERING,
    READING,
    READY,
    REFUSED,
    PeopleImport,
    PeopleImportLine,
)
from engine.models import db
from engine.people_file import Unreadable, Wanted, note
from engine.people_lines import Judged, Known, Place, judge, renames
from engine.transaction import lock, transaction
from engine.words import fold

log = structlog.get_logger()

SHORT = 200
"""Lines that are tried and entered while one waits."""

AT_ONCE = 50
"""Lines of a long file that one transaction tries or enters: others write in between."""


def create(
    organisation_id: UUID, content: bytes, name: str, *, new_services: bool, actor: Actor
) -> UUID:
    """Keep a file's lines, and try them; returns the import's id.

    Raises Forbidden, Unreadable when there are no lines to try.
    """
    file = people_file.read(content)
    if not file.lines:
        raise Unreadable("empty")
    with transaction() as after_commit:
        body = db.session.get_one(Organisation, organisation_id)
        _require(body, actor)
        one = PeopleImport(
            id=uuid4(),
            organisation_id=organisation_id,
            name=name[:255] or "personnes.csv",
            status=READING,
            new_services=new_services,
            guessed=file.guessed,
            total=len(file.lines),
            created_by=actor.person_id,
        )
        db.session.add(one)
        db.session.flush()
        db.session.execute(
            insert(PeopleImportLine),
            [
                {
                    "import_id": one.id,
                    "position": position,
                    "line": line.number,
                    "row": line.row,
                    "verdict": "",
                    "notes": line.notes,
                }
                for position, line in enumerate(file.lines, 1)
            ],
        )
        if one.total <= SHORT:
            _try(one, SHORT)
        else:
            after_commit.append(wake.for_sweep)
        return one.id


def _require(body: Organisation, actor: Actor) -> None:
    """Operators are named by operators."""
    require(actor, "administer", body)
    if body.kind == PLATFORM:
        require(actor, "operate")


def confirm(import_id: UUID, *, actor: Actor) -> None:
    """Enter the lines that can be, the others left. Raises Forbidden, DirectoryRefused."""
    with transaction() as after_commit:
        one = _locked(import_id, actor)
        if one.status != READY:
            raise DirectoryRefused("", "import_state")
        one.status, one.confirmed_by = ENTERING, actor.person_id
        people.tell(
            one.organisation_id, "people_imported", actor.person_id,
            file=str(one.id), name=one.name, lines=str(one.total),
        )  # fmt: skip
        if one.total <= SHORT:
            _enter(one, SHORT)
            _finish(one)
        else:
            after_commit.append(wake.for_sweep)


def abandon(import_id: UUID, *, actor: Actor) -> None:
    """Enter nothing of a file. Raises Forbidden, DirectoryRefused once it is confirmed."""
    with transaction():
        one = _locked(import_id, actor)
        if one.status not in {READING, READY}:
            raise DirectoryRefused("", "import_state")
        one.status, one.finished_at = ABANDONED, clock.now()


def _locked(import_id: UUID, actor: Actor) -> PeopleImport:
    one = lock(PeopleImport, import_id)
    _require(db.session.get_one(Organisation, one.organisation_id), actor)
    return one


def advance() -> int:
    """Try or enter the next lines of the oldest file that no other worker holds.

    Returns how many lines that was.
    """
    waiting = PeopleImport.status.in_([READING, ENTERING])
    if db.session.scalar(select(PeopleImport.id).where(waiting).limit(1)) is None:
        return 0
    try:
        return _page(AT_ONCE)
    except Busy:
        return 0
    except Exception as error:  # one line must not stop the others: which one is it?
        log.warning("people_page_failed", error=type(error).__name__)
        return _page(1, careful=True)


def _page(limit: int, *, careful: bool = False) -> int:
    """One page, or one line that is set aside if it cannot be entered."""
    taken: list[UUID] = []
    try:
        with transaction() as after_commit:
            one = db.session.scalars(
                select(PeopleImport)
                .where(PeopleImport.status.in_([READING, ENTERING]))
                .order_by(PeopleImport.created_at)
                .limit(1)
                .with_for_update(skip_locked=True, of=PeopleImport)
                .execution_options(populate_existing=True)
            ).first()
            if one is None:
                return 0
            taken.append(one.id)
            done = _try(one, limit) if one.status == READING else _entered(one, limit)
            after_commit.append(wake.for_sweep)
            return done
    except Exception as error:
        if not careful or not taken:
            raise
        log.exception("people_line_failed", file=str(taken[0]))
        _set_aside(taken[0], type(error).__name__)
        return 1


def _try(one: PeopleImport, limit: int) -> int:
    """Judge the next lines of a file; say when all are."""
    place = Place.of(one.organisation, new_services=one.new_services)
    lines = _next(one.id, PeopleImportLine.verdict == "", limit)
    for line, judged in _judged(lines, place):
        line.verdict, line.notes = judged.verdict, judged.notes
    if len(lines) < limit or one.total <= limit:
        one.status = READY
    return len(lines)


def _entered(one: PeopleImport, limit: int) -> int:
    try:
        who = actor_for(one.confirmed_by) if one.confirmed_by else None
        if who is None:
            raise Forbidden
        _require(one.organisation, who)
    except Forbidden:  # the right to do it was taken away meanwhile
        one.status, one.finished_at = ABANDONED, clock.now()
        return 0
    done = _enter(one, limit)
    if done < limit:
        _finish(one)
    return done


def _enter(one: PeopleImport, limit: int) -> int:
    """Enter the next good lines of a file, judged again: things may have changed since."""
    place = Place.of(one.organisation, new_services=one.new_services)
    waiting = (PeopleImportLine.verdict != REFUSED) & PeopleImportLine.entered_at.is_(None)
    lines = _next(one.id, waiting, limit)
    known = Known.about(place, (line.row.get("courriel", "") for line in lines))
    for line in lines:
        judged = judge(line.row, (), place, known)
        if judged.wanted is None:
            line.verdict, line.notes = judged.verdict, judged.notes
            continue
        apply(judged.wanted, place, known, by=one.confirmed_by)
        line.entered_at = clock.now()
    return len(lines)


def _next(import_id: UUID, which: object, limit: int) -> list[PeopleImportLine]:
    rows = (
        select(PeopleImportLine)
        .where(PeopleImportLine.import_id == import_id, which)  # type: ignore[arg-type]
        .order_by(PeopleImportLine.position)
        .limit(limit)
    )
    return list(db.session.scalars(rows))


def _judged(
    lines: Sequence[PeopleImportLine], place: Place
) -> list[tuple[PeopleImportLine, Judged]]:
    known = Known.about(place, (line.row.get("courriel", "") for line in lines))
    return [
        (line, judge(line.row, line.notes if not line.verdict else (), place, known))
        for line in lines
    ]


def apply(wanted: Wanted, place: Place, known: Known, *, by: UUID | None) -> None:
    """Do what a line asks for, in the open transaction; twice changes nothing.

    `known` learns what the line adds, for those that come after it.
    """
    person = known.people.get(wanted.email)
    if person is None:
        person = people.person(wanted.email, wanted.name, by=by)
        known.people[wanted.email] = person
    if person.name != wanted.name and renames(person, known):
        person.name = wanted.name
        people.tell_person(place.body.id, person.id, "person_changed", by, fields="name")
    service_id = None
    if wanted.service:
        service_id = place.services.get(fold(wanted.service))
        if service_id is None:
            service_id = people.service(place.body.id, wanted.service, by=by)
            place.services[fold(wanted.service)] = service_id
    held = known.holdings.get((person.id, wanted.role))
    if held is None:
        known.holdings[person.id, wanted.role] = people.hold(
            person.id, place.body.id, wanted.role,
            by=by, service_id=service_id, since=wanted.since, until=wanted.until,
        )  # fmt: skip
        return
    if wanted.until is not None and wanted.until != held.valid_to:
        held.valid_to = wanted.until
        people.tell_of(held, "role_ends", by, until=wanted.until.isoformat())
    if service_id is not None and service_id != held.service_id:
        held.service_id = service_id
        people.tell_of(held, "person_moved", by, service=wanted.service)


def _finish(one: PeopleImport) -> None:
    one.status, one.finished_at = DONE, clock.now()


def _set_aside(import_id: UUID, error: str) -> None:
    """Tell that the next line cannot be entered, so that the others are."""
    with transaction():
        one = lock(PeopleImport, import_id)
        waiting = PeopleImportLine.entered_at.is_(None) & (
            PeopleImportLine.verdict == ""
            if one.status == READING
            else PeopleImportLine.verdict.not_in(["", REFUSED])
        )
        for line in _next(import_id, waiting, 1):
            line.verdict, line.notes = REFUSED, [note("", "failed", error)]
