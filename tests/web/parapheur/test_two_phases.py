"""Signing with a key that is elsewhere: what is handed out, what may come back, and when."""

import base64
import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from connectors.signature.authority import authority
from connectors.signature.signers import owners
from connectors.signature.signers.demo import signed
from engine import clock
from engine.access import actor_for
from engine.commands import people
from engine.directory import Organisation
from engine.errors import OperationRefused
from engine.models import db
from tests.web.browser import Browser
from tests.web.parapheur.lots import (
    ADDRESS,
    asked,
    deposits,
    finish_all,
    letter,
    results,
    signing_book,
    tasks,
)
from workflows.parapheur import certificates, concluding, files, signing
from workflows.parapheur.circuits import SIGN, Step
from workflows.parapheur.lots import SigningLot
from workflows.parapheur.models import FileVersion

PARALLEL = (Step(SIGN, "Signer", ("desk:presidence", "desk:dgs")),)
CHANGED = "Un document a changé pendant la signature : relisez-le, puis signez."


class Machine:
    """The agent's own machine: a key, and the page's script that talks with the office."""

    def __init__(
        self, app, browser, lot, name="Présidence Dupont", email="presidence@region.test"
    ):
        settings = app.extensions["settings"]
        self.kept = authority(settings.data, clock.now)
        self.held = self.kept.issue(name, email=email)
        self.browser, self.address = browser, f"{ADDRESS}/{lot}"
        page = browser.get(self.address if lot else "/parapheur/signatures/signeur").text
        self.token = re.search(r'name="csrf-token" content="([^"]+)"', page)[1]

    def put(self, path, body):
        headers = {"X-CSRFToken": self.token}
        return self.browser.client.put(f"{self.address}/{path}", json=body, headers=headers)

    def present(self):
        chain = [base64.b64encode(one).decode() for one in self.held.chain]
        der = base64.b64encode(self.held.der).decode()
        return self.put("certificat", {"certificate": der, "chain": chain})

    def asked(self):
        """What is to be signed, once all is frozen."""
        while (
            answer := self.browser.client.get(f"{self.address}/a-signer")
        ).status_code == 202:
            assert answer.json["prepared"] <= answer.json["total"]
        assert answer.status_code == 200, answer.text
        return answer.json

    def values(self, entries, key=None):
        key = key or self.held.key
        return {
            one["id"]: base64.b64encode(signed(key, base64.b64decode(one["data"]))).decode()
            for one in entries
        }

    def sign(self):
        told = self.asked()
        return self.put(
            "valeurs", {"nonce": told["nonce"], "values": self.values(told["entries"])}
        )


def opened(app, book, folders, desk="presidence", **more):
    browser = Browser(app, book.actor(desk))
    answer = asked(browser, tasks(book, folders, desk), signer="poste", pin="")
    assert answer.status_code == 302, answer.text
    lot = answer.location.rsplit("/", 1)[1]
    return Machine(app, browser, lot, **more), UUID(lot)


def versions(folder):
    rows = select(FileVersion).where(
        FileVersion.file_id.in_([one.file.id for one in files.current(folder)])
    )
    return len(list(db.session.scalars(rows)))


def test_values_are_taken_once_in_time_and_from_their_own_certificate(app: Flask) -> None:
    book = signing_book(app)
    folders = deposits(book, 3)
    machine, lot = opened(app, book, folders)
    page = machine.browser.get(f"{ADDRESS}/{lot}")
    assert (
        "connect-src 'self' http://127.0.0.1:9795"
        in page.headers["Content-Security-Policy"]
    )
    assert machine.browser.client.get(f"{ADDRESS}/{lot}/a-signer").status_code == 422
    assert machine.put("certificat", {"certificate": "é"}).status_code == 422
    assert machine.put("certificat", {"certificate": "AAAA"}).status_code == 422
    assert machine.put("valeurs", ["?"]).status_code == 400
    assert machine.present().status_code == 200
    first = machine.asked()
    assert machine.asked() == first, "asking alters nothing"
    machine.held = machine.kept.issue("Présidence Dupont", email="presidence@region.test")
    assert machine.present().status_code == 200
    told = machine.asked()
    assert [one["title"] for one in told["entries"]] == [
        f"Délibération {n}" for n in range(3)
    ]
    values = machine.values(told["entries"])
    stale = machine.put("valeurs", {"nonce": first["nonce"], "values": values})
    assert stale.status_code == 422 and "demande dépassée" in stale.json["error"]
    less = machine.put("valeurs", {"nonce": told["nonce"], "values": {}})
    assert less.status_code == 422 and "Il manque des signatures" in less.json["error"]
    names = list(values)
    other = machine.kept.issue("Présidence Dupont").key
    values[names[1]] = machine.values(told["entries"], other)[names[1]]
    values[names[2]] = "pas du base64 !"
    given = {"nonce": told["nonce"], "values": values}
    assert machine.put("valeurs", given).status_code == 200
    replayed = machine.put("valeurs", given)
    assert replayed.status_code == 422 and "n’attend plus rien" in replayed.json["error"]
    assert machine.present().status_code == 422
    finish_all(app)
    found = results(lot)
    assert found["Délibération 0"] == ("done", "")
    assert found["Délibération 1"][0] == found["Délibération 2"][0] == "refused"
    assert "ne correspond pas au certificat" in found["Délibération 1"][1]
    assert [versions(one) for one in folders] == [2, 1, 1]
    page = machine.browser.send(f"{ADDRESS}/{lot}/reprise")
    assert page.status_code == 200 and "Signer 2 dossiers" in page.text


