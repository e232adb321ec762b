"""Two people on one form: what each changed, put together without losing a word.

The page lists, question by question, what the other changed, by whom and when, and what was
typed here. It is one form, which works without JavaScript: what only one changed is kept by
itself, and where both did, one says whose answer stays.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from engine import clock, drafting
from engine.access import Actor
from engine.commands import drafts
from engine.documents import Document, Draft
from engine.errors import StaleDraft
from engine.models import UserTask, db
from forms import FileRef, Form, Reading
from forms.merging import Answers, Difference, compare, merge
from web import filling, receiving
from web.filling import Overtaken
from workflows.territory import lookups

MINE, THEIRS = "mine", "theirs"
CHOICE = "_keep:"


@dataclass(frozen=True)
class Line:
    """One question on the page, in words; who changed it there last, and when."""

    name: str
    label: str
    before: str
    mine: str
    theirs: str
    who: str
    at: datetime
    conflict: bool
    by_me: bool


def page(
    task: UserTask,
    form: Form,
    draft: Draft,
    mine: Reading,
    *,
    rev: int,
    files: Mapping[str, Sequence[FileRef]],
) -> ResponseReturnValue:
    """What each changed since `rev`, to be put together; 409, with everything typed on it."""
    lines = list(_lines(form, draft, mine, rev))
    answer = render_template(
        "inbox/conflict.html",
        task=task,
        conflicts=[one for one in lines if one.conflict],
        theirs=[one for one in lines if not one.conflict and not one.by_me],
        mine=[one for one in lines if one.by_me],
        who=lines[0].who if lines else "",
        typed=list(_typed(files)),
        base=rev,
        rev=draft.rev,
        choice=CHOICE,
        now=clock.now(),
    )
    return answer, 409


def resolve(task: UserTask, form: Form, draft: Draft, actor: Actor) -> Reading:
    """Keep both people's answers as the page says. Raises Overtaken when it changed again."""
    base = request.form.get("_base", 0, type=int)
    rev = request.form.get("_rev", 0, type=int)
    mine = typed_over(task, form, draft, filling.seen_at(draft.id, base))
    wanted = {
        name.removeprefix(CHOICE): request.form[name]
        for name in request.form
        if name.startswith(CHOICE)
    }

    def read(kept: Mapping[str, Any]) -> Reading:
        seen = Answers(filling.seen_at(draft.id, base), {})
        ours = Answers(mine.values, mine.raw)
        theirs = Answers(kept, draft.raw)
        names = [
            one.name
            for one in compare(seen, ours, theirs)
            if one.by_me or (one.conflict and wanted.get(one.name, MINE) == MINE)
        ]
        merged = merge(ours, theirs, names)
        return Reading(dict(merged.values), raw=merged.raw)

    try:
        return drafts.save(draft.id, read, actor=actor, page=0, rev=rev)
    except StaleDraft as stale:
        raise Overtaken(stale, base, mine, {}) from stale


def typed_over(
    task: UserTask, form: Form, draft: Draft, seen: Mapping[str, Any]
) -> Reading:
    """What was typed here, read over what was seen then."""
    held = db.session.scalars(select(Document).where(Document.draft_id == draft.id))
    return form.read(
        {name: request.form.getlist(name) for name in request.form},
        previous=seen,
        draft=True,
        held=[receiving.reference(document) for document in held],
        context=filling.context_of(task),
        lookups=lookups(),
    )


def _lines(form: Form, draft: Draft, mine: Reading, rev: int) -> Iterator[Line]:
    states = list(drafting.undone(draft, rev))
    seen = Answers(states[-1].values if states else draft.values, {})
    theirs = Answers(draft.values, draft.raw)
    columns = {column.key: column for column in form.columns()}
    for one in compare(seen, Answers(mine.values, mine.raw), theirs):
        who, at = _changed_by(one, draft, states)
        column = columns.get(one.name)
        yield Line(
            name=one.name,
            label=form.label_of(one.name),
            before=_said(column, one.before),
            mine=_said(column, one.mine),
            theirs=_said(column, one.theirs),
            who=who,
            at=at,
            conflict=one.conflict,
            by_me=one.by_me,
        )


def _changed_by(
    one: Difference, draft: Draft, states: Sequence[drafting.State]
) -> tuple[str, datetime]:
    """Who saved this answer as it now is: the latest saving before which it was another."""
    for state in states:
        if Answers(state.values, {}).leaves().get(one.name) != one.theirs:
            return state.who, state.at
    return (states[0].who, states[0].at) if states else ("", draft.updated_at)


def _said(column: Any, value: Any) -> str:
    """An answer as one reads it, whatever its shape; "" when there is none."""
    if value is None or value in ("", []):
        return ""
    if column is not None and not isinstance(value, list):
        path = column.key.split(".")
        nested: Any = value
        for key in reversed(path):
            nested = {key: nested}
        return str(column.show(nested, lookups()))
    if isinstance(value, list):
        options = {o.value: o.label for o in column.options} if column else {}
        return "\n".join(_row(each, options) for each in value)
    return str(value)


def _row(each: Any, options: Mapping[str, str]) -> str:
    if isinstance(each, Mapping):
        if "sha256" in each:
            return str(each.get("name") or "")
        return ", ".join(_row(inner, {}) for inner in each.values() if inner)
    if isinstance(each, list):
        return ", ".join(_row(inner, {}) for inner in each)
    return options.get(str(each), str(each))


def _typed(files: Mapping[str, Sequence[FileRef]]) -> Iterator[tuple[str, str]]:
    """Everything typed, to be sent again with the choice; files by their digest."""
    for name in request.form:
        if not name.startswith(("_", "csrf")):
            for text in request.form.getlist(name):
                yield name, text
    for name, kept in files.items():
        for file in kept:
            yield name, file["sha256"]
