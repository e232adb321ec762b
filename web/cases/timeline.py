"""What happened to a case, in words: who did what, when, on whose behalf, and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from flask_babel import lazy_gettext as _

from engine import definitions, timeline
from engine.access import Actor, readable_documents
from engine.documents import Document
from engine.journal import JournalEntry
from engine.models import History, ProcessInstance
from engine.timeline import Asked, Event, Place
from web.cases import asking
from web.cases.naming import label, names
from workflows import landmarks

PER_PAGE = 50

HUMAN_STEPS = ("userTask", "manualTask", "startEvent", "endEvent", "receiveTask",
               "boundaryEvent", "intermediateCatchEvent")  # fmt: skip

ATTRIBUTIONS = {
    "task_claimed": (_("« %(step)s » : prise en charge"), "person-check"),
    "task_released": (_("« %(step)s » : remise dans la corbeille"), "arrow-repeat"),
    "task_assigned": (_("« %(step)s » : attribuée"), "person-plus"),
}
PUT_OFF = {
    "task_snoozed": (_("« %(step)s » : reportée"), "clock"),
    "task_resumed": (_("« %(step)s » : reprise"), "clock-history"),
    "task_act_undone": (_("« %(step)s » : acte annulé aussitôt"), "arrow-counterclockwise"),
}
ASKS = {
    "request_sent": ("%(asked)s", "question-circle"),
    "request_reminded": (_("%(asked)s : relance"), "bell"),
    "request_answered": (_("%(asked)s : réponse reçue"), "reply"),
    "request_withdrawn": (_("%(asked)s : retirée"), "x-circle"),
}
NOTES = {
    "note_added": (_("Note ajoutée"), "pencil"),
    "note_edited": (_("Note corrigée"), "pencil"),
    "note_removed": (_("Note supprimée"), "trash"),
}
OPERATORS = {
    "task_skipped": (_("« %(step)s » : étape passée par l’exploitation"), "wrench"),
    "branch_cancelled": (_("« %(step)s » : branche arrêtée par l’exploitation"), "wrench"),
    "token_moved": (_("Dossier déplacé de « %(step)s » à « %(to)s »"), "wrench"),
    "case_cancelled": (_("Dossier arrêté par l’exploitation"), "x-circle"),
    "case_suspended": (_("Dossier suspendu"), "pause-circle"),
    "case_resumed": (_("Dossier repris"), "arrow-repeat"),
    "incidents_retried": (_("Incident : nouvel essai"), "wrench"),
    "incident_retried": (_("Incident : nouvel essai"), "wrench"),
    "incident_answered": (_("Incident : réponse donnée à la main"), "wrench"),
    "step_answered": (_("« %(step)s » : réponse donnée à la main"), "wrench"),
    "case_migrated": (_("Dossier passé à une autre version de la procédure"), "wrench"),
}
EXPORTS = {
    "case_exported": (_("Dossier exporté"), "download"),
    "tracking_secret_made": (_("Code de suivi donné à l’entreprise"), "key"),
    "tracking_secret_revoked": (_("Code de suivi annulé par l’entreprise"), "key"),
    "followed_by_secret": (_("Demande consultée avec son code de suivi"), "eye"),
}

TOLD: Mapping[str, tuple[Any, str]] = {
    **ATTRIBUTIONS, **PUT_OFF, **ASKS, **NOTES, **OPERATORS, **EXPORTS,
}  # fmt: skip

KINDS = {
    "etapes": _("Étapes"),
    "messages": _("Messages"),
    "documents": _("Documents"),
    "decisions": _("Décisions"),
    "demandes": _("Demandes et avis"),
    "attributions": _("Attributions et reports"),
    "exploitation": _("Exploitation"),
}


@dataclass(frozen=True)
class Line:
    """One line of the chronology."""

    what: str
    who: str
    at: datetime
    icon: str
    kind: str = ""
    detail: str = ""
    behalf: str = ""
    document: UUID | None = None
    named: bool = False
    """Whether its words are the name of a step, as the procedure has it."""


@dataclass(frozen=True)
class Page:
    """Lines, the newest first; `after` is where the next page begins, "" at the end."""

    lines: list[Line]
    after: str


def page(
    case: ProcessInstance,
    actor: Actor,
    *,
    handles: bool,
    kind: str = "",
    after: str = "",
    most: int = PER_PAGE,
) -> Page:
    """One page of what somebody may know; only what concerns them for who does not handle."""
    asked = _asked(case, actor, kind) if handles else _concerning(case, actor)
    found = timeline.page(case, asked, Place.read(after), most)
    lines = list(_lines(case, found.events))
    return Page(lines, str(found.after) if found.after else "")


def _asked(case: ProcessInstance, actor: Actor, kind: str) -> Asked:
    documents = readable_documents(actor, case)
    match kind:
        case "etapes":
            return Asked(steps=HUMAN_STEPS)
        case "messages":
            return Asked(messages=True)
        case "documents":
            return Asked(documents=documents)
        case "decisions":
            return Asked(
                steps=HUMAN_STEPS,
                elements=landmarks.decisions_of(case) | {case.outcome or ""},
                documents=documents.where(Document.origin == "office"),
            )
        case "demandes":
            return Asked(acts=frozenset(ASKS))
        case "attributions":
            return Asked(acts=frozenset({**ATTRIBUTIONS, **PUT_OFF}))
        case "exploitation":
            return Asked(acts=frozenset({**OPERATORS, **EXPORTS}))
    acts = frozenset(TOLD)
    return Asked(steps=HUMAN_STEPS, acts=acts, messages=True, documents=documents)


def _concerning(case: ProcessInstance, actor: Actor) -> Asked:
    """What a company may know: its steps and those of the office, letters, messages."""
    applies = actor.holds(case.applicant_id, "applicant")
    documents = readable_documents(actor, case)
    return Asked(steps=HUMAN_STEPS, messages=applies, documents=documents)


def _lines(case: ProcessInstance, events: list[Event]) -> Iterable[Line]:
    behalf = timeline.on_behalf(case, events)
    people = names({*map(_author, events), *behalf.values(), *map(_principal, events)})
    elements = definitions.model(case.definition_id).elements
    for event in events:
        who = people.get(_author(event), "")
        match event.kind:
            case timeline.STEP:
                yield _step(
                    event.row, who, people.get(behalf.get(str(event.row.task_id)), "")
                )
            case timeline.MESSAGE:
                yield Line(
                    gettext("Message de l’entreprise")
                    if event.row.side == "applicant"
                    else gettext("Message du service"),
                    who,
                    event.at,
                    "chat-left-text",
                    detail=_short(event.row.text),
                )
            case timeline.DOCUMENT:
                issued = event.row.origin == "office"
                yield Line(
                    gettext("Courrier émis : %(title)s", title=event.row.title)
                    if issued
                    else gettext("Document reçu : %(title)s", title=event.row.title),
                    who,
                    event.at,
                    "envelope" if issued else "file-earmark",
                    document=event.row.id,
                )
            case _:
                yield _act(event.row, who, people.get(event.row.on_behalf_of, ""), elements)


def _step(row: History, who: str, behalf: str) -> Line:
    edge = row.kind in {"startEvent", "endEvent"}
    dropped = row.state == "cancelled"
    return Line(
        gettext("« %(step)s » (abandonné)", step=row.name) if dropped else row.name,
        who,
        row.ended_at,
        "x-lg" if dropped else "flag" if edge else "check-lg",
        "ok" if edge and not dropped else "",
        behalf=behalf,
        named=not dropped,
    )


def _act(row: JournalEntry, who: str, behalf: str, elements: Mapping[str, Any]) -> Line:
    said, icon = TOLD.get(row.action, (row.action, "journal-text"))
    detail = row.detail
    step = label(elements, str(detail.get("element") or detail.get("target") or ""))
    to = label(elements, str(detail.get("to") or ""))
    asked = asking.TITLES.get(str(detail.get("kind")), lazy_gettext("Demande"))
    motive = str(detail.get("motive") or "")
    told = str(said) % {"step": step, "to": to, "asked": asked} if said else row.action
    return Line(
        told,
        who,
        row.at,
        icon,
        "warn" if row.action in OPERATORS else "",
        gettext("Motif : %(motive)s", motive=motive) if motive else "",
        behalf,
    )


def _author(event: Event) -> UUID | None:
    row = event.row
    match event.kind:
        case timeline.STEP:
            found = row.by
        case timeline.MESSAGE:
            found = row.author_id
        case timeline.DOCUMENT:
            found = row.added_by
        case _:
            found = row.actor_id
    return found  # type: ignore[no-any-return]


def _principal(event: Event) -> UUID | None:
    return event.row.on_behalf_of if event.kind == timeline.ACT else None


def _short(text: str, most: int = 200) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()}…"
