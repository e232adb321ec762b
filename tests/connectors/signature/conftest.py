"""An office's signatures on the machine's own clock, which independent tools live on."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connectors import catalogue, sandboxes
from connectors.signature.authority import authority

ROOT = Path(__file__).parents[3]
MARIE = {"id": "p-marie", "name": "Marie Durand", "email": "marie@region.demo"}
STAMP = {
    "page": -1, "x": 120, "y": 240, "width": 70, "height": 25,
    "lines": ["Signé par Marie Durand", "Présidente de la Région", "le 27 novembre 2026"],
}  # fmt: skip


class Clock:
    """The real time, moved."""

    def __init__(self):
        self.moved = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.moved


@dataclass
class Office:
    """Partners connected in a folder, and how tests sign there."""

    partners: dict
    data: Path
    clock: Clock

    @property
    def signature(self):
        return self.partners["signature"]

    @property
    def authority(self):
        return authority(self.data, self.clock)

    def faults(self, name, **changes):
        sandboxes.faults(self.data, name).set(**changes)

    def letter(self, body="Le conseil régional décide."):
        return self.partners["rendering"].written(
            title="Délibération n° 12 — été", body=body, sender={"name": "Région"},
            recipient={"name": "Préfecture"}, reference="DEL-12", place_and_date="Dijon",
        )  # fmt: skip

    def document(self, content, **changes):
        file = self.partners["storage"].put(content)
        return {
            "id": "f1", "sha256": file.sha256, "name": "Délibération.pdf",
            "media_type": "application/pdf", "format": "pades", "stamp": None,
        } | changes  # fmt: skip

    def prepare(self, content, person=MARIE, **changes):
        certificate = self.signature.certificate(signer="demo", person=person)
        chain = self.signature.chain(signer="demo", person=person)
        documents = [self.document(content, **changes)]
        (prepared,) = self.signature.prepare(
            documents=documents, certificate=certificate, chain=chain
        )
        return json.loads(json.dumps(prepared))

    def sign(self, content, person=MARIE, **changes):
        """The bytes of the signed file, and what `finish` told."""
        prepared = self.prepare(content, person, **changes)
        values = self.signature.sign(
            signer="demo", person=person, to_sign=prepared["to_sign"], pin="1234"
        )
        told = self.signature.finish(prepared=prepared, values=values)
        return self.read(told["file"].sha256), told

    def close(self, content, **changes):
        produced = self.signature.close(
            documents=[self.document(content, **changes)], key="close"
        )
        (file,) = produced.value["files"]
        return self.read(file["file"]["sha256"]), produced.value

    def examine(self, content, media_type="application/pdf", detached=None):
        return self.signature.examine(
            content=content, media_type=media_type, detached=detached
        )

    def read(self, sha256):
        return self.partners["storage"].read(sha256)


@pytest.fixture(scope="session")
def keys(tmp_path_factory):
    """The keys of a demonstration authority, made once for all these tests."""
    data = tmp_path_factory.mktemp("keys")
    clock = Clock()
    kept = authority(data, clock)
    _ = kept.timestamping, kept.responder, kept.seal("demo")
    kept.person(*MARIE.values())
    return data / "signature"


@pytest.fixture
def office(tmp_path, keys):
    return opened(tmp_path, keys)


def opened(data, keys, **settings):
    """An office in this folder, with its own memory of what was revoked."""
    if keys and not (data / "signature").exists():
        shutil.copytree(keys, data / "signature")
    clock = Clock()
    told = {"FONTS_DIR": str(ROOT / "web/static/dist/fonts"), **settings}
    partners = catalogue.connect_all(told, clock=clock, data=data)
    return Office(dict(partners), data, clock)


def tool(name, *arguments):
    """What an independent program answers; the test is skipped where it is not installed."""
    if shutil.which(name) is None:
        pytest.skip(f"{name} n’est pas installé")
    return subprocess.run(
        [name, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
