"""Words as people type them when they look for something, and letters as they say them."""

import re
import unicodedata

SPOKEN = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No letter or digit that is mistaken for another on the telephone."""

_WORD = re.compile(r"[a-z0-9]+")


def fold(text: str) -> str:
    """`text` in lower case, without accents or ligatures; other characters stay."""
    flat = text.lower().replace("œ", "oe").replace("æ", "ae")
    return "".join(
        c for c in unicodedata.normalize("NFKD", flat) if not unicodedata.combining(c)
    )


def words(text: str) -> list[str]:
    """The words and numbers of `text`, folded, in order, with repetitions."""
    return _WORD.findall(fold(text))
