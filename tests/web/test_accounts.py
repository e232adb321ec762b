"""Opening an account, signing in, and acting for a company, through HTTP alone."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from flask import Flask
from passlib.totp import TOTP

from connectors import sandboxes
from engine import clock, journal_check
from engine.access import Actor, actor_for
from engine.commands import membership
from engine.directory import ADMINISTRATOR, APPLICANT, company_by_siret, person_by_email
from engine.membership import members, open_requests
from engine.models import db
from tests.conftest import build, close, environment
from tests.web.visitor import PASSWORD, Visitor, account, letters, link_in
from web.auth.company import complete_waiting

SCIERIE = "99999101100019"
TONNELLERIE = "99999102900011"
CLAIRE, PAUL, LEA = "claire@dubois.example", "paul@dubois.example", "lea@dubois.example"


@pytest.fixture(autouse=True)
def quick_hashes(app: Flask) -> None:
    """Passwords are hashed as always, in less time."""
    quickly(app)


def quickly(app: Flask) -> None:
    app.extensions["security"].pwd_context.update(argon2__rounds=1, argon2__memory_cost=64)


@pytest.fixture
def claire(app: Flask) -> Visitor:
    """Claire, signed in, who acts for no company yet."""
    account(CLAIRE, "Claire Martin")
    visitor = Visitor(app)
    visitor.sign_in(CLAIRE)
    return visitor


@pytest.fixture
def scierie(claire: Visitor) -> str:
    """The company that Claire has registered and administers; its page's address."""
    answer = register(claire, SCIERIE)
    return answer.request.path


def register(visitor: Visitor, siret: str, **more: str):
    visitor.post("/entreprises/nouvelle", {"siret": siret, **more})
    return visitor.post("/entreprises/nouvelle", {"siret": siret, "confirmed": "1", **more})


def signed_in(app: Flask, email: str, name: str) -> Visitor:
    account(email, name)
    visitor = Visitor(app)
    visitor.sign_in(email)
    return visitor


# Signing in


def test_sign_in_and_out(app: Flask) -> None:
    account(CLAIRE, "Claire Martin")
    visitor = Visitor(app)
    visitor.sign_in("  Claire@Dubois.example ")
    assert "Claire Martin" in visitor.get("/compte").text
    visitor.post("/deconnexion")
    assert "Mot de passe oublié" in visitor.get("/compte").text


@pytest.mark.parametrize(
    ("email", "password"), [(CLAIRE, "faux"), ("inconnu@x.example", PASSWORD)]
)
def test_a_refused_sign_in_says_the_same_to_everyone(
    app: Flask, email: str, password: str
) -> None:
    account(CLAIRE)
    answer = Visitor(app).sign_in(email, password)
    assert "L’adresse ou le mot de passe ne convient pas." in answer.text
    assert "Specified user" not in answer.text


def test_attempts_are_limited_by_account(app: Flask) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    for _ in range(10):
        assert visitor.sign_in(CLAIRE, "faux").status_code == 200
    answer = visitor.sign_in(CLAIRE)
    assert answer.status_code == 429
    assert "Trop de tentatives" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_attempts_are_limited_even_when_redis_is_lost(tmp_path: Path) -> None:
    office = build(environment(tmp_path, REDIS_URL="redis://127.0.0.1:1/0"))
    with office.app_context():
        quickly(office)
        account(CLAIRE)
        visitor = Visitor(office)
        statuses = {visitor.sign_in(CLAIRE, "faux").status_code for _ in range(12)}
    close(office)
    assert statuses == {200, 429}


def test_signing_in_comes_back_to_the_page_asked_for(app: Flask) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    asked = visitor.client.get("/compte/mot-de-passe")
    assert asked.headers["Location"] == "/connexion?next=/compte/mot-de-passe"
    answer = visitor.sign_in(CLAIRE, next="/compte/mot-de-passe")
    assert "Changer de mot de passe" in answer.text


@pytest.mark.parametrize(
    "outside",
    [
        "https://mechant.example/x",
        "//mechant.example",
        "/\\mechant.example",
        "javascript:x",
    ],
)
def test_signing_in_never_leads_outside(app: Flask, outside: str) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    answer = visitor.post(
        "/connexion", {"email": CLAIRE, "password": PASSWORD, "next": outside}, follow=False
    )
    assert re.fullmatch(r"/(?![/\\]).*|/", answer.headers["Location"])


