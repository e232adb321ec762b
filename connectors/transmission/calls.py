"""How S²LOW is called: who calls, what is noted of what was sent, what is filed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import httpx

from connectors import NotYet, Retryable, StoredFile, Throttled
from connectors.transmission import answers
from connectors.transmission.accounts import Accounts
from connectors.transmission.answers import PARTNER
from connectors.transmission.sendings import Facts, Sendings
from connectors.transmission.writing import Form, Part, multipart
from connectors.wire import Unreadable, call

Plain = dict[str, Any]
ACTS = "modules/actes"
PES = "modules/helios"


@dataclass(frozen=True)
class Calls:
    """One S²LOW, or its sandbox. `soonest` is when to ask again what has no answer yet."""

    accounts: Accounts
    mode: Literal["live", "sandbox"]
    folder: Path
    clock: Callable[[], datetime]
    documents: Callable[[str], bytes]
    store: Callable[[bytes, str, str], StoredFile]
    soonest: timedelta = timedelta(minutes=10)

    @property
    def http(self) -> httpx.Client:
        return self.accounts.client(self.accounts.own)

    @property
    def sendings(self) -> Sendings:
        return Sendings(self.folder, self.clock, self.found)

    def found(self, facts: Facts) -> str | None:
        """What became at the service of something sent; None when it never arrived."""
        raise NotImplementedError

    def get(self, account: Plain, path: str, **asked: Any) -> httpx.Response:
        return self._get(account, path, asked, ())

    def look(self, account: Plain, path: str, **asked: Any) -> httpx.Response:
        """Ask a page of a search that reads several: one that fails is asked again at once."""
        for _ in range(2):
            try:
                return self._get(account, path, asked, ())
            except Throttled:
                raise
            except Retryable:
                continue
        return self._get(account, path, asked, ())

    def download(self, account: Plain, path: str, asked: dict[str, Any]) -> httpx.Response:
        """Ask for a file, where a redirection means that there is none."""
        return self._get(account, path, asked, (302, 303))

    def post(
        self, account: Plain, path: str, form: Form, files: Iterable[Part] = ()
    ) -> httpx.Response:
        """Send a form, with files or not."""
        media_type, content = multipart(form, files)
        http, auth = self.accounts.of(account)
        return call(
            http,
            "POST",
            path,
            partner=PARTNER,
            acts=True,
            reasons=answers.reasons,
            content=content,
            headers={"Content-Type": media_type},
            auth=auth or httpx.USE_CLIENT_DEFAULT,
        )

    def _get(
        self, account: Plain, path: str, asked: dict[str, Any], expected: tuple[int, ...]
    ) -> httpx.Response:
        http, auth = self.accounts.of(account)
        return call(
            http,
            "GET",
            path,
            partner=PARTNER,
            acts=False,
            expected=expected,
            reasons=answers.reasons,
            params={name: str(value) for name, value in asked.items()},
            auth=auth or httpx.USE_CLIENT_DEFAULT,
        )

    def later(self, what: str) -> NotYet:
        return NotYet(f"{PARTNER} : {what}.", after=self.soonest)

    def kept(
        self, kind: str, title: str, content: bytes, name: str, media_type: str
    ) -> tuple[str, str, StoredFile]:
        return kind, title, self.store(content, name, media_type)


def status_number(value: str) -> int:
    """A status as S²LOW numbers it."""
    try:
        return int(value.strip())
    except ValueError as error:
        raise Unreadable(f"{PARTNER} : statut illisible (« {value[:40]} »).") from error
