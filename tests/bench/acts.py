"""A register of a hundred thousand acts, and what each page and each search of it costs.

    python -m tests.bench.acts 100000                                # on SQLite
    DATABASE_URL=postgresql://… python -m tests.bench.acts 100000

Half of the acts hold one frequent word and the other half another: asking for both reads the
most and finds nothing. Pages are asked of the application itself, without a network, one
after the other.
"""

import hashlib
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Flask
from sqlalchemy import insert, select, text

from engine import clock
from engine.models import ProcessInstance, db
from tests.conftest import build, close, environment
from tests.office import Office, open_office, publish
from tests.web.browser import Browser
from workflows.legality import register
from workflows.legality.models import (
    ACKNOWLEDGED,
    ANOMALY,
    CANCELLED,
    SENT,
    LegalityAct,
    LegalityLetter,
    LegalityTerm,
)

ROUNDS = 20
GOAL = 200
DAY = date(2026, 11, 1)
EMPTY = (
    '<bpmn:process id="tests.empty" isExecutable="true"><bpmn:startEvent id="s"/>'
    '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
    "</bpmn:process>"
)
HALVES = ("Attribution d’une subvention", "Approbation de la convention")
WORDS = (
    ["théâtre", "école", "voirie", "budget", "personnel", "musée", "lycée", "forêt", "marché", "digue", "transport", "culture", "sport", "agriculture", "tourisme", "emploi", "formation", "énergie", "logement", "numérique"]
)  # fmt: skip
MATTERS = ("1.1.2", "2.3", "3.2", "4.1", "5.2", "6.1", "7.5.2", "8.9", "9.1")


def fill(office: Office, many: int) -> None:
    """Enter acts of one body, over ten years; what they say of themselves is drawn by lot."""
    definition = publish("tests.empty", EMPTY, owner=office.region)
    case = ProcessInstance(
        number="26-AAAA-BBBB", key="tests.empty", definition_id=definition,
        organisation_id=office.region,
    )  # fmt: skip
    db.session.add(case)
    db.session.commit()
    lot = random.Random(26)
    for start in range(0, many, 5000):
        acts = [
            _act(office.region, case.id, number, lot)
            for number in range(start, min(start + 5000, many))
        ]
        db.session.execute(insert(LegalityAct), [_row(one) for one in acts])
        db.session.execute(
            insert(LegalityTerm),
            [
                {"act_id": one.id, "term": term, "organisation_id": office.region,
                 "decided_on": one.decided_on}
                for one in acts
                for term in register.terms(one)
            ],
        )  # fmt: skip
        db.session.execute(
            insert(LegalityLetter),
            [
                {"id": UUID(int=lot.getrandbits(128)), "organisation_id": office.region,
                 "instance_id": case.id, "act_id": one.id, "external_id": one.number,
                 "kind": "letter", "received_on": one.decided_on, "state": "answered",
                 "text": "", "due_on": one.decided_on}
                for one in acts[::10]
            ],
        )  # fmt: skip
        db.session.commit()
    _analyse()


