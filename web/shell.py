"""What every page of the frame knows: who is looking, for whom they act, in which colours."""

from typing import Any

from flask import Flask, current_app, session, url_for
from flask_babel import lazy_gettext as _
from flask_login import current_user
from jinja2 import FileSystemBytecodeCache
from markupsafe import Markup
from sqlalchemy import select

from engine import absences
from engine.absences import Absence
from engine.access import allowed
from engine.brands import Look
from engine.directory import Organisation
from engine.models import db
from web import mailing, navigation, partners, theme
from web.auth import acting_for, current_actor, organisations
from web.branding import hosts
from web.people import moments, replacing
from web.people.replacing import Replaced

APPEARANCES = ("auto", "light", "dark")

PARTNER_NAMES = {
    "antivirus": _("Analyse antivirus des fichiers"),
    "archiving": _("Archivage (as@lae)"),
    "actes": _("Ministère, pour les membres (ACTES)"),
    "helios": _("Comptables de l’État (HELIOS)"),
    "mail": _("Envoi de courriels"),
    "oseo": _("Avis de Bpifrance (OSEO)"),
    "signature": _("Signature électronique"),
    "timestamp": _("Horodatage (RFC 3161)"),
    "sirene": _("Annuaire des entreprises (Sirene)"),
    "transmission": _("Télétransmission à l’État (S²LOW)"),
}


def init_app(app: Flask) -> None:
    """Give the templates what base.html and macros.html need."""
    app.context_processor(_frame)
    app.add_template_global(icon)
    app.add_template_global(has_logo, "organisation_has_logo")
    app.jinja_env.globals["partner_names"] = PARTNER_NAMES
    app.add_template_filter(initials)
    app.add_template_filter(moments.last, "until")
    app.add_template_global(mailing.link, "mail_link")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    # What compiles a page waits for it: once for all the processes, not at each one's start.
    compiled = app.extensions["settings"].data / "compiled"
    compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(compiled))


def has_logo(organisation: Organisation) -> bool:
    """Whether a body has a logo, without reading it."""
    statement = select(Organisation.logo.isnot(None)).where(
        Organisation.id == organisation.id
    )
    return bool(db.session.scalar(statement))


def initials(name: str) -> str:
    """One or two letters that stand for a name."""
    words = [word for word in name.replace("-", " ").split() if word[0].isupper()]
    return "".join(word[0] for word in [*words[:1], *words[1:][-1:]]).upper() or name[:1]


def _frame() -> dict[str, Any]:
    """Lazily, so that an error page never fails for the same reason as its page."""
    return {"frame": Frame()}


class Frame:
    """Read by base.html; each property asks only when the template does."""

    @property
    def actor(self) -> Any:
        """The person looking, or the visitor."""
        return current_actor()

    @property
    def account(self) -> Any:
        """The account signed in."""
        return current_user

    @property
    def organisation(self) -> Organisation | None:
        """The organisation one acts for."""
        return acting_for()

    @property
    def look(self) -> Look | None:
        """The look of the body whose host this is; None on the platform's own."""
        return hosts.look()

    @property
    def brands(self) -> bool:
        """Whether one may change the look of the body one acts for."""
        organisation = acting_for()
        return organisation is not None and allowed(current_actor(), "brand", organisation)

    @property
    def keys(self) -> bool:
        """Whether one may make keys for the organisation one acts for."""
        organisation = acting_for()
        return organisation is not None and allowed(current_actor(), "manage", organisation)

    @property
    def organisations(self) -> list[Organisation]:
        """Those one may choose from."""
        return organisations()

    @property
    def replaced(self) -> list[Replaced]:
        """Those whom one replaces at this moment."""
        return replacing.replaced(current_actor())

    @property
    def away(self) -> Absence | None:
        """One's own absence, at this moment."""
        person_id = current_actor().person_id
        return absences.away([person_id]).get(person_id) if person_id else None

    @property
    def navigation(self) -> list[navigation.Item]:
        """The items of the main navigation."""
        return navigation.items(current_actor())

    @property
    def sandboxes(self) -> list[str]:
        """The partners that are only simulated."""
        return partners.sandboxes()

    @property
    def appearance(self) -> str:
        """`auto`, `light` or `dark`."""
        chosen = session.get("appearance", "auto")
        return chosen if chosen in APPEARANCES else "auto"

    @property
    def theme_url(self) -> str:
        """The style sheet of the brand's colour, cacheable for ever."""
        look, organisation = self.look, acting_for()
        worn = look.colour if look else organisation.brand_colour if organisation else None
        brand = theme.colour(worn)
        return url_for(
            "pages.theme_css",
            brand=brand[1:],
            version=theme.fingerprint(theme.css(brand).encode()),
        )


def icon(name: str, label: str = "") -> Markup:
    """An icon of the sprite: decorative, unless it is given a label."""
    sprite = current_app.jinja_env.globals["asset"]("icons.svg")  # type: ignore[operator]
    spoken = Markup('role="img" aria-label="{}"').format(label)
    attributes = spoken if label else Markup('aria-hidden="true" focusable="false"')
    return Markup(
        '<svg class="ebg-icon" width="16" height="16" {}><use href="{}#{}"></use></svg>'
    ).format(attributes, sprite, name)
