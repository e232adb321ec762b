"""Bytes kept by digest: whole or not at all, verified, and never named by anything else."""

import hashlib
import io
import resource
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest

from connectors import ConnectorError, Refused, Retryable, storage


@pytest.fixture
def kept(tmp_path, clock):
    return storage.connect({}, clock=clock, documents=None, data=tmp_path)


def test_gives_back_what_it_was_given(kept, tmp_path):
    file = kept.put(b"bonjour", name="Lettre.txt", media_type="text/plain")
    assert file.sha256 == hashlib.sha256(b"bonjour").hexdigest()
    assert (file.name, file.media_type, file.size) == ("Lettre.txt", "text/plain", 7)
    assert kept.read(file.sha256) == b"bonjour"
    assert kept.exists(file.sha256)
    place = tmp_path / "documents" / file.sha256[:2] / file.sha256[2:4] / file.sha256
    assert place.read_bytes() == b"bonjour"
    assert kept.check() == []


def test_streams_in_pieces(kept):
    class Endless(io.RawIOBase):
        left = 5_000_000
        largest = 0

        def read(self, size=-1):
            assert size > 0, "lu d'un seul coup"
            piece = bytes(min(size, self.left))
            self.left -= len(piece)
            return piece

    file = kept.put(Endless())
    assert file.size == 5_000_000
    with kept.open(file.sha256, verify=True) as stream:
        assert hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256


def test_the_same_bytes_are_kept_once_and_look_young_again(kept):
    first = kept.put(b"x")
    assert kept.put(b"x") == first
    [(sha256, moment)] = kept.stored()
    assert sha256 == first.sha256
    assert datetime.now(UTC) - moment < timedelta(minutes=1)


def test_forgets_what_a_dead_writer_left(kept, tmp_path):
    file = kept.put(b"x")
    left = tmp_path / "documents" / "incoming" / "tmp0"
    left.write_bytes(b"la moiti")
    assert kept.forget_unfinished(datetime.now(UTC) - timedelta(days=1)) == 0
    assert kept.forget_unfinished(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert not left.exists()
    assert kept.read(file.sha256) == b"x"


def test_forgets(kept):
    file = kept.put(b"x")
    assert kept.delete(file.sha256)
    assert not kept.delete(file.sha256)
    assert not kept.exists(file.sha256)
    with pytest.raises(Refused):
        kept.read(file.sha256)


def test_an_altered_document_is_not_given(kept, tmp_path):
    file = kept.put(b"original")
    [path] = (tmp_path / "documents").glob("??/??/*")
    path.write_bytes(b"falsifie")
    with pytest.raises(ConnectorError, match="empreinte"):
        kept.read(file.sha256)
    assert kept.read(file.sha256, verify=False) == b"falsifie"


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "é" * 64]
)
def test_only_a_digest_names_a_document(kept, name):
    for act in (kept.read, kept.exists, kept.delete, kept.open):
        with pytest.raises(Refused):
            act(name)


def test_a_broken_upload_leaves_nothing(kept, tmp_path):
    class Cut(io.BytesIO):
        def read(self, size=-1):
            if piece := super().read(3):
                return piece
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        kept.put(Cut(b"abcdef"))
    assert [path for path in (tmp_path / "documents").rglob("*") if path.is_file()] == []


def test_a_full_disk_is_tried_again_later(kept, tmp_path):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(Retryable, match="plein"):
            kept.put(bytes(2_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path for path in (tmp_path / "documents").rglob("*") if path.is_file()] == []


def test_check_says_where_it_cannot_write(tmp_path, clock):
    (tmp_path / "occupe").write_text("un fichier")
    settings = {"STORAGE_DIR": str(tmp_path / "occupe")}
    kept = storage.connect(settings, clock=clock, documents=None, data=tmp_path)
    assert "occupe" in kept.check()[0]


def test_many_put_the_same_bytes_at_once(kept):
    content = bytes(300_000)
    threads = [Thread(target=kept.put, args=[content]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(kept.stored())) == 1
    assert kept.read(hashlib.sha256(content).hexdigest()) == content
