"""Who may see or do what: the one place that decides.

    actor = actor_for(person_id)
    require(actor, "complete", task)          # raises Forbidden
    db.session.scalars(handled_cases(actor))  # the same rule, as a query: engine.visible

Every view, query, download and command asks here.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, or_, select

from engine import design_rules, directory_rules
from engine.absences import Absence
from engine.actors import NOT_HANDLING, VISITOR, Actor, Role, actor_for
from engine.asks import CaseRequest
from engine.directory import (
    APPLICANT,
    HEAD_OF_SERVICE,
    PROCESS_DESIGNER,
    Organisation,
)
from engine.documents import EVERYONE, OFFICE, PARTIES, Document, Draft
from engine.jobs import OPERATION, Job
from engine.models import DefinitionRole, ProcessInstance, UserTask, db
from engine.notes import CaseNote
from engine.vault import VaultDocument
from engine.visible import consulted
from engine.webhooks import Webhook
from engine.worklists import SavedView, keeps_role

__all__ = ["NOT_HANDLING", "VISITOR", "Actor", "Role", "actor_for"]
"""Who acts is said elsewhere, and asked for here."""


class Forbidden(Exception):
    """You may not do this."""


def require(actor: Actor, act: str, subject: Any = None) -> None:
    """Raise Forbidden unless `allowed`."""
    if not allowed(actor, act, subject):
        raise Forbidden


def allowed(actor: Actor, act: str, subject: Any = None) -> bool:
    """Whether this person may do `act` on `subject` (a row, or None for the platform)."""
    rule = _RULES.get((type(subject), act))
    if rule is None:
        raise LookupError(f"No rule says who may {act} a {type(subject).__name__}.")
    return actor.person_id is not None and rule(actor, subject)


def _handles(actor: Actor, case: ProcessInstance) -> bool:
    held = {
        r.name
        for r in actor.handling
        if r.organisation_id == case.organisation_id and r.covers(case.key)
    }
    there = bool(held) and case.eliminated_at is None
    return there and bool(held & _roles_of(case.definition_id))


def _roles_of(definition_id: UUID) -> set[str]:
    return set(
        db.session.scalars(
            select(DefinitionRole.role).where(DefinitionRole.definition_id == definition_id)
        )
    )


def _applies(actor: Actor, case: ProcessInstance) -> bool:
    return case.applicant_id is not None and actor.holds(case.applicant_id, APPLICANT)


def _consulted(actor: Actor, case: ProcessInstance) -> bool:
    found = select(ProcessInstance.id).where(
        ProcessInstance.id == case.id, consulted(actor)
    )
    return db.session.scalar(found) is not None


def is_asked(actor: Actor, ask: CaseRequest) -> bool:
    """Whether somebody is asked this: by their name while they act for the body, or by role."""
    if ask.person_id is not None:
        bodies = {r.organisation_id for r in actor.roles}
        return ask.person_id == actor.person_id and ask.organisation_id in bodies
    return any(
        (r.organisation_id, r.name) == (ask.organisation_id, ask.role)
        and r.covers(ask.instance.key)
        for r in actor.roles
    )


def _sees_case(actor: Actor, case: ProcessInstance) -> bool:
    return (
        _handles(actor, case)
        or _applies(actor, case)
        or _consulted(actor, case)
        or _handles_caller(actor, case)
    )


def _handles_caller(actor: Actor, case: ProcessInstance) -> bool:
    """Whoever handles a case follows those that it has called."""
    caller = db.session.get(ProcessInstance, case.parent_id) if case.parent_id else None
    return caller is not None and _handles(actor, caller)


def _works_on(actor: Actor, task: UserTask) -> bool:
    return actor.role_for(task) is not None


def _may_complete(actor: Actor, task: UserTask) -> bool:
    """A signature is given by who holds the role, or by who was delegated to sign."""
    role = actor.role_for(task)
    free = task.assignee_id is None or actor.has_in_hand(task)
    return role is not None and free and (role.signs or not task.signature)


def _may_release(actor: Actor, task: UserTask) -> bool:
    return (_works_on(actor, task) and actor.has_in_hand(task)) or _directs(actor, task)


def _may_snooze(actor: Actor, task: UserTask) -> bool:
    return _works_on(actor, task) and actor.has_in_hand(task)


def _directs(actor: Actor, task: UserTask) -> bool:
    """A task that has a room of its own is no service's: its desks alone have it."""
    directed = task.role not in NOT_HANDLING and not task.page
    return directed and actor.heads(task.organisation_id, task.key)


