"""Texts as ACTES takes them: ISO-8859-1, one line where a line is asked for.

What people type daily and Latin-1 lacks is written otherwise, as it has always been in these
messages (’ → ', œ → oe, € → EUR); anything else is refused, by its name and its field.
"""

import unicodedata

from connectors import Refused

WRITTEN_OTHERWISE = {
    "’": "'", "‘": "'", "‚": ",", "′": "'", "“": '"', "”": '"', "„": '"', "″": '"',
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-",
    "œ": "oe", "Œ": "OE", "Ÿ": "Y", "€": "EUR", "™": "(TM)", "‰": " pour mille",
    "\u2002": " ", "\u2003": " ", "\u2009": " ", "\u202f": "\xa0", "\u200b": "", "\ufeff": "",
    "ﬁ": "fi", "ﬂ": "fl",
}  # fmt: skip
_TABLE = str.maketrans(WRITTEN_OTHERWISE)
_KEPT = "\t\n"
_FIRST_PRINTED = 0x20
_C1 = range(0x7F, 0xA0)
_LAST = 0xFF


def latin(text: str, field: str) -> str:
    """The text in the characters of ISO-8859-1. Raises Refused naming field and character."""
    written = unicodedata.normalize("NFC", text).translate(_TABLE)
    written = written.replace("\r\n", "\n").replace("\r", "\n")
    for character in written:
        if not _admitted(character):
            reason = (
                f"{field} : le caractère {_shown(character)} n’existe pas dans les messages "
                "à la préfecture (ISO-8859-1). Écrivez-le autrement."
            )
            raise Refused([reason])
    return written


def line(text: str, field: str) -> str:
    """The same on one line, without the blanks around it."""
    return " ".join(latin(text, field).split())


def _admitted(character: str) -> bool:
    code = ord(character)
    if code < _FIRST_PRINTED:
        return character in _KEPT
    return code <= _LAST and code not in _C1


def _shown(character: str) -> str:
    name = unicodedata.name(character, "")
    code = f"U+{ord(character):04X}"
    return f"« {character} » ({code})" if name and character.isprintable() else code
