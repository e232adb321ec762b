"""Read an expression into a tree: a Pratt parser, one method a construct.

`parse` reads an expression, `parse_tests` a cell of a decision table.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

from engine.feel import moments, tree
from engine.feel.errors import FeelSyntaxError, Undefined
from engine.feel.limits import MAX_DEPTH, MAX_NESTING
from engine.feel.names import KnownNames
from engine.feel.tokens import Token, tokenize
from engine.feel.tree import Node
from engine.feel.types import parse_type

# How tightly each operator binds; below, what is asked of its operands.
_OR, _AND, _COMPARE, _ADD, _MULTIPLY, _POWER, _NEGATE, _INSTANCE, _POSTFIX = range(1, 10)
_INFIX = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "between", "in"), _COMPARE),
    "+": _ADD,
    "-": _ADD,
    "*": _MULTIPLY,
    "/": _MULTIPLY,
    "**": _POWER,
    "instance": _INSTANCE,
    **dict.fromkeys(("[", "(", "."), _POSTFIX),
}
T = TypeVar("T")
_BOUNDS = ("<", "<=", ">", ">=", "=", "!=")
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
        self.tokens = tokenize(source)
        self.place = 0
        self.nesting = 0
        self.in_range = False
        self.builtins = builtins
        self.known = KnownNames(names)
        self.advised = [*builtins, *self.known]

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
        what = "L'expression s'arrête trop tôt"
        if token.kind != "end":
            what = f"« {token.text} » n'a pas de sens ici"
        return FeelSyntaxError(f"{what} : {wish}.", token.start)

    def whole(self, node: Node) -> Node:
        """`node`, once sure that nothing follows and that it is not too deep."""
        if self.token.kind != "end":
            if self.at("="):
                raise self.unexpected("l'égalité s'écrit avec un seul =")
            raise self.unexpected(
                "l'expression devrait se terminer ou continuer par and, or…"
            )
        for part, depth in tree.walk(node):
            if depth > MAX_DEPTH:
                raise FeelSyntaxError("L'expression est trop imbriquée.", part.position)
        return node

    def advice(self) -> str:
        """What to do about a token that nothing expected."""
        before = self.tokens[self.place - 1]
        if before.kind == self.token.kind == "name":
            close = get_close_matches(f"{before.text} {self.token.text}", self.advised, n=1)
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
            binds = _INFIX.get(token.text, 0) if token.kind in {"op", "name"} else 0
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
            low = self.expression(_COMPARE)
            self.expect("and", "entre les deux bornes de between")
            return tree.Between(at, left, low, self.expression(_COMPARE))
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
            return self.call(left)
        if operator == ".":
            return tree.Path(at, left, self.key())
        right = self.expression(binds)
        if binds == _COMPARE:
            return tree.Comparison(token.start, operator, left, right)
        return tree.Arithmetic(token.start, operator, left, right)

    def in_tests(self) -> tuple[Node, ...]:
        """What follows `in`: one test, or several in parentheses."""
        token = self.token
        if not self.take("("):
            return (self.expression(_COMPARE),)
        tests = self.free(self.tests)
        if len(tests) == 1 and self.take(".."):
            first = self.interval(token, tests[0], low_included=False)
            return (self.expression(_COMPARE, first),)
        self.expect(")", "pour fermer la parenthèse")
        if len(tests) > 1:
            return tests
        return (self.expression(_COMPARE, tests[0]),)  # it may go on: (a + b).c

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

    # -- prefixes ---------------------------------------------------------------------

    def negative(self, token: Token) -> Node:
        operand = self.expression(_NEGATE)
        if isinstance(operand, tree.Literal) and not isinstance(operand.value, str | bool):
            return tree.Literal(
                token.start, None if operand.value is None else -operand.value
            )
        return tree.Negation(token.start, operand)

    def bound(self, token: Token) -> Node:
        if self.place > 1 and _INFIX.get(self.tokens[self.place - 2].text, 0) >= _COMPARE:
            before = self.tokens[self.place - 2]
            if before.text not in {"in", "(", "["}:
                raise FeelSyntaxError(
                    f"« {before.text}{token.text} » n'a pas de sens : l'égalité s'écrit avec "
                    "un seul =, la différence avec !=.",
                    before.start,
                )
        return tree.Bound(token.start, token.text, self.expression(_COMPARE))

    def at_literal(self, token: Token) -> Node:
        text = self.next()
        if text.kind != "string":
            raise FeelSyntaxError('On attendait @"…" (date, heure ou durée).', token.start)
        try:
            return tree.Literal(token.start, moments.read_any(text.value))
        except Undefined as reason:
            raise FeelSyntaxError(f"{reason}.", token.start) from None

    def parenthesis(self, token: Token) -> Node:
        node = self.free(self.expression)
        if self.take(".."):
            return self.interval(token, node, low_included=False)
        self.expect(")", "pour fermer la parenthèse")
        return node

    def bracket(self, token: Token) -> Node:
        if self.take("]"):
            return tree.ListOf(token.start, ())
        items = [self.free(self.expression)]
        if self.take(".."):
            return self.interval(token, items[0], low_included=True)
        while self.take(","):
            items.append(self.free(self.expression))
        self.expect("]", "pour fermer la liste")
        return tree.ListOf(token.start, tuple(items))

    def open_bracket(self, token: Token) -> Node:
        low = self.free(self.expression)
        self.expect("..", "entre les deux bornes de l'intervalle")
        return self.interval(token, low, low_included=False)

    def interval(self, token: Token, low: Node, *, low_included: bool) -> Node:
        before, self.in_range = self.in_range, True
        high = self.expression()
        self.in_range = before
        if not self.at("]", ")", "["):
            raise self.unexpected("on attendait ], ) ou [ pour fermer l'intervalle")
        return tree.Interval(token.start, low, high, low_included, self.next().text == "]")

    def context(self, token: Token) -> Node:
        entries: list[tree.Entry] = []
        outside, self.known = self.known, self.known.copy()
        while not self.at("}"):
            start = self.token.start
            key = self.next().value if self.token.kind == "string" else self.key(":")
            self.expect(":", f"après la clé « {key} »")
            if any(entry.key == key for entry in entries):
                raise FeelSyntaxError(f"La clé « {key} » est donnée deux fois.", start)
            entries.append(tree.Entry(start, key, self.free(self.expression)))
            self.known.add(key)
            if not self.take(","):
                break
        self.expect("}", "pour fermer le contexte")
        self.known = outside
        return tree.ContextOf(token.start, tuple(entries))

    def key(self, *stops: str) -> str:
        """A name of one or several words: after a dot, or before one of `stops`."""
        known = self.known.match(self.tokens, self.place)
        if known is not None and (
            not stops or self.tokens[self.place + known[1]].text in stops
        ):
            self.place += known[1]
            return known[0]
        if self.token.kind != "name":
            raise self.unexpected("on attendait un nom")
        words = [self.next().text]
        while self.token.kind != "end" and self.goes_with(stops):
            words.append(self.next().text)
        return " ".join(words)

    def goes_with(self, stops: tuple[str, ...]) -> bool:
        token = self.token
        if token.text in stops or token.kind not in {"name", "number"}:
            return False
        return bool(stops) or token.text not in _WORDS

    # -- functions and loops ----------------------------------------------------------

    def call(self, function: Node) -> Node:
        arguments: list[Node] = []
        names: list[str] = []
        while not self.at(")"):
            if self.named_argument():
                names.append(self.key(":"))
                self.next()
            arguments.append(self.free(self.expression))
            if not self.take(","):
                break
        self.expect(")", "pour fermer l'appel de la fonction")
        if names and len(names) != len(arguments):
            raise FeelSyntaxError(
                "Nommez tous les arguments de cette fonction, ou aucun.", function.position
            )
        return tree.Call(function.position, function, tuple(arguments), tuple(names))

    def named_argument(self) -> bool:
        place = self.place
        while self.tokens[place].kind in {"name", "number"}:
            place += 1
        return place > self.place and self.tokens[place].text == ":"

    def conditional(self, token: Token) -> Node:
        condition = self.expression()
        self.expect("then", "après la condition de if")
        yes = self.expression()
        self.expect("else", "après then : if va toujours avec then et else")
        return tree.If(token.start, condition, yes, self.expression())

    def loop(self, token: Token) -> Node:
        outside, self.known = self.known, self.known.copy()
        iterators = self.iterators("return")
        self.expect("return", "après les listes de for")
        node = tree.For(token.start, iterators, self.expression())
        self.known = outside
        return node

    def quantified(self, token: Token) -> Node:
        outside, self.known = self.known, self.known.copy()
        iterators = self.iterators("satisfies")
        self.expect("satisfies", f"après les listes de {token.text}")
        body = self.expression()
        self.known = outside
        return tree.Quantified(token.start, token.text == "every", iterators, body)

    def iterators(self, end: str) -> tuple[tree.Each, ...]:
        found: list[tree.Each] = []
        while True:
            start, name = self.token.start, self.key("in")
            self.expect("in", f"après la variable « {name} »")
            source = self.expression()
            last = self.expression() if self.take("..") else None
            found.append(tree.Each(start, name, source, last))
            self.known.add(name)
            if not self.take(","):
                return tuple(found)

    def definition(self, token: Token) -> Node:
        self.expect("(", "après function")
        parameters: list[str] = []
        types: list[tree.Type | None] = []
        outside, self.known = self.known, self.known.copy()
        while not self.at(")"):
            name = self.key(":", ",", ")")
            parameters.append(name)
            types.append(parse_type(self) if self.take(":") else None)
            self.known.add(name)
            if not self.take(","):
                break
        self.expect(")", "pour fermer les paramètres")
        if self.at("external"):
            raise self.unexpected("les fonctions externes sont refusées")
        body = self.expression()
        self.known = outside
        return tree.Lambda(token.start, tuple(parameters), tuple(types), body)


def _terms(kind: type[tree.Both | tree.Either], node: Node) -> tuple[Node, ...]:
    return node.terms if isinstance(node, kind) else (node,)


_Reader = Callable[[Parser, Token], Node]
_PREFIXES: dict[str, _Reader] = {
    "-": Parser.negative,
    "@": Parser.at_literal,
    "(": Parser.parenthesis,
    "[": Parser.bracket,
    "]": Parser.open_bracket,
    "{": Parser.context,
    **dict.fromkeys(_BOUNDS, Parser.bound),
}
_STATEMENTS: dict[str, _Reader] = {
    "if": Parser.conditional,
    "for": Parser.loop,
    "some": Parser.quantified,
    "every": Parser.quantified,
    "function": Parser.definition,
}
