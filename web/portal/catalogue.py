"""The public catalogue of aids: one search, one sheet an aid, and the communes by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_sqlalchemy.pagination import Pagination

from engine import subscriptions
from engine.access import Actor
from engine.clock import now
from web import limits, navigation
from web.auth import public
from web.branding import hosts
from web.portal import sheets
from workflows.geography import Commune
from workflows.grants import aids
from workflows.grants.activities import SECTIONS, levels
from workflows.grants.aid_search import PAGE, Found, search

bp = Blueprint("catalogue", __name__)

HOME_REGION = "27"  # among namesakes, the communes of the region come first

PARAMETERS = (
    "besoin", "commune", "activite", "ape", "effectif", "type", "theme", "en_ligne", "toutes",
)  # fmt: skip

_LARGEST = 10_000_000  # employees


@navigation.offer(bp)
def items(_actor: Actor) -> Iterable[navigation.Item]:
    """Anyone may look for an aid."""
    yield navigation.Item(
        _("Aides"),
        "catalogue.index",
        icon="search",
        about=_("Subventions, prêts, conseils : celles qui vont avec votre projet."),
    )


@bp.get("/aides")
@public
def index() -> ResponseReturnValue:
    """The aids that suit what the address asks, twenty a page, with what could be asked next."""
    typed = {name: _typed(name) for name in PARAMETERS}
    asked = understand(typed)
    page = request.args.get("page", 1, type=int)
    look = hosts.look()
    own = subscriptions.keys_offered(look.organisation_id) if look else []
    find = partial(search, procedures=[] if typed["toutes"] else own)
    found = find(**dict(asked.criteria.values()), page=page)
    return render_template(
        "portal/catalogue.html",
        typed=typed,
        asked=asked,
        found=found,
        look=look if own else None,
        cures=_cures(asked, typed, find) if not found.total else [],
        pagination=_Pages(page=found.page, per_page=PAGE, found=found),
        link=lambda **changes: _link(typed, changes),
        to_page=lambda number: _link(typed, {"page": number}),
        sections=SECTIONS,
        now=now(),
    )


@bp.get("/aides/<slug>")
@public
def show(slug: str) -> ResponseReturnValue:
    """One aid in full; when it is no longer offered, a page that says so (404)."""
    aid = aids.find(slug) or abort(404)
    if not aid.is_open:
        return render_template("portal/catalogue_closed.html", aid=aid), 404
    return render_template(
        "portal/catalogue_aid.html",
        aid=aid,
        sheets=sheets,
        applications=sheets.applications(aid),
        now=now(),
    )


@bp.get("/communes")
@public
@limits.limiter.limit("120 per minute", key_func=limits.address)
def communes() -> ResponseReturnValue:
    """Communes that the text `q` may mean: JSON, or the options of a list for htmx."""
    known = sheets.communes()
    text = request.args.get("q") or request.args.get("commune", "")
    found = known.search(text, near=HOME_REGION, limit=12) if known else []
    if request.headers.get("HX-Request"):
        return render_template("portal/catalogue_communes.html", communes=found)
    answer: Response = jsonify(
        [{"code": one.code, "label": one.label, "name": one.name} for one in found]
    )
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.vary.add("HX-Request")
    return answer


@dataclass(frozen=True)
class Asked:
    """What was understood: parameter → (keyword, value) of the search; and what was not."""

    criteria: dict[str, tuple[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    choices: list[Commune] = field(default_factory=list)


def _typed(name: str) -> str:
    """A parameter of the address, cut to what a person types."""
    given = request.args.get(name, "")[:200]
    return "".join(letter for letter in given if letter.isprintable()).strip()


def understand(typed: Mapping[str, str]) -> Asked:
    """Read the parameters of the address; those that mean nothing are told, not obeyed."""
    asked = Asked()
    plain = {"besoin": "text", "type": "kind", "theme": "need"}
    for name, keyword in plain.items():
        if typed[name]:
            asked.criteria[name] = (keyword, typed[name])
    if typed["en_ligne"]:
        asked.criteria["en_ligne"] = ("online", True)
    _place(typed["commune"], asked)
    _activity(typed["activite"], typed["ape"], asked)
    if typed["effectif"].isascii() and typed["effectif"].isdigit():
        asked.criteria["effectif"] = ("workforce", min(int(typed["effectif"]), _LARGEST))
    elif typed["effectif"]:
        asked.errors["effectif"] = _("Indiquez l’effectif en chiffres, par exemple 12.")
    return asked


def _place(text: str, asked: Asked) -> None:
    known = sheets.communes()
    if not text or known is None:
        return
    commune = known.resolve(text, near=HOME_REGION)
    if commune:
        asked.criteria["commune"] = ("commune", commune)
        return
    asked.choices.extend(known.search(text, near=HOME_REGION, limit=12))
    asked.errors["commune"] = (
        _("Plusieurs communes répondent à « %(text)s » : choisissez la vôtre.", text=text)
        if asked.choices
        else _(
            "Aucune commune ne répond à « %(text)s ». Essayez son code postal.", text=text
        )
    )


def _activity(section: str, ape: str, asked: Asked) -> None:
    if section in SECTIONS:
        asked.criteria["activite"] = ("activity", section)
    if ape and levels(ape):
        asked.criteria.pop("activite", None)  # the code says more than the section
        asked.criteria["ape"] = ("activity", levels(ape)[-1])
    elif ape:
        asked.errors["ape"] = _("Un code APE a quatre chiffres et une lettre : 25.62B.")


def _cures(
    asked: Asked, typed: Mapping[str, str], find: Callable[..., Found]
) -> list[tuple[str, str, int]]:
    """Each criterion without which something is found: (its value, the address, how many)."""
    cures = []
    for name in asked.criteria:
        others = dict(kept for one, kept in asked.criteria.items() if one != name)
        many = find(**others).total
        if many:
            cures.append((_said(name, typed), _link(typed, {name: ""}), many))
    return cures


def _said(name: str, typed: Mapping[str, str]) -> str:
    if name == "en_ligne":
        return str(_("demande en ligne ici"))
    if name == "effectif":
        return str(_("effectif de %(number)s", number=typed[name]))
    return SECTIONS.get(typed[name], typed[name]) if name == "activite" else typed[name]


def _link(typed: Mapping[str, str], changes: Mapping[str, Any]) -> str:
    """This search with some parameters changed, from its first page unless said."""
    kept = {name: value for name, value in {**typed, **changes}.items() if value}
    return url_for("catalogue.index", **kept, _anchor="resultats")


class _Pages(Pagination):
    """The pages of a search, for the macro that shows them."""

    def _query_items(self) -> list[Any]:
        return self._found.aids

    def _query_count(self) -> int:
        return self._found.total

    @property
    def _found(self) -> Found:
        found: Found = self._query_args["found"]
        return found