def test_the_token_of_before_signing_in_is_worth_nothing_after(app: Flask) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    planted = re.search(r'csrf-token" content="([^"]+)', visitor.get("/").text).group(1)
    visitor.sign_in(CLAIRE)
    answer = visitor.client.post("/deconnexion", data={"csrf_token": planted})
    assert answer.status_code == 400


def test_the_language_survives_signing_in(app: Flask) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    visitor.post("/preferences", {"locale": "en_GB"})
    visitor.sign_in(CLAIRE)
    assert "My account" in visitor.get("/compte").text


def test_no_programming_interface_signs_in(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answer = app.test_client().post(
        "/connexion", json={"email": CLAIRE, "password": PASSWORD}
    )
    assert answer.status_code == 415


def test_only_the_routes_we_use_exist(app: Flask) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules()}
    assert not {
        r
        for r in rules
        if r.startswith(("/tf-", "/us-", "/wan-", "/mf-", "/login", "/fs-"))
    }


# Passwords


def test_changing_the_password_ends_the_other_sessions(app: Flask, claire: Visitor) -> None:
    elsewhere = Visitor(app)
    elsewhere.sign_in(CLAIRE)
    new = "une autre phrase longue"
    answer = claire.post(
        "/compte/mot-de-passe",
        {"password": PASSWORD, "new_password": new, "new_password_confirm": new},
    )
    assert "Mon compte" in answer.text
    assert "Mot de passe oublié" in elsewhere.get("/compte").text
    assert letters(app)[0]["to"] == [CLAIRE]
    assert "Claire" in Visitor(app).sign_in(CLAIRE, new).text


@pytest.mark.parametrize("weak", ["court", "motdepasse123", "aaaaaaaaaaaaaaaa"])
def test_an_easy_password_is_refused(claire: Visitor, weak: str) -> None:
    answer = claire.post(
        "/compte/mot-de-passe",
        {"password": PASSWORD, "new_password": weak, "new_password_confirm": weak},
    )
    assert 'aria-invalid="true"' in answer.text


def test_a_forgotten_password_is_replaced_by_a_letter_s_link(app: Flask) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    visitor.post("/mot-de-passe/oublie", {"email": CLAIRE})
    letter = letters(app)[0]
    assert letter["to"] == [CLAIRE]
    assert "http://localhost/" in letter["text"]
    address, new = link_in(letter), "une autre phrase longue"
    visitor.post(address, {"password": new, "password_confirm": new})
    assert "Claire" in visitor.sign_in(CLAIRE, new).text
    again = Visitor(app).post(address, {"password": PASSWORD, "password_confirm": PASSWORD})
    assert "Mot de passe oublié" in again.text


def test_nobody_learns_who_has_an_account(app: Flask) -> None:
    account(CLAIRE)
    for form in ("/mot-de-passe/oublie", "/inscription"):
        known, unknown = (
            re.sub(
                r'content="[^"]*"|value="[^"]*"',
                "",
                Visitor(app).post(form, {"email": e}).text,
            )
            for e in (CLAIRE, LEA)
        )
        assert known.replace(CLAIRE, LEA) == unknown


def test_letters_are_addressed_under_our_public_address(app: Flask) -> None:
    account(CLAIRE)
    visitor = Visitor(app)
    token = re.search(
        r'csrf-token" content="([^"]+)',
        visitor.client.get("/", headers={"Host": "mechant.example"}).text,
    )
    visitor.client.post(
        "/mot-de-passe/oublie",
        data={"email": CLAIRE, "csrf_token": token.group(1)},
        headers={"Host": "mechant.example"},
    )
    assert not any("mechant" in letter["text"] for letter in letters(app))


def test_a_lost_mail_server_does_not_fail_the_page(app: Flask) -> None:
    account(CLAIRE)
    data = app.extensions["settings"].data
    sandboxes.faults(data, "mail", {}).set(down=True)
    assert Visitor(app).post("/mot-de-passe/oublie", {"email": CLAIRE}).status_code == 200


# The second factor


def secret_of(page: str) -> str:
    return re.search(r'ebg-reference">([A-Z2-7 -]+)<', page).group(1)


def code_of(key: str, shift: int = 0) -> str:
    return str(
        TOTP(key=key.replace("-", "").replace(" ", "")).generate(time.time() + shift).token
    )


