"""The pages of a PDF as pictures, drawn once by a bound process and kept by digest.

A browser that shows a PDF runs what it holds; here it only ever receives pictures and text.
A hostile file can kill nothing but the small process that draws it.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from web.parapheur import drawing

MOST_BYTES = 100_000_000
MOST_PAGES = 1000
WIDTHS = (1100, 2200)
"""Pixels across: to read on a screen, and enlarged."""
PATIENCE = 40
"""Seconds that one process is given; its own processor time is shorter."""
LATER = 600
"""Seconds before a file that took too long is tried again."""
KEPT_DAYS = 30

_turn = threading.BoundedSemaphore(2)


class Unreadable(Exception):
    """A PDF cannot be shown: `why` is encrypted, broken, too_big or too_slow."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Pages:
    """What is known of a PDF's pages: `sizes` in points and `texts` of the first thousand."""

    count: int
    sizes: list[tuple[float, float]]
    texts: list[str]


def read(digest: str) -> Pages:
    """The pages of a stored PDF. Raises Unreadable, ConnectorError when bytes are gone."""
    kept = _kept(digest, "said.json", lambda: _run(digest, {"read": MOST_PAGES}))
    said = json.loads(kept)
    return Pages(said["count"], [tuple(size) for size in said["sizes"]], said["texts"])


def draw(digest: str, page: int, width: int) -> bytes:
    """A page of a stored PDF as a PNG. Raises Unreadable, ConnectorError, LookupError."""
    if width not in WIDTHS or not 1 <= page <= min(read(digest).count, MOST_PAGES):
        raise LookupError(page)
    asked = {"draw": page, "width": width}
    return _kept(digest, f"{page}-{width}.png", lambda: _run(digest, asked))


def forget(data: Path, days: int = KEPT_DAYS) -> int:
    """Remove the pictures that were drawn long ago; how many. They are drawn again."""
    before, removed = time.time() - days * 86_400, 0
    for file in (data / "pages").glob("*/*/*"):
        if file.stat().st_mtime < before:
            file.unlink(missing_ok=True)
            removed += 1
    return removed


def _kept(digest: str, name: str, make: Callable[[], bytes]) -> bytes:
    """What was made once for this digest, or is made now; so is the reason it cannot be."""
    folder = _folder(digest)
    try:
        return (folder / name).read_bytes()
    except FileNotFoundError:
        _known_problem(folder / f"{name}.no")
    try:
        made = make()
    except Unreadable as failure:
        _write(folder / f"{name}.no", failure.why.encode())
        raise
    _write(folder / name, made)
    return made


def _known_problem(file: Path) -> None:
    try:
        why, age = file.read_text(), time.time() - file.stat().st_mtime
    except FileNotFoundError:
        return
    if why != "too_slow" or age < LATER:
        raise Unreadable(why)


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all, whoever else writes the same."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}")
    part.write_bytes(content)
    part.replace(file)


def _folder(digest: str) -> Path:
    data: Path = current_app.extensions["settings"].data
    return data / "pages" / digest[:2] / digest


def _run(digest: str, asked: dict[str, Any]) -> bytes:
    storage = current_app.extensions["partners"]["storage"]
    with storage.open(digest) as kept:
        content = kept.read(MOST_BYTES + 1)
    return _drawn(content, asked)


def _drawn(content: bytes, asked: dict[str, Any]) -> bytes:
    """What the drawing program answers, two of them at most at a time."""
    if len(content) > MOST_BYTES:
        raise Unreadable("too_big")
    command = [sys.executable, "-I", drawing.__file__, json.dumps(asked)]
    try:
        with _turn:
            done = subprocess.run(  # noqa: S603  our own program, by its path
                command, input=content, capture_output=True, timeout=PATIENCE, env={},
                cwd="/", check=False, start_new_session=True,
            )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise Unreadable("too_slow") from None
    if done.returncode == drawing.UNREADABLE:
        raise Unreadable(done.stderr.decode(errors="replace")[-20:] or "broken")
    if done.returncode:
        killed = -done.returncode in {9, 24}  # SIGKILL and SIGXCPU: out of time
        raise Unreadable("too_slow" if killed else "broken")
    return done.stdout
