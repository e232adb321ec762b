"""The screens of search and figures: forms without JavaScript, results page after page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine import clock, definitions, directory, figures, search
from engine.access import Actor
from engine.criteria import AT_LEAST, AT_MOST, BEGINS, EQUAL, Condition, Search
from engine.models import ProcessDefinition
from engine.search import Place
from engine.variables import Searchable, searchable
from web.auth import current_actor, guard
from web.cases.reading import outcome_name
from web.navigation import Item, offer
from web.typed import text

bp = Blueprint("search", __name__)

SOON = 7
"""Days within which a task is due soon."""

PERIOD = timedelta(days=90)
"""Over which time spent is measured, unless asked otherwise."""

LONGEST = 100  # characters of a criterion


@offer(bp)
def navigation(actor: Actor) -> Iterable[Item]:
    """Those who handle cases may read figures about them; the search is beside the cases."""
    if actor.handles_cases:
        yield Item(
            _("Chiffres"),
            "search.show_figures",
            icon="speedometer2",
            about=_("Combien de dossiers à chaque étape, et le temps qu’ils y passent."),
        )


@dataclass(frozen=True)
class Offer:
    """What one may choose from: procedures and versions, and what the chosen one names."""

    procedures: dict[str, str]
    versions: dict[int, int] = field(default_factory=dict)
    steps: dict[str, str] = field(default_factory=dict)
    roles: dict[str, str] = field(default_factory=dict)
    data: list[Searchable] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Every element's name."""


@bp.get("/dossiers/recherche")
@guard("handle")
def index() -> ResponseReturnValue:
    """Cases by number, words, procedure, step, role, days, and what the procedure names."""
    actor = current_actor()
    offered = _offer(actor, request.args)
    reading = _Reading(request.args)
    asked = _search(reading, offered)
    page = None
    if not reading.problems:
        page = search.page(asked, actor, after=_place(request.args.get("apres", "")))
    typed = _typed(request.args)
    return render_template(
        "cases/search.html",
        choices=offered,
        page=page,
        typed=typed,
        problems=reading.problems,
        operators=OPERATORS,
        outcome_name=outcome_name,
        next_url=_next_url(typed, page.after) if page and page.after else None,
        refined=set(typed) - {"mots", "procedure"},
    ), 422 if reading.problems else 200


@bp.get("/dossiers/chiffres")
@guard("handle")
def show_figures() -> ResponseReturnValue:
    """Where cases stand, how long steps take, who has what: one procedure at a time."""
    actor = current_actor()
    first_key = next(iter(_offer(actor, {}).procedures), "")
    chosen = {"procedure": first_key, **_typed(request.args)}
    offered = _offer(actor, chosen)
    reading = _Reading(chosen)
    today = clock.today()
    last = reading.day("au") or today
    first = reading.day("du") or last - PERIOD
    asked = Search(key=reading.text("procedure"), version=reading.version(offered))
    standing = [
        s
        for s in figures.standing(actor, asked)
        if offered.names.get(s.element_id) and s.element_id in offered.steps
    ]
    return render_template(
        "cases/figures.html",
        choices=offered,
        typed=chosen,
        problems=reading.problems,
        standing=sorted(standing, key=lambda s: s.cases, reverse=True),
        durations=figures.durations(actor, asked, first, last),
        loads=figures.loads(actor, asked, soon=SOON),
        bodies=figures.loads_of_bodies(actor, asked, soon=SOON),
        first=first,
        last=last,
        soon=SOON,
        spent=spent,
    ), 422 if reading.problems else 200


def spent(duration: timedelta) -> str:
    """A duration as people read it: days, else hours, else minutes."""
    days, hours = duration / timedelta(days=1), duration / timedelta(hours=1)
    if days >= 1:
        return str(_("%(n)s j", n=_number(days)))
    if hours >= 1:
        return str(_("%(n)s h", n=_number(hours)))
    return str(_("%(n)s min", n=max(1, round(duration / timedelta(minutes=1)))))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0").replace(".", ",")


OPERATORS = {
    EQUAL: "est égal à",
    BEGINS: "commence par",
    AT_LEAST: "au moins, ou à partir de",
    AT_MOST: "au plus, ou jusqu'à",
}


