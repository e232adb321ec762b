"""The journal as a file that anybody can verify: one act a line, with its digests.

The first line says what was asked; the last one bears the SHA-256 of all that precede it.
`docs/verify_journal.py` verifies such a file with Python alone, without a line of ours.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from engine.journal_check import is_whole

FORMAT = "e-bourgogne-journal-1"

FIELDS = (
    "chain", "seq", "at", "actor_id", "on_behalf_of", "action", "detail", "detail_digest",
    "salt", "before", "after", "simulated", "previous", "digest",
)  # fmt: skip


def plain(entry: Any) -> dict[str, Any]:
    """An entry as its line holds it."""
    values = {name: getattr(entry, name) for name in FIELDS}
    for name in ("actor_id", "on_behalf_of"):
        values[name] = str(values[name] or "")
    values["at"] = entry.at.isoformat(timespec="microseconds")
    return values


def lines(
    entries: Iterable[Any], asked: Mapping[str, str], at: datetime
) -> Iterator[bytes]:
    """The file, line after line."""
    sum_ = hashlib.sha256()
    head = {"format": FORMAT, "asked": dict(asked), "made_at": at.isoformat()}
    for value in _values(head, entries):
        line = orjson.dumps(value) + b"\n"
        sum_.update(line)
        yield line
    yield orjson.dumps({"sha256": sum_.hexdigest()}) + b"\n"


def _values(head: Any, entries: Iterable[Any]) -> Iterator[Any]:
    yield head
    yield from map(plain, entries)


def verify(file: Path) -> list[str]:
    """Say in one sentence each thing that is wrong with an export; nothing if whole.

    An export may hold some entries of a chain and not others: an entry is compared with the
    one before it when both are there.
    """
    sum_ = hashlib.sha256()
    faults: list[str] = []
    kept: dict[tuple[str, int], Mapping[str, Any]] = {}
    closed = False
    for number, line in enumerate(file.read_bytes().splitlines(keepends=True), 1):
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            return [*faults, f"line {number}: not JSON"]
        if number == 1:
            if value.get("format") != FORMAT:
                return ["line 1: this is no export of the journal"]
        elif "sha256" in value and "chain" not in value:
            closed = value["sha256"] == sum_.hexdigest()
            continue
        else:
            faults += (wrong := _wrong(number, value))
            if not wrong:
                kept[value["chain"], value["seq"]] = value
        sum_.update(line)
    if not closed:
        faults.append("the last line does not bear the digest of those before it")
    return faults + list(_unlinked(kept))


def _wrong(number: int, value: dict[str, Any]) -> list[str]:
    try:
        entry = {**value, "at": datetime.fromisoformat(value["at"])}
        for name in ("actor_id", "on_behalf_of"):
            entry[name] = UUID(value[name]) if value[name] else None
        whole = value["seq"] > 0 and is_whole(entry)
    except (KeyError, ValueError, TypeError, AttributeError):
        return [f"line {number}: this is no entry of the journal"]
    where = f"{value['chain']}: entry {value['seq']}"
    return [] if whole else [f"{where} was altered"]


def _unlinked(kept: Mapping[tuple[str, int], Mapping[str, Any]]) -> Iterator[str]:
    for (chain, seq), entry in kept.items():
        before = kept.get((chain, seq - 1))
        first = seq == 1 and entry.get("previous") != ""
        if first or (before is not None and before.get("digest") != entry.get("previous")):
            yield f"{chain}: entry {seq} does not follow the one before it"
