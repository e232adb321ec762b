"""The process in which a trial is played: one request on its input, one answer on its output.

It has an empty environment, a database in its own memory, a clock in a folder of its own, and
limits of the operating system: whatever a diagram does, it ends with this process. Started
before it is needed, it imports everything and waits (`throwaway`).
"""

import base64
import resource
import select
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from flask import Flask

from connectors import catalogue
from engine import clock, operations
from engine.models import db
from workflows import publication, territory, trial, trial_state
from workflows.scenarios import Player

ROOT = Path(__file__).parent.parent
LONGEST_IDLE = 600
CPU_SECONDS = 30
MEMORY = 2 * 1024**3
LARGEST_FILE = 16 * 1024**2


def main() -> None:
    """Wait for a request, play it, write what came of it, line by line."""
    _limit()
    publication.load_operations()
    territory.use(ROOT / "data")
    if not select.select([sys.stdin], [], [], LONGEST_IDLE)[0]:
        return
    request = sys.stdin.buffer.read()
    if not request:
        return
    for answer in answers(orjson.loads(request), Path(sys.argv[1])):
        sys.stdout.buffer.write(orjson.dumps(answer, default=str) + b"\n")
        sys.stdout.buffer.flush()


def answers(asked: Mapping[str, Any], folder: Path) -> Iterator[dict[str, Any]]:
    """What came of each story, each played in an office of its own."""
    operations.allow_remote_calls(asked["remote_calls"])
    told = dict(asked["setting"])
    files = {name: base64.b64decode(text) for name, text in told.pop("files").items()}
    setting = trial.Setting(files=files, **told)
    app = Flask("trial")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        yield from _played(setting, asked, folder)


def _played(
    setting: trial.Setting, asked: Mapping[str, Any], folder: Path
) -> Iterator[dict[str, Any]]:
    """Each story, in the office as it was opened: the database is put back between two."""
    clock_file = folder / "clock"
    _set_clock(clock_file, asked.get("since"))
    db.create_all()
    try:
        office = trial.open_office(setting)
    except publication.FolderRefused as refused:
        problems = [str(p) for p in refused.problems if p.severity == "error"]
        yield from ({"refused": problems[:20]} for _ in asked["stories"])
        return
    opened = _database().serialize()
    for steps in asked["stories"]:
        db.session.remove()
        _database().deserialize(opened)
        _set_clock(clock_file, asked.get("since"))
        yield _answer(trial.player(office), steps, asked, folder)


def _answer(
    player: Player, steps: list[Any], asked: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    if not asked.get("show"):
        return {"broken": trial.proved(player, steps)}
    broken, step = trial.played(player, steps), None
    if sandbox := asked.get("sandbox"):
        step = trial.answered_by(player, sandbox, _sandboxes(folder, sandbox))
        if "problem" not in step and trial.played(player, [step]):
            step = {"problem": "La démarche n’accepte pas la réponse du bac à sable."}
    return {"broken": broken, "step": step, **trial_state.standing(player)}


def _database() -> Any:
    """The one connection to the database in memory."""
    return db.engine.raw_connection().driver_connection


def _set_clock(file: Path, since: str | None) -> None:
    """A clock of this process alone, which says what it was when the trial began."""
    file.unlink(missing_ok=True)
    clock.configure(file)
    if since:
        moved = datetime.fromisoformat(since) - clock.now()
        file.write_text(str(moved.total_seconds()))


def _sandboxes(folder: Path, operation: str) -> Mapping[str, Any]:
    """The partner of a call, without any setting: its sandbox, within this process."""
    settings = {"FONTS_DIR": str(ROOT / "static/dist/fonts")}
    names = {operation.partition(".")[0]}
    return catalogue.connect_all(settings, clock=clock.now, data=folder, names=names)


def _limit() -> None:
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    main()
