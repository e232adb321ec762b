"""What is asked of the person at this machine: their consent, by the PIN."""

import getpass
import sys
import unicodedata
from collections.abc import Sequence
from typing import Protocol

SHOWN = 20


class Asks(Protocol):
    """Asks the person; an empty answer is a refusal."""

    def __call__(
        self, origin: str, name: str, titles: Sequence[str], needs: str
    ) -> str: ...


def in_terminal(origin: str, name: str, titles: Sequence[str], needs: str) -> str:
    """Show who asks for what, and read the PIN without echo."""
    lines = [
        "",
        f"{origin} demande de signer {len(titles)} document(s) avec « {clean(name)} » :",
    ]
    lines += [f"  - {clean(title)}" for title in titles[:SHOWN]]
    if len(titles) > SHOWN:
        lines.append(f"  … et {len(titles) - SHOWN} autre(s)")
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201 - its only screen
    try:
        return getpass.getpass(f"Votre {needs} (vide pour refuser) : ")
    except (EOFError, KeyboardInterrupt):
        return ""


def clean(text: str) -> str:
    """A text as one harmless line: what a page sends could move the cursor of a terminal."""
    kept = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return kept[:120]
