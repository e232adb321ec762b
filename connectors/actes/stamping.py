"""The stamp of a transmission, laid over a copy of an act.

The original, signed or not, is never touched: what is signed stays beside. The copy is the
original with an update at its end, so that a signature in it still covers what it covered.
"""

from datetime import date
from io import BytesIO
from typing import Any

from fpdf import FPDF
from pyhanko.pdf_utils import generic as untyped
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from connectors import Refused

_WIDTH, _LINE, _MARGIN, _PADDING = 190.0, 11.0, 12.0, 4.0
_MOST_PAGES = 500
_TITLE = "Accusé de réception en préfecture"
generic: Any = untyped
_NAME = generic.pdf_name("/TamponPrefecture")
_INK = (30, 60, 140)


def stamped(
    content: bytes, *, act_id: str, received_on: str, published_on: str = ""
) -> bytes:
    """A copy of a PDF whose pages say when the prefecture received it, and when it was posted.

    Raises Refused for a document that cannot bear a stamp.
    """
    lines = [act_id, f"Reçu le {_french(received_on)}"]
    if published_on:
        lines.append(f"Affiché le {_french(published_on)}")
    try:
        writer: Any = IncrementalPdfFileWriter(BytesIO(content), strict=False)
        if writer.prev.encrypted:
            raise Refused(["Ce PDF est chiffré : il ne peut être tamponné."])
        _lay(writer, _drawn(lines), _height(lines))
        copy = BytesIO()
        writer.write(copy)
    except Refused:
        raise
    except (PdfError, ValueError, LookupError, TypeError, ArithmeticError,
            AttributeError, RecursionError) as error:  # fmt: skip
        raise Refused([f"Ce PDF ne peut être tamponné ({error})."]) from error
    return copy.getvalue()


def _french(day: str) -> str:
    return date.fromisoformat(day).strftime("%d/%m/%Y")


def _height(lines: list[str]) -> float:
    return (len(lines) + 1) * _LINE + 2 * _PADDING


def _drawn(lines: list[str]) -> bytes:
    """The stamp alone, on a page of its size."""
    height = _height(lines)
    pdf = FPDF(unit="pt", format=(_WIDTH, height))
    pdf.set_auto_page_break(False)
    pdf.add_page()
    pdf.set_draw_color(*_INK)
    pdf.set_text_color(*_INK)
    pdf.rect(1, 1, _WIDTH - 2, height - 2)
    for rank, text in enumerate([_TITLE, *lines]):
        pdf.set_font("Helvetica", "" if rank else "B", 8)
        pdf.set_xy(_PADDING, _PADDING + rank * _LINE)
        pdf.cell(_WIDTH - 2 * _PADDING, _LINE, text)
    return bytes(pdf.output())


def _lay(writer: Any, drawn: bytes, height: float) -> None:
    count = int(writer.prev.root["/Pages"]["/Count"])
    if not 1 <= count <= _MOST_PAGES:
        raise Refused([f"Ce PDF a {count} pages : il ne peut être tamponné."])
    stamp = writer.import_page_as_xobject(PdfFileReader(BytesIO(drawn)))
    for rank in range(count):
        page, _ = writer.find_page_for_modification(rank)
        before = generic.StreamObject(stream_data=b"q")
        painted = b"Q q %s cm %s Do Q" % (
            _matrix(page.get_object(), height),
            _NAME.encode(),
        )
        after = generic.StreamObject(stream_data=painted)
        resources = generic.DictionaryObject(
            {generic.pdf_name("/XObject"): generic.DictionaryObject({_NAME: stamp})}
        )
        writer.add_stream_to_page(rank, writer.add_object(before), prepend=True)
        writer.add_stream_to_page(rank, writer.add_object(after), resources)


def _matrix(page: Any, height: float) -> bytes:
    """Where the stamp goes: at the top right of the page as it is seen, however it is turned."""
    box = [
        float(one) for one in _inherited(page, "/CropBox") or _inherited(page, "/MediaBox")
    ]
    left, right = sorted((box[0], box[2]))
    bottom, top = sorted((box[1], box[3]))
    turn = int(_inherited(page, "/Rotate") or 0) % 360
    wide, high = right - left, top - bottom
    if turn in {90, 270}:
        wide, high = high, wide
    across, up = max(wide - _WIDTH - _MARGIN, 0), max(high - height - _MARGIN, 0)
    a, b, c, d, e, f = {
        90: (0, 1, -1, 0, right, bottom),
        180: (-1, 0, 0, -1, right, top),
        270: (0, -1, 1, 0, left, top),
    }.get(turn, (1, 0, 0, 1, left, bottom))
    x, y = a * across + c * up + e, b * across + d * up + f
    return b"%g %g %g %g %g %g" % (a, b, c, d, x, y)


def _inherited(page: Any, name: str) -> Any:
    for _ in range(50):
        if name in page:
            return page[name]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    return None
