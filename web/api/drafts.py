"""Drafts of requests: begun, corrected as often as one likes, then filed."""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from flask_babel import gettext as _
from pydantic import Field
from sqlalchemy import select

from engine import subscriptions
from engine.api_keys import REQUESTS_READ, REQUESTS_WRITE
from engine.commands import cases, drafts
from engine.documents import Document, Draft
from engine.models import ProcessDefinition, ProcessInstance, db
from forms import Reading
from web import filling
from web import receiving as files
from web.api import answering, cursors, keyed, receiving, refusals, repeating
from web.api.declaring import IF_MATCH, operation, tell
from web.api.definitions import of_key
from web.api.problems import Fault, Problem, wrong
from web.api.shapes import Key, Listing, Page, Shape
from web.api.telling import CaseInFull, case_in_full

TAG = "Brouillons"

EXAMPLE = {
    "procedure": "grants.investment_aid",
    "values": {"project": {"title": "Chaîne de cintrage"}},
}


class NewRequest(Shape):
    """What a request is made of: the procedure, and the answers to its form."""

    procedure: Key = Field(description="The `key` of a definition.")
    values: dict[str, Any] = Field(description="As the form's JSON Schema says.")
    body: UUID | None = Field(
        None, description="With whom to file, among its `bodies`; its owner by default."
    )


class NewValues(Shape):
    """All the answers to a form, in place of those before."""

    values: dict[str, Any] = Field(description="As the form's JSON Schema says.")


class DraftHead(Shape):
    """A request that is not filed yet."""

    id: UUID
    procedure: str
    version: int
    updated_at: datetime


class DraftInFull(DraftHead):
    """A draft, with its answers and what is still to put right before it is filed."""

    values: dict[str, Any]
    to_correct: list[Fault]


@operation(
    "GET", "/drafts", REQUESTS_READ, tag=TAG, summary="Lister les brouillons",
    about="Les brouillons de l’organisation, le dernier écrit d’abord.",
)  # fmt: skip
def list_drafts(query: Listing) -> Page[DraftHead]:
    """The drafts of the organisation, the latest written first."""
    asked = (
        select(Draft, ProcessDefinition)
        .join(ProcessDefinition, ProcessDefinition.id == Draft.definition_id)
        .where(
            Draft.organisation_id == keyed.key().organisation_id, Draft.task_id.is_(None)
        )
    )
    rows, following = cursors.latest(asked, query, Draft.updated_at, Draft.id)
    items = [_head(draft, definition) for draft, definition, *_ in rows]
    return Page(items=items, next=following)


@operation(
    "POST", "/drafts", REQUESTS_WRITE, tag=TAG, status=201, repeatable=True,
    multipart=True, problems=(404, 413, 503), summary="Commencer une demande", example=EXAMPLE,
    about="Garde les réponses données jusqu’ici ; seuls leurs types sont jugés. Les fichiers viennent dans des parties nommées comme leurs questions (`files.quote`), ou d’avance par `POST /files`.",
)  # fmt: skip
def create_draft(body: NewRequest) -> DraftInFull:
    """Keep the answers so far; only their types are judged.

    Files come as parts named after their questions (`files.quote`), or ahead by
    `POST /files`.
    """
    definition, draft_id = of_key(body.procedure), repeating.new_id()
    reading, values = _read(definition, body.values, draft=True)
    begin(definition, body, values, draft_id)
    return _answered(draft_id, reading)


@operation(
    "GET", "/drafts/{draft_id}", REQUESTS_READ, tag=TAG, problems=(404,),
    summary="Lire un brouillon",
    about="Un brouillon tel qu’il a été gardé ; son `ETag` est ce que demande `PUT`.",
)  # fmt: skip
def get_draft(draft_id: UUID) -> DraftInFull:
    """A draft as it was last kept; its `ETag` is what `PUT` asks for."""
    return _answered(_mine(draft_id).id)


@operation(
    "PUT", "/drafts/{draft_id}", REQUESTS_WRITE, tag=TAG, if_match=True, multipart=True,
    problems=(404, 413, 503), summary="Corriger un brouillon", example={"values": {}},
    about="Met d’autres réponses à la place de toutes celles gardées.",
)  # fmt: skip
def put_draft(draft_id: UUID, body: NewValues) -> DraftInFull:
    """Put other answers in place of all those kept."""
    draft = _mine(draft_id)
    rev = _rev()
    if rev != draft.rev:
        raise refusals.stale()
    definition = db.session.get_one(ProcessDefinition, draft.definition_id)
    reading, values = _read(definition, body.values, draft=True, held=_held(draft_id))
    form = filling.form_to_start(definition.id)
    answering.attach(draft_id, form, values, keyed.actor())
    kept = Reading(values, reading.errors, (), reading.raw)

    def same(_before: Any) -> Reading:
        if db.session.get_one(Draft, draft_id).rev != rev:
            raise refusals.stale()
        return kept

    drafts.save(draft_id, same, actor=keyed.actor(), page=0, rev=rev)
    return _answered(draft_id, reading)


