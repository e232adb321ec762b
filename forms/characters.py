"""Characters an answer may hold, and those it may not."""

import re
import unicodedata

from forms.numbers import Wrong

_LINES = re.compile(r"\r\n?|[\u2028\u2029\u0085]")


def clean(text: str, *, lines: bool) -> str:
    """Text in NFC, trimmed, with plain line ends. Raises Wrong on unprintable ones."""
    text = unicodedata.normalize("NFC", _LINES.sub("\n", text)).strip()
    if not lines and "\n" in text:
        raise Wrong("écrivez votre réponse sur une seule ligne")
    if any(unprintable(char) for char in text):
        raise Wrong(
            "retirez les caractères invisibles, ou retapez votre réponse au clavier"
        )
    return text


def unprintable(char: str) -> bool:
    """Whether a character has no business in an answer: controls, halves, reversals."""
    if char in "\n\t":
        return False
    kind = unicodedata.category(char)
    return (
        kind in {"Cc", "Cs", "Co", "Cn"} or char in "\u202a\u202b\u202d\u202e\u2066\u2067"
    )


def printable(text: str) -> str:
    """The text, with a mark in place of each unprintable character."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unprintable(char) else char for char in text
    )
