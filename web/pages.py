"""The pages that belong to no part: home, legal pages, preferences, brand and logo."""

from uuid import UUID

from flask import (
    Blueprint,
    Response,
    abort,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import undefer

from engine.access import Actor
from engine.directory import Organisation
from engine.models import db
from web import i18n, navigation, shell, theme
from web.auth import current_actor, public
from web.security import safe

bp = Blueprint("pages", __name__)

_FOR_EVER = "public, max-age=31536000, immutable"


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """Where somebody signed in works; the presentation for anybody else."""
    actor = current_actor()
    if room := _room_of(actor):
        return redirect(url_for(room))
    return render_template("home.html", items=navigation.items(actor))


def _room_of(actor: Actor) -> str | None:
    """The page that those who handle cases, operate, design or apply come for."""
    if actor.handles_cases:
        return "inbox.index"
    if actor.operates:
        return "operate.index"
    if actor.designs:
        return "designer.index"
    return "space.index" if actor.represented else None


@bp.get("/accessibilite")
@public
def accessibility() -> ResponseReturnValue:
    """The accessibility statement that the law of 11 February 2005 asks for (article 47)."""
    return render_template("pages/accessibility.html")


@bp.get("/plan-du-site")
@public
def site_map() -> ResponseReturnValue:
    """Every page that whoever is looking may go to from here (RGAA 12.1)."""
    return render_template("pages/site_map.html")


@bp.get("/mentions-legales")
@public
def legal() -> ResponseReturnValue:
    """Who publishes, what is kept about people, and the software we use."""
    return render_template("pages/legal.html")


@bp.post("/preferences")
@public
def preferences() -> ResponseReturnValue:
    """Choose a language or an appearance, and come back to the same page."""
    if (locale := request.form.get("locale")) in i18n.LOCALES:
        session["locale"] = locale
    if (appearance := request.form.get("appearance")) in shell.APPEARANCES:
        session["appearance"] = appearance
    return redirect(safe(request.form.get("next")))


@bp.get("/theme/<brand>-<version>.css")
@public
def theme_css(brand: str, version: str) -> ResponseReturnValue:
    """The style sheet of a brand's colour. The version only renews browsers' copies."""
    if theme.colour(f"#{brand}") != f"#{brand}":
        abort(404)
    answer = Response(theme.css(f"#{brand}"), mimetype="text/css")
    answer.headers["Cache-Control"] = _FOR_EVER
    return answer


@bp.get("/organisations/<uuid:organisation_id>/logo.png")
@public
def logo(organisation_id: UUID) -> ResponseReturnValue:
    """The logo of a body that has one."""
    organisation = db.session.get(
        Organisation, organisation_id, options=[undefer(Organisation.logo)]
    )
    if organisation is None or organisation.logo is None:
        abort(404)
    answer = Response(organisation.logo, mimetype="image/png")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.set_etag(theme.fingerprint(organisation.logo))
    return answer.make_conditional(request)
