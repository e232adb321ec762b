"""The directory of companies: the real answers, their traps, and our fictitious ones."""

import json
import os
from pathlib import Path

import httpx
import pytest

from connectors import Refused, Retryable, sandboxes, sirene
from connectors.sirene import sandbox
from connectors.sirene.recherche_entreprises import RechercheEntreprises

REFERENCE = Path(os.environ.get("EBG_REFERENCE_DATA", "../shared/data"))
REAL = REFERENCE / "grants" / "fixtures" / "recherche_entreprises"
SAWMILL = "99999101100019"

needs_real = pytest.mark.skipif(not REAL.exists(), reason="EBG_REFERENCE_DATA is absent")


def _client(clock, answer, calls=None):
    def handle(request):
        if calls is not None:
            calls.append(request)
        return answer(request) if callable(answer) else httpx.Response(200, json=answer)

    http = httpx.Client(
        base_url="https://annuaire.example", transport=httpx.MockTransport(handle)
    )
    return RechercheEntreprises(http, clock, "live")


def _real(name):
    return json.loads((REAL / name).read_text())


@pytest.fixture
def ours(tmp_path, clock):
    return sirene.connect({}, clock=clock, documents=None, data=tmp_path)


@needs_real
def test_reads_the_real_answers(clock):
    found = _client(clock, _real("dinum_13002526500013.json")).find(siret="13002526500013")
    assert found == {
        "siret": "13002526500013",
        "siren": "130025265",
        "name": "DIRECTION INTERMINISTERIELLE DU NUMERIQUE (DINUM)",
        "legal_form": "7120",
        "naf": "84.11Z",
        "commune": "75107",
        "commune_name": "PARIS 7",
        "postal_code": "75007",
        "address": "20 AV DE SEGUR 75007 PARIS 7",
        "active": True,
        "workforce_band": "22",
        "category": "PME",
        "is_head_office": True,
        "created_on": "2017-05-24",
    }


@needs_real
def test_reads_every_real_record(clock):
    for record in _real("real_records.json"):
        siret = record["matching_etablissements"][0]["siret"]
        found = _client(clock, {"results": [record]}).find(siret=siret)
        assert found["siret"] == siret
        assert all(isinstance(value, str | bool) for value in found.values())


@needs_real
def test_our_answers_have_the_shape_of_the_real_ones(tmp_path, clock):
    wire = sandbox.application(tmp_path, {}, clock)
    with httpx.Client(
        transport=sandboxes.InMemory(wire), base_url="http://sirene", trust_env=False
    ) as http:
        ours = http.get("/search", params={"q": SAWMILL}).json()
    real = _real("dinum_13002526500013.json")
    assert ours.keys() == real.keys()
    ours, real = ours["results"][0], real["results"][0]
    assert ours.keys() == real.keys()
    for part in ("siege", "complements"):
        assert ours[part].keys() == real[part].keys()
    assert (
        ours["matching_etablissements"][0].keys()
        == real["matching_etablissements"][0].keys()
    )


@needs_real
def test_another_establishment_is_not_the_one_asked(clock):
    answer = _real("dinum_13002526500013.json")
    assert _client(clock, answer).find(siret="13002526500021") is None


def test_finds_our_companies(ours):
    found = ours.find(siret="999 991 094 00023")
    assert found["name"] == "TRANSPORTS FICTIFS DE BOURGOGNE"
    assert found["commune"] == "89387"
    assert not found["is_head_office"]
    assert found["active"]
    assert not ours.find(siret="99999109400031")["active"]
    assert not ours.find(siret="99999113600014")["active"]
    assert ours.find(siret="99999109400049") is None


def test_every_company_of_ours_is_found(ours):
    for unit in sandbox._units().values():
        for row in unit:
            assert ours.find(siret=row["siret"])["siret"] == row["siret"]


@pytest.mark.parametrize(
    "siret", ["", "123", "99999101100018", "9999910110001é", "A" * 400]
)
def test_a_wrong_number_is_not_asked(clock, siret):
    calls = []
    with pytest.raises(Refused) as refusal:
        _client(clock, {"results": []}, calls).find(siret=siret)
    assert refusal.value.code == "invalid_siret"
    assert calls == []


def test_remembers_for_a_day(ours, clock, tmp_path):
    found = ours.find(siret=SAWMILL)
    found["name"] = "altéré par son lecteur"
    sandboxes.faults(tmp_path, "sirene").set(down=True)
    clock.forward(hours=23)
    assert ours.find(siret=SAWMILL)["name"] == "SCIERIE FICTIVE DU MORVAN"
    clock.forward(hours=2)
    with pytest.raises(Retryable):
        ours.find(siret=SAWMILL)


def test_does_not_remember_that_it_found_nobody(clock):
    calls = []
    client = _client(clock, {"results": []}, calls)
    assert client.find(siret=SAWMILL) is None
    assert client.find(siret=SAWMILL) is None
    assert len(calls) == 2


def test_says_who_asks_and_nothing_more(tmp_path, clock):
    settings = {"SIRENE_CONTACT": "aides@région.example"}
    client = sirene.connect(settings, clock=clock, documents=None, data=tmp_path)
    assert client.http.headers["User-Agent"] == "e-bourgogne/1.0 (aides@r?gion.example)"
    assert client.http.timeout.read == 3


def test_what_a_person_keeps_private_is_empty(clock):
    place = dict.fromkeys(
        (
            "activite_principale",
            "commune",
            "libelle_commune",
            "code_postal",
            "tranche_effectif_salarie",
            "date_creation",
        )
    )
    place |= {
        "siret": SAWMILL,
        "adresse": "[ND]",
        "etat_administratif": "A",
        "est_siege": True,
    }
    unit = {
        "siren": SAWMILL[:9],
        "nom_complet": "[ND]",
        "nature_juridique": "1000",
        "etat_administratif": "A",
        "categorie_entreprise": None,
        "matching_etablissements": [],
        "siege": place,
    }
    found = _client(clock, {"results": [unit]}).find(siret=SAWMILL)
    assert (found["name"], found["address"], found["naf"]) == ("", "", "")


@pytest.mark.parametrize(
    ("query", "total"),
    [("scierie du morvan", 1), ("999991094", 1), ("00000000000000", 0), ("zzz", 0)],
)
def test_the_sandbox_searches_by_name_and_number(tmp_path, clock, query, total):
    wire = sandbox.application(tmp_path, {}, clock)
    with httpx.Client(
        transport=sandboxes.InMemory(wire), base_url="http://sirene", trust_env=False
    ) as http:
        assert http.get("/search", params={"q": query}).json()["total_results"] == total
        assert http.get("/search").status_code == 400
        assert http.get("/search", params={"q": "zz"}).json()["erreur"]
        assert "SCIERIE FICTIVE" in http.get("/").text
