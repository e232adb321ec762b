"""PES at the service's door: from a member to the accountant and back."""

import pytest
from lxml import etree

from connectors.helios.build import build
from engine.models import db
from tests.connectors.helios.orders import HEADER, INVOICE, order
from tests.web.transmission.service import PES, said
from workflows.relay.models import Transmission


def pes(name, orders=None):
    header = HEADER | {"name": name}
    return build(orders or [order(1)], header, lambda _digest: INVOICE)


def deposit(caller, content, name="PESALR2.xml"):
    answer = caller.post(
        f"{PES}/api/helios_importer_fichier.php", {}, enveloppe=[(name, content)]
    )
    root = etree.fromstring(answer.data)
    assert [one.tag for one in root] == ["id", "resultat", "message"]
    return {one.tag: one.text or "" for one in root}


def status(caller, number):
    answer = caller.get(f"{PES}/api/helios_transac_get_status.php", transaction=number)
    root = etree.fromstring(answer.data)
    assert [one.tag for one in root] == ["id", "resultat", "message", "status"]
    return int(root.findtext("status") or 0), root.findtext("message") or ""


def test_pes_are_acquitted_in_full_in_part_or_refused(service):
    caller, numbers = service.caller, {}
    for name in ("BON", "KO", "PARTIEL"):
        orders = [
            order(len(numbers) * 10 + 1),
            order(len(numbers) * 10 + 2, kind="revenue"),
        ]
        told = deposit(caller, pes(f"{name}-1", orders))
        assert told["resultat"] == "OK", told
        numbers[name] = told["id"]
    service.pass_time()
    found = {name: status(caller, number) for name, number in numbers.items()}
    assert {name: code for name, (code, _) in found.items()} == {
        "BON": 4, "KO": 6, "PARTIEL": 8,
    }  # fmt: skip
    assert found["KO"][1]
    for number in numbers.values():
        answer = caller.get(f"{PES}/helios_download_acquit.php", id=number)
        assert etree.fromstring(answer.data).tag.endswith("PES_ACQUIT")
    sent = caller.get(f"{PES}/helios_download_file.php", id=numbers["BON"])
    assert b"BON-1" in sent.data
    listed = caller.get(f"{PES}/api/list_pes_aller.php", status_id=4).json
    assert listed == {"transactions": [{"id": numbers["BON"]}]}


def test_returns_are_listed_until_they_are_taken_in_charge(service):
    caller = service.caller
    deposit(caller, pes("BON-2"))
    service.pass_time()
    service.pass_time(days=2)
    root = etree.fromstring(caller.get(f"{PES}/api/helios_get_list.php").data)
    assert [one.tag for one in root][:4] == ["idColl", "dateDemande", "resultat", "message"]
    (returned,) = root.iter("pes_retour")
    assert [one.tag for one in returned] == ["id", "nom", "date"]
    number = returned.findtext("id")
    file = caller.get(f"{PES}/api/helios_get_retour.php", id=number)
    assert etree.fromstring(file.data).tag.endswith("PES_Retour")
    marked = caller.get(f"{PES}/api/helios_change_status.php", id=number)
    assert b"<resultat>OK</resultat>" in marked.data
    again = etree.fromstring(caller.get(f"{PES}/api/helios_get_list.php").data)
    assert list(again.iter("pes_retour")) == []


def test_what_the_door_refuses_is_said_at_once(service):
    caller, content = service.caller, pes("BON-3")
    assert deposit(caller, content)["resultat"] == "OK"
    refused = {
        "doublon détecté": content,
        "ISO-8859-1": content.replace(b"ISO-8859-1", b"UTF-8"),
        "NomFic est introuvable": b'<?xml version="1.0" encoding="ISO-8859-1"?><a/>',
        "déclare une DTD": (
            b'<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
        ),
    }
    for words, wrong in refused.items():
        told = deposit(caller, wrong)
        assert (told["id"], told["resultat"]) == ("", "KO")
        assert words in told["message"]
    nothing = caller.post(f"{PES}/api/helios_importer_fichier.php", {"x": "y"})
    assert b"<resultat>KO</resultat>" in nothing.data


@pytest.mark.parametrize("name", ["TARD-1"])
def test_what_the_dgfip_would_not_take_is_told_as_an_error(service, name):
    caller = service.caller
    first = deposit(caller, pes(name))["id"]
    second = deposit(caller, pes(name, [order(7)]))["id"]
    service.work()
    codes = {number: status(caller, number)[0] for number in (first, second)}
    assert codes == {first: 3, second: -1}
    assert db.session.get_one(Transmission, int(second)).message


def test_an_unknown_number_is_said_so(service):
    answer = service.caller.get(
        f"{PES}/api/helios_transac_get_status.php", transaction="12"
    )
    assert b"<resultat>KO</resultat>" in answer.data
    assert said(service.caller.get(f"{PES}/helios_download_acquit.php", id="12")) == (
        "KO\nNuméro de transaction invalide\n"
    )
