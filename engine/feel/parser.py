"""Read an expression into a tree: a Pratt parser, operators here, the rest beside.

`parse` reads an expression, `parse_tests` a cell of a decision table.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from itertools import islice
from typing import TypeVar

from engine.feel import brackets, statements, tree
from engine.feel.errors import FeelSyntaxError
from engine.feel.limits import MAX_DEPTH, MAX_NESTING
from engine.feel.names import KnownNames, known
from engine.feel.precedence import COMPARE, INFIX
from engine.feel.tokens import HINTS, Token, in_name, tokenize
from engine.feel.tree import Node
from engine.feel.types import parse_type

T = TypeVar("T")
_BOUNDS = ("<", "<=", ">", ">=", "=", "!=")
# Parts of dates and intervals, whatever the variables are called.
_PARTS = KnownNames(("time offset", "start included", "end included"))
_MOST_ADVISED = 500
_CONSTANTS = {"true": True, "false": False, "null": None}
_WORDS = frozenset(
    ("and", "or", "in", "between", "then", "else", "return", "satisfies", "instance", "of")
)


def parse(source: str, builtins: KnownNames, names: Iterable[str] = ()) -> Node:
    """The tree of an expression. Raises FeelSyntaxError."""
    parser = Parser(source, builtins, names)
    return parser.whole(parser.expression())


def parse_tests(source: str, builtins: KnownNames, names: Iterable[str] = ()) -> Node:
    """The tree of unary tests: `-`, `< 5, > 10`, `not("a", "b")`. Raises FeelSyntaxError."""
    parser = Parser(source, builtins, names)
    return parser.whole(parser.unary_tests())


class Parser:
    """One reading of one text; `builtins` need a parenthesis, other names do not."""

    def __init__(self, source: str, builtins: KnownNames, names: Iterable[str]) -> None:
        self.source = source
        self.tokens = tokenize(source)
        self.place = 0
        self.nesting = 0
        self.in_range = False
        self.builtins = builtins
        self.known = KnownNames(wider=known(frozenset(names)))

    # -- moving along the tokens ------------------------------------------------------

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    def next(self) -> Token:
        token = self.token
        self.place += token.kind != "end"
        return token

    def at(self, *texts: str) -> bool:
        return self.token.kind in {"op", "name"} and self.token.text in texts

    def take(self, *texts: str) -> bool:
        found = self.at(*texts)
        self.place += found
        return found

    def expect(self, text: str, why: str) -> Token:
        if not self.at(text):
            raise self.unexpected(f"on attendait « {text} » {why}")
        return self.next()

    def unexpected(self, wish: str) -> FeelSyntaxError:
        token = self.token
        if token.text == "'":
            return FeelSyntaxError(HINTS["'"], token.start)
        what = "L'expression s'arrête trop tôt"
        if token.kind != "end":
            what = f"« {token.text} » n'a pas de sens ici"
        return FeelSyntaxError(f"{what} : {wish}.", token.start)

    def whole(self, node: Node) -> Node:
        """`node`, once sure that nothing follows and that it is not too deep."""
        if self.token.kind != "end":
            raise self.unexpected(self.advice())
        for part, depth in tree.walk(node):
            if depth > MAX_DEPTH:
                raise FeelSyntaxError("L'expression est trop imbriquée.", part.position)
        return node

    def advice(self) -> str:
        """What to do about a token that nothing expected."""
        before = self.tokens[self.place - 1]
        if before.kind == self.token.kind == "name":
            names = islice((*self.builtins, *self.known), _MOST_ADVISED)
            close = get_close_matches(f"{before.text} {self.token.text}", list(names), n=1)
            if close:
                return f"vouliez-vous « {close[0]} » ?"
        return "l'expression devrait se terminer, ou continuer par and, or, +…"

    # -- unary tests ------------------------------------------------------------------

    def unary_tests(self) -> Node:
        """The tests of a cell."""
        start = self.token.start
        if self.at("-") and self.tokens[self.place + 1].kind == "end":
            self.next()
            return tree.Anything(start)
        if self.at("not") and self.tokens[self.place + 1].text == "(":
            before = self.place
            self.place += 2
            tests = self.tests()
            self.expect(")", "pour fermer not(…)")
            if self.token.kind == "end":
                return tree.Tests(start, tests, negated=True)
            self.place = before  # not(a) and b: an expression like any other
        return tree.Tests(start, self.tests(), negated=False)

    def tests(self) -> tuple[Node, ...]:
        """Tests separated by commas."""
        found = [self.expression()]
        while self.take(","):
            found.append(self.expression())
        return tuple(found)

    # -- expressions ------------------------------------------------------------------

    def expression(self, tightness: int = 0, left: Node | None = None) -> Node:
        """An expression whose operators bind more than `tightness`; `left` is its start."""
        self.nesting += 1
        if self.nesting > MAX_NESTING:
            raise FeelSyntaxError("L'expression est trop imbriquée.", self.token.start)
        left = left or self.prefix()
        while True:
            token = self.token
            binds = INFIX.get(token.text, 0) if token.kind in {"op", "name"} else 0
            if binds <= tightness or (self.in_range and token.text == "["):
                break
            self.next()
            left = self.infix(left, token, binds)
        self.nesting -= 1
        return left

    def free(self, read: Callable[[], T]) -> T:
        """What `read` reads inside brackets, where `[` filters again."""
        before, self.in_range = self.in_range, False
        node = read()
        self.in_range = before
        return node

    def infix(self, left: Node, token: Token, binds: int) -> Node:
        at, operator = left.position, token.text
        if operator == "and":
            return tree.Both(at, (*_terms(tree.Both, left), self.expression(binds)))
        if operator == "or":
            return tree.Either(at, (*_terms(tree.Either, left), self.expression(binds)))
        if operator == "between":
            low = self.expression(COMPARE)
            self.expect("and", "entre les deux bornes de between")
            return tree.Between(at, left, low, self.expression(COMPARE))
        if operator == "in":
            return tree.In(at, left, self.in_tests())
        if operator == "instance":
            self.expect("of", "après instance")
            return tree.InstanceOf(at, left, parse_type(self))
        if operator == "[":
            condition = self.free(self.expression)
            self.expect("]", "pour fermer le filtre")
            return tree.Filter(at, left, condition)
        if operator == "(":
            return statements.call(self, left)
        if operator == ".":
            return tree.Path(at, left, self.member())
        right = self.expression(binds)
        if binds == COMPARE:
            return tree.Comparison(token.start, operator, left, right)
        return tree.Arithmetic(token.start, operator, left, right)

    def in_tests(self) -> tuple[Node, ...]:
        """What follows `in`: one test, or several in parentheses."""
        token = self.token
        if not self.take("("):
            return (self.expression(COMPARE),)
        tests = self.free(self.tests)
        if len(tests) == 1 and self.take(".."):
            first = brackets.interval(self, token, tests[0], low_included=False)
            return (self.expression(COMPARE, first),)
        self.expect(")", "pour fermer la parenthèse")
        if len(tests) > 1:
            return tests
        return (self.expression(COMPARE, tests[0]),)  # it may go on: (a + b).c

    def prefix(self) -> Node:
        token = self.token
        if token.kind in {"number", "string"}:
            self.next()
            return tree.Literal(token.start, token.value)
        if token.kind == "name":
            return self.word()
        reader = _PREFIXES.get(token.text) if token.kind == "op" else None
        if reader is None:
            raise self.unexpected("on attendait une valeur ou une variable")
        self.next()
        return reader(self, token)

    def word(self) -> Node:
        token = self.token
        known = self.known.match(self.tokens, self.place)
        if known is None:
            known = self.builtins.match(self.tokens, self.place)
            if known and self.tokens[self.place + known[1]].text != "(":
                known = None
        if known is not None:
            self.place += known[1]
            return tree.Name(token.start, known[0])
        if token.text in _WORDS:
            raise self.unexpected("on attendait une valeur ou une variable")
        self.next()
        if token.text in _CONSTANTS:
            return tree.Literal(token.start, _CONSTANTS[token.text])
        reader = _STATEMENTS.get(token.text)
        if reader is not None and not (token.text == "function" and not self.at("(")):
            return reader(self, token)
        return tree.Name(token.start, token.text)

    def member(self) -> str:
        """The name after a dot: of several words when it is known."""
        for names in (self.known, _PARTS):
            known = names.match(self.tokens, self.place)
            if known is not None:
                self.place += known[1]
                return known[0]
        if self.token.kind != "name":
            raise self.unexpected("on attendait un nom")
        return self.next().text

    def key(self, *stops: str) -> str:
        """A new name, of one or several words, up to one of `stops`; known from now on."""
        if self.token.kind != "name":
            raise self.unexpected("on attendait un nom")
        start = self.next()
        while in_name(self.token) and not self.at(*stops):
            self.next()
        end = self.tokens[self.place - 1].end
        name = " ".join(self.source[start.start : end].split())
        self.known.add(name)
        return name


def _terms(kind: type[tree.Both | tree.Either], node: Node) -> tuple[Node, ...]:
    return node.terms if isinstance(node, kind) else (node,)


_Reader = Callable[[Parser, Token], Node]
_PREFIXES: dict[str, _Reader] = {
    "-": brackets.negative,
    "@": brackets.at_literal,
    "(": brackets.parenthesis,
    "[": brackets.bracket,
    "]": brackets.open_bracket,
    "{": brackets.context,
    **dict.fromkeys(_BOUNDS, brackets.bound),
}
_STATEMENTS: dict[str, _Reader] = {
    "if": statements.conditional,
    "for": statements.loop,
    "some": statements.quantified,
    "every": statements.quantified,
    "function": statements.definition,
}
