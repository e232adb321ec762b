"""Filling in a form, page after page: what is typed is kept, right or wrong.

The same functions serve a company's request and an officer's task: both write to a draft,
whose files are checked, scanned and stored before anything is written about them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from flask import abort, request, url_for
from sqlalchemy import select

from engine import definitions, directory, drafting
from engine.access import Actor
from engine.commands import drafts
from engine.commands.step import restore
from engine.directory import Organisation
from engine.documents import Document, Draft
from engine.errors import OperationRefused, StaleDraft
from engine.models import ProcessDefinition, ProcessInstance, UserTask, db
from forms import FileRef, Form, PageView, Reading, RecapPage
from web import receiving, reusing
from workflows.territory import lookups


class Overtaken(StaleDraft):
    """Someone else saved this form meanwhile. `mine` is what was typed over what was seen.

    `rev` is the draft as it was seen, `files` those that came with what was typed.
    """

    def __init__(
        self,
        stale: StaleDraft,
        rev: int,
        mine: Reading,
        files: Mapping[str, Sequence[FileRef]],
    ) -> None:
        super().__init__(stale.who, stale.when)
        self.rev = rev
        self.mine = mine
        self.files = files


@dataclass(frozen=True)
class Filling:
    """A form with what has been answered so far. `values` may still be wrong."""

    form: Form
    values: Mapping[str, Any]
    raw: Mapping[str, Any]
    context: Mapping[str, Any]
    files: Mapping[str, UUID]
    kept: Sequence[tuple[str, str]] = ()

    def page_index(self, number: int) -> int:
        """The page that people call `number`, from 1; 404 when it is not to be shown."""
        visible = [p.index for p in self._visible()]
        if number - 1 not in visible:
            abort(404)
        return number - 1

    def beside(self, index: int, *, back: bool) -> int | None:
        """The visible page after (or before) this one; None at the end."""
        visible = [p.index for p in self._visible()]
        others = [i for i in visible if (i < index if back else i > index)]
        return (max(others) if back else min(others)) if others else None

    def view(self, index: int | None, outcome: Reading | None = None) -> PageView:
        """A page to show, with its errors and what could not be read; all of them for None."""
        outcome = outcome or Reading(dict(self.values), raw=self.raw)
        return self.form.view(
            index,
            outcome.values,
            reading=outcome,
            context=self.context,
            lookups=lookups(),
            file_url=self._file_url,
            kept=self.kept,
        )

    def judged(self) -> Reading:
        """Everything answered, judged as a submission."""
        return self.form.check(self.values, context=self.context, lookups=lookups())

    def recap(self) -> list[RecapPage]:
        """Everything answered, in French."""
        return self.form.recap(
            self.values, context=self.context, lookups=lookups(), file_url=self._file_url
        )

    def wrong_pages(self, judged: Reading) -> list[tuple[int, str, list[str]]]:
        """What is wrong, page by page: (index, label, sentences)."""
        found = []
        for page in self._visible():
            errors = self.form.view(
                page.index, judged.values, reading=judged, context=self.context,
                lookups=lookups(),
            ).errors  # fmt: skip
            here = [e.message for e in errors if e.anchor]
            if here:
                found.append((page.index, page.label, here))
        return found

    def _visible(self) -> tuple[Any, ...]:
        return self.form.visible_pages(self.values, context=self.context)

    def _file_url(self, file: FileRef) -> str:
        document = self.files.get(file["sha256"])
        return url_for("cases.download", document_id=document) if document else ""


def of_draft(draft: Draft) -> Filling:
    """What a draft fills in. 404 when its form asks nothing."""
    task = db.session.get(UserTask, draft.task_id) if draft.task_id else None
    form = form_of(task) if task else form_to_start(draft.definition_id)
    if form is None:
        abort(404)
    rows = db.session.execute(
        select(Document.sha256, Document.id).where(Document.draft_id == draft.id)
    )
    return Filling(
        form,
        draft.values,
        draft.raw,
        context_of(task) if task else context_to_start(draft.organisation_id),
        {sha256: document_id for sha256, document_id in rows},
        reusing.offered(draft.organisation_id, task),
    )


def of_task(task: UserTask, form: Form) -> Filling:
    """A task's form before anyone has typed: what its key holds already, and prefills."""
    context = context_of(task)
    known = context.get(task.into) if task.into else None
    kept = reusing.offered(task.organisation_id, task)
    return Filling(form, form.prefill(known or {}, context), {}, context, {}, kept)


