"""What was filled in on a case, to be read again: the request as filed, then each task.

`data` is the process data as `data_of` gives them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import url_for
from sqlalchemy import select

from engine import definitions
from engine.commands.step import restore
from engine.directory import Person
from engine.documents import Document, digests_in
from engine.models import History, ProcessInstance, UserTask, db
from forms import FileRef, Form, RecapPage
from web import filling
from workflows.territory import lookups

MOST_SHEETS = 30
"""Completed tasks whose answers one page shows; the latest ones."""

AT_ONCE = 500


@dataclass(frozen=True)
class Sheet:
    """The answers to one form. `who` and `at` say who gave them, and when."""

    id: str
    title: str
    pages: list[RecapPage]
    who: str
    at: datetime
    element_id: str = ""


def data_of(case: ProcessInstance) -> dict[str, Any]:
    """The process data, with what open steps see of it; the final ones of a closed case."""
    process = restore(case)
    data = dict(process.data)
    open_steps = [
        *(task.task_id for task in process.user_tasks()),
        *(call.task_id for call in process.calls()),
        *(message.task_id for message in process.subscriptions()),
    ]
    for step in open_steps:
        data |= process.task_data(step)
    return data


def request_of(
    case: ProcessInstance, data: Mapping[str, Any], *, reserved: bool
) -> Sheet | None:
    """The request as it was filed; None when the case began otherwise."""
    start = definitions.model(case.definition_id).start
    form = filling.form_to_start(case.definition_id)
    if start is None or form is None:
        return None
    into = start.properties.get("ebg:into")
    values = data.get(into) if into else data
    if not isinstance(values, Mapping):
        return None
    who = db.session.get(Person, case.started_by) if case.started_by else None
    pages = _recap(case, form, values, {}, reserved=reserved)
    return Sheet("demande", start.name, pages, who.name if who else "", case.started_at)


def answers_of(case: ProcessInstance, data: Mapping[str, Any]) -> list[Sheet]:
    """What people answered in the case's tasks, the latest first."""
    rows = db.session.execute(
        select(UserTask, History.updates, Person.name)
        .join(History, History.task_id == UserTask.id)
        .join(Person, Person.id == UserTask.completed_by)
        .where(UserTask.instance_id == case.id, UserTask.status == "completed")
        .where(History.instance_id == case.id, UserTask.form.is_not(None))
        .order_by(History.seq.desc())
        .limit(MOST_SHEETS)
    )
    return [
        Sheet(
            f"reponses-{task.id}",
            task.name,
            pages,
            who,
            task.completed_at,
            task.element_id,
        )
        for task, updates, who in rows
        if task.completed_at and (pages := _answers(case, task, updates, data))
    ]


def _answers(
    case: ProcessInstance,
    task: UserTask,
    updates: Mapping[str, Any],
    data: Mapping[str, Any],
) -> list[RecapPage]:
    form = filling.form_of(task)
    values = updates.get(task.into, {}) if task.into else updates
    if form is None or not isinstance(values, Mapping):
        return []
    return _recap(case, form, values, data)


def _recap(
    case: ProcessInstance,
    form: Form,
    values: Mapping[str, Any],
    context: Mapping[str, Any],
    *,
    reserved: bool = True,
) -> list[RecapPage]:
    known = _documents(case.id, set(digests_in(values)))

    def url(file: FileRef) -> str:
        document = known.get(file["sha256"])
        return url_for("cases.download", document_id=document) if document else ""

    return form.recap(
        values, context=context, lookups=lookups(), file_url=url, reserved=reserved
    )


def _documents(case_id: UUID, digests: set[str]) -> dict[str, UUID]:
    """The documents of a case that answers name; a long list is asked for by pieces."""
    found, asked = dict[str, UUID](), sorted(digests)
    for first in range(0, len(asked), AT_ONCE):
        rows = db.session.execute(
            select(Document.sha256, Document.id).where(
                Document.instance_id == case_id,
                Document.sha256.in_(asked[first : first + AT_ONCE]),
            )
        )
        found |= {sha256: document_id for sha256, document_id in rows}
    return found
