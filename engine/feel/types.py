"""The types an expression can name (`instance of`, parameters), and who belongs to them."""

from typing import TYPE_CHECKING, Any

from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import Run
from engine.feel.tree import Type
from engine.feel.values import KINDS, Function, Range

if TYPE_CHECKING:
    from engine.feel.parser import Parser

_SIMPLE = frozenset(KINDS.values()) | {"Any", "Null", "day time duration"}
_ALIASES = {
    "dateTime": "date and time",
    "day time duration": "days and time duration",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "Null": "null",
    "any": "Any",
}
_LONG = tuple(sorted((name for name in _SIMPLE if " " in name), key=len, reverse=True))
_NESTING = 10


def parse_type(parser: "Parser", nesting: int = 0) -> Type:
    """The type written where `parser` stands. Raises FeelSyntaxError."""
    start = parser.token.start
    name = _name(parser)
    if nesting > _NESTING:
        raise FeelSyntaxError("Ce type est trop imbriqué.", start)
    parts: list[Type] = []
    keys: list[str] = []
    if name in {"list", "range", "context", "function"} and parser.take("<"):
        while not parser.at(">"):
            if name == "context":
                keys.append(parser.key(":"))
                parser.expect(":", "après la clé du contexte")
            parts.append(parse_type(parser, nesting + 1))
            if not parser.take(","):
                break
        parser.expect(">", "pour fermer le type")
    if name == "function" and parser.take("->"):
        parse_type(parser, nesting + 1)
    return Type(start, name, tuple(parts), tuple(keys))


def _name(parser: "Parser") -> str:
    token = parser.token
    for name in _LONG:
        words = name.split()
        ahead = parser.tokens[parser.place : parser.place + len(words)]
        if [one.text for one in ahead] == words:
            parser.place += len(words)
            return _ALIASES.get(name, name)
    name = _ALIASES.get(token.text, token.text)
    if token.kind != "name" or name not in _SIMPLE:
        raise FeelSyntaxError(
            f"« {token.text} » n'est pas un type : number, string, boolean, date, list…",
            token.start,
        )
    parser.next()
    return name


def belongs(value: Any, type_: Type, run: Run) -> bool:
    """Whether `value` is of this type; null belongs to Null alone."""
    run.spend(1)
    if value is None:
        return type_.name == "null"
    if type_.name == "Any":
        return True
    if KINDS[type(value)] != type_.name:
        return False
    if not type_.parts:
        return True
    if isinstance(value, list):
        return all(item is None or belongs(item, type_.parts[0], run) for item in value)
    if isinstance(value, dict):
        return all(
            key in value and (value[key] is None or belongs(value[key], part, run))
            for key, part in zip(type_.keys, type_.parts, strict=True)
        )
    if isinstance(value, Range):
        ends = (end for end in (value.low, value.high) if end is not None)
        return all(belongs(end, type_.parts[0], run) for end in ends)
    return isinstance(value, Function) and len(value.parameters) == len(type_.parts)


def fit(type_: Type, value: Any, run: Run) -> Any:
    """`value` as a parameter of `type_` takes it: null when it does not belong."""
    if value is None or belongs(value, type_, run):
        return value
    if type_.name == "list":
        return [value] if belongs([value], type_, run) else None
    if isinstance(value, list) and len(value) == 1 and belongs(value[0], type_, run):
        return value[0]
    return None
