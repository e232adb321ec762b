"""What is asked of the person at this machine: their consent, by the PIN."""

import getpass
import sys
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

SHOWN = 20
UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Characters that move the cursor, turn the writing round, or show as nothing."""


class Asks(Protocol):
    """Asks the person, with the title of each document; an empty answer is a refusal."""

    def __call__(
        self, origin: str, name: str, titles: Sequence[str], needs: str
    ) -> str: ...


def in_terminal(origin: str, name: str, titles: Sequence[str], needs: str) -> str:
    """Show who asks for what, and read the PIN without echo."""
    lines = [
        "",
        f"{origin} demande de signer {len(titles)} document(s) avec « {clean(name)} » :",
    ]
    named = Counter(map(clean, titles))
    lines += [f"  - {title}{_times(n)}" for title, n in list(named.items())[:SHOWN]]
    if len(named) > SHOWN:
        lines.append(f"  … et {len(named) - SHOWN} autre(s) titre(s)")
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - its only screen
    try:
        return getpass.getpass(f"Votre {needs} (vide pour refuser) : ")
    except (EOFError, KeyboardInterrupt):
        return ""


def _times(number: int) -> str:
    return f" ({number} documents)" if number > 1 else ""


def clean(text: str) -> str:
    """A text as one harmless line: what a page sends could move the cursor of a terminal."""
    kept = "".join(" " if unicodedata.category(c) in UNSAFE else c for c in text)
    return kept[:120]
