"""What an operand may start with: signs, parentheses, lists, intervals, contexts."""

from decimal import Decimal
from typing import TYPE_CHECKING

from engine.feel import moments, tree
from engine.feel.errors import FeelSyntaxError, Undefined
from engine.feel.precedence import COMPARE, INFIX, NEGATE
from engine.feel.tokens import Token
from engine.feel.tree import Node

if TYPE_CHECKING:
    from engine.feel.parser import Parser


def negative(parser: "Parser", token: Token) -> Node:
    operand = parser.expression(NEGATE)
    if isinstance(operand, tree.Literal) and isinstance(operand.value, Decimal):
        return tree.Literal(token.start, -operand.value)
    return tree.Negation(token.start, operand)


def bound(parser: "Parser", token: Token) -> Node:
    if parser.place > 1 and INFIX.get(parser.tokens[parser.place - 2].text, 0) >= COMPARE:
        before = parser.tokens[parser.place - 2]
        if before.text not in {"in", "(", "["}:
            raise FeelSyntaxError(
                f"« {before.text}{token.text} » n'a pas de sens : l'égalité s'écrit avec "
                "un seul =, la différence avec !=.",
                before.start,
            )
    return tree.Bound(token.start, token.text, parser.expression(COMPARE))


def at_literal(parser: "Parser", token: Token) -> Node:
    text = parser.next()
    if text.kind != "string":
        raise FeelSyntaxError('On attendait @"…" (date, heure ou durée).', token.start)
    try:
        return tree.Literal(token.start, moments.read_any(text.value))
    except Undefined as reason:
        raise FeelSyntaxError(f"{reason}.", token.start) from None


def parenthesis(parser: "Parser", token: Token) -> Node:
    node = parser.free(parser.expression)
    if parser.take(".."):
        return interval(parser, token, node, low_included=False)
    parser.expect(")", "pour fermer la parenthèse")
    return node


def bracket(parser: "Parser", token: Token) -> Node:
    if parser.take("]"):
        return tree.ListOf(token.start, ())
    items = [parser.free(parser.expression)]
    if parser.take(".."):
        return interval(parser, token, items[0], low_included=True)
    while parser.take(","):
        items.append(parser.free(parser.expression))
    parser.expect("]", "pour fermer la liste")
    return tree.ListOf(token.start, tuple(items))


def open_bracket(parser: "Parser", token: Token) -> Node:
    low = parser.free(parser.expression)
    parser.expect("..", "entre les deux bornes de l'intervalle")
    return interval(parser, token, low, low_included=False)


def interval(parser: "Parser", token: Token, low: Node, *, low_included: bool) -> Node:
    before, parser.in_range = parser.in_range, True
    high = parser.expression()
    parser.in_range = before
    if not parser.at("]", ")", "["):
        raise parser.unexpected("on attendait ], ) ou [ pour fermer l'intervalle")
    return tree.Interval(token.start, low, high, low_included, parser.next().text == "]")


def context(parser: "Parser", token: Token) -> Node:
    entries: list[tree.Entry] = []
    while not parser.at("}"):
        start = parser.token.start
        if parser.token.kind == "string":
            key = parser.next().value
            parser.known.add(key)
        else:
            key = parser.key(":")
        parser.expect(":", f"après la clé « {key} »")
        if any(entry.key == key for entry in entries):
            raise FeelSyntaxError(f"La clé « {key} » est donnée deux fois.", start)
        entries.append(tree.Entry(start, key, parser.free(parser.expression)))
        if not parser.take(","):
            break
    parser.expect("}", "pour fermer le contexte")
    return tree.ContextOf(token.start, tuple(entries))
