"""The sandboxes together: their faults, their memory, one server for all of them."""

import sqlite3
from threading import Thread

import httpx
import pytest

from connectors import catalogue, sandboxes
from connectors.faults import Weather
from connectors.memory import memory


def test_faults_are_seen_by_everyone(tmp_path):
    ours, theirs = (sandboxes.faults(tmp_path, "oseo") for _ in range(2))
    ours.set(down=True, slow=2.5)
    assert theirs.now() == Weather(down=True, slow=2.5)
    theirs.set(down=False)
    assert ours.now() == Weather(slow=2.5)
    ours.clear()
    assert theirs.now() == Weather()
    with pytest.raises(ValueError, match="tempete"):
        ours.set(tempete=True)


def test_a_setting_makes_some_calls_fail_half_of_them_after_acting(tmp_path):
    faults = sandboxes.faults(tmp_path, "oseo", {"SANDBOX_FAULT_RATE": "0.2"})
    assert faults.now() == Weather(ambiguous=0.1, error=0.1)
    fates = [faults.fate() for _ in range(2000)]
    assert 120 < sum(fate.error for fate in fates) < 290
    assert 120 < sum(fate.lost for fate in fates) < 290
    assert not any(fate.error and fate.lost for fate in fates)


def test_faults_over_http(tmp_path, clock):
    wire = sandboxes.application(tmp_path, {}, clock)
    with httpx.Client(
        transport=sandboxes.InMemory(wire), base_url="http://bac", trust_env=False
    ) as http:
        for name in sandboxes.NAMES:
            url = f"/{name}/faults"
            assert http.post(url, json={"refuse": "Fermé"}).json()["refuse"] == "Fermé"
            assert http.get(url).json()["refuse"] == "Fermé"
            assert sandboxes.faults(tmp_path, name).now().refuse == "Fermé"
            assert http.post(url, json={"tempete": 1}).status_code == 400
            assert http.post(url, content=b"[").status_code == 400


def test_one_application_mounts_them_all(tmp_path, clock):
    wire = sandboxes.application(tmp_path, {}, clock)
    with httpx.Client(
        transport=sandboxes.InMemory(wire), base_url="http://bac", trust_env=False
    ) as http:
        index = http.get("/").text
        for name in sandboxes.NAMES:
            assert f'href="{name}/"' in index
            assert http.get(f"/{name}/").status_code == 200


def test_time_passes_in_all_of_them(tmp_path, clock):
    sandboxes.tick(tmp_path, {}, clock)


def test_memory_is_one_transaction(tmp_path):
    kept = memory(tmp_path, "essai")
    table = "CREATE TABLE IF NOT EXISTS t (n INTEGER)"
    with pytest.raises(sqlite3.IntegrityError), kept.opened(table) as db:
        db.execute("INSERT INTO t VALUES (1)")
        raise sqlite3.IntegrityError
    with kept.opened(table) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone()[0] == 0


def test_memory_serves_many_at_once(tmp_path):
    kept = memory(tmp_path, "essai")
    table = "CREATE TABLE IF NOT EXISTS t (n INTEGER)"

    def count():
        for _ in range(20):
            with kept.opened(table) as db:
                db.execute("INSERT INTO t SELECT count(*) FROM t")

    threads = [Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with kept.opened(table) as db:
        assert db.execute("SELECT count(DISTINCT n) FROM t").fetchone()[0] == 120


def test_the_catalogue_tells_diagrams_what_they_may_ask(tmp_path, clock):
    partners = catalogue.connect_all({}, clock=clock, data=tmp_path)
    calls = catalogue.remote_calls(partners)
    assert calls["sirene.find"] == {"siret": True}
    assert calls["mail.send"] == {
        "to": True,
        "subject": True,
        "text": True,
        "reply_to": False,
        "page": False,
    }
    assert calls["oseo.request_opinion"]["deadline"]
    assert not any(name.endswith(".lookup") for name in calls)
    assert not any(name.startswith(("storage.", "antivirus.")) for name in calls)
    assert not any("key" in parameters for parameters in calls.values())


def test_a_client_keeps_the_names_of_its_port(tmp_path, clock):
    """A diagram is checked against the port, and calls the client."""
    partners = catalogue.connect_all({}, clock=clock, data=tmp_path)
    for call in catalogue.remote_calls(partners):
        name, method = call.split(".")
        assert callable(getattr(partners[name], method))