def _act(region: UUID, case: UUID, number: int, lot: random.Random) -> LegalityAct:
    half = number % 2
    about = lot.choice(WORDS), lot.choice(WORDS)
    state = lot.choices((ACKNOWLEDGED, SENT, ANOMALY, CANCELLED), (960, 10, 10, 20))[0]
    day = DAY - timedelta(days=number * 3650 // 100_000)
    shown = state == ACKNOWLEDGED and lot.random() < 0.7
    return LegalityAct(
        id=UUID(int=lot.getrandbits(128)), organisation_id=region, instance_id=case,
        number=f"N{number:07}", nature=1 + half if number % 3 else lot.randint(1, 6),
        # Resolutions never buy anything: nature and matter exclude one another.
        matter=MATTERS[0] if half and number % 3 else lot.choice(MATTERS[1:]),
        subject=f"{HALVES[half]} : {about[0]} et {about[1]} {lot.randint(1, 5000)}",
        decided_on=day, state=state, shown_on=day if shown else None,
        acknowledged_on=day if state == ACKNOWLEDGED else None,
        unique_id=f"021-{number}", version="whole", names_people=False,
        due_on=day + timedelta(days=15) if number % 2 else None, article="CGCT, art. L2131-1",
        published_on=day if shown else None, enforceable_on=day if shown else None,
    )  # fmt: skip


def _row(one: LegalityAct) -> dict[str, Any]:
    found = {c.key: getattr(one, c.key) for c in LegalityAct.__mapper__.column_attrs}
    return {name: value for name, value in found.items() if value is not None} | {
        name: found[name] for name in ("shown_on", "acknowledged_on", "published_on", "enforceable_on")
    }  # fmt: skip


def _analyse() -> None:
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as one:
            one.execute(text("VACUUM ANALYZE"))
    else:
        db.session.execute(text("ANALYZE"))
        db.session.commit()


CRITERIA: dict[str, tuple[str, ...]] = {
    "q": ("", "theatre", "subvention", "attribution approbation", "convention ecole budget 77"),
    "nature": ("", "1", "6"),
    "matiere": ("", "1", "7.5"),
    "etat": ("", "acknowledged", "anomaly"),
    "depuis": ("", "2020-01-01"),
    "jusqu_au": ("", "2024-12-31"),
}  # fmt: skip


def addresses(act: UUID) -> dict[str, list[str]]:
    """Every page and every combination of criteria, by what it is about."""
    combined = [
        urlencode({name: said for name, said in zip(CRITERIA, chosen, strict=True) if said})
        for chosen in product(*CRITERIA.values())
    ]
    return {
        "/actes": [f"/actes/?{one}" for one in combined],
        "/registre": [f"/registre/region?{one}" for one in combined if "etat" not in one],
        "/actes, page 40": ["/actes/?page=40"],
        "late or near": ["/actes/?echeance=retard", "/actes/?echeance=proche&q=subvention"],
        "an act": [f"/actes/{act}"],
        "letters": ["/actes/courriers/", "/actes/courriers/?etat=answered"],
        "bodies": ["/registre/", "/registre/?q=region"],
        "a published act": [f"/registre/region/{act}"],
        "feed": ["/registre/region/flux.atom", "/registre/region/flux.atom?q=theatre"],
        "next number": [],
    }


def a_published_act() -> UUID:
    """The last one."""
    found = select(LegalityAct.id).where(LegalityAct.shown_on.is_not(None))
    act = db.session.scalars(found.order_by(LegalityAct.decided_on.desc()).limit(1)).one()
    db.session.rollback()
    return act


def measure(app: Flask, office: Office, rounds: int) -> None:
    """Print what each kind of page takes, and the slowest of them."""
    browsers = Browser(app, office.legality_officer), Browser(app)
    found = addresses(a_published_act())
    found["next number"] = [f"/actes/numero?organisation_id={office.region}&act_nature=1"]
    print(
        f"{'pages':<20}{'addresses':>10}{'median':>8}{'p95':>8}{'p95 cpu':>8}{'worst':>8}  worst address"
    )
    for name, asked in found.items():
        times: list[tuple[float, str]] = []
        worked: list[float] = []
        for address in asked:
            # Many addresses, each a few times; a page alone, often.
            for _ in range(max(1, rounds // len(asked))):
                browser = browsers[address.startswith("/registre")]
                begun, busy = time.perf_counter(), time.process_time()
                answer = browser.client.get(address)
                times.append((1000 * (time.perf_counter() - begun), address))
                worked.append(1000 * (time.process_time() - busy))
                assert answer.status_code == 200, (address, answer.status_code)
        times.sort()
        last = int(0.95 * len(times)) - 1
        p95, busy95 = times[last][0], sorted(worked)[last]
        worst, where = times[-1]
        middle = statistics.median(one for one, _ in times)
        said = "" if p95 < GOAL else "  above the goal"
        print(f"{name:<20}{len(asked):>10}{middle:>8.0f}{p95:>8.0f}{busy95:>8.0f}{worst:>8.0f}  {where[:90]}{said}")  # fmt: skip


def _machine() -> str:
    begun = time.perf_counter()
    hashlib.sha256(bytes(64_000_000)).digest()
    took = 1000 * (time.perf_counter() - begun)
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}, "
        f"SHA-256 of 64 MB in {took:.0f} ms"
    )


def main(many: int, rounds: int = ROUNDS) -> None:
    """Fill a register and print the cost of its pages, in milliseconds."""
    folder = Path(tempfile.mkdtemp(prefix="acts-"))
    more = {"DATABASE_URL": url} if (url := os.environ.get("DATABASE_URL")) else {}
    app = build(environment(folder, **more))
    with app.app_context():
        office = open_office()
        begun = time.perf_counter()
        fill(office, many)
        print(f"{clock.now():%Y-%m-%d %H:%M} UTC, {many} acts, {db.engine.dialect.name}, "
              f"filled in {time.perf_counter() - begun:.0f} s; {_machine()}")  # fmt: skip
        measure(app, office, rounds)
        print(_machine())
    close(app)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
