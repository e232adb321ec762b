"""When something is due, in words and colour: one way to say it, on every page.

    {{ due_words(task.due_at).text }}      « Dans 3 jours ouvrés (mardi 1er décembre) »

Days are Paris days; those that count are working days. The legal clock counts every day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from flask_babel import format_date, get_locale, ngettext
from flask_babel import gettext as _

from engine import clock, working_days
from engine.clock import PARIS
from workflows.landmarks import LegalClock

SOON = 3
"""Working days within which something is soon due."""

NEAR = 15
"""Days before silence decides, from which it is told as urgent."""

COUNTED = timedelta(days=400)
"""Beyond, nobody counts in working days: the date alone is told."""

Kind = Literal["", "info", "warn", "late"]


@dataclass(frozen=True)
class Due:
    """What to write, and how loudly: the words say everything, the colour only helps."""

    text: str
    kind: Kind
    icon: str
    day: date


def words(at: datetime, now: datetime | None = None) -> Due:
    """How long until a moment, or since, in working days."""
    present = now or clock.now()
    day, today = at.astimezone(PARIS).date(), present.astimezone(PARIS).date()
    named = spoken(day)
    if abs(day - today) > COUNTED:
        late = day < today
        far = _("En retard depuis %(day)s", day=named) if late else named
        return Due(far, "late" if late else "", "calendar", day)
    if day < today or at < present:
        return Due(_late(day, today, named), "late", "exclamation-circle", day)
    if day == today:
        return Due(_("Aujourd’hui (%(day)s)", day=named), "late", "clock", day)
    left = working_days.between(today, day)
    text = (
        ngettext(
            "Dans un jour ouvré (%(day)s)",
            "Dans %(num)d jours ouvrés (%(day)s)",
            left,
            day=named,
        )
        if left
        else _("Avant le prochain jour ouvré (%(day)s)", day=named)
    )
    return Due(text, "warn" if left <= SOON else "", "calendar", day)


def _late(day: date, today: date, named: str) -> str:
    passed = working_days.between(day, today)
    if not passed:
        return str(_("En retard depuis %(day)s", day=named))
    return str(
        ngettext(
            "En retard d’un jour ouvré (%(day)s)",
            "En retard de %(num)d jours ouvrés (%(day)s)",
            passed,
            day=named,
        )
    )


def silence(legal: LegalClock) -> Due:
    """When silence decides, or since when its clock stands still and what it waits for."""
    if legal.suspended_on is not None:
        since = _("Délai légal suspendu depuis le %(day)s", day=spoken(legal.suspended_on))
        until = (
            _("reprise le %(day)s au plus tard", day=spoken(legal.suspended_until))
            if legal.suspended_until
            else ""
        )
        told = " ; ".join(one for one in (legal.awaited, until) if one)
        return Due(f"{since} : {told}" if told else since, "info", "pause-circle", legal.on)
    left = (legal.on - clock.today()).days
    kind: Kind = "late" if left < 0 else "warn" if left <= NEAR else ""
    return Due(_silence(legal, left), kind, "hourglass-split", legal.on)


def _silence(legal: LegalClock, left: int) -> str:
    day = spoken(legal.on)
    rejects = legal.effect == "rejection"
    if left < 0:
        return str(
            _("Le silence a valu rejet le %(day)s", day=day)
            if rejects
            else _("Le silence a valu acceptation le %(day)s", day=day)
        )
    if left == 0:
        return str(
            _("Silence vaut rejet à la fin de la journée")
            if rejects
            else _("Silence vaut acceptation à la fin de la journée")
        )
    if rejects:
        return str(
            ngettext(
                "Silence vaut rejet dans un jour (le %(day)s)",
                "Silence vaut rejet dans %(num)d jours (le %(day)s)",
                left,
                day=day,
            )
        )
    return str(
        ngettext(
            "Silence vaut acceptation dans un jour (le %(day)s)",
            "Silence vaut acceptation dans %(num)d jours (le %(day)s)",
            left,
            day=day,
        )
    )


def spoken(day: date) -> str:
    """A day as it is said: mardi 1er décembre, with its year when it is another one."""
    other = "" if day.year == clock.today().year else " y"
    said = str(format_date(day, f"EEEE d MMMM{other}"))
    french = get_locale() is None or get_locale().language == "fr"
    return said.replace(" 1 ", " 1er ", 1) if french and day.day == 1 else said
