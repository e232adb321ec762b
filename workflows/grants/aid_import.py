"""Aids enter the catalogue: one file, one origin, one transaction.

Importing the same file twice changes nothing. Whenever a sheet changed, the sets that
searches read are rebuilt in the same transaction.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import BinaryIO

from sqlalchemy import select, update

from engine import clock
from engine.models import db
from engine.transaction import transaction
from workflows.grants import aid_index
from workflows.grants.aid_file import Read, read_aids
from workflows.grants.aid_row import AidRow
from workflows.grants.aids import FOREVER, Aid
from workflows.words import slug

_BATCH = 250
_TOLD = 500  # refusals and remarks listed; beyond, a file is wrong as a whole


@dataclass
class Report:
    """What an import did: counts of sheets, and (line, French sentence) for the others."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    remarks: list[tuple[int, str]] = field(default_factory=list)
    unlisted: int = 0  # refusals beyond those listed

    @property
    def kept(self) -> int:
        """How many sheets of the file stand in the catalogue."""
        return self.created + self.updated + self.unchanged


def import_aids(stream: BinaryIO, *, origin: str, complete: bool = False) -> Report:
    """Bring the catalogue of `origin` up to date with the CSV in `stream`.

    Bad rows are refused one by one, the good ones kept. When the file is `complete`,
    sheets of this origin that it no longer holds are withdrawn; but only if the file was
    good throughout, for a refused row may be one of them.
    """
    report = Report()
    with transaction():
        aid_index.lock()
        seen: dict[str, int] = {}
        rows = _kept(read_aids(stream), seen, report)
        while batch := list(islice(rows, _BATCH)):
            _store(batch, origin, report)
        if complete and report.kept and not report.refused:
            report.withdrawn = _withdraw(origin, keep=seen.keys())
        if report.created or report.updated or report.withdrawn:
            aid_index.rebuild()
    return report


def _kept(reads: Iterator[Read], seen: dict[str, int], report: Report) -> Iterator[AidRow]:
    for read in reads:
        refusal = read.refusal
        if read.row and read.row.reference in seen:
            first = seen[read.row.reference]
            refusal = f"Colonne « id » : identifiant déjà lu à la ligne {first}."
        if refusal:
            if len(report.refused) < _TOLD:
                report.refused.append((read.line, refusal))
            else:
                report.unlisted += 1
        elif read.row:
            seen[read.row.reference] = read.line
            remarks = ((read.line, remark) for remark in read.remarks)
            report.remarks.extend(islice(remarks, max(0, _TOLD - len(report.remarks))))
            yield read.row


def _store(batch: list[AidRow], origin: str, report: Report) -> None:
    references = [row.reference for row in batch]
    known = {
        aid.reference: aid
        for aid in db.session.scalars(
            select(Aid).where(Aid.origin == origin, Aid.reference.in_(references))
        )
    }
    for row in batch:
        aid = known.get(row.reference)
        if aid and _says_the_same(aid, row):
            report.unchanged += 1
            continue
        if aid is None:
            report.created += 1
            aid = Aid(origin=origin, reference=row.reference, slug=_address(row, origin))
            db.session.add(aid)
        else:
            report.updated += 1
        _fill(aid, row)
    db.session.flush()
    db.session.expunge_all()  # fifty thousand sheets must not stay in memory


def _says_the_same(aid: Aid, row: AidRow) -> bool:
    bound = row.procedure_key is None or (row.procedure_key or None) == aid.procedure_key
    return bound and aid.digest == row.digest and aid.open_until == _open_until(row)


def _fill(aid: Aid, row: AidRow) -> None:
    for name in (
        "title", "promise", "amount", "contact", "source_url", "description",
        "eligibility", "min_workforce", "max_workforce", "min_years", "opens_at", "closes_at", "source_updated_at",
        "sheet", "digest",
    ):  # fmt: skip
        setattr(aid, name, getattr(row, name))
    aid.open_until = _open_until(row)
    if row.procedure_key is not None:  # a file without the column leaves the link alone
        aid.procedure_key = row.procedure_key or None
    aid.imported_at = clock.now()


def _address(row: AidRow, origin: str) -> str:
    """A lasting address: the title as first published, and a mark that tells namesakes."""
    mark = sha256(f"{origin}\0{row.reference}".encode()).hexdigest()[:8]
    return f"{slug(row.title)}-{mark}".lstrip("-")


def _open_until(row: AidRow) -> datetime:
    return row.closes_at or FOREVER


def _withdraw(origin: str, *, keep: Iterable[str]) -> int:
    kept = set(keep)
    open_now = db.session.execute(
        select(Aid.id, Aid.reference).where(
            Aid.origin == origin, Aid.open_until > clock.now()
        )
    )
    gone = [aid_id for aid_id, reference in open_now if reference not in kept]
    for start in range(0, len(gone), _BATCH):
        chosen = Aid.id.in_(gone[start : start + _BATCH])
        db.session.execute(update(Aid).where(chosen).values(open_until=clock.now()))
    return len(gone)
