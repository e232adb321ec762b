"""When someone was faster: say who, and give back everything that was typed."""

from collections.abc import Mapping

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from forms import Form

BUSY = _("Quelqu’un d’autre agit ici en ce moment même : réessayez dans un instant.")


def too_late(
    sentence: object,
    back: str,
    form: Form | None = None,
    labels: Mapping[str, object] | None = None,
) -> ResponseReturnValue:
    """A page that loses nothing, with a link to how things stand now.

    With `form`, answers are told as it asks and names them; with `labels`, only those.
    """
    typed = [
        (name, [text for text in request.form.getlist(name) if text.strip()])
        for name in (request.form if labels is None else labels)
        if not name.startswith(("_", "csrf"))
    ]
    page = render_template(
        "inbox/too_late.html",
        sentence=sentence,
        back=back,
        typed=[
            (_label(form, labels, name), _said(form, name, texts))
            for name, texts in typed
            if texts
        ],
    )
    return page, 409


def _label(form: Form | None, labels: Mapping[str, object] | None, name: str) -> object:
    return form.label_of(name) if form else (labels or {}).get(name, name)


def _said(form: Form | None, name: str, texts: list[str]) -> list[str]:
    """The labels of what was chosen; what was typed as it is."""
    columns = {column.key: column for column in form.columns()} if form else {}
    options = columns[name].options if name in columns else ()
    labels = {option.value: option.label for option in options}
    return [labels.get(text, text) for text in texts]