def form_of(task: UserTask) -> Form | None:
    """The form of a task, frozen when the task opened; None when it asks nothing."""
    return _form(task.definition_id, task.form)


def form_to_start(definition_id: UUID) -> Form | None:
    """The form that starts a case of this version."""
    return _form(definition_id, definitions.model(definition_id).start_form)


@lru_cache(maxsize=256)
def _form(definition_id: UUID, name: str | None) -> Form | None:
    content = definitions.compiled_form(definition_id, name) if name else None
    return Form.from_json(content) if content else None


def judged(
    task: UserTask, values: Mapping[str, Any], data: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The same answers for many tasks, judged for the case of one, whose data these are.

    Raises OperationRefused with what does not suit it.
    """
    form = form_of(task)
    if form is None:
        return {}
    found = form.check(values, previous={}, context=data, lookups=lookups())
    if found.errors:
        wrong = " ".join(error.message for error in found.errors)
        raise OperationRefused(f"Vos réponses ne conviennent pas à ce dossier. {wrong}")
    return found.values


def context_of(task: UserTask) -> dict[str, Any]:
    """The case's data as the task sees them; nothing once it is closed."""
    if task.status != "open":
        return {}
    instance = db.session.get_one(ProcessInstance, task.instance_id)
    return dict(restore(instance).task_data(task.id))


def context_to_start(organisation_id: UUID) -> dict[str, Any]:
    """What the form of a new request may read of the organisation that makes it."""
    organisation = db.session.get_one(Organisation, organisation_id)
    return {"applicant": directory.describe(organisation)}


def prefilled(
    definition: ProcessDefinition, organisation: Organisation, known: Mapping[str, Any]
) -> dict[str, Any]:
    """A new request's answers, as far as the directories know them."""
    form = form_to_start(definition.id)
    if form is None:
        return {}
    sources = {**context_to_start(organisation.id), "siret": dict(known)}
    return form.prefill({}, sources)


def receive(draft: Draft, *, index: int | None, actor: Actor, strict: bool) -> Reading:
    """Read one page (all of them for None) as posted, keep its files and everything typed, and judge it.

    `strict` judges everything the page asks; otherwise only types, as befits a draft.
    Raises Overtaken when someone else wrote meanwhile.
    """
    filling = of_draft(draft)
    draft_id = draft.id
    files, refused = receiving.keep_files(draft_id, filling.form, actor)
    reused, gone = reusing.join(draft_id, filling.form, actor)
    files = reusing.together(files, reused)
    held = db.session.scalars(select(Document).where(Document.draft_id == draft_id))
    read = partial(
        filling.form.read,
        {name: request.form.getlist(name) for name in request.form},
        files=files,
        page=index,
        draft=not strict,
        held=[receiving.reference(document) for document in held],
        context=filling.context,
        lookups=lookups(),
    )
    rev = request.form.get("_rev", type=int)
    try:
        reading = drafts.save(
            draft_id,
            lambda kept: read(previous=kept),
            actor=actor,
            page=index or 0,
            rev=rev,
        )
    except StaleDraft as stale:
        seen = seen_at(draft_id, rev or 0)
        raise Overtaken(stale, rev or 0, read(previous=seen), files) from stale
    errors = (*refused, *gone, *reading.errors)
    return Reading(reading.values, errors, reading.actions, reading.raw)


def seen_at(draft_id: UUID, rev: int) -> Mapping[str, Any]:
    """The answers of a draft as someone saw them who opened the form at `rev`."""
    draft = db.session.get_one(Draft, draft_id)
    seen: Mapping[str, Any] = draft.values
    for state in drafting.undone(draft, rev):
        seen = state.values
    return seen
