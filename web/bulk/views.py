"""The same act on many tasks: shown before, done in the background, told one by one."""

from typing import Any
from uuid import UUID, uuid4

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from engine import clock
from engine.commands import jobs, task_jobs
from engine.commands.task_jobs import ASSIGN, COMPLETE, SNOOZE, TaskAct
from engine.directory import HEAD_OF_SERVICE, Person
from engine.errors import OperationRefused
from engine.jobs import RESULTS, TASKS, TO_DO, Job, JobItem, progress
from engine.models import db
from forms import Reading
from web.auth import current_actor, guard
from web.bulk import reading
from web.bulk.reading import ACTS, TITLES, Preview
from web.cases.reading import names
from web.inbox import around
from web.inbox.asking import LONGEST_QUERY
from web.paging import bounded, whole
from web.people import acting, moments
from web.security import safe
from web.typed import page_number, text

bp = Blueprint("bulk", __name__, url_prefix="/lots")

PER_PAGE = 50


@bp.get("/")
@guard("handle")
def index() -> ResponseReturnValue:
    """The jobs one started, and those of the agents one directs, the latest first."""
    latest = (Job.created_at.desc(), Job.id.desc())
    page = bounded(
        _mine(*latest),
        select(Job).order_by(*latest),
        id=Job.id,
        page=page_number(),
        per_page=PER_PAGE,
    )
    return render_template(
        "bulk/index.html",
        page=page,
        progress=progress(page.items),
        titles=TITLES,
        people=names({job.created_by for job in page.items}),
    )


@bp.post("/apercu")
@guard("handle")
def preview() -> ResponseReturnValue:
    """What would become of each of the tasks chosen; nothing is done."""
    act = ACTS.get(request.form.get("acte", ""))
    ids = _whole_list() or reading.chosen_ids(request.form.getlist("tache"))
    if act is None or not ids:
        flash(
            _("Cochez au moins une tâche, puis choisissez ce que vous voulez en faire."),
            "warning",
        )
        return redirect(_back())
    return _previewed(reading.preview(act, ids, current_actor()), ids)


@bp.post("/")
@guard("handle")
def start() -> ResponseReturnValue:
    """Start what was previewed; what is wrong is said with everything that was typed."""
    act = ACTS.get(request.form.get("acte", "")) or abort(400)
    ids = reading.chosen_ids(request.form.getlist("tache"))
    actor = current_actor()
    shown = reading.preview(act, ids, actor)
    answers = None
    if shown.form is not None:
        submitted = "_submit" in request.form
        answers = reading.read(shown.form, strict=submitted)
        if answers.stay or not submitted:
            return _previewed(shown, ids, answers), 422 if answers.errors else 200
    asked, errors = _asked(shown, answers)
    if errors or shown.problem or (answers and answers.errors):
        return _previewed(shown, ids, answers, errors), 422
    try:
        job_id = task_jobs.create(
            _job_id(),
            [line.task.id for line in shown.lines],
            asked,
            actor=actor,
            motive=text(request.form, "motif"),
        )
    except OperationRefused as refused:
        return _previewed(shown, ids, answers, {"": _(str(refused))}), 422
    return redirect(url_for(".show", job_id=job_id))


@bp.get("/<uuid:job_id>")
@guard("see", Job, "job_id")
def show(job_id: UUID) -> ResponseReturnValue:
    """How far a job has got, and what became of each task."""
    job = _of_tasks(job_id)
    result = request.args.get("resultat", "")
    items = select(JobItem).where(JobItem.job_id == job_id).order_by(JobItem.position)
    if result in {TO_DO, *RESULTS}:
        items = items.where(JobItem.result == result)
    items = items.options(joinedload(JobItem.instance))
    author = db.session.get(Person, job.created_by)
    return render_template(
        "bulk/progress.html" if request.headers.get("HX-Request") else "bulk/show.html",
        job=job,
        title=TITLES[job.operation["act"]],
        progress=progress([job])[job_id],
        page=whole(items, PER_PAGE),
        result=result,
        author=author,
    )


