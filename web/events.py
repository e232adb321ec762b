"""The event process: tells open pages, at once, that something changed; nothing else.

    python -m web.events --port 8110

It serves `/evenements?jeton=…` as server-sent events: names of channels, never data, and only
those that the signed token names. It needs REDIS_URL, SECRET_KEY (or EBG_DATA, where the key
is kept) and PUBLIC_URL, and no database; it holds one subscription, and thousands of pages.
Without Redis it answers 503 and ends its streams: pages then ask by themselves.
"""

import argparse
import asyncio
import json
import os
import random
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from itsdangerous import BadSignature
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from web.news import tokens

CHANNEL = "ebg-signals"
LIFE = 600.0
"""Seconds at most of one stream; the browser comes back by itself."""
ALIVE = 15.0
"""Seconds between two comments that keep proxies from closing a silent stream."""
PATIENCE = 10.0
"""Seconds that a request has to arrive, and an answer to be taken."""
LONGEST = 16_384
"""Bytes of a request."""
MOST = 20_000
"""Streams of one process."""

_PHRASES = {200: "OK", 403: "Forbidden", 404: "Not Found", 503: "Service Unavailable"}


@dataclass(eq=False)
class Listener:
    """One open page. What it has not been told yet is a set: a channel waits there once."""

    channels: frozenset[str]
    pending: set[str] = field(default_factory=set)
    called: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Who listens to what. `lost` is set while Redis does not answer."""

    def __init__(self) -> None:
        self.lost = True
        self.listeners: set[Listener] = set()
        self._of: dict[str, set[Listener]] = {}

    def join(self, listener: Listener) -> None:
        """Tell this page from now on."""
        self.listeners.add(listener)
        for name in listener.channels:
            self._of.setdefault(name, set()).add(listener)

    def leave(self, listener: Listener) -> None:
        """The page is gone."""
        self.listeners.discard(listener)
        for name in listener.channels:
            others = self._of.get(name, set())
            others.discard(listener)
            if not others:
                self._of.pop(name, None)

    def tell(self, names: Iterable[str]) -> None:
        """Something changed there."""
        for name in names:
            for listener in self._of.get(name, ()):
                listener.pending.add(name)
                listener.called.set()

    def lose(self) -> None:
        """Redis is gone: every stream ends."""
        self.lost = True
        for listener in self.listeners:
            listener.called.set()


async def subscribe(hub: Hub, url: str) -> None:
    """Listen to Redis for ever, and come back to it whenever it is lost."""
    said = False
    while True:
        client = Redis.from_url(url, socket_connect_timeout=2, retry=Retry(NoBackoff(), 0))
        try:
            await _listen(hub, client)
        except (RedisError, OSError, TimeoutError) as failure:
            if not said or not hub.lost:
                _log("warning", "redis_lost", error=type(failure).__name__)
            said = True
        finally:
            hub.lose()
            await client.aclose()
        await asyncio.sleep(1)


async def _listen(hub: Hub, client: Redis) -> None:
    async with client.pubsub() as subscription:
        await subscription.subscribe(CHANNEL)
        heard = time.monotonic()
        while True:
            message = await subscription.get_message(timeout=ALIVE / 2)
            if message is None:
                if time.monotonic() - heard > 2 * ALIVE:
                    raise TimeoutError
                await subscription.ping()
                continue
            heard = time.monotonic()
            if message["type"] == "subscribe":
                hub.lost = False
                _log("info", "redis_heard")
            elif message["type"] == "message":
                hub.tell(message["data"].decode().split("\n"))


@dataclass(frozen=True)
class Door:
    """Answers each connection: lets in who holds a token that we signed."""

    hub: Hub
    secret: str
    origin: str
    life: float = LIFE

    async def answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """One request, one answer, and the connection is closed."""
        try:
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
            await self._answer(head.decode("latin-1"), writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # whoever it was is gone, or says nothing that we understand
        finally:
            writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split("\r\n")
        method, _, rest = first.partition(" ")
        place = urlsplit(rest.partition(" ")[0])
        headers = {
            name.lower(): value.strip()
            for name, _, value in (x.partition(":") for x in lines)
        }
        if method != "GET" or not place.path.endswith(("/evenements", "/healthz")):
            return await _say(writer, 404)
        if place.path.endswith("/healthz"):
            return await _say(writer, 503 if self.hub.lost else 200)
        if headers.get("origin", self.origin) != self.origin:
            return await _say(writer, 403)
        try:
            token = parse_qs(place.query).get("jeton", [""])[0]
            channels = tokens.channels(self.secret, token)
        except BadSignature:
            return await _say(writer, 403, self._cors())
        if self.hub.lost or len(self.hub.listeners) >= MOST:
            return await _say(writer, 503, self._cors())
        return await self._stream(Listener(channels), writer)

    def _cors(self) -> Mapping[str, str]:
        return {"Access-Control-Allow-Origin": self.origin, "Vary": "Origin"}

    async def _stream(self, listener: Listener, writer: asyncio.StreamWriter) -> None:
        writer.transport.set_write_buffer_limits(high=LONGEST)
        _head(writer, 200, {
            "Content-Type": "text/event-stream", "X-Accel-Buffering": "no", **self._cors(),
        })  # fmt: skip
        writer.write(b"retry: 3000\n\n")
        self.hub.join(listener)
        try:
            await self._tell(listener, writer)
        finally:
            self.hub.leave(listener)

    async def _tell(self, listener: Listener, writer: asyncio.StreamWriter) -> None:
        ends = time.monotonic() + self.life * random.uniform(0.8, 1)  # noqa: S311  spreads returns
        while not self.hub.lost and time.monotonic() < ends:
            async with asyncio.timeout(PATIENCE):
                await writer.drain()
            try:
                left = ends - time.monotonic()
                async with asyncio.timeout(min(ALIVE, max(left, 0))):
                    await listener.called.wait()
            except TimeoutError:
                writer.write(b":\n\n")
                continue
            listener.called.clear()
            names, listener.pending = listener.pending, set()
            writer.write("".join(f"data: {name}\n\n" for name in sorted(names)).encode())


def _head(writer: asyncio.StreamWriter, status: int, more: Mapping[str, str]) -> None:
    headers = {
        "Cache-Control": "no-store",
        "Connection": "close",
        "X-Content-Type-Options": "nosniff",
        **more,
    }
    lines = [f"HTTP/1.1 {status} {_PHRASES[status]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))


async def _say(
    writer: asyncio.StreamWriter, status: int, more: Mapping[str, str] | None = None
) -> None:
    _head(writer, status, {"Content-Length": "0", **(more or {})})
    async with asyncio.timeout(PATIENCE):
        await writer.drain()


async def serve(host: str, port: int, environment: Mapping[str, str]) -> None:
    """Serve until cancelled."""
    hub = Hub()
    place = urlsplit(environment.get("PUBLIC_URL") or "http://localhost:8000")
    door = Door(hub, _secret(environment), f"{place.scheme}://{place.netloc}")
    listening = asyncio.create_task(subscribe(hub, environment["REDIS_URL"]))
    server = await asyncio.start_server(
        door.answer, host, port, limit=LONGEST, backlog=1024
    )
    async with server:
        await asyncio.gather(server.serve_forever(), listening)


def _secret(environment: Mapping[str, str]) -> str:
    """The key that signs tokens, found where `web.config` keeps it."""
    if given := environment.get("SECRET_KEY"):
        return given
    return (Path(environment.get("EBG_DATA") or "var") / "secret_key").read_text()


def _log(level: str, event: str, **more: str) -> None:
    print(json.dumps({"event": event, "level": level, **more}), file=sys.stderr, flush=True)  # noqa: T201


def main() -> None:
    """Read the command line and serve."""
    asked = argparse.ArgumentParser(prog="python -m web.events", description=__doc__)
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, default=8110)
    given = asked.parse_args()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    try:
        asyncio.run(serve(given.host, given.port, os.environ))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
