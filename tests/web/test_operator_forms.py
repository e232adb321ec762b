"""The operator's forms open empty, and refuse in the reader's language."""

import html
import re
from typing import Any

import pytest
from flask import Flask

from engine.exchanges import Partner
from engine.models import db
from tests.engine.drawn_cases import begin, forked, version
from tests.office import Office, open_office
from tests.web.browser import Browser


@pytest.fixture
def office(app: Flask) -> Office:
    return open_office()


@pytest.fixture
def olga(app: Flask, office: Office) -> Browser:
    return Browser(app, office.operator)


def field(answer: Any, name: str) -> str:
    """What a field of several lines holds."""
    found = re.search(rf'<textarea[^>]* name="{name}"[^>]*>([^<]*)<', answer.text)
    assert found
    return html.unescape(found.group(1))


def test_nothing_is_typed_before_the_operator_does(olga: Browser, office: Office) -> None:
    case = f"/exploitation/dossiers/{begin(office, version(office, forked()))}"
    for address in (case, "/exploitation/travaux/nouveau"):
        page = olga.get(address)
        assert field(page, "values") == ""
        assert field(page, "motive") == ""
    refused = olga.send(case, {"act": "skip", "values": '{"a": 1}', "motive": "pour voir"})
    assert refused.status_code == 422
    assert field(refused, "values") == '{"a": 1}'
    assert field(refused, "motive") == "pour voir"


@pytest.mark.parametrize("typed", ["0", "-1", "1.5", "vite", "9" * 10, "9" * 5000, "²"])
def test_a_rate_that_makes_no_sense_is_refused(
    app: Flask, olga: Browser, typed: str
) -> None:
    answer = olga.post(
        "/exploitation/partenaires/oseo/debit", {"rate": typed, "motive": "x"}
    )
    assert "Le débit va de 1 à" in answer.text
    partner = db.session.get(Partner, "oseo")
    assert partner is None or partner.rate is None


def test_a_refusal_is_told_in_english(olga: Browser, office: Office) -> None:
    case = f"/exploitation/dossiers/{begin(office, version(office, forked()))}"
    olga.post("/preferences", {"locale": "en_GB"})
    assert "Say why" in olga.send(case, {"act": "suspend"}).text
    asked = {"act": "resume", "motive": "pour voir"}
    assert "This case is not suspended." in olga.send(case, asked).text
    asked = {"act": "suspend", "motive": "pour voir"}
    assert "Choose cases" in olga.send("/exploitation/travaux/nouveau", asked).text
