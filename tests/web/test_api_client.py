"""The client that docs/api.md shows does what the page says, against a live office."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from engine.directory import COMPANY, Organisation, resolve
from engine.models import db
from tests.browser import serving
from tests.conftest import ROOT
from tests.web.program import make_key
from web import demo
from web.demo.people import REGION
from workflows import publication, scenarios

PROCEDURE = "grants.investment_aid"
LONGEST = 40
PATIENCE = 240


def client() -> str:
    """The first block of Python of the page: the client."""
    page = (ROOT / "docs/api.md").read_text()
    return re.findall(r"```python\n(.*?)```", page, re.DOTALL)[0]


def values() -> dict[str, Any]:
    """The answers of the procedure's own story, with the files that its form asks for."""
    told = scenarios.stories(publication.read_folder(publication.folders()[PROCEDURE]))
    found: dict[str, Any] = json.loads(json.dumps(told["values"]["application"]))
    for computed in ("total_expenses", "total_resources"):
        found.pop(computed)
    for expense in found["expenses"]:
        expense["quote"] = ["@devis.pdf"]
    for name in ("bank_details", "tax_returns", "bank_agreement"):
        found["files"][name] = [f"@{name}.pdf"]
    return found


@pytest.fixture(scope="module")
def office(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, dict[str, str]]]:
    keys: dict[str, str] = {}

    def furnish(app: Flask) -> None:
        demo.seed(app, cases=False)
        asked = select(Organisation).where(Organisation.kind == COMPANY)
        company = db.session.scalars(asked.order_by(Organisation.siret)).first()
        keys["siret"] = company.siret
        keys["company"] = make_key(company.id)[1]
        roles = ["case_officer", "head_of_service"]
        keys["region"] = make_key(resolve(REGION).id, roles=roles)[1]

    with serving.office(tmp_path_factory.mktemp("client"), furnish) as served:
        yield served.url, keys


def test_the_client_of_the_page_is_short() -> None:
    lines = [line for line in client().splitlines() if line.strip()]
    assert len(lines) <= LONGEST


def test_the_client_of_the_page_files_and_follows_to_the_decision(
    office: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    url, keys = office
    (tmp_path / "client.py").write_text(client())
    asked = {**values(), "siret": keys["siret"]}
    (tmp_path / "demande.json").write_text(json.dumps(asked, ensure_ascii=False))
    for name in ("devis", "bank_details", "tax_returns", "bank_agreement"):
        (tmp_path / f"{name}.pdf").write_bytes(f"%PDF-1.7\n% {name}\n%%EOF".encode())
    program = subprocess.Popen(
        [sys.executable, "client.py", PROCEDURE, "demande.json"],
        cwd=tmp_path,
        env={**os.environ, "EBG_URL": url, "EBG_KEY": keys["company"], "EBG_EVERY": "0.5"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert program.stdout is not None
        first = program.stdout.readline()
        assert "is filed" in first, first + program.stdout.read()
        decide(url, keys["region"])
        said, _ = program.communicate(timeout=PATIENCE)
    finally:
        program.kill()
    assert program.returncode == 0, said
    assert "Decision: Demande irrecevable" in said, said
    assert "/api/v1/documents/" in said.partition("Decision")[2]


def decide(url: str, key: str) -> None:
    """The officer's software finds the request inadmissible."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=60) as api:
        until = time.monotonic() + PATIENCE
        while not (found := api.get("/tasks").json()["items"]):
            assert time.monotonic() < until
            time.sleep(0.2)
        read = api.get(f"/tasks/{found[0]['id']}").json()
        answer = {
            "assisted_area": "no",
            "outcome": "inadmissible",
            "reasons": ["R13 — Dossier incomplet après le délai imparti"],
        }
        done = api.post(f"/tasks/{read['id']}/completion", json={"values": answer})
        assert done.status_code == 204, done.text
