"""A circuit as a list of steps, and the same as BPMN: one truth, two ways to write it.

    write("parapheur.actes", "Actes", steps)   → bytes of process.bpmn
    read(content)                              → steps, or NotAList says why

`read(write(key, name, steps))` gives the same steps. What a designer draws beyond the list is
a circuit all the same; only the list editor no longer opens it.
"""

from workflows.parapheur.circuit_drawing import write
from workflows.parapheur.circuit_reading import NotAList, read
from workflows.parapheur.steps import (
    ACCOUNTING,
    ALL,
    APPROVE,
    ARCHIVE,
    KINDS,
    LEGALITY,
    MAIL,
    NAMES,
    ONE,
    OPINION,
    PAGE,
    SEAL,
    SIGN,
    TRANSMISSION,
    Step,
)

__all__ = [
    "ACCOUNTING",
    "ALL",
    "APPROVE",
    "ARCHIVE",
    "KINDS",
    "LEGALITY",
    "MAIL",
    "NAMES",
    "ONE",
    "OPINION",
    "PAGE",
    "SEAL",
    "SIGN",
    "TRANSMISSION",
    "NotAList",
    "Step",
    "read",
    "write",
]
