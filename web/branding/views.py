"""The page where a body's administrator changes its colour, logo, texts and host names."""

import re
from collections.abc import Iterable, Mapping
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

from engine import brands
from engine.access import Actor
from engine.brands import BrandHost, HostRefused
from engine.commands import brands as commands
from engine.commands.brands import HostTaken, TooManyHosts
from engine.directory import Organisation
from engine.models import db
from web import shell, theme
from web.auth import acting_for, current_actor, guard, public, signed_in
from web.branding import hosts
from web.navigation import Item, offer
from web.typed import text

bp = Blueprint("branding", __name__)

LABELS = {
    "welcome_title": lazy_gettext("Titre de l’accueil"),
    "welcome_text": lazy_gettext("Phrase de l’accueil"),
    "contact": lazy_gettext("Comment vous joindre"),
    "legal": lazy_gettext("Mention légale"),
    "footer": lazy_gettext("Pied de page"),
}
_LOGO_BYTES = 2 * 1024 * 1024
_COLOUR = re.compile(r"#?[0-9a-fA-F]{6}")

Problems = dict[str, str]


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Whoever administers a body looks after its brand."""
    if actor.administered_bodies:
        yield Item(
            _("Marque"),
            "branding.mine",
            icon="sliders",
            about=_(
                "La couleur, le logo, les textes et les adresses de votre collectivité."
            ),
        )


@bp.get("/organisation/marque")
@signed_in
def mine() -> ResponseReturnValue:
    """The page of the body one acts for, or of the first one administers."""
    bodies = current_actor().administered_bodies
    if not bodies:
        abort(403)
    chosen = acting_for()
    body = chosen.id if chosen is not None and chosen.id in bodies else bodies[0]
    return redirect(url_for(".show", organisation_id=body))


@bp.get("/organisation/<uuid:organisation_id>/marque")
@guard("brand", Organisation, "organisation_id")
def show(organisation_id: UUID) -> ResponseReturnValue:
    """The body's look as it is."""
    body = db.session.get_one(Organisation, organisation_id)
    typed = {"colour": theme.colour(body.brand_colour), **brands.texts(organisation_id)}
    return _show(organisation_id, typed, {})


