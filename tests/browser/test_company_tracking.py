"""A request followed with its number and code, without an account and without JavaScript."""

import re

from tests.browser import cases
from tests.browser.reader import Reader
from tests.browser.serving import Served

SECRET = re.compile(r"(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}")
NUMBER = re.compile(r"\d\d-[2-9A-Z]{4}-[2-9A-Z]{4}")


def test_a_request_is_followed_with_what_its_page_told_once(enter, served: Served) -> None:
    draft = cases.draft_request(served, "Presse à suivre")
    lucie: Reader = enter(cases.APPLICANT_EMAIL, javascript=False)
    lucie.open(f"/brouillons/{draft}/recapitulatif")
    lucie.press("Déposer la demande")
    lucie.reads("Suivre sans compte", "il n’est montré qu’une fois")
    lucie.look("tracking-told")
    secret = SECRET.search(lucie.text)[0]
    number = NUMBER.search(lucie.text)[0]
    page = lucie.page.url
    lucie.open(page)
    assert secret not in lucie.text
    (letter,) = [m for m in served.mails_to(cases.APPLICANT_EMAIL) if secret in m["text"]]
    assert number in letter["text"]

    banker: Reader = enter(javascript=False)
    banker.open("/")
    banker.follow("Suivre une demande")
    banker.look("tracking-ask")
    banker.refused_with = {422}
    banker.fill("Numéro de la demande", number)
    banker.fill("Code", "2222-2222-2222-2222")
    banker.press("Voir où elle en est")
    banker.reads("Ce numéro et ce code ne vont pas ensemble")
    banker.look("tracking-wrong")
    banker.fill("Code", secret.lower())
    banker.press("Voir où elle en est")
    banker.reads(f"Demande {number}", "Demande déposée", "À qui s’adresser")
    assert "Presse à suivre" not in banker.text
    banker.look("tracking-followed")

    lucie.follow("Changer ou arrêter le code de suivi")
    lucie.look("tracking-manage")
    lucie.page.locator("summary", has_text="Arrêter le code").click()
    lucie.press("Arrêter définitivement")
    lucie.reads("Le code n’ouvre plus rien.")
    lucie.look()
    banker.open("/suivre/demande")
    banker.reads("Seize lettres et chiffres")
