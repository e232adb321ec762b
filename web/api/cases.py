"""Cases of those who handle them: searched, read, and what happened to each."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from engine import search, timeline
from engine.access import readable_documents
from engine.api_keys import CASES_READ
from engine.criteria import Search
from engine.models import ProcessInstance
from engine.search import Place
from engine.timeline import Asked, Event
from web.api import cursors, files, keyed, refusals
from web.api.declaring import operation
from web.api.requests import Message, messages_of
from web.api.shapes import Day, Key, Listing, Page, Shape, plain_text, whole
from web.api.telling import Case, CaseInFull, case, case_in_full
from web.cases import reading
from web.cases import timeline as words
from web.cases.timeline import HUMAN_STEPS, TOLD

TAG = "Dossiers"


Number = Annotated[
    str, plain_text(40), Field(description="As people write it: 26-K7M3-9QX2.")
]
Words = Annotated[
    str, plain_text(100), Field(description="Beginnings of words of the title.")
]
Step = Annotated[str, plain_text(200), Field(description="Where something is waited for.")]
Role = Annotated[str, plain_text(100), Field(description="Who has an open task there.")]


class CasesAsked(Listing):
    """Which cases; what is not given is not asked. Days are those of Paris, both included."""

    number: Number | None = None
    words: Words | None = None
    procedure: Key | None = None
    version: Annotated[int, *whole(1, 1_000_000)] | None = None
    status: Literal["active", "suspended", "completed", "cancelled"] | None = None
    step: Step | None = None
    role: Role | None = None
    filed_from: Day | None = None
    filed_to: Day | None = None
    ended_from: Day | None = None
    ended_to: Day | None = None


class Line(Shape):
    """One line of a case's chronology, in French."""

    at: datetime
    what: str
    who: str
    on_behalf_of: str
    detail: str
    document_id: UUID | None


class Happening(Shape):
    """One thing that happened, for programs: a step that ended, an act, a message, a document."""

    kind: Literal["step", "act", "message", "document"]
    type: str = Field(description="The step's element, the act, the side, or the origin.")
    at: datetime
    name: str
    by: UUID | None
    state: str


@operation(
    "GET", "/cases", CASES_READ, tag=TAG, summary="Chercher des dossiers",
    about="Les dossiers que traitent les rôles de la clé, le dernier d’abord. Une recherche lit une part bornée des dossiers pour chaque page, qui peut être courte : suivez `next` jusqu’à null.",
)  # fmt: skip
def list_cases(query: CasesAsked) -> Page[Case]:
    """The cases that the key's roles handle, the latest first; a page may be short.

    A search reads a bounded part of the cases for each page: follow `next` until it is null.
    """
    after = cursors.read(query.cursor, datetime, UUID)
    asked = Search(
        number=query.number or "",
        title=query.words or "",
        key=query.procedure or "",
        version=query.version,
        status=query.status or "",
        started_from=query.filed_from,
        started_to=query.filed_to,
        ended_from=query.ended_from,
        ended_to=query.ended_to,
        step=query.step or "",
        role=query.role or "",
    )
    place = Place(after[0], after[1]) if after else None
    page = search.page(asked, keyed.actor(), after=place, size=query.limit)
    following = cursors.written(page.after.moment, page.after.id) if page.after else None
    return Page(items=[Case(**case(one)) for one in page.cases], next=following)


@operation(
    "GET", "/cases/{case_id}", CASES_READ, tag=TAG, problems=(404,), summary="Lire un dossier",
    about="Un dossier que traitent les rôles de la clé, ou sur lequel on leur a demandé quelque chose.",
)  # fmt: skip
def get_case(case_id: UUID) -> CaseInFull:
    """A case that the key's roles handle, or of which they were asked something."""
    return case_in_full(_readable(case_id), keyed.actor())


@operation(
    "GET", "/cases/{case_id}/timeline", CASES_READ, tag=TAG, problems=(404,),
    summary="La chronologie d’un dossier",
    about="Ce qui s’est passé, en mots, comme les agents le lisent : le dernier d’abord.",
)  # fmt: skip
def list_case_timeline(case_id: UUID, query: Listing) -> Page[Line]:
    """What happened, in words, as agents read it: the latest first."""
    case = reading.page(_readable(case_id), keyed.actor())
    page = words.page(
        case.case, case.actor, handles=case.handles, after=cursors.begun(query.cursor),
        most=query.limit,
    )  # fmt: skip
    lines = [
        Line(
            at=one.at,
            what=one.what,
            who=one.who,
            on_behalf_of=one.behalf,
            detail=one.detail,
            document_id=one.document,
        )
        for one in page.lines
    ]
    return Page(items=lines, next=cursors.ended(page.after))


@operation(
    "GET", "/cases/{case_id}/events", CASES_READ, tag=TAG, problems=(404,),
    summary="Les événements d’un dossier",
    about="Ce qui s’est passé, pour les programmes : le dernier d’abord. Qui n’est que consulté en voit moins.",
)  # fmt: skip
def list_case_events(case_id: UUID, query: Listing) -> Page[Happening]:
    """What happened, for programs: the latest first. Who only was asked sees fewer kinds."""
    case = reading.page(_readable(case_id), keyed.actor())
    asked = Asked(
        steps=HUMAN_STEPS,
        acts=frozenset(TOLD) if case.handles else None,
        messages=case.handles,
        documents=readable_documents(case.actor, case.case),
    )
    place = timeline.Place.read(cursors.begun(query.cursor))
    page = timeline.page(case.case, asked, place, query.limit)
    return Page(items=list(_happenings(page.events)), next=cursors.ended(page.after))


@operation(
    "GET", "/cases/{case_id}/documents", CASES_READ, tag=TAG, problems=(404,),
    summary="Les documents d’un dossier",
    about="Ceux des documents du dossier que lisent les rôles de la clé, le dernier d’abord.",
)  # fmt: skip
def list_case_documents(
    case_id: UUID, query: files.DocumentsAsked
) -> Page[files.DocumentOfCase]:
    """Those of the case's documents that the key's roles read, the latest first."""
    case = reading.page(_readable(case_id), keyed.actor())
    return files.page_of(case, query.cursor)


@operation(
    "GET", "/cases/{case_id}/messages", CASES_READ, tag=TAG, problems=(404,),
    summary="Les messages d’un dossier",
    about="Les échanges avec le demandeur, pour qui traite le dossier ; rien pour les autres.",
)  # fmt: skip
def list_case_messages(case_id: UUID, query: Listing) -> Page[Message]:
    """The conversation with the applicant, for who handles the case; empty for others."""
    case = reading.page(_readable(case_id), keyed.actor())
    if not case.handles:
        return Page(items=[], next=None)
    return messages_of(case.case, query)


def _readable(case_id: UUID) -> ProcessInstance:
    """A case that the key sees. Raises Problem."""
    return refusals.found(ProcessInstance, case_id)


def _happenings(events: Iterable[Event]) -> Iterable[Happening]:
    for event in events:
        row: Any = event.row
        told: dict[str, Any]
        match event.kind:
            case timeline.STEP:
                told = {"type": row.element_id, "name": row.name, "by": row.by,
                        "state": row.state}  # fmt: skip
            case timeline.ACT:
                told = {"type": row.action, "name": "", "by": row.actor_id, "state": ""}
            case timeline.MESSAGE:
                told = {"type": row.side, "name": "", "by": row.author_id, "state": ""}
            case _:
                told = {"type": row.origin, "name": row.title, "by": row.added_by,
                        "state": ""}  # fmt: skip
        kind: Any = event.kind
        yield Happening(kind=kind, at=event.at, **told)
