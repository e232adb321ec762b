"""The storm in small: the same proof as `make prove`, short enough for every change."""

from pathlib import Path

import pytest

from tests.prove.storm import Plan, run


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.servers)]
)
def test_nothing_is_lost_and_nothing_is_done_twice(tmp_path: Path, database: str) -> None:
    report = run(Plan(database, cases=3, kills=4, minutes=5, seed=1), tmp_path)
    assert not report.failures(), report.table()
