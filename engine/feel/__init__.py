"""FEEL, the expression language of diagrams, decision tables and forms (DMN 1.5).

`compile` an expression once, `evaluate` it on process data as often as needed: compiled
expressions are immutable and shared between threads. Following DMN, what has no answer
is null (a missing name, `1 + "a"`, `5 > null`), never an exception; `diagnose` says why.
Only limits (work, sizes) raise, with a FeelLimitExceeded. Sentences are in French.
"""

from engine.feel.errors import (
    FeelError,
    FeelLimitExceeded,
    FeelRuntimeError,
    FeelSyntaxError,
)
from engine.feel.expression import (
    Diagnosis,
    Expression,
    UnaryTests,
    compile,  # noqa: A004  this is what it does
    compile_unary,
)
from engine.feel.moments import YearsMonths
from engine.feel.values import Function, Range, from_plain, plain

SyntaxError_ = FeelSyntaxError

__all__ = [
    "Diagnosis",
    "Expression",
    "FeelError",
    "FeelLimitExceeded",
    "FeelRuntimeError",
    "FeelSyntaxError",
    "Function",
    "Range",
    "SyntaxError_",
    "UnaryTests",
    "YearsMonths",
    "compile",
    "compile_unary",
    "from_plain",
    "plain",
]
