"""A diagram that is opened and saved means what it meant: ours, the tests', other tools'."""

from lxml import etree

from engine.spiff import dialect
from engine.spiff.errors import DiagramRefused
from engine.spiff.lint import lint
from tests.browser.canvas import KEY, Canvas
from tests.browser.conftest import Enter
from tests.browser.diagrams import every
from tests.engine.spiff import test_foreign

FILE = "process.bpmn"
CANNOT = {"refused same id twice", "refused correlation"}
"""Two elements of one id, a key outside any collaboration: no model of BPMN holds them."""


def meaning(content: bytes) -> tuple[object, object]:
    """What the engine would compile, and all that the lint says of it."""
    files = {FILE: content}
    try:
        facts, _ = dialect.read(files, KEY)
    except DiagramRefused as refused:
        return None, sorted(map(str, refused.problems))
    found = lint(files, operations={}, remote_calls={}, forms=(), key=KEY)
    return facts.to_bytes(), sorted(map(str, found))


def foreign(content: bytes) -> list[tuple[str, str]]:
    """Every word of other tools, attributes included."""
    ours = ("http://www.omg.org/", "http://spiffworkflow.org/", "http://www.w3.org/")
    found = []
    for element in etree.fromstring(content).iter("*"):
        for name in (element.tag, *element.attrib):
            named = etree.QName(name)
            if named.namespace and not named.namespace.startswith(ours):
                found.append((named.namespace, named.localname))
    return sorted(found)


def test_opening_and_saving_changes_no_meaning(enter: Enter) -> None:
    canvas = Canvas(enter)
    canvas.open()
    changed = set()
    for name, content in every(KEY):
        assert canvas.show(content.decode()), f"{name} does not open"
        written = canvas.written().encode()
        if meaning(written) != meaning(content):
            changed.add(name)
            told = canvas.page.get_by_text("L’éditeur ne sait pas garder")
            assert told.count(), f"{name} would lose something in silence"
    assert changed == CANNOT


def test_the_words_of_other_tools_stay_in_the_file(enter: Enter) -> None:
    canvas = Canvas(enter)
    canvas.open()
    words = 0
    for name, content in test_foreign.FILES.items():
        assert canvas.show(content.decode()), name
        kept = foreign(canvas.written().encode())
        assert kept == foreign(content), name
        words += len(kept)
    assert words > 50
