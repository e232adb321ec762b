"""The DMN TCK (reference data), counted by cases, as it does itself.

What we fail is listed with its reason in docs/feel.md: the list there is the one tested.
"""

import os
import re
from pathlib import Path

import pytest

from tests.engine.feel import tck

ROOT = Path(__file__).parents[3]
REFERENCE = Path(os.environ.get("EBG_REFERENCE_DATA", ROOT.parent / "shared" / "data"))
SUITE = REFERENCE / "conformance" / "tck"
LISTED = re.compile(r"^\| `(\d{4}-[\w-]+)` \| ([^|]+) \| [^|]{10,} \|$", re.MULTILINE)
JAVA = "0076-feel-external-java"


@pytest.mark.skipif(not SUITE.is_dir(), reason="no DMN TCK in the reference data")
def test_every_case_passes_but_those_that_the_documentation_explains():
    passed: dict[tuple[str, str, str], bool] = {}
    for folder in sorted(SUITE.glob("compliance-level-*/*")):
        models: dict = {}
        for case in tck.cases(folder):
            key = (folder.name, case.test, case.id)
            good = tck.same(case.expected, tck.answer(case, models))
            passed[key] = passed.get(key, True) and good
    failed = {(folder, case) for (folder, _, case), good in passed.items() if not good}
    text = (ROOT / "docs" / "feel.md").read_text()
    explained = {
        (folder, case)
        for folder, cases in LISTED.findall(text)
        for case in re.findall(r"`([^`]+)`", cases)
    }
    assert failed == explained
    assert f"{sum(passed.values()):,} of its {len(passed):,} cases" in text
    outside_java = [good for (folder, *_), good in passed.items() if folder != JAVA]
    assert sum(outside_java) / len(outside_java) > 0.99
