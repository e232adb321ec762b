"""« Nouvelles »: what one was told, what is left to read, and how one wants to be told."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadSignature

from engine import notices
from engine.access import Actor, actor_for
from engine.commands import notices as commands
from engine.directory import APPLICANT
from engine.errors import Busy
from engine.models import ProcessInstance, UserTask, db
from engine.notices import DAILY, DUE, NOTHING
from web.auth import current_actor, guard, public, signed_in
from web.i18n import LOCALES
from web.news import reading, words
from web.news import signal as signal_for
from web.news.letters import one_line, whose
from web.security import safe
from web.typed import page_number

bp = Blueprint("news", __name__, url_prefix="/nouvelles")

OF_CASE = {
    "cases.show", "cases.diagram", "sections.filed", "sections.documents",
    "sections.exchanges", "sections.private", "sections.history", "portal.follow",
}  # fmt: skip
OF_TASK = {"inbox.show"}
"""The pages by which one reads a case, or a task."""


@bp.before_app_request
def read_what_is_opened() -> None:
    """A case or a task that somebody opens, and may see, is read; guards have run before."""
    if request.method != "GET" or request.endpoint not in OF_CASE | OF_TASK:
        return
    named, actor = request.view_args or {}, current_actor()
    with suppress(Busy):  # it stays unread, and the page opens all the same
        if request.endpoint in OF_CASE:
            g.live_case = named["case_id"]
            commands.read_case(named["case_id"], actor=actor)
        elif task := db.session.get(UserTask, named["task_id"]):
            g.live_case = task.instance_id
            commands.read_task(task.instance_id, task.id, actor=actor)


bp.add_app_template_filter(one_line)


@bp.app_context_processor
def frame() -> dict[str, Any]:
    """What the header shows, worked out when it does."""
    return {"news": Header()}


class Header:
    """Read by base.html; each property asks only when the template does."""

    @property
    def unread(self) -> int | str:
        """How much is left to read."""
        return reading.unread(current_actor())

    def unread_among(self, ids: Iterable[UUID]) -> set[UUID]:
        """Those of these cases of which the reader has something left to read."""
        return notices.unread_cases(current_actor().person_id, list(ids))

    @property
    def events(self) -> str:
        """Where the page hears at once that something changed; nothing when it only asks."""
        return signal_for.address(current_actor(), g.get("live_case"))


@bp.get("/")
@signed_in
def index() -> ResponseReturnValue:
    """What one was told, by day, the latest first."""
    actor = current_actor()
    kind, unread = request.args.get("genre", ""), "non-lues" in request.args
    if kind and kind not in words.KINDS:
        abort(404)
    page = reading.page(actor, page_number(), kind=kind, unread=unread)
    return render_template(
        "news/index.html",
        page=page,
        days=reading.by_day(reading.lines(actor, page.items)),
        kinds={name: words.KINDS[name] for name in kinds_of(actor)},
        kind=kind,
        unread=unread,
    )


def kinds_of(actor: Actor) -> tuple[str, ...]:
    """The kinds of notices that somebody may receive."""
    applies, handles = actor.organisations(APPLICANT), actor.handles_cases
    if applies and not handles:
        found: tuple[str, ...] = words.FOR_APPLICANTS
    elif applies:
        found = tuple(k for k in words.KINDS if k not in words.FOR_DESIGNERS)
    else:
        found = words.FOR_AGENTS if handles or not actor.designs else ()
    return (*found, *(words.FOR_DESIGNERS if actor.designs else ()))


@bp.get("/signal")
@signed_in
def signal() -> ResponseReturnValue:
    """What an open page asks again and again: counts, and whether something is new."""
    answer = jsonify(signal_for.answer(current_actor()))
    answer.headers["Cache-Control"] = "no-store, private"
    return answer


@bp.post("/<uuid:notice_id>")
@signed_in
def mark(notice_id: UUID) -> ResponseReturnValue:
    """Keep one as unread, or as read."""
    read = request.form.get("read") == "1"
    if not commands.mark(notice_id, read=read, actor=current_actor()):
        abort(404)
    return redirect(safe(request.form.get("next") or url_for(".index")))


@bp.post("/dossiers/<uuid:case_id>")
@guard("see", ProcessInstance, "case_id")
def keep_case_unread(case_id: UUID) -> ResponseReturnValue:
    """Keep a case as unread, to come back to it."""
    if commands.keep_case_unread(case_id, actor=current_actor()):
        flash(_("Ce dossier reste marqué comme non lu."), "success")
    else:
        flash(_("Rien ne vous a été signalé sur ce dossier."), "info")
    return redirect(safe(request.form.get("next") or url_for(".index")))


@bp.post("/toutes-lues")
@signed_in
def read_all() -> ResponseReturnValue:
    """Nothing is left to read."""
    commands.read_all(actor=current_actor())
    flash(_("Tout est marqué comme lu."), "success")
    return redirect(url_for(".index"))


@bp.get("/preferences")
@signed_in
def preferences() -> ResponseReturnValue:
    """How one is told of each kind, and on which days letters may come."""
    return _preferences(current_actor())


@bp.post("/preferences")
@signed_in
def choose() -> ResponseReturnValue:
    """Keep one's choices."""
    _keep(current_actor())
    flash(_("Vos choix sont enregistrés."), "success")
    return redirect(url_for(".preferences"))


@bp.get("/preferences/<token>")
@public
def letter_preferences(token: str) -> ResponseReturnValue:
    """The same for whoever holds the link of their letter, signed in or not."""
    return _preferences(_bearer(token), token)


@bp.post("/preferences/<token>")
@public
def choose_by_letter(token: str) -> ResponseReturnValue:
    """Keep the choices of whoever holds the link; « plus aucun courriel » is one button."""
    actor = _bearer(token)
    if "stop" in request.form:
        letters = _letters(actor)
        channels = {**dict.fromkeys(words.KINDS, notices.SITE), DUE: NOTHING}
        commands.choose(channels, letters.quiet, letters.locale, actor=actor)
        flash(_("Vous ne recevrez plus de courriel : tout reste lisible sur le site."),
              "success")  # fmt: skip
    else:
        _keep(actor)
        flash(_("Vos choix sont enregistrés."), "success")
    return redirect(url_for(".letter_preferences", token=token))


def _bearer(token: str) -> Actor:
    try:
        return actor_for(whose(token))
    except BadSignature:
        abort(410)


def _letters(actor: Actor) -> notices.Letters:
    assert actor.person_id is not None
    return notices.letters(actor.person_id)


def _preferences(actor: Actor, token: str = "") -> str:
    return render_template(
        "news/preferences.html",
        kinds={name: words.KINDS[name] for name in kinds_of(actor)},
        channels=words.CHANNELS,
        chosen=notices.choices(actor.person_id),
        due_label=words.DUE_LABEL,
        due_channels={name: words.CHANNELS[name] for name in (DAILY, NOTHING)},
        letters=_letters(actor),
        days=words.DAYS,
        token=token,
        name=actor.name,
    )


def _keep(actor: Actor) -> None:
    form: dict[str, Any] = request.form.to_dict()
    quiet = [int(day) for day in request.form.getlist("quiet") if day.isdecimal()]
    locale = form.get("locale", "")
    commands.choose(
        {kind: form.get(kind, "") for kind in (*words.KINDS, DUE)},
        quiet,
        locale if locale in LOCALES else _letters(actor).locale,
        actor=actor,
    )
