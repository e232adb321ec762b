"""What a person keeps of the inbox: named views, columns, habits; and the list as a file."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from engine import clock, directory, worklists
from engine.access import allowed
from engine.commands import worklists as keep
from engine.commands.worklists import NameRefused, TooManyViews
from engine.directory import HEAD_OF_SERVICE
from engine.models import db
from engine.worklists import DENSITIES, LONGEST_NAME, MOST_VIEWS, SavedView
from web.attachments import disposition
from web.auth import current_actor, guard
from web.inbox import exporting, lines
from web.inbox.asking import LONGEST_QUERY, Asked, Choices, read, unpacked
from web.inbox.listing import chosen_columns, person, roles, shares, shown_columns
from web.inbox.reading import BASKETS
from web.typed import text

bp = Blueprint("worklist", __name__)

HABITS = ("keyboard", "preview", "open_next")
NAME = lazy_gettext("Le nom de la vue")


def _listed() -> tuple[Asked, Choices]:
    """The list from which a form was sent."""
    choices = Choices(current_actor())
    said = unpacked(request.values.get("liste", "")[:LONGEST_QUERY])
    return read(said, choices, usual="a-prendre"), choices


def _back(asked: Asked, **more: str) -> ResponseReturnValue:
    vue = unpacked(request.values.get("liste", "")).get("vue", "")
    return redirect(asked.address(vue=vue, **more))


@bp.get("/corbeille/vues")
@guard("handle")
def views() -> ResponseReturnValue:
    """The views one keeps, and those that are shared with one."""
    return _views()


def _views(problem: str = "", at: str = "", status: int = 200) -> ResponseReturnValue:
    actor = current_actor()
    asked, _choices = _listed()
    found = worklists.views(person(actor), roles(actor))
    page = render_template(
        "inbox/views.html",
        views=found,
        mine={v.id for v in found if allowed(actor, "change", v)},
        left=_left(found),
        habits=worklists.habits(person(actor)),
        shares=shares(actor),
        baskets=BASKETS,
        asked=asked,
        typed={name: text(request.form, name) for name in request.form},
        problem=problem,
        at=at,
        longest=LONGEST_NAME,
        liste=request.values.get("liste", "")[:LONGEST_QUERY],
    )
    return page, status


def _left(views: Sequence[SavedView]) -> set[UUID]:
    """Those of these views whose keepers no longer work where they are shared."""
    places = {(v.organisation_id, v.role) for v in views if v.organisation_id and v.role}
    there: dict[tuple[Any, Any], set[UUID]] = {
        place: {one.id for one in directory.holders(place[0], {place[1], HEAD_OF_SERVICE})}
        for place in places
    }
    return {
        view.id
        for view in views
        if view.role and view.person_id not in there[view.organisation_id, view.role]
    }


def _try(act: Callable[[], Any], at: str = "") -> ResponseReturnValue | None:
    """Do it; else the page that says what is wrong, with what was typed."""
    try:
        act()
    except NameRefused:
        said = text(request.form, "nom")
        problem = _("%(field)s est à donner : d’un à %(n)s caractères.", field=NAME, n=LONGEST_NAME)  # fmt: skip
        if 1 <= len(said) <= LONGEST_NAME:
            problem = _("Vous avez déjà une vue qui s’appelle « %(name)s » : donnez-lui un autre nom.", name=said)  # fmt: skip
        return _views(problem, at, 422)
    except TooManyViews:
        problem = _("Vous gardez déjà %(n)s vues, le plus qu’on puisse : supprimez-en une d’abord.", n=MOST_VIEWS)  # fmt: skip
        return _views(problem, at, 422)
    return None


@bp.post("/corbeille/vues")
@guard("handle")
def save_view() -> ResponseReturnValue:
    """Keep the list as it is asked, under a name."""
    actor = current_actor()
    asked, choices = _listed()
    kept = list[UUID]()

    def save() -> None:
        kept.append(
            keep.save_view(
                text(request.form, "nom"), asked.but("colonnes", "vue"),
                chosen_columns(asked, choices, actor),
                actor=actor, shared=_shared(),
            )
        )  # fmt: skip
        if "defaut" in request.form:
            keep.open_with(kept[0], actor=actor)

    if refused := _try(save):
        return refused
    flash(_("La vue « %(name)s » est gardée.", name=text(request.form, "nom")), "success")
    return redirect(url_for("inbox.index", vue=kept[0]))


def _shared() -> tuple[UUID, str] | None:
    """With whom the form shares a view: one of one's roles, or nobody."""
    said = request.form.get("partage", "")
    if not said:
        return None
    shared = next((r for r in roles(current_actor()) if f"{r[0]}:{r[1]}" == said), None)
    return shared or abort(403)


