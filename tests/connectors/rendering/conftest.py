"""A renderer with its fonts, one without, and what they stored."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from connectors import StoredFile
from connectors.rendering import connect
from connectors.rendering.look import missing_fonts

ROOT = Path(__file__).parents[3]
FONTS = (ROOT / "web/static/dist/fonts", ROOT / "node_modules/dejavu-fonts-ttf/ttf")


@dataclass
class Desk:
    """Where documents are made."""

    data: Path
    fonts: Path | None
    stored: dict[str, bytes] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def store(self, content: bytes, name: str, media_type: str) -> StoredFile:
        sha256 = hashlib.sha256(content).hexdigest()
        self.stored[sha256] = content
        return StoredFile(sha256, name, media_type, len(content))

    def connect(self):
        return connect(
            {"VERIFY_URL": "https://parapheur.example.org/verifier/"}
            | ({"FONTS_DIR": str(self.fonts)} if self.fonts else {}),
            clock=lambda: self.now,
            documents=None,
            data=self.data,
            store=self.store,
        )

    def read(self, produced) -> PdfReader:
        return PdfReader(BytesIO(self.stored[produced.value["sha256"]]))

    def text(self, produced) -> str:
        text = "\n".join(page.extract_text() for page in self.read(produced).pages)
        return text.replace("\u00a0", " ")

    def letter(self, body="Madame,\n\nBonjour.", **changes):
        return self.connect().letter(
            **{
                "title": "Attribution d’une aide",
                "body": body,
                "sender": {"name": "Région Bourgogne", "address": "1 place\n21000 Dijon"},
                "recipient": {
                    "name": "Claire Lœuillet",
                    "address": ["2 rue", "58120 Arleuf"],
                },
                "reference": "AIDE-42",
                "place_and_date": "Dijon, le 21 novembre 2026",
                "signatory": "La Présidente",
                "kind": "decision",
                "file_name": "notification",
                "key": "call-1",
            }
            | changes
        )

    def recap(self, sections, **changes):
        return self.connect().recap(
            **{
                "title": "Demande d’aide",
                "reference": "AIDE-42",
                "sections": sections,
                "file_name": "recap.pdf",
                "key": "call-2",
            }
            | changes
        )


@pytest.fixture(params=["fonts", "core"])
def desk(request, tmp_path):
    """A desk with fonts, then one without: everything holds for both."""
    if request.param == "core":
        return Desk(tmp_path, None)
    return _with_fonts(tmp_path)


@pytest.fixture
def whole(tmp_path):
    """A desk that has its fonts."""
    return _with_fonts(tmp_path)


def _with_fonts(tmp_path):
    for folder in FONTS:
        if not missing_fonts(folder):
            return Desk(tmp_path, folder)
    pytest.skip("the fonts are not built (npm ci && npm run build)")
    return None
