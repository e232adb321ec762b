"""The operator's pages of the service: accounts opened and closed, transmissions looked at."""

import re

from tests.web.browser import Browser
from tests.web.transmission.service import Caller

PAGE = "/exploitation/transmission"
TYPED = {
    "siren": "212100543", "login": "commune-paie", "department": "021", "district": "1",
    "nature": "31", "certificate": "",
}  # fmt: skip


def test_an_account_is_opened_used_renewed_and_closed(service):
    olga = Browser(service.app, service.operator)
    opened = olga.post(f"{PAGE}/comptes", TYPED)
    assert opened.status_code == 200
    secret = re.search(r'font-monospace text-break mb-0">([^<]+)<', opened.text)[1]
    caller = Caller(service.app, "commune-paie", secret)
    assert caller.get("/api/test-connexion.php").status_code == 200
    assert secret not in olga.get(f"{PAGE}/comptes").text, "shown once"
    rows = olga.get(f"{PAGE}/comptes").text.split('class="text-break">commune-paie<')[1]
    row = re.search(r"/comptes/([0-9a-f-]{36})/secret", rows)[1]
    renewed = olga.post(f"{PAGE}/comptes/{row}/secret", {})
    fresh = re.search(r'font-monospace text-break mb-0">([^<]+)<', renewed.text)[1]
    assert caller.get("/api/test-connexion.php").status_code == 401
    caller = Caller(service.app, "commune-paie", fresh)
    assert caller.get("/api/test-connexion.php").status_code == 200
    assert "Le compte est fermé" in olga.post(f"{PAGE}/comptes/{row}/fermer", {}).text
    assert caller.get("/api/test-connexion.php").status_code == 401


def test_what_is_wrong_is_named_and_nothing_typed_is_lost(service):
    olga = Browser(service.app, service.operator)
    wrong = {
        "siren": "000000000", "login": "é", "department": "1", "district": "x", "nature": "1",
        "certificate": "abc",
    }  # fmt: skip
    answer = olga.post(f"{PAGE}/comptes", wrong)
    assert answer.status_code == 422
    for name, value in wrong.items():
        assert re.search(rf'id="{name}"[^>]*value="{value}"', answer.text), name
    for sentence in (
        "Aucun organisme membre",
        "Identifiant :",
        "Département",
        "64 chiffres",
    ):
        assert sentence in answer.text
    taken = olga.post(f"{PAGE}/comptes", {**TYPED, "login": "region"})
    assert "déjà pris" in taken.text


def test_transmissions_are_listed_and_found(service):
    service.caller.sent(number="KOCLASS1")
    service.other.sent(number="B1")
    service.pass_time()
    olga = Browser(service.app, service.operator)
    page = olga.get(f"{PAGE}/").text
    assert "KOCLASS1-DE" in page
    assert "B1-DE" in page
    error = olga.get(f"{PAGE}/", query_string={"etat": "-1"}).text
    assert "KOCLASS1-DE" in error
    assert "B1-DE" not in error
    theirs = olga.get(f"{PAGE}/", query_string={"organisme": str(service.town)}).text
    assert "B1-DE" in theirs
    assert "KOCLASS1-DE" not in theirs
    number = re.search(r'/exploitation/transmission/(\d+)"', error)[1]
    shown = olga.get(f"{PAGE}/{number}").text
    assert "ODT-VERIF-01" in shown
    assert "1-1_1.pdf" in shown
    assert olga.get(f"{PAGE}/99999").status_code == 404
    assert olga.get(f"{PAGE}/{9**20}").status_code == 404
