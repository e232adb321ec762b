"""An address written to harm leads nowhere, and the pages that quote it quote nothing odd."""

import re
from html import unescape
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.web.test_accounts import CLAIRE, code_of, quickly, with_second_factor
from tests.web.visitor import Visitor, account
from web.security import safe

HOSTILE = [
    "/%00", "/compte%00", "/%0d%0aSet-Cookie:%20a=b", "/%0A", "/%7f", "/%C2%85", "//evil.example",
    "/%5Cevil.example", "/%5C%5Cevil.example", "/%2F%2Fevil.example", "/%E2%80%A8", "/%FF%FE",
    "/%ED%A0%80", "/compte?a=%00%0d%0a", "/compte/%2e%2e/%2e%2e", "/" + "long/" * 5000,
    "/compte?" + "a" * 50_000, '/"><script>', "/%22%3E%3Cscript%3E", "/javascript:alert(1)",
]  # fmt: skip

OUTSIDE = [
    "\x00", "/\x00", "/a\x00b", "/\r\nSet-Cookie: a=b", "/\n/evil.example", "/\t/evil.example",
    "//evil.example", "///evil.example", "\\evil.example", "\\\\evil.example", "/\\evil.example",
    "/\\/evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)",
    " /compte", "/\x7f", "/\x85", "/\u2028", "/\ud800", "/é", "/" + "x" * 2001, "compte", "",
]  # fmt: skip

_NEXT = re.compile(r'name="next" value="([^"]*)"')
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")


def nexts(page: str) -> list[str]:
    return [unescape(value) for value in _NEXT.findall(page)]


@pytest.mark.parametrize("address", HOSTILE, ids=lambda a: a[:30])
def test_a_hostile_address_is_not_quoted_as_it_is(app: Flask, address: str) -> None:
    answer = Visitor(app).get("http://localhost" + address)
    assert answer.status_code in {200, 404}
    assert not _CONTROL.search(answer.text)
    assert "<script>" not in answer.text
    assert nexts(answer.text)
    for value in nexts(answer.text):
        assert value in {"", safe(value)}


@pytest.mark.parametrize("query", ["a=\xff\xfe", "a=\x00", "\r\nb: c", "é=\\\\", '"><b>'])
def test_bytes_that_no_browser_sends_break_nothing(app: Flask, query: str) -> None:
    for path in ("/connexion", "/nulle-part", "/compte"):
        answer = app.test_client().get(path, environ_overrides={"QUERY_STRING": query})
        assert answer.status_code in {200, 302, 400, 404}
        assert not _CONTROL.search(answer.text)
        assert all(value == safe(value) for value in nexts(answer.text) if value)
        assert not _CONTROL.search(answer.headers.get("Location", ""))


@pytest.mark.parametrize("outside", OUTSIDE, ids=lambda a: ascii(a[:20]))
def test_what_is_not_a_page_of_this_site_is_never_come_back_to(
    app: Flask, outside: str
) -> None:
    assert safe(outside) == "/"
    visitor = Visitor(app)
    if "\ud800" in outside:
        return  # cannot travel
    for page in ("/connexion", "/inscription"):
        answer = visitor.client.get(page, query_string={"next": outside})
        assert answer.status_code == 200
        assert not _CONTROL.search(answer.text)
        assert "evil.example" not in "".join(nexts(answer.text)[:1])
    answer = visitor.post("/preferences", {"next": outside}, follow=False)
    assert answer.headers["Location"] == "/"


def test_signing_in_with_a_code_never_leads_outside(app: Flask) -> None:
    quickly(app)
    account(CLAIRE)
    claire = Visitor(app)
    claire.sign_in(CLAIRE)
    key = with_second_factor(claire)
    for shift, outside in enumerate(("\\\\evil.example", "/\\evil.example", "/\x00")):
        visitor = Visitor(app)
        assert "evil" not in visitor.sign_in(CLAIRE, next=outside).text
        page = visitor.client.get("/connexion/code", query_string={"next": outside})
        assert "evil" not in "".join(re.findall(r'(?:action|href)="([^"]*)"', page.text))
        if shift:
            continue  # a code serves once
        answer = visitor.client.post(
            "/connexion/code",
            query_string={"next": outside},
            data={"code": code_of(key), "csrf_token": token(page.text)},
        )
        assert answer.status_code == 302
        assert not urlsplit(answer.headers["Location"]).netloc
        assert "\\" not in answer.headers["Location"]


def token(page: str) -> str:
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found
    return found.group(1)


@pytest.mark.parametrize(
    "address",
    ["/aides?q=%C3%A9t%C3%A9%26a", "/aides?q=a+b&page=2", "/nulle%25part?x=%2500"],
)
def test_an_address_of_ours_is_come_back_to_exactly(app: Flask, address: str) -> None:
    page = Visitor(app).client.get(address).text
    assert nexts(page)[0] == address
