"""A moment's regret: the flash of a reversible act carries a button that takes it back.

    undo.told(_("Cette tâche est à vous."), "task", task_id, act)

    @undo.by("task")
    def _(actor: Actor, task_id: str, act: int) -> None: …    # raises ActedSince

The button holds a signed token, for this person alone and for a minute; the act is taken
back by a command, which refuses when somebody acted since.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.exc import NoResultFound

from engine.access import Actor
from engine.commands import assigning
from engine.errors import ActedSince, Busy, TaskNotOpen
from web.auth import current_actor, signed_in
from web.inbox.too_late import BUSY
from web.security import safe

bp = Blueprint("undo", __name__)

ACCEPTED_WITHIN = int(assigning.UNDONE_WITHIN.total_seconds())

TakeBack = Callable[..., None]
_known: dict[str, TakeBack] = {}


def by(kind: str) -> Callable[[TakeBack], TakeBack]:
    """Register what takes back acts of this kind, given who asks and the act's arguments."""

    def keep(take_back: TakeBack) -> TakeBack:
        _known[kind] = take_back
        return take_back

    return keep


def told(sentence: str, kind: str, *arguments: Any, category: str = "success") -> None:
    """Flash what was done, with the means to take it back."""
    person = str(current_actor().person_id)
    token = _serializer().dumps([person, kind, *map(_plain, arguments)])
    flash({"text": sentence, "undo": token}, category)  # type: ignore[arg-type]


@bp.post("/annuler")
@signed_in
def take_back() -> ResponseReturnValue:
    """Take back the act that the button was about, and come back to the page."""
    try:
        _take_back(request.form.get("jeton", ""))
    except BadData:
        flash(_("Il est trop tard pour annuler : faites l’acte inverse."), "warning")
    except ActedSince as since:
        flash(_refusal(since.who), "warning")
    except TaskNotOpen as closed:
        flash(_refusal(closed.who), "warning")
    except NoResultFound:
        flash(_refusal(None), "warning")
    except Busy:
        flash(str(BUSY), "warning")
    else:
        flash(_("C’est annulé."), "success")
    return redirect(safe(request.form.get("next")))


def _take_back(token: str) -> None:
    person, kind, *arguments = _serializer().loads(token, max_age=ACCEPTED_WITHIN)
    actor = current_actor()
    if person != str(actor.person_id):
        raise BadData("Another person's.")
    _known[kind](actor, *arguments)


def _refusal(who: str | None) -> str:
    if who is None:
        return str(_("Les choses ont changé depuis : ce n’est plus annulable."))
    return str(_("%(who)s a agi depuis : ce n’est plus annulable.", who=who))


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="undo")


def _plain(argument: Any) -> Any:
    return argument if isinstance(argument, int) else str(argument)


@by("task")
def _task(actor: Actor, task_id: str, act: int) -> None:
    assigning.take_back(UUID(task_id), act, actor=actor)
