"""Following a request without an account, with its number and its secret.

A right pair opens that request alone until fifteen minutes pass without reading it, in a
cookie of its own that no other page receives. What is told there names no agent, no amount, and shows no document.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from engine import definitions, tracking
from engine.access import Actor
from engine.commands import tracking as commands
from engine.directory import APPLICANT
from engine.models import History, ProcessInstance, UserTask, db
from web import limits
from web.auth import public
from web.cases import reading
from web.navigation import Item, offer
from web.portal.listing import contact_of
from web.typed import text

bp = Blueprint("following", __name__, url_prefix="/suivre")

LASTS = 15 * 60
"""Seconds that a visit lasts after its last reading."""

_COOKIE = "suivi"


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Visitors are offered it; those who have an account have better."""
    if actor.person_id is None:
        yield Item(
            _("Suivre une demande"),
            "following.index",
            icon="signpost",
            about=_("Avec le numéro et le code donnés au dépôt, sans compte."),
        )


@dataclass(frozen=True)
class Awaited:
    """Something that the request waits for, said without naming anyone."""

    what: str
    of_company: bool
    due_at: datetime | None


@bp.after_request
def _told_to_nobody(answer: Response) -> Response:
    """Neither search engines nor the sites one goes to next learn of these pages."""
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """Ask for the number and the secret."""
    return render_template("portal/following.html", typed={}, problems={})


def _enter() -> ResponseReturnValue:
    """Open the request; one sentence whether the number or the secret is wrong."""
    typed = {name: text(request.form, name)[:100] for name in ("number", "secret")}
    problems = {
        name: sentence
        for name, sentence in {
            "number": _("Numéro : il est écrit sur l’accusé de réception."),
            "secret": _("Code : il est donné au dépôt de la demande."),
        }.items()
        if not typed[name]
    }
    kept = None if problems else commands.enter(typed["number"], typed["secret"])
    if kept is None:
        problems = problems or {
            "number": _(
                "Ce numéro et ce code ne vont pas ensemble, ou le code ne sert plus. "
                "Vérifiez les deux, ou demandez un nouveau code à l’entreprise."
            )
        }
        shown = {"number": typed["number"]}
        page = render_template("portal/following.html", typed=shown, problems=problems)
        return page, 422
    found = [str(kept.instance_id), kept.digest[:16]]
    return _lasting(redirect(url_for(".show")), found)


def _lasting(answer: ResponseReturnValue, found: list[str]) -> Response:
    """The same answer, from which the visit lasts its time again."""
    lasting = make_response(answer)
    lasting.set_cookie(
        _COOKIE,
        _serializer().dumps(found),
        max_age=LASTS,
        path=url_for(".index"),
        httponly=True,
        secure=current_app.extensions["settings"].secure,
        samesite="Lax",
    )
    return lasting


def _number_typed() -> str:
    """Limit by the number typed, so that many machines cannot guess together."""
    bare = "".join(c for c in request.form.get("number", "")[:40].upper() if c.isalnum())
    return f"tracking:{bare}"


bp.add_url_rule(
    "/",
    "enter",
    public(
        limits.post(
            limits.post(_enter, "10 per 5 minutes", by=limits.address),
            "20 per hour",
            by=_number_typed,
        )
    ),
    methods=["POST"],
)


@bp.get("/demande")
@public
def show() -> ResponseReturnValue:
    """Where the request stands, as long as the visit lasts: reading it makes it last."""
    case, found = _visited()
    if case is None:
        return redirect(url_for(".index"))
    page = render_template(
        "portal/followed.html",
        case=case,
        milestones=reading.milestones(case),
        awaited=_awaited(case),
        past=_reached(case),
        contact=contact_of(case),
        outcome=reading.outcome_name(case),
        lasts=LASTS,
    )
    return _lasting(page, found)


@bp.post("/quitter")
@public
def leave() -> ResponseReturnValue:
    """End the visit."""
    answer = make_response(redirect(url_for(".index")))
    answer.delete_cookie(_COOKIE, path=url_for(".index"))
    return answer


def _visited() -> tuple[ProcessInstance | None, list[str]]:
    """The request that the cookie opens, with what the cookie holds."""
    try:
        kept = _serializer().loads(request.cookies.get(_COOKIE, ""), max_age=LASTS)
        case_id, version = UUID(kept[0]), str(kept[1])
    except (BadData, ValueError, TypeError, IndexError, KeyError):
        return None, []
    if not tracking.still_opens(case_id, version):
        return None, []
    return db.session.get(ProcessInstance, case_id), [str(case_id), version]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="following")


def _awaited(case: ProcessInstance) -> list[Awaited]:
    """What the company owes, by its name; of the office only that it works on it."""
    rows = db.session.scalars(
        select(UserTask)
        .where(UserTask.instance_id == case.id, UserTask.status == "open")
        .order_by(UserTask.due_at, UserTask.opened_at)
    ).all()
    found = [Awaited(t.name, True, t.due_at) for t in rows if t.role == APPLICANT]
    if any(task.role != APPLICANT for task in rows):
        found.append(Awaited(_("Le service étudie la demande"), False, None))
    elif case.is_open and not found:
        found.append(Awaited(_("Le traitement suit son cours"), False, None))
    return found


def _reached(case: ProcessInstance) -> list[tuple[str, datetime]]:
    """The stages reached with their days, the latest first; the filing is the first."""
    elements = definitions.model(case.definition_id).elements
    rows = db.session.execute(
        select(History.element_id, History.entered_at)
        .where(History.instance_id == case.id, History.state == "completed")
        .order_by(History.seq)
    )
    first: dict[str, datetime] = {}
    for element_id, at in rows:
        element = elements.get(element_id)
        label = element.properties.get("ebg:milestone") if element else None
        if label:
            first.setdefault(label, at)
    return [(label, at) for label, at in reversed(first.items())]
