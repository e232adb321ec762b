"""The editor of forms, and the form as the applicant will see it, made from an unsaved text."""

import hashlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from engine.procedure_drafts import ProcedureDraft
from forms import FileRef, Form, FormRefused, Reading, compile_form, formats, profile
from forms.compile import common_names
from web.auth import guard
from web.designer import editing
from web.security import framed
from workflows.territory import lookups

bp = Blueprint("designer_forms", __name__, url_prefix="/concepteur")

BEGINNING = """{
  "type": "default",
  "id": "{name}",
  "schemaVersion": 19,
  "components": [
    {"type": "group", "id": "page", "label": "Première page", "components": [
      {"type": "textfield", "id": "question", "key": "question", "label": "Première question"}
    ]}
  ]
}
"""
GOING = ("_next", "_submit")


@bp.get("/brouillons/<uuid:draft_id>/modifier/<stem>.form.json")
@guard("see", ProcedureDraft, "draft_id")
def edit(draft_id: UUID, stem: str) -> ResponseReturnValue:
    """The questions of a form, as fields, as a drawing and as a text."""
    return editing.show(
        "designer/form.html",
        draft_id,
        f"{stem}.form.json",
        urls={"preview": url_for(".preview", draft_id=draft_id)},
        beginning=BEGINNING.replace("{name}", stem),
        profile=_profile(),
    )


@bp.post("/brouillons/<uuid:draft_id>/apercu-formulaire")
@guard("see", ProcedureDraft, "draft_id")
def preview(draft_id: UUID) -> ResponseReturnValue:
    """A page of the form for a frame, with what is typed there: nothing of it is kept.

    What was answered on other pages travels with the page itself.
    """
    source = request.form.get("_source", "")
    try:
        form = compile_form(source.encode(errors="replace"))
    except FormRefused as refused:
        page = render_template("designer/form_refused.html", problems=refused.problems)
        return framed(Response(page))
    values = dict(form.check(_object("_values"), draft=True).values)
    index = min(request.form.get("_page", 0, type=int) % 1000, len(form.pages) - 1)
    reading = None
    if "_shown" in request.form:
        reading = _read(form, values, index)
        values = dict(reading.values)
        index = index if reading.stay or reading.errors else _beside(form, values, index)
    done = reading is not None and "_submit" in request.form and not reading.errors
    page = render_template(
        "designer/form_preview.html",
        view=form.view(index, values, reading=reading, lookups=lookups()),
        recap=form.recap(values, lookups=lookups()) if done else [],
        action=url_for(".preview", draft_id=draft_id),
        source=source,
        values=orjson.dumps(values, default=str).decode(),
        index=index,
    )
    return framed(Response(page))


def _read(form: Form, values: Mapping[str, Any], index: int) -> Reading:
    return form.read(
        {name: request.form.getlist(name) for name in request.form},
        previous=values,
        files=_files(),
        page=index,
        draft=not any(name in request.form for name in GOING),
        lookups=lookups(),
    )


def _beside(form: Form, values: Mapping[str, Any], index: int) -> int:
    """The page that was asked for, before or after this one."""
    visible = [page.index for page in form.visible_pages(values)]
    if "_previous" in request.form:
        return max((i for i in visible if i < index), default=index)
    if "_next" in request.form:
        return min((i for i in visible if i > index), default=index)
    return index


def _files() -> dict[str, list[FileRef]]:
    """What was chosen, described as it would be kept; the bytes are let go."""
    found: dict[str, list[FileRef]] = {}
    for name in request.files:
        for file in request.files.getlist(name):
            if file.filename:
                digest = hashlib.file_digest(file.stream, "sha256")  # type: ignore[arg-type]
                found.setdefault(name, []).append(
                    {
                        "sha256": digest.hexdigest(),
                        "name": file.filename,
                        "media_type": file.mimetype,
                        "size": file.stream.tell(),
                    }
                )
    return found


def _object(name: str) -> dict[str, Any]:
    try:
        found = orjson.loads(request.form.get(name) or "{}")
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _profile() -> dict[str, Any]:
    """What a form may say, for the editors: the lists that publication itself reads."""
    return {
        "version": profile.SCHEMA_VERSION,
        "keys": {kind: sorted(keys) for kind, keys in profile.KEYS.items()},
        "properties": {kind: sorted(names) for kind, names in profile.PROPERTIES.items()},
        "validations": {kind: sorted(v) for kind, v in profile.VALIDATIONS.items()},
        "refused": dict(profile.REFUSED_TYPES),
        "formats": {kind: sorted(found) for kind, found in formats.OF_KIND.items()},
        "autocomplete": sorted(profile.AUTOCOMPLETE),
        "shared": common_names(),
    }