def with_second_factor(visitor: Visitor) -> str:
    page = visitor.post("/compte/double-authentification", {"setup": "authenticator"}).text
    key = secret_of(page)
    action = re.search(r'action="(/compte/double-authentification/[^"]+)"', page).group(1)
    answer = visitor.post(action, {"code": code_of(key, -30)})
    assert "activée" in answer.text
    return key


def test_a_second_factor_is_asked_for_at_sign_in(app: Flask, claire: Visitor) -> None:
    key = with_second_factor(claire)
    visitor = Visitor(app)
    assert "Code de vérification" in visitor.sign_in(CLAIRE).text
    assert "Mot de passe oublié" in visitor.get("/compte").text
    wrong = visitor_code(app, "000000")
    assert "Ce code ne convient pas" in wrong.text
    visitor = Visitor(app)
    visitor.sign_in(CLAIRE)
    code = code_of(key)
    visitor.post("/connexion/code", {"code": code})
    assert "Claire Martin" in visitor.get("/compte").text
    assert "Ce code ne convient pas" in visitor_code(app, code).text, "a code serves once"


def visitor_code(app: Flask, code: str):
    visitor = Visitor(app)
    visitor.sign_in(CLAIRE)
    return visitor.post("/connexion/code", {"code": code})


def test_a_wrong_code_does_not_set_up_the_second_factor(claire: Visitor) -> None:
    page = claire.post("/compte/double-authentification", {"setup": "authenticator"}).text
    action = re.search(r'action="(/compte/double-authentification/[^"]+)"', page).group(1)
    claire.post(action, {"code": "000000"})
    assert "non activée" in claire.get("/compte").text


def test_a_recovery_code_signs_in_once(app: Flask, claire: Visitor) -> None:
    with_second_factor(claire)
    page = claire.post("/compte/codes-de-secours", {"generate_codes": "1"}).text
    codes = re.findall(r"<li>([a-z0-9-]{10,})</li>", page)
    assert len(codes) == 8
    for expected in (True, False):
        visitor = Visitor(app)
        visitor.sign_in(CLAIRE)
        visitor.post("/connexion/code-de-secours", {"code": codes[0]})
        assert ("Claire Martin" in visitor.get("/compte").text) is expected


def test_the_second_factor_can_be_given_up(app: Flask, claire: Visitor) -> None:
    with_second_factor(claire)
    claire.post("/compte/double-authentification", {"setup": "disable"})
    assert "Claire Martin" in Visitor(app).sign_in(CLAIRE).text


# Opening an account and registering a company


