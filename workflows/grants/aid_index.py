"""The sets a search of aids intersects, derived from the open sheets as a whole.

Open sheets are numbered in the order in which a list without words shows them: those
that can be requested here, then by title. That number is the sheet's bit in every set,
so reading a set from its lowest bit is already reading it in order.
"""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from sqlalchemy import delete, func, insert, select, update

from engine import clock
from engine.models import db
from workflows.grants.activities import SECTIONS, levels
from workflows.grants.aids import Aid, AidSet
from workflows.words import fold, stems

# Facets. ANY stands for « no restriction »; what a NOT_ facet holds is taken away.
ALL, ANY = "all", "*"
AREA, NOT_AREA = "area", "not_area"
ACTIVITY, NOT_ACTIVITY, SECTION = "activity", "not_activity", "section"
SIZE, AT_LEAST, AT_MOST = "size", "at_least", "at_most"
KIND, NEED, ONLINE = "kind", "need", "online"
YES = "1"

# Where a word stands, and what it weighs there; a word counts once, at its best place.
PLACES = {"in_title": 12, "in_need": 6, "in_promise": 4, "in_funder": 2, "in_body": 1}

_BATCH = 500
_LOCK = 8_213_177  # any number, the same in every process


def lock() -> None:
    """Let one transaction at a time change the catalogue (SQLite always does)."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def rebuild() -> None:
    """Number the open sheets anew and write every set. Belongs inside a transaction.

    About a tenth of a second for the regional catalogue, ten for fifty thousand sheets.
    """
    order = _number()
    sets: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    ids = list(order)
    for start in range(0, len(ids), _BATCH):
        chosen = select(Aid).where(Aid.id.in_(ids[start : start + _BATCH]))
        for aid in db.session.scalars(chosen):
            for key in (*facets_of(aid), *words_of(aid)):
                sets[key].append(order[aid.id])
        db.session.expunge_all()
    sets[ALL, ANY] = list(order.values())
    db.session.execute(delete(AidSet))
    rows = [
        {"facet": facet, "value": value, "many": len(found), "members": pack(found)}
        for (facet, value), found in sorted(sets.items())
    ]
    db.session.execute(insert(AidSet), rows)


def _number() -> dict[int, int]:
    """Give each open sheet its position, and none to the others: id → position."""
    columns = select(Aid.id, Aid.title, Aid.procedure_key, Aid.position)
    offered = db.session.execute(columns.where(Aid.open_until > clock.now())).all()
    offered = sorted(offered, key=lambda row: (not row[2], fold(row[1]), row[0]))
    closed = Aid.open_until <= clock.now()
    db.session.execute(
        update(Aid).where(closed, Aid.position.is_not(None)).values(position=None)
    )
    moved = [
        {"id": row[0], "position": position}
        for position, row in enumerate(offered)
        if row[3] != position
    ]
    if moved:
        db.session.execute(update(Aid), moved)
    return {row[0]: position for position, row in enumerate(offered)}


def facets_of(aid: Aid) -> set[tuple[str, str]]:
    """Every (facet, value) the sheet is found by, words apart."""
    sheet = aid.sheet
    activities = [levels(code) for code in sheet["activities"]]
    if {known[-1] for known in activities} >= SECTIONS.keys():
        activities = []  # naming every section is naming none
    found = {
        *_open_to(AREA, sheet["areas"]),
        *_open_to(ACTIVITY, [known[-1] for known in activities]),
        *_open_to(SECTION, [known[0] for known in activities]),
        *_open_to(SIZE, sheet["sizes"]),
        *((NOT_AREA, code) for code in sheet["excluded_areas"]),
        *((NOT_ACTIVITY, levels(code)[-1]) for code in sheet["excluded_activities"]),
        *((KIND, kind) for kind in sheet["kinds"]),
        *((NEED, need) for need in sheet["needs"]),
    }
    if aid.min_workforce:
        found.add((AT_LEAST, str(aid.min_workforce)))
    if aid.max_workforce is not None:
        found.add((AT_MOST, str(aid.max_workforce)))
    if aid.procedure_key:
        found.add((ONLINE, YES))
    return found


def words_of(aid: Aid) -> Iterator[tuple[str, str]]:
    """Each stem of the sheet at the best of its places: (place, stem)."""
    sheet = aid.sheet
    texts = {
        "in_title": aid.title,
        "in_need": " ".join(sheet["needs"]),
        "in_promise": " ".join([aid.promise, *sheet["kinds"]]),
        "in_funder": " ".join([*aid.funders, *sheet["programmes"], *sheet["sectors"]]),
        "in_body": f"{aid.description}\n{aid.eligibility}",
    }
    met: set[str] = set()
    for place in PLACES:
        fresh = [stem for stem in stems(texts[place]) if stem not in met]
        met.update(fresh)
        yield from ((place, stem) for stem in fresh)


def pack(positions: Iterable[int]) -> bytes:
    """A set of positions as stored: one bit each, compressed."""
    bits = bytearray()
    for position in positions:
        byte, bit = divmod(position, 8)
        if byte >= len(bits):
            bits.extend(bytes(byte + 1 - len(bits)))
        bits[byte] |= 1 << bit
    return zlib.compress(bits, 1)


def unpack(members: bytes) -> int:
    """The stored set as a whole number whose bits are the positions."""
    return int.from_bytes(zlib.decompress(members), "little")


def positions(bits: int) -> Iterator[int]:
    """The positions in a set, lowest first."""
    written = bin(bits)[:1:-1]
    at = written.find("1")
    while at >= 0:
        yield at
        at = written.find("1", at + 1)


def _open_to(facet: str, values: Iterable[str]) -> set[tuple[str, str]]:
    return {(facet, value) for value in values} or {(facet, ANY)}
