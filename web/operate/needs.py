"""What needs a hand now: each with how serious it is, since when, and where to go.

Every question is a short one on an index: the page is open all day.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app, url_for
from flask_babel import format_datetime, ngettext
from flask_babel import gettext as _
from sqlalchemy import exists, func, select

from engine import chores, clock, marks, merging
from engine.chores import Chore
from engine.digests import Digest
from engine.jobs import DONE, OPERATION, RUNNING, Job, JobItem
from engine.models import Incident, Message, Timer, db
from engine.notices import Notice
from web.operate import reading, words

LATE, WARN, INFO = "late", "warn", "info"

WAITS_TOO_LONG = timedelta(minutes=5)
MAIL_TOO_LONG = timedelta(minutes=15)
VERIFIED_WITHIN = timedelta(hours=36)
BACKED_UP_WITHIN = timedelta(hours=36)
RECENT = timedelta(days=7)
LEAST_FREE = 0.1
"""Share of the disk that should be left."""

MOST = 1000


@dataclass(frozen=True)
class Need:
    """One thing to look at."""

    kind: str
    title: str
    detail: str
    url: str
    act: str
    since: datetime | None = None


def all_of_them(partners: list[reading.PartnerState]) -> list[Need]:
    """What needs a hand, the most serious first."""
    found = [
        *_incidents(), *_partners(partners), *_queue(), *_jobs(), *_chores(), *_journal(),
        *_mail(), *_machine(),
    ]  # fmt: skip
    return sorted(found, key=lambda need: (LATE, WARN, INFO).index(need.kind))


def _incidents() -> Iterator[Need]:
    number = merging.count(
        [select(Incident.id).where(Incident.resolved_at.is_(None))], MOST + 1
    )
    if not number:
        return
    oldest = db.session.scalar(
        select(Incident.raised_at)
        .where(Incident.resolved_at.is_(None))
        .order_by(Incident.raised_at)
        .limit(1)
    )
    title = ngettext("Un incident ouvert", "%(num)d incidents ouverts", number)
    yield Need(
        LATE, title, _("Des dossiers attendent qu’une personne décide."),
        url_for("operate.incident_list"), _("Voir les incidents"), oldest,
    )  # fmt: skip


def _partners(partners: list[reading.PartnerState]) -> Iterator[Need]:
    for one in partners:
        name = words.said(words.PARTNERS, one.name)
        url = url_for("partners.show", name=one.name)
        if one.broken_at:
            title = _("%(name)s : appels arrêtés", name=name)
            yield Need(LATE, title, one.reason or "", url, _("Régler"), one.broken_at)
        elif one.paused_at:
            title = _("%(name)s : appels suspendus", name=name)
            detail = ngettext("Un appel attend.", "%(num)d appels attendent.", one.waiting)
            yield Need(WARN, title, detail, url, _("Reprendre"), one.paused_at)


def _queue() -> Iterator[Need]:
    late = clock.now() - WAITS_TOO_LONG
    queue = url_for("running.show")
    oldest = reading.queue()["oldest"]
    if oldest is not None and oldest < late:
        yield Need(
            LATE, _("Des appels ne partent pas"), _("Le plus ancien devrait être parti."),
            queue, _("Voir les exécutants"), oldest,
        )  # fmt: skip
    for title, statement in (
        (
            _("Des échéances ne se déclenchent pas"),
            select(Timer.due_at)
            .where(Timer.due_at < late, Timer.retry_at.is_(None))
            .order_by(Timer.due_at),
        ),
        (
            _("Des messages reçus ne peuvent pas être remis"),
            select(Message.retry_at)
            .where(Message.delivered_at.is_(None), Message.retry_at < late)
            .order_by(Message.expires_at),
        ),
    ):
        if since := db.session.scalar(statement.limit(1)):
            yield Need(LATE, title, "", queue, _("Voir les exécutants"), since)
    if _nobody_works():
        yield Need(
            LATE, _("Aucun exécutant ne travaille"),
            _("Ni appel, ni échéance, ni courriel ne partent."), queue, _("Voir"),
        )  # fmt: skip


def _nobody_works() -> bool:
    return all(marks.is_silent(worker) for worker in marks.workers())


def _jobs() -> Iterator[Need]:
    failing = exists().where(
        JobItem.job_id == Job.id, JobItem.result.in_(["failed", "refused"])
    )
    found = db.session.scalars(
        select(Job)
        .where(
            Job.kind == OPERATION,
            Job.created_at > clock.now() - RECENT,
            Job.status.in_([RUNNING, DONE]),
            Job.rehearsal.is_(False),
            failing,
        )
        .order_by(Job.created_at.desc())
        .limit(5)
    )
    for job in found:
        yield Need(
            WARN, _("Un travail n’a pas réussi sur tous les dossiers"), job.motive[:200],
            url_for("jobs.show", job_id=job.id), _("Voir le travail"), job.created_at,
        )  # fmt: skip


def _chores() -> Iterator[Need]:
    failed = db.session.scalars(
        select(Chore)
        .where(Chore.status == chores.FAILED, Chore.created_at > clock.now() - RECENT)
        .order_by(Chore.created_at.desc())
        .limit(5)
    )
    for chore in failed:
        title = _("En échec : %(what)s", what=words.said(words.CHORES, chore.kind))
        yield Need(
            WARN, title, str(chore.result.get("error", ""))[:200],
            url_for("running.chore", chore_id=chore.id), _("Voir"), chore.created_at,
        )  # fmt: skip


def _journal() -> Iterator[Need]:
    last = db.session.scalars(
        select(Chore)
        .where(Chore.kind == chores.JOURNAL, Chore.finished_at.is_not(None))
        .order_by(Chore.created_at.desc())
        .limit(1)
    ).first()
    faults = last.result.get("faults", 0) if last else 0
    if last is not None and faults:
        yield Need(
            LATE,
            ngettext(
                "Une anomalie dans le journal", "%(num)d anomalies dans le journal", faults
            ),
            _("Quelqu’un a peut-être modifié ce qui ne doit jamais l’être."),
            url_for("running.chore", chore_id=last.id), _("Voir lesquelles"),
            last.finished_at,
        )  # fmt: skip
    elif last is None or last.created_at < clock.now() - VERIFIED_WITHIN:
        yield Need(
            WARN, _("Le journal n’a pas été vérifié"), _("Il devrait l’être chaque jour."),
            url_for("journal.checks"), _("Vérifier"), last.created_at if last else None,
        )  # fmt: skip


def _mail() -> Iterator[Need]:
    late = clock.now() - MAIL_TOO_LONG
    notices = select(Notice.id).where(Notice.mail_after < late)
    letters = select(Digest.person_id).where(
        Digest.sent_at.is_(None), Digest.try_after < late, Digest.day == clock.today()
    )
    number = sum(merging.count([one], MOST) for one in (notices, letters))
    if number:
        title = ngettext(
            "Un courriel ne part pas", "%(num)d courriels ne partent pas", number
        )
        yield Need(
            WARN, title, _("La messagerie les refuse, ou aucun exécutant ne travaille."),
            url_for("partners.show", name="mail"), _("Voir la messagerie"),
        )  # fmt: skip


def _machine() -> Iterator[Need]:
    settings = current_app.extensions["settings"]
    url = url_for("running.show")
    usage = shutil.disk_usage(settings.data)
    if usage.free < LEAST_FREE * usage.total:
        percent = round(100 * usage.free / usage.total)
        title = _("Il reste %(percent)s %% du disque", percent=percent)
        yield Need(LATE, title, _("Plein, plus rien ne s’enregistre."), url, _("Voir"))
    backup = marks.latest("backup")
    if backup is None:
        yield Need(
            INFO, _("Aucune sauvegarde n’a été signalée"),
            _("Faites dire à vos sauvegardes qu’elles ont réussi : flask backup-done."),
            url, _("Voir"),
        )  # fmt: skip
    elif backup.at < clock.now() - BACKED_UP_WITHIN:
        when = format_datetime(backup.at, "short")
        yield Need(
            WARN, _("La dernière sauvegarde est ancienne"), when, url, _("Voir"), backup.at
        )


def disk() -> dict[str, Any]:
    """What the data and the database take."""
    settings = current_app.extensions["settings"]
    usage = shutil.disk_usage(settings.data)
    return {"free": usage.free, "total": usage.total, "database": _database_size()}


def _database_size() -> int:
    if db.engine.dialect.name == "sqlite":
        pages = db.session.connection().exec_driver_sql("PRAGMA page_count").scalar()
        size = db.session.connection().exec_driver_sql("PRAGMA page_size").scalar()
        return int(pages or 0) * int(size or 0)
    return db.session.scalar(select(func.pg_database_size(func.current_database()))) or 0