def test_a_lot_left_too_long_signs_nothing(app: Flask) -> None:
    book = signing_book(app)
    folders = deposits(book, 1)
    machine, lot = opened(app, book, folders)
    machine.present()
    told = machine.asked()
    clock.advance(timedelta(minutes=16))
    late = machine.put(
        "valeurs", {"nonce": told["nonce"], "values": machine.values(told["entries"])}
    )
    assert late.status_code == 422 and "délai pour signer est passé" in late.json["error"]
    finish_all(app)
    db.session.rollback()
    assert db.session.get_one(SigningLot, lot).state == "expired"
    page = machine.browser.get(f"{ADDRESS}/{lot}").text
    assert "Délai passé" in page and "Reprendre" in page
    with pytest.raises(OperationRefused):
        signing.stop(lot, actor=book.actor("presidence"))
    stopped, lot = opened(app, book, folders)
    stopped.present()
    stopped.browser.post(f"{ADDRESS}/{lot}/arret")
    assert stopped.present().status_code == 422
    assert versions(folders[0]) == 1
    clock.advance(timedelta(days=91))
    assert concluding.forget() == 2 and db.session.get(SigningLot, lot) is None


def test_what_changed_between_the_two_phases_is_not_signed(app: Flask) -> None:
    book = signing_book(app, *PARALLEL)
    together, altered = deposits(book, 2, letter(app))
    president, first = opened(app, book, [together, altered])
    president.present()
    assert president.sign().status_code == 200
    director, second = opened(
        app, book, [together], "dgs", name="Direction Générale", email="dgs@region.test"
    )
    director.present()
    assert director.sign().status_code == 200
    (current,) = files.current(altered)
    storage = app.extensions["partners"]["storage"]
    path = storage._path(current.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes().replace(b"%PDF-1", b"%PDF-2", 1))
    finish_all(app)
    assert results(first)["Délibération 0"] == ("done", "")
    assert results(second)["Délibération 0"] == ("refused", CHANGED)
    assert results(first)["Délibération 1"][0] == "failed"
    assert [versions(together), versions(altered)] == [2, 1]


def test_a_certificate_of_somebody_else_waits_for_a_confirmation(app: Flask) -> None:
    book = signing_book(app)
    (folder,) = deposits(book, 1)
    machine, lot = opened(app, book, [folder], name="Jeanne Née Martin", email="")
    refused = machine.present()
    assert (
        refused.status_code == 422
        and "au nom de Jeanne Née Martin" in refused.json["error"]
    )
    assert machine.present().status_code == 422
    marie = machine.browser
    assert "Née Martin" not in marie.get("/parapheur/certificats/").text
    keeper = Browser(app, book.actor("keeper"))
    page = keeper.get("/parapheur/certificats/").text
    assert "Jeanne Née Martin" in page
    address = page.split('action="/parapheur/certificats/')[1].split('"')[0]
    assert marie.send(f"/parapheur/certificats/{address}").status_code == 403
    assert keeper.send(f"/parapheur/certificats/{address}").status_code == 302
    assert machine.present().status_code == 200
    assert machine.sign().status_code == 200
    finish_all(app)
    assert results(lot)["Délibération 0"] == ("done", "")
    people.grant(book.people["dgs"], book.body, "desk:presidence")
    victor = Machine(app, Browser(app, book.actor("dgs")), "")
    victor.held = machine.held  # the same certificate, in another's hands
    answer = asked(victor.browser, tasks(book, deposits(book, 1)), signer="poste", pin="")
    victor.address = answer.location
    refused = victor.present()
    assert refused.status_code == 422 and "celui d’un autre agent" in refused.json["error"]
    for days, reason in ((-400, "expiré"), (400, "pas encore valable")):
        since = clock.now() + timedelta(days=days)
        victor.held = machine.kept.issue("X", valid=(since, since + timedelta(days=30)))
        refused = victor.present()
        assert refused.status_code == 422 and reason in refused.json["error"]


def test_what_one_body_confirmed_of_a_certificate_binds_no_other(app: Flask) -> None:
    book = signing_book(app)
    region, department = book.body, book.office.department
    theirs = people.add_person("ida@cd21.test", "Ida Keeper")
    people.grant(theirs, department, "parapheur_administrator")
    held = authority(app.extensions["settings"].data, clock.now).issue("Jeanne Née Martin")
    told = owners.told(held.der)

    def admitted(desk: str, body: UUID) -> bool:
        try:
            certificates.admit(
                told, theirs=False, actor=book.actor(desk), organisation_id=body
            )
        except OperationRefused as refused:
            if "d’un autre agent" not in str(refused):
                assert db.session.get_one(Organisation, body).name in str(refused)
            return False
        return True

    assert not admitted("presidence", region) and not admitted("presidence", department)
    here, there = Browser(app, book.actor("keeper")), Browser(app, actor_for(theirs))
    listed = here.get("/parapheur/certificats/").text
    assert listed.count("Jeanne Née Martin") == 1 and "<td>Région</td>" in listed
    of = f"/parapheur/certificats/{told['sha256']}/{book.people['presidence']}"
    assert here.send(f"{of}/{department}").status_code == 403
    assert here.send(f"{of}/{region}").status_code == 302
    assert admitted("presidence", region) and not admitted("presidence", department)
    assert "<td>Département 21</td>" in there.get("/parapheur/certificats/").text
    assert not admitted("dgs", department), "known elsewhere to be somebody else's"
    assert there.send(f"{of}/{department}").status_code == 302
    assert admitted("presidence", department) and admitted("presidence", region)
    assert here.send(f"{of}/{book.office.company}").status_code == 404
