"""Finding an aid: by need, place, activity and size, the same on both databases.

A search reads a handful of stored sets (`aid_index`), intersects them, and only then
reads the twenty sheets of the page shown.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import islice
from math import ceil, inf

from sqlalchemy import ColumnElement, select, union_all

from engine import clock
from engine.models import db
from workflows.geography import Commune
from workflows.grants import aid_index as index
from workflows.grants.activities import levels
from workflows.grants.aids import Aid, AidSet
from workflows.words import stems

PAGE = 20

_WORDS = 12  # beyond, a need is a story, and its first words say enough
_COUNTED = 60  # values counted in a facet: the most widespread
_BEGINNING = 4  # letters; fewer would meet anything
_BEGINNINGS = 200  # words met by one beginning
# Headcounts under which a company is of these INSEE categories (decree 2008-1354, article
# 3), but for turnover, which is not asked.
_CATEGORIES = ((10, ("MIC", "PME")), (250, ("PME",)), (5000, ("ETI",)), (inf, ("GE",)))

_Sets = dict[str, dict[str, int]]  # facet → value → set of positions


@dataclass(frozen=True)
class Found:
    """One page of a search: `counts` tells, per facet, how many aids each value would leave.

    `widened` is true when no sheet held all the words, and those with some are shown.
    """

    aids: list[Aid]
    total: int
    page: int
    pages: int
    counts: dict[str, list[tuple[str, int]]]
    widened: bool = False


def search(
    *,
    text: str = "",
    commune: Commune | None = None,
    activity: str = "",
    workforce: int | None = None,
    kind: str = "",
    need: str = "",
    online: bool = False,
    page: int = 1,
    procedures: Collection[str] = (),
) -> Found:
    """The open aids that suit, best first: words of the title, then of the summary, then of the body.

    `activity` is a NAF code or section letter, `workforce` a number of employees. An aid
    that says nothing of place, activity or size suits all. Without words, aids that can
    be requested here come first, then by title. `procedures` keeps those requested by one
    of these.
    """
    wanted = stems(text[:1000])[:_WORDS]
    # PostgreSQL refuses the null character, which no value holds.
    kind, need = kind.replace("\0", "�"), need.replace("\0", "�")
    areas = sorted(commune.areas) if commune else []
    known = list(levels(activity))
    chosen = {index.KIND: kind, index.NEED: need, index.ONLINE: index.YES if online else ""}
    sets = _read(areas, known, wanted, chosen)
    suitable = _suitable(sets, areas, known, workforce)
    if procedures:
        suitable &= _requested_by(procedures)
    words = [_places(sets, [stem]) for stem in wanted]
    matching = reduce(lambda kept, word: kept & _union(word), words, suitable)
    widened = bool(wanted) and not _choose(matching, sets, chosen)
    if widened:
        words = [_places(sets, _beginning(stem, sets)) for stem in wanted]
        matching = suitable & reduce(lambda met, word: met | _union(word), words, 0)
    shown = _choose(matching, sets, chosen)
    total = shown.bit_count()
    pages = max(1, ceil(total / PAGE))
    page = min(max(1, page), pages)
    ranked = islice(_ranked(shown, words), (page - 1) * PAGE, page * PAGE)
    counts = {facet: _counted(facet, matching, sets, chosen) for facet in chosen}
    return Found(_sheets(list(ranked)), total, page, pages, counts, widened and total > 0)


def _read(
    areas: list[str], known: list[str], wanted: list[str], chosen: Mapping[str, str]
) -> _Sets:
    """Every stored set the search needs, in one question to the database."""
    sizes = [index.ANY, "MIC", "PME", "ETI", "GE"]
    asked: dict[str, Collection[str]] = {
        index.ALL: [index.ANY],
        index.AREA: [index.ANY, *areas],
        index.NOT_AREA: areas,
        index.ACTIVITY: [index.ANY, *known],
        index.SECTION: [index.ANY, *known[:1]],
        index.NOT_ACTIVITY: known,
        index.SIZE: sizes,
        **{facet: [value] for facet, value in chosen.items() if value},
        **dict.fromkeys(index.PLACES, wanted),
    }
    of_facet = [_one_of(facet, values) for facet, values in asked.items() if values]
    whole = [AidSet.facet == facet for facet in (index.AT_LEAST, index.AT_MOST)]
    widespread = [_widespread(facet) for facet in chosen]
    return _fetch([*of_facet, *whole, *widespread])


def _one_of(facet: str, values: Collection[str]) -> ColumnElement[bool]:
    return (AidSet.facet == facet) & AidSet.value.in_(values)


def _widespread(facet: str) -> ColumnElement[bool]:
    of_facet = select(AidSet.value).where(AidSet.facet == facet)
    most = of_facet.order_by(AidSet.many.desc()).limit(_COUNTED)
    return (AidSet.facet == facet) & AidSet.value.in_(most)


def _fetch(conditions: list[ColumnElement[bool]]) -> _Sets:
    columns = select(AidSet.facet, AidSet.value, AidSet.members)
    sets: _Sets = {}
    for facet, value, members in db.session.execute(
        union_all(*(columns.where(condition) for condition in conditions))
    ):
        sets.setdefault(facet, {})[value] = index.unpack(members)
    return sets


def _suitable(
    sets: _Sets, areas: list[str], known: list[str], workforce: int | None
) -> int:
    """The open sheets that admit this place, activity and size."""
    kept = _union(sets.get(index.ALL, {})) & ~_closed()
    if areas:
        kept &= _union(sets.get(index.AREA, {})) & ~_union(sets.get(index.NOT_AREA, {}))
    if known:
        # Who names a section alone also suits an aid for one of its activities.
        facet = index.SECTION if len(known) == 1 else index.ACTIVITY
        kept &= _union(sets.get(facet, {})) & ~_union(sets.get(index.NOT_ACTIVITY, {}))
    if workforce is not None:
        of_size = sets.get(index.SIZE, {})
        kept &= _union({size: of_size.get(size, 0) for size in _sizes(workforce)})
        for least, members in sets.get(index.AT_LEAST, {}).items():
            kept &= ~members if workforce < int(least) else kept
        for most, members in sets.get(index.AT_MOST, {}).items():
            kept &= ~members if workforce > int(most) else kept
    return kept


def _requested_by(procedures: Collection[str]) -> int:
    """Sheets whose aid is requested by one of these procedures."""
    asked = select(Aid.position).where(
        Aid.procedure_key.in_(procedures), Aid.position.is_not(None)
    )
    return sum(1 << place for place in db.session.scalars(asked) if place is not None)


def _sizes(workforce: int) -> tuple[str, ...]:
    return index.ANY, *next(names for under, names in _CATEGORIES if workforce < under)


def _closed() -> int:
    """Sheets that closed since the sets were made."""
    closed = select(Aid.position).where(
        Aid.open_until <= clock.now(), Aid.position.is_not(None)
    )
    return sum(
        1 << position for position in db.session.scalars(closed) if position is not None
    )


def _places(sets: _Sets, met: Collection[str]) -> dict[str, int]:
    """Where sheets hold one of these words: place → set."""
    return {
        place: _union({stem: sets.get(place, {}).get(stem, 0) for stem in met})
        for place in index.PLACES
    }


def _beginning(stem: str, sets: _Sets) -> set[str]:
    """The words that begin like this one, added to `sets`: « rénov » meets « rénovation »."""
    if len(stem) < _BEGINNING:
        return {stem}
    # Stems are letters and digits, so « ~ » follows them all.
    ranges: list[ColumnElement[bool]] = [
        (AidSet.facet == place) & AidSet.value.between(stem, stem + "~")
        for place in index.PLACES
    ]
    met = {stem}
    for place, found in _fetch(ranges).items():
        for word, members in islice(found.items(), _BEGINNINGS):
            sets.setdefault(place, {})[word] = members
            met.add(word)
    return met


def _union(sets: Mapping[str, int]) -> int:
    return reduce(int.__or__, sets.values(), 0)


def _choose(matching: int, sets: _Sets, chosen: Mapping[str, str], but: str = "") -> int:
    """What is left of `matching` by the values chosen, those of facet `but` apart."""
    for facet, value in chosen.items():
        if value and facet != but:
            matching &= sets.get(facet, {}).get(value, 0)
    return matching


def _ranked(shown: int, words: list[dict[str, int]]) -> Iterator[int]:
    """Positions by falling score, then in the order of the catalogue."""
    scores = {0: shown}
    for word in words:
        risen: dict[int, int] = {}
        for score, members in scores.items():
            left = members
            for place, weight in index.PLACES.items():
                here = left & word[place]
                left &= ~here
                risen[score + weight] = risen.get(score + weight, 0) | here
            risen[score] = risen.get(score, 0) | left
        scores = {score: members for score, members in risen.items() if members}
    for score in sorted(scores, reverse=True):
        yield from index.positions(scores[score])


def _counted(
    facet: str, matching: int, sets: _Sets, chosen: Mapping[str, str]
) -> list[tuple[str, int]]:
    """How many sheets each value would leave, the most first, as if none were chosen here."""
    others = _choose(matching, sets, chosen, but=facet)
    counts = [
        (value, (members & others).bit_count())
        for value, members in sets.get(facet, {}).items()
    ]
    left = [(value, many) for value, many in counts if many or value == chosen[facet]]
    return sorted(left, key=lambda count: (-count[1], count[0]))


def _sheets(ranked: list[int]) -> list[Aid]:
    found = db.session.scalars(select(Aid).where(Aid.position.in_(ranked)))
    by_position = {aid.position: aid for aid in found}
    return [by_position[position] for position in ranked if position in by_position]
