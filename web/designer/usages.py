"""Where a name is written in a draft: asked when it is about to change."""

import re
from collections.abc import Iterator
from uuid import UUID

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from engine import procedure_drafts
from engine.procedure_drafts import ProcedureDraft
from web.auth import guard
from web.designer import editing

bp = Blueprint("designer_usages", __name__, url_prefix="/concepteur")

MOST_FOUND = 50
AROUND = 40
"""Characters shown on both sides of a name."""


@bp.post("/brouillons/<uuid:draft_id>/usages")
@guard("see", ProcedureDraft, "draft_id")
def find(draft_id: UUID) -> ResponseReturnValue:
    """The places where a name is written, in the files other than the one that changes it."""
    asked = editing.sent("name", "except")
    name, edited = asked.get("name", ""), asked.get("except", "")
    found = []
    if name:
        for file, content in procedure_drafts.files(draft_id).items():
            if file != edited:
                url = f"/concepteur/brouillons/{draft_id}/modifier/{file}"
                found += [
                    {"file": file, "url": url, "line": line, "text": text}
                    for line, text in _places(name, content.decode(errors="replace"))
                ]
    return jsonify(found=found[:MOST_FOUND])


def _places(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Each line that has the name as a whole word, with what is around it."""
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    for number, line in enumerate(text.splitlines(), 1):
        found = word.search(line)
        if found:
            start, end = max(0, found.start() - AROUND), found.end() + AROUND
            before, after = "…" if start else "", "…" if end < len(line) else ""
            yield number, f"{before}{line[start:end].strip()}{after}"
