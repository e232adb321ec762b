"""What somebody does all day in the inbox: open, look, search, take, go back.

The addresses are those that the pages themselves give; only what people type is drawn.
"""

import random
import re
import threading
import time
from collections.abc import Callable

import httpx

from tests.prove.crowd import _PLACES, _TRADES
from tests.prove.pages import UUID, Page

NOTHING = "a page that reads nothing"
TASK, CASE = rf"/taches/{UUID}(?=$|\?)", rf"/dossiers/{UUID}$"
NEWS_EVERY = 30.0
"""Seconds after which an open page asks for news."""

BASKETS = [
    "a-prendre", "a-moi", "equipe", "en-attente", "reportees", "suivis", "en-retard", "faits",
]  # fmt: skip

Noted = Callable[[str, float, int], None]


class Habit:
    """One person's day; every answer is noted with its kind and its seconds."""

    def __init__(
        self, http: httpx.Client, dice: random.Random, note: Noted, *, head: bool
    ) -> None:
        self.http, self.dice, self.note = http, dice, note
        self.page = Page("/", 200, "")
        acts = [
            (30, self.basket), (8, self.further), (10, self.filtered), (10, self.searched),
            (25, self.task), (12, self.preview), (14, self.case), (4, self.sought),
            (3, self.cases), (5, self.claim), (4, self.news), (4, self.nothing),
        ]  # fmt: skip
        if head:
            acts += [(15, self.team)]
        self.weights, self.acts = zip(*acts, strict=True)

    def work(self, think: tuple[float, float], over: threading.Event) -> None:
        """Act, think, and act again until it is over."""
        over.wait(self.dice.uniform(0, think[1]))  # nobody arrives at the same moment
        asked = time.monotonic()
        while not over.is_set():
            self.dice.choices(self.acts, self.weights)[0]()
            until = time.monotonic() + self.dice.uniform(*think)
            while (left := until - time.monotonic()) > 0 and not over.is_set():
                over.wait(min(left, max(0.1, asked + NEWS_EVERY - time.monotonic())))
                if time.monotonic() >= asked + NEWS_EVERY:
                    asked = time.monotonic()
                    self.get("news of an open page", "/nouvelles/signal")

    def get(self, kind: str, address: str) -> Page:
        """Ask for a page, and note how long it took."""
        began = time.perf_counter()
        answer = self.http.get(address)
        self.note(kind, time.perf_counter() - began, answer.status_code)
        return Page(str(answer.url), answer.status_code, answer.text)

    def basket(self) -> None:
        """Open a basket."""
        name = self.dice.choice(BASKETS)
        self.page = self.get(f"basket « {name} »", f"/corbeille/?panier={name}")

    def further(self) -> None:
        """Turn pages."""
        number = self.dice.randrange(2, 40)
        self.page = self.get(
            "basket, page 2 to 40", f"/corbeille/?panier=a-prendre&page={number}"
        )

    def filtered(self) -> None:
        """Filter a basket by procedure, step or date."""
        step = f"task_{self.dice.randrange(6)}"
        asked = self.dice.choice(
            [
                "procedure=crowd.request",
                f"procedure=crowd.request&etape={step}",
                "echeance=7-jours",
                "echeance=en-retard",
            ]
        )
        name = self.dice.choice(["a-prendre", "a-moi", "equipe"])
        self.page = self.get("basket, filtered", f"/corbeille/?panier={name}&{asked}")

    def searched(self) -> None:
        """Search within a basket: words, a SIRET, a rare name."""
        words = self.dice.choice(
            [
                self.dice.choice(_TRADES),
                f"{self.dice.choice(_TRADES)} {self.dice.choice(_PLACES)}",
                f"{10_000_000_000_000 + self.dice.randrange(20_000)}",
                f"{self.dice.choice(_TRADES)[:5]} {self.dice.randrange(20_000)}",
            ]
        )
        name = self.dice.choice(["a-prendre", "a-moi", "equipe"])
        self.page = self.get(
            "basket, searched", f"/corbeille/?panier={name}&q={words.replace(' ', '+')}"
        )

    def task(self) -> None:
        """Open a task of the page one has."""
        if address := self._one(TASK):
            self.get("task", address)

    def preview(self) -> None:
        """Look at a task beside the list."""
        if address := self._one(TASK):
            self.get("preview", address.partition("?")[0] + "/apercu")

    def case(self) -> None:
        """Open the case of a task."""
        if address := self._one(TASK):
            task = self.get("task", address)
            if address := self._one(CASE, task):
                self.get("case", address)

    def sought(self) -> None:
        """Search the cases."""
        word = self.dice.choice(_TRADES)
        self.get("search of cases", f"/dossiers/recherche?mots={word}")

    def cases(self) -> None:
        """List the cases."""
        self.get("list of cases", "/dossiers/")

    def claim(self) -> None:
        """Take a task, and give it back."""
        page = self.get("basket « a-prendre »", "/corbeille/?panier=a-prendre")
        address = self._one(TASK, page)
        form = address and self.get("task", address).form(rf"/taches/{UUID}/prise")
        if form:
            task = self._post("take a task", form.action, form.values)
            back = task.form(rf"/taches/{UUID}/remise")
            if back:
                self._post("give a task back", back.action, back.values)

    def news(self) -> None:
        """Read what happened."""
        self.get("news", "/nouvelles/")

    def team(self) -> None:
        """See who has what."""
        self.get("team", "/equipe/")

    def nothing(self) -> None:
        """Ask for a page that reads nothing."""
        self.get(NOTHING, "/healthz")

    def _post(self, kind: str, address: str, values: object) -> Page:
        began = time.perf_counter()
        answer = self.http.post(address, data=values)
        self.note(kind, time.perf_counter() - began, answer.status_code)
        return Page(str(answer.url), answer.status_code, answer.text)

    def _one(self, pattern: str, page: Page | None = None) -> str | None:
        links = [
            href
            for a in (page or self.page).tree.iter("a")
            if re.match(pattern, href := a.get("href") or "")
        ]
        return self.dice.choice(sorted(set(links))) if links else None
