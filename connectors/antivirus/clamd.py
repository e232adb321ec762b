"""clamd's own protocol: null-terminated commands, and a stream in counted pieces."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from connectors import ConnectorError, Refused, Retryable
from connectors.antivirus.port import Verdict
from connectors.wire import Unreadable

_PIECE = 1 << 16
_LONGEST = 4096


@dataclass(frozen=True)
class ClamdAntivirus:
    """A clamd reached through `dial`, which opens one connection a command."""

    dial: Callable[[], socket.socket]
    timeout: float
    mode: str

    def scan(self, content: bytes | BinaryIO) -> Verdict:
        stream = BytesIO(content) if isinstance(content, bytes) else content
        with self._connected() as connection:
            try:
                _send(connection, stream)
            except TimeoutError:
                raise
            except OSError:
                pass  # it hung up while we were sending: it has said why
            return _verdict(_answer(connection))

    def check(self) -> list[str]:
        try:
            with self._connected() as connection:
                connection.sendall(b"zPING\0")
                answer = _answer(connection)
        except ConnectorError as error:
            return [str(error)]
        return [] if answer == "PONG" else [f"Antivirus : réponse inattendue ({answer})."]

    @contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        try:
            with self.dial() as connection:
                connection.settimeout(self.timeout)
                yield connection
        except OSError as error:
            raise Retryable(f"L'antivirus ne répond pas ({error}).") from error


def _send(connection: socket.socket, stream: BinaryIO) -> None:
    connection.sendall(b"zINSTREAM\0")
    while piece := stream.read(_PIECE):
        connection.sendall(struct.pack(">I", len(piece)) + piece)
    connection.sendall(struct.pack(">I", 0))


def _answer(connection: socket.socket) -> str:
    answer = b""
    while not answer.endswith(b"\0"):
        piece = connection.recv(_LONGEST)
        if not piece or len(answer) > _LONGEST:
            raise Retryable("L'antivirus a coupé la connexion.")
        answer += piece
    return answer.rstrip(b"\0").decode(errors="replace").strip()


def _verdict(answer: str) -> Verdict:
    result = answer.removeprefix("stream: ")
    if result == "OK":
        return Verdict(clean=True)
    if result.endswith(" FOUND"):
        return Verdict(clean=False, threat=result.removesuffix(" FOUND"))
    if "size limit exceeded" in result:
        raise Refused(
            ["Le fichier est trop volumineux pour être contrôlé."], code="too_large"
        )
    if result.endswith(" ERROR"):
        raise Retryable(f"L'antivirus n'a pas pu contrôler le fichier ({result}).")
    raise Unreadable(f"Antivirus : réponse inattendue (« {answer[:80]} »).")
