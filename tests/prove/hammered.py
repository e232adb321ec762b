"""What is hammered: a procedure with everything that can be raced, its officers, its partner.

Two people and a partner work side by side and are joined; one of them is nudged after two
seconds, the other's deadline passes after thirty; a decision may send the case back. Before
its end it calls another procedure, whose case calls the partner too.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from engine.access import Actor, actor_for
from engine.commands import people
from engine.models import History
from tests.engine.drawn_cases import NEWS, lanes
from tests.engine.spiff.drawing import (
    boundary,
    catch,
    chain,
    element,
    end,
    exclusive,
    flow,
    message,
    parallel,
    process,
    service,
    start,
    timer,
    user,
)
from tests.office import Office, open_office, publish

KEY, CALLED = "tests.hammered", "tests.checked"
TASKS = ("left", "right", "remind", "decide", "amend", "last")

BODY = NEWS + process(
    lanes(*TASKS), start(), parallel("fork"), *(user(task, into=task) for task in TASKS),
    boundary("nudge", "left", timer("duration", "PT2S"), interrupting=False),
    boundary("deadline", "right", timer("duration", "PT30S")),
    catch("news", message("m")), service("ask", "echo.ask", "answer", question='"quoi"'),
    exclusive("either"), parallel("meet"), exclusive("enough", default="on"),
    end(), end("reminded"),
    chain("started", "fork", "left", "meet", "decide", "enough"),
    chain("nudge", "remind", "reminded"),
    chain("fork", "right", "either", "meet"), chain("deadline", "either"),
    chain("fork", "news", "ask", "meet"),
    flow("enough", "amend", "decide.again = true"), chain("amend", "decide"),
    element("callActivity", "check", calledElement=CALLED),
    flow("enough", "last", key="on"), chain("last", "check", "ended"), key=KEY,
)  # fmt: skip

CHECKED = process(
    start("asked"), service("again", "echo.ask", "checked", question='"quoi"'), end("told"),
    chain("asked", "again", "told"), key=CALLED,
)  # fmt: skip


@dataclass(frozen=True)
class Ground:
    """Where a run takes place; it goes to every process. `folder` keeps what they write."""

    env: Mapping[str, str]
    folder: Path
    office: Office
    officers: list[Actor]
    definition: UUID
    cases: int


def prepare(env: Mapping[str, str], folder: Path, cases: int) -> Ground:
    """Open the office on its empty database, with four officers and the procedure."""
    office = open_office()
    officers = [office.officer, office.second_officer]
    for name in ("Irène Noël", "Louis Petit"):
        email = f"{name.split()[0].lower()}@region.test"
        person = people.add_person(email, name)
        people.grant(person, office.region, "case_officer")
        officers.append(actor_for(person))
    publish(CALLED, CHECKED, owner=office.region)
    definition = publish(KEY, BODY, owner=office.region)
    return Ground(env, folder, office, officers, definition, cases)


def mark(step: History) -> str | None:
    """What whoever completed a task signed it with."""
    told = step.updates.get(step.element_id)
    return told.get("mark") if isinstance(told, dict) else None


def lawful(steps: Counter[str]) -> bool:
    """Whether a case that ended did each of its steps as often as the diagram says."""
    if "asked" in steps:
        return steps == Counter(asked=1, again=1, told=1)
    once = ("started", "left", "news", "ask", "last", "check", "ended")
    return (
        all(steps[step] == 1 for step in once)
        and steps["right"] + steps["deadline"] == 1
        and steps["decide"] == steps["amend"] + 1
        and steps["nudge"] == steps["remind"] <= 1
    )


@dataclass(frozen=True)
class Echo:
    """A partner that remembers every key it acted on, as a file of its own."""

    folder: Path

    def ask(self, question: str, key: str) -> str:
        """Act, once for each key."""
        (self.folder / f"{key}.asked").open("x").close()
        return question

    def lookup(self, key: str) -> str | None:
        """What was answered under this key."""
        return "quoi" if (self.folder / f"{key}.asked").exists() else None
