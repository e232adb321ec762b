"""Archives: the same contents make the same bytes; hostile ones are refused with a reason."""

import gzip
import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.actes import archives
from connectors.actes.reading import Unreadable

NAMES = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,120}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.binary(max_size=2000), min_size=1, max_size=6))
def test_an_archive_gives_back_what_it_was_given(files):
    packed = archives.pack(files)
    assert archives.unpack(packed) == files
    assert archives.pack(files) == packed


def _tar(*entries, mode="w:gz"):
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as tar:
        for entry in entries:
            info, content = entry if isinstance(entry, tuple) else (entry, b"x")
            if isinstance(info, str):
                info = tarfile.TarInfo(info)
                info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return held.getvalue()


def _special(kind, target="/etc/passwd"):
    info = tarfile.TarInfo("lien")
    info.type, info.linkname = kind, target
    return info, b""


def _bomb():
    """A tar.gz of a few kilobytes that announces and holds 300 MB of zeros."""
    info = tarfile.TarInfo("bombe.pdf")
    info.size = 300 * 1024 * 1024
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb", compresslevel=9) as zipped:
        zipped.write(info.tobuf())
        for _ in range(300):
            zipped.write(bytes(1024 * 1024))
    return held.getvalue()


HOSTILE = {
    "a way up": lambda: _tar("../../etc/cron.d/x"),
    "an absolute path": lambda: _tar("/etc/cron.d/x"),
    "a folder within": lambda: _tar("a/b.xml"),
    "a hidden file": lambda: _tar(".bashrc"),
    "a symbolic link": lambda: _tar(_special(tarfile.SYMTYPE)),
    "a hard link": lambda: _tar(_special(tarfile.LNKTYPE)),
    "a device": lambda: _tar(_special(tarfile.CHRTYPE)),
    "a pipe": lambda: _tar(_special(tarfile.FIFOTYPE)),
    "a folder": lambda: _tar(_special(tarfile.DIRTYPE)),
    "the same name twice": lambda: _tar("a.xml", "a.xml"),
    "too many entries": lambda: _tar(*(f"{n}.xml" for n in range(201))),
    "a bomb": _bomb,
    "a tar without gzip": lambda: _tar("a.xml", mode="w"),
    "a truncated one": lambda: _tar(("a.xml", bytes(range(256)) * 400))[:200],
    "no archive at all": lambda: b"%PDF-1.7",
    "nothing": lambda: b"",
}


@pytest.mark.parametrize("made", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_archive_is_refused_with_a_reason(made):
    with pytest.raises(Unreadable) as refusal:
        archives.unpack(made())
    assert str(refusal.value).startswith("L’archive")


def test_a_limit_of_its_own_is_kept():
    packed = archives.pack({"a.pdf": bytes(3000), "b.pdf": bytes(3000)})
    with pytest.raises(Unreadable, match="plus de 5000 octets"):
        archives.unpack(packed, largest=5000)
