"""The proofs of lots of signatures, small: `make prove` and `make bench` run them at full size."""

from pathlib import Path

import pytest

from tests.bench import bench_signing, figures
from tests.conftest import environment
from tests.prove import signing


@pytest.mark.servers
def test_killed_workers_lose_and_double_no_signature(
    tmp_path: Path, postgresql: str
) -> None:
    signing.prove(environment(tmp_path, DATABASE_URL=postgresql), 8, 1)


def test_a_lot_is_measured_beside_pyhanko() -> None:
    before = len(figures.told)
    bench_signing.main(3)
    told = {one["what"]: one["value"] for one in figures.told[before:]}
    assert told["ratio to pyHanko"] > 0
