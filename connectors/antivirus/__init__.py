"""Looks for viruses in what people send us.

Settings: `CLAMD_ADDRESS`, `host:port` or the path of clamd's socket; `CLAMD_TIMEOUT` in
seconds (30). Without the first, a sandbox that knows the EICAR test file alone.
"""

import socket
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from connectors import sandboxes
from connectors.antivirus.clamd import ClamdAntivirus
from connectors.antivirus.port import Antivirus, Verdict

__all__ = ["Verdict", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
) -> Antivirus:
    """The configured clamd, or the sandbox."""
    timeout = float(settings.get("CLAMD_TIMEOUT") or 30)
    if address := settings.get("CLAMD_ADDRESS"):
        return ClamdAntivirus(partial(_open, address), timeout, mode="live")
    if address := settings.get("SANDBOX_CLAMD"):
        return ClamdAntivirus(partial(_open, address), timeout, mode="sandbox")
    from connectors.antivirus import sandbox  # a live platform does not load it

    dialogue = sandbox.converse(data, settings, clock)
    return ClamdAntivirus(partial(sandboxes.dial, dialogue), timeout, mode="sandbox")


def _open(address: str) -> socket.socket:
    if address.startswith("/"):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(address)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection(sandboxes.address(address), timeout=10)
