"""What a form says of a body: read, checked, and its territory looked up."""

import re
from collections.abc import Mapping
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from stdnum.fr import siren as siren_key
from stdnum.fr import siret as siret_key

from engine.directory import COMPANY, Organisation, resolve
from engine.models import db
from web.portal import sheets
from web.typed import text

IDENTITY = ("name", "slug", "siren", "siret", "insee", "parent")
REACHED_BY = ("address", "email", "phone")
_LONGEST = {"name": 300, "slug": 100, "address": 500, "email": 254, "phone": 40}
_SLUG = re.compile("[a-z0-9]+(?:-[a-z0-9]+)*")
_AREA = re.compile("(?:COM|DEP|REG|EPCI)-[0-9AB]{1,9}")

Problems = dict[str, str]


def of(body: Organisation) -> dict[str, str]:
    """What is known of a body, as its form shows it."""
    parent = db.session.get(Organisation, body.parent_id) if body.parent_id else None
    names = (*IDENTITY[:-1], *REACHED_BY)
    known = {name: getattr(body, name) or "" for name in names}
    return {**known, "parent": (parent.slug or str(parent.id)) if parent else ""}


def read(form: Mapping[str, str], *, identity: bool) -> tuple[dict[str, str], Problems]:
    """What was typed, and what is wrong with it by field."""
    names = (*(IDENTITY if identity else ()), *REACHED_BY)
    typed = {name: text(form, name) for name in names}
    problems: Problems = {}
    for name, longest in _LONGEST.items():
        if len(typed.get(name, "")) > longest:
            problems[name] = _("%(n)s caractères au plus.", n=longest)
    if typed["email"]:
        try:
            validate_email(typed["email"], check_deliverability=False)
        except EmailNotValidError:
            problems["email"] = _("Courriel : écrivez-le ainsi, mairie@exemple.fr.")
    if identity:
        _identity(typed, problems)
    return typed, problems


def _identity(typed: dict[str, str], problems: Problems) -> None:
    typed["siren"], typed["siret"] = ("".join(typed[n].split()) for n in ("siren", "siret"))
    if not typed["name"]:
        problems["name"] = _("Nom : donnez celui de la collectivité.")
    if not _SLUG.fullmatch(typed["slug"]):
        problems["slug"] = _(
            "Nom court : minuscules sans accent, chiffres et tirets, par exemple ville-autun."
        )
    if typed["siren"] and not siren_key.is_valid(typed["siren"]):
        problems["siren"] = _("SIREN : neuf chiffres, dont le dernier dépend des autres.")
    if typed["siret"] and not siret_key.is_valid(typed["siret"]):
        problems["siret"] = _("SIRET : 14 chiffres, dont le dernier dépend des autres.")
    elif typed["siret"] and typed["siren"] and typed["siret"][:9] != typed["siren"]:
        problems["siret"] = _("SIRET : il commence par le SIREN, celui-ci en a un autre.")
    elif typed["siret"]:
        typed["siren"] = typed["siret"][:9]
    if typed["insee"]:
        _territory(typed, problems)
    if typed["parent"]:
        parent = resolve(typed["parent"])
        if parent is None or parent.kind == COMPANY:
            problems["parent"] = _(
                "Rattachement : donnez le nom court ou le SIREN d’une collectivité de"
                " l’annuaire."
            )


def _territory(typed: dict[str, str], problems: Problems) -> None:
    """A code as it is, or a commune by its name: the code is then looked up."""
    said = typed["insee"].upper()
    if re.fullmatch("[0-9][0-9AB][0-9]{3}", said):
        said = f"COM-{said}"
    known = sheets.communes()
    if not _AREA.fullmatch(said):
        found = known.resolve(typed["insee"], near="27") if known else None
        if found is None:
            problems["insee"] = _(
                "Territoire : donnez une commune ou un code (COM-71014, DEP-71, REG-27)."
            )
            return
        said = f"COM-{found.code}"
    if known and not place(said):
        problems["insee"] = _("Territoire : le code géographique ne connaît pas ce code.")
        return
    typed["insee"] = said


def place(code: str | None) -> str:
    """The name of a territory's code; nothing when it is not known."""
    if not code:
        return ""
    if code.startswith("EPCI-"):
        return code
    (name,) = sheets.areas([code])
    return "" if name == code else name


def values(typed: Mapping[str, str]) -> dict[str, str | UUID | None]:
    """What was typed as the directory keeps it: nothing is None where nothing may be kept."""
    kept: dict[str, str | UUID | None] = {
        name: value or (None if name in {"slug", "siren", "siret", "insee"} else "")
        for name, value in typed.items()
        if name != "parent"
    }
    if "parent" in typed:
        parent = resolve(typed["parent"]) if typed["parent"] else None
        kept["parent_id"] = parent.id if parent else None
    return kept
