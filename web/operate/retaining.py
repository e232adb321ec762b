"""How long things are kept: the rules, what each would remove today, and removing it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from engine import chores as chore
from engine import clock, platform_figures, retention
from engine.chores import Chore
from engine.commands import chores, eliminating, keeping_back
from engine.commands.eliminating import Example
from engine.commands.keeping_back import Decision
from engine.commands.operations import checked
from engine.directory import Person
from engine.errors import OperationRefused
from engine.models import ProcessInstance, db
from engine.retention import LegalHold, Rule
from web.auth import current_actor, guard
from web.operate import words
from web.operate.filters import Typed
from web.paging import whole
from web.typed import clean, text

bp = Blueprint("retaining", __name__)
bp.context_processor(lambda: {"words": words})

PER_PAGE = 50
PREFIX = "/exploitation/conservation"


@dataclass(frozen=True)
class Standing:
    """A rule, and what it would remove today."""

    rule: Rule
    number: int
    oldest: datetime | None
    kept_here: bool

    @property
    def said(self) -> str:
        """The number, as far as it was counted."""
        most = eliminating.MOST_COUNTED
        return f"{most}+" if self.number > most else str(self.number)


def _standing(rule: Rule) -> Standing:
    kind = eliminating.kind_of(rule)
    if kind is None:
        return Standing(rule, 0, None, kept_here=False)
    number = kind.count(rule)
    first = kind.examples(rule)[:1] if number else []
    return Standing(rule, number, first[0].at if first else None, kept_here=True)


@bp.get(f"{PREFIX}/")
@guard("operate")
def index() -> ResponseReturnValue:
    """Every rule in force, and what it would remove today."""
    return render_template(
        "operate/retention.html",
        standings=[_standing(rule) for rule in retention.in_force()],
        procedures=platform_figures.names(),
    )


@bp.get(f"{PREFIX}/<subject>")
@guard("operate")
def rule(subject: str) -> ResponseReturnValue:
    """One rule: on what grounds, what it would remove today, and what it removed."""
    return _rule_page(_named(subject), {})


@bp.post(f"{PREFIX}/<subject>")
@guard("operate")
def apply(subject: str) -> ResponseReturnValue:
    """Remove what a rule finds: first counted and shown, then done by the workers."""
    found = _named(subject)
    motive = text(request.form, "motive")
    try:
        if "_confirm" not in request.form:
            checked(motive)
            return _rule_page(found, clean(request.form), shown=True)
        asked = chores.ask(
            chore.RETENTION, found.subject, actor=current_actor(), motive=motive
        )
    except OperationRefused as refused:
        return _rule_page(found, clean(request.form), problem=words.told(refused)), 422
    return redirect(url_for("running.chore", chore_id=asked))


def _named(subject: str) -> Rule:
    return retention.named(subject) or abort(404)


def _rule_page(found: Rule, typed: Any, **more: Any) -> str:
    kind = eliminating.kind_of(found)
    examples: list[Example] = kind.examples(found) if kind else []
    runs = (
        select(Chore)
        .where(Chore.kind == chore.RETENTION, Chore.subject == found.subject)
        .order_by(Chore.created_at.desc())
        .limit(20)
    )
    return render_template(
        "operate/retention_rule.html",
        standing=_standing(found),
        rule=found,
        examples=examples,
        runs=db.session.scalars(runs).all(),
        procedures=platform_figures.names(),
        typed=typed,
        **more,
    )


@bp.get(f"{PREFIX}/regles/nouvelle")
@guard("operate")
def new() -> ResponseReturnValue:
    """Decide how long a kind of things is kept."""
    return _decision(clean(request.args))


@bp.post(f"{PREFIX}/regles/nouvelle")
@guard("operate")
def decide() -> ResponseReturnValue:
    """Write the decision."""
    typed = Typed(request.form)
    number, unit = typed.text("duree"), typed.choice("unite", words.UNITS)
    digits = number.isascii() and number.isdigit()
    decision = Decision(
        kind=typed.choice("sorte", words.KEPT),
        key=typed.text("procedure"),
        duration=f"P{int(number)}{unit}" if digits and len(number) < len("100000") else "",
        disposition=typed.choice("sort", words.DISPOSITIONS),
        automatic="automatique" in request.form,
        article=typed.text("article"),
        status=typed.choice("statut", words.GROUNDS),
        valid_from=typed.day("a_partir_du") or clock.today(),
    )
    problem = next(iter(typed.problems.values()), "")
    motive = text(request.form, "motive")
    try:
        if not problem:
            keeping_back.decide(decision, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        problem = words.told(refused)
    if problem:
        return _decision(clean(request.form), problem=problem), 422
    flash(_("La règle est écrite ; elle vaut à partir du jour dit."), "success")
    return redirect(url_for(".index"))


def _decision(typed: Any, **more: Any) -> str:
    return render_template(
        "operate/retention_new.html",
        typed=typed,
        procedures=platform_figures.names(),
        today=clock.today(),
        **more,
    )


@bp.get(f"{PREFIX}/gels/")
@guard("operate")
def holds() -> ResponseReturnValue:
    """The cases of which nothing is removed, and those of which that was true."""
    page = whole(
        select(LegalHold).order_by(LegalHold.placed_at.desc(), LegalHold.id.desc()),
        PER_PAGE,
    )
    ids = [one.instance_id for one in page.items]
    cases = db.session.scalars(select(ProcessInstance).where(ProcessInstance.id.in_(ids)))
    who = {one.placed_by for one in page.items}
    people = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(who)))
    return render_template(
        "operate/holds.html",
        page=page,
        cases={case.id: case for case in cases},
        names={person_id: name for person_id, name in people},
    )


@bp.get("/dossiers/<uuid:case_id>/conservation")
@guard("hold back", ProcessInstance, "case_id")
def case(case_id: UUID) -> ResponseReturnValue:
    """Until when a case is kept, and whether it is kept from elimination."""
    return _case_page(case_id, {})


@bp.post("/dossiers/<uuid:case_id>/conservation")
@guard("hold back", ProcessInstance, "case_id")
def hold(case_id: UUID) -> ResponseReturnValue:
    """Keep a case from elimination, or no longer."""
    change = keeping_back.lift if "lever" in request.form else keeping_back.hold
    motive = text(request.form, "motive")
    try:
        change(case_id, actor=current_actor(), motive=motive)
    except OperationRefused as refused:
        return _case_page(case_id, clean(request.form), problem=words.told(refused)), 422
    flash(
        _("Rien de ce dossier ne sera éliminé.")
        if change is keeping_back.hold
        else _("Les règles s’appliquent de nouveau à ce dossier."),
        "success",
    )
    return redirect(url_for(".case", case_id=case_id))


def _case_page(case_id: UUID, typed: Any, **more: Any) -> str:
    found = db.session.get_one(ProcessInstance, case_id)
    own = retention.named(f"{retention.CASES}:{found.key}")
    held = retention.hold_on(case_id)
    return render_template(
        "operate/case_retention.html",
        case=found,
        rule=own or retention.named(retention.CASES),
        held=held,
        author=db.session.get(Person, held.placed_by) if held else None,
        operates=current_actor().operates,
        typed=typed,
        **more,
    )
