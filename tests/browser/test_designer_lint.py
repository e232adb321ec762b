"""What the canvas shows to correct is what publication would say, for hundreds of diagrams."""

import os
import statistics

from engine.spiff.errors import Problem
from tests.browser.canvas import EDITOR, KEY, Canvas
from tests.browser.conftest import Enter
from tests.browser.diagrams import every
from workflows import publication

STROKES = 1 if os.environ.get("EBG_EVERY_STROKE") else 5
"""One diagram in so many gets a stroke, whose check waits 300 ms and is timed."""
BOUND = 30_000
"""Milliseconds; the promise is a second, on a machine that does nothing else."""
RENAME = """async ({ modeler }) => {
  const [first] = modeler.get("elementRegistry").filter((one) => one.parent && !one.labelTarget);
  if (first) modeler.get("modeling").updateProperties(first, { name: "Renommé" });
  return Boolean(first);
}"""
FILE = "process.bpmn"


def told(problem: Problem) -> tuple[str, str, str, str]:
    """How the page writes a problem."""
    name, key = problem.element_name or "", problem.element_id or ""
    who = f"{name} ({key})" if name and key and name != key else name or key
    file = "" if problem.file == FILE else problem.file
    return problem.severity, file, who, problem.message


def test_what_is_shown_is_what_publication_says(enter: Enter) -> None:
    canvas = Canvas(enter)
    canvas.open()
    files = publication.read_folder(publication.folders()[KEY])
    catalogue = canvas.reader.context.request.get(f"{canvas.draft}/catalogue").json()
    callable_ = {KEY, *(one["key"] for one in catalogue["procedures"])}

    def said(xml: str) -> list[tuple[str, str, str, str]]:
        found = publication.check(KEY, files | {FILE: xml.encode()}, callable_)
        return [told(one) for one in found]

    took, opened, faulty, number = [], 0, 0, 0
    for number, (name, content) in enumerate(every(KEY), 1):
        xml = content.decode()
        shown = canvas.show(xml)
        canvas.settle()
        expected = said(xml)
        assert canvas.problems() == expected, name
        opened += shown
        faulty += any(one[0] == "error" for one in expected)
        if shown and number % STROKES == 0 and canvas.ask(RENAME):
            canvas.settle()
            source = canvas.ask("({ source }) => source()")
            assert canvas.problems() == said(source), f"{name}, after a stroke"
            took.append(canvas.ask("({ lint }) => lint.took"))
    assert number >= 200
    assert 50 < faulty < number, "good ones and bad ones"
    middle, worst = statistics.median(took), max(took)
    late = statistics.quantiles(took, n=20)[-1]
    print(
        f"{number} diagrams ({opened} opened, {faulty} with errors), {len(took)} strokes: "
        f"median {middle:.0f} ms, p95 {late:.0f} ms, worst {worst:.0f} ms"
    )
    assert worst < BOUND


def test_an_older_answer_never_stands(enter: Enter) -> None:
    """The first check comes back after the second: what is shown is the second's."""
    canvas = Canvas(enter)
    canvas.open()
    held: list[object] = []

    def hold_the_first(route: object) -> None:
        if held:
            route.continue_()  # type: ignore[attr-defined]
        else:
            held.append(route)

    canvas.page.route("**/controle", hold_the_first)
    rename = """({ modeler }, name) => modeler.get("modeling").updateProperties(
      modeler.get("elementRegistry").get("register"), { name })"""
    canvas.ask(rename, "Un")
    canvas.page.wait_for_function(f"() => {EDITOR}.lint.asked > 1")
    canvas.ask(
        """({ modeler }) => modeler.get("modeling").removeElements(
          [modeler.get("elementRegistry").get("register__regulation")])"""
    )
    canvas.settle()
    after = canvas.problems()
    assert any(severity == "error" for severity, *_ in after)
    held[0].continue_()  # type: ignore[attr-defined]
    canvas.page.wait_for_timeout(100)
    assert canvas.problems() == after
    assert canvas.page.locator(".ebg-bpmn-mark.error").count() > 0
    canvas.ask(
        "(editor) => { editor.keeping.dirty = false; editor.keeping.closed = true; }"
    )
