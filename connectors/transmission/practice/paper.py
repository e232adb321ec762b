"""Sheets of paper: the prefecture's letters, and acts that carry the stamp of their sending."""

from io import BytesIO

from fpdf import FPDF


def sheet(title: str, lines: list[str]) -> bytes:
    """A page with a title and some lines."""
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", "B", 14)
    page.multi_cell(0, 9, _latin(title), new_x="LMARGIN", new_y="NEXT")
    page.set_font("Helvetica", size=11)
    for line in lines:
        page.multi_cell(0, 7, _latin(line), new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())


def stamped(content: bytes, lines: list[str]) -> bytes:
    """A PDF whose first page says when it was sent, added at its end as one revision.

    A PDF that cannot be read is answered with a page of its own, as S²LOW's own users see.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.stamp import TextStamp, TextStampStyle

    try:
        writer = IncrementalPdfFileWriter(BytesIO(content), strict=False)
        text = "\n".join(_latin(line) for line in lines)
        stamp = TextStamp(writer, TextStampStyle(stamp_text=text, border_width=1))
        stamp.apply(dest_page=0, x=300, y=760)
        out = BytesIO()
        writer.write(out)
    except (PdfError, ValueError, KeyError, IndexError, TypeError):
        return sheet("Acte tamponné", lines)
    return out.getvalue()


def _latin(text: str) -> str:
    plain = text.replace("’", "'").replace("—", "-").replace("…", "...")
    return plain.encode("iso-8859-1", "replace").decode("iso-8859-1")
