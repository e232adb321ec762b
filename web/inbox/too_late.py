"""When someone was faster: say who, and give back everything that was typed.

When the same step is open again elsewhere in the case (an operator moved it, another
version asks other questions), what was typed and still fits can be taken there.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from sqlalchemy import or_, select

from engine.access import allowed
from engine.directory import Person
from engine.documents import Draft
from engine.errors import EngineError, TaskNotOpen, TaskSuspended, TaskTaken
from engine.models import UserTask, db
from forms import Form
from web import filling
from web.auth import current_actor

BUSY = _("Quelqu’un d’autre agit ici en ce moment même : réessayez dans un instant.")


SUSPENDED = _(
    "Ce dossier est suspendu : votre saisie est gardée, vous la terminerez à sa reprise."
)


def too_late(
    sentence: object,
    back: str,
    form: Form | None = None,
    *,
    labels: Mapping[str, object] | None = None,
    task_id: UUID | None = None,
) -> ResponseReturnValue:
    """A page that loses nothing, with a link to how things stand now.

    With `form`, answers are told as it asks and names them; with `labels`, only those are
    told; with the task they were for, those that fit the one that replaces it may be taken
    there.
    """
    successor = _successor(task_id) if task_id else None
    asked = filling.form_of(successor) if successor else None
    typed = [
        (name, [text for text in request.form.getlist(name) if text.strip()])
        for name in (request.form if labels is None else labels)
        if not name.startswith(("_", "csrf"))
    ]
    page = render_template(
        "inbox/too_late.html",
        sentence=sentence,
        back=back,
        successor=successor,
        rev=_rev(successor),
        fitting=[
            (name, text)
            for name, texts in typed
            if asked is not None and _asks(asked, name)
            for text in texts
        ],
        left=[
            form.label_of(name) if form else name
            for name, texts in typed
            if asked is not None and not _asks(asked, name) and texts
        ],
        typed=[
            (_label(form, labels, name), _said(form, name, texts))
            for name, texts in typed
            if texts
        ],
    )
    return page, 409


def _label(form: Form | None, labels: Mapping[str, object] | None, name: str) -> object:
    return form.label_of(name) if form else (labels or {}).get(name, name)


def _said(form: Form | None, name: str, texts: list[str]) -> list[str]:
    """The labels of what was chosen; what was typed as it is."""
    columns = {column.key: column for column in form.columns()} if form else {}
    options = columns[name].options if name in columns else ()
    labels = {option.value: option.label for option in options}
    return [labels.get(text, text) for text in texts]


def sentence_of(failure: EngineError, task_id: UUID) -> str:
    """Why a task can no longer be filled in, and because of whom."""
    if isinstance(failure, TaskTaken):
        taken = gettext(
            "%(who)s a pris cette tâche en charge entre-temps.", who=failure.who
        )
        return str(taken)
    if isinstance(failure, TaskSuspended):
        return str(SUSPENDED)
    if isinstance(failure, TaskNotOpen):
        return closed_sentence(name_of(db.session.get_one(UserTask, task_id).completed_by))
    return str(BUSY)


def closed_sentence(who: str | None) -> str:
    """Why a task is over: somebody did it, or nobody has to any more."""
    if who is None:
        return str(
            gettext(
                "Cette tâche n'est plus à faire : la procédure a suivi un autre chemin."
            )
        )
    return str(gettext("%(who)s a déjà terminé cette tâche.", who=who))


def name_of(person_id: UUID | None) -> str | None:
    """The name of a person; None for nobody."""
    person = db.session.get(Person, person_id) if person_id else None
    return person.name if person else None


def _successor(task_id: UUID) -> UserTask | None:
    """The open task of the same case that asks again what a closed one asked."""
    task = db.session.get_one(UserTask, task_id)
    if task.status == "open":
        return None
    again: Sequence[UserTask] = db.session.scalars(
        select(UserTask)
        .where(UserTask.instance_id == task.instance_id, UserTask.status == "open")
        .where(or_(UserTask.element_id == task.element_id, UserTask.name == task.name))
        .order_by(UserTask.opened_at.desc())
        .limit(5)
    ).all()
    actor = current_actor()
    return next((one for one in again if allowed(actor, "complete", one)), None)


def _rev(successor: UserTask | None) -> int:
    if successor is None:
        return 0
    kept = select(Draft.rev).where(Draft.task_id == successor.id)
    return db.session.scalar(kept) or 0


def _asks(form: Form, name: str) -> bool:
    """Whether a form asks what a name stands for; files are chosen again."""
    question = form.question(name)
    return question is not None and not question.is_file
