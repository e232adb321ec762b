"""The expressions of other engines (`${amount > 10 && ok}`) in FEEL, when it is certain.

Names, constants, comparisons, logic and sums mean the same on both sides. A call, an index, a
choice (`a ? b : c`) or the engine's own objects do not: those are left to the designer.
"""

import re

from engine import feel

_WRAPPED = re.compile(r"\s*[$#]\{(.*)\}\s*", re.DOTALL)
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/<>!()]))""",
    re.VERBOSE,
)
_WORDS = {
    "==": "=", "eq": "=", "!=": "!=", "ne": "!=", "lt": "<", "gt": ">", "le": "<=", "ge": ">=",
    "&&": "and", "||": "or", "and": "and", "or": "or", "true": "true", "false": "false",
    "null": "null",
}  # fmt: skip
_THEIRS = {"execution", "task", "delegateTask", "connector", "externalTask", "empty", "div", "mod",
           "instanceof", "authenticatedUserId"}  # fmt: skip
LONGEST = 2000


def in_feel(expression: str) -> str | None:
    """The same in FEEL; None when it is not certain. FEEL that is written already is kept."""
    text = expression.strip()
    if text.startswith("="):
        return text[1:].strip() if _reads(text[1:]) else None
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is None or len(text) > LONGEST or re.search(r"[$#]\{", wrapped[1]):
        return None
    found = _translated(wrapped[1])
    return found if found is not None and _reads(found) else None


def _translated(text: str) -> str | None:
    tokens = _tokens(text)
    if tokens is None:
        return None
    made: list[str] = []
    for place, (kind, token) in enumerate(tokens):
        after = tokens[place + 1][1] if place + 1 < len(tokens) else ""
        negated = bool(made) and made[-1] == "not"
        if token in {"!", "not"}:
            if (
                after != "("
                and tokens[place + 1 : place + 2]
                and tokens[place + 1][0] != "name"
            ):
                return None
            made.append("not")
        elif kind == "name" and token not in _WORDS and _foreign(token, after):
            return None
        else:
            word = _text(token) if kind == "text" else _WORDS.get(token, token)
            made.append(f"({word})" if negated and kind == "name" else word)
    return " ".join(made).replace("not (", "not(")


def _foreign(name: str, after: str) -> bool:
    """Whether a name is a call, or one of the other engine's own objects."""
    return after == "(" or name.partition(".")[0] in _THEIRS


def _tokens(text: str) -> list[tuple[str, str]] | None:
    """Each with its kind; None as soon as something is not of the common part."""
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            return None
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return found or None


def _text(token: str) -> str:
    inside = re.sub(r"\\(.)", r"\1", token[1:-1])
    return '"' + inside.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _reads(text: str) -> bool:
    try:
        feel.compile(text)
    except feel.FeelError:
        return False
    return True
