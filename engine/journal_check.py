"""Reading the journal again, slice by slice, to say what was altered or removed, and where.

    place = START
    while place is not None:
        faults, place, read = check(place)

Three passes: every entry against its digest and the one before it; every case, then every
other chain, against what is left of its entries. A slice is read at one moment, so that what
is written meanwhile makes no fault.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, tuple_

from engine.journal import JournalEntry, JournalHead, digest_of, seal
from engine.models import ProcessInstance, db

ENTRIES, CASES, HEADS = "entries", "cases", "heads"

MISSING, UNLINKED, ALTERED = "missing", "unlinked", "altered"
ERASED, REMOVED, UNKNOWN = "erased", "removed", "unknown"

ERASING = "case_eliminated"
"""The act that says up to which entry the details of a case were erased."""

AT_ONCE = 2000

_SAID = {
    MISSING: "entry {seq} is missing",
    UNLINKED: "entry {seq} does not follow the one before it",
    ALTERED: "entry {seq} was altered",
    ERASED: "what entry {seq} said was erased, and no act says so",
    REMOVED: "the last entries were removed, or some were added, after entry {seq}",
    UNKNOWN: "nothing is known of this chain",
}


@dataclass(frozen=True)
class Fault:
    """What is broken, in which chain, at which entry."""

    chain: str
    seq: int
    kind: str

    def __str__(self) -> str:
        return f"{self.chain}: " + _SAID[self.kind].format(seq=self.seq)


@dataclass(frozen=True)
class Place:
    """Where the next slice begins; `head` and `erased` are of the chain being read."""

    phase: str = ENTRIES
    chain: str = ""
    seq: int = 0
    head: str = ""
    erased: int = 0  # the first entry found erased that no act has accounted for

    def to_json(self) -> dict[str, Any]:
        """Its values; `Place(**values)` reads them."""
        return asdict(self)


START = Place()


def verify() -> list[str]:
    """Say in one sentence each thing that is wrong with the journal; nothing if whole."""
    place: Place | None = START
    found: list[Fault] = []
    while place is not None:
        faults, place, _ = check(place)
        found += faults
    return [str(fault) for fault in found]


def check(place: Place, limit: int = AT_ONCE) -> tuple[list[Fault], Place | None, int]:
    """Read one slice: its faults, where the next begins (None at the end), entries read."""
    if place.phase == ENTRIES:
        return _check_entries(place, limit)
    if place.phase == CASES:
        return _check_cases(place, limit)
    return _check_heads(place, limit)


_COLUMNS = [column for column in JournalEntry.__table__.columns]


def _check_entries(place: Place, limit: int) -> tuple[list[Fault], Place | None, int]:
    after = tuple_(JournalEntry.chain, JournalEntry.seq) > tuple_(place.chain, place.seq)
    entries = db.session.execute(
        select(*_COLUMNS)
        .where(after)
        .order_by(JournalEntry.chain, JournalEntry.seq)
        .limit(limit)
    ).mappings()
    faults: list[Fault] = []
    ended: list[Place] = []
    read = 0
    for entry in entries:
        if entry["chain"] != place.chain:
            ended.append(place)
            place = Place(chain=entry["chain"])
        place = _follow(place, entry, faults)
        read += 1
    if read < limit:
        ended.append(place)
        place = Place(CASES)
    faults += _unaccounted(one for one in ended if one.chain)
    return faults, place, read


def _follow(place: Place, entry: Mapping[Any, Any], faults: list[Fault]) -> Place:
    chain, seq = entry["chain"], entry["seq"]
    if seq != place.seq + 1:
        faults.append(Fault(chain, place.seq + 1, MISSING))
    if entry["previous"] != place.head:
        faults.append(Fault(chain, seq, UNLINKED))
    erased = place.erased
    if not is_whole(entry):
        faults.append(Fault(chain, seq, ALTERED))
    elif is_erased(entry):
        erased = erased or seq
    elif entry["action"] == ERASING and entry["detail"].get("erased_to", 0) >= erased:
        erased = 0
    return replace(place, seq=seq, head=entry["digest"], erased=erased)


def is_whole(entry: Mapping[Any, Any]) -> bool:
    """Whether an entry bears its digest, and says what it said or nothing any more."""
    if entry["digest"] != digest_of(entry):
        return False
    if not entry["detail_digest"]:
        return True
    if is_erased(entry):
        return bool(entry["detail"] == {})
    return bool(entry["detail_digest"] == seal(entry["detail"], entry["salt"]))


def is_erased(entry: Mapping[Any, Any]) -> bool:
    """Whether what an entry said was erased; that it was made stands."""
    return bool(entry["detail_digest"]) and not entry["salt"]


def _unaccounted(ended: Iterable[Place]) -> Iterator[Fault]:
    """What is wrong with the ends of chains: they are not where the office left them."""
    places = list(ended)
    known = _heads([place.chain for place in places])
    for place in places:
        if place.chain not in known:
            yield Fault(place.chain, place.seq, UNKNOWN)
        elif known[place.chain] != (place.seq, place.head):
            yield Fault(place.chain, min(place.seq, known[place.chain][0]), REMOVED)
        if place.erased:
            yield Fault(place.chain, place.erased, ERASED)


def _heads(chains: Sequence[str]) -> dict[str, tuple[int, str]]:
    cases = {f"case:{one}": one for chain in chains if (one := case_of(chain))}
    case = ProcessInstance
    rows = db.session.execute(
        select(case.id, case.journal_seq, case.journal_head).where(
            case.id.in_(cases.values())
        )
    )
    known = {f"case:{case_id}": (seq, head) for case_id, seq, head in rows}
    heads = select(JournalHead).where(JournalHead.chain.in_(set(chains) - cases.keys()))
    return known | {one.chain: (one.seq, one.head) for one in db.session.scalars(heads)}


def case_of(chain: str) -> UUID | None:
    """The case whose chain it is; None for any other chain."""
    kind, _, name = chain.partition(":")
    try:
        return UUID(name) if kind == "case" else None
    except ValueError:
        return None


def _check_cases(place: Place, limit: int) -> tuple[list[Fault], Place | None, int]:
    case = ProcessInstance
    asked = select(case.id).where(case.journal_seq > 0).order_by(case.id).limit(limit)
    if place.chain:
        asked = asked.where(case.id > UUID(place.chain))
    ids = list(db.session.scalars(asked))
    faults = _vanished([f"case:{one}" for one in ids])
    return faults, Place(CASES, str(ids[-1])) if len(ids) == limit else Place(HEADS), 0


def _check_heads(place: Place, limit: int) -> tuple[list[Fault], Place | None, int]:
    chains = list(
        db.session.scalars(
            select(JournalHead.chain)
            .where(JournalHead.chain > place.chain, JournalHead.seq > 0)
            .order_by(JournalHead.chain)
            .limit(limit)
        )
    )
    faults = _vanished(chains)
    return faults, Place(HEADS, chains[-1]) if len(chains) == limit else None, 0


def _vanished(chains: Sequence[str]) -> list[Fault]:
    """The chains of which not one entry is left."""
    left = set(
        db.session.scalars(
            select(JournalEntry.chain).where(JournalEntry.chain.in_(chains)).distinct()
        )
    )
    return [Fault(chain, 0, REMOVED) for chain in chains if chain not in left]
