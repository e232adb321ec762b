"""A clamd that knows one virus, the EICAR test file, and speaks the real protocol.

With the fault `refuse`, every file is infected by the virus it names.
"""

import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from connectors import sandboxes
from connectors.sandboxes import Clock, Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

# In two pieces, or an antivirus would take this very file away.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 100 << 20


def converse(
    data: Path, settings: Settings, clock: Clock
) -> Callable[[socket.socket], None]:
    """The dialogue held with one caller: one command, one answer."""
    faults = sandboxes.faults(data, "antivirus", settings)

    def dialogue(connection: socket.socket) -> None:
        fate = faults.fate()
        if fate.down:
            return
        with connection.makefile("rb") as heard:
            command = _command(heard.read)
            answer = _ANSWERS.get(command) or _scan(heard.read, fate.refuse)
        time.sleep(fate.slow)
        if fate.error:
            answer = b"Can't allocate memory ERROR"
        if not fate.lost:
            connection.sendall(answer + b"\0")

    return dialogue


def application(data: Path, settings: Settings, clock: Clock) -> "WSGIApplication":
    """Over HTTP, its faults alone."""
    page = Response("Antivirus d'essai : il ne connaît que le fichier de test EICAR.\n")
    return sandboxes.faulty(page, data, "antivirus", settings)


_ANSWERS = {b"PING": b"PONG", b"VERSION": b"ClamAV 1.4.1 (sandbox)"}


def _command(read: Callable[[int], bytes]) -> bytes:
    """A command between `z` and a null, without them."""
    command = b""
    while (byte := read(1)) not in {b"", b"\0"}:
        command += byte
    return command.removeprefix(b"z")


def _scan(read: Callable[[int], bytes], refuse: str) -> bytes:
    total, tail, found = 0, b"", refuse.encode()
    while size := _size(read(4)):
        total += size
        if total > LIMIT:
            return b"INSTREAM size limit exceeded. ERROR"
        window = tail + read(size)
        if EICAR in window:
            found = found or b"Eicar-Test-Signature"
        tail = window[-len(EICAR) :]
    return b"stream: " + (found + b" FOUND" if found else b"OK")


def _size(counted: bytes) -> int:
    if len(counted) < 4:  # noqa: PLR2004 - the protocol's own
        raise ConnectionError
    return int(struct.unpack(">I", counted)[0])
