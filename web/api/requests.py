"""Requests of a company: filed in one call, followed, answered, withdrawn."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from engine import timeline
from engine.api_keys import REQUESTS_READ, REQUESTS_WRITE
from engine.commands import cases
from engine.conversation import LONGEST, CaseMessage
from engine.models import ProcessInstance, db
from engine.timeline import Asked, Place
from web.api import cursors, files, keyed, receiving, refusals, repeating
from web.api import tasks as task_operations
from web.api.declaring import operation
from web.api.definitions import of_key
from web.api.drafts import EXAMPLE, NewRequest, NewValues, begin, filed, judged
from web.api.problems import Problem
from web.api.shapes import Key, Listing, Page, Shape, words
from web.api.telling import Case, CaseInFull, case, case_in_full
from web.cases import reading

TAG = "Demandes"


class RequestsAsked(Listing):
    """Which requests."""

    procedure: Key | None = None
    status: Literal["active", "suspended", "completed", "cancelled"] | None = None


class Message(Shape):
    """A message between the applicant and the office."""

    id: UUID
    side: Literal["applicant", "officer"]
    author: str
    text: str
    sent_at: datetime


class NewMessage(Shape):
    """A message to send."""

    text: Annotated[str, words(LONGEST)]


class Withdrawal(Shape):
    """Why a request is given up."""

    reason: Annotated[str, words(2000)]


@operation(
    "GET", "/requests", REQUESTS_READ, tag=TAG, summary="Lister les demandes",
    about="Les demandes déposées par l’organisation, la dernière d’abord.",
)  # fmt: skip
def list_requests(query: RequestsAsked) -> Page[Case]:
    """The requests that the organisation has filed, the latest first."""
    row = ProcessInstance
    asked = select(row).where(row.applicant_id == keyed.key().organisation_id)
    if query.procedure:
        asked = asked.where(row.key == query.procedure)
    if query.status:
        asked = asked.where(row.status == query.status)
    rows, following = cursors.latest(asked, query, row.started_at, row.id)
    return Page(items=[Case(**case(one)) for one, *_ in rows], next=following)


@operation(
    "POST", "/requests", REQUESTS_WRITE, tag=TAG, status=201, repeatable=True,
    multipart=True, problems=(404, 413, 503), summary="Déposer une demande", example=EXAMPLE,
    about="Dépose une demande en un appel : tout ce que demande son formulaire est jugé, puis un dossier commence. Les fichiers viennent dans des parties nommées comme leurs questions (`files.quote`), ou d’avance par `POST /files`. Donnez un `Idempotency-Key` : demandée deux fois, elle est déposée une fois.",
)  # fmt: skip
def create_request(body: NewRequest) -> CaseInFull:
    """File a request in one call: everything its form asks is judged, then a case begins.

    Files come as parts named after their questions (`files.quote`), or ahead by
    `POST /files`. Give an `Idempotency-Key`: asked twice, it is filed once.
    """
    definition, draft_id = of_key(body.procedure), repeating.new_id()
    if db.session.get(ProcessInstance, draft_id) is not None:
        return filed(draft_id)  # it was, and its answer was lost
    values = judged(definition, body.values)
    begin(definition, body, values, draft_id)
    cases.start(
        definition.id,
        values,
        actor=keyed.actor(),
        applicant_id=keyed.key().organisation_id,
        draft_id=draft_id,
        body_id=body.body,
    )
    return filed(draft_id)


@operation(
    "GET", "/requests/{request_id}", REQUESTS_READ, tag=TAG, problems=(404,),
    summary="Suivre une demande",
    about="Où en est une demande : ses étapes, ce qui est attendu de qui, comment elle a été décidée.",
)  # fmt: skip
def get_request(request_id: UUID) -> CaseInFull:
    """Where a request stands: its stages, what is awaited of whom, how it was decided."""
    return case_in_full(_mine(request_id), keyed.actor())


@operation(
    "GET", "/requests/{request_id}/messages", REQUESTS_READ, tag=TAG, problems=(404,),
    summary="Lire les messages",
    about="Les échanges avec le service, le dernier message d’abord.",
)  # fmt: skip
def list_messages(request_id: UUID, query: Listing) -> Page[Message]:
    """The conversation with the office, the latest message first."""
    return messages_of(_mine(request_id), query)


@operation(
    "POST", "/requests/{request_id}/messages", REQUESTS_WRITE, tag=TAG, status=204,
    repeatable=True, problems=(404, 409), summary="Écrire un message",
    example={"text": "Le devis est joint."},
    about="Écrit à ceux qui traitent la demande.",
)  # fmt: skip
def send_message(request_id: UUID, body: NewMessage) -> None:
    """Write to those who handle the request."""
    cases.write_message(_mine(request_id).id, body.text, actor=keyed.actor())


@operation(
    "GET", "/requests/{request_id}/documents", REQUESTS_READ, tag=TAG, problems=(404,),
    summary="Lister les documents d’une demande",
    about="Ce qui a été envoyé, et ce que le service a émis : accusés de réception, courriers, décisions.",
)  # fmt: skip
def list_request_documents(
    request_id: UUID, query: files.DocumentsAsked
) -> Page[files.DocumentOfCase]:
    """What was sent, and what the office issued: acknowledgements, letters, decisions."""
    page = reading.page(_mine(request_id), keyed.actor())
    return files.page_of(page, query.cursor)


@operation(
    "POST", "/requests/{request_id}/tasks/{task_id}", REQUESTS_WRITE, tag=TAG, status=204,
    repeatable=True, multipart=True, problems=(404, 409, 413, 423, 503),
    summary="Répondre à ce qui est attendu", example={"values": {}},
    about="Répond à une tâche de la demande qui attend le demandeur (voir `awaited`).",
)  # fmt: skip
def answer_request(request_id: UUID, task_id: UUID, body: NewValues) -> None:
    """Answer a task of the request that awaits the applicant (see `awaited`)."""
    found = task_operations.readable(task_id)
    if found.instance_id != _mine(request_id).id:
        raise Problem(404, "unknown")
    task_operations.complete(found, body.values, receiving.files())


@operation(
    "POST", "/requests/{request_id}/withdrawal", REQUESTS_WRITE, tag=TAG, status=204,
    repeatable=True, problems=(404, 409), summary="Retirer une demande",
    example={"reason": "Le projet est abandonné."},
    about="Renonce à une demande, tant que sa procédure le permet.",
)  # fmt: skip
def withdraw_request(request_id: UUID, body: Withdrawal) -> None:
    """Give a request up, as long as its procedure allows it."""
    found = _mine(request_id)
    if not cases.withdraw(found.id, actor=keyed.actor(), reason=body.reason):
        sentence = _("Il est trop tard pour retirer cette demande.")
        raise Problem(409, "too-late", sentence)


def messages_of(found: ProcessInstance, query: Listing) -> Page[Message]:
    """The conversation of a case, the latest message first."""
    place = Place.read(cursors.begun(query.cursor))
    page = timeline.page(found, Asked(messages=True), place, query.limit)
    items = [_message(event.row) for event in page.events]
    return Page(items=items, next=cursors.ended(page.after))


def _message(row: CaseMessage) -> Message:
    side: Any = row.side
    return Message(
        id=row.id, side=side, author=row.author.name, text=row.text, sent_at=row.sent_at
    )


def _mine(request_id: UUID) -> ProcessInstance:
    """A request of the organisation. Raises Problem."""
    found = refusals.found(ProcessInstance, request_id)
    if found.applicant_id != keyed.key().organisation_id:
        raise Problem(404, "unknown")
    return found