def _may_assign(actor: Actor, task: UserTask) -> bool:
    """Whoever has a task may hand it over; a head of the body may do so with anyone's."""
    return task.role not in NOT_HANDLING and _may_release(actor, task)


def _sees_task(actor: Actor, task: UserTask) -> bool:
    return _works_on(actor, task) or _directs(actor, task) or _handles(actor, task.instance)


def _edits_draft(actor: Actor, draft: Draft) -> bool:
    if draft.task_id is None:
        return actor.holds(draft.organisation_id, APPLICANT)
    task = db.session.get(UserTask, draft.task_id)
    return task is not None and _may_complete(actor, task)


def _files_draft(actor: Actor, draft: Draft) -> bool:
    """A task's draft starts no case: it is sent by completing the task."""
    return draft.task_id is None and _edits_draft(actor, draft)


def _reads_document(actor: Actor, document: Document) -> bool:
    if document.instance is None:
        return document.draft is not None and _edits_draft(actor, document.draft)
    return bool(readable(actor, document.instance, [document]))


def readable(
    actor: Actor, case: ProcessInstance, documents: Iterable[Document]
) -> list[Document]:
    """Those of a case's documents that this person may read."""
    theirs = audiences(actor, case)
    mine = actor.person_id if theirs else None
    return [
        d
        for d in documents
        if d.audience in theirs or (mine is not None and d.added_by == mine)
    ]


def audiences(actor: Actor, case: ProcessInstance) -> frozenset[str]:
    """For whom the documents of a case are, that this person reads; none to who sees nothing."""
    if _handles(actor, case):
        return frozenset({EVERYONE, PARTIES, OFFICE})
    if _applies(actor, case):
        return frozenset({EVERYONE, PARTIES})
    return frozenset({EVERYONE}) if _consulted(actor, case) else frozenset()


def readable_documents(actor: Actor, case: ProcessInstance) -> Select[tuple[Document]]:
    """The same documents as `readable` gives, as a query."""
    theirs = audiences(actor, case)
    mine = Document.added_by == actor.person_id if theirs else false()
    return select(Document).where(
        Document.instance_id == case.id, or_(Document.audience.in_(theirs), mine)
    )


def _sees_ask(actor: Actor, ask: CaseRequest) -> bool:
    return is_asked(actor, ask) or _handles(actor, ask.instance)


def _edits_note(actor: Actor, note: CaseNote) -> bool:
    return note.author_id == actor.person_id and _handles(actor, note.instance)


def _declares_absences(actor: Actor, organisation: Organisation) -> bool:
    """A head of service of the body, themselves, or its administrator: not an operator."""
    return organisation.id in directed(actor)


def _sees_absence(actor: Actor, absence: Absence) -> bool:
    concerned = actor.person_id in {absence.person_id, absence.deputy_id}
    return concerned or _declares_absences(actor, absence.organisation)


def _ends_absence(actor: Actor, absence: Absence) -> bool:
    own = actor.person_id == absence.person_id
    return own or _declares_absences(actor, absence.organisation)


def _sees_job(actor: Actor, job: Job) -> bool:
    """Operators see operations, and designers their body's migrations; agents' jobs are
    seen by their author and the body's heads.
    """
    if job.kind == OPERATION:
        return actor.operates or actor.holds(job.organisation_id, PROCESS_DESIGNER)
    heads = actor.holds(job.organisation_id, HEAD_OF_SERVICE)
    return actor.person_id == job.created_by or heads


def directed(actor: Actor) -> list[UUID]:
    """The bodies whose agents' absences this person may declare."""
    return sorted({*actor.organisations(HEAD_OF_SERVICE), *actor.administered_bodies})