@bp.post("/<uuid:job_id>/<any(arret, suite):act>")
@guard("see", Job, "job_id")
def turn(job_id: UUID, act: str) -> ResponseReturnValue:
    """Stop a job, or let it go on."""
    _of_tasks(job_id)
    try:
        change = jobs.stop if act == "arret" else jobs.go_on
        change(job_id, actor=current_actor())
    except OperationRefused as refused:
        flash(_(str(refused)), "warning")
    return redirect(url_for(".show", job_id=job_id))


def _mine(*latest: Any) -> list[Select[UUID]]:
    """One's own, then those of each body that one directs: each a range of an index."""
    actor = current_actor()
    ids, mine = select(Job.id).where(Job.kind == TASKS), Job.created_by == actor.person_id
    of_bodies = [
        ids.where(Job.organisation_id == body, ~mine)
        for body in actor.organisations(HEAD_OF_SERVICE)
    ]
    return [one.order_by(*latest) for one in (ids.where(mine), *of_bodies)]


def _of_tasks(job_id: UUID) -> Job:
    job = db.session.get(Job, job_id)
    if job is None or job.kind != TASKS:
        abort(404)
    return job


def _asked(shown: Preview, answers: Reading | None) -> tuple[TaskAct, dict[str, str]]:
    """What the form asks, and what is wrong with it by field."""
    errors, form = dict[str, str](), request.form
    to, until = tuple[str, ...](), ""
    if shown.needs_motive and not text(form, "motif"):
        errors["motif"] = _(
            "Motif : dites en une phrase pourquoi ces tâches changent de mains."
        )
    if shown.act == ASSIGN:
        able = {str(person.id) for person, _load, _away in shown.people}
        to = tuple(one for one in form.getlist("a") if one in able)
        if not to:
            errors["a"] = _("Attribuer à : cochez au moins une personne.")
    if shown.act == SNOOZE:
        try:
            moment = moments.start(text(form, "jusqu_au"))
        except moments.Unreadable:
            errors["jusqu_au"] = _(
                "Reporter au : indiquez un jour, par exemple 31/12/2026."
            )
        else:
            until = moment.isoformat()
            if moment <= clock.now():
                errors["jusqu_au"] = _(
                    "Reporter au : choisissez un jour à venir, à partir de demain."
                )
    event = form.get("evenement", "") if shown.act == SNOOZE else ""
    if event not in acting.EVENTS:
        errors["evenement"] = _("Choisissez l’évènement dans la liste.")
    values: dict[str, Any] = dict(answers.values) if answers else {}
    return TaskAct(shown.act, to=to, until=until, event=event, values=values), errors


def _previewed(
    shown: Preview,
    ids: list[UUID],
    answers: Reading | None = None,
    errors: dict[str, str] | None = None,
) -> str:
    asked = next(name for name, act in ACTS.items() if act == shown.act)
    return render_template(
        "bulk/preview.html",
        shown=shown,
        acte=asked,
        title=TITLES[shown.act],
        ids=ids,
        view=reading.view(shown.form, answers) if shown.form else None,
        completes=shown.act == COMPLETE,
        job_id=_job_id(),
        back=_back(),
        typed={name: text(request.form, name) for name in request.form},
        people_chosen=request.form.getlist("a"),
        errors=errors or {},
        asked="lot",
        events=acting.EVENTS,
    )


def _job_id() -> UUID:
    """Drawn once by the preview, so that two clicks make one job."""
    try:
        return UUID(request.form.get("lot", ""))
    except ValueError:
        return uuid4()


def _whole_list() -> list[UUID]:
    """The first tasks of the list one comes from, when it is asked for as a whole."""
    if "toutes" not in request.form:
        return []
    said = request.form.get("liste", "")[:LONGEST_QUERY]
    found = around.listed(said, current_actor())
    return found[1][: task_jobs.MOST] if found else []


def _back() -> str:
    asked = request.form.get("next")
    return safe(asked) if asked else url_for("inbox.index")
