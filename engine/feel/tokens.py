"""Cut the text of an expression into tokens, each with its place.

Keywords are names here: the parser knows from the place whether `and` joins two
conditions or belongs to `date and time`.
"""

import re
from typing import Any, NamedTuple

from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import MAX_SOURCE
from engine.feel.values import DECIMAL128

# DMN 1.5 §10.3.1.2, rules 28 and 29 (without the symbols allowed inside known names).
_START = (
    "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PART = _START + "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_TOKEN = re.compile(
    rf"""
    (?P<space>  [\s\u0085\u180e\u200b\ufeff]+ | //[^\n\r]* | /\*.*?\*/ )
  | (?P<number> (?: \d+ (?:\.\d+)? | (?<!\.)\.\d+ ) (?:[eE][+-]?\d+)? )
  | (?P<name>   [{_START}][{_PART}]* | \? )
  | (?P<string> "(?:[^"\\]|\\.)*" )
  | (?P<op>     \*\* | \.\. | -> | != | <= | >= | /(?!\*) | [-+*<>=()\[\]{{}},:.@'’] )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|(.))", re.DOTALL)
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
HINTS = {
    "'": 'Les textes s\'écrivent entre guillemets droits doubles : "…".',
    '"': "Ce texte n'est pas fermé : il manque un guillemet droit.",
    "“": 'Les textes s\'écrivent entre guillemets droits : "…".',
    "”": 'Les textes s\'écrivent entre guillemets droits : "…".',
    "«": 'Les textes s\'écrivent entre guillemets droits : "…".',
    "&": "Pour « et », écrivez and.",
    "|": "Pour « ou », écrivez or.",
    "!": "Pour « différent de », écrivez != ; pour nier, écrivez not(…).",
    "$": "Les expressions s'écrivent en FEEL, sans ${…}.",
    "#": "Les expressions s'écrivent en FEEL, sans #{…}.",
    "%": "Pour un pourcentage, divisez par 100 ; pour un reste, écrivez modulo(a, b).",
    ";": "Séparez les éléments par une virgule.",
}


class Token(NamedTuple):
    """A piece of the text: `kind` is name, number, string, op or end."""

    kind: str
    text: str
    value: Any
    start: int
    end: int


def tokenize(source: str) -> list[Token]:
    """Every token of `source`, then one of kind end. Raises FeelSyntaxError."""
    if len(source) > MAX_SOURCE:
        raise FeelSyntaxError(
            f"L'expression est trop longue ({len(source)} caractères, {MAX_SOURCE} au plus).",
            MAX_SOURCE,
        )
    tokens: list[Token] = []
    place = 0
    while place < len(source):
        found = _TOKEN.match(source, place)
        if found is None:
            raise FeelSyntaxError(_unexpected(source, place), place)
        kind, text = found.lastgroup or "", found.group()
        if text == "’":
            text = "'"  # French names are typed with either
        if kind != "space":
            tokens.append(Token(kind, text, _value(kind, text, place), place, found.end()))
        place = found.end()
    tokens.append(Token("end", "", None, len(source), len(source)))
    return tokens


def in_name(token: Token) -> bool:
    """Whether a new name may go on with this token (DMN 1.5 §10.3.1.2, rule 30)."""
    return token.kind in {"name", "number"} or token.text in {".", "/", "-", "'", "+", "*"}


def _value(kind: str, text: str, place: int) -> Any:
    if kind == "number":
        try:
            return DECIMAL128.create_decimal(text)
        except ArithmeticError:
            raise FeelSyntaxError("Ce nombre est trop grand.", place) from None
    if kind == "string":
        return _unescape(text[1:-1], place)
    return None


def _unescape(body: str, place: int) -> str:
    def one(found: re.Match[str]) -> str:
        short, long, simple = found.groups()
        if simple is not None:
            # An unknown escape keeps its backslash: regular expressions need it.
            return _SIMPLE.get(simple) or (simple if simple in "\"\\'/" else f"\\{simple}")
        code = int(short or long, 16)
        if code > 0x10FFFF:  # noqa: PLR2004  the last character of Unicode
            raise FeelSyntaxError("Ce caractère Unicode n'existe pas.", place)
        return chr(code)

    text = _ESCAPE.sub(one, body) if "\\" in body else body
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = _SURROGATES.sub(
            lambda pair: pair.group().encode("utf-16", "surrogatepass").decode("utf-16"),
            text,
        )
        if any("\ud800" <= character <= "\udfff" for character in text):
            raise FeelSyntaxError("Ce caractère Unicode n'existe pas.", place)
    return text


def _unexpected(source: str, place: int) -> str:
    if source.startswith("/*", place):
        return "Ce commentaire n'est pas fermé : il manque */."
    character = source[place]
    return HINTS.get(character, f"Le caractère « {character} » n'a pas de sens ici.")
