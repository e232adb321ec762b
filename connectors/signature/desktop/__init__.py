"""« signeur »: the small program that signs on the agent's own machine.

`signeur/` stands alone: it imports nothing of the house. `archive()` is what agents download.
"""

import io
import zipfile
from pathlib import Path

PROGRAM = Path(__file__).parent / "signeur"
_MAIN = "from signeur.__main__ import main\n\nraise SystemExit(main())\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def archive() -> bytes:
    """The program as one file that Python runs; the same bytes for the same program."""
    packed = io.BytesIO()
    packed.write(b"#!/usr/bin/env python3\n")
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as files:
        _add(files, "__main__.py", _MAIN.encode())
        for path in sorted(PROGRAM.glob("*.py")):
            _add(files, f"signeur/{path.name}", path.read_bytes())
    return packed.getvalue()


def _add(files: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    files.writestr(entry, content)
