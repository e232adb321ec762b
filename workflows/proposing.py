"""Ask for a publication and decide on it: what is checked before the engine freezes or lets out."""

from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from engine import definitions, procedure_drafts
from engine.access import Actor
from engine.commands import publication_requests
from engine.models import db
from engine.procedure_drafts import ProcedureDraft, PublicationRequest
from engine.spiff.model import DiagramRefused, Problem
from workflows import lost_answers, publication
from workflows.publication import FolderRefused


class WarningsUnread(Exception):
    """Nothing forbids it, but these warnings must have been read."""

    def __init__(self, warnings: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, warnings)))
        self.warnings = list(warnings)


def ask(draft_id: UUID, comment: str, *, read: bool, actor: Actor) -> UUID:
    """Ask that a draft be published; `read` says that its warnings were. The request's id.

    Raises FolderRefused with every problem, WarningsUnread, and whatever the command does.
    """
    draft = db.session.get_one(ProcedureDraft, draft_id)
    files = procedure_drafts.files(draft_id)
    problems = proposed(draft, files)
    errors = [one for one in problems if one.severity == "error"]
    if errors:
        raise FolderRefused(draft.key, errors)
    if problems and not read:
        raise WarningsUnread(problems)
    return publication_requests.ask(
        draft_id,
        procedure_drafts.digest(files),
        comment,
        [asdict(one) for one in problems],
        actor=actor,
    )


def proposed(draft: ProcedureDraft, files: dict[str, bytes]) -> list[Problem]:
    """Everything to know before asking: the lint, then what running cases would lose."""
    callable_ = definitions.callable_keys(draft.owner_id)
    problems = publication.check(draft.key, files, callable_)
    return [*problems, *lost_answers.warnings(draft, files)]


def accept(request_id: UUID, *, actor: Actor) -> int:
    """Publish what was asked, as it was asked; returns the version.

    Raises FolderRefused when it would no longer run (an operation is gone), and whatever
    the command does.
    """
    asked = db.session.get_one(PublicationRequest, request_id)
    files = procedure_drafts.requested(request_id)
    callable_ = definitions.callable_keys(asked.owner_id)
    problems = publication.check(asked.key, files, callable_)
    errors = [one for one in problems if one.severity == "error"]
    if errors:
        raise FolderRefused(asked.key, errors)
    try:
        whole, model = publication.compiled(asked.key, files)
        return publication_requests.accept(request_id, whole, model, actor=actor)
    except DiagramRefused as refused:
        raise FolderRefused(asked.key, refused.problems) from refused
