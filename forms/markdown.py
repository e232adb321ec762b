"""Designers' texts as safe HTML: Markdown without HTML, sanitised, with FEEL places.

What an expression gives enters as literal text: it can add neither markup nor links.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from forms import dates, expressions, numbers

_TAGS = {
    "p", "br", "strong", "em", "ul", "ol", "li", "h3", "h4", "h5", "h6", "a", "code", "pre",
    "blockquote", "hr", "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>&~:=\"'$^@/])")
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_BELOW_TITLE = 2
"""A page already has its h1 and the form's page its h2."""


def render(text: str, scope: Mapping[str, Any]) -> Markup:
    """The HTML of a text whose places are filled from a scope."""
    if text.startswith("="):
        return _html(_literal(expressions.evaluate(text, scope)))

    def fill(found: re.Match[str]) -> str:
        return _literal(expressions.evaluate(found[1].strip(), scope))

    return _html(expressions.PLACE.sub(fill, text))


def plain(value: Any) -> str:
    """A computed value as one reads it, in French."""
    match value:
        case None:
            return ""
        case bool():
            return "oui" if value else "non"
        case int() | float() | Decimal():
            return numbers.show(value)
        case str() if dates.iso_day(value):
            return dates.show_date(value)
        case str() if dates.iso_moment(value):
            return dates.show_moment(value)
        case list():
            return ", ".join(map(plain, value))
        case dict():
            return ", ".join(f"{key} : {plain(each)}" for key, each in value.items())
        case _:
            return str(value)


def _literal(value: Any) -> str:
    return _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", plain(value)))


@lru_cache(maxsize=1024)
def _html(source: str) -> Markup:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(source)
    for token in tokens:
        if token.type.startswith("heading_"):
            token.tag = f"h{min(6, int(token.tag[1]) + _BELOW_TITLE)}"
    html = parser.renderer.render(tokens, parser.options, {})
    return Markup(  # noqa: S704  this is what makes it safe
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href"}},
            url_schemes={"https", "mailto", "tel"},
            link_rel="noopener noreferrer",
        )
    )
