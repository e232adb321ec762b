"""People at their browsers: they sign in, read, send forms, and notice when it breaks.

A page that does not come is asked for again. A form is sent once: when its answer is lost
or is an error, whoever sent it must look at how things stand before doing anything more.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Mapping

import httpx

from tests.prove.pages import Page
from web.demo.people import PASSWORD

SIGN_IN, ACCOUNT = "/connexion", "/compte"
PATIENCE = 180.0
"""Seconds during which a page is asked for again before giving up."""


class Stuck(Exception):
    """A person cannot go on, and says why."""


class Tally:
    """How often things happened, counted by many threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, what: str, number: int = 1) -> None:
        with self._lock:
            self._counts[what] += number

    def __getitem__(self, what: str) -> int:
        return self._counts[what]

    def starting(self, prefix: str) -> dict[str, int]:
        """The counts whose names start so."""
        with self._lock:
            found = sorted(self._counts.items())
        return {k.removeprefix(prefix): n for k, n in found if k.startswith(prefix)}


class Person:
    """One account; its browser is shared by all that this person does at the same time."""

    def __init__(self, address: str, email: str, tally: Tally) -> None:
        self.email, self.tally = email, tally
        self.http = httpx.Client(
            base_url=address, timeout=60, follow_redirects=True, trust_env=False
        )
        self.desk = threading.Lock()  # for what one does one at a time
        self.drafts: set[str] = set()

    def close(self) -> None:
        """Close the browser."""
        self.http.close()

    def sign_in(self) -> None:
        """Sign in, as often as it takes."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            form = self.read(SIGN_IN).form(SIGN_IN)
            if form is not None:
                typed = {"email": [self.email], "password": [PASSWORD]}
                self.send(SIGN_IN, form.filled(typed))
            if self.read(ACCOUNT).path == ACCOUNT:
                return
            time.sleep(3)
        raise Stuck(f"{self.email} ne peut pas se connecter")

    def read(self, path: str, *, refused: tuple[int, ...] = ()) -> Page:
        """A page, asked for until it comes; `refused` are statuses to give as they are."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            page = self._ask("GET", path)
            if page is not None and page.path == SIGN_IN and path not in {SIGN_IN, ACCOUNT}:
                self.tally.add("signed out")
                self.sign_in()
                continue
            if page is not None and (page.status < 400 or page.status in refused):
                return page
            if page is not None and page.status in {403, 404, 410}:
                raise Stuck(f"{path} : HTTP {page.status}")
            time.sleep(random.uniform(0.3, 1))
        raise Stuck(f"{path} ne vient pas")

    def send(
        self,
        path: str,
        values: Mapping[str, list[str]],
        files: list[tuple[str, tuple[str, bytes, str]]] | None = None,
    ) -> Page | None:
        """A form, sent once. None: nobody knows what became of it."""
        self.tally.add("sent")
        page = self._ask("POST", path, data=dict(values), files=files or None)
        if page is None or page.status >= 500 or page.status == 429:
            self.tally.add("looked again")
            time.sleep(random.uniform(0.2, 0.8))
            return None
        return page

    def _ask(self, method: str, path: str, **options: object) -> Page | None:
        self.tally.add("requests")
        try:
            answer = self.http.request(method, path, **options)
        except httpx.TransportError as error:
            self.tally.add(f"broken: {type(error).__name__}")
            return None
        if answer.status_code >= 400:
            self.tally.add(f"HTTP {answer.status_code}")
        return Page(str(answer.url), answer.status_code, answer.text)
