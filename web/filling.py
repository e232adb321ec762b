"""Filling in a form, page after page: what is typed is kept, right or wrong.

The same few functions serve a company's request and an officer's task: both write to a
draft, whose files are checked, scanned and stored before anything is written about them.
"""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage

from connectors import ConnectorError, StoredFile
from engine import definitions, directory
from engine.access import Actor
from engine.commands import drafts
from engine.commands.step import restore
from engine.directory import Organisation
from engine.documents import Draft
from engine.models import ProcessInstance, UserTask, db
from forms import FieldError, Form, Reading, uploads
from workflows import geography


def form_of(draft: Draft) -> Form | None:
    """The form that a draft fills in, as it was when the draft began."""
    if draft.task_id is not None:
        return form_of_task(db.session.get_one(UserTask, draft.task_id))
    definition = definitions.model(draft.definition_id)
    return _form(draft.definition_id, definition.start_form)


def form_of_task(task: UserTask) -> Form | None:
    """The form of a task, frozen when the task opened; None when it asks nothing."""
    return _form(task.definition_id, task.form)


@lru_cache(maxsize=256)
def _form(definition_id: UUID, name: str | None) -> Form | None:
    content = definitions.compiled_form(definition_id, name) if name else None
    return Form.from_json(content) if content else None


def context_of(draft: Draft) -> dict[str, Any]:
    """What the form's expressions may read besides the answers."""
    if draft.task_id is not None:
        return context_of_task(db.session.get_one(UserTask, draft.task_id))
    applicant = db.session.get_one(Organisation, draft.organisation_id)
    return {"applicant": directory.describe(applicant)}


def context_of_task(task: UserTask) -> dict[str, Any]:
    """The case's data as the task sees them."""
    instance = db.session.get_one(ProcessInstance, task.instance_id)
    data: dict[str, Any] = restore(instance).task_data(task.id)
    return data


def lookups() -> dict[str, Any]:
    """How codes of the territory are checked and shown."""
    return geography.lookups()


def receive(draft: Draft, *, page: int, actor: Actor, strict: bool) -> Reading:
    """Read one page as posted, keep its files and everything typed, and judge it.

    `strict` judges everything the page asks; otherwise only types, as befits a draft.
    """
    form = form_of(draft)
    if form is None:
        raise LookupError("This draft fills in no form.")
    files, problems = _keep_files(draft, form, actor)
    reading = form.read(
        {name: request.form.getlist(name) for name in request.form},
        previous=draft.values,
        files=files,
        page=page,
        draft=not strict,
        context=context_of(draft),
        lookups=lookups(),
    )
    drafts.save(
        draft.id,
        actor=actor,
        values=reading.values,
        raw=reading.raw,
        page=page,
        rev=request.form.get("_rev", type=int),
    )
    return Reading(
        reading.values, (*problems, *reading.errors), reading.actions, reading.raw
    )


def _keep_files(
    draft: Draft, form: Form, actor: Actor
) -> tuple[Mapping[str, list[dict[str, Any]]], list[FieldError]]:
    """Check, scan and store what was uploaded; the references, and what was refused."""
    kept = defaultdict[str, list[dict[str, Any]]](list)
    refused: list[FieldError] = []
    for name in request.files:
        label = form.label_of(name)
        for upload in request.files.getlist(name):
            if not upload.filename:
                continue
            stored, problems = _keep(upload)
            refused += [FieldError(name, label, problem) for problem in problems]
            if stored is not None:
                drafts.attach(draft.id, stored, kind=name, title=label, actor=actor)
                kept[name].append(
                    {
                        "sha256": stored.sha256,
                        "name": stored.name,
                        "media_type": stored.media_type,
                        "size": stored.size,
                    }
                )
    return kept, refused


def _keep(upload: FileStorage) -> tuple[StoredFile | None, list[str]]:
    """One file, checked and stored; the antivirus is asked with no transaction open."""
    checked = uploads.check(upload.filename or "", upload.stream)
    if checked.problems:
        return None, list(checked.problems)
    db.session.rollback()
    partners = current_app.extensions["partners"]
    try:
        upload.stream.seek(0)
        verdict = partners["antivirus"].scan(upload.stream)
    except ConnectorError:
        return None, [
            _(
                "« %(name)s » n'a pas pu être vérifié par l'antivirus. Réessayez dans "
                "quelques minutes : le reste de votre saisie est gardé.",
                name=checked.name,
            )
        ]
    if not verdict.clean:
        return None, [
            _(
                "« %(name)s » contient un virus (%(threat)s) et n'a pas été gardé. "
                "Choisissez un autre fichier.",
                name=checked.name,
                threat=verdict.threat,
            )
        ]
    upload.stream.seek(0)
    stored = partners["storage"].put(
        upload.stream, name=checked.name, media_type=checked.media_type
    )
    return stored, []
