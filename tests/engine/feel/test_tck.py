"""The DMN TCK's level 2 and 3 (reference data): what we pass must not go down.

What fails is chosen or far from us: years before 1 or after 9999, Java functions,
decision services, imports, and results that do not fit their declared type (DMN makes
them null, we keep them).
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.feel import tck

REFERENCE = Path(
    os.environ.get(
        "EBG_REFERENCE_DATA", Path(__file__).parents[3].parent / "shared" / "data"
    )
)
SUITE = REFERENCE / "conformance" / "tck"


@pytest.mark.skipif(not SUITE.is_dir(), reason="no DMN TCK in the reference data")
def test_as_many_cases_pass_as_before():
    passed: Counter[str] = Counter()
    for folder in sorted(SUITE.glob("compliance-level-*/*")):
        models: dict = {}
        for case in tck.cases(folder):
            if tck.same(case.expected, tck.answer(case, models)):
                passed[folder.parent.name] += 1
    assert passed["compliance-level-2"] == 126
    assert passed["compliance-level-3"] >= 2503