@operation(
    "DELETE", "/drafts/{draft_id}", REQUESTS_WRITE, tag=TAG, status=204, problems=(404,),
    summary="Supprimer un brouillon",
    about="Supprime un brouillon et ses fichiers.",
)  # fmt: skip
def delete_draft(draft_id: UUID) -> None:
    """Throw a draft away, with its files."""
    drafts.abandon(_mine(draft_id).id, actor=keyed.actor())


@operation(
    "POST", "/drafts/{draft_id}/submission", REQUESTS_WRITE, tag=TAG, status=201,
    repeatable=True, problems=(404, 422), summary="Déposer un brouillon",
    about="Dépose un brouillon : la demande garde son identifiant. Tout ce que demande le formulaire est jugé.",
)  # fmt: skip
def submit_draft(draft_id: UUID) -> CaseInFull:
    """File a draft: the request keeps its id. Everything its form asks is judged."""
    known = db.session.get(ProcessInstance, draft_id)
    if known is not None and known.applicant_id == keyed.key().organisation_id:
        return filed(draft_id)  # it was, and its answer was lost
    draft = _mine(draft_id)
    asks = filling.form_to_start(draft.definition_id) is not None
    values = answering.checked(filling.of_draft(draft).judged()) if asks else {}
    case = cases.start(
        draft.definition_id,
        values,
        actor=keyed.actor(),
        applicant_id=draft.organisation_id,
        draft_id=draft_id,
        body_id=draft.body_id,
    )
    return filed(case.id)


def begin(
    definition: ProcessDefinition,
    asked: NewRequest,
    values: answering.Values,
    draft_id: UUID,
) -> UUID:
    """Open a draft of a request, with the files that its values name. Raises Problem."""
    offering = {offer.body.id for offer in subscriptions.offers(definition)}
    if asked.body is not None and asked.body not in offering:
        said = _("Choisissez un des organismes qui proposent cette démarche.")
        fault = Fault(where="body", pointer="/body", message=said)
        raise Problem(422, "unknown-body", errors=[fault])
    actor = keyed.actor()
    form = filling.form_to_start(definition.id)
    drafts.open_for_start(
        definition.id,
        actor=actor,
        organisation_id=keyed.key().organisation_id,
        values=values,
        draft_id=draft_id,
        body_id=asked.body,
    )
    answering.attach(draft_id, form, values, actor)
    return draft_id


def filed(case_id: UUID) -> CaseInFull:
    """What is answered once a request is filed."""
    tell("Location", f"/api/v1/requests/{case_id}")
    case = db.session.get_one(ProcessInstance, case_id)
    return case_in_full(case, keyed.actor())


def _read(
    definition: ProcessDefinition,
    values: answering.Values,
    *,
    draft: bool,
    held: Any = None,
) -> tuple[Reading, answering.Values]:
    """The values as the form reads them. Raises Problem for those it cannot keep."""
    answering.with_files(values, receiving.files())
    form = filling.form_to_start(definition.id)
    context = filling.context_to_start(keyed.key().organisation_id)
    reading = answering.judged(form, values, context, held=held, draft=draft)
    return reading, answering.checked(reading)


def judged(definition: ProcessDefinition, values: answering.Values) -> answering.Values:
    """Clean values, fit to be filed. Raises Problem."""
    return _read(definition, values, draft=False)[1]


def _mine(draft_id: UUID) -> Draft:
    """A draft of a request of the organisation. Raises Problem."""
    return refusals.found(Draft, draft_id, "file")


def _held(draft_id: UUID) -> Any:
    rows = db.session.scalars(select(Document).where(Document.draft_id == draft_id))
    return [files.reference(one) for one in rows]


def _head(draft: Draft, definition: ProcessDefinition) -> DraftHead:
    return DraftHead(
        id=draft.id,
        procedure=definition.key,
        version=definition.version,
        updated_at=draft.updated_at,
    )


def _answered(draft_id: UUID, reading: Reading | None = None) -> DraftInFull:
    draft = db.session.get_one(Draft, draft_id)
    definition = db.session.get_one(ProcessDefinition, draft.definition_id)
    tell("ETag", f'"{draft.rev}"')
    tell("Location", f"/api/v1/drafts/{draft_id}")
    form = filling.form_to_start(definition.id)
    wrong = answering.faults(filling.of_draft(draft).judged()) if form else []
    return DraftInFull(
        **_head(draft, definition).model_dump(), values=dict(draft.values), to_correct=wrong
    )


def _rev() -> int:
    """The revision that the request says it has read. Raises Problem."""
    given = request.headers.get("If-Match", "")
    if not given:
        sentence = _("Donnez dans If-Match l’ETag du brouillon que vous avez lu.")
        raise wrong("if-match-missing", "If-Match", sentence, where="header", status=428)
    if not re.fullmatch(IF_MATCH, given.strip()):
        sentence = _('If-Match : donnez l’ETag tel qu’il a été reçu, ainsi : "3".')
        raise wrong("bad-header", "If-Match", sentence, where="header")
    return int(given.strip().strip('"'))
