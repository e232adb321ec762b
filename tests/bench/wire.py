"""How often a client waits for PostgreSQL, seen on the wire between them.

    with wire.tapped(url) as tap:
        ...                       # everything goes through tap.url
        tap.round_trips

A round trip begins when the client sends something after the server last spoke: however many
statements go together, they are waited for once. BEGIN, COMMIT, ROLLBACK and the question
whether a connection is still alive count like the others.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from urllib.parse import urlsplit, urlunsplit

_CHUNK = 65_536


class Tap:
    """A relay on the loopback interface, to the server that `url` names."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 5432)
        self._door = socket.create_server(("127.0.0.1", 0))
        port = self._door.getsockname()[1]
        there = parts.netloc.rpartition("@")[0]
        self.url = urlunsplit(parts._replace(netloc=f"{there}@127.0.0.1:{port}"))
        self.round_trips = 0
        self._ends: list[socket.socket] = []
        Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        """Hang up, and take no more connections."""
        for end in (self._door, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection(self._server)
                for end in (client, server):
                    self._ends.append(end)
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                spoken = _Line(self)
                Thread(
                    target=_relay, args=(client, server, spoken.client), daemon=True
                ).start()
                Thread(
                    target=_relay, args=(server, client, spoken.server), daemon=True
                ).start()


class _Line:
    """One connection: who spoke last."""

    def __init__(self, tap: Tap) -> None:
        self._tap, self._client_spoke = tap, False

    def client(self) -> None:
        if not self._client_spoke:
            self._tap.round_trips += 1
        self._client_spoke = True

    def server(self) -> None:
        self._client_spoke = False


def _relay(source: socket.socket, target: socket.socket, heard: object) -> None:
    with suppress(OSError):
        while data := source.recv(_CHUNK):
            heard()  # type: ignore[operator]
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)


@contextmanager
def tapped(url: str) -> Iterator[Tap]:
    """A tap, for as long as this lasts."""
    tap = Tap(url)
    try:
        yield tap
    finally:
        tap.close()
