"""The stamp on a copy: readable, at the top right, and the original's bytes before it."""

import io

import pypdf
import pytest
from fpdf import FPDF

from connectors import Refused
from connectors.actes.stamping import stamped

SAID = {"act_id": "021-200053726-20261120-26CP042-DE", "received_on": "2026-11-27"}


def pdf(pages=2, orientation="P"):
    made = FPDF(orientation=orientation)
    made.set_font("Helvetica", size=12)
    for number in range(pages):
        made.add_page()
        made.cell(text=f"Article {number + 1}")
    return bytes(made.output())


def text(content):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages]


@pytest.mark.parametrize("orientation", ["P", "L"])
def test_every_page_says_when_the_prefecture_received_the_act(orientation):
    original = pdf(orientation=orientation)
    copy = stamped(original, **SAID, published_on="2026-11-28")
    assert copy.startswith(original)
    for number, page in enumerate(text(copy), 1):
        assert f"Article {number}" in page
        assert "Accusé de réception en préfecture" in page
        assert SAID["act_id"] in page
        assert "Reçu le 27/11/2026" in page
        assert "Affiché le 28/11/2026" in page


def test_an_act_not_posted_yet_says_nothing_of_it():
    assert "Affiché" not in "".join(text(stamped(pdf(), **SAID)))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_page_that_is_turned_is_stamped_where_one_sees_it(turn):
    import pypdfium2

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(1)))
    writer.pages[0].rotate(turn)
    held = io.BytesIO()
    writer.write(held)
    document = pypdfium2.PdfDocument(stamped(held.getvalue(), **SAID))
    image = document[0].render(scale=1).to_pil().convert("RGB")
    inked = [
        (y, x)
        for y in range(image.height)
        for x in range(image.width)
        if (seen := image.getpixel((x, y)))[2] - seen[0] > 60
    ]
    assert min(x for _y, x in inked) > image.width - 205
    assert max(x for _y, x in inked) < image.width - 10
    assert max(y for y, _x in inked) < 60


def _encrypted():
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(1)))
    writer.encrypt("secret")
    held = io.BytesIO()
    writer.write(held)
    return held.getvalue()


@pytest.mark.parametrize(
    "made",
    [
        lambda: b"",
        lambda: b"MZ",
        lambda: b"%PDF-1.7\n%%EOF",
        lambda: pdf()[:300],
        _encrypted,
    ],
    ids=["nothing", "a program", "an empty one", "a truncated one", "an encrypted one"],
)
def test_what_cannot_bear_a_stamp_is_refused(made):
    with pytest.raises(Refused, match="ne peut être tamponné"):
        stamped(made(), **SAID)
