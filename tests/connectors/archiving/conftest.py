"""A case to archive, a place to work in, and a service whose clock we hold."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors import StoredFile, sandboxes
from connectors.archiving import connect
from connectors.archiving.port import Archiving

REFERENCE = Path(
    os.environ.get("EBG_REFERENCE_DATA")
    or Path(__file__).parents[3].parent / "shared" / "data"
)
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + b"un acte " * 50 + b"\n%%EOF\n"


@dataclass
class Place:
    """Documents by digest, what was stored, and the time."""

    data: Path
    files: dict[str, bytes] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    now: datetime = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def clock(self) -> datetime:
        return self.now

    def wait(self, **duration: float) -> None:
        self.now += timedelta(**duration)

    def read(self, sha256: str) -> bytes:
        return self.files[sha256]

    def store(self, content: bytes, name: str, media_type: str) -> StoredFile:
        sha256 = hashlib.sha256(content).hexdigest()
        self.stored[sha256] = content
        return StoredFile(sha256, name, media_type, len(content))

    def document(self, name: str, content: bytes = PDF, **changes: Any) -> dict[str, Any]:
        sha256 = hashlib.sha256(content).hexdigest()
        self.files[sha256] = content
        return {
            "sha256": sha256,
            "name": name,
            "media_type": "application/pdf",
            "size": len(content),
            "title": f"Pièce {name}",
            "kind": "piece",
            "created_at": "2026-03-02T10:15:00Z",
        } | changes

    def case(self, **changes: Any) -> dict[str, Any]:
        return {
            "case_number": "AIDE-2026-0042",
            "title": "Aide à l’investissement — Scierie du Morvan",
            "procedure": "Aide à l’investissement",
            "organisation": {"name": "Région Bourgogne", "siren": "232100013"},
            "applicant": {"name": "Scierie du Morvan", "siret": "12345678900011"},
            "opened_at": "2026-01-10T08:00:00Z",
            "closed_at": "2026-10-01T22:30:00Z",
            "documents": [
                self.document("demande.pdf"),
                self.document("notes.txt", b"Avis favorable.", media_type="text/plain"),
            ],
            "journal": [{"at": "2026-01-10T08:00:00Z", "what": "déposé", "by": "A. Petit"}],
            "retention_years": 10,
            "final_disposition": "keep",
            "access_rule": "AR038",
            "key": "call-1",
        } | changes

    def connect(self, **settings: str) -> Archiving:
        return connect(
            settings,
            clock=self.clock,
            documents=self.read,
            data=self.data,
            store=self.store,
        )

    @property
    def faults(self) -> Any:
        return sandboxes.faults(self.data, "archiving")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def reference() -> Callable[[str], Path]:
    def find(path: str) -> Path:
        found = REFERENCE / "archive" / path
        if not found.exists():
            pytest.skip(f"reference data absent: {found}")
        return found

    return find
