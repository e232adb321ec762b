"""The legal clock of a request: when silence becomes a rejection, and what suspends it.

Two months after receipt (CRPA, art. L231-4, 3°), the clock standing still while the
applicant is given time for an indispensable document (CRPA, art. L114-5). Days are
Paris days; moments are UTC.
"""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from engine.clock import PARIS


def months_after(day: date, months: int) -> date:
    """The same day of the month, `months` later; its last day where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def days_after(day: date, days: int) -> date:
    """The day that comes `days` later."""
    return day + timedelta(days=days)


def end_of(day: date) -> str:
    """The moment at which a Paris day is over, as ISO UTC."""
    return start_of(day + timedelta(days=1))


def start_of(day: date) -> str:
    """The moment at which a Paris day begins, as ISO UTC."""
    begins = datetime.combine(day, time(), PARIS).astimezone(UTC)
    return begins.isoformat().replace("+00:00", "Z")


def suspended_days(since: date, until: date, resumed_on: date) -> int:
    """How long the clock stood still: until the answer, or the end of the time allowed."""
    return max(0, (min(resumed_on, until) - since).days)


def clock_values(
    *,
    received_on: date,
    rejection_on: date,
    warning_days: int,
    suspended: int,
    suspended_until: date | None = None,
    documents_late: bool = False,
) -> dict[str, Any]:
    """What a diagram knows of the clock: days as ISO dates, `…_at` as ISO UTC moments."""
    return {
        "received_on": received_on.isoformat(),
        "rejection_on": rejection_on.isoformat(),
        "lapses_at": end_of(rejection_on),
        "warn_at": start_of(rejection_on - timedelta(days=warning_days)),
        "suspended_days": suspended,
        "suspended_until": suspended_until.isoformat() if suspended_until else None,
        "answer_by": end_of(suspended_until) if suspended_until else None,
        "documents_late": documents_late,
    }