def _offer(actor: Actor, chosen: Mapping[str, str]) -> Offer:
    every = figures.procedures(actor)
    procedures = dict[str, str]()
    for definition in every:
        procedures.setdefault(definition.key, definition.name)
    versions = [d for d in every if d.key == chosen.get("procedure")]
    if not versions:
        return Offer(procedures)
    version = next(
        (d for d in versions if str(d.version) == chosen.get("version")), versions[0]
    )
    return _offer_of(version, procedures, {d.version: d.version for d in versions})


def _offer_of(
    version: ProcessDefinition, procedures: dict[str, str], versions: dict[int, int]
) -> Offer:
    model = definitions.model(version.id)
    elements = model.elements.values()
    timed = [e for e in elements if e.name and e.kind in figures.TIMED]
    return Offer(
        procedures,
        versions,
        steps=dict(sorted(((e.id, e.name) for e in timed), key=lambda pair: pair[1])),
        roles={e.role: model.roles.get(e.role, e.role) for e in timed if e.role},
        data=searchable(version.id),
        names={e.id: e.name for e in elements},
    )


def _typed(fields: Mapping[str, str]) -> dict[str, str]:
    """What was typed, to show it again; the place of a page is no criterion."""
    return {
        name: said[:LONGEST]
        for name in fields
        if name != "apres" and (said := text(fields, name))
    }


class _Reading:
    """Reads the fields of a form, and notes in French what cannot be read."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        self.problems = dict[str, str]()

    def text(self, name: str) -> str:
        return text(self.fields, name)[:LONGEST]

    def day(self, name: str) -> date | None:
        typed = self.text(name)
        found = as_day(typed)
        if typed and found is None:
            self.problems[name] = _("« %(text)s » n'est pas une date.", text=typed)
        return found

    def version(self, offered: Offer) -> int | None:
        typed = self.text("version")
        return next((v for v in offered.versions if str(v) == typed), None)

    def company(self, name: str) -> UUID | None:
        siret = self.text(name).replace(" ", "")
        if not siret:
            return None
        company = directory.company_by_siret(siret)
        if company is None:
            self.problems[name] = _("Aucune entreprise n'a ce numéro SIRET.")
        return company.id if company else None

    def conditions(self, offered: Offer) -> tuple[Condition, ...]:
        return tuple(
            Condition(v.name, self._operator(v.name), as_value(typed))
            for v in offered.data
            if (typed := self.text(f"v.{v.name}"))
        )

    def _operator(self, name: str) -> str:
        operator = self.text(f"o.{name}")
        return operator if operator in OPERATORS else EQUAL


def _search(reading: _Reading, offered: Offer) -> Search:
    status = reading.text("etat")
    return Search(
        number=reading.text("numero"),
        title=reading.text("mots"),
        key=reading.text("procedure"),
        version=reading.version(offered),
        status=status if status in {"active", "completed", "cancelled"} else "",
        started_from=reading.day("depose_du"),
        started_to=reading.day("depose_au"),
        ended_from=reading.day("clos_du"),
        ended_to=reading.day("clos_au"),
        step=reading.text("etape"),
        role=reading.text("role"),
        applicant=reading.company("entreprise"),
        variables=reading.conditions(offered),
    )


def as_day(typed: str) -> date | None:
    """A day written as in French or by a browser: 21/11/2026, 2026-11-21; else None."""
    for pattern in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(typed, pattern).date()  # noqa: DTZ007  only a day
        except ValueError:
            continue
    return None


def as_value(typed: str) -> str | float | date:
    """What was typed, as a day or an amount when it can be read so.

    A text of digits stays a text when it begins with 0 or is as long as a SIREN.
    """
    day = as_day(typed)
    if day is not None:
        return day
    bare = "".join(typed.split()).removesuffix("€").replace(",", ".")
    if bare.isdigit() and (len(bare) >= len("123456789") or bare.startswith("0")):
        return bare
    try:
        value = float(bare)
    except ValueError:
        return typed
    return value if isfinite(value) else typed


def _place(typed: str) -> Place | None:
    """Where a page begins; the first page when it makes no sense."""
    moment, _separator, case = typed.partition("~")
    try:
        at = datetime.fromisoformat(moment)
        return Place(at, UUID(case)) if at.tzinfo else None
    except ValueError:
        return None


def _next_url(typed: Mapping[str, Any], after: Place) -> str:
    place = f"{after.moment.isoformat()}~{after.id}"
    return url_for(".index", **{**typed, "apres": place})
