"""Operations on many cases: chosen, counted, tried, done by the workers, told one by one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from engine import definitions
from engine.commands import jobs, migration, selecting
from engine.commands.operations import Operation
from engine.commands.selecting import Selection
from engine.directory import Person
from engine.errors import OperationRefused
from engine.jobs import OPERATION, RESULTS, TO_DO, Job, JobItem, progress
from engine.models import SUSPENDED, ProcessDefinition, ProcessInstance, UserTask, db
from web.auth import current_actor, guard
from web.cases.search import as_day
from web.operate import asking, reading, words
from web.paging import whole
from web.typed import clean, text

bp = Blueprint("jobs", __name__, url_prefix="/exploitation/travaux")
bp.context_processor(lambda: {"words": words, "asking": asking})

PER_PAGE = 50
MOST_NUMBERS = 2000


@bp.get("/")
@guard("operate")
def index() -> ResponseReturnValue:
    """The jobs, the latest first, and the versions that cases still follow."""
    status = text(request.args, "etat")
    found = select(Job).where(Job.kind == OPERATION)
    if status in asking.STATUSES:
        found = found.where(Job.status == status)
    page = whole(found.order_by(Job.created_at.desc(), Job.id.desc()), PER_PAGE)
    ids = {job.created_by for job in page.items}
    people = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return render_template(
        "operate/jobs.html",
        page=page,
        progress=progress(page.items),
        versions=_followed(),
        names={person_id: name for person_id, name in people},
        status=status,
    )


@bp.get("/nouveau")
@guard("operate")
def new() -> ResponseReturnValue:
    """Choose cases and what to do to them."""
    return _choosing(request.args.to_dict())


@bp.post("/nouveau")
@guard("operate")
def create() -> ResponseReturnValue:
    """Count the cases chosen; start the job once the number was seen."""
    typed = request.form.to_dict()
    try:
        asked, chosen = asking.operation(typed), _selection(typed)
        if "_confirm" not in typed and "_rehearse" not in typed:
            return _choosing(typed, found=_counted(chosen), job_id=uuid4())
        job_id = jobs.create(
            asking.identifier(text(typed, "job")),
            chosen,
            asked,
            actor=current_actor(),
            motive=text(typed, "motive"),
            rehearsal="_rehearse" in typed,
        )
    except OperationRefused as refused:
        return _choosing(typed, problem=words.told(refused)), 422
    return redirect(url_for(".show", job_id=job_id))


@bp.get("/<uuid:job_id>")
@guard("operate")
def show(job_id: UUID) -> ResponseReturnValue:
    """How far a job has got, and what became of each case."""
    return _job_page(_operation(job_id), {})


def _job_page(job: Job, typed: Mapping[str, str], **more: Any) -> str:
    result = request.args.get("resultat", "")
    items = select(JobItem).where(JobItem.job_id == job.id).order_by(JobItem.position)
    if result in {TO_DO, *RESULTS}:
        items = items.where(JobItem.result == result)
    names = _names(job)
    return render_template(
        "operate/job.html",
        named=lambda key: names.get(key) or words.said(words.CAUSES, key),
        job=job,
        progress=progress([job])[job.id],
        page=whole(items, PER_PAGE),
        result=result,
        author=db.session.get(Person, job.created_by),
        version=_version(job.operation.get("to", "")),
        job_id=uuid4(),
        typed=typed,
        acts=reading.told(f"job:{job.id}"),
        **more,
    )


@bp.post("/<uuid:job_id>/<any(abandon, reprise):act>")
@guard("operate")
def settle(job_id: UUID, act: str) -> ResponseReturnValue:
    """Give a job up for good, or ask the same of the cases where it did not succeed."""
    job, motive = _operation(job_id), text(request.form, "motive")
    following = job_id
    try:
        if act == "abandon":
            jobs.cancel(job_id, actor=current_actor(), motive=motive)
        else:
            made = asking.identifier(text(request.form, "job"))
            following = jobs.again(job_id, made, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _job_page(job, clean(request.form), problem=words.told(refused)), 422
    return redirect(url_for(".show", job_id=following))


@bp.post("/<uuid:job_id>/<any(arret, suite):act>")
@guard("operate")
def turn(job_id: UUID, act: str) -> ResponseReturnValue:
    """Stop a job, or let it go on."""
    _operation(job_id)
    try:
        change = jobs.stop if act == "arret" else jobs.go_on
        change(job_id, actor=current_actor())
    except OperationRefused as refused:
        flash(words.told(refused), "warning")
    return redirect(url_for(".show", job_id=job_id))


@bp.post("/<uuid:job_id>/faire")
@guard("operate")
def perform(job_id: UUID) -> ResponseReturnValue:
    """Do what was tried: the same operation, on the cases that the same choice finds now."""
    tried = _operation(job_id)
    try:
        made = jobs.create(
            asking.identifier(text(request.form, "job")),
            Selection(**tried.selection),
            Operation(**tried.operation),
            actor=current_actor(),
            motive=tried.motive,
        )
    except OperationRefused as refused:
        flash(words.told(refused), "warning")
        return redirect(url_for(".show", job_id=job_id))
    return redirect(url_for(".show", job_id=made))


@bp.get("/migration/<uuid:source_id>/<uuid:target_id>")
@guard("operate")
def migrate(source_id: UUID, target_id: UUID) -> ResponseReturnValue:
    """Which step becomes which, before a dry run of the migration."""
    source, target = _version(str(source_id)), _version(str(target_id))
    if source is None or target is None or source.key != target.key:
        abort(404)
    elements = definitions.model(target.id).elements
    rows = db.session.execute(
        select(UserTask.element_id, func.count())
        .join(ProcessInstance, ProcessInstance.id == UserTask.instance_id)
        .where(UserTask.status == "open", ProcessInstance.definition_id == source.id)
        .group_by(UserTask.element_id)
    )
    standing = {element_id: number for element_id, number in rows}
    return render_template(
        "operate/migration.html",
        source=source,
        target=target,
        gone=migration.replaceable(source.id, target.id),
        suggestions=migration.suggestions(source.id, target.id),
        standing=standing,
        names={e.id: e.name for e in definitions.model(source.id).elements.values()},
        places=[e for e in elements.values() if e.name],
        found=_counted(Selection(definition_id=str(source.id))),
    )


def _operation(job_id: UUID) -> Job:
    """A job that an operator asked; those of agents are seen elsewhere."""
    job = db.session.get(Job, job_id)
    if job is None or job.kind != OPERATION:
        abort(404)
    return job


def _choosing(typed: dict[str, str], **more: Any) -> str:
    source = _version(text(typed, "definition_id"))
    model = definitions.model(source.id) if source else None
    return render_template(
        "operate/job_new.html",
        typed=typed,
        versions=_followed(),
        source=source,
        targets=[v for v in migration.versions(source.key) if v != source]
        if source
        else [],
        elements=[e for e in model.elements.values() if e.name] if model else [],
        causes=sorted({cause.name for cause in reading.incidents_by_cause()}),
        stopped=reading.causes_of(text(typed, "cause")),
        **more,
    )


def _selection(typed: dict[str, str]) -> Selection:
    numbers = text(typed, "numbers").upper().replace(",", " ").split()
    if len(numbers) > MOST_NUMBERS:
        raise OperationRefused(
            _("Numéros : 2 000 au plus ; choisissez plutôt une version.")
        )
    definition = text(typed, "definition_id")
    return Selection(
        cause=text(typed, "cause"),
        step_name=text(typed, "step_name"),
        partner=text(typed, "partner"),
        since=_day(text(typed, "since")),
        key=text(typed, "key"),
        definition_id=str(asking.identifier(definition)) if definition else "",
        element_id=text(typed, "element_id"),
        status=_status(text(typed, "status")),
        numbers=tuple(numbers),
    )


def _day(typed: str) -> str:
    found = as_day(typed)
    if typed and found is None:
        raise OperationRefused(
            _("Depuis le : « %(text)s » n’est pas une date.", text=typed)
        )
    return found.isoformat() if found else ""


def _status(typed: str) -> str:
    if typed not in {"", "active", SUSPENDED}:
        raise OperationRefused(_("Choisissez un état de la liste."))
    return typed


def _names(job: Job) -> dict[str, str]:
    """The steps of the version that the job's cases follow, the first if several do."""
    first = db.session.scalars(
        select(ProcessInstance.definition_id)
        .join(JobItem, JobItem.instance_id == ProcessInstance.id)
        .where(JobItem.job_id == job.id)
        .order_by(JobItem.position)
        .limit(1)
    ).first()
    elements = definitions.model(first).elements.values() if first else ()
    return {element.id: element.name for element in elements}


