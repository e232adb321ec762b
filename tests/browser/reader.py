"""Somebody at a browser, who reads French and notices what is wrong with a page.

`look` examines the page: no axe violation in the light or in the dark, strict HTML, nothing
wider than a screen of 320 pixels, nothing refused by the content policy, a quiet console.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

import html5lib
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Dialog,
    Locator,
    Request,
    Response,
    expect,
)

from tests.conftest import ROOT
from web.demo.people import PASSWORD

WIDE, NARROW, HIGH = 1280, 320, 900
LONG = 60_000
"""Milliseconds that a slow machine may take: a limit, never a measure."""
expect.set_options(timeout=LONG)
_ASKED = r"\s*\((?:obligatoire|facultatif)\)$"
# The editors of bpmn.io draw in places of their own, beside which ours do the same.
_RUN_AXE = """axe.run({ exclude: [["[data-ebg-canvas]"]] }).then(({ violations }) => violations.map(
  ({ id, nodes }) => `${id}: ${nodes.map(n => n.html.slice(0, 200)).join(" | ")}`))"""


@cache
def _axe() -> str:
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text()


class Reader:
    """One person's browser. `page` is Playwright's; what went wrong gathers in `wrong`."""

    def __init__(self, browser: Browser, url: str, *, javascript: bool) -> None:
        self.context = browser.new_context(
            base_url=url,
            locale="fr-FR",
            viewport={"width": WIDE, "height": HIGH},
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        self.context.set_default_timeout(LONG)
        self.javascript = javascript
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.refused_with: set[int] = set()
        self._document: Response | None = None
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("response", self._receive)
        self.page.on("dialog", self._answer)

    def leave(self) -> None:
        self.context.close()

    # Going about

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        self.open("/connexion")
        self.fill("Adresse de courriel", email)
        self.fill("Mot de passe", password)
        self.press("Se connecter", within="main")

    def open(self, path: str) -> None:
        self.page.goto(path)

    def follow(self, name: str, *, exact: bool = False) -> None:
        """Follow the first link of this name."""
        link = self.page.get_by_role("link", name=name, exact=exact).first
        with self.page.expect_navigation():
            link.click()

    def press(self, name: str, *, within: str = "main", exact: bool = True) -> None:
        """Press a button that brings another page, or the same one again."""
        button = self.page.locator(within).get_by_role("button", name=name, exact=exact)
        with self.page.expect_navigation():
            button.first.click()

    def press_twice(self, name: str, again: str) -> None:
        """Unfold what cannot be taken back, then press the button that does it."""
        fold = self.page.locator("main details", has=self.page.get_by_label(name)).last
        fold.locator("summary").click()
        with self.page.expect_navigation():
            fold.get_by_role("button", name=again).click()

    def tap(self, name: str) -> None:
        """Press a button after which a form changes without leaving the page."""
        self.page.locator("main").get_by_role("button", name=name, exact=True).click()
        self.settle()

    def field(self, label: str, within: Locator | None = None) -> Locator:
        """A question by its whole label, told to be required or not."""
        named = re.compile(rf"^{re.escape(label)}(?:{_ASKED})?", re.IGNORECASE)
        exact = re.compile(rf"^\s*{re.escape(label)}(?:{_ASKED}|\s*$)")
        place = within or self.page.locator("main")
        found = place.get_by_label(exact)
        return found if found.count() else place.get_by_label(named)

    def fill(self, label: str, value: str, within: Locator | None = None) -> None:
        self.field(label, within).first.fill(value)

    def group(self, legend: str) -> Locator:
        """A set of questions, by its legend."""
        named = re.compile(rf"^\s*{re.escape(legend)}(?:{_ASKED}|\s*$)")
        return self.page.get_by_role("group", name=named).last

    def choose(self, legend: str, answer: str) -> None:
        """One answer of a set of radio buttons; the page may follow."""
        self.group(legend).get_by_label(answer, exact=True).check()
        self.settle()

    def settle(self) -> None:
        """Wait until a form that follows its answers has followed."""
        self.page.wait_for_selector("[aria-busy=true]", state="detached")

    # What is read

    @property
    def text(self) -> str:
        """What the page says, on one line."""
        return " ".join(self.page.locator("body").inner_text().split())

    def reads(self, *sentences: str) -> None:
        """The page says all of this, or soon will by itself, whatever the kinds of spaces."""
        deadline = monotonic() + LONG / 1000
        for sentence in map(_flat, sentences):
            while sentence not in (text := _flat(self.text)):
                assert monotonic() < deadline, (
                    f"« {sentence} » not on {self.page.url}:\n{text}"
                )
                self.page.wait_for_timeout(100)

    def wait_to_read(self, sentence: str, *, seconds: int = 60) -> None:
        """Come back to the page until it says this."""
        for _ in range(seconds * 2):
            if _flat(sentence) in _flat(self.text):
                return
            self.page.wait_for_timeout(500)
            self.page.reload()
        self.reads(sentence)

    def download(self, link: Locator) -> bytes:
        """The bytes behind a link."""
        address = link.get_attribute("href") or ""
        answer = self.context.request.get(address)
        assert answer.ok, address
        return answer.body()

    # What is wrong

    def look(self, shot: str = "") -> None:
        """Examine the page, and take its picture when EBG_SHOTS names a folder."""
        found = self.faults()
        assert not found, "\n".join([self.page.url, *found])
        self.shoot(shot)

    def faults(self) -> list[str]:
        """Everything that is wrong with the page, and what went wrong since the last one.

        Without JavaScript axe cannot run: the same pages are examined with it elsewhere.
        """
        found = [*self._broken_html(), *self._wider_than_the_screen()]
        for scheme in ("dark", "light") if self.javascript else ():
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            found += [f"{scheme}: {violation}" for violation in self._axe_violations()]
        found += self.wrong
        self.wrong.clear()
        return found

    def shoot(self, shot: str) -> None:
        if shot and (folder := os.environ.get("EBG_SHOTS")):
            self.page.evaluate("window.scrollTo(0, 0)")
            self.page.screenshot(path=Path(folder) / f"{shot}.png")

    def _wider_than_the_screen(self) -> Iterator[str]:
        for width in (NARROW, WIDE):
            self.page.set_viewport_size({"width": width, "height": HIGH})
            wider = self.page.evaluate("document.documentElement.scrollWidth")
            if wider > width:
                yield f"{wider} pixels wide on a screen of {width}"

    def _axe_violations(self) -> list[str]:
        """Through the debugger, which the content policy does not bind."""
        session = self.context.new_cdp_session(self.page)
        if not self.page.evaluate("'axe' in window"):
            session.send("Runtime.evaluate", {"expression": _axe()})
        answer = session.send(
            "Runtime.evaluate",
            {"expression": _RUN_AXE, "awaitPromise": True, "returnByValue": True},
        )
        session.detach()
        assert "exceptionDetails" not in answer, answer
        found: list[str] = answer["result"]["value"]
        return found

    def _broken_html(self) -> Iterator[str]:
        document, self._document = self._document, None
        if document is None:
            return
        try:
            html5lib.HTMLParser(strict=True).parse(document.text())
        except html5lib.html5parser.ParseError as error:
            yield f"not strict HTML: {error}"

    def _receive(self, response: Response) -> None:
        request: Request = response.request
        ours = request.is_navigation_request() and request.frame == self.page.main_frame
        if ours and response.status not in range(300, 400):
            kind = response.headers.get("content-type", "")
            self._document = response if kind.startswith("text/html") else None

    def _hear(self, message: ConsoleMessage) -> None:
        """A page refused on purpose is an error for the console, not for us."""
        refused = re.search(r"status of (\d+)", message.text)
        if refused and int(refused[1]) in self.refused_with:
            return
        if message.type in {"error", "warning"}:
            self.wrong.append(f"{message.text} ({self.page.url})")

    def _answer(self, dialog: Dialog) -> None:
        if dialog.type == "beforeunload":  # they were warned, and leave all the same
            dialog.accept()
            return
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def _flat(text: Any) -> str:
    return " ".join(str(text).replace("\u202f", " ").replace("\xa0", " ").split())
