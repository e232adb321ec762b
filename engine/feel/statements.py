"""Constructs that begin with a word, and calls of functions."""

from functools import partial
from typing import TYPE_CHECKING

from engine.feel import tree
from engine.feel.errors import FeelSyntaxError
from engine.feel.tokens import Token, in_name
from engine.feel.tree import Node
from engine.feel.types import fit, parse_type

if TYPE_CHECKING:
    from engine.feel.parser import Parser


def call(parser: "Parser", function: Node) -> Node:
    arguments: list[Node] = []
    names: list[str] = []
    while not parser.at(")"):
        if _named_argument(parser):
            names.append(parser.key(":"))
            parser.next()
        arguments.append(parser.free(parser.expression))
        if not parser.take(","):
            break
    parser.expect(")", "pour fermer l'appel de la fonction")
    if names and len(names) != len(arguments):
        raise FeelSyntaxError(
            "Nommez tous les arguments de cette fonction, ou aucun.", function.position
        )
    return tree.Call(function.position, function, tuple(arguments), tuple(names))


def _named_argument(parser: "Parser") -> bool:
    place = parser.place
    if parser.token.kind != "name":
        return False
    while in_name(parser.tokens[place]):
        place += 1
    return place > parser.place and parser.tokens[place].text == ":"


def conditional(parser: "Parser", token: Token) -> Node:
    condition = parser.expression()
    parser.expect("then", "après la condition de if")
    yes = parser.expression()
    parser.expect("else", "après then : if va toujours avec then et else")
    return tree.If(token.start, condition, yes, parser.expression())


def loop(parser: "Parser", token: Token) -> Node:
    iterators = _iterators(parser)
    parser.expect("return", "après les listes de for")
    return tree.For(token.start, iterators, parser.expression())


def quantified(parser: "Parser", token: Token) -> Node:
    iterators = _iterators(parser)
    parser.expect("satisfies", f"après les listes de {token.text}")
    body = parser.expression()
    return tree.Quantified(token.start, token.text == "every", iterators, body)


def _iterators(parser: "Parser") -> tuple[tree.Each, ...]:
    found: list[tree.Each] = []
    while True:
        start, name = parser.token.start, parser.key("in")
        parser.expect("in", f"après la variable « {name} »")
        source = parser.expression()
        last = parser.expression() if parser.take("..") else None
        found.append(tree.Each(start, name, source, last))
        if not parser.take(","):
            return tuple(found)


def definition(parser: "Parser", token: Token) -> Node:
    parser.expect("(", "après function")
    parameters: list[str] = []
    fits: list[tree.Fit | None] = []
    while not parser.at(")"):
        name = parser.key(":", ",", ")")
        parameters.append(name)
        fits.append(partial(fit, parse_type(parser)) if parser.take(":") else None)
        if not parser.take(","):
            break
    parser.expect(")", "pour fermer les paramètres")
    if parser.at("external"):
        raise parser.unexpected("les fonctions externes sont refusées")
    body = parser.expression()
    return tree.Lambda(token.start, tuple(parameters), tuple(fits), body)
