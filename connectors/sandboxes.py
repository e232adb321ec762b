"""The partners' sandboxes: how clients reach them, and how to run them as one server.

Nothing configured, one process: a client reaches its sandbox in memory (`client`, `dial`).
Several processes: `serve` runs every sandbox in a server of its own (`flask sandbox`), which
the others find by three settings:

    SANDBOX_URL=http://host:port      each partner under /<name>/
    SANDBOX_SMTP=host:port            the mail server
    SANDBOX_CLAMD=host:port           the antivirus

A sandbox is the module `connectors.<name>.sandbox`, with `application(data, settings, clock)`,
a WSGI application; where time makes it act, `tick(data, settings, clock)`; where it speaks
over a socket, `converse(data, settings, clock)`.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from typing import TYPE_CHECKING, Any

import httpx
import structlog
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from connectors.faults import Dropped, Faults, Faulty, TooSlow, Weather
from connectors.memory import memory

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = structlog.get_logger()

NAMES = (
    "sirene",
    "oseo",
    "mail",
    "antivirus",
    "archiving",
    "actes",
    "transmission",
    "helios",
    "timestamp",
    "signature",
    "transmission",
)

Clock = Callable[[], datetime]
Settings = Mapping[str, str]
Dialogue = Callable[[socket.socket], None]


def _utc_now() -> datetime:
    return datetime.now(UTC)


def application(
    data: Path, settings: Settings = os.environ, clock: Clock = _utc_now
) -> "WSGIApplication":
    """Every sandbox in one WSGI application, each under `/<name>/`."""
    mounts = {
        f"/{name}": module.application(data, settings, clock)
        for name, module in _modules().items()
    }
    links = "".join(f'<li><a href="{path[1:]}/">{path[1:]}</a></li>' for path in mounts)
    page = (
        '<!doctype html><html lang="fr"><title>Partenaires d\'essai</title>'
        f"<h1>Partenaires d'essai</h1><ul>{links}</ul></html>"
    )
    return DispatcherMiddleware(Response(page, mimetype="text/html"), mounts)


def tick(data: Path, settings: Settings, clock: Clock) -> None:
    """Lets time pass for the sandboxes that act by themselves."""
    for module in _modules().values():
        if hasattr(module, "tick"):
            module.tick(data, settings, clock)


def serve(
    data: Path,
    host: str = "127.0.0.1",
    port: int = 8100,
    smtp_port: int = 8125,
    clamd_port: int = 8131,
    *,
    settings: Settings = os.environ,
    clock: Clock = _utc_now,
) -> None:
    """Runs every sandbox until interrupted: HTTP, mail and antivirus, and their clock."""
    ports = (port, smtp_port, clamd_port)
    with (
        running(data, settings, clock, host=host, ports=ports),
        contextlib.suppress(KeyboardInterrupt),
    ):
        threading.Event().wait()


@contextlib.contextmanager
def running(
    data: Path,
    settings: Settings,
    clock: Clock,
    *,
    host: str = "127.0.0.1",
    ports: tuple[int, int, int] = (0, 0, 0),
) -> Iterator[dict[str, str]]:
    """Runs every sandbox meanwhile; gives the settings by which clients find them.

    `ports` are those of HTTP, mail and antivirus; 0 takes any that is free.
    """
    stopped = threading.Event()
    with contextlib.ExitStack() as stack:
        found = {}
        for name, port in zip(("mail", "antivirus"), ports[1:], strict=True):
            dialogue = import_module(f"connectors.{name}.sandbox").converse
            server = listening(dialogue(data, settings, clock), host, port)
            found[name] = stack.enter_context(server)
        web = make_server(host, ports[0], application(data, settings, clock), threaded=True)
        stack.callback(web.server_close)
        threads = [
            threading.Thread(target=web.serve_forever, args=[0.05], daemon=True),
            threading.Thread(target=_tick_until, args=[stopped, data, settings, clock]),
        ]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(web.shutdown)
        stack.callback(stopped.set)
        yield {
            "SANDBOX_URL": f"http://{host}:{web.server_port}",
            "SANDBOX_SMTP": found["mail"],
            "SANDBOX_CLAMD": found["antivirus"],
        }


def faults(data: Path, name: str, settings: Settings | None = None) -> Faults:
    """The faults of one sandbox, to set or read from any process that shares `data`."""
    rate = float((settings or {}).get("SANDBOX_FAULT_RATE") or 0)
    return Faults(memory(data, name), rate)


def weather(settings: Settings, data: Path, name: str) -> Weather:
    """The faults in force in the sandbox `name`, wherever it runs."""
    if url := settings.get("SANDBOX_URL"):
        answer = httpx.get(f"{url.rstrip('/')}/{name}/faults", trust_env=False)
        return Weather(**answer.raise_for_status().json())
    return faults(data, name, settings).now()


def rehearse(settings: Settings, data: Path, name: str, **changes: Any) -> None:
    """Tells the sandbox `name` how to behave, wherever it runs."""
    if url := settings.get("SANDBOX_URL"):
        address = f"{url.rstrip('/')}/{name}/faults"
        httpx.post(address, json=changes, trust_env=False).raise_for_status()
    else:
        faults(data, name, settings).set(**changes)


def faulty(
    wire: "WSGIApplication",
    data: Path,
    name: str,
    settings: Settings,
    *,
    spared: tuple[str, ...] = ("/",),
) -> Faulty:
    """A sandbox's application, seen through its faults; `spared` paths are for people."""
    return Faulty(wire, faults(data, name, settings), spared)


