"""What a PDF must not hold to be signed: what nobody sees, and what acts by itself.

Runs apart (`apart_child`). Only what a reader would run is looked at: the catalogue, the
names, the outlines, the forms, and each page's annotations.
"""

import io
from collections.abc import Iterator
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError, PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from connectors import Refused
from connectors.signature import pdf_bounds

START = 1024
MOST_PAGES, MOST_VISITS = 20_000, 100_000
ACTIONS = {
    "/JavaScript": "du JavaScript",
    "/Launch": "une action qui lance un programme",
    "/ImportData": "une action qui importe des données",
    "/SubmitForm": "une action qui envoie des données",
    "/Rendition": "un média qui peut agir",
    "/RichMediaExecute": "un média qui peut agir",
}
PROGRAMS = [
    ".exe",
    ".com",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".vbe",
    ".js",
    ".jse",
    ".wsf",
    ".msi",
    ".scr",
    ".jar",
    ".dll",
    ".sh",
    ".app",
    ".hta",
    ".lnk",
    ".reg",
    ".docm",
    ".xlsm",
    ".pptm",
    ".iso",
    ".img",
]


def read(content: bytes) -> PdfFileReader:
    """The file, open to be read. Raises Refused."""
    if b"%PDF-" not in content[:START]:
        raise Refused(["Ce fichier n’est pas un PDF."], code="not_pdf")
    try:
        pdf_bounds.begin()
        reader = PdfFileReader(
            io.BytesIO(content), strict=False, decode_limits=pdf_bounds.LIMITS
        )
        if reader.encrypted:
            raise Refused(
                ["Ce PDF est chiffré : enregistrez-le sans mot de passe ni restriction."],
                code="encrypted",
            )
        pages = reader.root["/Pages"]["/Count"]
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        raise Refused(
            ["Ce PDF est tronqué ou abîmé : demandez-en un autre exemplaire."],
            code="truncated",
        ) from None
    if not isinstance(pages, int) or not 0 < pages <= MOST_PAGES:
        raise Refused([f"Ce PDF annonce {pages} pages : il est refusé."], code="beyond")
    return reader


def found(reader: PdfFileReader) -> list[str]:
    """Why a PDF is refused, in French sentences."""
    try:
        reasons = dict.fromkeys(_reasons(reader))
    except PdfReadError as error:
        return [f"Ce PDF est abîmé ({error})."]
    return list(reasons)


def _reasons(reader: PdfFileReader) -> Iterator[str]:
    form = as_dictionary(reader.root.get("/AcroForm"))
    if "/XFA" in form:
        yield (
            "Ce PDF est un formulaire XFA, que chacun verrait autrement : imprimez-le en PDF."
        )
    if "/NeedsRendering" in reader.root:
        yield "Ce PDF se construit à l’ouverture : imprimez-le en PDF."
    for action in _actions(reader):
        if what := ACTIONS.get(str(_object(action.get("/S")))):
            yield f"Ce PDF contient {what} : enregistrez-le sans."
    names = as_dictionary(reader.root.get("/Names"))
    if "/JavaScript" in names:
        yield f"Ce PDF contient {ACTIONS['/JavaScript']} : enregistrez-le sans."
    for name in _attached(reader):
        if name.casefold().endswith(tuple(PROGRAMS)):
            yield f"Ce PDF contient un programme (« {name[:80]} ») : retirez-le."


def _actions(reader: PdfFileReader) -> Iterator[Any]:
    """Every action that the file declares, with those that follow them."""
    visits = _Visits()
    pages = _pages(reader, visits)
    form = as_dictionary(reader.root.get("/AcroForm"))
    outlines = as_dictionary(reader.root.get("/Outlines"))
    holders = [
        [reader.root],
        pages,
        (one for page in _pages(reader, visits) for one in as_list(page.get("/Annots"))),
        _tree(as_list(form.get("/Fields")), "/Kids", visits),
        _chain(outlines.get("/First"), visits),
    ]
    for group in holders:
        for holder in map(as_dictionary, group):
            visits.count()
            for key in ("/OpenAction", "/A"):
                yield from _followed(holder.get(key), visits)
            for one in as_dictionary(holder.get("/AA")).values():
                yield from _followed(_object(one), visits)


def _followed(action: Any, visits: "_Visits") -> Iterator[Any]:
    waiting = [action]
    while waiting:
        one = as_dictionary(waiting.pop())
        if not one or not visits.first(one):
            continue
        yield one
        following = _object(one.get("/Next"))
        waiting += following if isinstance(following, generic.ArrayObject) else [following]


def _attached(reader: PdfFileReader) -> Iterator[str]:
    """The names of the files within, wherever they hang."""
    visits = _Visits()
    names = as_dictionary(as_dictionary(reader.root.get("/Names")).get("/EmbeddedFiles"))
    specifications = [
        one
        for node in _tree([names], "/Kids", visits)
        for one in as_list(as_dictionary(node).get("/Names"))
    ]
    specifications += as_list(reader.root.get("/AF"))
    for page in _pages(reader, visits):
        specifications += (
            as_dictionary(one).get("/FS") for one in as_list(page.get("/Annots"))
        )
    for one in map(as_dictionary, specifications):
        for key in ("/UF", "/F"):
            if isinstance(name := _object(one.get(key)), str):
                yield str(name)


def _pages(reader: PdfFileReader, visits: "_Visits") -> Iterator[Any]:
    for node in _tree([reader.root["/Pages"]], "/Kids", _Visits(2 * MOST_PAGES)):
        visits.count()
        if "/Kids" not in node:
            yield node


def _tree(roots: list[Any], kids: str, visits: "_Visits") -> Iterator[Any]:
    waiting = list(roots)
    while waiting:
        node = as_dictionary(waiting.pop())
        if node and visits.first(node):
            yield node
            waiting += as_list(node.get(kids))


def _chain(first: Any, visits: "_Visits") -> Iterator[Any]:
    """Outlines: each has a next, and a first of its own."""
    waiting = [first]
    while waiting:
        node = as_dictionary(waiting.pop())
        if node and visits.first(node):
            yield node
            waiting += [node.get("/Next"), node.get("/First")]


class _Visits:
    """What was seen, for files that turn in circles or never end."""

    def __init__(self, most: int = MOST_VISITS) -> None:
        self.seen: dict[int, Any] = {}
        self.total, self.most = 0, most

    def first(self, node: Any) -> bool:
        self.count()
        new = id(node) not in self.seen
        self.seen[id(node)] = node  # kept: an identity is not given twice
        return new

    def count(self) -> None:
        self.total += 1
        if self.total > self.most:
            raise Refused(["Ce PDF contient trop d’objets : il est refusé."], code="beyond")


def _object(value: Any) -> Any:
    return value.get_object() if isinstance(value, generic.IndirectObject) else value


def as_dictionary(value: Any) -> Any:
    """The dictionary that a value is or points at, else an empty one."""
    value = _object(value)
    return value if isinstance(value, generic.DictionaryObject) else {}


def as_list(value: Any) -> list[Any]:
    """The array that a value is or points at, else an empty one."""
    value = _object(value)
    return list(value) if isinstance(value, generic.ArrayObject) else []
