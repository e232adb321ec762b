"""The one source of time: UTC inside, Europe/Paris at the edges.

Demonstrations and tests may move it forward: the shift is a file under EBG_DATA, so
that every process of one machine agrees; `configure(None)` (the real service) refuses.
"""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")

_shift_file: Path | None = None
_known: tuple[tuple[int, int], timedelta] = ((0, 0), timedelta())


class ClockRefused(Exception):
    """The clock cannot be moved on a real service."""


def configure(shift_file: Path | None) -> None:
    """Allow the clock to be moved through `shift_file`, or forbid it with None."""
    global _shift_file, _known
    _shift_file, _known = shift_file, ((0, 0), timedelta())


def now() -> datetime:
    """The present moment, as an aware UTC datetime."""
    return datetime.now(UTC) + shift()


def today() -> date:
    """The present day in Paris, where the administration is."""
    return now().astimezone(PARIS).date()


def shift() -> timedelta:
    """How far the clock has been moved forward; zero on a real service."""
    global _known  # noqa: PLW0603
    if _shift_file is None:
        return timedelta()
    try:
        written = _shift_file.stat()
    except FileNotFoundError:
        return timedelta()
    # Two files of one tick of the file system have the same time: not the same number.
    changed = (written.st_mtime_ns, written.st_ino)
    if changed != _known[0]:
        _known = (changed, timedelta(seconds=float(_shift_file.read_text() or 0)))
    return _known[1]


def advance(by: timedelta) -> None:
    """Move the clock forward. Raises ClockRefused on a real service or backwards."""
    if _shift_file is None or by < timedelta():
        raise ClockRefused
    total = shift() + by
    temporary = _shift_file.with_suffix(".new")
    temporary.write_text(str(total.total_seconds()))
    temporary.replace(_shift_file)
