"""Makes PDF documents: letters, and the record of a filed form.

In-house: there is no partner, hence no sandbox. Settings: `VERIFY_URL`, the address that a code
follows where anybody checks a document; `FONTS_DIR`, the folder of the
DejaVu Sans fonts (`npm run build` puts them in `web/static/dist/fonts`); without them
documents are still made, in poorer fonts and without the promise of PDF/A.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from connectors import StoredFile
from connectors.rendering.port import Rendering
from connectors.rendering.renderer import Renderer

__all__ = ["Rendering", "connect"]


def connect(
    settings: Mapping[str, str],
    *,
    clock: Callable[[], datetime],
    documents: Callable[[str], bytes] | None,
    data: Path,
    store: Callable[[bytes, str, str], StoredFile],
) -> Rendering:
    """The renderer. `store(bytes, name, media type)` keeps what it makes."""
    fonts = settings.get("FONTS_DIR")
    return Renderer(
        fonts=Path(fonts) if fonts else None,
        moments=data / "rendering" / "moments.sqlite",
        verify_at=settings.get("VERIFY_URL") or "",
        clock=clock,
        store=store,
    )
