"""The trial of a draft: a case that nobody sees, moved by hand, in a time that passes at will."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict

from engine.access import allowed
from engine.errors import Busy, NotWaiting
from engine.models import db
from engine.procedure_drafts import ProcedureDraft
from web.auth import current_actor, guard
from web.designer import scenarios, telling, trial_form, trying
from web.designer.trying import Trial
from web.typed import text
from workflows import stories
from workflows.stories import MOST_STEPS

bp = Blueprint("trial", __name__, url_prefix="/concepteur")

MOST_DAYS = 3650
LONGEST_JSON = 100_000
AT_START = "demande"
"""What stands for the form that starts a case, among the elements of its tasks."""

Typed = ImmutableMultiDict[str, str]
Steps = list[Any]


class Wrong(Exception):
    """What was typed cannot be a step: the field, and a sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


@bp.get("/brouillons/<uuid:draft_id>/essai")
@guard("see", ProcedureDraft, "draft_id")
def show(draft_id: UUID) -> ResponseReturnValue:
    """Where one's trial of a draft stands, and all that may happen next."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    return _page(trying.of(draft, current_actor()), request.args.get("tache", ""))


@bp.post("/brouillons/<uuid:draft_id>/essai/formulaire")
@guard("see", ProcedureDraft, "draft_id")
def fill(draft_id: UUID) -> ResponseReturnValue:
    """Fill in a task, or the request that starts the case, as the person concerned would."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    trial, element = trying.of(draft, current_actor()), request.args.get("tache", "")
    if elsewhere := _elsewhere(trial):
        return elsewhere
    if (asked := trial_form.asked(trial, element, AT_START)) is None:
        return _page(trial, element, {"": _("Cette tâche n’est plus à faire.")}), 422
    outcome = asked.read(request.form, request.files)
    if outcome is not None and (
        outcome.stay or outcome.errors or "_submit" not in request.form
    ):
        page = _page(trial, element, outcome=outcome)
        return page, 422 if outcome.errors else 200
    values = stories.quoted(outcome.values) if outcome else {}
    return _tell(trial, asked.step(values))


@bp.post("/brouillons/<uuid:draft_id>/essai/<act>")
@guard("see", ProcedureDraft, "draft_id")
def move(draft_id: UUID, act: str) -> ResponseReturnValue:
    """Let something happen in the trial: an answer, a message, time, a step back."""
    draft = db.session.get_one(ProcedureDraft, draft_id)
    trial = trying.of(draft, current_actor())
    if act not in ACTS:
        return _page(trial, errors={"": _("Cet essai ne connaît pas cet acte.")}), 422
    if elsewhere := _elsewhere(trial):
        return elsewhere
    try:
        return ACTS[act](trial, request.form)
    except Wrong as wrong:
        return _page(trial, errors={wrong.field: wrong.message}), 422


def _elsewhere(trial: Trial) -> ResponseReturnValue | None:
    """A page told to whoever acts on a trial that they moved in another window."""
    if request.form.get("_vu", type=int) == trial.rev:
        return None
    moved = _(
        "Cet essai a avancé dans une autre fenêtre : le voici tel qu’il est. Recommencez votre"
        " geste s’il a encore lieu d’être."
    )
    return _page(trial, request.args.get("tache", ""), {"": moved}), 409


def _tell(trial: Trial, *steps: Mapping[str, Any]) -> ResponseReturnValue:
    """Add steps to the story, and show where they lead."""
    if len(trial.steps) + len(steps) > MOST_STEPS:
        full = _(
            "Un essai compte %(n)s étapes au plus : recommencez-en un autre.", n=MOST_STEPS
        )
        return _page(trial, errors={"": full}), 422
    if found := stories.faults_of_steps(list(steps)):
        return _page(trial, errors={"": found[0]}), 422
    return _keep(trial, [*trial.steps, *steps])


def _keep(
    trial: Trial,
    steps: Steps,
    title: str | None = None,
    state: Mapping[str, Any] | None = None,
) -> ResponseReturnValue:
    try:
        trying.tell(trial.draft.id, steps, current_actor(), trial.rev, title, state)
    except (Busy, NotWaiting):
        flash(
            _("Cet essai a avancé dans une autre fenêtre : le voici tel qu’il est."),
            "warning",
        )
    return redirect(url_for(".show", draft_id=trial.draft.id))


def _start(trial: Trial, typed: Typed) -> ResponseReturnValue:
    name = typed.get("valeurs", "")
    if name not in trial.told["values"]:
        raise Wrong("valeurs", _("Valeurs : choisissez-les parmi celles des scénarios."))
    return _tell(trial, {"start": name})


def _answer(trial: Trial, typed: Typed) -> ResponseReturnValue:
    """What a partner answers: as usual, as its sandbox, as one says, or a refusal."""
    call, how = typed.get("appel", ""), typed.get("reponse", "")
    waiting = {c["operation"] for c in trial.state.get("calls", [])}
    if call not in waiting:
        raise Wrong("", _("Cet appel n’attend plus de réponse."))
    if how == "habituelle" and call in trial.told["partners"]:
        return _tell(trial, {"answer": call, "value": trial.told["partners"][call]})
    if how == "bac":
        step, state = trying.sandbox_answer(trial, current_actor(), call)
        if "problem" in step:
            raise Wrong("", step["problem"])
        return _keep(trial, [*trial.steps, step], state=state)
    if how == "refus":
        reasons = [
            line.strip() for line in text(typed, "motifs").splitlines() if line.strip()
        ]
        if not reasons:
            raise Wrong(f"motifs-{call}", _("Motifs du refus : dites au moins pourquoi."))
        code = text(typed, "code") or "refused"
        return _tell(trial, {"refuse": call, "code": code[:100], "reasons": reasons[:20]})
    if how == "autre":
        value = _json(typed, "valeur", f"valeur-{call}", _("Réponse"))
        return _tell(trial, {"answer": call, "value": value})
    raise Wrong("", _("Dites comment le partenaire répond."))


