"""When someone was faster: say who, and give back everything that was typed."""

from flask import render_template, request
from flask.typing import ResponseReturnValue


def too_late(sentence: str, back: str) -> ResponseReturnValue:
    """A page that loses nothing, with a link to how things stand now."""
    typed = {
        name: [text for text in request.form.getlist(name) if text.strip()]
        for name in request.form
        if not name.startswith(("_", "csrf"))
    }
    page = render_template(
        "inbox/too_late.html",
        sentence=sentence,
        back=back,
        typed={name: texts for name, texts in typed.items() if texts},
    )
    return page, 409
