"""Files made to exhaust whoever reads them: refused by a sentence, in a bounded memory."""

import zlib
from pathlib import Path

import pytest

from connectors import Refused, Retryable
from connectors.signature import apart
from connectors.xml_reading import glance, outline

CATALOGUE = b"<</Type /Catalog /Pages 2 0 R>>"
PAGES = b"<</Type /Pages /Count 1 /Kids [3 0 R]>>"
PAGE = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9]%s>>"
MEGABYTE = 1024
"""In kilobytes, as the kernel counts."""


def written(objects, *, entries=b"", more=0):
    """A file of these objects, its table followed by other entries."""
    parts, places, at = [b"%PDF-1.4\n"], [], 9
    for number, one in enumerate(objects, 1):
        part = b"%d 0 obj %s endobj\n" % (number, one)
        places.append(at)
        at += len(part)
        parts.append(part)
    size = len(places) + 1 + more
    parts.append(b"xref\n0 %d\n0000000000 65535 f \n" % size)
    parts += [b"%010d 00000 n \n" % place for place in places]
    parts.append(entries)
    tail = b"trailer <</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    return b"".join([*parts, tail % (size, at)])


def packed(size, times):
    """So many zeros, deflated so many times."""
    content = bytes(size)
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


def cross_reference(told, content=b""):
    """A file that is a cross-reference stream."""
    head = b"%%PDF-1.7\n1 0 obj <</Type /XRef /Root 2 0 R /Length %d %s>> stream\n"
    tail = b"\nendstream endobj\nstartxref\n9\n%%EOF\n"
    return head % (len(content), told) + content + tail


def bomb(times):
    filters = b"/FlateDecode " * times
    told = b"/W [1 4 2] /Size 19173961 /Filter [%s]" % filters
    return cross_reference(told, packed(64 << 20, times))


def nothing():
    """A thousand million entries of no bytes."""
    return cross_reference(b"/W [0 0 0] /Size 1000000000")


def objects():
    return written([CATALOGUE, PAGES, PAGE % b"", *[b"null"] * 400_000])


def huge_table():
    """Free entries: they are read, and name nothing."""
    free = b"0000000000 00000 f \n" * 400_000
    return written([CATALOGUE, PAGES, PAGE % b""], entries=free, more=400_000)


def wide():
    """More pages than anybody has, said to be fewer."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(50_000))
    pages = b"<</Type /Pages /Count 20000 /Kids [%s]>>" % kids
    return written([CATALOGUE, pages, *[PAGE % b""] * 50_000])


def revisions():
    """Five thousand tables, each naming the one before."""
    content = [b"%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n"]
    at, before = len(content[0]), b""
    for _ in range(5_000):
        part = b"xref\n0 1\n0000000000 65535 f \ntrailer <</Size 3 /Root 1 0 R%s>>\n"
        content.append(part % before)
        before = b" /Prev %d" % at
        at += len(content[-1])
    last = at - len(content[-1])
    return b"".join([*content, b"startxref\n%d\n%%%%EOF\n" % last])


def objects_in_a_stream():
    """The catalogue in a stream of objects that unpacks to a thousand times its size."""
    inside = packed(64 << 20, 1)
    stream = b"<</Type /ObjStm /N 1 /First 4 /Filter /FlateDecode /Length %d>> stream\n"
    first = b"3 0 obj " + stream % len(inside) + inside + b"\nendstream endobj\n"
    table = b"".join(
        kind.to_bytes(1) + (at).to_bytes(4) + index.to_bytes(2)
        for kind, at, index in ((0, 0, 0), (2, 3, 0), (2, 3, 0), (1, 9, 0))
    )
    at = 9 + len(first)
    told = b"<</Type /XRef /W [1 4 2] /Size 4 /Root 1 0 R /Length %d>> stream\n" % len(
        table
    )
    return (
        b"%PDF-1.7\n" + first + b"4 0 obj " + told + table
        + b"\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % at
    )  # fmt: skip


EXHAUSTING = {
    "deflated": lambda: bomb(1),
    "deflated eight times": lambda: bomb(8),
    "entries of no bytes": nothing,
    "objects": objects,
    "a huge table": huge_table,
    "pages": wide,
    "revisions": revisions,
    "objects in a stream": objects_in_a_stream,
}


def peak():
    """The most memory that the process which reads has had, in kilobytes."""
    (reader,) = apart._idle[-1:]
    status = Path(f"/proc/{reader.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


@pytest.mark.parametrize("name", EXHAUSTING)
def test_it_is_refused_by_whoever_reads_it_and_not_by_his_death(office, name):
    content = EXHAUSTING[name]()
    apart.stop()
    found = office.examine(content)
    assert found["refusals"] and apart.BEYOND not in found["refusals"]
    assert peak() < 500 * MEGABYTE + 4 * len(content) // 1024


def test_an_image_of_a_thousand_million_pixels_is_never_unpacked(office):
    pixels = packed(64 << 20, 1)
    image = (
        b"<</Type /XObject /Subtype /Image /Width 30000 /Height 30000 /BitsPerComponent 8"
        b" /ColorSpace /DeviceRGB /Filter /FlateDecode /Length %d>> stream\n%s\nendstream"
    ) % (len(pixels), pixels)
    shown = PAGE % b" /Resources <</XObject <</I 4 0 R>>>>"
    apart.stop()
    signed, _ = office.sign(written([CATALOGUE, PAGES, shown, image]))
    assert office.examine(signed)["valid"] and peak() < 300 * MEGABYTE


def test_a_real_file_of_many_objects_passes(office):
    page = [PAGE % b""]
    content = written([CATALOGUE, PAGES, *page, *[b"<</A [1 2 3]>>"] * 30_000])
    assert office.examine(office.sign(content)[0])["valid"]


def test_who_finds_every_reader_busy_is_told_to_come_back(office, monkeypatch):
    content = office.letter()
    monkeypatch.setattr(apart, "WAITS", 0.01)
    held = [apart._room.acquire() for _ in range(apart.AT_ONCE)]
    try:
        with pytest.raises(Retryable, match="réessayez"):
            office.examine(content)
    finally:
        for _ in held:
            apart._room.release()
    assert office.sign(content)[1]["level"] == "B-LT"


XML = {
    "deep": lambda: b"<a>" * 100_000 + b"</a>" * 100_000,
    "attributes": lambda: b"<a %s/>" % b" ".join(b'a%d=""' % n for n in range(100_000)),
    "text": lambda: b"<a>" + b"x" * (161 << 20) + b"</a>",
}


@pytest.mark.parametrize("name", XML)
def test_an_xml_made_to_exhaust_is_refused_before_its_tree_is_made(name):
    content = XML[name]()
    with pytest.raises(Refused, match=r"trop d’éléments|trop d’attributs|dépasse"):
        outline(content)
    if name != "attributes":  # only shown: its bytes are bounded, nothing is judged
        with pytest.raises(Refused):
            glance(content)