def test_from_an_address_to_a_company(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.post("/inscription", {"email": "Claire@dubois.example"})
    address = link_in(letters(app)[0])
    refused = visitor.post(address, {"name": "", "password": "court"})
    assert refused.status_code == 422
    assert person_by_email(CLAIRE) is None
    page = visitor.post(address, {"name": "Claire Martin", "password": PASSWORD})
    assert "Numéro SIRET" in page.text
    shown = visitor.post("/entreprises/nouvelle", {"siret": "999 991 011 00019"})
    assert "SCIERIE FICTIVE DU MORVAN" in shown.text
    assert company_by_siret(SCIERIE) is None, "looking does not register"
    page = visitor.post("/entreprises/nouvelle", {"siret": SCIERIE, "confirmed": "1"})
    assert "Personnes qui agissent pour elle" in page.text
    company = company_by_siret(SCIERIE)
    assert (company.siren, company.naf, company.confirmed) == ("999991011", "16.10A", True)
    assert company.insee == "COM-58062"
    actor = actor_for(person_by_email(CLAIRE).id)
    assert actor.holds(company.id, APPLICANT)
    assert actor.holds(company.id, ADMINISTRATOR)
    assert not list(journal_check.verify())
    assert "déjà ouvert" in Visitor(app).get(address).text


def test_an_old_or_altered_link_opens_nothing(app: Flask) -> None:
    Visitor(app).post("/inscription", {"email": LEA})
    address = link_in(letters(app)[0])
    assert Visitor(app).get(address[:-3] + "abc").status_code == 410
    assert Visitor(app).get("/invitation/" + address.rsplit("/", 1)[1]).status_code == 410


def test_a_known_address_receives_another_letter(app: Flask) -> None:
    account(CLAIRE)
    Visitor(app).post("/inscription", {"email": CLAIRE})
    assert "Vous en avez déjà un" in letters(app)[0]["text"]


@pytest.mark.parametrize("siret", ["", "123", "99999101100018", "abc"])
def test_a_wrong_siret_is_refused_by_its_key(claire: Visitor, siret: str) -> None:
    answer = claire.post("/entreprises/nouvelle", {"siret": siret})
    assert answer.status_code == 422
    assert "Ce numéro est faux" in answer.text


def test_a_siret_unknown_to_the_directory_is_refused(claire: Visitor) -> None:
    answer = claire.post("/entreprises/nouvelle", {"siret": "73282932000074"})
    assert answer.status_code == 422
    assert "ne connaît pas" in answer.text


def test_a_company_registers_while_the_directory_is_down(
    app: Flask, claire: Visitor
) -> None:
    faults = sandboxes.faults(app.extensions["settings"].data, "sirene", {})
    faults.set(down=True)
    page = claire.post("/entreprises/nouvelle", {"siret": SCIERIE})
    assert "ne répond pas" in page.text
    nameless = claire.post("/entreprises/nouvelle", {"siret": SCIERIE, "confirmed": "1"})
    assert "Indiquez le nom" in nameless.text
    page = register(claire, SCIERIE, name="Ma scierie")
    assert "À compléter" in page.text
    assert complete_waiting() == 0
    faults.set(down=False)
    assert complete_waiting() == 1
    page = claire.get(page.request.path)
    assert "SCIERIE FICTIVE DU MORVAN" in page.text
    assert "À compléter" not in page.text


# Several people, several companies


def test_a_newcomer_asks_to_join_and_an_administrator_decides(
    app: Flask, claire: Visitor, scierie: str
) -> None:
    paul = signed_in(app, PAUL, "Paul Petit")
    shown = paul.post("/entreprises/nouvelle", {"siret": SCIERIE})
    assert "déjà inscrite" in shown.text
    for _ in range(2):
        register(paul, SCIERIE)
    company = company_by_siret(SCIERIE)
    (asked,) = open_requests(company.id)
    assert letters(app)[0]["to"] == [CLAIRE]
    assert paul.get(scierie).status_code == 403
    assert "Paul Petit" in claire.get(scierie).text
    claire.post(f"{scierie}/demandes/{asked.id}", {"decision": "accept"})
    assert letters(app)[0]["to"] == [PAUL]
    page = paul.get(scierie)
    assert page.status_code == 200
    assert "Inviter quelqu’un" not in page.text, "an applicant does not administer"
    twice = claire.post(f"{scierie}/demandes/{asked.id}", {"decision": "refuse"})
    assert twice.status_code == 409


def test_a_refused_newcomer_stays_out(app: Flask, claire: Visitor, scierie: str) -> None:
    paul = signed_in(app, PAUL, "Paul Petit")
    register(paul, SCIERIE)
    (asked,) = open_requests(company_by_siret(SCIERIE).id)
    claire.post(f"{scierie}/demandes/{asked.id}", {"decision": "refuse"})
    assert paul.get(scierie).status_code == 403
    assert "refusée" in letters(app)[0]["text"]


def test_an_invitation_opens_an_account_and_serves_once(
    app: Flask, claire: Visitor, scierie: str
) -> None:
    claire.post(f"{scierie}/invitations", {"email": LEA, "role": ADMINISTRATOR})
    address = link_in(letters(app)[0])
    lea = Visitor(app)
    assert "SCIERIE FICTIVE" in lea.get(address).text
    page = lea.post(address, {"name": "Léa Roy", "password": PASSWORD})
    assert "Inviter quelqu’un" in page.text
    assert Visitor(app).get(address).status_code == 410


def test_an_invitation_is_for_one_address_only(
    app: Flask, claire: Visitor, scierie: str
) -> None:
    claire.post(f"{scierie}/invitations", {"email": LEA})
    address = link_in(letters(app)[0])
    paul = signed_in(app, PAUL, "Paul Petit")
    assert "une autre adresse que la vôtre" in paul.get(address).text
    paul.post(address)
    assert paul.get(scierie).status_code == 403
    account(LEA, "Léa Roy")
    lea = Visitor(app)
    assert "Connectez-vous" in lea.get(address).text
    lea.sign_in(LEA)
    lea.post(address)
    assert lea.get(scierie).status_code == 200


def test_an_invitation_expires_and_can_be_cancelled(
    app: Flask, claire: Visitor, scierie: str
) -> None:
    claire.post(f"{scierie}/invitations", {"email": LEA})
    claire.post(f"{scierie}/invitations", {"email": PAUL})
    to_paul, to_lea = (link_in(letter) for letter in letters(app)[:2])
    cancel = re.search(r'action="([^"]+/annuler)"', claire.get(scierie).text).group(1)
    claire.post(cancel)
    assert sorted([Visitor(app).get(a).status_code for a in (to_paul, to_lea)]) == [
        200,
        410,
    ]
    clock.advance(timedelta(days=15))
    assert Visitor(app).get(to_paul).status_code == 410


def test_a_company_keeps_an_administrator(
    app: Flask, claire: Visitor, scierie: str
) -> None:
    me = person_by_email(CLAIRE).id
    page = claire.post(f"{scierie}/personnes/{me}/retirer")
    assert "garde au moins un administrateur" in page.text
    claire.post(f"{scierie}/invitations", {"email": LEA})
    lea = Visitor(app)
    lea.post(link_in(letters(app)[0]), {"name": "Léa Roy", "password": PASSWORD})
    her = person_by_email(LEA).id
    claire.post(f"{scierie}/personnes/{her}/droits", {"role": [APPLICANT, ADMINISTRATOR]})
    claire.post(f"{scierie}/personnes/{me}/retirer")
    assert claire.get(scierie).status_code == 403
    assert {m.person.id for m in members(company_by_siret(SCIERIE).id)} == {her}


def test_only_an_administrator_manages(app: Flask, claire: Visitor, scierie: str) -> None:
    claire.post(f"{scierie}/invitations", {"email": LEA})
    lea = Visitor(app)
    lea.post(link_in(letters(app)[0]), {"name": "Léa Roy", "password": PASSWORD})
    stranger = signed_in(app, PAUL, "Paul Petit")
    register(stranger, TONNELLERIE)
    me, her = person_by_email(CLAIRE).id, person_by_email(LEA).id
    for visitor in (lea, stranger):
        for path in (
            f"{scierie}/invitations",
            f"{scierie}/personnes/{me}/droits",
            f"{scierie}/personnes/{me}/retirer",
        ):
            assert visitor.post(path, {"email": PAUL}).status_code == 403
    lea.post(f"{scierie}/personnes/{her}/retirer")
    assert lea.get(scierie).status_code == 403


def test_an_administrator_cannot_reach_another_company_s_rows(
    app: Flask, claire: Visitor, scierie: str
) -> None:
    paul = signed_in(app, PAUL, "Paul Petit")
    theirs = register(paul, TONNELLERIE).request.path
    lea = signed_in(app, LEA, "Léa Roy")
    register(lea, SCIERIE)
    (asked,) = open_requests(company_by_siret(SCIERIE).id)
    answer = paul.post(f"{theirs}/demandes/{asked.id}", {"decision": "accept"})
    assert answer.status_code == 404


def test_a_person_chooses_the_company_they_act_for(claire: Visitor, scierie: str) -> None:
    other = register(claire, TONNELLERIE).request.path
    assert chosen(claire) == "TONNELLERIE FICTIVE DE BEAUNE"
    claire.post(f"{scierie}/choisir", {"next": "/compte"})
    assert chosen(claire) == "SCIERIE FICTIVE DU MORVAN"
    assert claire.get(other).status_code == 200


def chosen(visitor: Visitor) -> str:
    page = visitor.get("/compte").text
    return re.search(r'aria-current="true">.*?<span>([^<]+)</span>', page).group(1)


@pytest.mark.parametrize("attempt", range(3))
def test_two_people_register_a_company_at_once(either_app: Flask, attempt: int) -> None:
    """Whoever comes second asks to join, however close they come."""
    people = [actor_for(account(e, e)) for e in (CLAIRE, PAUL)]
    db.session.rollback()
    together = Barrier(2)

    def register_now(actor: Actor) -> str:
        with either_app.app_context():
            together.wait()
            facts = {"name": "Scierie"}
            return membership.register_company(
                siret=SCIERIE, facts=facts, confirmed=True, actor=actor
            ).outcome

    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(register_now, people)) == {"member", "requested"}
