"""Take the running cases of an older version to another: tried on all first, then done.

The jobs are those of operations; a designer sees those of their body, and does nothing else
with them.
"""

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from engine import definitions
from engine.commands import jobs, migration
from engine.commands.operations import Operation
from engine.commands.selecting import Selection
from engine.directory import Person
from engine.errors import Busy, OperationRefused
from engine.jobs import OPERATION, RESULTS, TO_DO, Job, JobItem, progress
from engine.models import IS_OPEN, ProcessDefinition, ProcessInstance, UserTask, db
from web.auth import current_actor, guard
from web.designer import reading, words
from web.operate import asking
from web.paging import whole
from web.typed import text

bp = Blueprint("designer_migrating", __name__, url_prefix="/concepteur")
bp.context_processor(lambda: {"words": words, "asking": asking})

PER_PAGE = 50
MOST_REASONS = 20
REFUSALS = (Busy, OperationRefused)


@bp.get("/versions/<uuid:definition_id>/migrer")
@guard("design", ProcessDefinition, "definition_id")
def choose(definition_id: UUID) -> ResponseReturnValue:
    """Which version the cases of this one may follow, and which step becomes which."""
    return _choosing(_version(definition_id), dict(request.args))


@bp.post("/versions/<uuid:definition_id>/migrer")
@guard("design", ProcessDefinition, "definition_id")
def rehearse(definition_id: UUID) -> ResponseReturnValue:
    """Try it on every case, and keep nothing."""
    typed, source = request.form.to_dict(), _version(definition_id)
    try:
        asked = asking.operation(
            {**typed, "act": "migrate", "version": typed.get("to", "")}
        )
        made = jobs.create(
            asking.identifier(text(typed, "job")),
            Selection(definition_id=str(definition_id)),
            asked,
            actor=current_actor(),
            motive=text(typed, "motive"),
            rehearsal=True,
        )
    except REFUSALS as refused:
        return _choosing(source, typed, problem=words.told(refused)), 422
    return redirect(url_for(".show", job_id=made))


@bp.get("/travaux/<uuid:job_id>")
@guard("see", Job, "job_id")
def show(job_id: UUID) -> ResponseReturnValue:
    """How far it has got, why some cases cannot, and what became of each."""
    job = _job(job_id)
    result = request.args.get("resultat", "")
    items = (
        select(JobItem)
        .where(JobItem.job_id == job_id)
        .order_by(JobItem.position)
        .options(joinedload(JobItem.instance))
    )
    if result in {TO_DO, *RESULTS}:
        items = items.where(JobItem.result == result)
    return render_template(
        "designer/migration.html",
        job=job,
        source=_version(UUID(job.selection["definition_id"])),
        target=_version(UUID(job.operation["to"])),
        progress=progress([job])[job_id],
        reasons=_reasons(job_id),
        page=whole(items, PER_PAGE),
        result=result,
        author=db.session.get(Person, job.created_by),
        job_id=uuid4(),
    )


@bp.post("/travaux/<uuid:job_id>/<any(arret, suite):act>")
@guard("see", Job, "job_id")
def turn(job_id: UUID, act: str) -> ResponseReturnValue:
    """Stop it, or let it go on."""
    _job(job_id)
    try:
        (jobs.stop if act == "arret" else jobs.go_on)(job_id, actor=current_actor())
    except REFUSALS as refused:
        flash(words.told(refused), "warning")
    return redirect(url_for(".show", job_id=job_id))


@bp.post("/travaux/<uuid:job_id>/faire")
@guard("see", Job, "job_id")
def perform(job_id: UUID) -> ResponseReturnValue:
    """Do what was tried on every case, once that is over."""
    tried = _job(job_id)
    if not tried.rehearsal or tried.finished_at is None:
        flash(_("Attendez la fin de l’essai à blanc : il dit ce qui arrivera."), "warning")
        return redirect(url_for(".show", job_id=job_id))
    try:
        made = jobs.create(
            asking.identifier(text(request.form, "job")),
            Selection(**tried.selection),
            Operation(**tried.operation),
            actor=current_actor(),
            motive=tried.motive,
        )
    except REFUSALS as refused:
        flash(words.told(refused), "warning")
        return redirect(url_for(".show", job_id=job_id))
    return redirect(url_for(".show", job_id=made))


def _choosing(source: ProcessDefinition, typed: dict[str, str], **more: Any) -> str:
    targets = [one for one in migration.versions(source.key) if one.id != source.id]
    usable = [one for one in targets if one.withdrawn_at is None]
    chosen = next((one for one in targets if str(one.id) == typed.get("to")), None)
    target = chosen or next(iter(usable), None)
    return render_template(
        "designer/migrate.html",
        source=source,
        targets=targets,
        target=target,
        gone=migration.replaceable(source.id, target.id) if target else [],
        suggestions=_mapped(typed) or (
            migration.suggestions(source.id, target.id) if target else {}
        ),
        standing=_standing(source.id),
        names={e.id: e.name for e in definitions.model(source.id).elements.values()},
        places=[e for e in definitions.model(target.id).elements.values() if e.name]
        if target
        else [],
        cases=reading.open_cases([source.id])[source.id],
        typed=typed,
        job_id=uuid4(),
        **more,
    )  # fmt: skip


def _mapped(typed: dict[str, str]) -> dict[str, str]:
    return {n.removeprefix("map-"): v for n, v in typed.items() if n.startswith("map-")}


def _standing(definition_id: UUID) -> dict[str, int]:
    """How many tasks are open at each step, of the first cases that are counted."""
    looked_at = (
        select(ProcessInstance.id)
        .where(
            ProcessInstance.definition_id == definition_id,
            ProcessInstance.status.in_(["active", "suspended"]),
        )
        .limit(reading.MOST_COUNTED)
    )
    rows = db.session.execute(
        select(UserTask.element_id, func.count())
        .where(IS_OPEN, UserTask.instance_id.in_(looked_at))
        .group_by(UserTask.element_id)
    )
    return {element_id: number for element_id, number in rows}


def _reasons(job_id: UUID) -> list[tuple[str, str, int]]:
    """What most cases were told, by result: why they cannot, or what would change."""
    rows = db.session.execute(
        select(JobItem.result, JobItem.note, func.count().label("number"))
        .where(JobItem.job_id == job_id, JobItem.result != TO_DO)
        .group_by(JobItem.result, JobItem.note)
        .order_by(func.count().desc(), JobItem.note)
        .limit(MOST_REASONS)
    )
    return [(result, note, number) for result, note, number in rows]


def _job(job_id: UUID) -> Job:
    """A migration; the other jobs are seen elsewhere."""
    job = db.session.get(Job, job_id)
    if job is None or job.kind != OPERATION or job.operation.get("act") != "migrate":
        abort(404)
    if not job.selection.get("definition_id"):
        abort(404)
    return job


def _version(definition_id: UUID) -> ProcessDefinition:
    return db.session.get(ProcessDefinition, definition_id) or abort(404)
