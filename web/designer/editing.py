"""What the editors of a draft's files share: their page, what it tells the browser, JSON."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import orjson
from flask import abort, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale

from engine import procedure_drafts
from engine.access import allowed
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from web.auth import current_actor
from web.designer import phrases
from web.security import relax
from workflows import designing
from workflows.publication import LARGEST_FILE

LARGEST_QUESTION = LARGEST_FILE + 1024 * 1024
"""Bytes of JSON that an editor may send: a file, and the data it is tried on."""


def show(
    template: str,
    draft_id: UUID,
    name: str,
    *,
    urls: Mapping[str, str],
    beginning: str = "",
    **told: Any,
) -> ResponseReturnValue:
    """The page of an editor. 404 for a name that no file of a draft may have.

    `urls` are the addresses its script asks, `beginning` the text of a file that is new,
    and `told` whatever else the script must know.
    """
    if designing.name_fault(name):
        abort(404)
    draft = db.session.get_one(ProcedureDraft, draft_id)
    # The editors of bpmn.io place what they draw by style attributes, and nothing else does.
    relax("style-src-attr", "'unsafe-inline'")
    relax("frame-src", "'self'")
    return render_template(
        template,
        draft=draft,
        name=name,
        held=draft.held_by_another(current_actor().person_id),
        edits=allowed(current_actor(), "edit", draft),
        settings=settings(
            urls={**_urls(draft_id, name), **urls},
            file=name,
            readOnly=not allowed(current_actor(), "edit", draft),
            largest=LARGEST_FILE,
            isNew=name not in [one.name for one in procedure_drafts.listed(draft_id)],
            beginning=beginning,
            **told,
        ),
    )


def settings(*, urls: Mapping[str, str], **told: Any) -> dict[str, Any]:
    """What a page tells its script: addresses, words in the page's language, and more."""
    return {
        "icons": current_app.jinja_env.globals["asset"]("icons.svg"),  # type: ignore[operator]
        "language": str(get_locale())[:2],
        "words": phrases.translated(),
        "urls": dict(urls),
        **told,
    }


def _urls(draft_id: UUID, name: str) -> dict[str, str]:
    return {
        "file": url_for("designer_files.read", draft_id=draft_id, name=name),
        "check": url_for("designer_files.check", draft_id=draft_id),
        "usages": url_for("designer_usages.find", draft_id=draft_id),
    }


def sent(*texts: str) -> dict[str, Any]:
    """The JSON object that came, whose `texts` are texts; 422 for any other thing."""
    request.max_content_length = LARGEST_QUESTION
    try:
        found = orjson.loads(request.get_data() or b"{}")
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict) or not _are_texts(found, texts):
        abort(422)
    return found


def _are_texts(found: Mapping[str, Any], names: Collection[str]) -> bool:
    return all(isinstance(found.get(name, ""), str) for name in names)


def refused(message: str, status: int = 422) -> ResponseReturnValue:
    """A sentence for whoever edits."""
    return jsonify(message=message), status
