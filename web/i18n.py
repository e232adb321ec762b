"""Two languages: the source strings are French, the English catalogue is read from its .po.

Write `_("Bonjour")` in Python and in templates. Each room has its `translations/en/*.po`,
read when the process starts: there is nothing to compile, and a missing entry shows the
French. `pybabel extract -F web/translations/babel.cfg -k lazy_gettext -o all.pot .` lists
the sentences; tests/web/test_english.py fails as long as one has no English.
"""

import io
import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import Flask, request, session
from flask_babel import Babel, format_currency, get_locale
from markupsafe import Markup, escape

LOCALES = {"fr_FR": "Français", "en_GB": "English"}
DEFAULT = "fr_FR"

_QUOTED = re.compile("“([^”]+)”|« ?([^»]+?) ?»")
_ENGLISH = Path(__file__).parent / "translations" / "en"


def init_app(app: Flask) -> None:
    """Choose the language of each request, and give templates `_`, `locale` and `euros`."""
    babel = Babel(app, locale_selector=chosen)
    with app.app_context():
        babel.domain_instance.cache["en_GB", "messages"] = _english()
    app.add_template_filter(euros)
    app.add_template_filter(fr)
    app.add_template_filter(quoted)
    app.jinja_env.globals["locales"] = LOCALES
    app.add_template_global(get_locale, "locale")


def chosen() -> str:
    """The language asked for in the footer; French otherwise, whatever the browser says.

    The procedures are French: a browser's preference must not half-translate them. A program
    has no footer: the API answers in the language that its request asks for.
    """
    if request and request.path.startswith("/api/"):
        return _asked()
    wanted = session.get("locale") if request else None
    return wanted if wanted in LOCALES else DEFAULT


def _asked() -> str:
    codes = {locale[:2]: locale for locale in LOCALES}
    best = request.accept_languages.best_match(list(codes), default=DEFAULT[:2])
    return codes[best or DEFAULT[:2]]


def fr(words: Any) -> Any:
    """Words that procedures have in French alone, said to be French on a page that is not.

    What is not text stays as it is. On an `<option>`, and on what holds nothing else, write
    `lang="fr"` in the template: an attribute or the title of a page cannot hold the mark.
    """
    french = get_locale().language == DEFAULT[:2]
    if french or not isinstance(words, str) or not words.strip():
        return words
    return Markup('<span lang="fr">{}</span>').format(words)


def quoted(sentence: str) -> Any:
    """A sentence of ours; what it quotes is said to be French on a page that is not."""
    if get_locale().language == DEFAULT[:2]:
        return sentence
    said = str(escape(sentence))
    return Markup(  # noqa: S704  escaped just above
        _QUOTED.sub(lambda found: f'“<span lang="fr">{found[1] or found[2]}</span>”', said)
    )


def euros(amount: Decimal | float | None) -> str:
    """An amount as people read it: `1 234,50 €`; nothing for None."""
    return "" if amount is None else str(format_currency(Decimal(str(amount)), "EUR"))


@cache
def _english() -> Translations:
    merged = Catalog("en")
    for file in sorted(_ENGLISH.glob("*.po")):
        with file.open("rb") as source:
            for message in read_po(source, locale="en"):
                if message.id:
                    merged[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, merged)
    compiled.seek(0)
    return Translations(compiled)
