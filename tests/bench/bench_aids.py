"""How long a search of the catalogue takes on fifty thousand aids.

python -m tests.bench.bench_aids [how many]     SQLite, and PostgreSQL when
                                                TEST_DATABASE_URL names a database
                                                that may be filled and emptied
"""

import csv
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask

import engine.directory
from engine.models import db
from tests.workflows.grants.aid_samples import DIJON, SHEET
from workflows.grants.activities import SECTIONS
from workflows.grants.aid_import import import_aids
from workflows.grants.aid_search import search
from workflows.grants.aids import Aid, AidSet

SEARCHES: dict[str, dict[str, Any]] = {
    "everything": {},
    "a commune": {"commune": DIJON},
    "a common word": {"text": "entreprise"},
    "two words": {"text": "rénovation énergétique"},
    "all criteria": {
        "text": "énergie",
        "commune": DIJON,
        "activity": "25.62B",
        "workforce": 12,
        "kind": "prêt",
        "need": "Besoin 3",
    },
    "no such word": {"text": "xylophone"},
    "beginnings of words": {"text": "rénov xylophone investiss"},
    "a far page": {"page": 1500},
}
COMMON = [
    "entreprise",
    "investissement",
    "rénovation",
    "énergie",
    "recruter",
    "exporter",
    "innovation",
]
AREAS = ["PAYS-99100", "REG-27", "REG-84", "DEP-21", "DEP-71", "EPCI-242100410"]


def rows(many: int) -> Iterator[dict[str, str]]:
    """Sheets of about a hundred distinct words each, from a vocabulary of eight thousand."""
    rng = random.Random(2104)
    vocabulary = [f"mot{number}" for number in range(8_000)]
    for number in range(many):
        body = rng.choices(vocabulary, k=90) + rng.sample(COMMON, 3)
        yield {
            **SHEET,
            "id": f"A{number}",
            "titre": " ".join([*rng.sample(COMMON, 2), *rng.choices(vocabulary, k=3)]),
            "description": " ".join(body),
            "types_aides": rng.choice(["subvention", "prêt", "conseil|prêt"]),
            "besoins": "|".join(f"Besoin {n}" for n in rng.sample(range(150), 4)),
            "eligibilite_geographique": rng.choice(AREAS),
            "eligibilite_geographique_exclusions": rng.choice(["", "", "", "DEP-21"]),
            "ciblage_naf": "|".join(sorted(rng.sample(list(SECTIONS), rng.randint(0, 6)))),
            "eligibilite_effectif_maximal": rng.choice(["", "9", "49", "249"]),
            "demarche_en_ligne": rng.choice([""] * 40 + ["grants.investment_aid"]),
        }


def measure(url: str, many: int) -> None:
    """Fill the catalogue of this database, and time each search twenty times."""
    app = Flask("bench")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    db.init_app(app)
    tables = [Aid.__table__, AidSet.__table__]
    with app.app_context():
        db.metadata.drop_all(db.engine, tables=tables)
        db.metadata.create_all(db.engine, tables=tables)
        start = time.perf_counter()
        import_aids(_file(many), origin="essai")
        taken = time.perf_counter() - start
        print(f"{db.engine.dialect.name}: {many} aids imported in {taken:.0f} s")
        for name, question in SEARCHES.items():
            times, total = [], 0
            for _ in range(20):
                start = time.perf_counter()
                total = search(**question).total
                times.append((time.perf_counter() - start) * 1000)
                db.session.rollback()
            print(
                f"  {name:<22}{total:>7} found   median {median(times):5.1f} ms"
                f"   worst {max(times):5.1f} ms"
            )
        db.metadata.drop_all(db.engine, tables=tables)


def _file(many: int) -> io.BytesIO:
    out = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows(many):
        if writer is None:
            writer = csv.DictWriter(out, list(row))
            writer.writeheader()
        writer.writerow(row)
    return io.BytesIO(out.getvalue().encode())


if __name__ == "__main__":
    assert engine.directory  # the tables that others refer to
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{Path(folder) / 'aids.sqlite'}", asked)
    if given := os.environ.get("TEST_DATABASE_URL"):
        measure(given, asked)