@bp.post("/organisation/<uuid:organisation_id>/marque")
@guard("brand", Organisation, "organisation_id")
def save(organisation_id: UUID) -> ResponseReturnValue:
    """Keep the colour and the texts; or only show them, when « Aperçu » was pressed."""
    typed, problems = _typed()
    if "_preview" in request.form or problems:
        return _show(organisation_id, typed, problems), 422 if problems else 200
    colour = theme.colour(typed["colour"])
    commands.set_look(organisation_id, colour=colour, texts=typed, actor=current_actor())
    hosts.forget()
    flash(_("La marque est enregistrée."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


def _typed() -> tuple[dict[str, str], Problems]:
    typed = {name: text(request.form, name) for name in ("colour", *brands.TEXTS)}
    problems: Problems = {}
    if _COLOUR.fullmatch(typed["colour"]):
        typed["colour"] = "#" + typed["colour"].removeprefix("#").lower()
    else:
        problems["colour"] = _("Couleur : écrivez-la ainsi, #0b6b4f.")
    for name, longest in brands.TEXTS.items():
        if len(typed[name]) > longest:
            problems[name] = _(
                "%(label)s : %(n)s caractères au plus.", label=LABELS[name], n=longest
            )
    return typed, problems


def _show(organisation_id: UUID, typed: Mapping[str, Any], problems: Problems) -> str:
    body = db.session.get_one(Organisation, organisation_id)
    return render_template(
        "branding/show.html",
        body=body,
        logo=shell.has_logo(body),
        hosts=brands.hosts_of(organisation_id),
        most_hosts=brands.MOST_HOSTS,
        longest=brands.TEXTS,
        labels=LABELS,
        typed=typed,
        problems=problems,
        **_preview(str(typed["colour"])),
    )


def _preview(colour: str) -> dict[str, Any]:
    """The shades that a colour gives, with the address of their style sheet."""
    brand = theme.colour(colour)
    return {"brand": brand, "shades": theme.shades(brand)}


@bp.get("/organisation/<uuid:organisation_id>/marque/apercu")
@guard("brand", Organisation, "organisation_id")
def preview(organisation_id: UUID) -> ResponseReturnValue:
    """The previews alone, for a script that follows the colour chosen."""
    return render_template(
        "branding/preview.html", **_preview(text(request.args, "colour"))
    )


@bp.get("/theme/apercu/<brand>.css")
@public
def preview_css(brand: str) -> ResponseReturnValue:
    """A colour's style sheet, for the previews of a page and nothing else on it."""
    if theme.colour(f"#{brand}") != f"#{brand}":
        abort(404)
    answer = Response(theme.preview_css(f"#{brand}"), mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@bp.post("/organisation/<uuid:organisation_id>/marque/logo")
@guard("brand", Organisation, "organisation_id")
def logo(organisation_id: UUID) -> ResponseReturnValue:
    """Draw the image sent anew and keep it as the logo; or take the logo away."""
    if "_remove" in request.form:
        commands.set_logo(organisation_id, None, actor=current_actor())
        hosts.forget()
        flash(_("Le logo est retiré."), "success")
        return redirect(url_for(".show", organisation_id=organisation_id))
    upload = request.files.get("logo")
    content = upload.stream.read(_LOGO_BYTES + 1) if upload else b""
    try:
        image = theme.logo(content)
    except theme.LogoRefused as refused:
        return _again(organisation_id, {"logo": str(refused)})
    commands.set_logo(organisation_id, image, actor=current_actor())
    hosts.forget()
    flash(_("Le logo est enregistré."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


@bp.post("/organisation/<uuid:organisation_id>/marque/adresses")
@guard("brand", Organisation, "organisation_id")
def ask_host(organisation_id: UUID) -> ResponseReturnValue:
    """Ask for a host name."""
    typed = text(request.form, "host")[:300]
    malformed = _(
        "Adresse : donnez seulement un nom d’hôte, sans https:// ni chemin, par exemple "
        "demarches.autun.fr."
    )
    try:
        host = brands.host_name(typed)
    except HostRefused:
        return _again(organisation_id, {"host": malformed}, host=typed)
    taken = _("Adresse : %(host)s est déjà prise.", host=host)
    if hosts.is_ours(host):
        return _again(organisation_id, {"host": taken}, host=typed)
    try:
        commands.ask_host(organisation_id, host, actor=current_actor())
    except HostTaken:
        return _again(organisation_id, {"host": taken}, host=typed)
    except TooManyHosts:
        sentence = _("Adresse : %(n)s au plus. Abandonnez-en une.", n=brands.MOST_HOSTS)
        return _again(organisation_id, {"host": sentence}, host=typed)
    flash(_("L’adresse est demandée : l’exploitant la mettra en service."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


@bp.post("/organisation/<uuid:organisation_id>/marque/adresses/<uuid:host_id>/abandon")
@guard("brand", Organisation, "organisation_id")
def drop_host(organisation_id: UUID, host_id: UUID) -> ResponseReturnValue:
    """Give a host name up."""
    asked = db.session.get(BrandHost, host_id)
    if asked is None or asked.organisation_id != organisation_id:
        abort(404)
    commands.drop_host(host_id, actor=current_actor())
    hosts.forget()
    flash(_("L’adresse est abandonnée."), "success")
    return redirect(url_for(".show", organisation_id=organisation_id))


def _again(organisation_id: UUID, problems: Problems, **more: str) -> ResponseReturnValue:
    body = db.session.get_one(Organisation, organisation_id)
    typed = {"colour": theme.colour(body.brand_colour), **brands.texts(organisation_id)}
    return _show(organisation_id, {**typed, **more}, problems), 422
