"""Sends what is owed: a letter at once for some notices, one letter a day for the rest.

A letter is taken for a while, written by the rights of now, handed over under a key that is
always the same, and only then said to have left. A worker that dies in between leaves it to
the next one, and the mailbox knows the key.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from uuid import UUID

import structlog
from flask import Flask, render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from connectors import Refused
from engine import clock, digests, notices
from engine.access import Actor, actor_for
from engine.commands import digests as commands
from engine.directory import APPLICANT, Person
from engine.models import db
from engine.notices import Notice
from web.mailing import link
from web.news import reading
from web.news.letters import one_line, preferences_link
from web.partners import partner

log = structlog.get_logger()

AT_ONCE = 20


def post(app: Flask) -> int:
    """Send some of what is due; how many letters were looked at. Nothing fails for another."""
    public = app.extensions["settings"].public_url
    done = 0
    with app.test_request_context(base_url=public):
        commands.plan(app.extensions["settings"].digest_at)
        for person_id in commands.take(AT_ONCE):
            _each(partial(_digest, person_id))
            done += 1
        for key in commands.take_notices(AT_ONCE):
            _each(partial(_notice, key))
            done += 1
    return done


def _each(send: Callable[[], None]) -> None:
    try:
        send()
    except Exception as failure:  # it is taken again after its lease; the text names people
        db.session.rollback()
        log.error("letter_not_sent", error=type(failure).__name__)


def _digest(person_id: UUID) -> None:
    day, now = clock.today(), clock.now()
    actor = actor_for(person_id)
    contents = digests.contents(actor)
    if contents.worth_sending:
        with _language(person_id):
            text = _written(actor, contents)
            subject = _("Votre journée sur e-bourgogne")
        _hand_over(person_id, subject, text, f"digest-{person_id}-{day}")
    commands.sent(person_id, day, now)


def _written(actor: Actor, contents: digests.Contents) -> str:
    """The letter: what was told by case, then tasks, in the reader's language."""
    assert actor.person_id is not None
    told = reading.lines(actor, contents.told)
    cases = {line.case.id: line.case for line in told if line.case}
    tasks = [*contents.mine, *contents.awaited]
    mine = reading.handled_among(actor, {*cases, *(task.instance_id for task in tasks)})
    return render_template(
        "news/mail/digest.txt",
        actor=actor,
        groups=[
            (case, _address(case_id, mine), [one for one in told if one.case is case])
            for case_id, case in cases.items()
        ],
        apart=[line for line in told if line.case is None],
        contents=contents,
        handles=actor.handles_cases,
        applies=bool(actor.organisations(APPLICANT)),
        now=clock.now(),
        preferences=preferences_link(actor.person_id),
    )


def _address(case_id: UUID, mine: set[UUID]) -> str:
    endpoint, named = reading.case_page(case_id, mine)
    return link(endpoint, **named)


def _notice(key: tuple[UUID, UUID]) -> None:
    fact, person_id = key
    if clock.today().isoweekday() in notices.letters(person_id).quiet:
        commands.settle(key, mailed=False, channel=notices.DAILY)
        return
    actor = actor_for(person_id)
    found = db.session.scalars(
        select(Notice)
        .where(Notice.id == fact, Notice.read_at.is_(None))
        .outerjoin(Notice.instance)
        .where(notices.readable(actor))
    ).one_or_none()
    if found is not None:
        with _language(person_id):
            (line,) = reading.lines(actor, [found])
            text = render_template(
                "news/mail/notice.txt",
                line=line,
                address=link(line.page[0], **line.page[1]) if line.page else "",
                preferences=preferences_link(person_id),
            )
            number = f" ({line.case.number})" if line.case else ""
            subject = f"{line.text}{number}"
        _hand_over(person_id, subject, text, f"notice-{fact}-{person_id}")
    commands.settle(key, mailed=found is not None)


@contextmanager
def _language(person_id: UUID) -> Iterator[None]:
    with force_locale(notices.letters(person_id).locale):
        yield


def _hand_over(person_id: UUID, subject: str, text: str, key: str) -> None:
    """Give a letter to the mail; an address that it will never take ends the matter."""
    to = db.session.get_one(Person, person_id).email
    db.session.rollback()  # no transaction is open while the partner answers
    try:
        partner("mail").send(to=[to], subject=one_line(subject), text=text, key=key)
    except Refused:
        log.warning("letter_refused", key=key)