def client(
    settings: Settings,
    name: str,
    wire: Callable[[], "WSGIApplication"],
    **options: Any,
) -> httpx.Client:
    """A client of the sandbox `name`: of its server where there is one, else in memory."""
    if url := settings.get("SANDBOX_URL"):
        return httpx.Client(
            base_url=f"{url.rstrip('/')}/{name}", trust_env=False, **options
        )
    return httpx.Client(
        base_url=f"http://{name}.sandbox",
        transport=InMemory(wire()),
        trust_env=False,
        **options,
    )


class InMemory(httpx.BaseTransport):
    """Hands requests to a WSGI application, and lets it hang up or be too slow."""

    def __init__(self, wire: "WSGIApplication") -> None:
        self.wire = wire

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        patience = request.extensions.get("timeout", {}).get("read")
        transport = httpx.WSGITransport(
            app=lambda environ, start: self.wire(
                {**environ, "sandbox.patience": patience}, start
            )
        )
        try:
            return transport.handle_request(request)
        except Dropped as error:
            raise httpx.RemoteProtocolError("connexion coupée", request=request) from error
        except TooSlow as error:
            raise httpx.ReadTimeout("délai dépassé", request=request) from error


def dial(dialogue: Dialogue) -> socket.socket:
    """A socket at whose other end a thread holds the dialogue."""
    ours, theirs = socket.socketpair()
    threading.Thread(target=_hold, args=[dialogue, theirs], daemon=True).start()
    return ours


@contextlib.contextmanager
def listening(dialogue: Dialogue, host: str, port: int) -> Iterator[str]:
    """A server that holds the dialogue with whoever connects; gives its `host:port`."""

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            _hold(dialogue, self.request)

    class Server(ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server((host, port), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        try:
            yield f"{host}:{server.server_address[1]}"
        finally:
            server.shutdown()


def moment(now: datetime) -> str:
    """A moment as partners write it: ISO 8601, UTC, seconds."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def address(text: str) -> tuple[str, int]:
    """`host:port` as a pair."""
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def _hold(dialogue: Dialogue, connection: socket.socket) -> None:
    with connection, contextlib.suppress(OSError):  # the caller may leave at any moment
        dialogue(connection)


def _tick_until(
    stopped: threading.Event, data: Path, settings: Settings, clock: Clock
) -> None:
    while not stopped.wait(1):
        try:
            tick(data, settings, clock)
        except Exception:  # whatever it was, the next tick may succeed
            log.exception("sandbox_tick_failed")


def _modules() -> dict[str, Any]:
    """The sandboxes that exist, by name; imported here because they import this module."""
    return {
        name: import_module(f"connectors.{name}.sandbox")
        for name in NAMES
        if find_spec(f"connectors.{name}") and find_spec(f"connectors.{name}.sandbox")
    }
