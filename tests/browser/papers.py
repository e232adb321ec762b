"""Files that people join to a request: good ones, and some that must be refused."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from fpdf import FPDF
from playwright.sync_api import FilePayload
from pypdf import PdfReader

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless file that every antivirus reports; in two parts, so that this source is not."""

HOSTILE_NAME = '"><img src=x onerror=alert(1)>.pdf'


def pdf(title: str) -> FilePayload:
    """A real PDF of one page, named after its title."""
    paper = FPDF()
    paper.add_page()
    paper.set_font("Helvetica", size=14)
    paper.cell(text=title)
    return {
        "name": f"{title}.pdf",
        "mimeType": "application/pdf",
        "buffer": bytes(paper.output()),
    }


def named(paper: FilePayload, name: str) -> FilePayload:
    """The same bytes under another name."""
    return {**paper, "name": name}


def infected() -> FilePayload:
    """A PDF that carries the test virus."""
    carrier = pdf("facture")
    return {**carrier, "buffer": carrier["buffer"] + EICAR}


def oversized(folder: Path, limit: int) -> Path:
    """A PDF one byte too heavy, on the disk: too much to hand over in a message."""
    paper = folder / "plans.pdf"
    with paper.open("wb") as file:
        file.write(pdf("plans")["buffer"])
        file.truncate(limit + 1)
    return paper


def program() -> FilePayload:
    return {
        "name": "devis.exe",
        "mimeType": "application/pdf",
        "buffer": b"MZ\x90\x00" * 50,
    }


def text_of(content: bytes) -> str:
    """Everything a PDF says, on one line."""
    pages: Iterable[str] = (
        page.extract_text() for page in PdfReader(BytesIO(content)).pages
    )
    return " ".join(" ".join(pages).split())
