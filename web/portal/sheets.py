"""How a sheet of the catalogue is shown: its texts made safe, its codes made words."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import nh3
from flask import current_app, url_for
from markdown_it import MarkdownIt
from markupsafe import Markup

from engine import clock, definitions
from web.portal import offering
from workflows.geography import Commune, Communes, load, load_areas
from workflows.grants.activities import SECTIONS
from workflows.grants.aids import Aid

_DATA = Path(__file__).parents[1] / "data"

# Indented lines are how people lay out plain text, not programs.
_MARKDOWN = MarkdownIt("commonmark", {"html": True, "breaks": True}).disable("code")
TAGS = {"p", "br", "ul", "ol", "li", "strong", "em", "b", "i", "a", "h3", "blockquote"}
_BARE = re.compile(r"(?<![(<\[\"'=\w/])https?://[^\s<>()\[\]\"']+[^\s<>()\[\]\"'.,;:!?]")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[a-z]{2,}", re.IGNORECASE)


def html(text: str) -> Markup:
    """Markdown (or the HTML some origins write) from outside, as HTML that can do no harm.

    Headings become the third level, since they stand below ours; images are left out.
    """
    tokens = _MARKDOWN.parse(_BARE.sub(r"<\g<0>>", text))
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = "h3"
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    return Markup(  # noqa: S704  cleaned just here
        nh3.clean(
            rendered,
            tags=TAGS,
            attributes={"a": {"href"}},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener nofollow",
        )
    )


def contact(text: str) -> Markup:
    """A contact as something to press: an e-mail or web address becomes a link."""
    if _EMAIL.fullmatch(text):
        return Markup('<a href="mailto:{0}">{0}</a>').format(text)
    if re.fullmatch(r"https?://\S+", text):
        return Markup('<a href="{0}" rel="noopener nofollow">{0}</a>').format(text)
    return Markup.escape(text)


def communes() -> Communes | None:
    """The communes of France, or None when the assets were not built."""
    path = current_app.config.get("COMMUNES_FILE", _DATA / "communes.json")
    return load(path) if path.exists() else None


def areas(codes: Iterable[str]) -> list[str]:
    """Area codes as people name them: « DEP-21 » → « Côte-d'Or »; an unknown code as it is."""
    path = _DATA / "territories.json"
    names: Mapping[str, str] = load_areas(path) if path.exists() else {}
    return [names.get(code) or _commune(code) or code for code in codes]


def _commune(code: str) -> str:
    known = communes() if code.startswith("COM-") else None
    found: Commune | None = known.find(code.removeprefix("COM-")) if known else None
    return found.label if found else ""


def activities(codes: Iterable[str]) -> list[str]:
    """Activities as people read them: the sections by their names, the finer levels by code."""
    return [SECTIONS.get(code) or code for code in codes]


def applications(aid: Aid) -> list[tuple[str, str]]:
    """Where the aid can be requested here: the name of each body that offers its procedure
    and the address, without a name when there is one; nothing when it cannot be, or not yet.
    """
    if not aid.procedure_key or (aid.opens_at and aid.opens_at > clock.now()):
        return []
    try:
        definition = definitions.latest(aid.procedure_key)
    except definitions.UnknownProcedure:
        return []
    bodies = offering.bodies(definition)
    if len(bodies) == 1:
        return [("", url_for("portal.start", definition=definition.key))]
    return [
        (
            body.name,
            url_for(
                "portal.start",
                definition=definition.key,
                collectivite=offering.reference(body),
            ),
        )
        for body in bodies
    ]
