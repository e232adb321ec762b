"""Somebody with a browser and no JavaScript: reads pages, sends the forms they hold."""

import re
from collections.abc import Mapping
from typing import Any

import html5lib
from flask import Flask
from werkzeug.test import TestResponse

from connectors import mail
from web.accounts import open_account

PASSWORD = "une phrase assez longue"
_TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')
_LINK = re.compile(r"https?://[^/\s]+(/\S+)")


class Visitor:
    """A browser of one person; every page it reads must be strict HTML5."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, address: str, **options: Any) -> TestResponse:
        """Open a page, following redirections."""
        answer = self.client.get(address, follow_redirects=True, **options)
        if answer.mimetype == "text/html":
            html5lib.HTMLParser(strict=True).parse(answer.text)
        return answer

    def post(
        self, address: str, values: Mapping[str, Any] | None = None, *, follow: bool = True
    ) -> TestResponse:
        """Send a form with the token of a fresh page, as if it had been opened before."""
        token = _TOKEN.search(self.client.get("/mentions-legales").text)
        assert token
        answer = self.client.post(
            address,
            data={"csrf_token": token.group(1), **(values or {})},
            follow_redirects=follow,
        )
        if answer.mimetype == "text/html" and answer.status_code not in {301, 302, 303}:
            html5lib.HTMLParser(strict=True).parse(answer.text)
        return answer

    def sign_in(self, email: str, password: str = PASSWORD, **more: Any) -> TestResponse:
        """Sign in with an account that has no second factor."""
        return self.post("/connexion", {"email": email, "password": password, **more})


def account(email: str = "claire@dubois.example", name: str = "Claire Martin") -> Any:
    """An account with the usual password; its person's id."""
    return open_account(email=email, name=name, password=PASSWORD)


def letters(app: Flask) -> list[dict[str, Any]]:
    """What the mail sandbox received, the latest first."""
    return mail.messages({}, app.extensions["settings"].data)


def link_in(letter: Mapping[str, Any]) -> str:
    """The first address in a letter, without its host."""
    found = _LINK.search(letter["text"])
    assert found, letter["text"]
    return found.group(1)
