"""Cuts text into lines that fit.

fpdf2 does it too, but measures the whole line again at each character. Arabic and Hebrew are
put in the order in which they are drawn; Arabic letters stay in their isolated form, since
joining them takes a library that is not always there.
"""

import re
import unicodedata
from collections.abc import Callable

from fpdf.bidi import BidiParagraph


def break_lines(text: str, room: float, wide: Callable[[str], float]) -> list[str]:
    """Return the lines of a text, none wider than `room`, cut between words where it can be.

    `wide` measures one character. A word wider than the room is cut anywhere; a no-break
    space is part of its word. Leading spaces are dropped where a line was cut.
    """
    lines = []
    for paragraph in text.split("\n"):
        line, length = "", 0.0
        for piece in re.findall(r" ?[^ ]+| ", paragraph):
            width = sum(map(wide, piece))
            if line and length + width > room:
                lines.append(line)
                line, length = "", 0.0
            word = piece if line or not lines else piece.removeprefix(" ")
            for part in [word] if sum(map(wide, word)) <= room else word:
                width = sum(map(wide, part))
                if line and length + width > room:
                    lines.append(line)
                    line, length = "", 0.0
                line, length = line + part, length + width
        lines.append(line)
    return [_as_seen(line) for line in lines]


def _as_seen(line: str) -> str:
    """A line in the order in which its characters are drawn, Arabic and Hebrew included."""
    if any(unicodedata.bidirectional(it) in {"R", "AL"} for it in line):
        return str(BidiParagraph(line).get_reordered_string())
    return line
