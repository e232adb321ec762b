"""Files that want something else than to be signed: a clear refusal for each."""

import io

import pypdf
import pytest
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from connectors import Refused
from connectors.signature import apart
from tests.connectors.signature.conftest import opened
from tests.connectors.signature.test_exhausting import wide


def blank(**options):
    writer = pypdf.PdfWriter(**options)
    writer.add_blank_page(300, 300)
    return writer


def written(writer):
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def action(kind, **more):
    told = {NameObject("/S"): NameObject(kind)}
    told |= {NameObject(f"/{name}"): value for name, value in more.items()}
    return DictionaryObject(told)


SCRIPT = action("/JavaScript", JS=TextStringObject("app.alert(1)"))
LAUNCH = action("/Launch", F=TextStringObject("calc.exe"))


def encrypted():
    writer = blank()
    writer.encrypt("", "maître", algorithm="AES-256-R5")
    return written(writer)


def xfa():
    writer = blank()
    form = DictionaryObject(
        {
            NameObject("/Fields"): ArrayObject(),
            NameObject("/XFA"): TextStringObject("<xdp/>"),
        }
    )
    writer._root_object[NameObject("/AcroForm")] = writer._add_object(form)
    return written(writer)


def with_script():
    writer = blank()
    names = DictionaryObject(
        {NameObject("/Names"): ArrayObject([TextStringObject("a"), SCRIPT])}
    )
    told = DictionaryObject({NameObject("/JavaScript"): writer._add_object(names)})
    writer._root_object[NameObject("/Names")] = writer._add_object(told)
    return written(writer)


def opening(what):
    writer = blank()
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(what)
    return written(writer)


def hidden_script():
    """An action that follows another, on an annotation of a page, all by reference."""
    writer = blank()
    kind = writer._add_object(NameObject("/JavaScript"))
    following = writer._add_object(
        DictionaryObject({NameObject("/S"): kind, NameObject("/JS"): TextStringObject("x")})
    )
    first = writer._add_object(action("/URI", Next=ArrayObject([following])))
    link = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Annot"),
            NameObject("/Subtype"): NameObject("/Link"),
            NameObject("/Rect"): ArrayObject([NumberObject(0)] * 4),
            NameObject("/A"): first,
        }
    )
    annotations = writer._add_object(ArrayObject([writer._add_object(link)]))
    writer.pages[0][NameObject("/Annots")] = annotations
    return written(writer)


def on_page(key):
    writer = blank()
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject(key): LAUNCH})
    return written(writer)


def with_program():
    writer = blank()
    writer.add_attachment("facture.pdf.EXE", b"MZ")
    return written(writer)


HOSTILE = {
    "encrypted": (encrypted, "chiffré"),
    "xfa": (xfa, "XFA"),
    "script": (with_script, "JavaScript"),
    "opening script": (lambda: opening(SCRIPT), "JavaScript"),
    "opening program": (lambda: opening(LAUNCH), "lance un programme"),
    "hidden script": (hidden_script, "JavaScript"),
    "page program": (lambda: on_page("/O"), "lance un programme"),
    "program": (with_program, "programme"),
    "truncated": (lambda: written(blank())[:-40], "tronqué"),
    "cut": (lambda: written(blank())[:200], "tronqué"),
    "empty": (lambda: b"", "pas un PDF"),
    "not pdf": (lambda: b"PK\x03\x04" + bytes(3000), "pas un PDF"),
    "header alone": (lambda: b"%PDF-1.7\n" + b"\x00" * 100, "tronqué"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_neither_signed_nor_believed_and_we_say_why(office, name):
    make, words = HOSTILE[name]
    content = make()
    with pytest.raises(Refused, match=words):
        office.prepare(content)
    found = office.examine(content)
    assert not found["valid"]
    assert words in " ".join(found["refusals"])


def test_a_harmless_file_within_is_no_danger(office):
    writer = blank()
    writer.add_attachment("factur-x.xml", b"<x/>")
    signed, _ = office.sign(written(writer))
    assert office.examine(signed)["valid"]
    assert pypdf.PdfReader(io.BytesIO(signed)).attachments["factur-x.xml"] == [b"<x/>"]


def test_a_file_too_large_is_refused_before_it_is_read(tmp_path, keys):
    office = opened(tmp_path, keys, SIGNATURE_MAXIMUM_MB="1")
    huge = b"%PDF-1.7\n" + bytes(1 << 20)
    with pytest.raises(Refused, match="1 Mo au plus"):
        office.prepare(huge)
    with pytest.raises(Refused, match="500 Mo : 1 Mo au plus"):
        office.prepare(b"", sha256="0" * 64, size=500 << 20)  # told, and not even fetched
    assert "1 Mo au plus" in office.examine(huge)["refusals"][0]
    with pytest.raises(Refused, match="1 Mo au plus"):
        office.close(huge)


def drawn(*objects):
    """A file of these objects, the first being its catalogue."""
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj %s endobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return content + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer <</Size %d /Root 1 0 R>>\n"
        b"startxref\n%d\n%%%%EOF\n"
    ) % (len(objects) + 1, table, len(objects) + 1, len(content))


def circle():
    """Pages that are their own children."""
    pages = b"<</Type /Pages /Count 1 /Kids [2 0 R]>>"
    return drawn(b"<</Type /Catalog /Pages 2 0 R>>", pages)


def countless():
    """More annotations than anybody reads."""
    page = b"<</Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Annots [%s]>>"
    return drawn(
        b"<</Type /Catalog /Pages 2 0 R>>",
        b"<</Type /Pages /Count 1 /Kids [3 0 R]>>",
        page % (b"4 0 R " * 101_000),
        b"<</Subtype /Text>>",
    )


def deep():
    """Arrays within arrays."""
    head = b"%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R /X "
    return head + b"[" * 100_000 + b"]" * 100_000 + b">> endobj\nstartxref\n9\n%%EOF\n"


@pytest.mark.parametrize("make", [circle, deep, countless])
def test_what_would_exhaust_us_ends_apart(office, make):
    content = make()
    found = office.examine(content)
    assert found["refusals"] or not found["signed"]
    with pytest.raises(Refused):
        office.prepare(content)


@pytest.mark.parametrize("limit", ["LONGEST", "SECONDS"])
def test_whoever_reads_too_long_is_killed_and_replaced(office, monkeypatch, limit):
    monkeypatch.setattr(apart, limit, 1)
    content = wide()
    with pytest.raises(Refused, match="trop de temps"):
        office.close(content)
    monkeypatch.undo()
    assert office.sign(office.letter())[1]["level"] == "B-LT"


def test_a_broken_image_of_a_stream_is_no_crash(office):
    writer = blank()
    stream = StreamObject()
    stream._data = b"\xff" * 50
    stream[NameObject("/Filter")] = NameObject("/FlateDecode")
    writer._root_object[NameObject("/Metadata")] = writer._add_object(stream)
    assert office.sign(written(writer))[1]["level"] == "B-LT"