@bp.post("/corbeille/vues/<uuid:view_id>")
@guard("see", SavedView, "view_id")
def change_view(view_id: UUID) -> ResponseReturnValue:
    """Rename, share, update, take over or delete a view; or have the inbox open with it."""
    actor, act = current_actor(), request.form.get("acte", "")
    view = db.session.get_one(SavedView, view_id)
    name, at = view.name, str(view_id)
    said = _("La vue « %(name)s » est changée.", name=name)
    refused = None
    match act:
        case "renommer":
            new = text(request.form, "nom")
            refused = _try(lambda: keep.change_view(view_id, actor=actor, name=new), at)
        case "partager":
            shared = _shared()
            keep.share_view(view_id, shared, actor=actor)
        case "mettre-a-jour":
            asked, choices = _listed()
            columns = chosen_columns(asked, choices, actor)
            kept = asked.but("colonnes", "vue")
            keep.change_view(view_id, actor=actor, asked=kept, columns=columns)
            flash(said, "success")
            return redirect(url_for("inbox.index", vue=view_id))
        case "reprendre":
            refused = _try(lambda: keep.take_view_over(view_id, actor=actor), at)
            said = _("La vue « %(name)s » est maintenant la vôtre.", name=name)
        case "supprimer":
            keep.delete_view(view_id, actor=actor)
            said = _("La vue « %(name)s » est supprimée.", name=name)
        case "defaut" | "sans-defaut":
            keep.open_with(view_id if act == "defaut" else None, actor=actor)
            said = _("La corbeille s’ouvrira avec « %(name)s ».", name=name)
            if act == "sans-defaut":
                said = _("La corbeille s’ouvrira comme au début.")
        case _:
            abort(400)
    if refused:
        return refused
    flash(said, "success")
    return redirect(url_for(".views"))


@bp.post("/corbeille/colonnes")
@guard("handle")
def choose_columns() -> ResponseReturnValue:
    """Keep which columns to show of a procedure, and in what order."""
    asked, choices = _listed()
    actor, key = current_actor(), asked.wanted.key
    if "usuelles" in request.form:
        keep.choose_columns(key, None, actor=actor)
        return _back(asked, colonnes="", panneau="colonnes")
    ticked = set(request.form.getlist("colonne"))
    order = dict.fromkeys(request.form.getlist("ordre"))
    moved = _moved([n for n in order if n in choices.columns], request.form)
    chosen = [name for name in moved if name in ticked]
    if not chosen:
        flash(_("Gardez au moins une colonne : la liste n’a pas changé."), "warning")
        return _back(asked, panneau="colonnes")
    keep.choose_columns(key, chosen, actor=actor)
    stay = {"monter", "descendre"} & request.form.keys()
    return _back(asked, colonnes="", panneau="colonnes" if stay else "")


def _moved(names: list[str], form: Any) -> list[str]:
    """The columns once one has gone up or down a place."""
    for button, step in (("monter", -1), ("descendre", 1)):
        name = form.get(button)
        if name in names:
            place = names.index(name)
            other = place + step
            if 0 <= other < len(names):
                names[place], names[other] = names[other], names[place]
    return names


@bp.get("/corbeille/preferences")
@guard("handle")
def preferences() -> ResponseReturnValue:
    """How one works: keyboard, preview, density, what opens next."""
    kept = worklists.habits(person(current_actor()))
    return render_template("inbox/preferences.html", habits=kept)


@bp.post("/corbeille/preferences")
@guard("handle")
def set_preferences() -> ResponseReturnValue:
    """Keep how one works; a form may say a part of it alone, which it names in `dit`."""
    told = request.form.getlist("dit")
    chosen: dict[str, Any] = {name: name in request.form for name in HABITS if name in told}
    if request.form.get("density") in DENSITIES:
        chosen["density"] = request.form["density"]
    keep.set_habits(current_actor(), **chosen)
    if "liste" in request.form:
        asked, _choices = _listed()
        return _back(asked)
    flash(_("Vos préférences sont gardées."), "success")
    return redirect(url_for(".preferences"))


@bp.post("/corbeille/export")
@guard("handle")
def export() -> ResponseReturnValue:
    """The list as it is asked, as a file; the journal remembers who took it away."""
    form = request.form.get("format", "")
    if form not in exporting.FORMATS:
        abort(400)
    actor = current_actor()
    asked, choices = _listed()
    chunks = list(lines.every(asked, actor, choices.columns))
    columns = shown_columns(asked, choices, actor)
    content = exporting.written(form, chunks, columns)
    number = sum(map(len, chunks))
    keep.note_export(asked.but("colonnes", "vue"), number, form, actor=actor)
    answer = Response(content, mimetype=exporting.FORMATS[form])
    name = f"corbeille-{asked.basket}-{clock.today().isoformat()}.{form}"
    answer.headers["Content-Disposition"] = disposition(name, inline=False)
    return answer
