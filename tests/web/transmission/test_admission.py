"""Who is let in at the service's door, and that nobody sees another body's transmissions."""

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from engine import clock
from engine.access import VISITOR, Forbidden
from engine.models import db
from engine.transaction import transaction
from tests.web.transmission.service import ACTS, PDF, PES, Caller, said
from web import limits
from web.auth import guards
from web.transmission import sealing
from web.transmission.admitting import CERTIFICATE
from workflows.relay import accounts
from workflows.relay.accounts import AccountRefused, Wanted
from workflows.relay.models import TransmissionAccount, TransmissionEvent

CERTIFICATE_DER = b"a certificate, in DER"
TEST = "/api/test-connexion.php"


def account(login="region"):
    found = select(TransmissionAccount).where(TransmissionAccount.login == login)
    return db.session.scalars(found).one()


def change(login, **values):
    with transaction():
        for name, value in values.items():
            setattr(account(login), name, value)


def presenting(caller, content=CERTIFICATE_DER):
    return replace(caller, headers={CERTIFICATE: base64.b64encode(content).decode()})


@pytest.fixture
def behind_a_proxy(service):
    settings = service.app.extensions["settings"]
    service.app.extensions["settings"] = settings.model_copy(update={"proxies": 1})
    return service


def doors(app):
    return sorted(
        (next(iter(rule.methods - {"HEAD", "OPTIONS"})), rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("transmission_")
        and guards.of(app, rule.endpoint).check is not None
    )


def test_every_address_is_closed_to_strangers(service, monkeypatch):
    monkeypatch.setattr(limits.limiter, "enabled", False)
    found = doors(service.app)
    assert len(found) == 32
    strangers = [
        Caller(service.app, "region", "faux"),
        Caller(service.app, "inconnu", service.caller.secret),
        Caller(service.app, "", ""),
    ]
    for method, path in found:
        bare = service.app.test_client().open(path, method=method)
        assert (bare.status_code, said(bare)) == (401, "KO\nÉchec de l'authentification\n")
        for stranger in strangers[: 3 if path == TEST else 1]:
            answer = service.app.test_client().open(
                path, method=method, headers=stranger._authorised()
            )
            assert answer.status_code == 401


def test_a_closed_account_and_a_closed_body_open_nothing(service):
    accounts.close_account(account("region").id, actor=service.operator)
    assert service.caller.get(TEST).status_code == 401
    town = account("commune").organisation
    with transaction():
        town.closed_at = account("commune").created_at
    assert service.other.get(TEST).status_code == 401


def test_a_nonce_proves_the_secret_once(service):
    client = service.app.test_client()

    def ask(secret, nonce, login="region"):
        proof = hashlib.sha256(f"{secret}:{nonce}".encode()).hexdigest()
        asked = {"nounce": nonce, "login": login, "hash": proof}
        return client.get(TEST, query_string=asked).status_code

    nonce = client.get("/api/get-nounce.php").json["nounce"]
    assert ask("faux", nonce) == 401
    assert ask(service.caller.secret, nonce) == 200
    assert ask(service.caller.secret, nonce) == 401
    assert ask(service.caller.secret, "inventé") == 401
    fresh = client.get("/api/get-nounce.php").json["nounce"]
    clock.advance(timedelta(minutes=6))
    assert ask(service.caller.secret, fresh) == 401


def test_an_account_with_a_certificate_comes_with_it(behind_a_proxy):
    service, digest = behind_a_proxy, hashlib.sha256(CERTIFICATE_DER).hexdigest()
    change("region", certificate=digest)
    assert service.caller.get(TEST).status_code == 401
    assert presenting(service.caller, b"another").get(TEST).status_code == 401
    assert presenting(service.caller).get(TEST).status_code == 200
    alone = {CERTIFICATE: base64.b64encode(CERTIFICATE_DER).decode()}
    client = service.app.test_client()
    assert client.get(TEST, headers=alone).status_code == 200
    change("commune", certificate=digest)
    assert client.get(TEST, headers=alone).status_code == 401, "which of the two?"
    assert presenting(service.other).get(TEST).status_code == 200


def test_an_agent_posts_what_an_application_held_with_their_own_certificate(behind_a_proxy):
    service, caller = behind_a_proxy, behind_a_proxy.caller
    held = [caller.sent(number=f"ACTE{one}", en_attente="1") for one in range(4)]
    service.pass_time()
    path, several = (
        f"{ACTS}/actes_transac_post_confirm_api{it}.php" for it in ("", "_multi")
    )
    back = "https://ged.example.org/retour?id_d=1&error=%%ERROR%%&message=%%MESSAGE%%"
    agent = {CERTIFICATE: base64.b64encode(b"an agent's").decode()}

    def follow(where, headers, nonce="", **asked):
        client = service.app.test_client()
        nonce = nonce or client.get("/api/get-nounce.php").json["nounce"]
        proof = hashlib.sha256(f"{caller.secret}:{nonce}".encode()).hexdigest()
        named = {"nounce": nonce, "login": "region", "hash": proof, "url_return": back}
        return client.get(where, query_string={**named, **asked}, headers=headers)

    count = {"status_id": 17}
    assert caller.get(f"{ACTS}/api/number_actes.php", **count).json["nb_transactions"] == 4
    assert (
        service.other.get(f"{ACTS}/api/number_actes.php", **count).json["nb_transactions"]
        == 0
    )
    assert (
        caller.get(f"{ACTS}/api/actes_status.php").json["17"] == "En attente d'être postée"
    )
    assert caller.get("/api/info-connexion.php").json["user_info"]["login"] == "region"
    without = follow(path, {}, id=held[0])
    assert without.status_code == 302 and "error=1" in without.location
    assert "certificat%20RGS" in without.location
    stranger = follow(path, agent, id=held[0])
    assert "error=1" in stranger.location, "no account of the body has this certificate"
    change("commune", certificate=hashlib.sha256(b"an agent's").hexdigest())
    assert "error=1" in follow(path, agent, id=held[0]).location, "another body's agent"
    change("commune", certificate=None)
    accounts.open_account(
        Wanted(service.region, "agathe", sealing.seal("secret"), "021", "1", "11",
               hashlib.sha256(b"an agent's").hexdigest()),
        actor=service.operator,
    )  # fmt: skip
    assert caller.status(held[0]) == 17
    done = follow(path, agent, id=held[0])
    assert done.location == back.replace("%%ERROR%%", "0").replace("%%MESSAGE%%", "")
    again = follow(path, agent, id=held[0])
    assert "error=1" in again.location and "attente" in again.location
    sent = follow(several, agent, **{"id[]": held[:3]})
    assert f"error=1&message={held[0]}%20%3A" in sent.location, "the others left"
    service.pass_time()
    assert [caller.status(one) for one in held] == [4, 4, 4, 17]
    posted = select(TransmissionEvent.message).where(TransmissionEvent.message != "")
    assert any("agathe" in it for it in db.session.scalars(posted))
    assert said(presenting(caller, b"an agent's").get("/api/test-rgs.php")) == "OK\n"
    assert said(caller.get("/api/test-rgs.php")).startswith("KO")
    # A link that anybody can make, or that leads elsewhere than to the web, posts nothing.
    for asked in (
        presenting(caller, b"an agent's").get(path, id=held[3], url_return=back),
        service.app.test_client().get(
            path, query_string={"id": held[3], "url_return": back}, headers=agent
        ),
        follow(path, agent, id=held[3], url_return="javascript:alert(1)"),
        follow(path, agent, id=held[3], url_return="https://a@b.example/"),
        follow(path, agent, id=held[3], url_return="//ailleurs.example"),
        follow(path, agent, id=held[3], url_return="https://a.example/\r\nSet-Cookie: a=b"),
    ):
        assert asked.status_code == 403
    assert follow(path, agent, nonce="inventé", id=held[3]).status_code == 401
    assert caller.status(held[3]) == 17


def test_a_certificate_that_no_proxy_vouches_for_is_nothing(service):
    change("region", certificate=hashlib.sha256(CERTIFICATE_DER).hexdigest())
    assert presenting(service.caller).get(TEST).status_code == 401


def test_guessing_is_held_back(service, monkeypatch):
    monkeypatch.setattr(limits.limiter, "enabled", True)
    limits.limiter.reset()
    wrong = Caller(service.app, "region", "faux")
    codes = [wrong.get(TEST).status_code for _ in range(22)]
    assert codes[0] == 401
    assert codes[-1] == 429
    held = service.caller.get(TEST)
    assert (held.status_code, held.headers["Retry-After"]) == (429, "60")
    limits.limiter.reset()


def test_another_body_s_transmissions_do_not_exist(service):
    caller, other = service.caller, service.other
    act = caller.sent(number="PC_1")
    service.pass_time()
    (letter,) = caller.get(f"{ACTS}/api/list_document_prefecture.php").json
    file = caller.get(f"{ACTS}/actes_transac_get_files_list.php", transaction=act).json[1]
    assert other.get(f"{ACTS}/api/list_document_prefecture.php").json == []
    listed = other.get(f"{ACTS}/api/list_actes.php", status_id=4).json
    assert listed["transactions"] == []
    unique_id = letter["unique_id"]
    tried = [
        other.get(f"{ACTS}/actes_transac_get_status.php", transaction=act),
        other.get(f"{ACTS}/actes_transac_get_status.php", unique_id=unique_id),
        other.get(f"{ACTS}/actes_transac_get_files_list.php", transaction=act),
        other.get(f"{ACTS}/actes_download_file.php", file=file["id"], tampon="true"),
        other.get(f"{ACTS}/actes_create_pdf.php", trans_id=act),
        other.get(f"{ACTS}/actes_transac_get_ARActe.php", transaction=act),
        other.get(f"{ACTS}/actes_transac_get_tampon.php", transaction=act),
        other.get(f"{ACTS}/actes_transac_get_document.php", id=letter["id"]),
        other.get(f"{ACTS}/actes_transac_get_document.php", id=act),
        other.get(f"{ACTS}/actes_transac_post_confirm_api.php", id=act),
        other.get(
            f"{ACTS}/api/document_prefecture_mark_as_read.php", transaction_id=letter["id"]
        ),
        other.post(f"{ACTS}/actes_transac_cancel.php", {"id": str(act)}),
        other.post(
            f"{ACTS}/actes_transac_reponse_create.php",
            {"id": letter["id"], "type_envoie": "4", "type_acte": "99_AU"},
            acte_pdf_file=[("a.pdf", PDF)],
        ),
        other.get(f"{PES}/helios_download_file.php", id=act),
        other.get(f"{PES}/helios_download_acquit.php", id=act),
        other.get(f"{PES}/api/helios_get_retour.php", id=act),
    ]
    assert {said(one)[:2] for one in tried} == {"KO"}
    for path, name in (("transac_get_status", "transaction"), ("change_status", "id")):
        answer = other.get(f"{PES}/api/helios_{path}.php", **{name: act})
        assert b"<resultat>KO</resultat>" in answer.data
    assert len(caller.get(f"{ACTS}/api/list_document_prefecture.php").json) == 1


def test_odd_numbers_lead_nowhere(service):
    for odd in ("", "0", "-1", "9" * 40, "1 OR 1=1", "../1", "²", "None", "4294967296"):
        answer = service.caller.get(f"{ACTS}/actes_transac_get_status.php", transaction=odd)
        assert said(answer).startswith("KO\n")
        answer = service.caller.get(f"{ACTS}/actes_download_file.php", file=odd)
        assert said(answer).startswith("KO\n")


def test_an_operator_alone_opens_and_closes_accounts(service):
    wanted = Wanted(service.town, "autre", b"", "021", "1", "31")
    for act in (
        lambda: accounts.open_account(wanted, actor=VISITOR),
        lambda: accounts.close_account(account().id, actor=VISITOR),
        lambda: accounts.renew_secret(account().id, b"", actor=VISITOR),
    ):
        with pytest.raises(Forbidden):
            act()
    with pytest.raises(AccountRefused) as refused:
        accounts.open_account(replace(wanted, login="region"), actor=service.operator)
    assert list(refused.value.problems) == ["login"]


def test_a_secret_is_kept_sealed(service):
    kept = account().secret
    assert service.caller.secret.encode() not in kept
    assert sealing.unseal(kept) == service.caller.secret
    service.app.config["SECRET_KEY"] = "another key"
    assert sealing.unseal(kept) is None
    assert service.caller.get(TEST).status_code == 401
