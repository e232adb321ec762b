"""What must be true once the storm is over, read from the database and the partners' memories.

Each check says what was expected and what was found; a figure that is only told is a `Fact`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from connectors.archiving import sandbox as archives
from connectors.mail import sandbox as mailbox
from connectors.oseo import sandbox as oseo
from engine import journal_check
from engine.digests import Digest
from engine.documents import Document, Draft
from engine.exchanges import Exchange, Partner, RemoteCall
from engine.journal import JournalEntry
from engine.models import Incident, Message, ProcessInstance, UserTask, db
from tests.prove.story import FILES, Life

CONSULTED = 4
"""Tasks of a story in which OSEO is asked: all but those rejected at the door."""


@dataclass(frozen=True)
class Check:
    """One thing that must hold."""

    what: str
    expected: Any
    found: Any

    @property
    def holds(self) -> bool:
        return bool(self.expected == self.found)


def of_office(app: Flask, lives: Sequence[Life]) -> list[Check]:
    """Everything to check; the office is at rest."""
    with app.app_context():
        return [
            *_cases(lives),
            *_calls(),
            *_partners(app.extensions["settings"].data, lives),
            *_documents(app, lives),
            Check("broken links in the journal's chains", [], journal_check.verify()),
        ]


def told(app: Flask) -> dict[str, int]:
    """Figures to report, of which nothing is expected."""
    with app.app_context():
        attempts = db.session.execute(
            select(Exchange.outcome, func.count()).group_by(Exchange.outcome)
        )
        tries = db.session.scalar(select(func.sum(RemoteCall.attempts))) or 0
        deliveries = _mails(app.extensions["settings"].data)
        sent = archives.received(app.extensions["settings"].data)
        return {
            "remote calls": _count(RemoteCall),
            "tries of these calls": tries,
            "tries that ended with their worker": tries - _count(Exchange),
            **{f"tries that ended « {outcome} »": n for outcome, n in attempts},
            "mails, by Message-ID": len(deliveries),
            "mails received more than once (same Message-ID)": sum(
                1 for n in deliveries.values() if n > 1
            ),
            "superfluous deliveries of these mails": sum(deliveries.values())
            - len(deliveries),
            "transfers the archivist saw again (same bytes)": sum(
                one["times"] - 1 for one in sent
            ),
            "acts in the journal": _count(JournalEntry),
            "bytes stored that no document names (swept after a day)": len(_orphans(app)),
            "uploads cut short (their bytes are left in storage's `incoming`)": len(
                list((app.extensions["settings"].data).glob("**/incoming/*"))
            ),
            "incidents that were raised and settled": _count(Incident),
        }


def _cases(lives: Sequence[Life]) -> Iterator[Check]:
    cases = db.session.scalars(select(ProcessInstance)).all()
    by_id = {str(case.id): case for case in cases}
    yield Check("cases filed", len(lives), len(cases))
    yield Check("cases filed twice", 0, len(cases) - len({case.title for case in cases}))
    ended = [
        life.number
        for life in lives
        if (case := by_id.get(life.case)) is not None
        and (case.status, case.outcome) == ("completed", life.outcome)
    ]
    yield Check("cases ended as their story says", len(lives), len(ended))
    yield Check("drafts left", 0, _count(Draft))
    open_incidents = db.session.scalars(
        select(Incident).where(Incident.resolved_at.is_(None))
    )
    yield Check(
        "incidents open", [], [f"{i.element_name} : {i.message}" for i in open_incidents]
    )
    expected = sorted(
        (life.case, step["task"]) for life in lives if life.case for step in life.steps
    )
    done = db.session.execute(
        select(UserTask.instance_id, UserTask.element_id).where(
            UserTask.status == "completed"
        )
    )
    found = sorted((str(case), element) for case, element in done)
    yield Check("tasks done, each as often as told", len(expected), len(found))
    yield Check("tasks done otherwise than told", 0, len(_differences(expected, found)))


def _calls() -> Iterator[Check]:
    unfinished = db.session.scalars(
        select(RemoteCall.operation).where(RemoteCall.status != "done")
    )
    yield Check("remote calls not answered", [], list(unfinished))
    twice = db.session.execute(
        select(RemoteCall.instance_id, RemoteCall.element_id)
        .group_by(RemoteCall.instance_id, RemoteCall.element_id)
        .having(func.count() > 1)
    ).all()
    yield Check("acts asked twice of partners (two keys for one act)", 0, len(twice))
    stopped = db.session.scalars(select(Partner.name).where(Partner.broken_at.is_not(None)))
    yield Check("partners' breakers open", [], list(stopped))


def _partners(data: Path, lives: Sequence[Life]) -> Iterator[Check]:
    numbers = {
        str(case): number
        for case, number in db.session.execute(
            select(ProcessInstance.id, ProcessInstance.number)
        )
    }
    consulted = sorted(
        numbers[life.case]
        for life in lives
        if life.case in numbers and len(life.steps) >= CONSULTED
    )
    asked = oseo.desk(data, {}, _no_clock).requests()
    about = sorted(request["content"]["case_number"] for request in asked)
    yield Check("cases on which OSEO was asked", len(consulted), len(set(about)))
    yield Check(
        "requests OSEO holds twice or wrongly", 0, len(_differences(consulted, about))
    )
    keys = {request["key"] for request in asked}
    yield Check("OSEO's requests, by key", _done("oseo.request_opinion"), len(keys))
    opinions = db.session.scalars(
        select(Message.correlation).where(
            Message.name == "oseo.opinion", Message.delivered_at.is_not(None)
        )
    )
    yield Check("OSEO's opinions handed over once", consulted, sorted(map(str, opinions)))
    held = archives.received(data)
    transfers = {(one["organisation"], one["identifier"]) for one in held}
    yield Check("archive transfers, by identifier", len(lives), len(transfers))
    about_whom = {one["identifier"].rpartition("-")[0] or one["identifier"] for one in held}
    yield Check("archive transfers of one case twice", 0, len(held) - len(about_whom))
    keys = {message_id.strip("<>").partition("@")[0] for message_id in _mails(data)}
    daily = {key for key in keys if key.startswith("digest-")}
    planned = {f"digest-{d.person_id}-{d.day}" for d in db.session.scalars(select(Digest))}
    yield Check("letters of the day that nobody planned", 0, len(daily - planned))
    secrets = {key for key in keys if key.startswith("secret-")}
    told = Counter(key[len("secret-") :][:36] for key in secrets)
    yield Check("cases whose secret was sent twice", 0, sum(n > 1 for n in told.values()))
    keys_sent = keys - daily - secrets
    yield Check("mails of cases, by Message-ID", _done("mail.send"), len(keys_sent))
    calls = {
        str(call)
        for call in db.session.scalars(
            select(RemoteCall.id).where(RemoteCall.operation == "mail.send")
        )
    }
    yield Check("mails whose Message-ID is not that of a call", 0, len(keys_sent - calls))


def _documents(app: Flask, lives: Sequence[Life]) -> Iterator[Check]:
    storage = app.extensions["partners"]["storage"]
    documents = db.session.scalars(select(Document)).all()
    altered = [one.name for one in documents if not _intact(storage, one)]
    yield Check("documents whose bytes are not those of their digest", [], altered)
    yield Check(
        "documents of no case", 0, sum(1 for one in documents if one.instance_id is None)
    )
    filed = Counter(one.instance_id for one in documents if one.origin == "applicant")
    yield Check(
        "pieces filed, each once a case",
        {len(FILES): len(lives)},
        dict(Counter(filed.values())),
    )
    known = Counter((one.instance_id, one.kind, one.sha256) for one in documents)
    yield Check("documents twice in a case", 0, sum(n - 1 for n in known.values()))
    produced = Counter(
        (one.instance_id, one.kind, one.title)
        for one in documents
        if one.origin == "office"
    )
    yield Check("letters and proofs made twice", 0, sum(n - 1 for n in produced.values()))


def _intact(storage: Any, document: Document) -> bool:
    if not storage.exists(document.sha256):
        return False
    content = storage.read(document.sha256, verify=False)
    digest = hashlib.sha256(content).hexdigest()
    return (digest, len(content)) == (document.sha256, document.size)


def _orphans(app: Flask) -> set[str]:
    stored = {digest for digest, _ in app.extensions["partners"]["storage"].stored()}
    return stored - set(db.session.scalars(select(Document.sha256)))


def _mails(data: Path) -> Mapping[str, int]:
    """How often each Message-ID was received."""
    received = mailbox.messages(data, limit=100_000)
    return {one["message_id"]: one["deliveries"] for one in received}


def _done(operation: str) -> int:
    statement = select(func.count()).select_from(RemoteCall)
    return db.session.scalar(
        statement.where(RemoteCall.operation == operation, RemoteCall.status == "done")
    )


def _count(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table))


def _differences(expected: list[Any], found: list[Any]) -> Counter[Any]:
    wanted, had = Counter(expected), Counter(found)
    return (wanted - had) + (had - wanted)


def _no_clock() -> Any:
    raise AssertionError("the desk is only read")