def _represents(actor: Actor, organisation: Organisation) -> bool:
    return organisation.id in actor.represented


def _belongs(actor: Actor, organisation: Organisation) -> bool:
    return any(r.organisation_id == organisation.id for r in actor.roles)


def _shares_view(actor: Actor, view: SavedView) -> bool:
    """With a role that one holds oneself."""
    handling = view.role not in {None, *NOT_HANDLING}
    return handling and actor.holds(view.organisation_id, view.role or "")


def _sees_view(actor: Actor, view: SavedView) -> bool:
    return view.person_id == actor.person_id or _shares_view(actor, view)


def _inherits_view(actor: Actor, view: SavedView) -> bool:
    """A shared view whose keeper has left is for those of its role, and for the head."""
    if view.role is None or actor.person_id == view.person_id:
        return False
    heads = actor.holds(view.organisation_id, HEAD_OF_SERVICE)
    left = not keeps_role(view)
    return left and (heads or _sees_view(actor, view))


_RULES: dict[tuple[type, str], Callable[[Actor, Any], bool]] = {
    (ProcessInstance, "see"): _sees_case,
    (ProcessInstance, "handle"): _handles,
    (ProcessInstance, "write"): lambda a, c: _handles(a, c) or _applies(a, c),
    (ProcessInstance, "withdraw"): _applies,
    (ProcessInstance, "hold back"): lambda a, c: (
        a.operates or a.heads(c.organisation_id, c.key)
    ),
    (UserTask, "see"): _sees_task,
    (UserTask, "claim"): _works_on,
    (UserTask, "release"): _may_release,
    (UserTask, "assign"): _may_assign,
    (UserTask, "snooze"): _may_snooze,
    (UserTask, "complete"): _may_complete,
    (Absence, "see"): _sees_absence,
    (Absence, "end"): _ends_absence,
    (Job, "see"): _sees_job,
    (Draft, "edit"): _edits_draft,
    (Draft, "file"): _files_draft,
    (Document, "read"): _reads_document,
    (CaseNote, "edit"): _edits_note,
    (CaseRequest, "see"): _sees_ask,
    (CaseRequest, "answer"): is_asked,
    (CaseRequest, "manage"): lambda a, r: _handles(a, r.instance),
    (SavedView, "see"): _sees_view,
    (SavedView, "share"): _shares_view,
    (SavedView, "change"): lambda a, v: v.person_id == a.person_id,
    (SavedView, "take over"): _inherits_view,
    (SavedView, "delete"): lambda a, v: v.person_id == a.person_id or _inherits_view(a, v),
    (Organisation, "apply"): lambda a, o: a.holds(o.id, APPLICANT),
    (Organisation, "belong"): _belongs,
    (Organisation, "declare absences"): _declares_absences,
    (Organisation, "keep"): _represents,
    (Organisation, "be told"): lambda a, o: (
        a.has_key_of(o.id) or directory_rules.manages(a, o)
    ),
    (Webhook, "change"): lambda a, w: allowed(a, "be told", w.organisation),
    (VaultDocument, "use"): lambda a, d: d.organisation_id in a.represented,
    (ProcessInstance, "share"): _applies,
    (type(None), "represent"): lambda a, _: bool(a.represented),
    (type(None), "operate"): lambda a, _: a.operates,
    (type(None), "handle"): lambda a, _: a.handles_cases,
    (type(None), "be replaced"): lambda a, _: (
        a.handles_cases or bool(a.administered_bodies)
    ),
    (type(None), "direct"): lambda a, _: bool(a.organisations(HEAD_OF_SERVICE)),
    (type(None), "apply"): lambda a, _: bool(a.organisations(APPLICANT)),
    **design_rules.RULES,
    **directory_rules.RULES,
}


def add_rules(rules: Mapping[tuple[type, str], Callable[[Actor, Any], bool]]) -> None:
    """Let a domain say who may do what with its own tables. Raises ValueError for a second rule."""
    for asked, rule in rules.items():
        if _RULES.get(asked, rule) is not rule:
            raise ValueError(f"Two rules say who may {asked[1]} a {asked[0].__name__}.")
        _RULES[asked] = rule
