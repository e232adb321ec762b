"""What must be true once the hammering is over: the notes of the hands against the database."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, select

from engine import journal_check
from engine.documents import Draft
from engine.exchanges import RemoteCall
from engine.journal import JournalEntry
from engine.models import History, Incident, Message, ProcessInstance, UserTask, db
from tests.prove import report
from tests.prove.checks import Check
from tests.prove.hammered import TASKS, Ground, lawful, mark

OWNERS = ("task_claimed", "task_released", "task_completed")
"""The acts that say whose a task is."""


@dataclass(frozen=True)
class Act:
    """One act of a hand: what it was, and how it ended: done, told, broke, or "" if killed."""

    act: str
    facts: dict[str, Any]
    end: str
    said: str


def acts(folder: Path) -> list[Act]:
    """Every act that was noted."""
    meant: dict[str, dict[str, Any]] = {}
    for notes in folder.glob("hand-*.jsonl"):
        for line in notes.read_text().splitlines():
            said = json.loads(line)
            meant.setdefault(said.pop("number"), {}).update(said)
    return [
        Act(said.pop("act"), said, said.get("end", ""), said.get("said", ""))
        for said in meant.values()
    ]


def steps() -> Counter[str]:
    """How often each step of the diagram was done so far."""
    return Counter(row.element_id for row in db.session.execute(_finished()).scalars())


def of_drafts(noted: Sequence[Act]) -> Iterator[Check]:
    """What is being typed when all stops: every answer kept once, the last one in place."""
    saves = defaultdict[str, list[Act]](list)
    for one in noted:
        if one.act == "save" and one.end in {"done", ""}:
            saves[one.facts["draft"]].append(one)
    wrong = []
    for draft in db.session.scalars(select(Draft).where(Draft.task_id.is_not(None))):
        tried = saves[str(draft.id)]
        least = sum(one.end == "done" for one in tried)
        known = {one.facts["mark"] for one in tried} if draft.rev else {None}
        if not (least <= draft.rev <= len(tried) and draft.values.get("mark") in known):
            wrong.append(f"{draft.id}: {least} saved, {draft.rev} kept")
    yield Check("drafts that differ from what was typed", [], wrong)


def of_cases(ground: Ground, noted: Sequence[Act], stuck: list[str]) -> list[Check]:
    """Everything else, when every case was brought to its end."""
    broke = [f"{one.act}: {one.said}" for one in noted if one.end == "broke"]
    return [
        Check("errors other than « someone else just did this »", [], broke),
        Check("errors logged", {}, report.errors(ground.folder)),
        *_completions(noted),
        *_steps(stuck),
        *_begun(noted),
        *_told(noted),
        *_called(ground.folder),
        *_journal(noted),
    ]


def _completions(noted: Sequence[Act]) -> Iterator[Check]:
    rows = db.session.execute(_finished(History.element_id.in_(TASKS))).scalars().all()
    marks = Counter(map(mark, rows))
    tried = [one for one in noted if one.act == "complete"]

    def kept(end: str, times: int) -> int:
        return sum(one.end == end and marks[one.facts["mark"]] == times for one in tried)

    done = sum(one.end == "done" for one in tried)
    yield Check("completions acknowledged, each once in the history", done, kept("done", 1))
    refused = sum(one.end == "told" for one in tried)
    yield Check("completions refused, none in the history", refused, kept("told", 0))
    lost = sum(not one.end for one in tried)
    yield Check(
        "completions cut by a kill, in the history once or not at all",
        lost, kept("", 0) + kept("", 1),
    )  # fmt: skip
    by = {mark(row): str(row.by) for row in rows}
    others = [
        one
        for one in tried
        if by.get(one.facts["mark"], one.facts["by"]) != one.facts["by"]
    ]
    yield Check("completions under another's name", 0, len(others))


def _steps(stuck: list[str]) -> Iterator[Check]:
    cases = Counter(db.session.scalars(select(ProcessInstance.status)))
    yield Check("cases that could not be ended", [], stuck)
    yield Check("cases, all completed", {"completed": cases.total()}, dict(cases))
    done = db.session.execute(_finished()).scalars().all()
    twice = Counter((row.instance_id, row.task_id) for row in done)
    yield Check("steps done twice", 0, sum(n - 1 for n in twice.values()))
    paths = defaultdict[Any, Counter[str]](Counter)
    for row in done:
        paths[row.instance_id][row.element_id] += 1
    odd = [f"{case}: {dict(path)}" for case, path in paths.items() if not lawful(path)]
    yield Check("cases with a step lost, or one too many", [], odd)
    closed = set(
        db.session.scalars(select(UserTask.id).where(UserTask.status == "completed"))
    )
    told = {row.task_id for row in done if row.element_id in TASKS}
    yield Check("tasks completed, in one table and not in the other", 0, len(closed ^ told))
    open_ = db.session.scalars(
        select(Incident.message).where(Incident.resolved_at.is_(None))
    )
    yield Check("incidents open", [], list(open_))


def _begun(noted: Sequence[Act]) -> Iterator[Check]:
    cases = db.session.execute(select(ProcessInstance.id, ProcessInstance.parent_id)).all()
    known = {str(case) for case, parent in cases if parent is None}
    tried = [one for one in noted if one.act == "begin"]
    done = Counter(one.facts["case"] for one in tried if one.end == "done")
    yield Check("requests filed twice", 0, sum(n - 1 for n in done.values()))
    lost = sorted(done.keys() - known)
    yield Check("requests filed and lost", [], lost)
    tried_for = {one.facts["case"] for one in tried if one.end in {"done", ""}}
    yield Check("cases that nobody filed", [], sorted(known - tried_for))
    called = Counter(str(parent) for _, parent in cases if parent is not None)
    yield Check("cases that each called one other", len(known), len(called))
    yield Check("cases called twice", 0, called.total() - len(called))


def _told(noted: Sequence[Act]) -> Iterator[Check]:
    kept = Counter(db.session.scalars(select(Message.external_id)))
    told = {
        one.facts["message"] for one in noted if one.act == "tell" and one.end == "done"
    }
    yield Check(
        "messages acknowledged, kept once", len(told), sum(kept[m] == 1 for m in told)
    )
    taken = db.session.scalars(
        select(Message.instance_id).where(Message.delivered_at.is_not(None))
    ).all()
    news = db.session.execute(_finished(History.element_id == "news")).scalars()
    differ = Counter(taken)
    differ.subtract(row.instance_id for row in news)
    yield Check(
        "messages handed over, each to one step", {}, {c: n for c, n in differ.items() if n}
    )


def _called(folder: Path) -> Iterator[Check]:
    calls = db.session.execute(
        select(RemoteCall.id, RemoteCall.status).where(RemoteCall.partner == "echo")
    ).all()
    done = {str(call) for call, status in calls if status == "done"}
    yield Check("calls to the partner, all answered", len(calls), len(done))
    asked = {path.stem for path in folder.glob("*.asked")}
    yield Check(
        "calls answered that the partner did not act on, or the reverse",
        0,
        len(asked ^ done),
    )


def _journal(noted: Sequence[Act]) -> Iterator[Check]:
    yield Check("faults in the journal", [], journal_check.verify())
    holders: dict[str, str] = {}
    stolen = []
    entries = db.session.scalars(
        select(JournalEntry)
        .where(JournalEntry.action.in_(OWNERS))
        .order_by(JournalEntry.chain, JournalEntry.seq)
    )
    for entry in entries:
        task, who = entry.detail["task"], str(entry.actor_id)
        if entry.action == "task_claimed" and task in holders:
            stolen.append(f"{task}: claimed twice")
        elif entry.action != "task_claimed" and holders.get(task, who) != who:
            stolen.append(f"{task}: {entry.action} by another than its holder")
        holders[task] = who
        if entry.action == "task_released":
            del holders[task]
    yield Check("tasks taken from the hands of a colleague", [], stolen)
    for act, action in (("suspend", "case_suspended"), ("release", "task_released")):
        ends = Counter(one.end for one in noted if one.act == act)
        written = len(
            db.session.scalars(
                select(JournalEntry.seq).where(JournalEntry.action == action)
            ).all()
        )
        between = ends["done"] <= written <= ends["done"] + ends[""]
        yield Check(f"acts to {act} a case or task, as often in the journal", True, between)


def _finished(where: ColumnElement[bool] | None = None) -> Any:
    done = select(History).where(History.state == "completed")
    return done if where is None else done.where(where)
