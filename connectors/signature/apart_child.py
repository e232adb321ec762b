"""The process in which PDF are read: one question at a time, each within its limits."""

import gc
import resource
import sys
from collections.abc import Callable
from typing import Any

from connectors import Refused
from connectors.signature import apart, pdf_examining, pdf_placing, pdf_strengthening

MEMORY = 1536 * 1024**2
ANSWERS: dict[str, Callable[..., tuple[Any, list[bytes]]]] = {
    "place": pdf_placing.place,
    "signers": pdf_examining.signers,
    "strengthen": pdf_strengthening.strengthen,
    "examine": pdf_examining.examine,
}


def main() -> None:
    """Answer until nobody asks any more."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(3000)
    questions, output = open(0, "rb"), sys.stdout.buffer  # noqa: SIM115
    sys.stdout = sys.stderr
    gc.freeze()  # what was loaded stays: only what a document left is gone through
    while questions.peek(1):
        asked, parts = apart.read(questions)
        _give_time(asked.pop("seconds"))
        value, made = _answer(asked.pop("ask"), asked, parts)
        apart.write(output, value, made)
        del parts, made
        gc.collect()


def _answer(
    what: str, asked: dict[str, Any], parts: list[bytes]
) -> tuple[dict[str, Any], list[bytes]]:
    try:
        value, made = ANSWERS[what](*parts, **asked)
    except Refused as refused:
        return {"refused": refused.reasons, "code": refused.code}, []
    except (MemoryError, RecursionError):
        return {"refused": [apart.BEYOND], "code": "beyond"}, []
    except Exception as error:  # whatever a hostile file makes of a reader is a refusal
        reason = f"Le fichier PDF est abîmé ou mal formé ({type(error).__name__})."
        return {"refused": [reason], "code": "unreadable"}, []
    return {"value": value}, made


def _give_time(seconds: int) -> None:
    """So much processor time from now on, and not a second more."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


if __name__ == "__main__":
    main()
