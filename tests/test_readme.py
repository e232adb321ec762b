"""The path of a request that README.md tells is the one a request takes."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from flask import Flask

from engine.models import UserTask, db
from forms.typed import typed
from tests.conftest import ROOT
from tests.office import open_tasks
from tests.web.browser import Browser
from tests.web.two_offices import TOLD, open_two_offices, player
from web import filling

STORY = [step for step in TOLD["stories"]["Une aide accordée"] if "expect" not in step]
_STATION = re.compile(r"^\d\. `([^`]+)`", re.MULTILINE)


@contextmanager
def visited() -> Iterator[set[str]]:
    """The files of ours whose functions are called meanwhile."""
    found: set[str] = set()

    def see(frame: FrameType, _event: str, _argument: object) -> None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(ROOT):
            found.add(str(path.relative_to(ROOT)))

    sys.setprofile(see)
    try:
        yield found
    finally:
        sys.setprofile(None)


def test_a_request_goes_through_the_five_files_of_the_readme(app: Flask) -> None:
    stations = _STATION.findall((ROOT / "README.md").read_text())
    office = open_two_offices(app)
    (at,) = (i for i, step in enumerate(STORY) if step.get("task") == "assess_expenses")
    task = open_tasks(player(office).play(STORY[:at]))["assess_expenses"]
    form = filling.form_of(db.session.get_one(UserTask, task))
    assert form is not None
    texts, _misshapen = typed(form.nodes, STORY[at]["values"], first_rows=False)
    officer = Browser(app, office.actor("officer"))
    with visited() as files:
        answer = officer.send(f"/taches/{task}", {**texts, "_submit": "1"})
    assert answer.status_code == 302, answer.text
    assert len(stations) == 5
    assert set(stations) <= files
