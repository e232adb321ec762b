"""A process kept in memory is used only where it is exactly what the database holds."""

import multiprocessing
import os
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text, update

from engine import journal, journal_check
from engine.commands import live, operations, tasks
from engine.commands.operations import Operation
from engine.commands.step import restore
from engine.models import ProcessInstance, db
from engine.spiff.errors import DataTooLarge
from engine.spiff.model import Model, compile_model
from engine.spiff.process import Process
from tests.conftest import build, close, environment
from tests.engine.drawn_cases import begin, case, forked, steps, version
from tests.engine.spiff.anatomy import anatomy
from tests.engine.spiff.plain import Kept, signature
from tests.engine.spiff.random_models import Generator
from tests.office import Office, open_office, open_tasks

SEEDS = int(os.environ.get("EBG_SPIFF_SEEDS", "150"))
MOVES = 25


@pytest.fixture
def office(either_app: Flask) -> Office:
    return open_office()


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    live.clear()
    yield
    live.clear()


class Rested(Kept):
    """Our engine kept in memory as `live` keeps it."""

    def __init__(self, model: Model, data: dict[str, Any]) -> None:
        super().__init__(model, data)
        self.done: list[Any] = []
        self.model, self.move = model, self.case.move
        self.case.move = self._moved
        self._rest()

    def _moved(self, name: str, *given: Any) -> None:
        self.move(name, *given)
        self._rest()

    def _rest(self) -> None:
        process = self.case.process
        self.done += [(d.element_id, d.state, d.updates) for d in process.finished()]
        process.thrown()
        state = process.dump()
        process.rest()
        again = Process.restore(self.model, state, host=self.case.host)
        assert anatomy(process) == anatomy(again)


class Restored(Rested):
    """The same, read back after every move."""

    def _rest(self) -> None:
        super()._rest()
        self.case.process = Process.restore(
            self.model, self.case.process.dump(), host=self.case.host
        )


@pytest.mark.parametrize("block", range(4))
def test_a_process_at_rest_is_what_reading_it_again_would_make(block: int) -> None:
    for seed in range(block, SEEDS, 4):
        drawn = Generator(random.Random(seed), joins_in_loops=True).draw()
        compiled = compile_model({"process.bpmn": drawn.ours}, "p")
        model = Model.from_bytes(compiled.to_bytes())
        kept, read = Rested(model, drawn.data), Restored(model, drawn.data)
        try:
            _play(kept, read, random.Random(seed))
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


def _play(kept: Rested, read: Restored, chance: random.Random) -> None:
    for step in range(MOVES):
        assert signature(kept) == signature(read)
        assert sorted(map(repr, kept.done)) == sorted(map(repr, read.done))
        ready = kept.ready()
        if not ready:
            return
        if kept.waiting()[0] and chance.random() < 0.35:
            kept.message()
            read.message()
            continue
        number = chance.randrange(len(ready))
        for engine in (kept, read):
            engine.complete(number, {f"k_{step}": step})


def complete(instance: UUID, element: str, office: Office, **values: Any) -> None:
    tasks.complete(open_tasks(instance)[element], values, actor=office.officer)
    db.session.rollback()


def data_of(instance: UUID) -> dict[str, Any]:
    """What the database holds, whatever is kept in memory."""
    return restore(case(instance)).data


def whole(instance: UUID) -> bool:
    """Each act of the journal begins where the one before it ended."""
    acts = [a for a in journal.of_case(instance) if a.after]
    follow = all(b.before == a.after for a, b in pairwise(acts))
    return follow and not journal_check.verify() and acts[-1].after == case(instance).digest


def test_it_is_taken_by_one_alone_and_only_as_it_stands(office: Office) -> None:
    instance = begin(office, version(office, steps("a", "b", "c")))
    complete(instance, "a", office)
    assert live.take(case(instance)) is not None
    assert live.take(case(instance)) is None, "whoever took it has it alone"
    complete(instance, "b", office)
    row = case(instance)
    row.digest = "0" * 64
    assert live.take(row) is None, "not what the row says"
    db.session.rollback()
    assert live.take(case(instance)) is None, "forgotten, since it was not"


def test_a_step_that_fails_puts_nothing_back(office: Office) -> None:
    instance = begin(office, version(office, steps("a", "b", "c")))
    complete(instance, "a", office, first=1)
    with pytest.raises(DataTooLarge):
        complete(instance, "b", office, much="x" * 300_000)
    db.session.rollback()
    assert live.take(case(instance)) is None
    complete(instance, "b", office, second=2)
    found = data_of(instance)
    assert (found["first"], found["second"], "much" in found) == (1, 2, False)
    assert whole(instance)


