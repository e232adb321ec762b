"""When someone was faster: say who, and give back everything that was typed."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from forms import Form

BUSY = _("Quelqu’un d’autre agit ici en ce moment même : réessayez dans un instant.")


def too_late(sentence: object, back: str, form: Form | None = None) -> ResponseReturnValue:
    """A page that loses nothing, with a link to how things stand now.

    With `form`, answers are told as it asks and names them.
    """
    typed = [
        (name, [text for text in request.form.getlist(name) if text.strip()])
        for name in request.form
        if not name.startswith(("_", "csrf"))
    ]
    page = render_template(
        "inbox/too_late.html",
        sentence=sentence,
        back=back,
        typed=[
            (form.label_of(name) if form else name, _said(form, name, texts))
            for name, texts in typed
            if texts
        ],
    )
    return page, 409


def _said(form: Form | None, name: str, texts: list[str]) -> list[str]:
    """The labels of what was chosen; what was typed as it is."""
    columns = {column.key: column for column in form.columns()} if form else {}
    options = columns[name].options if name in columns else ()
    labels = {option.value: option.label for option in options}
    return [labels.get(text, text) for text in texts]