def _counted(chosen: Selection) -> dict[str, Any]:
    """How many cases are chosen, and the first of them."""
    ids = selecting.select_cases(chosen).subquery()
    number = db.session.scalar(select(func.count()).select_from(ids)) or 0
    first = select(ProcessInstance.number).where(
        ProcessInstance.id.in_(selecting.select_cases(chosen).limit(10))
    )
    return {"number": number, "first": list(db.session.scalars(first))}


def _version(definition_id: str) -> ProcessDefinition | None:
    try:
        return db.session.get(ProcessDefinition, UUID(definition_id))
    except ValueError:
        return None


def _followed() -> list[tuple[ProcessDefinition, int, ProcessDefinition]]:
    """The versions that open cases follow, how many there are, and the latest version."""
    rows = db.session.execute(
        select(ProcessInstance.definition_id, func.count())
        .where(ProcessInstance.status.in_(["active", "suspended"]))
        .group_by(ProcessInstance.definition_id)
    )
    counts = {key: number for key, number in rows}
    versions = select(ProcessDefinition).where(ProcessDefinition.id.in_(counts))
    found = [(one, counts[one.id]) for one in db.session.scalars(versions)]
    return sorted(
        ((one, number, _in_service(one)) for one, number in found),
        key=lambda row: (row[0].name, row[0].version),
    )


def _in_service(followed: ProcessDefinition) -> ProcessDefinition:
    """The version that new cases take; the one followed when there is none any more."""
    known = migration.versions(followed.key)
    return next((one for one in known if one.withdrawn_at is None), followed)
