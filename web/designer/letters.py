"""The editor of letters: a text with places, and the letter it makes on sample data."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from connectors import Refused
from engine import directory, procedure_drafts
from engine.directory import Organisation
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from forms import markdown
from web.attachments import disposition
from web.auth import guard
from web.designer import editing, samples
from web.partners import partner
from web.security import framed
from workflows import known_data
from workflows.letters import operations as letters
from workflows.letters import sampling

bp = Blueprint("designer_letters", __name__, url_prefix="/concepteur")

BEGINNING = "# Objet du courrier\n\n{{ recipient.name }},\n\nTexte du courrier.\n"
ALWAYS = (
    "case.number",
    "recipient.name",
    "sender.name",
    "sender.service",
    "sender.address",
    "sender.email",
    "sender.phone",
    "format date(today)",
)
"""What every letter may say, whoever composes it."""


@bp.get("/brouillons/<uuid:draft_id>/modifier/<stem>.letter.md")
@guard("see", ProcedureDraft, "draft_id")
def edit(draft_id: UUID, stem: str) -> ResponseReturnValue:
    """The text of a letter, the data it may cite, and how it looks."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    files = procedure_drafts.files(draft_id)
    return editing.show(
        "designer/letter.html",
        draft_id,
        f"{stem}.letter.md",
        urls={
            "preview": url_for(".preview", draft_id=draft_id, stem=stem),
            "samples": url_for("designer_feel.take", draft_id=draft_id),
        },
        beginning=BEGINNING,
        data=_offered(draft, files, stem),
        scenarios=samples.scenarios(files),
    )


@bp.post("/brouillons/<uuid:draft_id>/apercu-courrier/<stem>")
@guard("see", ProcedureDraft, "draft_id")
def preview(draft_id: UUID, stem: str) -> ResponseReturnValue:
    """The letter that an unsaved text makes: a page for a frame, or the PDF."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    source = request.form.get("source", "").replace("\r\n", "\n")
    wrong = list(letters.faults(source.encode(errors="replace")))
    letter, holes, pdf = None, list[str](), b""
    if not wrong:
        try:
            letter, holes = letters.draft(stem, source, _arguments(draft, stem))
            if request.form.get("pdf"):
                pdf = _drawn(letter)
        except Refused as refused:
            wrong += refused.reasons
        except (ValueError, LookupError, TypeError, AttributeError) as reason:
            wrong.append(str(reason))
    if pdf:
        answer = Response(pdf, mimetype="application/pdf")
        name = f"{stem}.pdf"
        answer.headers["Content-Disposition"] = disposition(name, inline=True)
        return framed(answer)
    page = render_template(
        "designer/letter_preview.html",
        letter=letter,
        body=markdown.render(letter["body"], {}) if letter else "",
        holes=holes,
        wrong=wrong,
    )
    return framed(Response(page))


def _arguments(draft: ProcedureDraft, stem: str) -> dict[str, Any]:
    """What `compose` would be given on the data typed; the body's own name and address."""
    try:
        data = orjson.loads(request.form.get("data") or "{}")
    except orjson.JSONDecodeError:
        data = None
    if not isinstance(data, dict):
        raise ValueError("Les données d’exemple ne sont pas un objet JSON.")  # noqa: TRY004
    files = procedure_drafts.files(draft.id)
    found = sampling.arguments(files, draft.key, stem, data)
    owner = db.session.get_one(Organisation, draft.owner_id)
    case = _mapping(data.get("case"))
    case = {"number": "2026-000001", **case}
    case["organisation"] = directory.describe(owner)
    recipient = _mapping(found.get("recipient")) or _mapping(data.get("recipient"))
    return {**found, "case": case, "recipient": recipient or {"name": "Madame, Monsieur"}}


def _mapping(found: Any) -> dict[str, Any]:
    return dict(found) if isinstance(found, Mapping) else {}


def _drawn(letter: Mapping[str, Any]) -> bytes:
    shown = {k: v for k, v in letter.items() if k not in {"kind", "file_name"}}
    made: bytes = partner("rendering").written(**shown)
    return made


def _offered(
    draft: ProcedureDraft, files: Mapping[str, bytes], stem: str
) -> list[dict[str, str]]:
    """The data of the case that the diagram hands to this letter, and those of every one."""
    diagrams = known_data.drawn(files, draft.key)
    known = {one.path: one.source for one in known_data.data(files, diagrams)}
    handed = sampling.handed(files, draft.key, stem)
    found = [{"path": path, "from": "courrier"} for path in ALWAYS]
    for name, source in handed.items():
        inside = [path for path in known if path.startswith(f"{source}.")]
        found += [
            {"path": name + path[len(source) :], "from": known[path]} for path in inside
        ] or [{"path": name, "from": known.get(source, source)}]
    return found
