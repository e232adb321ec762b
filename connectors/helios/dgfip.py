"""The port of HELIOS, whole: the reader of PES and the exchange with the DGFiP."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx

from connectors import Misconfigured, Produced, Refused
from connectors.helios import acknowledgements, checks, reader, returns
from connectors.helios.checks import Asked
from connectors.helios.gateway import Gateway

Plain = dict[str, Any]


@dataclass(frozen=True)
class Dgfip:
    """Reads and makes PES here; sends and collects through the gateway."""

    gateway: Gateway
    mode: Literal["live", "sandbox"]
    references: Callable[[], Path | None]
    http: httpx.Client | None = None

    def check(self) -> list[str]:
        said = self.gateway.exchange.check()
        try:
            reader.imported(self.references())
        except Misconfigured as error:
            said.append(str(error))
        return said

    def examine(
        self,
        *,
        content: bytes,
        names: list[str] | None = None,
        unique_ids: list[str] | None = None,
        signed: bool = False,
    ) -> Plain:
        return reader.examine(content, self._asked(names, unique_ids, signed=signed))

    def sheet(self, *, content: bytes, batch: int, first: int, count: int) -> Plain:
        return reader.sheet(content, batch, first, count)

    def document(self, *, content: bytes, position: int) -> Plain:
        return reader.document(content, position, self.gateway.limits)

    def inspect(
        self,
        *,
        document: Plain,
        names: list[str] | None = None,
        unique_ids: list[str] | None = None,
        signed: bool = True,
        key: str,
    ) -> Produced:
        content = self.gateway.read(document["sha256"])
        found = reader.examine(content, self._asked(names, unique_ids, signed=signed))
        if found["refused"]:
            blocking = [one for one in found["problems"] if one["blocking"]]
            raise Refused([checks.sentence(one) for one in blocking[:20]])
        return Produced(reader.summary(found))

    def build(self, *, orders: list[Plain], header: Plain, key: str) -> Produced:
        return reader.made(orders, header, self.gateway.read, self.gateway.store)

    def read_acknowledgement(self, *, content: bytes) -> Plain:
        return acknowledgements.read(reader.read(content))

    def read_return(self, *, content: bytes) -> Plain:
        return returns.read(reader.read(content))

    def understand(self, *, document: Plain, key: str) -> Produced:
        return Produced(reader.understand(self.gateway.read(document["sha256"])))

    def send(self, *, document: Plain, key: str) -> Produced:
        return Produced(self.gateway.send(document, key))

    def collect(self) -> list[Plain]:
        return self.gateway.collect()

    def collected(self, *, id: str) -> None:  # noqa: A002
        self.gateway.exchange.delete(id)

    def _asked(
        self, names: list[str] | None, unique_ids: list[str] | None, *, signed: bool
    ) -> Asked:
        return Asked(
            names=frozenset(names or ()),
            unique_ids=frozenset(unique_ids or ()),
            signed=signed,
            limits=self.gateway.limits,
            references=self.references(),
        )
