"""Who may see or do what: the one place that decides.

    actor = actor_for(person_id)
    require(actor, "complete", task)          # raises Forbidden
    db.session.scalars(visible_cases(actor))  # the same rule, as a query

Every view, query, download and command asks here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, or_, select

from engine.directory import (
    ADMINISTRATOR,
    APPLICANT,
    COMPANY,
    OPERATOR,
    PLATFORM,
    Organisation,
    Person,
    holdings_of,
)
from engine.documents import EVERYONE, PARTIES, Document, Draft
from engine.models import DefinitionRole, ProcessDefinition, ProcessInstance, UserTask, db
from engine.vault import VaultDocument

NOT_HANDLING = frozenset({APPLICANT, ADMINISTRATOR, OPERATOR})
"""Roles that do not handle cases."""


class Forbidden(Exception):
    """You may not do this."""


@dataclass(frozen=True)
class Role:
    """A role held today in one organisation."""

    organisation_id: UUID
    organisation_kind: str
    name: str


@dataclass(frozen=True)
class Actor:
    """A person with the roles they hold today. `person_id` is None for a visitor."""

    person_id: UUID | None
    name: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)

    def holds(self, organisation_id: UUID | None, role: str) -> bool:
        """Whether this person has the role in that organisation."""
        return any(
            r.organisation_id == organisation_id and r.name == role for r in self.roles
        )

    def organisations(self, role: str) -> list[UUID]:
        """The organisations in which this person has the role."""
        return [r.organisation_id for r in self.roles if r.name == role]

    @property
    def represented(self) -> list[UUID]:
        """The companies for which this person files or administers."""
        return sorted(
            {
                r.organisation_id
                for r in self.roles
                if r.organisation_kind == COMPANY and r.name in {APPLICANT, ADMINISTRATOR}
            }
        )

    @property
    def administered_bodies(self) -> list[UUID]:
        """The bodies, companies apart, that this person administers."""
        return sorted(
            r.organisation_id
            for r in self.roles
            if r.organisation_kind != COMPANY and r.name == ADMINISTRATOR
        )

    @property
    def handles_cases(self) -> bool:
        """Whether this person has an inbox."""
        return any(r.name not in NOT_HANDLING for r in self.roles)

    @property
    def operates(self) -> bool:
        """Whether this person runs the platform."""
        return any(
            r.name == OPERATOR and r.organisation_kind == PLATFORM for r in self.roles
        )


VISITOR = Actor(None)


def actor_for(person_id: UUID) -> Actor:
    """The person as they stand today. Raises NoResultFound for an unknown person."""
    held = holdings_of(person_id)
    person = held[0].person if held else db.session.get_one(Person, person_id)
    roles = frozenset(Role(h.organisation_id, h.organisation.kind, h.role) for h in held)
    return Actor(person.id, person.name, roles)


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
    held = {r.name for r in actor.roles if r.organisation_id == case.organisation_id}
    held -= NOT_HANDLING
    return bool(held) and bool(held & _roles_of(case.definition_id))


def _roles_of(definition_id: UUID) -> set[str]:
    return set(
        db.session.scalars(
            select(DefinitionRole.role).where(DefinitionRole.definition_id == definition_id)
        )
    )


def _applies(actor: Actor, case: ProcessInstance) -> bool:
    return case.applicant_id is not None and actor.holds(case.applicant_id, APPLICANT)


def _consulted(actor: Actor, case: ProcessInstance) -> bool:
    return bool(
        db.session.scalar(
            select(UserTask.id)
            .where(UserTask.instance_id == case.id, _task_is_mine(actor))
            .limit(1)
        )
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
    return actor.holds(task.organisation_id, task.role)


def _may_claim(actor: Actor, task: UserTask) -> bool:
    return _works_on(actor, task)


def _may_complete(actor: Actor, task: UserTask) -> bool:
    return _works_on(actor, task) and task.assignee_id in {None, actor.person_id}


def _may_release(actor: Actor, task: UserTask) -> bool:
    return _works_on(actor, task) and task.assignee_id == actor.person_id


def _sees_task(actor: Actor, task: UserTask) -> bool:
    return _works_on(actor, task) or _handles(actor, task.instance)


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
    if _handles(actor, case):
        return list(documents)
    if _applies(actor, case):
        theirs = {EVERYONE, PARTIES}
    elif _consulted(actor, case):
        theirs = {EVERYONE}
    else:
        return []
    return [d for d in documents if d.audience in theirs or d.added_by == actor.person_id]


def _starts(actor: Actor, definition: ProcessDefinition) -> bool:
    return definition.withdrawn_at is None and any(
        r.name == definition.start_role
        and (r.name == APPLICANT or r.organisation_id == definition.owner_id)
        for r in actor.roles
    )


def _manages(actor: Actor, organisation: Organisation) -> bool:
    return actor.holds(organisation.id, ADMINISTRATOR) or (
        actor.operates and organisation.kind != COMPANY
    )


def _represents(actor: Actor, organisation: Organisation) -> bool:
    return organisation.id in actor.represented


def _belongs(actor: Actor, organisation: Organisation) -> bool:
    return any(r.organisation_id == organisation.id for r in actor.roles)


_RULES: dict[tuple[type, str], Callable[[Actor, Any], bool]] = {
    (ProcessInstance, "see"): _sees_case,
    (ProcessInstance, "handle"): _handles,
    (ProcessInstance, "write"): lambda a, c: _handles(a, c) or _applies(a, c),
    (ProcessInstance, "withdraw"): _applies,
    (UserTask, "see"): _sees_task,
    (UserTask, "claim"): _may_claim,
    (UserTask, "release"): _may_release,
    (UserTask, "complete"): _may_complete,
    (Draft, "edit"): _edits_draft,
    (Draft, "file"): _files_draft,
    (Document, "read"): _reads_document,
    (ProcessDefinition, "start"): _starts,
    (Organisation, "apply"): lambda a, o: a.holds(o.id, APPLICANT),
    (Organisation, "manage"): _manages,
    (Organisation, "belong"): _belongs,
    (Organisation, "keep"): _represents,
    (Organisation, "brand"): lambda a, o: o.kind != COMPANY and _manages(a, o),
    (VaultDocument, "use"): lambda a, d: d.organisation_id in a.represented,
    (ProcessInstance, "share"): _applies,
    (type(None), "represent"): lambda a, _: bool(a.represented),
    (type(None), "operate"): lambda a, _: a.operates,
    (type(None), "handle"): lambda a, _: a.handles_cases,
    (type(None), "apply"): lambda a, _: bool(a.organisations(APPLICANT)),
}


def _task_is_mine(actor: Actor) -> ColumnElement[bool]:
    return or_(
        false(),
        *(
            and_(UserTask.organisation_id == r.organisation_id, UserTask.role == r.name)
            for r in actor.roles
        ),
    )


def visible_tasks(actor: Actor) -> Select[tuple[UserTask]]:
    """The tasks whose role this person holds: open ones, done ones and withdrawn ones."""
    return select(UserTask).where(_task_is_mine(actor))


def handled_cases(actor: Actor) -> Select[tuple[ProcessInstance]]:
    """The cases of the bodies in which this person has a role of the procedure."""
    handling = [r for r in actor.roles if r.name not in NOT_HANDLING]
    return select(ProcessInstance).where(
        or_(
            false(),
            *(
                and_(
                    ProcessInstance.organisation_id == r.organisation_id,
                    ProcessInstance.definition_id.in_(
                        select(DefinitionRole.definition_id).where(
                            DefinitionRole.role == r.name
                        )
                    ),
                )
                for r in handling
            ),
        )
    )


def own_cases(actor: Actor) -> Select[tuple[ProcessInstance]]:
    """The cases of the companies this person acts for."""
    return select(ProcessInstance).where(
        ProcessInstance.applicant_id.in_(actor.organisations(APPLICANT))
    )
