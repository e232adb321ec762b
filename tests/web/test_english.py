"""Every sentence of the pages has its English, with the same blanks to fill in."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from flask import Flask

from tests.conftest import ROOT
from tests.office import open_office
from tests.web.browser import Browser
from web.cases.search import OPERATORS
from web.inbox.reading import BASKETS

TRANSLATIONS = ROOT / "web/translations"
_BLANK = re.compile(r"%\(\w+\)[a-z]")

Id = str | tuple[str, ...]


def english() -> Iterator[tuple[Path, Message]]:
    for file in sorted((TRANSLATIONS / "en").glob("*.po")):
        with file.open("rb") as source:
            yield from ((file, message) for message in read_po(source) if message.id)


def asked() -> set[Id]:
    """What the sources hand to gettext, found as `web.i18n` says, and what they name apart."""
    with (TRANSLATIONS / "babel.cfg").open() as source:
        methods, options = parse_mapping_cfg(source)
    found = extract_from_dir(
        ROOT,
        methods,
        options,
        keywords={**DEFAULT_KEYWORDS, "lazy_gettext": None},
        directory_filter=lambda folder: (
            Path(folder).relative_to(ROOT).parts[:1] in {(), ("web",)}
            and Path(folder).name not in {"static", "assets", "data", "__pycache__"}
        ),
    )
    written = {
        message if isinstance(message, str) else tuple(message[:2])
        for _file, _line, message, *_ in found
    }
    refusals = {
        message
        for _file, _line, message, *_ in extract_from_dir(
            ROOT / "engine", [("**.py", "python")], keywords={"OperationRefused": None}
        )
    }
    baskets = {word for one in BASKETS.values() for word in (one.label, one.empty)}
    return written | refusals | baskets | set(OPERATORS.values())


def said(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else [*message.string]


def test_every_sentence_has_its_english_and_nothing_else_has() -> None:
    known = {
        (message.id if isinstance(message.id, str) else tuple(message.id))
        for _file, message in english()
        if all(said(message)) and not message.fuzzy
    }
    wanted = asked()
    assert len(wanted) > 700, "the sources were read"
    assert not wanted - known, "say it in English, in the .po of its room"
    assert not known - wanted, "no page says this any more"


def test_english_fills_in_the_same_blanks() -> None:
    wrong = []
    for file, message in english():
        french = [message.id] if isinstance(message.id, str) else [*message.id]
        if len(said(message)) != len(french):
            wrong.append((file.name, message.id, "plural forms"))
        for one, other in zip(french, said(message), strict=False):
            blanks, theirs = set(_BLANK.findall(one)), set(_BLANK.findall(other))
            if theirs - blanks - {"%(num)d"} or blanks - theirs:
                wrong.append((file.name, one, other))
    assert not wrong


def test_one_sentence_has_one_english() -> None:
    seen: dict[object, tuple[str, object]] = {}
    for file, message in english():
        key = message.id if isinstance(message.id, str) else tuple(message.id)
        assert key not in seen, (key, seen[key][0], file.name)
        seen[key] = file.name, message.string


def test_the_operator_s_pages_are_read_in_english(app: Flask) -> None:
    olga = Browser(app, open_office().operator)
    olga.post("/preferences", {"locale": "en_GB"})
    page = olga.get("/exploitation/").text
    assert "What needs a hand now." in page
    assert "The journal was not verified" in page
    assert "Calls a minute" in olga.get("/exploitation/partenaires/").text
    assert (
        "Choose cases, then what is to be done"
        in olga.get("/exploitation/travaux/nouveau").text
    )
