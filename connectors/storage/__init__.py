"""Where the bytes of documents are kept, named by their SHA-256.

Setting: `STORAGE_DIR`, by default `<data>/documents`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from connectors.storage.directory import DirectoryStorage
from connectors.storage.port import Storage


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
) -> Storage:
    """A directory of this machine, or one that several machines share."""
    return DirectoryStorage(Path(settings.get("STORAGE_DIR") or data / "documents"))
