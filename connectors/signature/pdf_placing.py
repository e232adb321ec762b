"""Adds to a PDF the field of a signature, what it shows, and room for its value.

Runs apart (`apart_child`): nothing here is sure of the file it reads.
"""

import io
import re
from datetime import datetime
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup
from pyhanko.sign.signers.pdf_byterange import (
    DocumentTimestamp,
    PdfSignedData,
    SignatureObject,
)
from pyhanko.sign.validation.pdf_embedded import read_certification_data

from connectors import Refused
from connectors.signature import pdf_dangers
from connectors.signature.pdf_examining import broken

POINTS = 72 / 25.4
WIDTH, HEIGHT = 70.0, 25.0


class Additions(IncrementalPdfFileWriter):
    """Adds to a file and leaves what it says of itself alone: its metadata are its author's."""

    def _update_meta(self) -> None:
        pass


def place(
    content: bytes,
    stamp: bytes,
    *,
    box: dict[str, Any],
    room: int,
    moment: str,
    field: str,
    reason: str,
    place: str,
    kind: str,
) -> tuple[dict[str, Any], list[bytes]]:
    """{digest, start, end, field}, and what is added to the file. Raises Refused."""
    writer = opened(content)
    at = datetime.fromisoformat(moment)
    value: PdfSignedData
    if kind == "signature":
        _check_open(writer.prev)
        value = SignatureObject(
            timestamp=at, subfilter=SigSeedSubFilter.PADES, bytes_reserved=room,
            location=place or None, reason=reason or None,
        )  # fmt: skip
    else:
        value = DocumentTimestamp(bytes_reserved=room)
    name = _free(writer.prev, field or ("Signature" if stamp or place else kind.title()))
    spec = SigFieldSpec(name, on_page=0)
    turned = 0
    if stamp:
        number, rectangle, turned = _placed(writer, box)
        spec = SigFieldSpec(name, on_page=number, box=rectangle)
    steps = PdfCMSEmbedder(new_field_spec=spec).write_cms(name, writer)
    reference = next(steps)
    if stamp:
        _show(writer, reference.get_object(), stamp, turned)
    steps.send(SigObjSetup(sig_placeholder=value))
    prepared, output = steps.send(SigIOSetup(md_algorithm="sha256"))
    made = output.getvalue()
    assert made.startswith(content)
    told = {
        "digest": prepared.document_digest.hex(),
        "start": prepared.reserved_region_start,
        "end": prepared.reserved_region_end,
        "field": name,
    }
    return told, [made[len(content) :]]


def opened(content: bytes) -> IncrementalPdfFileWriter:
    """A writer that only adds to the file. Raises Refused for one that is not to be signed."""
    reader = pdf_dangers.read(content)
    if reasons := pdf_dangers.found(reader):
        raise Refused(reasons, code="dangerous")
    return Additions(io.BytesIO(content), prev=reader)


def _check_open(reader: PdfFileReader) -> None:
    certified = read_certification_data(reader)
    if certified and certified.permission == MDPPerm.NO_CHANGES:
        raise Refused(
            ["Son auteur a certifié ce PDF sans permettre d’y ajouter une signature."],
            code="certified",
        )
    if reasons := broken(reader):
        raise Refused(reasons, code="broken")


def _free(reader: PdfFileReader, wanted: str) -> str:
    """A name that no field of the file has."""
    name = re.sub(r"[^\w-]+", "_", wanted)[:60] or "Signature"
    form = pdf_dangers.as_dictionary(reader.root.get("/AcroForm"))
    fields = map(pdf_dangers.as_dictionary, pdf_dangers.as_list(form.get("/Fields")))
    taken = {str(one["/T"]) for one in fields if "/T" in one}
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def _placed(
    writer: IncrementalPdfFileWriter, box: dict[str, Any]
) -> tuple[int, tuple[int, int, int, int], int]:
    """The page, the rectangle in its own units, and how much the page is turned."""
    total = int(writer.root["/Pages"]["/Count"])
    asked = int(box.get("page") or -1)
    number = total - 1 if asked < 1 or asked > total else asked - 1
    page = writer.find_page_for_modification(number)[0].get_object()
    left, low, right, top = _bounds(page)
    turned = int(_inherited(page, "/Rotate") or 0) % 360
    across, down = (top - low, right - left) if turned in (90, 270) else (
        right - left, top - low,
    )  # fmt: skip
    width = min(float(box.get("width") or WIDTH) * POINTS, across)
    height = min(float(box.get("height") or HEIGHT) * POINTS, down)
    x = min(max(float(box.get("x") or 0) * POINTS, 0), across - width)
    y = min(max(float(box.get("y") or 0) * POINTS, 0), down - height)
    rectangle = {
        0: (left + x, top - y - height, left + x + width, top - y),
        90: (left + y, low + x, left + y + height, low + x + width),
        180: (right - x - width, low + y, right - x, low + y + height),
        270: (right - y - height, top - x - width, right - y, top - x),
    }.get(turned, (left + x, top - y - height, left + x + width, top - y))
    a, b, c, d = (round(one) for one in rectangle)
    return number, (a, b, c, d), turned


def _bounds(page: Any) -> tuple[float, float, float, float]:
    seen = _inherited(page, "/CropBox") or _inherited(page, "/MediaBox") or (0, 0, 595, 842)
    a, b, c, d = (float(one) for one in seen)
    return min(a, c), min(b, d), max(a, c), max(b, d)


def _inherited(page: Any, name: str) -> Any:
    for _ in range(64):
        if name in page:
            return page[name]
        if "/Parent" not in page:
            return None
        page = page["/Parent"]
    return None


_TURNS = {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}


def _show(writer: IncrementalPdfFileWriter, field: Any, stamp: bytes, turned: int) -> None:
    """Let the field show a page drawn for it, upright on a page that is turned."""
    drawn = writer.import_page_as_xobject(PdfFileReader(io.BytesIO(stamp)))
    if turned in _TURNS:
        numbers = [generic.NumberObject(one) for one in (*_TURNS[turned], 0, 0)]
        drawn.get_object()[pdf_name("/Matrix")] = generic.ArrayObject(numbers)
    field[pdf_name("/AP")] = generic.DictionaryObject({pdf_name("/N"): drawn})