def test_a_commit_that_fails_puts_nothing_back(office: Office) -> None:
    instance = begin(office, version(office, steps("a", "b", "c")))
    complete(instance, "a", office, first=1)
    db.session.execute(text("ALTER TABLE history RENAME TO elsewhere"))
    db.session.commit()
    with pytest.raises(Exception, match="history"):
        complete(instance, "b", office, lost=True)
    db.session.execute(text("ALTER TABLE elsewhere RENAME TO history"))
    db.session.commit()
    assert live.take(case(instance)) is None
    complete(instance, "b", office, second=2)
    assert "lost" not in data_of(instance)
    assert whole(instance)


def test_what_an_operator_did_meanwhile_is_seen(office: Office) -> None:
    definition = version(office, steps("a", "b", "c"))
    instance = begin(office, definition)
    complete(instance, "a", office, first=1)
    move = Operation("move", target="b", to="a", values={"by_hand": True})
    operations.perform(instance, move, actor=office.operator, motive="essai")
    complete(instance, "a", office)
    complete(instance, "b", office)
    assert data_of(instance)["by_hand"] is True
    after = version(office, steps("a", "b", "c", "d"))
    operations.perform(
        instance, Operation("migrate", to=str(after)), actor=office.operator, motive="essai"
    )
    complete(instance, "c", office)
    complete(instance, "d", office)
    assert case(instance).status == "completed"
    assert whole(instance)


def test_a_backup_put_back_is_what_counts(office: Office) -> None:
    """The revision alone would not do: it comes to the same number again."""
    instance = begin(office, version(office, forked()))
    before = case(instance)
    then = {
        name: getattr(before, name)
        for name in ("rev", "state", "digest", "journal_seq", "journal_head", "history_seq")
    }
    opened = open_tasks(instance)
    complete(instance, "left", office, came="first")
    db.session.execute(update(ProcessInstance).values(**then))
    db.session.execute(text("UPDATE user_task SET status = 'open'"))
    db.session.execute(
        text("DELETE FROM history WHERE seq > :seq"), {"seq": then["history_seq"]}
    )
    db.session.execute(text("DELETE FROM journal_entry WHERE seq > :seq AND chain LIKE 'case:%'"),
                       {"seq": then["journal_seq"]})  # fmt: skip
    db.session.commit()
    tasks.complete(opened["right"], {}, actor=office.officer)
    assert set(open_tasks(instance)) == {"left"}
    assert "came" not in data_of(instance)


def _elsewhere(environ: dict[str, str], office: Office, turns: Any) -> None:
    """Another process of the same office, which keeps what it moved in its own memory."""
    app = build(environ)
    with app.app_context():
        for instance, element in iter(turns.recv, None):
            complete(instance, element, office, **{element: "there"})
            turns.send("done")
    close(app)


def test_two_processes_in_turns(tmp_path: Path, database_url: str) -> None:
    environ = environment(tmp_path, DATABASE_URL=database_url)
    app = build(environ)
    with app.app_context():
        office = open_office()
        names = [f"s{number}" for number in range(12)]
        instance = begin(office, version(office, steps(*names)))
        here, there = multiprocessing.Pipe()
        other = multiprocessing.get_context("spawn").Process(
            target=_elsewhere, args=(environ, office, there)
        )
        other.start()
        # Two steps here, two there: each finds its own last process, and it is too old.
        for number, name in enumerate(names):
            if number % 4 < len("ab"):
                complete(instance, name, office, **{name: "here"})
            else:
                here.send((instance, name))
                assert here.poll(30)
                assert here.recv() == "done"
                db.session.rollback()
        here.send(None)
        other.join(30)
        assert other.exitcode == 0
        found = data_of(instance)
        assert [found[name] for name in names] == ["here", "here", "there", "there"] * 3
        assert whole(instance)
    close(app)


def test_what_is_kept_is_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = version(office, steps("a", "b"))
    instances = [begin(office, definition, {"file": "x" * 1000}) for _ in range(4)]
    monkeypatch.setattr(live, "MOST", 3)
    for instance in instances:
        complete(instance, "a", office)
    assert [live.take(case(i)) is not None for i in instances] == [False, True, True, True]
    monkeypatch.setattr(live, "MOST_BYTES", 10)
    other = begin(office, definition)
    complete(other, "a", office)
    assert live.take(case(other)) is None
