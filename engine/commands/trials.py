"""Keep the story of a trial: one for each person and draft."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from engine import clock, trials
from engine.access import Actor, Forbidden, require
from engine.errors import NotWaiting
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from engine.transaction import lock, transaction
from engine.trials import TrialStory


def tell(
    draft_id: UUID,
    steps: Sequence[Any],
    *,
    actor: Actor,
    seen: int,
    title: str | None = None,
) -> None:
    """Keep other steps of one's trial; a trial that has none begins now.

    `seen` is the `rev` that one was looking at, `title` the scenario that these steps are.
    Raises Forbidden, NotWaiting when the trial went on meanwhile.
    """
    with transaction():
        story = _own(draft_id, actor)
        if story.rev != seen:
            raise NotWaiting
        if not (steps and story.steps) or title is not None:
            story.since = clock.now()
        if title is not None:
            story.title = title
        story.steps, story.rev = list(steps), story.rev + 1
        story.state, story.played = {}, ""
        story.updated_at = clock.now()


def note(
    draft_id: UUID, state: Mapping[str, Any], played: str, *, actor: Actor, seen: int
) -> None:
    """Keep where a trial stands, unless it went on meanwhile. Raises Forbidden."""
    with transaction():
        story = _own(draft_id, actor)
        if story.rev == seen:
            story.state, story.played = dict(state), played


def _own(draft_id: UUID, actor: Actor) -> TrialStory:
    require(actor, "see", lock(ProcedureDraft, draft_id))
    if actor.person_id is None:
        raise Forbidden
    found = trials.of(draft_id, actor.person_id)
    if found is None:
        found = TrialStory(
            draft_id=draft_id, person_id=actor.person_id, title="", steps=[], rev=0,
            since=clock.now(), state={}, played="",
        )  # fmt: skip
        db.session.add(found)
    return found
