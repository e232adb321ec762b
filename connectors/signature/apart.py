"""PDF read apart: in processes with limits, for anybody may have written them.

A process reads one document after another; it is killed when one takes too long or too much,
and the next document finds another process. What it is asked is `apart_child`.
"""

import atexit
import contextlib
import os
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import structlog

from connectors import Refused, Retryable

log = structlog.get_logger()

ROOT = Path(__file__).parent.parent.parent
LONGEST = 60.0
"""Seconds for one document, whatever the machine does besides."""
SECONDS = 10
"""Seconds of processor for one document. Four signatures are examined in less than one."""
AT_ONCE = 2
WAITS = 60.0
"""Seconds for which a document awaits a reader: nobody is held without bound."""
BEYOND = "Ce fichier demande trop de temps ou de mémoire pour être lu : il est refusé."


@dataclass
class Reader:
    """One process that reads."""

    process: subprocess.Popen[bytes] = field(
        default_factory=lambda: subprocess.Popen(
            [sys.executable, "-m", "connectors.signature.apart_child"],
            cwd=ROOT,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    )

    def ask(self, asked: dict[str, Any], parts: list[bytes]) -> tuple[Any, list[bytes]]:
        """Its answer. Raises OSError or ValueError when it died of the question."""
        assert self.process.stdin
        assert self.process.stdout
        late = threading.Timer(LONGEST, self.process.kill)
        late.daemon = True
        late.start()
        try:
            write(self.process.stdin, asked, parts)
            return read(self.process.stdout)
        finally:
            late.cancel()

    def end(self) -> None:
        """Stop it, whatever it does."""
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        self.process.wait()


_room = threading.BoundedSemaphore(AT_ONCE)
_lock = threading.Lock()
_idle: list[Reader] = []
_owner = os.getpid()


def ask(what: str, *parts: bytes, **told: Any) -> tuple[Any, list[bytes]]:
    """What a process apart answers: plain values, and bytes.

    Raises Refused for a document that it refuses, or that it died of; Retryable when the
    readers have been busy for too long.
    """
    if not _room.acquire(timeout=WAITS):
        raise Retryable("Trop de PDF sont lus en ce moment : réessayez dans une minute.")
    try:
        reader = _taken()
        try:
            answer, made = reader.ask(
                {"ask": what, "seconds": SECONDS, **told}, list(parts)
            )
        except (OSError, ValueError) as error:
            reader.end()
            log.warning("document_refused_apart", what=what, code=reader.process.returncode)
            raise Refused([BEYOND], code="beyond") from error
        except BaseException:
            reader.end()
            raise
        with _lock:
            _idle.append(reader)
    finally:
        _room.release()
    if "refused" in answer:
        raise Refused(answer["refused"], code=answer["code"])
    return answer["value"], made


def write(stream: Any, told: dict[str, Any], parts: list[bytes]) -> None:
    """Write values on one line, then the parts of which it says the sizes."""
    line = orjson.dumps({**told, "sizes": [len(one) for one in parts]})
    stream.write(line + b"\n")
    for part in parts:
        stream.write(part)
    stream.flush()


def read(stream: Any) -> tuple[Any, list[bytes]]:
    """Read what `write` wrote. Raises ValueError when it ends before."""
    told = orjson.loads(stream.readline())
    parts = [stream.read(size) for size in told.pop("sizes")]
    return told, parts


def _taken() -> Reader:
    global _owner  # noqa: PLW0603  a server forks after it loaded us: its readers are not ours
    with _lock:
        if _owner != os.getpid():
            _idle.clear()
            _owner = os.getpid()
        while _idle:
            reader = _idle.pop()
            if reader.process.poll() is None:
                return reader
            reader.end()
    return Reader()


@atexit.register
def stop() -> None:
    """Let go of the processes that wait."""
    with _lock:
        while _idle and _owner == os.getpid():
            _idle.pop().end()
