"""How text looks on a page: fonts, colours, sizes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FONT_FILES = {
    "": "DejaVuSans.ttf",
    "B": "DejaVuSans-Bold.ttf",
    "I": "DejaVuSans-Oblique.ttf",
    "BI": "DejaVuSans-BoldOblique.ttf",
}
INK, GREY, RULE = (28, 28, 30), (88, 88, 94), (200, 200, 206)
LEADING = 1.42


@dataclass(frozen=True)
class Style:
    """How a text looks. `size` in points."""

    size: float = 9.5
    weight: str = ""
    colour: tuple[int, int, int] = INK
    align: Literal["L", "R", "C"] = "L"

    @property
    def leading(self) -> float:
        """The height of a line, in millimetres."""
        return self.size * LEADING * 25.4 / 72


@dataclass(frozen=True)
class Cell:
    """One text of a row, `width` millimetres wide."""

    text: str
    width: float
    style: Style = Style()


def missing_fonts(folder: Path | None) -> list[str]:
    """Return the font files that are not in the folder."""
    return [
        name for name in FONT_FILES.values() if not (folder and (folder / name).exists())
    ]
