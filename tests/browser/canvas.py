"""A designer before the editor of a diagram."""

from typing import Any

from playwright.sync_api import Locator

from tests.browser.conftest import Enter
from tests.browser.reader import Reader

KEY = "grants.investment_aid"
DESIGNER = "didier@region.demo"
LONG = 60_000
EDITOR = "document.querySelector('[data-ebg-bpmn]').editor"
_SHOWN = "[data-ebg-part=problems][data-state=shown]"


class Canvas:
    """The editor's page of the grant's diagram, in somebody's browser."""

    def __init__(self, enter: Enter, email: str = DESIGNER) -> None:
        self.reader = _seated(enter, email)
        self.page = self.reader.page
        self.draft = _draft(self.reader)

    def open(self, file: str = "process.bpmn") -> None:
        self.reader.open(f"{self.draft}/modifier/{file}")
        self.page.wait_for_selector("[data-ready=yes]", timeout=LONG)
        self.settle()

    def settle(self) -> None:
        """Wait until what is shown speaks of what is drawn."""
        self.page.wait_for_selector(_SHOWN, timeout=LONG)

    def ask(self, script: str, given: Any = None) -> Any:
        """The answer of a function of the editor and one value."""
        return self.page.evaluate(f"(given) => ({script})({EDITOR}, given)", given)

    def show(self, xml: str) -> bool:
        """Put another diagram in the page, as if it were the file; whether it opens."""
        return bool(self.ask("(editor, xml) => editor.show(xml)", xml))

    def written(self) -> str:
        """What would be saved."""
        script = "async ({ modeler }) => (await modeler.saveXML({ format: true })).xml"
        return str(self.ask(script))

    def problems(self) -> list[tuple[str, str, str, str]]:
        """The lines of the list: severity, file, who, message."""
        lines = self.page.evaluate(
            """() => [...document.querySelectorAll("[data-ebg-problems] > li")].map((line) => {
              const said = (name) => line.querySelector(name)?.textContent ?? "";
              return [line.classList[1], said(".ebg-bpmn-file"),
                said(".ebg-bpmn-goto, .ebg-bpmn-who"), said(".ebg-bpmn-message")];
            })"""
        )
        return [tuple(line) for line in lines]

    def select(self, element_id: str) -> None:
        self.ask("(editor, id) => editor.select(id)", element_id)

    def panel(self) -> Locator:
        return self.page.get_by_role("region", name="Propriétés")

    def field(self, label: str) -> Locator:
        return self.panel().get_by_label(label, exact=True)


_SEATS: dict[tuple[str, str], Any] = {}


def _seated(enter: Enter, email: str) -> Reader:
    """Somebody signed in; once an office, which counts how often people knock."""
    reader = enter()
    reader.open("/connexion")
    seat = (reader.page.url, email)
    if seat in _SEATS:
        reader.context.add_cookies(_SEATS[seat])
    else:
        reader.sign_in(email)
        _SEATS[seat] = reader.context.cookies()
    return reader


def _draft(reader: Reader) -> str:
    """The address of the draft of the grant, begun if nobody has."""
    reader.open(f"/concepteur/procedures/{KEY}")
    begin = reader.page.get_by_role("button", name="Commencer la version suivante")
    with reader.page.expect_navigation():
        if begin.count():
            begin.click()
        else:
            reader.page.get_by_role("link", name="Ouvrir le brouillon").click()
    return reader.page.url
