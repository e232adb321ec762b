"""Cuts text into lines that fit.

fpdf2 does it too, but measures the whole line again at each character.
"""

import re
from collections.abc import Callable


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
    return lines