def _hold(trial: Trial, typed: Typed) -> ResponseReturnValue:
    call = typed.get("appel", "")
    if call not in trial.told["partners"]:
        raise Wrong("appel", _("Partenaire : choisissez-le dans la liste."))
    return _tell(trial, {"hold": call})


def _message(trial: Trial, typed: Typed) -> ResponseReturnValue:
    name = typed.get("message", "")
    known = {m["name"] for m in trial.state.get("messages", [])} | set(
        trial.start["messages"]
    )
    if name not in known:
        raise Wrong("", _("Ce message n’est plus attendu."))
    payload = _json(typed, "contenu", f"contenu-{name}", _("Contenu du message"))
    if not isinstance(payload, dict):
        raise Wrong(
            f"contenu-{name}", _("Contenu du message : un objet JSON est attendu, {…}.")
        )
    return _tell(trial, {"message": name, "payload": payload})


def _pass(trial: Trial, typed: Typed) -> ResponseReturnValue:
    """Let time pass: to the next date, or so many days."""
    if "prochaine" in typed:
        due = trial.next_due
        if due is None:
            raise Wrong(
                "jours", _("Aucune date n’est attendue : dites un nombre de jours.")
            )
        duration = trying.until(trial.now, due)
        if due - trial.now > timedelta(days=MOST_DAYS):
            raise Wrong("jours", _("La prochaine date est à plus de dix ans."))
        return _tell(trial, {"pass": duration})
    days = typed.get("jours", type=int)
    if days is None or not 1 <= days <= MOST_DAYS:
        message = _("Jours : un nombre entier de 1 à %(most)s.", most=MOST_DAYS)
        raise Wrong("jours", message)
    return _tell(trial, {"pass": f"P{days}D"})


def _back(trial: Trial, typed: Typed) -> ResponseReturnValue:
    """Keep the first steps of the story alone; none of them begins it again."""
    kept = typed.get("garder", type=int)
    if kept is None or not 0 <= kept < max(len(trial.steps), 1):
        raise Wrong("", _("Cette étape n’est plus dans l’essai."))
    return _keep(trial, list(trial.steps[:kept]), title="" if kept == 0 else None)


def _open(trial: Trial, typed: Typed) -> ResponseReturnValue:
    title = typed.get("scenario", "")
    if title not in trial.told["stories"]:
        raise Wrong("scenario", _("Scénario : choisissez-le dans la liste."))
    return _keep(trial, trial.told["stories"][title], title=title)


def _save(trial: Trial, typed: Typed) -> ResponseReturnValue:
    """Keep the story among the draft's scenarios, with a last step that says where it led."""
    title = text(typed, "titre")[:200]
    if not title:
        raise Wrong("titre", _("Titre du scénario : écrivez-le en une phrase."))
    if not trial.steps or trial.broken:
        raise Wrong("titre", _("Scénario : jouez d’abord une histoire qui va à son bout."))
    last, found = trial.steps[-1], trying.checks(trial)
    steps = list(trial.steps)
    if found and not ({"expect", "end"} & last.keys()):
        steps.append(found)
    if refused := scenarios.add(trial.draft, title, steps, current_actor()):
        raise Wrong("titre", refused)
    flash(_("Le scénario « %(title)s » est gardé.", title=title), "success")
    return redirect(url_for(".show", draft_id=trial.draft.id))


ACTS: Mapping[str, Callable[[Trial, Typed], ResponseReturnValue]] = {
    "valeurs": _start,
    "reponse": _answer,
    "attente": _hold,
    "message": _message,
    "temps": _pass,
    "retour": _back,
    "ouverture": _open,
    "scenario": _save,
}


def _json(typed: Typed, name: str, field: str, label: str) -> Any:
    """A JSON value that was typed. Raises Wrong."""
    source = text(typed, name) or "{}"
    if len(source) > LONGEST_JSON:
        raise Wrong(field, _("%(label)s : 100 000 caractères au plus.", label=label))
    try:
        return orjson.loads(source)
    except orjson.JSONDecodeError as error:
        raise Wrong(
            field,
            _(
                "%(label)s : ce n’est pas du JSON (ligne %(line)s, caractère %(column)s).",
                label=label, line=error.lineno, column=error.colno,
            ),
        ) from error  # fmt: skip


def _page(
    trial: Trial,
    element: str = "",
    errors: Mapping[str, str] | None = None,
    outcome: Any = None,
) -> str:
    names, roles = trial.state.get("names", {}), trial.state.get("roles", {})
    tasks = trial.state.get("tasks", [])
    if not element:
        element = tasks[0]["element"] if tasks else AT_START
    asked = None if trial.broken else trial_form.asked(trial, element, AT_START)
    history = trial.state.get("history", [])
    return render_template(
        "designer/trial.html",
        trial=trial,
        draft=trial.draft,
        asked=asked,
        view=asked.view(outcome) if asked else None,
        held=trial_form.held_of(outcome),
        element=element,
        at_start=AT_START,
        at=datetime.fromisoformat,
        told=telling.tale(trial.steps, names, roles),
        done=sorted({row["element"] for row in history if row["state"] == "completed"}),
        failed=sorted({row["element"] for row in trial.state.get("incidents", [])}),
        data=orjson.dumps(trial.state.get("data", {}), option=orjson.OPT_INDENT_2).decode(),
        usual=scenarios.usual(trial),
        errors=errors or {},
        typed=request.form,
        edits=allowed(current_actor(), "edit", trial.draft),
    )
