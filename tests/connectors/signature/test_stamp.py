"""What a signature shows on its page: where, upright, and without spoiling a PDF/A."""

import io

import pypdf
import pypdfium2
import pytest
from pypdf.generic import DictionaryObject, IndirectObject

from tests.connectors.signature.conftest import STAMP

MILLIMETRE = 72 / 25.4


def walked(value, seen=None):
    """Every dictionary below a value."""
    seen = {} if seen is None else seen
    if isinstance(value, IndirectObject):
        if value.idnum in seen:
            return
        seen[value.idnum] = True
        value = value.get_object()
    if isinstance(value, DictionaryObject):
        yield value
        for inside in value.values():
            yield from walked(inside, seen)
    elif isinstance(value, list):
        for inside in value:
            yield from walked(inside, seen)


def test_a_pdf_a_stays_one(office):
    letter = office.letter()
    closed, _ = office.close(office.sign(letter, stamp=STAMP)[0])
    before, after = (pypdf.PdfReader(io.BytesIO(one)) for one in (letter, closed))
    root = after.trailer["/Root"]
    assert root["/Metadata"].get_data() == before.trailer["/Root"]["/Metadata"].get_data()
    assert b"<pdfaid:part>2" in root["/Metadata"].get_data()
    assert root["/OutputIntents"][0]["/DestOutputProfile"].get_data()
    assert root["/MarkInfo"]["/Marked"]
    assert "/NeedAppearances" not in root["/AcroForm"]
    widgets = [one.get_object() for one in root["/AcroForm"]["/Fields"]]
    shown = [one for one in widgets if one["/Rect"][2] > one["/Rect"][0]]
    assert len(widgets) == 2
    assert len(shown) == 1
    for widget in widgets:
        assert widget["/F"] & 4, "imprimable"
        assert not widget["/F"] & 3, "ni caché ni invisible"
        assert widget["/AP"]["/N"] if widget in shown else True
    found = list(walked(shown[0]["/AP"]["/N"]))
    fonts = [one for one in found if one.get("/Type") == "/FontDescriptor"]
    assert fonts
    assert all("/FontFile2" in one for one in fonts)
    assert not [one for one in found if one.get("/S") == "/Transparency"]
    assert not [one for one in found if "/ca" in one or "/CA" in one or "/SMask" in one]


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_it_is_where_it_was_asked_on_the_page_as_it_is_seen(office, turn):
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200 * MILLIMETRE, 300 * MILLIMETRE)
    page.cropbox = pypdf.generic.RectangleObject(
        [10 * MILLIMETRE, 10 * MILLIMETRE, 190 * MILLIMETRE, 290 * MILLIMETRE]
    )
    page.rotate(turn)
    writer.add_blank_page(300, 300)
    output = io.BytesIO()
    writer.write(output)
    stamp = {"page": 1, "x": 20, "y": 30, "width": 60, "height": 20, "lines": ["mmmmmmmm"]}
    signed, _ = office.sign(output.getvalue(), stamp=stamp)
    with pypdfium2.PdfDocument(signed) as document:
        document.init_forms()
        seen = document[0]
        image = seen.render(scale=MILLIMETRE, may_draw_forms=True).to_pil().convert("L")
        assert document[1].render(scale=1).to_pil().convert("L").getextrema() == (255, 255)
    dark = image.point(lambda grey: 255 if grey < 200 else 0).getbbox()
    scale = MILLIMETRE**2  # pixels a millimetre
    found = [round(edge / scale) for edge in dark]
    assert found == pytest.approx([20, 30, 80, 50], abs=1)
    # The bar that begins it is on its left: it is upright.
    left = image.crop([round(edge * scale) for edge in (20.4, 36, 20.9, 44)])
    right = image.crop([round(edge * scale) for edge in (77, 32, 79, 48)])
    assert left.getextrema()[1] < 150
    assert right.getextrema()[0] > 200
