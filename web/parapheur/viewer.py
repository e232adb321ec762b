"""The pages of a file as the reader sees them: pictures, their text, and remarks over them."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import current_app
from flask_babel import lazy_gettext as _

from connectors import ConnectorError
from engine.access import Actor
from web.accounting import contents
from web.accounting.contents import Contents
from web.parapheur import papers, pictures
from web.parapheur.papers import Shown
from workflows.parapheur.models import Annotation, Folder

AT_ONCE = 10
"""Pages of one screen; a longer document is leafed through."""
MOST_TEXT = 200_000
"""Characters of a text shown; the whole of it is downloaded."""

PROBLEMS = {
    "encrypted": _(
        "Ce PDF est protégé par un mot de passe : ses pages ne peuvent pas être montrées. Refusez le dossier en demandant une copie sans mot de passe, ou téléchargez-le."
    ),
    "broken": _(
        "Ce PDF est abîmé : ses pages ne peuvent pas être montrées. Téléchargez-le pour l’ouvrir autrement."
    ),
    "too_big": _("Ce PDF est trop lourd pour être montré ici : téléchargez-le."),
    "too_slow": _(
        "Les pages de ce PDF demandent trop de temps. Réessayez dans dix minutes, ou téléchargez-le."
    ),
    "gone": _("Le contenu de ce fichier n’est plus là. Prévenez votre administrateur."),
}
ZOOMS = ("page", "150", "200")


@dataclass(frozen=True)
class Remark:
    """An annotation with its number on the page and its place in points."""

    note: Annotation
    number: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sheet:
    """One page: its number, its size in points, its text, the remarks on it."""

    number: int
    width: float
    height: float
    text: str
    remarks: list[Remark]


@dataclass(frozen=True)
class View:
    """What is shown of a file: some pages, a PES, a text, or why none is."""

    shown: Shown
    count: int = 0
    first: int = 1
    zoom: str = "page"
    sheets: Sequence[Sheet] = ()
    text: str = ""
    problem: str = ""
    pes: Contents | None = None

    @property
    def last(self) -> int:
        """The last page shown."""
        return self.first + len(self.sheets) - 1

    @property
    def before(self) -> int:
        """Where the pages before these begin; 0 when there are none."""
        return max(self.first - AT_ONCE, 1) if self.first > 1 else 0

    @property
    def after(self) -> int:
        """Where the pages after these begin; 0 when there are none."""
        return self.last + 1 if self.sheets and self.last < self.count else 0


def view(
    shown: Shown,
    actor: Actor,
    folder: Folder,
    *,
    page: int = 1,
    zoom: str = "page",
    batch: int = 0,
) -> View:
    """What to show of a file; never raises, whatever it holds."""
    zoom = zoom if zoom in ZOOMS else "page"
    if shown.is_text:
        return _pes(shown, batch, page) or _written(shown)
    if not shown.is_pdf:
        return View(shown)
    try:
        pages = pictures.read(shown.current.document.sha256)
    except pictures.Unreadable as failure:
        return View(shown, problem=str(PROBLEMS.get(failure.why, PROBLEMS["broken"])))
    except ConnectorError:
        return View(shown, problem=str(PROBLEMS["gone"]))
    there = len(pages.sizes)
    page = min(max(page, 1), max(there, 1))
    first = page - (page - 1) % AT_ONCE
    numbers = range(first, min(first + AT_ONCE, there + 1))
    remarks = papers.remarks_on(shown.file.id, numbers, actor, folder)
    sheets = [_sheet(pages, number, remarks[number]) for number in numbers]
    return View(shown, pages.count, first, zoom, sheets)


def _sheet(pages: pictures.Pages, number: int, notes: list[Annotation]) -> Sheet:
    width, height = pages.sizes[number - 1]
    remarks = [
        Remark(
            one,
            place,
            one.x * width,
            one.y * height,
            one.width * width,
            one.height * height,
        )
        for place, one in enumerate(notes, 1)
    ]
    return Sheet(number, width, height, pages.texts[number - 1], remarks)


def _pes(shown: Shown, batch: int, page: int) -> View | None:
    """A PES as what it means; None for a text that is none."""
    document = shown.current.document
    if not document.media_type.endswith("xml"):
        return None
    try:
        return View(shown, pes=contents.of(document.sha256, at=batch, page=page))
    except ConnectorError:  # not a PES, or not to be read: its text is shown
        return None


def _written(shown: Shown) -> View:
    storage = current_app.extensions["partners"]["storage"]
    try:
        with storage.open(shown.current.document.sha256) as kept:
            raw = kept.read(MOST_TEXT)
    except ConnectorError:
        return View(shown, problem=str(PROBLEMS["gone"]))
    latin = b"8859-1" in raw[:100] or b"8859-15" in raw[:100]
    text = raw.decode("latin-1" if latin else "utf-8", errors="replace")
    return View(shown, text="".join(c for c in text if c.isprintable() or c in "\n\t"))
