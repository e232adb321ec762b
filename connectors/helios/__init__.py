"""HELIOS: reads, checks and makes PES, and exchanges them with the State's accountants.

Settings, all optional; without `HELIOS_EXCHANGE` an accountant of the sandbox answers:

    HELIOS_EXCHANGE        the folder that holds `out` and `in`, or its address in http(s)
    HELIOS_APPLICATION     P_APPLI: GHELPES2, or THELPES2 for tests (GHELPES2)
    HELIOS_DESTINATION     P_DEST, for PASSTRANS (DGFIP)
    HELIOS_NAMING          plain or passtrans: how files are called (plain)
    HELIOS_MAX_MB          size of a PES, in megabytes (128)
    HELIOS_DOCUMENT_MB     size of one supporting document, decompressed (100)
    HELIOS_DOCUMENTS_MB    size of all of them, decompressed (400)
    HELIOS_TIMEOUT         seconds without a byte, over http (60)
    HELIOS_ANSWER_SECONDS  how long the accountant of the sandbox takes (0)
    REFERENCE_DIR          official schemas, else `<data>/references`; without them, no official check

`<data>/helios` remembers the names already given to files.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx

from connectors import Misconfigured, StoredFile, references, sandboxes
from connectors.helios.checks import Limits
from connectors.helios.dgfip import Dgfip
from connectors.helios.exchange import Folders, Served
from connectors.helios.gateway import Gateway, Naming
from connectors.helios.port import Helios
from connectors.memory import Memory

__all__ = ["Helios", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
    store: Callable[[bytes, str, str], StoredFile],
) -> Helios:
    """The exchange configured, or the sandbox. `store(bytes, name, media type)` keeps documents."""
    limits = Limits(
        _megabytes(settings, "HELIOS_MAX_MB", 128),
        _megabytes(settings, "HELIOS_DOCUMENT_MB", 100),
        _megabytes(settings, "HELIOS_DOCUMENTS_MB", 400),
    )
    shared: dict[str, Any] = {
        "memory": Memory(data / "helios" / "gateway.sqlite"),
        "naming": Naming(
            settings.get("HELIOS_APPLICATION") or "GHELPES2",
            settings.get("HELIOS_DESTINATION") or "DGFIP",
            _passtrans(settings),
        ),
        "clock": clock,
        "read": documents or _no_document,
        "store": store,
        "limits": limits,
    }
    exchange, mode = _exchange(settings, clock, data)
    gateway = Gateway(exchange=exchange, **shared)
    http = exchange.http if isinstance(exchange, Served) else None
    return Dgfip(gateway, mode, partial(references.folder, settings, data), http)


def _exchange(
    settings: Mapping[str, str], clock: Callable[[], datetime], data: Path
) -> tuple[Folders | Served, Literal["live", "sandbox"]]:
    timeout = float(settings.get("HELIOS_TIMEOUT") or 60)
    where = settings.get("HELIOS_EXCHANGE", "")
    if where.startswith(("http://", "https://")):
        http = httpx.Client(base_url=f"{where.rstrip('/')}/", timeout=timeout)
        return Served(http), "live"
    if where:
        return Folders(Path(where)), "live"
    from connectors.helios import sandbox  # a live platform does not load it

    wire = partial(sandbox.application, data, settings, clock)
    http = sandboxes.client(settings, "helios", wire, timeout=timeout)
    return Served(http), "sandbox"


def _passtrans(settings: Mapping[str, str]) -> bool:
    naming = settings.get("HELIOS_NAMING") or "plain"
    if naming not in {"plain", "passtrans"}:
        raise Misconfigured("HELIOS_NAMING : mettez plain ou passtrans.")
    return naming == "passtrans"


def _megabytes(settings: Mapping[str, str], name: str, default: int) -> int:
    given = settings.get(name) or str(default)
    if not given.isdecimal() or not 0 < int(given) <= _MOST:
        raise Misconfigured(f"{name} : mettez un nombre de mégaoctets, {_MOST} au plus.")
    return int(given) << 20


_MOST = 2000


def _no_document(sha256: str) -> bytes:
    raise Misconfigured(f"Aucun lecteur de documents n’est fourni (document {sha256}).")
